//! Workbooks as rows of text: what a cell shows, as far as the file tells. Cells are read one after the other and never put
//! into a rectangle, so one cell far away costs nothing.

use std::io::BufReader;

use calamine::{Cell, Data, DataRef, ExcelDateTime, Reader, SheetType, Xls, Xlsb, Xlsx, XlsxError};

use super::ReadError;
use super::limits::Limit;
use super::stored_rows::write_row;
use super::unpack::{Entry, LONGEST_NAME, Output};
use super::upload::ReadSeek;

type Input = BufReader<Box<dyn ReadSeek>>;

/// Worksheets of an Office Open XML workbook, or of a binary one in a zip (XLSB), that have a cell.
pub(super) fn xml_sheets(input: Box<dyn ReadSeek>, out: &mut Output<'_>) -> Result<Vec<Entry>, ReadError> {
    let mut input = BufReader::new(input);
    let is_binary = zip::ZipArchive::new(&mut input).is_ok_and(|zip| zip.index_for_name("xl/workbook.bin").is_some());
    if is_binary { binary_zip_sheets(input, out) } else { xlsx_sheets(input, out) }
}

fn xlsx_sheets(input: Input, out: &mut Output<'_>) -> Result<Vec<Entry>, ReadError> {
    let mut workbook = Xlsx::new(input).map_err(damaged)?;
    let mut entries = Vec::new();
    for name in worksheets(&workbook) {
        let mut cells = match workbook.worksheet_cells_reader(&name) {
            Err(XlsxError::NotAWorksheet(_)) => continue,
            cells => cells.map_err(damaged)?,
        };
        let mut sheet = SheetWriter::new(name, out)?;
        while let Some(cell) = cells.next_cell().map_err(damaged)? {
            sheet.add(&cell, text_ref)?;
        }
        entries.extend(sheet.finish()?);
    }
    Ok(entries)
}

fn binary_zip_sheets(input: Input, out: &mut Output<'_>) -> Result<Vec<Entry>, ReadError> {
    let mut workbook = Xlsb::new(input).map_err(damaged)?;
    let mut entries = Vec::new();
    for name in worksheets(&workbook) {
        let mut cells = workbook.worksheet_cells_reader(&name).map_err(damaged)?;
        let mut sheet = SheetWriter::new(name, out)?;
        while let Some(cell) = cells.next_cell().map_err(damaged)? {
            sheet.add(&cell, text_ref)?;
        }
        entries.extend(sheet.finish()?);
    }
    Ok(entries)
}

/// Worksheets of an Excel 97–2003 workbook that have a cell.
pub(super) fn binary_sheets(mut input: Box<dyn ReadSeek>, out: &mut Output<'_>) -> Result<Vec<Entry>, ReadError> {
    // A newer workbook with a password comes in the container of the older ones.
    if let Err(XlsxError::Password) = Xlsx::new(BufReader::new(&mut input)) {
        return Err(ReadError::Encrypted);
    }
    let mut workbook = Xls::new(BufReader::new(input)).map_err(damaged)?;
    let mut entries = Vec::new();
    for name in worksheets(&workbook) {
        let range = workbook.worksheet_range(&name).map_err(damaged)?;
        let Some((first_row, first_column)) = range.start() else { continue };
        let mut sheet = SheetWriter::new(name, out)?;
        for (row, column, value) in range.used_cells() {
            let position = |first: u32, index: usize| first.saturating_add(u32::try_from(index).unwrap_or(u32::MAX));
            let cell = Cell::new((position(first_row, row), position(first_column, column)), value.clone());
            sheet.add(&cell, text)?;
        }
        entries.extend(sheet.finish()?);
    }
    Ok(entries)
}

fn worksheets<R>(workbook: &R) -> Vec<String>
where
    R: Reader<Input>,
{
    let sheets = workbook.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    sheets.map(|sheet| sheet.name.clone()).collect()
}

fn damaged(error: impl Into<calamine::Error>) -> ReadError {
    let message = error.into().to_string();
    if message.to_ascii_lowercase().contains("password") { ReadError::Encrypted } else { ReadError::Damaged(message) }
}

/// Writes the cells of one worksheet as rows.
struct SheetWriter<'o, 'w> {
    out: &'o mut Output<'w>,
    name: String,
    start: u64,
    /// The present row, from 0, its cells, and how many characters they have.
    row: u32,
    cells: Vec<(u32, String)>,
    characters: u64,
    rows: u64,
    /// Which columns have a cell, for those near the left.
    columns: Vec<bool>,
}

/// So many blank columns set a cell apart from the table.
const GAP: usize = 64;

