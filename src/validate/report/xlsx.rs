//! The officer's own table as a workbook with what was found marked in it: mended there and uploaded again, it is read as
//! if nothing had been added (see [`annotation`]).

mod beside;

use std::collections::BTreeMap;
use std::io::Write;

use rust_xlsxwriter::{IgnoreError, Worksheet};

use super::groups::Correction;
use super::{Report, ReportError, ReportFormat, TableReport, Wording};
use crate::schema::Schema;
use crate::tabular::annotation;
use crate::text::{Lang, Text};
use crate::validate::Checked;
use crate::validate::findings::{Finding, Severity};
use crate::workbook::{self, Book, Look, column_width, place, write_note, write_text};

/// Excel takes very long to open a workbook of more notes; cells beyond are coloured and listed.
const MOST_NOTES: usize = 10_000;
/// So many rows at least have drop-downs, for those that are added.
const ROWS: u32 = 1_000;
/// A heading further down would leave no room to scroll in, were it fixed.
const LAST_FIXED_ROW: u32 = 10;

/// See the module.
pub(super) struct Xlsx;

impl ReportFormat for Xlsx {
    fn id(&self) -> &'static str {
        "xlsx"
    }

    fn media_type(&self) -> &'static str {
        workbook::MEDIA_TYPE
    }

    fn extension(&self) -> &'static str {
        "xlsx"
    }

    fn title(&self) -> Text {
        Text { ja: "XLSX（元の表に印を付けたもの）", en: "XLSX, your table with the findings marked" }
    }

    fn is_file(&self) -> bool {
        true
    }

    fn is_binary(&self) -> bool {
        true
    }

    fn listed(&self) -> usize {
        100_000
    }

    fn write(&self, checked: &Checked, wording: &Wording<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        let report = &checked.report;
        let lang = wording.lang;
        let mut book = Book::new(report.file.name.as_deref().unwrap_or("machikura"), lang);
        let mut names = Vec::new();
        let mut notes = 0;
        for (index, table) in report.tables.iter().enumerate() {
            let stem = report.file.name.as_deref().map(|name| name.rsplit_once('.').map_or(name, |(stem, _)| stem));
            let sheet = book.table(table.sheet.as_deref().or(stem).unwrap_or("table"))?;
            names.push(sheet.name());
            let mut marked = Marked { report, table, schema: wording.schema(table), sheet, lang, notes };
            marked.write(checked, index, &mut book)?;
            notes = marked.notes;
            book.add(marked.sheet);
        }
        let findings = beside::findings(&mut book, report, &names, wording)?;
        book.add(findings);
        let guide = beside::guide(&mut book, report, wording)?;
        book.add(guide);
        Ok(book.write(out)?)
    }
}

/// The sheet of a table on its way. Columns stand one further to the right than in the file.
struct Marked<'a> {
    report: &'a Report,
    table: &'a TableReport,
    schema: Option<&'a Schema>,
    sheet: Worksheet,
    lang: Lang,
    notes: usize,
}

