//! Codes that count up from row to row, as a spreadsheet's fill handle makes them.

use crate::municipality;
use crate::schema::Kind;
use crate::text::{Text, narrow};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::repeated::Columns;
use crate::validate::rule::{Amendment, Intake, Level, Repair, Rule, TableCheck, TableRow, value};

/// See the module.
pub struct FillSeries;

impl Rule for FillSeries {
    fn id(&self) -> &'static str {
        "fill-series"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」のコードが {0} から {1} まで、行ごとに 1 ずつ増えています。表計算ソフトで下へコピーしたときに連番になったようです。すべて {0} ではありませんか。",
            en: "The codes in \"{field}\" count up from {0} to {1}, one a row, as a spreadsheet does when a cell is dragged down; probably all of them are {0}.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "団体コードは続き番号ではありません。連番になった行は、ほかの団体のコードか、存在しないコードになります（共通ルール 4）。",
            en: "Codes of bodies do not follow one another; such rows carry another body's code or none that exists (common rules, section 4).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let fields = intake.fields().iter().enumerate().filter(|(_, field)| field.kind == Kind::MunicipalityCode);
        let columns: Vec<CodeColumn> = fields
            .filter_map(|(index, _)| {
                let column = intake.column_of(index)?;
                Some(CodeColumn { column, columns: Columns::of([column]), series: Vec::new(), last: None })
            })
            .collect();
        (!columns.is_empty()).then(|| -> Box<dyn TableCheck> { Box::new(FillSeriesCheck(columns)) })
    }
}

struct FillSeriesCheck(Vec<CodeColumn>);

struct CodeColumn {
    column: usize,
    columns: Columns,
    series: Vec<Series>,
    /// The code of the row before.
    last: Option<u32>,
}

/// Rows that count up from a code.
struct Series {
    base: u32,
    first_row: u64,
    last_row: u64,
    length: u32,
}

impl Series {
    /// Two rows may be a slip of the finger, three are a series: no two codes that exist follow each other.
    fn is_believed(&self) -> bool {
        self.length > 1 && municipality::find(&code(self.base)).is_some()
    }
}

fn code(number: u32) -> String {
    format!("{number:06}")
}

impl TableCheck for FillSeriesCheck {
    fn row(&mut self, row: &TableRow<'_>, _findings: &mut Findings) {
        for codes in &mut self.0 {
            if row.facts.repeated.has_all(codes.columns) {
                continue;
            }
            let cell = value(row, Some(codes.column));
            let number = if cell.is_ascii() { cell.parse().ok() } else { narrow(cell).parse().ok() };
            if let (Some(number), Some(last)) = (number, codes.last)
                && number == last.saturating_add(1)
            {
                match codes.series.last_mut().filter(|series| series.base + series.length == last) {
                    Some(series) if series.last_row + 1 == row.number => {
                        series.last_row = row.number;
                        series.length += 1;
                    }
                    _ => {
                        codes.series.push(Series { base: last, first_row: row.number, last_row: row.number, length: 1 })
                    }
                }
            }
            codes.last = number;
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        for codes in &mut self.0 {
            codes.series.retain(Series::is_believed);
            for series in &codes.series {
                let (base, end) = (code(series.base), code(series.base + series.length));
                let finding = Finding::new(&FillSeries, Severity::Error).at_row(series.first_row);
                let finding = finding.at_column(codes.column).with_value(code(series.base + 1)).with_proposal(&base);
                findings.add(finding.affecting(u64::from(series.length)).with_details([base, end]));
            }
        }
    }

    fn repair(mut self: Box<Self>) -> Option<Box<dyn Repair>> {
        self.0.retain(|codes| !codes.series.is_empty());
        (!self.0.is_empty()).then_some(self)
    }
}

impl Repair for FillSeriesCheck {
    fn amend(&self, row: &mut Amendment<'_>) {
        for codes in &self.0 {
            let after = codes.series.partition_point(|series| series.first_row <= row.number);
            if let Some(series) = codes.series[..after].last().filter(|series| row.number <= series.last_row) {
                row.set(codes.column, code(series.base));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn a_series_becomes_the_code_it_begins_with() {
        let table =
            "全国地方公共団体コード,名称\n352110,A\n352110,B\n352111,C\n352112,D\n352110,E\n352111,F\n011011,G\n";
        let outcome = Trial::of("aed", table).run(&FillSeries);
        assert_eq!(outcome.findings, ["4 error 352111 => 352110"]);
        assert_eq!(outcome.rows[1..5], ["352110,B", "352110,C", "352110,D", "352110,E"]);
        // Numbers that count up from no code are something else.
        assert!(
            Trial::of("aed", "全国地方公共団体コード,名称\n1,A\n2,B\n100001,C\n100002,D\n")
                .run(&FillSeries)
                .findings
                .is_empty()
        );
    }
}
