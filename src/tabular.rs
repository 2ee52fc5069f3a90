//! Uploaded bytes as tables of text: which container and encoding they are in is decided by content, never by the file
//! name. Knows nothing of what the columns mean, except [`header`], which finds the heading row and matches it.

pub mod annotation;
mod blocks;
pub mod decode;
mod faults;
pub mod header;
mod hidden;
mod parse;
pub mod places;
mod signs;
mod workbook;

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use sha2::{Digest as _, Sha256};

pub use blocks::{Block, Blocks, ParsedBlock};
pub use hidden::Hidden;
pub use parse::{Row, Rows, column_letters};

/// The bytes somebody wants read, in memory or in a file, and the name they came under.
#[derive(Clone, Debug)]
pub struct Upload {
    content: Content,
    name: Option<String>,
}

#[derive(Clone, Debug)]
enum Content {
    Memory(Arc<[u8]>),
    File(PathBuf),
}

impl Upload {
    /// Bytes held in memory.
    pub fn from_bytes(bytes: impl Into<Arc<[u8]>>, name: Option<&str>) -> Upload {
        Upload { content: Content::Memory(bytes.into()), name: name.map(str::to_owned) }
    }

    /// A file that stays in place while it is read, perhaps more than once.
    pub fn from_file(path: impl Into<PathBuf>, name: Option<&str>) -> Upload {
        Upload { content: Content::File(path.into()), name: name.map(str::to_owned) }
    }

    /// The file name given with the bytes.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Reads the bytes from the start.
    ///
    /// # Errors
    /// The operating system's, for a file.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        match &self.content {
            Content::Memory(bytes) => Ok(Box::new(io::Cursor::new(Arc::clone(bytes)))),
            Content::File(path) => Ok(Box::new(File::open(path)?)),
        }
    }

    /// Begins to work out the SHA-256 of the bytes, beside whatever else is done with them.
    pub fn digest(&self) -> Digest {
        let upload = self.clone();
        Digest(thread::spawn(move || sha256(&mut upload.open()?)))
    }

    fn size(&self) -> io::Result<u64> {
        match &self.content {
            Content::Memory(bytes) => Ok(u64::try_from(bytes.len()).expect("memory has fewer than 2^64 bytes")),
            Content::File(path) => Ok(std::fs::metadata(path)?.len()),
        }
    }

    fn read_all(&self) -> io::Result<Arc<[u8]>> {
        match &self.content {
            Content::Memory(bytes) => Ok(Arc::clone(bytes)),
            Content::File(path) => Ok(std::fs::read(path)?.into()),
        }
    }

    fn head(&self, length: u64) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        self.open()?.take(length).read_to_end(&mut head)?;
        Ok(head)
    }
}

/// The SHA-256 of an upload, which a thread of its own works out.
#[derive(Debug)]
pub struct Digest(JoinHandle<io::Result<String>>);

impl Digest {
    /// Waits for it and gives it in hexadecimal.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn wait(self) -> Result<String, ReadError> {
        Ok(self.0.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?)
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    },
    Cells(Vec<Vec<String>>),
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
    pub fn rows(&self) -> Result<Rows<'_>, ReadError> {
        Ok(Rows::new(self.blocks()?))
    }

    /// As [`Sheet::rows`], in blocks that can be worked on apart from one another.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn blocks(&self) -> Result<Blocks<'_>, ReadError> {
        match &self.body {
            Body::Text { upload, form, is_guessed } => {
                let text = decode::TextReader::new(upload.open()?, *form).strictly(*is_guessed);
                Ok(Blocks::text(text, form.delimiter))
            }
            Body::Cells(cells) => Ok(Blocks::cells(cells)),
        }
    }

    /// How it is written, where it is a text.
    pub fn text_form(&self) -> Option<TextForm> {
        match &self.body {
            Body::Text { form, .. } => Some(*form),
            Body::Cells(_) => None,
        }
    }
}

