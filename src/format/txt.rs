//! An aligned table for terminals. Wide characters count as two columns; what would disturb a terminal is replaced.

use std::io::{self, Write};

use super::{Columns, Encoder, Format, Head, Options, columns::Tokens};
use crate::{
    schema::Record,
    text::{Text, character_width, is_command, width},
};

/// The widest cell, in columns of the terminal; the rest is cut.
const MAX_WIDTH: usize = 40;
/// Up to so many records all are looked at to find the widths of the columns.
const WHOLE_PAGE: usize = 10_000;
/// Of more records so many are looked at.
const FIRST_ROWS: usize = 1_000;
/// What stands between columns.
const GAP: &str = "  ";

pub(super) struct Txt;

impl Format for Txt {
    fn id(&self) -> &'static str {
        "txt"
    }

    fn media_type(&self) -> &'static str {
        "text/plain; charset=utf-8"
    }

    fn title(&self) -> Text {
        Text { ja: "テキスト（端末用の表）", en: "Text table for terminals" }
    }

    fn encoder<'a>(&self, columns: &'a Columns<'a>, _: &Options) -> Box<dyn Encoder + 'a> {
        let names: Vec<String> = columns.names().map(cell).collect();
        Box::new(Table {
            columns,
            tokens: Tokens::default(),
            widths: names.iter().map(|name| width(name)).collect(),
            are_numbers: columns.are_numbers().collect(),
            names,
            waiting: Some(Vec::new()),
            most_waiting: WHOLE_PAGE,
            head: Head::default(),
        })
    }
}

struct Table<'a> {
    columns: &'a Columns<'a>,
    tokens: Tokens,
    names: Vec<String>,
    are_numbers: Vec<bool>,
    widths: Vec<usize>,
    /// Rows whose cells (separated by tabs, which no cell holds) wait until the widths are known; `None` once they are.
    waiting: Option<Vec<String>>,
    most_waiting: usize,
    head: Head,
}

impl Encoder for Table<'_> {
    fn begin(&mut self, head: &Head, _: &mut Vec<u8>) {
        self.head = head.clone();
        self.most_waiting = if head.count <= WHOLE_PAGE { WHOLE_PAGE } else { FIRST_ROWS };
    }

    fn record(&mut self, record: &Record, out: &mut Vec<u8>) {
        self.tokens.find(&record.values);
        let mut row = String::new();
        let mut index = 0;
        let is_open = self.waiting.is_some();
        let widths = &mut self.widths;
        self.columns.each_text(record, &self.tokens, |text| {
            if index > 0 {
                row.push('\t');
            }
            let text = cell(text);
            if is_open {
                widths[index] = widths[index].max(width(&text));
            }
            row.push_str(&text);
            index += 1;
        });
        match &mut self.waiting {
            None => self.push_row(row.split('\t'), out),
            Some(waiting) => {
                waiting.push(row);
                if waiting.len() >= self.most_waiting {
                    self.flush(out);
                }
            }
        }
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut rest = Vec::new();
        self.flush(&mut rest);
        out.write_all(&rest)?;
        let count = self.head.count;
        let footer = match self.head.total {
            Some(total) => format!("\n{total} 件中 {count} 件 / {count} of {total}\n"),
            None => format!("\n{count} 件 / {count} records\n"),
        };
        out.write_all(footer.as_bytes())?;
        match &self.head.next {
            Some(next) => writeln!(out, "次のページ / Next: {next}"),
            None => Ok(()),
        }
    }
}

impl Table<'_> {
    /// Fixes the widths and writes the heading and everything that waited for it.
    fn flush(&mut self, out: &mut Vec<u8>) {
        let Some(waiting) = self.waiting.take() else { return };
        self.push_row(self.names.iter().map(String::as_str), out);
        let rules: Vec<String> = self.widths.iter().map(|width| "-".repeat(*width)).collect();
        out.extend_from_slice(rules.join(GAP).as_bytes());
        out.push(b'\n');
        for row in waiting {
            self.push_row(row.split('\t'), out);
        }
    }

    fn push_row<'c>(&self, cells: impl Iterator<Item = &'c str>, out: &mut Vec<u8>) {
        let start = out.len();
        for (index, ((cell, most), is_number)) in cells.zip(&self.widths).zip(&self.are_numbers).enumerate() {
            if index > 0 {
                out.extend_from_slice(GAP.as_bytes());
            }
            let padding = most.saturating_sub(width(cell));
            if *is_number {
                out.resize(out.len() + padding, b' ');
                out.extend_from_slice(cell.as_bytes());
            } else {
                out.extend_from_slice(cell.as_bytes());
                out.resize(out.len() + padding, b' ');
            }
        }
        while out.len() > start && out.last() == Some(&b' ') {
            out.pop();
        }
        out.push(b'\n');
    }
}