impl Marked<'_> {
    fn write(&mut self, checked: &Checked, index: usize, book: &mut Book) -> Result<(), ReportError> {
        let mut by_row: BTreeMap<u64, Vec<&Finding>> = BTreeMap::new();
        for finding in self.report.issues.iter().filter(|finding| finding.table == index) {
            by_row.entry(finding.row.unwrap_or_default()).or_default().push(finding);
        }
        let text = Look::Plain.format();
        let mut widest = self.table.columns.len();
        let mut last = self.table.header_row;
        let mut rows = checked.document.sheets[self.table.sheet_index].rows()?;
        while let Some(row) = rows.next_row()? {
            let found = by_row.get(&row.number).map_or(&[][..], Vec::as_slice);
            self.write_check(row.number, found)?;
            let is_heading = row.number == self.table.header_row;
            for (column, cell) in row.cells().enumerate() {
                let here: Vec<&Finding> = found.iter().copied().filter(|it| it.column == Some(column)).collect();
                let at = place(row.number, column + 1)?;
                // Tells where the heading ends, when the workbook is read again.
                let is_unnamed_end = is_heading && cell.is_empty() && column + 1 == row.len();
                let cell = if is_unnamed_end { " " } else { cell };
                match (look(&here), is_heading) {
                    (Some(look), _) => write_text(&mut self.sheet, at, cell, &look.format())?,
                    (None, true) => write_text(&mut self.sheet, at, cell, &Look::Heading.format())?,
                    (None, false) if cell.is_empty() => {}
                    (None, false) => write_text(&mut self.sheet, at, cell, &text)?,
                }
                self.write_notes(at, &here)?;
            }
            // Where a row ends early, its last cells are missing in the file, yet something may be wrong with them.
            for finding in found.iter().filter(|finding| finding.column.is_some_and(|column| column >= row.len())) {
                let at = place(row.number, finding.column.unwrap_or_default() + 1)?;
                write_text(&mut self.sheet, at, "", &look(&[finding]).unwrap_or(Look::Info).format())?;
                self.write_notes(at, &[finding])?;
            }
            widest = widest.max(row.len());
            last = last.max(row.number);
        }
        self.finish(widest, last, book)
    }

    /// The first column: how many findings there are in the row, and what is wrong with the row as a whole.
    fn write_check(&mut self, row: u64, found: &[&Finding]) -> Result<(), ReportError> {
        let at = place(row, 0)?;
        if row == self.table.header_row {
            write_text(&mut self.sheet, at, annotation::CHECK_COLUMN.get(self.lang), &Look::Heading.format())?;
        }
        if row <= self.table.header_row {
            return Ok(());
        }
        let count = |severity: Severity| found.iter().filter(|finding| finding.severity == severity).count();
        let counts: Vec<String> = [Severity::Error, Severity::Warning]
            .into_iter()
            .filter(|severity| count(*severity) > 0)
            .map(|severity| format!("{} {}", severity.title().get(self.lang), count(severity)))
            .collect();
        let of_row: Vec<&Finding> = found.iter().copied().filter(|finding| finding.column.is_none()).collect();
        if let Some(look) = look(found).filter(|_| !counts.is_empty()) {
            write_text(&mut self.sheet, at, &counts.join(" / "), &look.format())?;
            self.write_notes(at, &of_row)?;
        }
        Ok(())
    }

    fn write_notes(&mut self, at: workbook::Place, found: &[&Finding]) -> Result<(), ReportError> {
        if found.is_empty() || self.notes >= MOST_NOTES {
            return Ok(());
        }
        self.notes += 1;
        let texts: Vec<String> = found.iter().map(|finding| note(self.report, finding, self.lang)).collect();
        Ok(write_note(&mut self.sheet, at, &texts.join("\n\n"))?)
    }

    /// What concerns whole columns.
    fn finish(&mut self, widest: usize, last: u64, book: &mut Book) -> Result<(), ReportError> {
        let (heading, last_column) = place(self.table.header_row, widest)?;
        let (last_row, _) = place(last, 0)?;
        let text = Look::Plain.format();
        self.sheet.set_column_width(0, 16).map_err(workbook::WorkbookError::from)?;
        for column in 0..=widest {
            let (_, at) = place(1, column)?;
            self.sheet.set_column_format(at, &text).map_err(workbook::WorkbookError::from)?;
        }
        for (index, column) in self.table.columns.iter().enumerate() {
            let (_, at) = place(1, index + 1)?;
            self.sheet.set_column_width(at, column_width(&column.label)).map_err(workbook::WorkbookError::from)?;
            let field = column.field.as_deref().and_then(|name| {
                let schema = self.schema?;
                schema.fields().get(schema.index_of(name)?)
            });
            if let Some(field) = field {
                book.offer_choices(&mut self.sheet, field, (heading + 1, at), last_row.max(heading + ROWS))?;
            }
        }
        let sheet = &mut self.sheet;
        sheet
            .ignore_error_range(0, 0, last_row, last_column, IgnoreError::NumberStoredAsText)
            .and_then(|sheet| sheet.autofilter(heading, 0, last_row, last_column))
            .map_err(workbook::WorkbookError::from)?;
        if heading < LAST_FIXED_ROW {
            sheet.set_freeze_panes(heading + 1, 1).map_err(workbook::WorkbookError::from)?;
        }
        Ok(())
    }
}

/// The colour of the gravest.
fn look(found: &[&Finding]) -> Option<Look> {
    found.iter().map(|finding| finding.severity).min().map(|severity| match severity {
        Severity::Error => Look::Error,
        Severity::Warning => Look::Warning,
        Severity::Info => Look::Info,
    })
}

/// What is wrong and how to mend it.
fn note(report: &Report, finding: &Finding, lang: Lang) -> String {
    let message = finding.message(lang, report.label(finding));
    let head = format!("【{}】{message}", finding.severity.title().get(lang));
    match correction(finding, lang) {
        Some((better, certainty)) => format!("{head}\n→ {better}（{certainty}）"),
        None => head,
    }
}

