//! What a report format is, and the list of them. Options of the command line, parameters of HTTP and OpenAPI read the
//! list.

use std::io::{self, Write};

use super::{TableReport, csv, frictionless, html, json, sarif, text, xlsx};
use crate::schema::Schema;
use crate::standard::Registry;
use crate::tabular::ReadError;
use crate::text::{Bilingual, Lang, Text};
use crate::validate::Checked;
use crate::workbook::WorkbookError;

/// Every format of a report; the first is what a client gets that does not care.
pub static REPORT_FORMATS: &[&dyn ReportFormat] =
    &[&json::Json, &text::Terminal, &csv::Csv, &html::Html, &xlsx::Xlsx, &sarif::Sarif, &frictionless::Frictionless];

/// The format with this id, or else the first with this extension.
pub fn by_id(id: &str) -> Option<&'static dyn ReportFormat> {
    let find = |is_it: &dyn Fn(&dyn ReportFormat) -> bool| REPORT_FORMATS.iter().copied().find(|format| is_it(*format));
    find(&|format| format.id() == id).or_else(|| find(&|format| format.extension() == id))
}

/// The ids of all formats, for messages.
pub fn ids() -> String {
    REPORT_FORMATS.iter().map(|format| format.id()).collect::<Vec<_>>().join(", ")
}

/// A way to write a report.
pub trait ReportFormat: Sync {
    /// The name in `format=`.
    fn id(&self) -> &'static str;

    /// The media type with its parameters, for `Content-Type`.
    fn media_type(&self) -> &'static str;

    /// How the name of a file in it ends.
    fn extension(&self) -> &'static str;

    /// What people call it.
    fn title(&self) -> Text;

    /// Whether it is kept as a file rather than read where it appears.
    fn is_file(&self) -> bool {
        false
    }

    /// Whether the reports of several files can stand one after the other.
    fn is_chainable(&self) -> bool {
        false
    }

    /// Whether a terminal must not be given it.
    fn is_binary(&self) -> bool {
        false
    }

    /// How many findings it lists unless told otherwise.
    fn listed(&self) -> usize {
        1_000
    }

    /// Whether it names the SHA-256 of the file.
    fn names_digest(&self) -> bool {
        false
    }

    /// Writes the report.
    ///
    /// # Errors
    /// [`ReportError`].
    fn write(&self, checked: &Checked, wording: &Wording<'_>, out: &mut dyn Write) -> Result<(), ReportError>;
}

/// For whom a report is written.
#[derive(Clone, Copy, Debug)]
pub struct Wording<'a> {
    /// The data sets, for what their columns may hold.
    pub registry: &'a Registry,
    /// The language.
    pub lang: Lang,
    /// Whether a terminal shows it that understands colours.
    pub in_colour: bool,
}

impl<'a> Wording<'a> {
    /// The columns of the form that a table was recognised as.
    pub(super) fn schema(&self, table: &TableReport) -> Option<&'a Schema> {
        let standard = self.registry.find(table.standard.as_deref()?)?;
        let forms = &standard.table(table.table.as_deref()?)?.forms;
        forms.iter().find(|form| table.form.as_ref() == Some(&form.name)).map(|form| &form.schema)
    }

    /// One of two sentences.
    pub(super) fn say(&self, ja: &'static str, en: &'static str) -> &'static str {
        Text { ja, en }.get(self.lang)
    }
}

/// Why there is no report in some format.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It could not be handed over.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The file that was checked could not be read a second time.
    #[error("{0}")]
    Read(#[from] ReadError),
    /// The table does not fit into the format.
    #[error("{}", .0.en)]
    Unfit(Bilingual),
}

impl From<WorkbookError> for ReportError {
    fn from(error: WorkbookError) -> ReportError {
        match error {
            WorkbookError::Unfit(reason) => ReportError::Unfit(reason),
            WorkbookError::Failed(error) => ReportError::Io(io::Error::other(error)),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::tabular::Upload;
    use crate::validate::{Request, check};

    /// A table with an error, a warning and a sure correction.
    pub fn faulty() -> String {
        let path = format!("{}/datasets/aed/invalid.csv", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).expect("a file of the data set")
    }

    pub fn checked(bytes: impl Into<Vec<u8>>, name: &str) -> Checked {
        let request = Request { max_issues: 10_000, ..Request::new(Registry::embedded()) };
        check(&Upload::from_bytes(bytes.into(), Some(name)), &request).expect("a table")
    }

    pub fn written(format: &dyn ReportFormat, checked: &Checked, lang: Lang) -> Vec<u8> {
        let mut out = Vec::new();
        let wording = Wording { registry: Registry::embedded(), lang, in_colour: false };
        format.write(checked, &wording, &mut out).expect("it fits");
        out
    }

    #[test]
    fn formats_are_found_by_their_id_and_write_any_report() {
        let header_only = "全国地方公共団体コード,ID,設置位置\n";
        for (bytes, name) in [(faulty(), "invalid.csv"), (header_only.to_owned(), "a.csv"), ("x\n1\n".to_owned(), "x")]
        {
            let checked = checked(bytes, name);
            for format in REPORT_FORMATS {
                assert_eq!(by_id(format.id()).unwrap().media_type(), format.media_type());
                for lang in [Lang::Ja, Lang::En] {
                    assert!(!written(*format, &checked, lang).is_empty(), "{}", format.id());
                }
            }
        }
    }
}
