//! One table in each of the containers that are read.

use std::io::Write;

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS};

use super::files::{cell_name, workbook, zip};

/// A table of texts.
#[derive(Clone)]
pub struct Grid(Vec<Vec<String>>);

/// The heading, so that each container is recognised as some table.
const HEADING: [&str; 5] = ["stop_id", "stop_name", "stop_lat", "stop_lon", "zone_id"];

impl Grid {
    /// So many rows, the heading included, and columns, every cell filled.
    pub fn new(rows: usize, columns: usize) -> Grid {
        let heading =
            |column: usize| HEADING.get(column).map_or_else(|| format!("h{column}"), |name| (*name).to_owned());
        let row = |row: usize| {
            (0..columns).map(move |column| if row == 0 { heading(column) } else { format!("{row}{column}") })
        };
        Grid((0..rows).map(|index| row(index).collect()).collect())
    }

    /// With a cell of so many characters.
    pub fn with(mut self, row: usize, column: usize, characters: usize) -> Grid {
        self.0[row][column] = "あ".repeat(characters);
        self
    }

    /// With all cells but the heading of so many characters.
    pub fn with_all(mut self, characters: usize) -> Grid {
        self.0.iter_mut().skip(1).flatten().for_each(|cell| *cell = "い".repeat(characters));
        self
    }

    fn text(&self, delimiter: char, mark: &str) -> String {
        let row = |cells: &Vec<String>| {
            let cells: Vec<String> = cells.iter().map(|cell| format!("{mark}{cell}{mark}")).collect();
            cells.join(&delimiter.to_string()) + "\n"
        };
        self.0.iter().map(row).collect()
    }

    fn csv(&self) -> String {
        self.text(',', "")
    }
}

/// A way to write a table.
pub struct Container {
    pub name: &'static str,
    pub encode: fn(&Grid) -> Vec<u8>,
}

impl Container {
    pub fn is_packed(&self) -> bool {
        self.name.starts_with("XLS") || self.name == "ZIP"
    }
}

pub const CONTAINERS: [Container; 12] = [
    Container { name: "UTF-8", encode: |grid| grid.csv().into_bytes() },
    Container { name: "UTF-8 with a mark", encode: |grid| format!("\u{feff}{}", grid.csv()).into_bytes() },
    Container { name: "CP932", encode: |grid| encoded(grid, SHIFT_JIS) },
    Container { name: "EUC-JP", encode: |grid| encoded(grid, EUC_JP) },
    Container { name: "UTF-16LE", encode: |grid| utf16(grid, u16::to_le_bytes) },
    Container { name: "UTF-16BE", encode: |grid| utf16(grid, u16::to_be_bytes) },
    Container { name: "TSV", encode: |grid| grid.text('\t', "").into_bytes() },
    Container { name: "quoted", encode: |grid| grid.text(',', "\"").into_bytes() },
    Container { name: "CR LF", encode: |grid| grid.csv().replace('\n', "\r\n").into_bytes() },
    Container { name: "XLSX", encode: |grid| workbook(&sheet(grid, inline), "") },
    Container { name: "XLSX with shared strings", encode: shared },
    Container { name: "ZIP", encode: |grid| zip(&[("stops.txt", grid.csv().as_bytes())]) },
];

fn encoded(grid: &Grid, encoding: &'static Encoding) -> Vec<u8> {
    encoding.encode(&grid.csv()).0.into_owned()
}

fn utf16(grid: &Grid, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    format!("\u{feff}{}", grid.csv()).encode_utf16().flat_map(bytes).collect()
}

fn inline(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

fn sheet(grid: &Grid, mut cell: impl FnMut(&str, &str) -> String) -> String {
    let mut out = Vec::new();
    for (number, row) in (1..).zip(&grid.0) {
        write!(out, "<row r=\"{number}\">").expect("in memory");
        for (column, text) in row.iter().enumerate() {
            out.extend(cell(&cell_name(column, number), text).bytes());
        }
        out.extend(b"</row>");
    }
    format!("<sheetData>{}</sheetData>", String::from_utf8(out).expect("UTF-8"))
}

fn shared(grid: &Grid) -> Vec<u8> {
    let mut strings = String::new();
    let mut count = 0;
    let sheet = sheet(grid, |place, text| {
        strings.push_str(&format!("<si><t>{text}</t></si>"));
        count += 1;
        format!("<c r=\"{place}\" t=\"s\"><v>{}</v></c>", count - 1)
    });
    workbook(&sheet, &strings)
}
