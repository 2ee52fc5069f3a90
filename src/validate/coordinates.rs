//! Points on the map for the rules about coordinates: degrees read from cells, distances, and what surrounds a body.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::municipality::{self, Municipality, MunicipalityKind};
use crate::schema::{Kind, Role};
use crate::tabular::Row;
use crate::text::{narrow, trim};
use crate::validate::repeated::Columns;
use crate::validate::rule::{Intake, TableRow, value};

/// Degrees north between Okinotorishima and Etorofu, with room to spare.
pub(super) const LATITUDES: RangeInclusive<f64> = 20.0..=46.0;
/// Degrees east between Yonaguni and Minamitorishima, with room to spare.
pub(super) const LONGITUDES: RangeInclusive<f64> = 122.0..=154.0;

/// The columns of latitude and longitude, where a file has both.
#[derive(Clone, Copy, Debug)]
pub struct Coordinates {
    pub latitude: usize,
    pub longitude: usize,
}

impl Coordinates {
    pub fn of(intake: &Intake<'_>) -> Option<Coordinates> {
        let (latitude, longitude) = intake.header.subject?.form.schema.coordinates()?;
        Some(Coordinates { latitude: intake.column_of(latitude)?, longitude: intake.column_of(longitude)? })
    }

    /// The two cells of a row, trimmed.
    pub fn cells<'a>(self, row: &Row<'a>) -> (&'a str, &'a str) {
        (value(row, Some(self.latitude)), value(row, Some(self.longitude)))
    }

    /// The point of a row, where both cells hold degrees and it lies in Japan.
    pub fn point(self, row: &Row<'_>) -> Option<Point> {
        let (latitude, longitude) = self.cells(row);
        Point::read(latitude, longitude)
    }
}

/// The degrees that a cell means, if any.
pub(super) fn degrees(cell: &str) -> Option<f64> {
    let cell = trim(cell);
    if cell.is_empty() {
        return None;
    }
    let plain = |text: &str| Kind::Latitude.check(text).is_ok().then(|| text.parse().ok())?;
    if let Some(degrees) = short_decimal(cell) {
        return Some(degrees);
    }
    plain(cell).or_else(|| plain(&Kind::Latitude.normalise(&narrow(cell))?))
}

/// A number without a sign and of at most nine digits, which is how degrees are mostly written: a whole number divided by a
/// power of ten, both exact, is the nearest that there is, as by `parse`.
fn short_decimal(text: &str) -> Option<f64> {
    const POWERS: [f64; 9] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
    let bytes = text.as_bytes();
    if bytes.len() > POWERS.len() + 1 || !bytes.first()?.is_ascii_digit() || !bytes.last()?.is_ascii_digit() {
        return None;
    }
    let (mut number, mut point) = (0_u32, None);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            // Ten digits may be too many; they are given up below.
            b'0'..=b'9' => number = number.wrapping_mul(10).wrapping_add(u32::from(byte - b'0')),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    match point {
        Some(point) => Some(f64::from(number) / POWERS[bytes.len() - 1 - point]),
        None => (bytes.len() <= POWERS.len()).then(|| f64::from(number)),
    }
}

/// A point, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub latitude: f64,
    pub longitude: f64,
}

impl Point {
    /// The point that two cells mean, if it lies in Japan.
    pub fn read(latitude: &str, longitude: &str) -> Option<Point> {
        let point = Point { latitude: degrees(latitude)?, longitude: degrees(longitude)? };
        (LATITUDES.contains(&point.latitude) && LONGITUDES.contains(&point.longitude)).then_some(point)
    }

    /// Kilometres to another point, along the great circle.
    pub fn distance(self, other: Point) -> f64 {
        const EARTH_RADIUS: f64 = 6_371.0;
        let half = |one: f64, other: f64| ((other - one).to_radians() / 2.0).sin().powi(2);
        let (north, south) = (self.latitude.to_radians(), other.latitude.to_radians());
        let chord =
            half(self.latitude, other.latitude) + north.cos() * south.cos() * half(self.longitude, other.longitude);
        2.0 * EARTH_RADIUS * chord.sqrt().min(1.0).asin()
    }
}

