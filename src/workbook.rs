//! Workbooks for people to fill in and mend: texts that Excel leaves as they are, notes, drop-downs. The empty
//! [`template`] of a table is one; the report of a check is another.

mod template;

use std::io::Write;

use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder,
    Formula, Note, Url, Workbook, Worksheet, XlsxError,
};

use crate::schema::Field;
use crate::tabular::{annotation, column_letters};
use crate::text::{Bilingual, Lang, Text, width};

pub use template::template;

/// The media type of a workbook.
pub const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

// Excel's limits (<https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3>).
const MOST_ROWS: u32 = 1_048_576;
const MOST_COLUMNS: u16 = 16_384;
const MOST_CHARACTERS: usize = 32_767;
/// Links of one sheet.
pub const MOST_LINKS: usize = 65_530;
const LONGEST_CHOICES: usize = 255;
const LONGEST_NAME: usize = 31;

/// Why there is no workbook.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// The table does not fit into one.
    #[error("{}", .0.en)]
    Unfit(Bilingual),
    /// It could not be written.
    #[error("{0}")]
    Failed(#[from] XlsxError),
}

/// A cell of a sheet, both from 0.
pub type Place = (u32, u16);

/// A cell by its numbers in Excel: the row from 1, the column from 0.
///
/// # Errors
/// [`WorkbookError::Unfit`] behind Excel's last row or column.
pub fn place(row: u64, column: usize) -> Result<Place, WorkbookError> {
    let unfit = |ja: String, en: String| WorkbookError::Unfit(Bilingual { ja, en });
    let index = u32::try_from(row.saturating_sub(1)).ok().filter(|index| *index < MOST_ROWS);
    let index = index.ok_or_else(|| {
        unfit(
            format!("表が Excel の上限（{MOST_ROWS} 行）を超えるため、XLSX では出せません。CSV か HTML の報告を使ってください。"),
            format!("The table has more than the {MOST_ROWS} rows of Excel; use the report as CSV or HTML."),
        )
    })?;
    let column = u16::try_from(column).ok().filter(|column| *column < MOST_COLUMNS).ok_or_else(|| {
        unfit(
            format!("表が Excel の上限（{MOST_COLUMNS} 列）を超えるため、XLSX では出せません。CSV か HTML の報告を使ってください。"),
            format!("The table has more than the {MOST_COLUMNS} columns of Excel; use the report as CSV or HTML."),
        )
    })?;
    Ok((index, column))
}

/// How a cell looks. All are texts to Excel, which so leaves codes, dates and numbers as they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing special.
    Plain,
    /// A long text that is read in its cell.
    Wrapped,
    /// A title.
    Title,
    /// A heading.
    Heading,
    /// The heading of a column that must be filled in.
    Required,
    /// The heading of a column that should be filled in.
    Recommended,
    /// Something that must be mended.
    Error,
    /// Something that should be mended.
    Warning,
    /// Something good to know.
    Info,
}

impl Look {
    /// The format of Excel.
    pub fn format(self) -> Format {
        let plain = Format::new().set_num_format("@");
        // Pale, so that black text stays readable; what they mean is said in words too.
        let on = |colour: u32| plain.clone().set_background_color(Color::RGB(colour)).set_border(FormatBorder::Thin);
        let heading = |colour: u32| on(colour).set_bold().set_text_wrap().set_align(FormatAlign::Top);
        match self {
            Look::Plain => plain,
            Look::Wrapped => plain.set_text_wrap().set_align(FormatAlign::Top),
            Look::Title => plain.set_bold().set_font_size(14),
            Look::Heading => heading(0x00E7_E6E6),
            Look::Required => heading(0x00F8_CBAD),
            Look::Recommended => heading(0x00FF_E699),
            Look::Error => on(0x00FF_C7CE),
            Look::Warning => on(0x00FF_EB9C),
            Look::Info => on(0x00DD_EBF7),
        }
    }
}

/// A workbook being put together, sheet after sheet.
pub struct Book {
    workbook: Workbook,
    lang: Lang,
    names: Vec<String>,
    /// Values of drop-downs that are too long to stand in them.
    choices: Vec<Vec<String>>,
}

impl Book {
    /// An empty workbook. The same sheets give the same bytes: it bears no time of day.
    pub fn new(title: &str, lang: Lang) -> Book {
        let mut workbook = Workbook::new();
        let created = ExcelDateTime::from_ymd(2000, 1, 1).expect("a day");
        let properties =
            DocProperties::new().set_title(title).set_author(annotation::AUTHOR).set_creation_datetime(&created);
        workbook.set_properties(&properties);
        Book { workbook, lang, names: Vec::new(), choices: Vec::new() }
    }

