//! CSV (RFC 4180) in UTF-8 as Excel opens it, or in Shift_JIS. Cells stand as published: nothing is put before a leading
//! `=`, because that would be other data.

use std::io::{self, Write};

use super::{Columns, Encoder, Encoding, Format, Head, Options, columns::Tokens, shift_jis};
use crate::{schema::Record, text::Text};

pub(super) struct Csv;

impl Format for Csv {
    fn id(&self) -> &'static str {
        "csv"
    }

    fn media_type(&self) -> &'static str {
        "text/csv; charset=utf-8; header=present"
    }

    fn title(&self) -> Text {
        Text { ja: "CSV（表計算ソフト用）", en: "CSV" }
    }

    fn heeded(&self, options: &Options) -> Options {
        match options.encoding {
            Encoding::Utf8 => Options { bom: options.bom, ..Options::default() },
            encoding @ Encoding::ShiftJis => Options { encoding, ..Options::default() },
        }
    }

    fn content_type(&self, options: &Options) -> &'static str {
        match options.encoding {
            Encoding::Utf8 => self.media_type(),
            Encoding::ShiftJis => "text/csv; charset=Shift_JIS; header=present",
        }
    }

    fn encoder<'a>(&self, columns: &'a Columns<'a>, options: &Options) -> Box<dyn Encoder + 'a> {
        let lines = Lines { columns, tokens: Tokens::default(), bom: options.bom };
        match options.encoding {
            Encoding::Utf8 => Box::new(lines),
            Encoding::ShiftJis => {
                Box::new(ShiftJisLines { lines: Lines { bom: false, ..lines }, line: Vec::new(), replaced: 0 })
            }
        }
    }
}

struct Lines<'a> {
    columns: &'a Columns<'a>,
    tokens: Tokens,
    bom: bool,
}

impl Encoder for Lines<'_> {
    fn begin(&mut self, _: &Head, out: &mut Vec<u8>) {
        if self.bom {
            out.extend_from_slice("\u{feff}".as_bytes());
        }
        let mut line = Line::begin(out);
        self.columns.names().for_each(|name| line.push(name));
        line.end();
    }

    fn record(&mut self, record: &Record, out: &mut Vec<u8>) {
        self.tokens.find(&record.values);
        let mut line = Line::begin(out);
        self.columns.each_text(record, &self.tokens, |text| line.push(text));
        line.end();
    }

    fn end(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// The same lines, each turned into Shift_JIS when it is whole.
struct ShiftJisLines<'a> {
    lines: Lines<'a>,
    line: Vec<u8>,
    replaced: u64,
}

impl ShiftJisLines<'_> {
    fn turn(&mut self, out: &mut Vec<u8>) {
        let line = std::str::from_utf8(&self.line).expect("a line of texts is UTF-8");
        self.replaced += shift_jis::encode(line, out);
        self.line.clear();
    }
}

impl Encoder for ShiftJisLines<'_> {
    fn begin(&mut self, head: &Head, out: &mut Vec<u8>) {
        self.lines.begin(head, &mut self.line);
        self.turn(out);
    }

    fn record(&mut self, record: &Record, out: &mut Vec<u8>) {
        self.lines.record(record, &mut self.line);
        self.turn(out);
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.lines.end(out)
    }

    fn replaced(&self) -> u64 {
        self.replaced
    }
}

struct Line<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    cells: usize,
}

impl Line<'_> {
    fn begin(out: &mut Vec<u8>) -> Line<'_> {
        Line { start: out.len(), cells: 0, out }
    }

    fn push(&mut self, cell: &str) {
        if self.cells > 0 {
            self.out.push(b',');
        }
        self.cells += 1;
        if cell.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')) {
            self.out.push(b'"');
            self.out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            self.out.push(b'"');
        } else {
            self.out.extend_from_slice(cell.as_bytes());
        }
    }

    fn end(self) {
        // An empty line is no record to any reader; a single blank cell needs its quotes.
        if self.out.len() == self.start && self.cells > 0 {
            self.out.extend_from_slice(b"\"\"");
        }
        self.out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::tests::{bytes, record, schema, texts, write, write_with};

    fn without_mark() -> Options {
        Options { bom: false, ..Options::default() }
    }

    #[test]
    fn shift_jis_has_no_mark_and_tells_what_it_lacks() {
        let schema = texts(&["名称", "備考"]);
        let columns = Columns::new(&schema, None, false, false);
        let records = [record(&schema, &["𠮷野, \"本館\"", "9時〜\n17時"]), record(&schema, &["表", ""])];
        let options = Options { encoding: Encoding::ShiftJis, ..Options::default() };
        let (body, replaced) = bytes(&Csv, &columns, &Head::default(), &records, &options);
        let (text, _, is_wrong) = encoding_rs::SHIFT_JIS.decode(&body);
        assert_eq!(
            (text.as_ref(), is_wrong),
            ("名称,備考\r\n\"〓野, \"\"本館\"\"\",\"9時～\n17時\"\r\n表,\r\n", false)
        );
        assert_eq!(replaced, 1);
        assert_eq!(Csv.content_type(&options), "text/csv; charset=Shift_JIS; header=present");
    }

    #[test]
    fn a_page() {
        let schema = schema();
        let columns = Columns::new(&schema, Some(&[1, 2, 4]), true, true);
        let records = [
            Record {
                dataset: Some("331007_aed".to_owned()),
                distance_m: Some(5.0),
                ..record(&schema, &["1", "\"市\"\n役所, 本館", "34.660", "133.9", ""])
            },
            record(&schema, &["2", "=1+1", "", "", "10"]),
        ];
        let expected = "dataset,名称,緯度,定員,distance_m\r\n\
                        331007_aed,\"\"\"市\"\"\n役所, 本館\",34.660,,5.0\r\n\
                        ,=1+1,,10,\r\n";
        let head = Head { count: 2, ..Head::default() };
        assert_eq!(write(&Csv, &columns, &head, &records), format!("\u{feff}{expected}"));
        assert_eq!(write_with(&Csv, &columns, &head, &records, &without_mark()), expected);
    }

    #[test]
    fn a_blank_in_a_single_column_is_a_record() {
        let schema = texts(&["名称"]);
        let columns = Columns::new(&schema, None, false, false);
        let records = [record(&schema, &[""]), record(&schema, &["A"])];
        let text = write_with(&Csv, &columns, &Head::default(), &records, &without_mark());
        assert_eq!(text, "名称\r\n\"\"\r\nA\r\n");
    }

    proptest! {
        #[test]
        fn out_then_in_is_identity(
            rows in (1..5_usize).prop_flat_map(|columns| prop::collection::vec(prop::collection::vec(any::<String>(), columns), 1..5)),
        ) {
            let names: Vec<String> = (0..rows[0].len()).map(|index| format!("列{index}, \"{index}\"")).collect();
            let schema = texts(&names.iter().map(String::as_str).collect::<Vec<_>>());
            let records: Vec<Record> = rows
                .iter()
                .map(|row| record(&schema, &row.iter().map(String::as_str).collect::<Vec<_>>()))
                .collect();
            let columns = Columns::new(&schema, None, false, false);
            let text = write_with(&Csv, &columns, &Head::default(), &records, &without_mark());
            let mut reader = ::csv::Reader::from_reader(text.as_bytes());
            prop_assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), names);
            let back: Vec<Vec<String>> =
                reader.records().map(|line| line.unwrap().iter().map(str::to_owned).collect()).collect();
            prop_assert_eq!(back, rows);
        }
    }
}