/// The better value, and how sure it is.
fn correction(finding: &Finding, lang: Lang) -> Option<(String, &'static str)> {
    let Correction { better, is_sure } = Correction::of(finding, lang)?;
    let sure = Text { ja: "確か", en: "sure" };
    let likely = Text { ja: "たぶん。確かめてください", en: "probably; check it" };
    Some((better, if is_sure { sure } else { likely }.get(lang)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::report::format::tests::{checked, faulty, written};
    use crate::validate::rule::Level;

    /// Rows of the first sheet as the officer sees them.
    fn rows(checked: &Checked) -> Vec<(u64, Vec<String>)> {
        let mut rows = checked.document.sheets[0].rows().expect("in memory");
        let mut found = Vec::new();
        while let Some(row) = rows.next_row().expect("in memory") {
            if !row.is_empty() {
                let mut cells: Vec<String> = row.cells().map(str::to_owned).collect();
                while cells.last().is_some_and(|cell| cell.trim().is_empty()) {
                    cells.pop();
                }
                found.push((row.number, cells));
            }
        }
        found
    }

    /// Findings below the heading, by place and rule; the column moved by so many.
    fn below(checked: &Checked, by: usize) -> Vec<(Option<u64>, Option<usize>, &'static str)> {
        let report = &checked.report;
        let is_below = |finding: &&Finding| !matches!(finding.rule.level(), Level::File | Level::Header);
        let place = |finding: &Finding| (finding.row, report.position(finding).map(|at| at + by), finding.rule.id());
        report.issues.iter().filter(is_below).map(place).collect()
    }

    #[test]
    fn the_untouched_workbook_is_judged_as_the_original() {
        let titled = format!("AED設置箇所一覧,,\n,,\n\n{}\n\n,,\n", faulty());
        let ragged = "全国地方公共団体コード,ID,名称,設置位置,緯度,経度,,\n331007,1,名,1階,34.6,133.9,a,b,c\n331007,2,名2,1階,34.6,133.9\n";
        let odd = "全国地方公共団体コード,ID,名称,設置位置,緯度,経度,備考\n331007,001,\"改\n行\",_x0041_,034.60,133.9,\u{3000}前後 \n331007,001,\"<b>&\",1階,1E5,2024/4/1,\u{b}\n331007,001,\"<b>&\",1階,1E5,2024/4/1,\u{b}\n";
        for (name, original) in [
            ("invalid.csv", faulty()),
            ("titled.csv", titled),
            ("odd.csv", odd.to_owned()),
            ("a.csv", ragged.to_owned()),
        ] {
            let original = checked(original, name);
            for lang in [Lang::Ja, Lang::En] {
                let again = checked(written(&Xlsx, &original, lang), "check.xlsx");
                assert_eq!(rows(&again), rows(&original), "{name}");
                assert_eq!(below(&again, 0), below(&original, 1), "{name}: one column further to the right");
                assert_eq!(again.report.is_valid(), original.report.is_valid(), "{name}");
                for rule in ["several-sheets", "hidden-content"] {
                    assert_eq!(again.report.by_code.get(rule), None, "{name}");
                }
                // And once more.
                let third = checked(written(&Xlsx, &again, lang), "check.xlsx");
                assert_eq!(below(&third, 0), below(&again, 0), "{name}");
            }
        }
    }

    #[test]
    fn what_was_found_is_listed_with_links_and_counted_in_its_row() {
        use calamine::{Reader, Xlsx as Workbook};

        let bytes = written(&Xlsx, &checked(faulty(), "invalid.csv"), Lang::Ja);
        let mut workbook: Workbook<_> = Workbook::new(std::io::Cursor::new(bytes)).expect("a workbook");
        assert_eq!(workbook.sheet_names()[..3], ["invalid", "手直し一覧", "説明"]);
        let table = workbook.worksheet_range("invalid").expect("the table");
        let cell = |row: u32, column: u32| table.get_value((row, column)).map(ToString::to_string).unwrap_or_default();
        assert_eq!((cell(0, 0).as_str(), cell(8, 0).as_str()), ("確認", "エラー 1 / 警告 1"));
        assert_eq!((cell(0, 1).as_str(), cell(8, 29).as_str()), ("全国地方公共団体コード", "9時"));
        let list = workbook.worksheet_range("手直し一覧").expect("the list");
        let line = list.rows().find(|row| row[4] == "9時").expect("the wrong time");
        assert_eq!((line[3].to_string().as_str(), line[5].to_string().as_str()), ("AD9", "09:00（確か）"));
    }
}
