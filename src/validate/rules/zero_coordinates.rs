//! Zeros where coordinates should stand.

use crate::schema::Kind;
use crate::text::Text;
use crate::validate::coordinates::degrees;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Amendment, Intake, Level, Repair, Rule, TableCheck, TableRow, value};

/// See the module.
pub struct ZeroCoordinates;

impl Rule for ZeroCoordinates {
    fn id(&self) -> &'static str {
        "zero-coordinates"
    }

    fn level(&self) -> Level {
        Level::Row
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」が 0 です。アフリカ沖の海の上を指してしまいます。位置が分からないときは、緯度も経度も空にしてください。",
            en: "\"{field}\" is 0, a place in the sea off Africa; leave latitude and longitude empty where the place is unknown.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "0 は「値がない」という意味にはなりません。地図では緯度 0 度、経度 0 度の点として表示されます（共通ルール 5）。",
            en: "Zero does not mean that there is no value; a map shows it as the point at 0 degrees (common rules, section 5).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let columns: Vec<usize> = [Kind::Latitude, Kind::Longitude]
            .into_iter()
            .filter_map(|kind| intake.column_of(intake.header.subject?.form.schema.first_of(kind)?))
            .collect();
        (!columns.is_empty())
            .then(|| -> Box<dyn TableCheck> { Box::new(ZeroCoordinatesCheck { columns, is_found: false }) })
    }
}

struct ZeroCoordinatesCheck {
    columns: Vec<usize>,
    is_found: bool,
}

fn is_zero(cell: &str) -> bool {
    degrees(cell) == Some(0.0)
}

impl TableCheck for ZeroCoordinatesCheck {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        if row.facts.point.is_some() {
            return;
        }
        let zero = |column: &&usize| is_zero(value(row, Some(**column)));
        let Some(first) = self.columns.iter().find(zero) else { return };
        let finding = Finding::new(&ZeroCoordinates, Severity::Error).at_row(row.number).at_column(*first);
        let finding = finding.with_value(row.cell(*first));
        // A single zero may stand for a value that somebody forgot, so only a pair is emptied.
        let is_pair = self.columns.len() == 2 && self.columns.iter().filter(zero).count() == 2;
        self.is_found |= is_pair;
        findings.add(if is_pair { finding.with_proposal("").affecting(2) } else { finding });
    }

    fn repair(self: Box<Self>) -> Option<Box<dyn Repair>> {
        self.is_found.then_some(self)
    }
}

impl Repair for ZeroCoordinatesCheck {
    fn amend(&self, row: &mut Amendment<'_>) {
        if self.columns.iter().all(|column| is_zero(row.cell(*column))) {
            for column in &self.columns {
                row.set(*column, "");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn zeros_are_found_and_pairs_emptied() {
        let outcome = Trial::of("aed", "名称,緯度,経度\nA,0,0.0\nB,0,133.9\nC,34.1,133.9\nD,,\n").run(&ZeroCoordinates);
        assert_eq!(outcome.findings, ["2 error 0 =>", "3 error 0"]);
        assert_eq!(outcome.rows, ["A,,", "B,0,133.9", "C,34.1,133.9", "D,,"]);
    }
}
