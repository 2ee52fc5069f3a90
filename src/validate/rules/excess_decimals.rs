//! More decimals than a coordinate can have.

use crate::schema::Kind;
use crate::tabular::Row;
use crate::text::{Text, trim};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Amendment, Class, Intake, Level, Repair, Rule, TableCheck};

/// See the module.
pub struct ExcessDecimals;

impl Rule for ExcessDecimals {
    fn id(&self) -> &'static str {
        "excess-decimals"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」に、小数点以下が 10 桁を超える値が {0} 行あります。計算の端数なので 8 桁（約 1 mm）に丸めます。",
            en: "\"{field}\" has more than 10 decimals in {0} rows, a remainder of calculation; 8 of them (about 1 mm) are kept.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "標準の記入例は小数点以下 6 桁（約 10 cm）です（共通ルール 5）。",
            en: "The standard's example has six decimals, about 10 cm (common rules, section 5).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let is_degrees = |kind| matches!(kind, Kind::Latitude | Kind::Longitude);
        let fields = intake.fields().iter().enumerate().filter(|(_, field)| is_degrees(field.kind));
        let columns: Vec<LongColumn> = fields
            .filter_map(|(index, _)| Some(LongColumn { column: intake.column_of(index)?, count: 0, first: None }))
            .collect();
        (!columns.is_empty()).then(|| -> Box<dyn TableCheck> { Box::new(ExcessDecimalsCheck(columns)) })
    }
}

struct ExcessDecimalsCheck(Vec<LongColumn>);

struct LongColumn {
    column: usize,
    count: u64,
    /// The first such value, and what it is rounded to.
    first: Option<(String, String)>,
}

/// The value to eight decimals, if it has more than ten.
fn rounded(cell: &str) -> Option<String> {
    let cell = trim(cell);
    let (_, decimals) = cell.split_once('.')?;
    if decimals.len() <= 10 || Kind::Latitude.check(cell).is_err() {
        return None;
    }
    let rounded = format!("{:.8}", cell.parse::<f64>().ok()?);
    Some(rounded.trim_end_matches('0').trim_end_matches('.').to_owned())
}

impl TableCheck for ExcessDecimalsCheck {
    fn row(&mut self, row: &Row<'_>, _findings: &mut Findings) {
        for long in &mut self.0 {
            if let Some(rounded) = rounded(row.cell(long.column)) {
                long.count += 1;
                long.first.get_or_insert_with(|| (row.cell(long.column).to_owned(), rounded));
            }
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        for long in &self.0 {
            if let Some((value, rounded)) = &long.first {
                let finding = Finding::new(&ExcessDecimals, Severity::Info).at_column(long.column);
                let finding = finding.with_value(value).with_suggestion(rounded).affecting(long.count);
                findings.add(finding.with_details([long.count.to_string()]));
            }
        }
    }

    fn repair(self: Box<Self>) -> Option<Box<dyn Repair>> {
        self.0.iter().any(|long| long.count > 0).then_some(self)
    }
}

impl Repair for ExcessDecimalsCheck {
    fn class(&self) -> Class {
        Class::Lossless
    }

    fn amend(&mut self, row: &mut Amendment<'_>) {
        for long in &self.0 {
            if let Some(rounded) = rounded(row.cell(long.column)) {
                row.set(long.column, rounded);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn remainders_of_calculation_are_rounded() {
        let table = "名称,緯度,経度\nA,34.12345600000001,133.9999999999999\nB,34.1234567890,133.5\n";
        let outcome = Trial::of("aed", table).run(&ExcessDecimals);
        assert_eq!(outcome.findings, ["0 info 34.12345600000001 => 34.123456", "0 info 133.9999999999999 => 134"]);
        assert_eq!(outcome.rows, ["A,34.123456,134", "B,34.1234567890,133.5"]);
    }
}
