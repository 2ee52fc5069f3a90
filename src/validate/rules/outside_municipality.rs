//! A point far from the municipality that it should lie in.

use crate::municipality::Municipality;
use crate::text::Text;
use crate::validate::coordinates::{Area, Coordinates, Point, Standing};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Amendment, Intake, Level, Repair, Rule, TableCheck, TableRow};

/// See the module.
pub struct OutsideMunicipality;

impl Rule for OutsideMunicipality {
    fn id(&self) -> &'static str {
        "outside-municipality"
    }

    fn level(&self) -> Level {
        Level::Row
    }

    fn message(&self) -> Text {
        Text { ja: "{0}", en: "{1}" }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "日本の範囲に入っていても、数字の打ち間違いや、度分秒の数字をそのまま小数にした値（35度49分54.9秒を 35.49549 と書くなど）は別の場所を指します（共通ルール 5）。",
            en: "A point may lie in Japan and still be wrong: a digit mistyped, or degrees, minutes and seconds written as one decimal (35.49549 for 35°49′54.9″; common rules, section 5).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let columns = Coordinates::of(intake)?;
        Some(Box::new(OutsideMunicipalityCheck { columns, standing: Standing::of(intake), packed: Vec::new() }))
    }
}

/// Packed degrees, minutes and seconds are only believed if the value itself is at least so many kilometres off,
const OFF: f64 = 25.0;
/// and the value that they mean at most so many.
const NEAR: f64 = 15.0;

struct OutsideMunicipalityCheck {
    columns: Coordinates,
    standing: Standing,
    /// The rows whose values are packed degrees, minutes and seconds.
    packed: Vec<u64>,
}

/// Degrees, minutes and seconds written as one decimal: 35.49549 for 35°49′54.9″, as decimal degrees.
fn unpacked(cell: &str) -> Option<String> {
    let (degrees, digits) = cell.trim().split_once('.')?;
    if digits.len() < 4 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number = |text: &str| text.parse::<f64>().ok();
    let minutes = number(&digits[..2])?;
    let seconds = number(&format!("{}.{}0", &digits[2..4], &digits[4..]))?;
    (minutes < 60.0 && seconds < 60.0).then_some(format!("{:.6}", number(degrees)? + minutes / 60.0 + seconds / 3600.0))
}

/// What both cells mean as packed degrees, minutes and seconds, if that is near where the value itself is not.
fn meant(area: Area, point: Point, latitude: &str, longitude: &str) -> Option<(String, String)> {
    if area.distance(point)? <= OFF {
        return None;
    }
    let (latitude, longitude) = (unpacked(latitude)?, unpacked(longitude)?);
    (area.distance(Point::read(&latitude, &longitude)?)? < NEAR).then_some((latitude, longitude))
}

impl TableCheck for OutsideMunicipalityCheck {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        let area = self.standing.area(row);
        let (Some(point), Some((body, area))) = (row.facts.point, area) else { return };
        if area.is_in_the_middle(point) {
            return;
        }
        let (latitude, longitude) = self.columns.cells(row);
        let meant = meant(area, point, latitude, longitude);
        if meant.is_none() && area.contains(point) {
            return;
        }
        let finding = Finding::new(&OutsideMunicipality, Severity::Warning).at_row(row.number);
        let finding = finding.at_column(self.columns.latitude).with_value(latitude);
        findings.add(match meant {
            Some((north, east)) => {
                self.packed.push(row.number);
                let details = [
                    format!(
                        "緯度 {latitude}、経度 {longitude} は度分秒を並べた数字のようです。十進度に直すと {north}、{east} で、{}の中になります。",
                        body.name()
                    ),
                    format!(
                        "{latitude}, {longitude} look like degrees, minutes and seconds in a row; in decimal degrees they are {north}, {east}, within {}.",
                        body.name()
                    ),
                ];
                finding.with_proposal(north).affecting(2).with_details(details)
            }
            None => finding.with_details(far(body, area, point, latitude, longitude)),
        });
    }

    fn repair(self: Box<Self>) -> Option<Box<dyn Repair>> {
        let Coordinates { latitude, longitude } = self.columns;
        (!self.packed.is_empty())
            .then(|| -> Box<dyn Repair> { Box::new(Unpacking { latitude, longitude, rows: self.packed }) })
    }
}

fn far(body: &Municipality, area: Area, point: Point, latitude: &str, longitude: &str) -> [String; 2] {
    let name = body.name();
    let (ja, en) = match area.distance(point) {
        Some(distance) => {
            (format!("中心から約 {distance:.0} km 離れています"), format!("about {distance:.0} km from its centre"))
        }
        None => ("範囲の外です".to_owned(), "outside it".to_owned()),
    };
    [
        format!("緯度 {latitude}、経度 {longitude} は{name}の{ja}。位置を確かめてください。"),
        format!("Latitude {latitude}, longitude {longitude} should lie in {name} and are {en}; look the place up."),
    ]
}

struct Unpacking {
    latitude: usize,
    longitude: usize,
    rows: Vec<u64>,
}

impl Repair for Unpacking {
    fn amend(&self, row: &mut Amendment<'_>) {
        if self.rows.binary_search(&row.number).is_err() {
            return;
        }
        if let (Some(latitude), Some(longitude)) =
            (unpacked(row.cell(self.latitude)), unpacked(row.cell(self.longitude)))
        {
            row.set(self.latitude, latitude);
            row.set(self.longitude, longitude);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn packed_degrees_are_unpacked_and_far_points_reported() {
        let table = "全国地方公共団体コード,名称,緯度,経度\n122319,A,35.49549,140.08454\n122319,B,35.832,140.145\n\
                     122319,C,34.65,133.93\n122319,D,,\n120006,E,34.65,133.93\n120006,F,35.0,140.0\n";
        let outcome = Trial::of("aed", table).run(&OutsideMunicipality);
        assert_eq!(outcome.findings, ["2 warning 35.49549 => 35.831917", "4 warning 34.65", "6 warning 34.65"]);
        assert_eq!(outcome.rows[0], "122319,A,35.831917,140.145944");
        assert_eq!(outcome.rows[2], "122319,C,34.65,133.93");
    }

    #[test]
    fn only_minutes_and_seconds_are_unpacked() {
        for (cell, expected) in
            [("35.49549", Some("35.831917")), ("35.6512", None), ("35.4961", None), ("35.49", None), ("35", None)]
        {
            assert_eq!(unpacked(cell).as_deref(), expected, "{cell}");
        }
    }
}
