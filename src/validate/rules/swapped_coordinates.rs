//! Latitude under longitude and longitude under latitude.

use crate::text::Text;
use crate::validate::coordinates::{Coordinates, LATITUDES, LONGITUDES, degrees};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Amendment, Intake, Level, Repair, Rule, TableCheck, TableRow};

/// See the module.
pub struct SwappedCoordinates;

impl Rule for SwappedCoordinates {
    fn id(&self) -> &'static str {
        "swapped-coordinates"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text { ja: "{0}", en: "{1}" }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "日本の緯度は 20～46、経度は 122～154 なので、入れ替わりは値から分かります。入れ替わったままでは地図に置けません（共通ルール 5）。",
            en: "In Japan latitudes lie between 20 and 46 and longitudes between 122 and 154, so a swap shows; swapped points are on no map (common rules, section 5).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let columns = Coordinates::of(intake)?;
        Some(Box::new(SwappedCoordinatesCheck { columns, readable: 0, swapped: 0, listed: Vec::new() }))
    }
}

/// So many rows are named one by one; more of them are one finding about the column.
const NAMED_ROWS: usize = 20;

struct SwappedCoordinatesCheck {
    columns: Coordinates,
    /// Rows of which both cells hold degrees.
    readable: u64,
    swapped: u64,
    /// Row, latitude and longitude of the first swapped ones.
    listed: Vec<(u64, String, String)>,
}

/// Whether two cells hold each other's degrees; `None` where one of them holds none.
fn are_swapped(latitude: &str, longitude: &str) -> Option<bool> {
    let (latitude, longitude) = (degrees(latitude)?, degrees(longitude)?);
    Some(LONGITUDES.contains(&latitude) && LATITUDES.contains(&longitude))
}

impl TableCheck for SwappedCoordinatesCheck {
    fn row(&mut self, row: &TableRow<'_>, _findings: &mut Findings) {
        if row.facts.point.is_some() {
            self.readable += 1;
            return;
        }
        let (latitude, longitude) = self.columns.cells(row);
        let Some(are_swapped) = are_swapped(latitude, longitude) else { return };
        self.readable += 1;
        if are_swapped {
            self.swapped += 1;
            if self.listed.len() <= NAMED_ROWS {
                self.listed.push((row.number, latitude.to_owned(), longitude.to_owned()));
            }
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        let is_whole = self.swapped == self.readable || self.listed.len() > NAMED_ROWS;
        for (row, latitude, longitude) in &self.listed {
            let finding = Finding::new(&SwappedCoordinates, Severity::Error).at_column(self.columns.latitude);
            let finding = finding.with_value(latitude).with_proposal(longitude);
            if is_whole {
                let counts = [&self.readable, &self.swapped];
                findings.add(finding.affecting(2 * self.swapped).with_details([
                    format!(
                        "緯度と経度の値が入れ替わっています（{} 行のうち {} 行）。2 つの列の値を入れ替えてください。",
                        counts[0], counts[1]
                    ),
                    format!("Latitude and longitude are swapped in {} of {} rows; swap the two.", counts[1], counts[0]),
                ]));
                return;
            }
            findings.add(finding.at_row(*row).affecting(2).with_details([
                format!("緯度「{latitude}」と経度「{longitude}」が入れ替わっています。"),
                format!("Latitude \"{latitude}\" and longitude \"{longitude}\" are swapped."),
            ]));
        }
    }

    fn repair(self: Box<Self>) -> Option<Box<dyn Repair>> {
        (self.swapped > 0).then_some(self)
    }
}

impl Repair for SwappedCoordinatesCheck {
    fn amend(&self, row: &mut Amendment<'_>) {
        let Coordinates { latitude, longitude } = self.columns;
        if are_swapped(row.cell(latitude), row.cell(longitude)) == Some(true) {
            let moved = row.cell(latitude).to_owned();
            row.set(latitude, row.cell(longitude).to_owned());
            row.set(longitude, moved);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn a_swapped_column_is_one_finding_and_swapped_rows_are_one_each() {
        let whole = Trial::of("aed", "名称,緯度,経度\nA,133.9,34.6\nB,133.8,34.5\nC,,\n").run(&SwappedCoordinates);
        assert_eq!(whole.findings, ["0 error 133.9 => 34.6"]);
        assert_eq!(whole.rows, ["A,34.6,133.9", "B,34.5,133.8", "C,,"]);

        let single = Trial::of("aed", "名称,緯度,経度\nA,34.6,133.9\nB,133.8,34.5\nC,0,0\n").run(&SwappedCoordinates);
        assert_eq!(single.findings, ["3 error 133.8 => 34.5"]);
        assert_eq!(single.rows, ["A,34.6,133.9", "B,34.5,133.8", "C,0,0"]);
    }
}