/// Why there is no table to read. Each says what was found instead.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No bytes, or only blanks.
    #[error("the file is empty")]
    Empty,
    /// A known format that is not a table, by its usual name.
    #[error("this is {0}, not a table")]
    NotATable(&'static str),
    /// Neither a known container nor text.
    #[error("the bytes are neither text nor a workbook")]
    NotText,
    /// A workbook with a password.
    #[error("the workbook is protected by a password")]
    Encrypted,
    /// A damaged container.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// Unpacked, the file is larger than allowed.
    #[error("unpacked, the file is larger than {0} bytes")]
    TooLarge(u64),
    /// The file could not be read from disk.
    #[error("the file could not be read: {0}")]
    Io(#[from] io::Error),
}

/// The most that a workbook or zip may unpack to, in bytes.
const UNPACKED_LIMIT: u64 = 1 << 30;

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
pub fn read(upload: &Upload) -> Result<Document, ReadError> {
    open(upload, false)
}

/// As [`read`], but a long text is judged by its beginning. If that was a [misjudgement](ReadError::is_misjudgement), it
/// shows when its rows are read; then it is to be [`read`].
///
/// # Errors
/// As [`read`].
pub fn read_by_beginning(upload: &Upload) -> Result<Document, ReadError> {
    open(upload, true)
}

fn open(upload: &Upload, may_guess: bool) -> Result<Document, ReadError> {
    let head = upload.head(8192)?;
    let container = sniff(upload, &head)?;
    let (sheets, hidden) = sheets(upload, container, may_guess)?;
    Ok(Document { bytes: upload.size()?, container, sheets, hidden })
}

fn sheets(upload: &Upload, container: Container, may_guess: bool) -> Result<(Vec<Sheet>, Vec<Hidden>), ReadError> {
    match container {
        Container::Text => Ok((vec![text_sheet(upload.clone(), None, may_guess)?], Vec::new())),
        Container::Xlsx | Container::Xls => {
            let bytes = upload.read_all()?;
            let mut sheets = workbook::sheets(&bytes)?;
            let mut hidden = hidden::find(&bytes);
            annotation::take_away(&mut sheets, &mut hidden);
            Ok((sheets, hidden))
        }
        Container::Zip => Ok((zip_sheets(&upload.read_all()?)?, Vec::new())),
    }
}

/// Decides by the first bytes.
fn sniff(upload: &Upload, head: &[u8]) -> Result<Container, ReadError> {
    if head.iter().all(|byte| byte.is_ascii_whitespace()) {
        return Err(ReadError::Empty);
    }
    if head.starts_with(b"PK\x03\x04") {
        return sniff_zip(&upload.read_all()?);
    }
    if head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Ok(Container::Xls);
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
        return Err(ReadError::NotATable(name));
    }
    let text = String::from_utf8_lossy(&head[..head.len().min(512)]).trim_start().to_ascii_lowercase();
    if text.starts_with("<!doctype html") || text.starts_with("<html") {
        return Err(ReadError::NotATable("HTML"));
    }
    Ok(Container::Text)
}

fn sniff_zip(bytes: &[u8]) -> Result<Container, ReadError> {
    let mut archive = open_zip(bytes)?;
    let mut unpacked = 0_u64;
    let mut has_text = false;
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index).map_err(|error| ReadError::Damaged(error.to_string()))?;
        unpacked = unpacked.saturating_add(member.size());
        has_text |= is_text_member(&String::from_utf8_lossy(member.name_raw()));
    }
    if unpacked > UNPACKED_LIMIT {
        return Err(ReadError::TooLarge(UNPACKED_LIMIT));
    }
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("xl/workbook.xml") || has("xl/workbook.bin") {
        Ok(Container::Xlsx)
    } else if has("word/document.xml") {
        Err(ReadError::NotATable("Word"))
    } else if has("ppt/presentation.xml") {
        Err(ReadError::NotATable("PowerPoint"))
    } else if has_text {
        Ok(Container::Zip)
    } else {
        Err(ReadError::NotATable("zip"))
    }
}

fn open_zip(bytes: &[u8]) -> Result<zip::ZipArchive<io::Cursor<&[u8]>>, ReadError> {
    zip::ZipArchive::new(io::Cursor::new(bytes)).map_err(|error| ReadError::Damaged(error.to_string()))
}

fn is_text_member(name: &str) -> bool {
    !name.starts_with("__MACOSX") && (name.ends_with(".txt") || name.ends_with(".csv"))
}

fn zip_sheets(bytes: &[u8]) -> Result<Vec<Sheet>, ReadError> {
    let mut archive = open_zip(bytes)?;
    let mut sheets = Vec::new();
    for index in 0..archive.len() {
        let member = archive.by_index(index).map_err(|error| ReadError::Damaged(error.to_string()))?;
        let path = String::from_utf8_lossy(member.name_raw()).into_owned();
        if !is_text_member(&path) {
            continue;
        }
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut content = Vec::new();
        member.take(UNPACKED_LIMIT).read_to_end(&mut content).map_err(|error| ReadError::Damaged(error.to_string()))?;
        match text_sheet(Upload::from_bytes(content, Some(&name)), Some(name), false) {
            Ok(sheet) => sheets.push(sheet),
            Err(ReadError::Empty | ReadError::NotText) => {}
            Err(error) => return Err(error),
        }
    }
    if sheets.is_empty() { Err(ReadError::Empty) } else { Ok(sheets) }
}

fn text_sheet(upload: Upload, name: Option<String>, may_guess: bool) -> Result<Sheet, ReadError> {
    let guessed = if may_guess { decode::guess(|| upload.open())? } else { None };
    let judged = guessed.map_or_else(|| decode::detect(|| upload.open()), Ok)?;
    let form = TextForm { encoding: judged.encoding, bom: judged.bom, delimiter: b',' };
    let mut head = Vec::new();
    decode::TextReader::new(upload.open()?, form).take(1 << 16).read_to_end(&mut head)?;
    if head.iter().all(|byte| byte.is_ascii_whitespace()) {
        return Err(ReadError::Empty);
    }
    let form = TextForm { delimiter: parse::detect_delimiter(&head), ..form };
    Ok(Sheet { name, first_column: 0, body: Body::Text { upload, form, is_guessed: guessed.is_some() } })
}

/// SHA-256 of what is read, in hexadecimal.
///
/// # Errors
/// The reader's.
pub fn sha256(reader: &mut dyn Read) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
