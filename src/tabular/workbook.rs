//! Workbooks as rows of text: what a cell shows, as far as the file tells.

use std::io::Cursor;

use calamine::{Data, ExcelDateTime, Reader, SheetType};

use super::{Body, ReadError, Sheet};

/// Every worksheet that has a cell.
pub(super) fn sheets(bytes: &[u8]) -> Result<Vec<Sheet>, ReadError> {
    let mut workbook = calamine::open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(damaged)?;
    let names: Vec<String> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| sheet.name.clone())
        .collect();
    let mut sheets = Vec::new();
    for name in names {
        let range = workbook.worksheet_range(&name).map_err(damaged)?;
        let Some((first_row, first_column)) = range.start() else { continue };
        let index = |number: u32| usize::try_from(number).expect("a worksheet's numbers fit");
        let mut rows = vec![Vec::new(); index(first_row)];
        rows.extend(range.rows().map(|row| {
            let mut cells = vec![String::new(); index(first_column)];
            cells.extend(row.iter().map(text));
            cells
        }));
        sheets.push(Sheet { name: Some(name), first_column: 0, body: Body::Cells(rows) });
    }
    if sheets.is_empty() { Err(ReadError::Empty) } else { Ok(sheets) }
}

fn damaged(error: calamine::Error) -> ReadError {
    let message = error.to_string();
    if message.to_ascii_lowercase().contains("password") { ReadError::Encrypted } else { ReadError::Damaged(message) }
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.replace("\r\n", "\n").replace('\r', "\n"),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        Data::DateTime(moment) => moment_text(moment),
        Data::DateTimeIso(text) => text.strip_suffix("T00:00:00").unwrap_or(text).to_owned(),
        Data::DurationIso(text) => text.clone(),
        Data::Error(error) => error.to_string(),
    }
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