/// A text fit for one cell: on one line, without control characters (a terminal would obey them), not too wide.
fn cell(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut used = 0;
    // The text up to where an ellipsis would still fit.
    let mut cut = 0;
    let mut previous = ' ';
    for found in text.chars() {
        let character = match found {
            '\n' if previous == '\r' => {
                previous = found;
                continue;
            }
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => '⏎',
            '\t' => ' ',
            _ if is_command(found) => '\u{fffd}',
            _ => found,
        };
        previous = found;
        used += character_width(character);
        if used > MAX_WIDTH {
            shown.truncate(cut);
            shown.push('…');
            return shown;
        }
        shown.push(character);
        if used < MAX_WIDTH {
            cut = shown.len();
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::tests::{record, schema, texts, write};

    #[test]
    fn a_page() {
        let schema = schema();
        let columns = Columns::new(&schema, Some(&[1, 0, 2, 4]), false, true);
        let mut records = [
            record(&schema, &["1", "岡山市役所", "34.660", "133.9", ""]),
            record(&schema, &["A-2", "ｶﾞ", "4.6", "", "1200"]),
        ];
        records[0].distance_m = Some(12.0);
        let head = Head { total: Some(812), count: 2, next: Some("/api/v1/x".to_owned()), ..Head::default() };
        let expected = "\
名称        ID     緯度  定員  distance_m
----------  ---  ------  ----  ----------
岡山市役所  1    34.660              12.0
ｶﾞ          A-2     4.6  1200

812 件中 2 件 / 2 of 812
次のページ / Next: /api/v1/x
";
        assert_eq!(write(&Txt, &columns, &head, &records), expected);
    }

    #[test]
    fn an_empty_page() {
        let schema = texts(&["名称", "住所"]);
        let text = write(&Txt, &Columns::new(&schema, None, false, false), &Head::default(), &[]);
        assert_eq!(text, "名称  住所\n----  ----\n\n0 件 / 0 records\n");
    }

    #[test]
    fn cells_are_fit_for_a_terminal() {
        let (narrow, wide) = ("a".repeat(41), "あ".repeat(21));
        for (text, shown) in [
            ("1行目\r\n2行目\n3行目\r", "1行目⏎2行目⏎3行目⏎".to_owned()),
            ("\u{1b}[31m赤\u{7}", "\u{fffd}[31m赤\u{fffd}".to_owned()),
            ("a\tb", "a b".to_owned()),
            ("\u{202e}exe", "\u{fffd}exe".to_owned()),
            (&narrow, format!("{}…", "a".repeat(39))),
            (&narrow[1..], "a".repeat(40)),
            (&wide, format!("{}…", "あ".repeat(19))),
            (&wide[3..], "あ".repeat(20)),
        ] {
            assert_eq!(cell(text), shown);
        }
        assert_eq!([width("ｶﾞ"), width("カ\u{3099}"), width("①"), width("👍"), width("")], [2, 2, 1, 2, 0]);
    }

    #[test]
    fn long_answers_take_their_widths_from_the_first_rows() {
        let schema = texts(&["A", "B"]);
        let columns = Columns::new(&schema, None, false, false);
        let mut records = vec![record(&schema, &["aa", "b"]); 10_001];
        records[1_500] = record(&schema, &["wider", "b"]);
        let lines = |records: &[Record]| {
            let text = write(&Txt, &columns, &Head { count: records.len(), ..Head::default() }, records);
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let long = lines(&records);
        assert_eq!((long.len(), long[1].as_str(), long[2].as_str()), (10_005, "--  -", "aa  b"));
        assert_eq!(long[1_502], "wider  b", "nothing is lost");
        let page = lines(&records[..10_000]);
        assert_eq!((page.len(), page[1].as_str(), page[2].as_str()), (10_004, "-----  -", "aa     b"));
    }

    proptest! {
        #[test]
        fn rows_are_aligned_and_nothing_commands_the_terminal(cells in prop::collection::vec(any::<String>(), 1..6)) {
            let schema = texts(&["名称", "末尾"]);
            let records: Vec<Record> = cells.iter().map(|text| record(&schema, &[text, "|"])).collect();
            let columns = Columns::new(&schema, None, false, false);
            let text = write(&Txt, &columns, &Head { count: cells.len(), ..Head::default() }, &records);
            prop_assert!(text.chars().all(|character| character == '\n' || !character.is_control()));
            let starts: Vec<usize> =
                text.lines().skip(2).take(cells.len()).map(|line| width(line.strip_suffix('|').unwrap())).collect();
            prop_assert!(starts.iter().all(|start| *start == starts[0] && *start <= MAX_WIDTH + GAP.len()));
        }
    }
}
