//! Excel workbooks. Only what is a number is one: codes, telephone numbers, dates and all else stay the texts that were
//! published. The rows go to a temporary file, so that any number of them needs little memory.

use std::io::{self, Read, Seek, Write};

use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format as Look, Workbook, Worksheet, XlsxError};

use super::{Columns, Encoder, Format, Head, Options, columns::Tokens};
use crate::{
    schema::Record,
    text::{Text, width},
};

// Excel's limits (<https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3>).
const MOST_ROWS: u32 = 1_048_576;
const MOST_CHARACTERS: usize = 32_767;
/// So many records are looked at to find the widths of the columns.
const FIRST_ROWS: u32 = 1_000;
/// Narrowest and widest column, in characters.
const WIDTHS: (usize, usize) = (6, 40);

pub(super) struct Xlsx;

impl Format for Xlsx {
    fn id(&self) -> &'static str {
        "xlsx"
    }

    fn media_type(&self) -> &'static str {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    }

    fn title(&self) -> Text {
        Text { ja: "Excel（コードや電話番号は文字のまま）", en: "Excel workbook" }
    }

    fn is_packed(&self) -> bool {
        true
    }

    fn encoder<'a>(&self, columns: &'a Columns<'a>, _: &Options) -> Box<dyn Encoder + 'a> {
        Box::new(Sheets::new(columns, MOST_ROWS))
    }
}

struct Sheets<'a> {
    columns: &'a Columns<'a>,
    tokens: Tokens,
    are_numbers: Vec<bool>,
    widths: Vec<usize>,
    workbook: Workbook,
    sheet: Worksheet,
    /// How many sheets are full.
    full: usize,
    row: u32,
    most_rows: u32,
    text: Look,
    heading: Look,
    /// What went wrong on the way.
    failure: Option<XlsxError>,
}

impl<'a> Sheets<'a> {
    fn new(columns: &'a Columns<'a>, most_rows: u32) -> Sheets<'a> {
        let text = Look::new().set_num_format("@");
        let heading = text.clone().set_bold().set_background_color(Color::RGB(0x00E7_E6E6));
        Sheets {
            columns,
            tokens: Tokens::default(),
            are_numbers: columns.are_numbers().collect(),
            widths: columns.names().map(width).collect(),
            workbook: Workbook::new(),
            sheet: Worksheet::new(),
            full: 0,
            row: 0,
            most_rows,
            text,
            heading,
            failure: None,
        }
    }

    /// A new sheet with its heading.
    fn open_sheet(&mut self) -> Result<(), XlsxError> {
        self.sheet = self.workbook.new_worksheet_with_constant_memory()?;
        self.sheet.set_name(match self.full {
            0 => "データ data".to_owned(),
            full => format!("データ data ({})", full + 1),
        })?;
        self.sheet.set_freeze_panes(1, 0)?;
        for (column, name) in (0..).zip(self.columns.names()) {
            self.sheet.write_string_with_format(0, column, name, &self.heading)?;
        }
        self.row = 1;
        Ok(())
    }

    fn close_sheet(&mut self) -> Result<(), XlsxError> {
        for (column, width) in (0..).zip(&self.widths) {
            let characters = (*width).clamp(WIDTHS.0, WIDTHS.1) + 2;
            let characters = u32::try_from(characters).expect("a width is small");
            self.sheet.set_column_width(column, f64::from(characters))?;
        }
        self.workbook.push_worksheet(std::mem::take(&mut self.sheet));
        Ok(())
    }

    fn write(&mut self, record: &Record) -> Result<(), XlsxError> {
        if self.row == self.most_rows {
            self.close_sheet()?;
            self.full += 1;
            self.open_sheet()?;
        }
        self.tokens.find(&record.values);
        let (sheet, row, text_look) = (&mut self.sheet, self.row, &self.text);
        let (widths, are_numbers) = (&mut self.widths, &self.are_numbers);
        let is_measured = self.full == 0 && row <= FIRST_ROWS;
        let mut column: u16 = 0;
        let mut done = Ok(());
        self.columns.each_text(record, &self.tokens, |text| {
            let index = usize::from(column);
            if !text.is_empty() && done.is_ok() {
                if is_measured {
                    widths[index] = widths[index].max(text.lines().map(width).max().unwrap_or_default());
                }
                let number = if are_numbers[index] { text.parse::<f64>().ok() } else { None };
                done = match number {
                    Some(number) => sheet.write_number(row, column, number).map(|_| ()),
                    None => sheet.write_string_with_format(row, column, cut(text), text_look).map(|_| ()),
                };
            }
            column = column.saturating_add(1);
        });
        self.row += 1;
        done
    }

    /// The whole workbook, in a temporary file. The same records give the same bytes: it bears no time of day.
    fn save(&mut self) -> Result<std::fs::File, XlsxError> {
        self.close_sheet()?;
        let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
        self.workbook.set_properties(&DocProperties::new().set_author("machikura").set_creation_datetime(&created));
        let mut file = tempfile::tempfile().map_err(XlsxError::IoError)?;
        self.workbook.save_to_writer(&mut file)?;
        file.rewind().map_err(XlsxError::IoError)?;
        Ok(file)
    }
}