    /// A sheet for any number of rows, which are written from the top to the bottom, under a name that is free. A table
    /// never has the name of a sheet that is ours.
    ///
    /// # Errors
    /// [`WorkbookError`].
    pub fn table(&mut self, wanted: &str) -> Result<Worksheet, WorkbookError> {
        let name = table_name(wanted, &self.names);
        let sheet = self.workbook.new_worksheet_with_constant_memory()?;
        self.named(sheet, name)
    }

    /// A sheet beside the table.
    ///
    /// # Errors
    /// [`WorkbookError`].
    pub fn sheet(&mut self, name: &str) -> Result<Worksheet, WorkbookError> {
        self.named(Worksheet::new(), name.to_owned())
    }

    fn named(&mut self, mut sheet: Worksheet, name: String) -> Result<Worksheet, WorkbookError> {
        sheet.set_name(&name)?;
        self.names.push(name);
        Ok(sheet)
    }

    /// Adds a sheet that has been written.
    pub fn add(&mut self, sheet: Worksheet) {
        self.workbook.push_worksheet(sheet);
    }

    /// Lets people choose among the words of a field, from one row to another. Words that are only advice may be
    /// overruled; a cell that holds several words cannot be chosen for.
    ///
    /// # Errors
    /// [`WorkbookError`].
    pub fn offer_choices(
        &mut self,
        sheet: &mut Worksheet,
        field: &Field,
        first: Place,
        last_row: u32,
    ) -> Result<(), WorkbookError> {
        let (words, style) = if field.constraints.enumeration.is_empty() {
            (&field.advice.enumeration, DataValidationErrorStyle::Warning)
        } else {
            (&field.constraints.enumeration, DataValidationErrorStyle::Stop)
        };
        if words.is_empty() || field.separator.is_some() {
            return Ok(());
        }
        let listed = words.join(",");
        let is_short = listed.encode_utf16().count() <= LONGEST_CHOICES && !words.iter().any(|word| word.contains(','));
        let choices = DataValidation::new();
        let choices =
            if is_short { choices.allow_list_strings(words)? } else { choices.allow_list_formula(self.source(words)) };
        let message = Text {
            ja: "決められた値から選んでください。空欄にもできます。",
            en: "Choose one of the words of the list, or leave the cell blank.",
        };
        let choices = choices.set_error_style(style).set_error_message(message.get(self.lang))?;
        sheet.add_data_validation(first.0, first.1, last_row.max(first.0), first.1, &choices)?;
        Ok(())
    }

    /// Words on the hidden sheet, as a formula names them.
    fn source(&mut self, words: &[String]) -> Formula {
        let known = self.choices.iter().position(|choices| choices == words);
        let column = known.unwrap_or_else(|| {
            self.choices.push(words.to_vec());
            self.choices.len() - 1
        });
        let letters = column_letters(column);
        Formula::new(format!("='{}'!${letters}$1:${letters}${}", annotation::CHOICES_SHEET, words.len()))
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`WorkbookError`]; what writing says, as [`WorkbookError::Failed`].
    pub fn write(mut self, out: &mut dyn Write) -> Result<(), WorkbookError> {
        if !self.choices.is_empty() {
            let mut sheet = self.sheet(annotation::CHOICES_SHEET)?;
            sheet.set_hidden(true);
            for (column, words) in self.choices.iter().enumerate() {
                for (row, word) in (1..).zip(words) {
                    write_text(&mut sheet, place(row, column)?, word, &Look::Plain.format())?;
                }
            }
            self.add(sheet);
        }
        let bytes = self.workbook.save_to_buffer()?;
        out.write_all(&bytes).map_err(|error| WorkbookError::Failed(error.into()))
    }
}

/// Writes a text as it is.
///
/// # Errors
/// [`WorkbookError::Unfit`] for a text that is longer than a cell.
pub fn write_text(sheet: &mut Worksheet, at: Place, text: &str, format: &Format) -> Result<(), WorkbookError> {
    if text.len() > MOST_CHARACTERS && text.encode_utf16().count() > MOST_CHARACTERS {
        let (row, letters) = (at.0 + 1, column_letters(usize::from(at.1)));
        return Err(WorkbookError::Unfit(Bilingual {
            ja: format!(
                "{row} 行目に Excel のセルの上限（{MOST_CHARACTERS} 文字）を超える値があるため、XLSX では出せません（{letters} 列）。"
            ),
            en: format!(
                "Row {row} holds a value longer than the {MOST_CHARACTERS} characters of Excel's cells (column {letters})."
            ),
        }));
    }
    sheet.write_string_with_format(at.0, at.1, text, format)?;
    Ok(())
}

