//! Workbooks and zips unpacked: their sheets as [stored rows](super::stored_rows), and the texts of a zip, one behind the
//! other in one file, with a table of contents. Third-party code that reads strangers' bytes is called from here only, so
//! that a server can have it done in another process.

use std::io::{self, BufReader, Read, Write};

use serde::{Deserialize, Serialize};
use zip::ZipArchive;
use zip::result::ZipError;

use super::limits::{Limit, Limits, MOST_SHEETS};
use super::upload::ReadSeek;
use super::{Container, Hidden, ReadError, Upload, hidden, workbook};

/// Unpacks workbooks and zips.
pub trait Unpack: Sync + std::fmt::Debug {
    /// Unpacks one.
    ///
    /// # Errors
    /// [`ReadError`] where it is no workbook or zip of tables, or meets a limit.
    fn unpack(&self, upload: &Upload, limits: &Limits) -> Result<Unpacked, ReadError>;
}

/// What a workbook or zip was unpacked to.
#[derive(Debug)]
pub struct Unpacked {
    /// Where it is.
    pub contents: Contents,
    /// The bytes.
    pub data: Upload,
}

/// The table of contents of what was unpacked.
#[derive(Debug, Serialize, Deserialize)]
pub struct Contents {
    /// What was unpacked.
    pub container: Container,
    /// The sheets that have a cell, or the texts of a zip, in order.
    pub entries: Vec<Entry>,
    /// What a workbook holds and does not show.
    pub hidden: Vec<Hidden>,
}

/// A sheet or text.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Name of the worksheet or zip member.
    pub name: String,
    /// Where it starts in the data, in bytes.
    pub start: u64,
    /// Its length in bytes.
    pub length: u64,
    /// How many columns the rows of a worksheet have, those far behind all others left out.
    pub width: usize,
}

/// Unpacks in this process and memory.
#[derive(Clone, Copy, Debug)]
pub struct InProcess;

impl Unpack for InProcess {
    fn unpack(&self, upload: &Upload, limits: &Limits) -> Result<Unpacked, ReadError> {
        let mut data = Vec::new();
        let contents = unpack(&|| upload.open_content(), &mut data, limits)?;
        Ok(Unpacked { contents, data: Upload::from_bytes(data, None) })
    }
}

/// Unpacks a workbook or zip to `out`. `open` reads it from the start.
///
/// # Errors
/// As [`Unpack::unpack`].
pub fn unpack(
    open: &dyn Fn() -> io::Result<Box<dyn ReadSeek>>,
    out: &mut dyn Write,
    limits: &Limits,
) -> Result<Contents, ReadError> {
    let mut input = open()?;
    let packed = input.seek(io::SeekFrom::End(0))?;
    let mut head = Vec::new();
    input.rewind()?;
    (&mut input).take(8).read_to_end(&mut head)?;
    let limits = Limits { unpacked: limits.unpacked_of(packed), ..*limits };
    let mut out = Output::new(out, limits);
    if head.starts_with(b"\xD0\xCF\x11\xE0") {
        let entries = workbook::binary_sheets(open()?, &mut out)?;
        return Ok(Contents { container: Container::Xls, entries, hidden: Vec::new() });
    }
    let mut archive = archive(open()?)?;
    match kind(&mut archive, &limits)? {
        Container::Zip => {
            let entries = texts(&mut archive, &mut out)?;
            Ok(Contents { container: Container::Zip, entries, hidden: Vec::new() })
        }
        container => {
            drop(archive);
            let entries = workbook::xml_sheets(open()?, &mut out)?;
            Ok(Contents { container, entries, hidden: hidden::find(open()?) })
        }
    }
}

/// An archive of a reader.
pub(super) type Archive = ZipArchive<BufReader<Box<dyn ReadSeek>>>;

fn archive(input: Box<dyn ReadSeek>) -> Result<Archive, ReadError> {
    ZipArchive::new(BufReader::new(input)).map_err(damaged)
}

