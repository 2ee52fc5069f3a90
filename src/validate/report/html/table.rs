//! The rows of the table in which something was found, with the cells marked.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use super::{escape, marks};
use crate::tabular::column_letters;
use crate::text::Lang;
use crate::validate::Checked;
use crate::validate::findings::Finding;
use crate::validate::report::groups::Correction;
use crate::validate::report::{Report, ReportError, Wording, rows};

/// So many rows of all tables are shown.
const MOST_ROWS: usize = 1_000;

/// The rows to show, read from the file.
pub(super) struct Tables {
    /// For each table its rows by their number in Excel, the heading among them.
    rows: Vec<BTreeMap<u64, Vec<String>>>,
    /// For each table how many rows have a finding.
    wanted: Vec<usize>,
}

impl Tables {
    /// Reads the first rows that have findings.
    pub(super) fn read(checked: &Checked) -> Result<Tables, ReportError> {
        let report = &checked.report;
        let mut tables = Tables { rows: Vec::new(), wanted: Vec::new() };
        let mut left = MOST_ROWS;
        for (index, table) in report.tables.iter().enumerate() {
            let below = |finding: &&Finding| finding.table == index && finding.row > Some(table.header_row);
            let wanted: BTreeSet<u64> = report.issues.iter().filter(below).filter_map(|finding| finding.row).collect();
            tables.wanted.push(wanted.len());
            let shown: BTreeSet<u64> = wanted.into_iter().take(left).chain(std::iter::once(table.header_row)).collect();
            left -= shown.len() - 1;
            tables.rows.push(rows::read(checked, index, &shown)?);
        }
        Ok(tables)
    }

    /// The anchor of the cell or row of a finding, if it is shown.
    pub(super) fn anchor(&self, finding: &Finding) -> Option<String> {
        let row = finding.row.filter(|row| self.rows[finding.table].contains_key(row))?;
        let column = finding.column.map(column_letters).unwrap_or_default();
        Some(format!("t{}-{column}{row}", finding.table))
    }

    pub(super) fn write(&self, report: &Report, wording: &Wording<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        for index in 0..report.tables.len() {
            let has_findings = report.issues.iter().any(|finding| finding.table == index && finding.row.is_some());
            if has_findings {
                self.write_table(report, index, wording, out)?;
            }
        }
        Ok(())
    }

    fn write_table(
        &self,
        report: &Report,
        index: usize,
        wording: &Wording<'_>,
        out: &mut dyn Write,
    ) -> Result<(), ReportError> {
        let table = &report.tables[index];
        let mut by_row: BTreeMap<u64, Vec<&Finding>> = BTreeMap::new();
        for finding in report.issues.iter().filter(|finding| finding.table == index) {
            by_row.entry(finding.row.unwrap_or_default()).or_default().push(finding);
        }
        let title = match &table.sheet {
            Some(sheet) => format!("{} [{}]", wording.say("印を付けた表", "The table, marked"), escape(sheet)),
            None => wording.say("印を付けた表", "The table, marked").to_owned(),
        };
        writeln!(out, "<section aria-labelledby=\"table{index}\"><h2 id=\"table{index}\">{title}</h2>")?;
        writeln!(out, "<p class=\"faint\">{}</p>", self.about(table.rows, index, wording.lang))?;
        // Whoever scrolls by keyboard must be able to enter it.
        writeln!(out, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"table{index}\"><table>")?;
        let rows = &self.rows[index];
        let widest = rows.values().map(Vec::len).chain([table.columns.len()]).max().unwrap_or_default();
        let view = View { report, index, widest, by_row, lang: wording.lang };
        writeln!(out, "<thead>")?;
        for (number, cells) in rows.range(..=table.header_row) {
            view.write_row(*number, cells, ("<th scope=\"col\"", "</th>"), out)?;
        }
        writeln!(out, "</thead><tbody>")?;
        for (number, cells) in rows.range(table.header_row + 1..) {
            view.write_row(*number, cells, ("<td", "</td>"), out)?;
        }
        writeln!(out, "</tbody>")?;
        Ok(writeln!(out, "</table></div></section>")?)
    }

    /// What is shown and what is not.
    fn about(&self, all: u64, index: usize, lang: Lang) -> String {
        let (wanted, shown) = (self.wanted[index], self.rows[index].len().saturating_sub(1));
        match (wanted > shown, lang) {
            (false, Lang::Ja) => {
                format!("全 {all} 行のうち、指摘のある {wanted} 行だけを示しています。行番号は Excel の行番号です。")
            }
            (false, Lang::En) => {
                format!("Of {all} rows only the {wanted} with findings are shown, by their numbers in Excel.")
            }
            (true, Lang::Ja) => format!(
                "全 {all} 行のうち指摘のある {wanted} 行以上のうち、はじめの {shown} 行だけを示しています。すべて見るには CSV か XLSX の報告を使ってください。"
            ),
            (true, Lang::En) => format!(
                "Of {all} rows at least {wanted} have findings; only the first {shown} are shown. The reports as CSV or XLSX have all."
            ),
        }
    }
}

/// A table on its way to the page.
struct View<'a> {
    report: &'a Report,
    index: usize,
    widest: usize,
    by_row: BTreeMap<u64, Vec<&'a Finding>>,
    lang: Lang,
}

impl View<'_> {
    fn write_row(
        &self,
        number: u64,
        cells: &[String],
        (open, close): (&str, &str),
        out: &mut dyn Write,
    ) -> Result<(), ReportError> {
        let found = self.by_row.get(&number).map_or(&[][..], Vec::as_slice);
        let at = |column: Option<usize>| -> Vec<&Finding> {
            found.iter().copied().filter(|finding| finding.column == column).collect()
        };
        let mark = mark(self.report, &at(None), self.lang);
        let id = format!("t{}-", self.index);
        write!(out, "<tr><th scope=\"row\" id=\"{id}{number}\"{}>{number}{}</th>", mark.attributes, mark.inside)?;
        for column in 0..self.widest {
            let here = at(Some(column));
            let mark = self::mark(self.report, &here, self.lang);
            let letters = column_letters(column);
            let id = if here.is_empty() { String::new() } else { format!(" id=\"{id}{letters}{number}\"") };
            let text = cells.get(column).map(|cell| escape(cell)).unwrap_or_default();
            write!(out, "{open}{id}{}>{}{text}{close}", mark.attributes, mark.inside)?;
        }
        Ok(writeln!(out, "</tr>")?)
    }
}

/// What marks a cell: attributes of its element, and what stands before its value.
#[derive(Default)]
struct Mark {
    attributes: String,
    inside: String,
}

fn mark(report: &Report, found: &[&Finding], lang: Lang) -> Mark {
    let Some(gravest) = found.iter().map(|finding| finding.severity).min() else { return Mark::default() };
    let (class, sign) = marks(gravest);
    let says = |finding: &&Finding| {
        let message = finding.message(lang, report.label(finding));
        let better = Correction::of(finding, lang).map(|it| format!(" → {}", it.better)).unwrap_or_default();
        format!("{}: {message}{better}", finding.severity.title().get(lang))
    };
    let all = escape(&found.iter().map(says).collect::<Vec<_>>().join(" / "));
    Mark {
        attributes: format!(" class=\"{class}\" title=\"{all}\""),
        inside: format!("<span aria-hidden=\"true\">{sign}</span><span class=\"unseen\">{all}</span> "),
    }
}