/// Writes a link to a cell of another sheet; Excel's numbers as for [`place`].
///
/// # Errors
/// [`WorkbookError`].
pub fn write_link(sheet: &mut Worksheet, at: Place, target: &str, cell: &str) -> Result<(), WorkbookError> {
    let address = format!("internal:'{}'!{cell}", target.replace('\'', "''"));
    sheet.write_url(at.0, at.1, Url::new(address).set_text(cell))?;
    Ok(())
}

/// A note on a cell, large enough to be read. What is too long for one is cut.
///
/// # Errors
/// [`WorkbookError`].
pub fn write_note(sheet: &mut Worksheet, at: Place, text: &str) -> Result<(), WorkbookError> {
    const LONGEST: usize = 4_000;
    const COLUMNS: usize = 44;
    let shown: String = text.chars().take(LONGEST).collect();
    let lines: usize = shown.lines().map(|line| width(line) / COLUMNS + 1).sum();
    let height = u32::try_from(lines.clamp(2, 24) * 18 + 16).unwrap_or(448);
    let note =
        Note::new(shown).set_author(annotation::AUTHOR).add_author_prefix(false).set_width(320).set_height(height);
    sheet.insert_note(at.0, at.1, &note)?;
    Ok(())
}

/// A width for a column with this heading.
pub fn column_width(heading: &str) -> f64 {
    let columns = width(heading).clamp(10, 30) + 2;
    f64::from(u32::try_from(columns).unwrap_or(32))
}

/// A name that Excel takes for a sheet.
fn table_name(wanted: &str, taken: &[String]) -> String {
    let fit = |text: &str, room: usize| {
        let mut used = 0;
        text.chars()
            .take_while(|character| {
                used += character.len_utf16();
                used <= room
            })
            .collect::<String>()
    };
    let is_free = |name: &str| {
        let is_reserved = annotation::is_ours(name) || name.eq_ignore_ascii_case("history");
        !is_reserved && !taken.iter().any(|other| other.to_lowercase() == name.to_lowercase())
    };
    let plain: String = wanted
        .chars()
        .map(|character| if "[]:*?/\\'".contains(character) || character.is_control() { '_' } else { character })
        .collect();
    let plain = if plain.trim().is_empty() { "table".to_owned() } else { plain };
    let name = fit(&plain, LONGEST_NAME);
    if is_free(&name) {
        return name;
    }
    let mut numbered = (2..).map(|number| format!("{} ({number})", fit(&plain, LONGEST_NAME - 8)));
    numbered.find(|name| is_free(name)).expect("some number is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        assert_eq!(place(1, 0).unwrap(), (0, 0));
        assert_eq!(place(1_048_576, 16_383).unwrap(), (1_048_575, 16_383));
        for (row, column, word) in [(1_048_577, 0, "行"), (1, 16_384, "列"), (u64::MAX, 0, "行")] {
            let Err(WorkbookError::Unfit(reason)) = place(row, column) else { panic!("{row} {column} fits") };
            assert!(reason.ja.contains(word) && reason.en.contains("Excel"), "{reason:?}");
        }
        let long = "あ".repeat(MOST_CHARACTERS + 1);
        let write = |text: &str| write_text(&mut Worksheet::new(), (4, 2), text, &Look::Plain.format());
        let Err(WorkbookError::Unfit(reason)) = write(&long) else { panic!("it fits") };
        assert!(reason.ja.contains("5 行目") && reason.ja.contains("C 列"), "{reason:?}");
        assert!(write(&long[3..]).is_ok());
    }

    #[test]
    fn tables_have_names_that_excel_takes() {
        let long = "あ".repeat(40);
        for (wanted, taken, name) in [
            ("331007_aed", vec![], "331007_aed".to_owned()),
            ("a/b:c'd", vec![], "a_b_c_d".to_owned()),
            ("説明", vec![], "説明 (2)".to_owned()),
            ("History", vec![], "History (2)".to_owned()),
            ("", vec![], "table".to_owned()),
            (&long, vec![], "あ".repeat(31)),
            ("A", vec!["a".to_owned(), "a (2)".to_owned()], "A (3)".to_owned()),
        ] {
            assert_eq!(table_name(wanted, &taken), name);
            assert!(Worksheet::new().set_name(name).is_ok());
        }
    }
}
