//! A map for terminals: each character is 2 by 4 dots of Braille, each dot a place where records are.

use std::io::{self, Write};
use std::ops::RangeInclusive;

use super::{Columns, DEFAULT_WIDTH, Encoder, Format, Head, Options, columns::Tokens, lack_of_coordinates};
use crate::{
    schema::{Record, Schema},
    text::Text,
};

/// Lines of the map at most, so that the map and its legend fit a terminal of 24 lines with a prompt below.
const MOST_LINES: usize = 20;
/// The dots of a Braille character from U+2800, by line and column (the Unicode Standard, section 21.1).
const DOTS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

pub(super) struct Map;

impl Format for Map {
    fn id(&self) -> &'static str {
        "map"
    }

    fn media_type(&self) -> &'static str {
        "text/plain; charset=utf-8"
    }

    fn title(&self) -> Text {
        Text { ja: "点字の点で描いた地図（端末用）", en: "Map of Braille dots for terminals" }
    }

    fn heeded(&self, options: &Options) -> Options {
        Options { width: options.width, ..Options::default() }
    }

    fn widths(&self) -> &'static [RangeInclusive<usize>] {
        const WIDTHS: [RangeInclusive<usize>; 1] = [10..=400];
        &WIDTHS
    }

    fn lack(&self, schema: &Schema) -> Option<Text> {
        lack_of_coordinates(schema)
    }

    fn encoder<'a>(&self, columns: &'a Columns<'a>, options: &Options) -> Box<dyn Encoder + 'a> {
        Box::new(Dots {
            coordinates: columns.schema().coordinates(),
            // A whole file is no wider than a page.
            width: options.width.filter(|width| *width > 0).unwrap_or(DEFAULT_WIDTH),
            tokens: Tokens::default(),
            points: Vec::new(),
            head: Head::default(),
        })
    }
}

struct Dots {
    coordinates: Option<(usize, usize)>,
    width: usize,
    tokens: Tokens,
    points: Vec<Point>,
    head: Head,
}

/// Degrees east and north.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    east: f64,
    north: f64,
}

impl Encoder for Dots {
    fn begin(&mut self, head: &Head, _: &mut Vec<u8>) {
        self.head = head.clone();
    }

    fn record(&mut self, record: &Record, _: &mut Vec<u8>) {
        self.tokens.find(&record.values);
        let Some((latitude, longitude)) = self.coordinates else { return };
        let number = |field| self.tokens.get(&record.values, field).parse::<f64>().ok();
        if let (Some(north), Some(east)) = (number(latitude), number(longitude)) {
            self.points.push(Point { east, north });
        }
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let (count, drawn) = (self.head.count, self.points.len());
        if let Some((west_south, east_north)) = corners(&self.points) {
            for line in lines(&self.points, west_south, east_north, self.width) {
                writeln!(out, "{line}")?;
            }
            writeln!(
                out,
                "西端 {:.5} 南端 {:.5} 東端 {:.5} 北端 {:.5} / west, south, east, north",
                west_south.east, west_south.north, east_north.east, east_north.north
            )?;
        }
        match self.head.total.filter(|total| usize::try_from(*total) != Ok(count)) {
            Some(total) => write!(out, "{total} 件中 {count} 件 / {count} of {total}")?,
            None => write!(out, "{count} 件 / {count} records")?,
        }
        match count.saturating_sub(drawn) {
            0 => writeln!(out),
            rest => writeln!(out, "（うち {rest} 件は緯度・経度なし / {rest} without coordinates）"),
        }
    }
}

/// South-west and north-east of everything.
fn corners(points: &[Point]) -> Option<(Point, Point)> {
    let first = *points.first()?;
    Some(points.iter().fold((first, first), |(low, high), point| {
        (
            Point { east: low.east.min(point.east), north: low.north.min(point.north) },
            Point { east: high.east.max(point.east), north: high.north.max(point.north) },
        )
    }))
}

/// Draws the points to scale: as wide as allowed, unless the map would then be too high.
fn lines(points: &[Point], low: Point, high: Point, width: usize) -> Vec<String> {
    // So close to the equator or the poles as maps of municipalities are, one scale does for all of it.
    let shrink = f64::midpoint(low.north, high.north).to_radians().cos().max(0.01);
    let (across, up) = ((high.east - low.east) * shrink, high.north - low.north);
    let dots = |cells: usize, per_cell: usize| float(cells * per_cell - 1);
    let scale = (dots(width, 2) / across).min(dots(MOST_LINES, 4) / up);
    // A single place, or many in one.
    let scale = if scale.is_finite() { scale } else { 0.0 };
    let cells = |length: f64, per_cell: usize| whole(length * scale) / per_cell + 1;
    let mut grid = vec![vec![0x2800_u32; cells(across, 2)]; cells(up, 4)];
    for point in points {
        let column = whole((point.east - low.east) * shrink * scale);
        let line = whole((high.north - point.north) * scale);
        grid[line / 4][column / 2] |= DOTS[line % 4][column % 2];
    }
    let character = |code: u32| char::from_u32(code).expect("a Braille pattern");
    let line = |cells: Vec<u32>| cells.into_iter().map(character).collect::<String>();
    grid.into_iter().map(|cells| line(cells).trim_end_matches('\u{2800}').to_owned()).collect()
}

fn float(dots: usize) -> f64 {
    f64::from(u32::try_from(dots).expect("a terminal is small"))
}

/// The nearest whole number.
fn whole(number: f64) -> usize {
    format!("{number:.0}").parse().expect("a place on the map is not negative")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::tests::{record, schema, write_with};

    fn drawn(places: &[(&str, &str)], width: usize) -> String {
        let schema = schema();
        let columns = Columns::new(&schema, None, false, false);
        let records: Vec<Record> =
            places.iter().map(|(north, east)| record(&schema, &["1", "", north, east])).collect();
        let head = Head { count: records.len(), ..Head::default() };
        write_with(&Map, &columns, &head, &records, &Options { width: Some(width), ..Options::default() })
    }

    #[test]
    fn dots_stand_where_the_places_are() {
        // On the equator a degree is as long either way: a square of 3 by 3 degrees on 4 by 4 dots.
        let text = drawn(&[("1.5", "0"), ("-1.5", "3"), ("-1.5", "0"), ("", "")], 2);
        assert_eq!(
            text,
            "⡁⢀\n\
             西端 0.00000 南端 -1.50000 東端 3.00000 北端 1.50000 / west, south, east, north\n\
             4 件 / 4 records（うち 1 件は緯度・経度なし / 1 without coordinates）\n"
        );
    }

    #[test]
    fn one_place_and_none() {
        assert!(drawn(&[("34.66", "133.9"), ("34.66", "133.9")], 80).starts_with("⠁\n西端 133.90000"));
        assert_eq!(drawn(&[], 80), "0 件 / 0 records\n");
    }

    #[test]
    fn any_shape_fits_the_terminal() {
        for (width, north, east) in [
            (80, "34.0", "143.9"),
            (80, "45.5", "133.9"),
            (10, "45.5", "123.9"),
            (400, "45.5", "153.9"),
            (80, "90", "180"),
        ] {
            let text = drawn(&[("34.6", "133.9"), (north, east), ("-90", "-180")], width);
            let map: Vec<&str> = text.lines().filter(|line| !line.contains(['件', '西'])).collect();
            assert!(!map.is_empty() && map.len() <= MOST_LINES, "{text}");
            assert!(map.iter().all(|line| line.chars().count() <= width), "{text}");
            assert_eq!(text.lines().count(), map.len() + 2);
        }
    }
}
