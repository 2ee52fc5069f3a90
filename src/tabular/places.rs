//! Where cells stand in a text itself, by line and character: an editor does not count as Excel does.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};

use super::decode::TextReader;
use super::{Body, ReadError, Sheet};

/// Where a cell begins, and where the character behind it stands: lines and UTF-16 code units, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line and column of its first character, a quotation mark included.
    pub start: (u64, u64),
    /// Line and column behind its last.
    pub end: (u64, u64),
}

/// Finds cells by their row in Excel and their column from 0. Nothing for a workbook, which has no lines.
///
/// # Errors
/// [`ReadError::Io`].
pub fn find(sheet: &Sheet, wanted: &BTreeSet<(u64, usize)>) -> Result<BTreeMap<(u64, usize), Place>, ReadError> {
    let Body::Text { upload, form, .. } = &sheet.body else { return Ok(BTreeMap::new()) };
    let mut lines = BufReader::new(TextReader::new(upload.open()?, *form));
    let mut scan = Scan { delimiter: char::from(form.delimiter), ..Scan::new(wanted) };
    let mut line = Vec::new();
    while scan.found.len() < wanted.len() && lines.read_until(b'\n', &mut line)? > 0 {
        scan.line(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok(scan.found)
}

/// Quotation marks as RFC 4180 has them, and as the reader of rows takes them where a file breaks it.
struct Scan<'a> {
    wanted: &'a BTreeSet<(u64, usize)>,
    delimiter: char,
    found: BTreeMap<(u64, usize), Place>,
    line: u64,
    /// Line ends inside cells so far: Excel does not count them.
    inside: u64,
    row: u64,
    column: usize,
    start: (u64, u64),
    is_quoted: bool,
}

impl<'a> Scan<'a> {
    fn new(wanted: &'a BTreeSet<(u64, usize)>) -> Scan<'a> {
        Scan {
            wanted,
            delimiter: ',',
            found: BTreeMap::new(),
            line: 0,
            inside: 0,
            row: 0,
            column: 0,
            start: (1, 1),
            is_quoted: false,
        }
    }

    /// Takes one line with its line end.
    fn line(&mut self, text: &str) {
        self.line += 1;
        if !self.is_quoted {
            if text == "\n" {
                return;
            }
            self.row = self.line - self.inside;
            self.column = 0;
            self.start = (self.line, 1);
        }
        let mut at = 1;
        let mut may_open = !self.is_quoted;
        for character in text.chars() {
            if self.is_quoted {
                self.is_quoted = character != '"';
                // A second mark right behind stands for one in the cell.
                may_open = !self.is_quoted;
            } else if character == '"' && may_open {
                self.is_quoted = true;
            } else if character == self.delimiter || character == '\n' {
                self.end_cell(at);
                self.start = (self.line, at + 1);
                may_open = true;
            } else {
                may_open = false;
            }
            at += if character.len_utf16() == 2 { 2 } else { 1 };
        }
        self.inside += u64::from(self.is_quoted);
    }

    fn end_cell(&mut self, at: u64) {
        let place = (self.row, self.column);
        if self.wanted.contains(&place) {
            self.found.insert(place, Place { start: self.start, end: (self.line, at) });
        }
        self.column += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::{ReadOptions, Upload, read};

    #[test]
    fn cells_are_found_where_they_stand() {
        let text = "ID,名称,値\n\n1,\"a\n\"\"b\"\"\",𠮷野\n2,x\"y,\n";
        let document = read(&Upload::from_bytes(text.as_bytes(), None), &ReadOptions::default()).expect("a table");
        let wanted = [(1, 1), (3, 1), (3, 2), (4, 1), (4, 2), (9, 9)].into();
        let found = find(&document.sheets[0], &wanted).expect("in memory");
        let places: Vec<_> = found.into_iter().map(|(cell, place)| (cell, place.start, place.end)).collect();
        assert_eq!(
            places,
            [
                ((1, 1), (1, 4), (1, 6)),
                ((3, 1), (3, 3), (4, 7)),
                ((3, 2), (4, 8), (4, 11)),
                ((4, 1), (5, 3), (5, 6)),
                ((4, 2), (5, 7), (5, 7)),
            ]
        );
    }
}
