//! Uploaded bytes as tables of text: which container and encoding they are in is decided by content, never by the file
//! name. Knows nothing of what the columns mean, except [`header`], which finds the heading row and matches it.

pub mod annotation;
mod blocks;
pub mod decode;
mod faults;
pub mod header;
mod hidden;
mod limits;
mod long_rows;
mod parse;
pub mod places;
mod signs;
mod stored_rows;
mod unpack;
mod upload;
mod workbook;

use std::borrow::Cow;
use std::io::{self, Read};

use serde::{Deserialize, Serialize};

pub use blocks::{Block, Blocks, ParsedBlock};
pub use hidden::Hidden;
pub use limits::{Limit, LimitExceeded, Limits};
pub use parse::{Row, Rows, column_letters};
pub use unpack::{Contents, InProcess, Unpack, Unpacked, unpack};
pub use upload::{Digest, ReadSeek, Upload, sha256};

use stored_rows::StoredRows;

/// How strangers' files are read.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions<'a> {
    /// How much of a table is read.
    pub limits: Limits,
    /// Who unpacks workbooks and zips.
    pub unpacker: &'a dyn Unpack,
}

impl Default for ReadOptions<'_> {
    /// The server's limits, and everything in this process.
    fn default() -> Self {
        ReadOptions { limits: Limits::SERVER, unpacker: &InProcess }
    }
}

/// What was read: one or more sheets of rows, and facts about the file.
#[derive(Debug)]
pub struct Document {
    /// Size in bytes.
    pub bytes: u64,
    /// The container that was found.
    pub container: Container,
    /// One sheet for a text file, one a worksheet for a workbook, one a member for a zip of tables.
    pub sheets: Vec<Sheet>,
    /// What a workbook holds and does not show.
    pub hidden: Vec<Hidden>,
}

/// The containers that are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Container {
    /// Delimited text.
    Text,
    /// Office Open XML workbook.
    Xlsx,
    /// Excel 97–2003 workbook.
    Xls,
    /// A zip of delimited texts, as GTFS is.
    Zip,
}

impl Container {
    /// Media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Container::Text => "text/csv",
            Container::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Container::Xls => "application/vnd.ms-excel",
            Container::Zip => "application/zip",
        }
    }

    /// The word used in reports and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Container::Text => "CSV",
            Container::Xlsx => "XLSX",
            Container::Xls => "XLS",
            Container::Zip => "ZIP",
        }
    }
}

/// One table of text.
#[derive(Debug)]
pub struct Sheet {
    /// Name of the worksheet or zip member.
    pub name: Option<String>,
    /// How many columns stand before the first one that is read: what we had added to the table (see [`annotation`]).
    pub first_column: usize,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Text {
        upload: Upload,
        form: TextForm,
        /// Whether its encoding was found out from its beginning only.
        is_guessed: bool,
        limits: Limits,
    },
    /// Rows as [`stored_rows`] keeps them, all with so many columns.
    Rows { upload: Upload, width: usize },
}

/// How a delimited text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextForm {
    /// Character encoding.
    pub encoding: decode::Encoding,
    /// Whether a byte-order mark stands in front.
    pub bom: bool,
    /// The byte between cells.
    pub delimiter: u8,
}

impl Sheet {
    /// Reads the rows from the start.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn rows(&self) -> Result<Rows, ReadError> {
        Ok(Rows::new(self.blocks()?))
    }

    /// As [`Sheet::rows`], in blocks that can be worked on apart from one another.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn blocks(&self) -> Result<Blocks, ReadError> {
        match &self.body {
            Body::Text { upload, form, is_guessed, limits } => {
                let text = decode::TextReader::new(upload.open()?, *form).strictly(*is_guessed);
                Ok(Blocks::text(text, form.delimiter, *limits))
            }
            Body::Rows { upload, width } => {
                // Rows of a file that was checked end with their last cell; those of other workbooks have one length.
                let width = (self.first_column == 0).then_some(*width);
                Ok(Blocks::stored(StoredRows::new(upload.open()?, self.first_column, width)))
            }
        }
    }

    /// How it is written, where it is a text.
    pub fn text_form(&self) -> Option<TextForm> {
        match &self.body {
            Body::Text { form, .. } => Some(*form),
            Body::Rows { .. } => None,
        }
    }
}