/// A body and its area.
type Home = (&'static Municipality, Area);

/// Whose area the thing of a row ought to lie in: the municipality where it stands, else the one that publishes it.
pub(super) struct Standing {
    location: Option<usize>,
    publisher: Option<usize>,
    organization: Option<&'static Municipality>,
    areas: HashMap<&'static str, Option<Area>>,
    /// The columns of the codes, and what the codes of the last row mean.
    codes: Columns,
    last: Option<Option<Home>>,
}

impl Standing {
    pub fn of(intake: &Intake<'_>) -> Standing {
        let (location, publisher) = (intake.column_with(Role::LocationCode), intake.column_with(Role::PublisherCode));
        Standing {
            location,
            publisher,
            codes: Columns::of(location.into_iter().chain(publisher)),
            organization: intake.organization.and_then(|body| municipality::find(&body.code)),
            areas: HashMap::new(),
            last: None,
        }
    }

    /// The body and its area, where both are known. To be asked about every row.
    pub fn area(&mut self, row: &TableRow<'_>) -> Option<Home> {
        match self.last {
            Some(area) if row.facts.repeated.has_all(self.codes) => area,
            _ => {
                let area = self.area_of([self.location, self.publisher].map(|column| value(row, column)));
                self.last = Some(area);
                area
            }
        }
    }

    fn area_of(&mut self, codes: [&str; 2]) -> Option<Home> {
        let body = codes.iter().find_map(|code| municipality::find_any(&narrow(code))).or(self.organization)?;
        let area = self.areas.entry(&body.code).or_insert_with(|| Area::of(body));
        area.map(|area| (body, area))
    }
}

/// Where the places of a body may lie.
#[derive(Clone, Copy, Debug)]
pub(super) enum Area {
    /// Around the chief place of a municipality.
    Around(Point),
    /// Between the chief places of a prefecture's municipalities, with room to spare: least and greatest degrees.
    Between(Point, Point),
}

impl Area {
    /// No municipality reaches farther from its chief place, remote islands apart.
    const RADIUS: f64 = 60.0;
    /// What a prefecture may reach beyond its outermost chief places, in degrees.
    const MARGIN: f64 = 0.6;

    fn of(body: &Municipality) -> Option<Area> {
        let point = |body: &Municipality| body.centre.map(|(latitude, longitude)| Point { latitude, longitude });
        match body.kind {
            MunicipalityKind::Municipality => point(body).map(Area::Around),
            MunicipalityKind::Ward => {
                let is_city =
                    |other: &&Municipality| other.kind == MunicipalityKind::Municipality && other.covers(body);
                municipality::all().find(is_city).and_then(point).map(Area::Around)
            }
            MunicipalityKind::Prefecture => {
                let within = || municipality::all().filter(|other| body.covers(other)).filter_map(point);
                within().next()?;
                let bound = |of: fn(Point) -> f64, least: bool| {
                    let degrees = within().map(of);
                    if least { degrees.fold(f64::MAX, f64::min) } else { degrees.fold(f64::MIN, f64::max) }
                };
                let corner = |least: bool| Point {
                    latitude: bound(|point| point.latitude, least),
                    longitude: bound(|point| point.longitude, least),
                };
                Some(Area::Between(corner(true), corner(false)))
            }
        }
    }

    /// Whether a point lies in it or near it.
    pub fn contains(self, point: Point) -> bool {
        match self {
            Area::Around(centre) => centre.distance(point) <= Area::RADIUS,
            Area::Between(least, greatest) => {
                let within = |degrees: f64, least: f64, greatest: f64| {
                    (least - Area::MARGIN..=greatest + Area::MARGIN).contains(&degrees)
                };
                within(point.latitude, least.latitude, greatest.latitude)
                    && within(point.longitude, least.longitude, greatest.longitude)
            }
        }
    }

    /// Whether a point is surely less than 25 km from the centre of a municipality: a degree is at most 112 km.
    pub fn is_in_the_middle(self, point: Point) -> bool {
        const DEGREES: f64 = 0.15;
        let is_near = |one: f64, other: f64| (one - other).abs() < DEGREES;
        match self {
            Area::Around(centre) => {
                is_near(centre.latitude, point.latitude) && is_near(centre.longitude, point.longitude)
            }
            Area::Between(..) => false,
        }
    }

    /// Kilometres to its centre, for a municipality.
    pub fn distance(self, point: Point) -> Option<f64> {
        match self {
            Area::Around(centre) => Some(centre.distance(point)),
            Area::Between(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_read_in_the_forms_of_real_files() {
        for (cell, expected) in [
            ("34.5", Some(34.5)),
            (" ３４．５ ", Some(34.5)),
            ("34°30'00\"N", Some(34.5)),
            ("", None),
            ("－", None),
            ("nan", None),
            ("34.1 , 131.5", None),
        ] {
            assert_eq!(degrees(cell), expected, "{cell}");
        }
    }

    #[test]
    fn short_decimals_are_what_parsing_makes_of_them() {
        for text in ["34.655100", "133.919501", "0", "0.1", "00.30", "999999999", "43.0884231", "141.37188"] {
            assert_eq!(short_decimal(text), text.parse().ok(), "{text}");
        }
        for text in ["", ".5", "5.", "1.2.3", "-34.5", "1e5", "43.08842312", "4294967296"] {
            assert_eq!(short_decimal(text), None, "{text}");
        }
    }

    #[test]
    fn a_body_has_its_surroundings() {
        let okayama = Point { latitude: 34.65, longitude: 133.93 };
        let tokyo = Point { latitude: 35.68, longitude: 139.69 };
        assert!((okayama.distance(tokyo) - 537.0).abs() < 5.0);
        for code in ["331007", "331015", "330001"] {
            let area = Area::of(municipality::find(code).expect("in the table")).expect("it has a centre");
            assert!(area.contains(okayama) && !area.contains(tokyo), "{code}");
        }
    }
}
