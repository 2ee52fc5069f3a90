//! An aligned table for terminals. Wide characters count as two columns; what would disturb a terminal is replaced. Of a
//! table that is wider than the terminal the columns are shown that matter most, and the last line says how to see others.

mod layout;

use std::io::{self, Write};

use super::columns::{Rank, Tokens};
use super::{Columns, DEFAULT_WIDTH, Encoder, Format, Head, Options};
use crate::{
    schema::Record,
    text::{Text, character_width, is_command, width},
};
use layout::Seen;

/// The widest cell, in columns of the terminal; the rest is cut.
const MAX_WIDTH: usize = 40;
/// Up to so many records all are looked at to find the widths of the columns.
const WHOLE_PAGE: usize = 10_000;
/// Of more records so many are looked at.
const FIRST_ROWS: usize = 1_000;
/// What stands between columns.
const GAP: &str = "  ";
/// The width that a reader of a narrower table is told of.
const WIDER: usize = 120;

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

    fn heeded(&self, options: &Options) -> Options {
        Options { width: options.width, ..Options::default() }
    }

    fn encoder<'a>(&self, columns: &'a Columns<'a>, options: &Options) -> Box<dyn Encoder + 'a> {
        Box::new(Table {
            columns,
            tokens: Tokens::default(),
            names: columns.names().map(|name| cell(name, MAX_WIDTH)).collect(),
            are_numbers: columns.are_numbers().collect(),
            limit: Some(options.width.unwrap_or(DEFAULT_WIDTH)).filter(|width| *width > 0),
            shown: Vec::new(),
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
    /// How long a line may be.
    limit: Option<usize>,
    /// The columns that are shown, by index, each with its width, once they are known.
    shown: Vec<(usize, usize)>,
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
        let mut is_first = true;
        self.columns.each_text(record, &self.tokens, |text| {
            if !std::mem::take(&mut is_first) {
                row.push('\t');
            }
            row.push_str(&cell(text, MAX_WIDTH));
        });
        match &mut self.waiting {
            None => self.push_row(&row.split('\t').collect::<Vec<_>>(), out),
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
        let counted = match self.head.total {
            Some(total) => format!("{total} 件中 {count} 件 / {count} of {total}"),
            None => format!("{count} 件 / {count} records"),
        };
        writeln!(out, "\n{}", self.wrapped(&counted))?;
        if let Some(next) = &self.head.next {
            writeln!(out, "{}", self.wrapped(&format!("次のページ / Next: {next}")))?;
        }
        match (self.names.len() - self.shown.len(), self.limit) {
            (hidden @ 1.., Some(limit)) => writeln!(out, "{}", self.wrapped(&how_to_see(hidden, limit))),
            _ => Ok(()),
        }
    }
}

/// How to see the columns that are hidden.
fn how_to_see(hidden: usize, limit: usize) -> String {
    let wider = if limit < WIDER { format!("width={WIDER}, ") } else { String::new() };
    let columns = if hidden == 1 { "column" } else { "columns" };
    format!("ほか {hidden} 列は非表示 / {hidden} more {columns}: {wider}width=0, select=項目名")
}

impl Table<'_> {
    /// Fixes the columns and their widths and writes the heading and everything that waited for it.
    fn flush(&mut self, out: &mut Vec<u8>) {
        let Some(waiting) = self.waiting.take() else { return };
        let rows: Vec<Vec<&str>> = waiting.iter().map(|row| row.split('\t').collect()).collect();
        let seen: Vec<Seen> =
            (0..).zip(self.columns.ranks()).map(|(index, rank)| self.seen(index, rank, &rows)).collect();
        self.shown = match self.limit {
            Some(limit) => layout::fit(&seen, limit, self.columns.are_chosen()),
            None => seen.iter().map(|column| column.natural).enumerate().collect(),
        };
        self.push_row(&self.names.iter().map(String::as_str).collect::<Vec<_>>(), out);
        let rules: Vec<String> = self.shown.iter().map(|(_, width)| "-".repeat(*width)).collect();
        out.extend_from_slice(rules.join(GAP).as_bytes());
        out.push(b'\n');
        for row in &rows {
            self.push_row(row, out);
        }
    }

    /// A column of these rows.
    fn seen(&self, index: usize, rank: Rank, rows: &[Vec<&str>]) -> Seen {
        let cells = || rows.iter().filter_map(|row| row.get(index)).copied();
        let first = cells().next();
        Seen {
            natural: cells().map(width).fold(width(&self.names[index]), usize::max),
            is_number: self.are_numbers[index],
            rank,
            is_blank: !rows.is_empty() && cells().all(str::is_empty),
            is_constant: rows.len() > 1 && cells().all(|cell| Some(cell) == first),
        }
    }

    fn push_row(&self, cells: &[&str], out: &mut Vec<u8>) {
        let start = out.len();
        for (place, (index, most)) in self.shown.iter().enumerate() {
            if place > 0 {
                out.extend_from_slice(GAP.as_bytes());
            }
            let text = cells.get(*index).copied().unwrap_or_default();
            let text = if self.limit.is_some() { cell(text, *most) } else { text.to_owned() };
            let padding = most.saturating_sub(width(&text));
            if self.are_numbers[*index] {
                out.resize(out.len() + padding, b' ');
                out.extend_from_slice(text.as_bytes());
            } else {
                out.extend_from_slice(text.as_bytes());
                out.resize(out.len() + padding, b' ');
            }
        }
        while out.len() > start && out.last() == Some(&b' ') {
            out.pop();
        }
        out.push(b'\n');
    }

    /// A sentence on as many lines as it takes. An address stays whole.
    fn wrapped(&self, sentence: &str) -> String {
        let Some(limit) = self.limit else { return sentence.to_owned() };
        let mut lines = String::new();
        let mut used = 0;
        for word in sentence.split(' ') {
            let needed = width(word);
            if used > 0 {
                lines.push(if used + 1 + needed > limit { '\n' } else { ' ' });
                used = if used + 1 + needed > limit { 0 } else { used + 1 };
            }
            lines.push_str(word);
            used += needed;
        }
        lines
    }
}

/// A text fit for one cell: on one line, without control characters (a terminal would obey them), not wider than `most`.
fn cell(text: &str, most: usize) -> String {
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
        if used > most {
            shown.truncate(cut);
            shown.push('…');
            return shown;
        }
        shown.push(character);
        if used < most {
            cut = shown.len();
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::tests::{record, schema, texts, write, write_with};

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
    fn a_wide_table_shows_what_fits_and_says_what_is_hidden() {
        let names: Vec<String> = (1..=9).map(|number| format!("項目{number}の見出し")).collect();
        let schema = texts(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let cells: Vec<String> = (1..=9).map(|number| format!("値{number}")).collect();
        let records = [record(&schema, &cells.iter().map(String::as_str).collect::<Vec<_>>())];
        let head = Head { count: 1, ..Head::default() };
        let shown = |select: Option<&[usize]>, width| {
            let columns = Columns::new(&schema, select, false, false);
            write_with(&Txt, &columns, &head, &records, &Options { width, ..Options::default() })
        };
        let expected = "\
項目1の見出し  項目2の見出し
-------------  -------------
値1            値2

1 件 / 1 records
ほか 7 列は非表示 / 7 more
columns: width=120, width=0,
select=項目名
";
        assert_eq!(shown(None, Some(30)), expected);
        assert_eq!(
            shown(None, None).lines().last(),
            Some("ほか 4 列は非表示 / 4 more columns: width=120, width=0, select=項目名")
        );
        assert_eq!(
            shown(None, Some(120)).lines().last(),
            Some("ほか 1 列は非表示 / 1 more column: width=0, select=項目名")
        );
        for (select, width) in [(None, Some(0)), (None, Some(1_000)), (Some(&[0, 1, 2, 3, 4, 5, 6, 7, 8][..]), None)] {
            assert!(shown(select, width).starts_with(&names.join("  ")), "{select:?} {width:?}");
        }
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
            assert_eq!(cell(text, MAX_WIDTH), shown);
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
            let (head, whole) = (Head { count: records.len(), ..Head::default() }, Options::default().of_file());
            let text = write_with(&Txt, &columns, &head, records, &whole);
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
            let head = Head { count: cells.len(), ..Head::default() };
            let narrow = write_with(&Txt, &columns, &head, &records, &Options { width: Some(20), ..Options::default() });
            prop_assert!(narrow.lines().all(|line| width(line) <= 20));
            let text = write(&Txt, &columns, &head, &records);
            prop_assert!(text.chars().all(|character| character == '\n' || !character.is_control()));
            let starts: Vec<usize> =
                text.lines().skip(2).take(cells.len()).map(|line| width(line.strip_suffix('|').unwrap())).collect();
            prop_assert!(starts.iter().all(|start| *start == starts[0] && *start <= MAX_WIDTH + GAP.len()));
        }
    }
}
