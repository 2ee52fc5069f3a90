//! One coordinate copied into both columns, or several in one cell.

use std::sync::LazyLock;

use regex::Regex;

use crate::text::{Text, narrow, trim};
use crate::validate::coordinates::{Coordinates, LATITUDES, LONGITUDES, degrees};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Amendment, Intake, Level, Repair, Rule, TableCheck, TableRow};

/// See the module.
pub struct CopiedCoordinate;

impl Rule for CopiedCoordinate {
    fn id(&self) -> &'static str {
        "copied-coordinate"
    }

    fn level(&self) -> Level {
        Level::Row
    }

    fn message(&self) -> Text {
        Text { ja: "{0}", en: "{1}" }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "緯度と経度は別々の列に、1 行に 1 地点だけを書きます（共通ルール 5）。",
            en: "Latitude and longitude stand in columns of their own, one place in a row (common rules, section 5).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        Some(Box::new(CopiedCoordinateCheck { columns: Coordinates::of(intake)?, can_split: false }))
    }
}

struct CopiedCoordinateCheck {
    columns: Coordinates,
    can_split: bool,
}

/// What is the matter with a pair of cells.
#[derive(Debug, PartialEq)]
enum Fault {
    /// Latitude and longitude stand in one cell, and the other cell says nothing else.
    Together(String, String),
    /// More degrees than one in a cell.
    Several,
    /// The same degrees in both cells.
    Same,
}

fn fault(latitude: &str, longitude: &str) -> Option<Fault> {
    let (latitude, longitude) = (trim(latitude), trim(longitude));
    let numbers = (degrees(latitude), degrees(longitude));
    if let (Some(one), Some(other)) = numbers {
        return (one == other && one != 0.0).then_some(Fault::Same);
    }
    let found = [several(latitude), several(longitude)];
    let (numbers, other) = match &found {
        [Some(numbers), _] => (numbers, longitude),
        [None, Some(numbers)] => (numbers, latitude),
        [None, None] => return None,
    };
    let says_nothing_else = other.is_empty() || latitude == longitude;
    match &numbers[..] {
        [one, other] if says_nothing_else && is_within(one, other) => Some(Fault::Together(one.clone(), other.clone())),
        [one, other] if says_nothing_else && is_within(other, one) => Some(Fault::Together(other.clone(), one.clone())),
        _ => Some(Fault::Several),
    }
}

fn is_within(latitude: &str, longitude: &str) -> bool {
    degrees(latitude).is_some_and(|degrees| LATITUDES.contains(&degrees))
        && degrees(longitude).is_some_and(|degrees| LONGITUDES.contains(&degrees))
}

/// The degrees in a cell that holds more than one of them.
fn several(cell: &str) -> Option<Vec<String>> {
    static DEGREES: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d{2,3}\.\d+").expect("the expression is sound"));
    if cell.len() < 9 || degrees(cell).is_some() {
        return None;
    }
    let text = narrow(cell);
    let is_place = |number: &&str| {
        degrees(number).is_some_and(|degrees| LATITUDES.contains(&degrees) || LONGITUDES.contains(&degrees))
    };
    let found: Vec<String> =
        DEGREES.find_iter(&text).map(|found| found.as_str()).filter(is_place).map(str::to_owned).collect();
    (found.len() > 1).then_some(found)
}

impl TableCheck for CopiedCoordinateCheck {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        if row.facts.point.is_some() {
            return;
        }
        let (latitude, longitude) = self.columns.cells(row);
        let Some(fault) = fault(latitude, longitude) else { return };
        let column = if several(latitude).is_none() && fault != Fault::Same {
            self.columns.longitude
        } else {
            self.columns.latitude
        };
        let finding = Finding::new(&CopiedCoordinate, Severity::Error).at_row(row.number).at_column(column);
        let finding = finding.with_value(row.cell(column));
        findings.add(match fault {
            Fault::Together(north, east) => {
                self.can_split = true;
                let own = if column == self.columns.latitude { north } else { east };
                finding.with_proposal(own).affecting(2).with_details([
                    "「{value}」に緯度と経度の両方が入っています。緯度の列と経度の列に分けてください。".to_owned(),
                    "\"{value}\" holds both latitude and longitude; put each into its own column.".to_owned(),
                ])
            }
            Fault::Several => finding.with_details([
                "「{value}」に数値が 2 つ以上入っています。1 行に 1 地点だけを書き、ほかの地点は行を分けてください。".to_owned(),
                "\"{value}\" holds more than one number; write one place in a row, and further places in rows of their own."
                    .to_owned(),
            ]),
            Fault::Same => finding.with_details([
                "緯度と経度に同じ値「{value}」が入っています。片方の列を写し間違えていませんか。".to_owned(),
                "Latitude and longitude hold the same value, \"{value}\"; was one column copied into the other?".to_owned(),
            ]),
        });
    }

    fn repair(self: Box<Self>) -> Option<Box<dyn Repair>> {
        self.can_split.then_some(self)
    }
}

impl Repair for CopiedCoordinateCheck {
    fn amend(&self, row: &mut Amendment<'_>) {
        let Coordinates { latitude, longitude } = self.columns;
        if let Some(Fault::Together(north, east)) = fault(row.cell(latitude), row.cell(longitude)) {
            row.set(latitude, north);
            row.set(longitude, east);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn what_is_together_is_split_and_the_rest_reported() {
        let table = "名称,緯度,経度\nA,\"34.1 , 131.5\",\nB,34.1,34.1\nC,①34.33123 ②34.33456,131.5\nD,34.1,131.5\nE,0,0\n\
                     F,,131.5／34.1\n";
        let outcome = Trial::of("aed", table).run(&CopiedCoordinate);
        assert_eq!(
            outcome.findings,
            [
                "2 error 34.1 , 131.5 => 34.1",
                "3 error 34.1",
                "4 error ①34.33123 ②34.33456",
                "7 error 131.5／34.1 => 131.5"
            ]
        );
        assert_eq!(
            outcome.rows,
            ["A,34.1,131.5", "B,34.1,34.1", "C,①34.33123 ②34.33456,131.5", "D,34.1,131.5", "E,0,0", "F,34.1,131.5"]
        );
    }
}
