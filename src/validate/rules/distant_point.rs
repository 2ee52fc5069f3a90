//! A point far from all others of the file.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::text::Text;
use crate::validate::coordinates::{Coordinates, Point, Standing};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule, TableCheck, TableRow};

/// See the module.
pub struct DistantPoint;

impl Rule for DistantPoint {
    fn id(&self) -> &'static str {
        "distant-point"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text {
            ja: "緯度 {value}、経度 {0} は、ほかの地点の中心から約 {1} km 離れています。位置を確かめてください。",
            en: "Latitude {value}, longitude {0} lies about {1} km from the middle of the others; look the place up.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "1 つの団体のデータの中で遠く離れた点は、数字の打ち間違いであることが多いです（共通ルール 5）。",
            en: "Within the data of one body a point far from the rest is mostly a mistyped digit (common rules, section 5).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let columns = Coordinates::of(intake)?;
        let standing = Standing::of(intake);
        Some(Box::new(DistantPointCheck { columns, standing, points: 0, squares: HashMap::default() }))
    }
}

/// Kilometres from the middle within which a point is never distant,
const NEAR: f64 = 60.0;
/// and as many times the usual distance, for the data of a prefecture or the whole country.
const USUAL: f64 = 4.0;
/// At least so many points make up a middle.
const FEWEST: u64 = 5;
/// One point in so many may be distant; of more, no middle can be told.
const SHARE: u64 = 20;
/// Rows remembered of each square.
const KEPT: usize = 20;

/// Points are counted by squares of a tenth of a degree, of which Japan has a bounded number.
struct DistantPointCheck {
    columns: Coordinates,
    standing: Standing,
    points: u64,
    /// By the tenths of degrees where they begin, as the bits of the numbers, which order as positive numbers do.
    squares: HashMap<(u64, u64), Square, RandomState>,
}

#[derive(Default)]
struct Square {
    points: u64,
    /// Row, cells and point of the first ones that no municipality vouches for.
    kept: Vec<(u64, String, String, Point)>,
}

impl TableCheck for DistantPointCheck {
    fn row(&mut self, row: &TableRow<'_>, _findings: &mut Findings) {
        let area = self.standing.area(row);
        let Some(point) = row.facts.point else { return };
        let square = self.squares.entry(square(point)).or_default();
        self.points += 1;
        square.points += 1;
        // Where the municipality is known, `outside-municipality` looks at the point.
        if area.is_none() && square.kept.len() < KEPT {
            let (latitude, longitude) = self.columns.cells(row);
            square.kept.push((row.number, latitude.to_owned(), longitude.to_owned(), point));
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        if self.points < FEWEST {
            return;
        }
        let coordinate = |of: fn(Point) -> f64| {
            middle(self.squares.iter().map(|(at, square)| (of(midpoint(at)), square.points)).collect())
        };
        let centre = Point { latitude: coordinate(|at| at.latitude), longitude: coordinate(|at| at.longitude) };
        let distance = |at: &(u64, u64)| centre.distance(midpoint(at));
        let usual = middle(self.squares.iter().map(|(at, square)| (distance(at), square.points)).collect());
        let limit = NEAR.max(USUAL * usual);
        let is_distant = |at: &(u64, u64)| distance(at) > limit;
        let mut distant: Vec<_> = self.squares.iter().filter(|(at, _)| is_distant(at)).collect();
        if distant.iter().map(|(_, square)| square.points).sum::<u64>() > (self.points / SHARE).max(1) {
            return;
        }
        distant.sort_unstable_by_key(|(at, _)| **at);
        for (row, latitude, longitude, point) in distant.into_iter().flat_map(|(_, square)| &square.kept) {
            let finding = Finding::new(&DistantPoint, Severity::Warning).at_row(*row).at_column(self.columns.latitude);
            let details = [longitude.clone(), format!("{:.0}", centre.distance(*point))];
            findings.add(finding.with_value(latitude).with_details(details));
        }
    }
}

/// The square of a point.
fn square(point: Point) -> (u64, u64) {
    let tenths = |degrees: f64| (10.0 * degrees).floor().to_bits();
    (tenths(point.latitude), tenths(point.longitude))
}

/// The middle of a square.
fn midpoint(square: &(u64, u64)) -> Point {
    let degrees = |bits| (f64::from_bits(bits) + 0.5) / 10.0;
    Point { latitude: degrees(square.0), longitude: degrees(square.1) }
}

/// The median of values that each stand so many times.
fn middle(mut values: Vec<(f64, u64)>) -> f64 {
    values.sort_by(|one, other| one.0.total_cmp(&other.0));
    let half = values.iter().map(|(_, times)| times).sum::<u64>() / 2;
    let mut seen = 0;
    values
        .iter()
        .find(|(_, times)| {
            seen += times;
            seen > half
        })
        .map_or(0.0, |(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn one_point_far_from_the_rest_is_found() {
        let near = "A,34.65,133.93\nB,34.66,133.94\nC,34.67,133.95\nD,34.68,133.91\nE,34.61,133.9\n";
        let table = format!("名称,緯度,経度\n{near}F,35.68,139.69\n");
        assert_eq!(Trial::of("aed", table).run(&DistantPoint).findings, ["7 warning 35.68"]);
        let scattered = format!("名称,緯度,経度\n{near}F,35.68,139.69\nG,43.06,141.35\n");
        assert!(Trial::of("aed", scattered).run(&DistantPoint).findings.is_empty());
        let known = format!("名称,緯度,経度\n{near}F,35.68,139.69\n");
        let known = Trial { publisher: Some("331007"), ..Trial::of("aed", known) };
        assert!(known.run(&DistantPoint).findings.is_empty());
    }
}