impl Encoder for Sheets<'_> {
    fn begin(&mut self, _: &Head, _: &mut Vec<u8>) {
        self.failure = self.open_sheet().err();
    }

    fn record(&mut self, record: &Record, _: &mut Vec<u8>) {
        if self.failure.is_none() {
            self.failure = self.write(record).err();
        }
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let saved = match self.failure.take() {
            None => self.save(),
            Some(failure) => Err(failure),
        };
        let mut file = saved.map_err(|error| match error {
            XlsxError::IoError(error) => error,
            error => io::Error::other(error),
        })?;
        let mut piece = vec![0; 64 * 1024];
        loop {
            match file.read(&mut piece)? {
                0 => return Ok(()),
                bytes => out.write_all(&piece[..bytes])?,
            }
        }
    }
}

/// What a cell can hold of a text. What is longer ends in an ellipsis.
fn cut(text: &str) -> String {
    if text.len() <= MOST_CHARACTERS || text.encode_utf16().count() <= MOST_CHARACTERS {
        return text.to_owned();
    }
    let mut room = MOST_CHARACTERS - 1;
    let fits = |character: &char| {
        let is_fitting = room >= character.len_utf16();
        room = room.saturating_sub(character.len_utf16());
        is_fitting
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader, Xlsx as Workbook, open_workbook_from_rs};

    use super::*;
    use crate::format::tests::{bytes, record, schema, texts};

    fn read(body: Vec<u8>) -> Vec<(String, Vec<Vec<Data>>)> {
        let mut book: Workbook<_> = open_workbook_from_rs(io::Cursor::new(body)).unwrap();
        let sheets = book.worksheets();
        sheets.into_iter().map(|(name, range)| (name, range.rows().map(<[Data]>::to_vec).collect())).collect()
    }

    fn texts_of(row: &[Data]) -> Vec<String> {
        row.iter().map(Data::to_string).collect()
    }

    #[test]
    fn a_page() {
        let schema = schema();
        let columns = Columns::new(&schema, None, true, false);
        let mut records =
            [record(&schema, &["0086", "一行目\n=1+1", "34.660", "133.9", "10"]), record(&schema, &["2", "=1+1"])];
        records[0].dataset = Some("331007_aed".to_owned());
        let (body, _) = bytes(&Xlsx, &columns, &Head::default(), &records, &Options::default());
        assert_eq!(body, bytes(&Xlsx, &columns, &Head::default(), &records, &Options::default()).0, "the same bytes");
        let sheets = read(body);
        assert_eq!((sheets.len(), sheets[0].0.as_str()), (1, "データ data"));
        let rows = &sheets[0].1;
        assert_eq!(texts_of(&rows[0]), ["dataset", "ID", "名称", "緯度", "経度", "定員"]);
        let text = |text: &str| Data::String(text.to_owned());
        let expected = [
            text("331007_aed"),
            text("0086"),
            text("一行目\n=1+1"),
            Data::Float(34.66),
            Data::Float(133.9),
            Data::Float(10.0),
        ];
        assert_eq!(rows[1], expected);
        assert_eq!(rows[2][2], text("=1+1"), "a text, no formula");
        assert_eq!(texts_of(&rows[2]), ["", "2", "=1+1", "", "", ""]);
    }

    #[test]
    fn what_does_not_fit_one_sheet_goes_on_to_the_next() {
        let schema = texts(&["名称"]);
        let columns = Columns::new(&schema, None, false, false);
        let mut encoder = Sheets::new(&columns, 4);
        let mut body = Vec::new();
        encoder.begin(&Head::default(), &mut body);
        for number in 1..=7 {
            encoder.record(&record(&schema, &[&number.to_string()]), &mut body);
        }
        encoder.end(&mut body).unwrap();
        let sheets = read(body);
        let found: Vec<(&str, String)> = sheets
            .iter()
            .map(|(name, rows)| {
                (name.as_str(), rows.iter().flat_map(|row| texts_of(row)).collect::<Vec<_>>().join(" "))
            })
            .collect();
        assert_eq!(
            found,
            [
                ("データ data", "名称 1 2 3".to_owned()),
                ("データ data (2)", "名称 4 5 6".to_owned()),
                ("データ data (3)", "名称 7".to_owned())
            ]
        );
    }

    #[test]
    fn texts_are_cut_to_what_a_cell_holds() {
        for (character, whole) in [("あ", 32_767), ("𠮷", 16_383)] {
            assert_eq!(cut(&character.repeat(whole)), character.repeat(whole));
            let cut = cut(&character.repeat(whole + 1));
            assert!(cut.ends_with('…') && cut.encode_utf16().count() <= MOST_CHARACTERS);
        }
    }
}