impl<'o, 'w> SheetWriter<'o, 'w> {
    fn new(name: String, out: &'o mut Output<'w>) -> Result<SheetWriter<'o, 'w>, ReadError> {
        out.count_sheet()?;
        let start = out.position;
        let columns = Vec::new();
        Ok(SheetWriter { out, name, start, row: 0, cells: Vec::new(), characters: 0, rows: 0, columns })
    }

    fn add<T: calamine::CellType>(
        &mut self,
        cell: &Cell<T>,
        text: impl Fn(&T) -> Option<String>,
    ) -> Result<(), ReadError> {
        let (row, column) = cell.get_position();
        let Some(text) = text(cell.get_value()) else { return Ok(()) };
        if row != self.row {
            self.end_row()?;
            if row < self.row && self.rows > 0 {
                return Err(ReadError::Damaged(format!("row {} stands behind row {}", row + 1, self.row + 1)));
            }
            self.row = row;
        }
        let line = Some(u64::from(row) + 1);
        let limits = self.out.limits;
        // Bytes are counted first: only a long text is counted by characters.
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let characters = if bytes > limits.cell_characters { count_characters(&text) } else { bytes };
        if characters > limits.cell_characters {
            return Err(limits.exceeded(Limit::CellCharacters, line).into());
        }
        self.characters = self.characters.saturating_add(characters);
        if self.characters > limits.row_characters {
            self.characters = self.cells.iter().map(|(_, text)| count_characters(text)).sum::<u64>() + characters;
            if self.characters > limits.row_characters {
                return Err(limits.exceeded(Limit::RowCharacters, line).into());
            }
        }
        let place = usize::try_from(column).unwrap_or(usize::MAX);
        if place <= self.columns.len() + GAP {
            self.columns.resize(self.columns.len().max(place + 1), false);
            self.columns[place] = true;
        }
        if !text.is_empty() {
            self.cells.push((column, text));
            if u64::try_from(self.cells.len()).unwrap_or(u64::MAX) > limits.columns {
                return Err(limits.exceeded(Limit::Columns, line).into());
            }
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), ReadError> {
        if self.cells.is_empty() {
            return Ok(());
        }
        let number = u64::from(self.row) + 1;
        self.rows += 1;
        if self.rows > self.out.limits.rows || number > MOST_ROWS {
            let limit = self.out.limits.exceeded(Limit::Rows, Some(number));
            return Err(super::LimitExceeded { value: limit.value.min(MOST_ROWS), ..limit }.into());
        }
        self.out.count_cells(self.cells.len(), number)?;
        if !self.cells.is_sorted_by(|(one, _), (other, _)| one < other) {
            // The last of several cells at one place counts, as in a rectangle that they are put into.
            self.cells.reverse();
            self.cells.sort_by_key(|(column, _)| *column);
            self.cells.dedup_by_key(|(column, _)| *column);
        }
        write_row(number, &self.cells, self.out).map_err(|error| self.out.failure(error, ReadError::Io))?;
        self.cells.clear();
        self.characters = 0;
        Ok(())
    }

    /// The entry of the sheet; `None` where it has no cell.
    fn finish(mut self) -> Result<Option<Entry>, ReadError> {
        self.end_row()?;
        let length = self.out.position - self.start;
        let name = self.name.chars().take(LONGEST_NAME).collect();
        let entry = Entry { name, start: self.start, length, width: self.columns.len() };
        Ok((length > 0).then_some(entry))
    }
}

/// Rows of a worksheet in Excel.
const MOST_ROWS: u64 = 1 << 20;

fn count_characters(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX)
}

/// What a cell shows; `None` for none.
fn text_ref(value: &DataRef<'_>) -> Option<String> {
    match value {
        DataRef::SharedString(text) => Some(with_line_feeds(text)),
        other => text(&Data::from(other.clone())),
    }
}

fn text(cell: &Data) -> Option<String> {
    Some(match cell {
        Data::Empty => return None,
        Data::String(text) => with_line_feeds(text),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        Data::DateTime(moment) => moment_text(moment),
        Data::DateTimeIso(text) => text.strip_suffix("T00:00:00").unwrap_or(text).to_owned(),
        Data::DurationIso(text) => text.clone(),
        Data::Error(error) => error.to_string(),
    })
}

fn with_line_feeds(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

/// A day as `YYYY-MM-DD`, a time of day as `hh:mm`, both with a blank between where a cell holds both.
fn moment_text(moment: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let time =
        if second == 0 { format!("{hour:02}:{minute:02}") } else { format!("{hour:02}:{minute:02}:{second:02}") };
    let has_time = (hour, minute, second) != (0, 0, 0);
    if moment.as_f64() < 1.0 || moment.is_duration() {
        return time;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if has_time { format!("{date} {time}") } else { date }
}