fn damaged(error: ZipError) -> ReadError {
    ReadError::Damaged(error.to_string())
}

/// Characters of a name that are kept: Excel allows 31, file systems 255.
pub(super) const LONGEST_NAME: usize = 255;

/// What an archive holds, by the names and sizes of its members.
fn kind(archive: &mut Archive, limits: &Limits) -> Result<Container, ReadError> {
    let mut unpacked = 0_u64;
    let mut has_text = false;
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index).map_err(damaged)?;
        unpacked = unpacked.saturating_add(member.size());
        has_text |= is_text(&String::from_utf8_lossy(member.name_raw()));
    }
    if unpacked > limits.unpacked {
        return Err(limits.exceeded(Limit::Unpacked, None).into());
    }
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("xl/workbook.xml") || has("xl/workbook.bin") {
        Ok(Container::Xlsx)
    } else if has("word/document.xml") {
        Err(ReadError::NotATable("Word".into()))
    } else if has("ppt/presentation.xml") {
        Err(ReadError::NotATable("PowerPoint".into()))
    } else if has_text {
        Ok(Container::Zip)
    } else {
        Err(ReadError::NotATable("zip".into()))
    }
}

fn is_text(name: &str) -> bool {
    !name.starts_with("__MACOSX") && (name.ends_with(".txt") || name.ends_with(".csv"))
}

/// The delimited texts of an archive.
fn texts(archive: &mut Archive, out: &mut Output<'_>) -> Result<Vec<Entry>, ReadError> {
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(damaged)?;
        let path = String::from_utf8_lossy(member.name_raw()).into_owned();
        if !is_text(&path) {
            continue;
        }
        out.count_sheet()?;
        let start = out.position;
        io::copy(&mut member, out)
            .map_err(|error| out.failure(error, |error| ReadError::Damaged(error.to_string())))?;
        let name = path.rsplit('/').next().unwrap_or_default().chars().take(LONGEST_NAME).collect();
        entries.push(Entry { name, start, length: out.position - start, width: 0 });
    }
    Ok(entries)
}

/// Where unpacked bytes go: counts them and holds them to the limits.
pub(super) struct Output<'a> {
    out: &'a mut dyn Write,
    pub limits: Limits,
    /// Bytes so far.
    pub position: u64,
    cells: u64,
    sheets: u64,
    /// Why writing failed: a limit, or the disk. Libraries in between would only pass on a text.
    failed: Option<ReadError>,
}

impl<'a> Output<'a> {
    fn new(out: &'a mut dyn Write, limits: Limits) -> Output<'a> {
        Output { out, limits, position: 0, cells: 0, sheets: 0, failed: None }
    }

    /// Counts one more sheet or text.
    pub fn count_sheet(&mut self) -> Result<(), ReadError> {
        self.sheets += 1;
        if self.sheets > MOST_SHEETS { Err(self.limits.exceeded(Limit::Sheets, None).into()) } else { Ok(()) }
    }

    /// Counts the cells of one more row.
    pub fn count_cells(&mut self, cells: usize, row: u64) -> Result<(), ReadError> {
        self.cells = self.cells.saturating_add(u64::try_from(cells).unwrap_or(u64::MAX));
        if self.cells > self.limits.cells { Err(self.limits.exceeded(Limit::Cells, Some(row)).into()) } else { Ok(()) }
    }

    /// What an error of copying to here means: our own reason, or what `of_source` makes of it.
    pub fn failure(&mut self, error: io::Error, of_source: impl FnOnce(io::Error) -> ReadError) -> ReadError {
        self.failed.take().unwrap_or_else(|| of_source(error))
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.position = self.position.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.position > self.limits.unpacked {
            self.failed = Some(self.limits.exceeded(Limit::Unpacked, None).into());
            return Err(io::ErrorKind::StorageFull.into());
        }
        if let Err(error) = self.out.write_all(bytes) {
            let kind = error.kind();
            self.failed = Some(error.into());
            return Err(kind.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