/// Why there is no table to read. Each says what was found instead.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
pub enum ReadError {
    /// No bytes, or only blanks.
    #[error("the file is empty")]
    Empty,
    /// A known format that is not a table, by its usual name.
    #[error("this is {0}, not a table")]
    NotATable(Cow<'static, str>),
    /// Neither a known container nor text.
    #[error("the bytes are neither text nor a workbook")]
    NotText,
    /// A workbook with a password.
    #[error("the workbook is protected by a password")]
    Encrypted,
    /// A damaged container.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// More of something than is read.
    #[error("{0}")]
    Limit(#[from] LimitExceeded),
    /// The file could not be read from disk.
    #[error("the file could not be read: {0}")]
    #[serde(skip)]
    Io(#[from] io::Error),
}

impl ReadError {
    /// Whether a text turned out to be in another encoding than its beginning (see [`read_by_beginning`]).
    pub fn is_misjudgement(&self) -> bool {
        let ReadError::Io(error) = self else { return false };
        error.get_ref().is_some_and(|cause| cause.is::<decode::Misjudged>())
    }
}

/// Finds out what the bytes are and opens them.
///
/// # Errors
/// [`ReadError`] where there is no table to read.
pub fn read(upload: &Upload, options: &ReadOptions<'_>) -> Result<Document, ReadError> {
    open(upload, options, false)
}

/// As [`read`], but a long text is judged by its beginning. If that was a [misjudgement](ReadError::is_misjudgement), it
/// shows when its rows are read; then it is to be [`read`].
///
/// # Errors
/// As [`read`].
pub fn read_by_beginning(upload: &Upload, options: &ReadOptions<'_>) -> Result<Document, ReadError> {
    open(upload, options, true)
}

fn open(upload: &Upload, options: &ReadOptions<'_>, may_guess: bool) -> Result<Document, ReadError> {
    let head = upload.head(8192)?;
    let bytes = upload.size()?;
    if !is_packed(&head)? {
        let sheet = text_sheet(upload.clone(), None, options.limits, may_guess)?;
        return Ok(Document { bytes, container: Container::Text, sheets: vec![sheet], hidden: Vec::new() });
    }
    let Unpacked { contents, data } = options.unpacker.unpack(upload, &options.limits)?;
    let Contents { container, entries, mut hidden } = contents;
    let mut sheets = Vec::new();
    for unpack::Entry { name, start, length, width } in entries {
        let upload = data.section(start, length, Some(&name));
        if container == Container::Zip {
            match text_sheet(upload, Some(name), options.limits, false) {
                Ok(sheet) => sheets.push(sheet),
                Err(ReadError::Empty | ReadError::NotText) => {}
                Err(error) => return Err(error),
            }
        } else {
            sheets.push(Sheet { name: Some(name), first_column: 0, body: Body::Rows { upload, width } });
        }
    }
    if sheets.is_empty() {
        return Err(ReadError::Empty);
    }
    if container != Container::Zip {
        annotation::take_away(&mut sheets, &mut hidden);
    }
    Ok(Document { bytes, container, sheets, hidden })
}

/// Whether the bytes that begin so are to be unpacked, rather than a text.
fn is_packed(head: &[u8]) -> Result<bool, ReadError> {
    if head.iter().all(|byte| byte.is_ascii_whitespace()) {
        return Err(ReadError::Empty);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Ok(true);
    }
    const OTHERS: [(&[u8], &str); 9] = [
        (b"%PDF", "PDF"),
        (b"\x89PNG", "PNG"),
        (b"\xFF\xD8\xFF", "JPEG"),
        (b"GIF8", "GIF"),
        (b"\x1F\x8B", "gzip"),
        (b"7z\xBC\xAF", "7z"),
        (b"{\\rtf", "RTF"),
        (b"<?xml", "XML"),
        (b"Rar!", "RAR"),
    ];
    if let Some((_, name)) = OTHERS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(ReadError::NotATable((*name).into()));
    }
    let text = String::from_utf8_lossy(&head[..head.len().min(512)]).trim_start().to_ascii_lowercase();
    if text.starts_with("<!doctype html") || text.starts_with("<html") {
        return Err(ReadError::NotATable("HTML".into()));
    }
    Ok(false)
}

fn text_sheet(upload: Upload, name: Option<String>, limits: Limits, may_guess: bool) -> Result<Sheet, ReadError> {
    let guessed = if may_guess { decode::guess(|| upload.open())? } else { None };
    let judged = guessed.map_or_else(|| decode::detect(|| upload.open()), Ok)?;
    let form = TextForm { encoding: judged.encoding, bom: judged.bom, delimiter: b',' };
    let mut head = Vec::new();
    decode::TextReader::new(upload.open()?, form).take(1 << 16).read_to_end(&mut head)?;
    if head.iter().all(|byte| byte.is_ascii_whitespace()) {
        return Err(ReadError::Empty);
    }
    let form = TextForm { delimiter: parse::detect_delimiter(&head), ..form };
    let body = Body::Text { upload, form, is_guessed: guessed.is_some(), limits };
    Ok(Sheet { name, first_column: 0, body })
}
