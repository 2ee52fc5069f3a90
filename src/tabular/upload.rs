//! Uploaded bytes, in memory or in a file, which may be read more than once.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use sha2::{Digest as _, Sha256};
use tempfile::TempPath;

use super::ReadError;

/// The bytes somebody wants read, in memory or in a file, and the name they came under.
#[derive(Clone, Debug)]
pub struct Upload {
    content: Content,
    /// A part of the content, as its start and length in bytes; `None`: all of it.
    section: Option<(u64, u64)>,
    name: Option<String>,
}

#[derive(Clone, Debug)]
enum Content {
    Memory(Arc<[u8]>),
    File(PathBuf),
    /// Removed with the last upload that names it.
    Temporary(Arc<TempPath>),
}

/// What is read at any place.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

impl Upload {
    /// Bytes held in memory.
    pub fn from_bytes(bytes: impl Into<Arc<[u8]>>, name: Option<&str>) -> Upload {
        Upload { content: Content::Memory(bytes.into()), section: None, name: name.map(str::to_owned) }
    }

    /// A file that stays in place while it is read, perhaps more than once.
    pub fn from_file(path: impl Into<PathBuf>, name: Option<&str>) -> Upload {
        Upload { content: Content::File(path.into()), section: None, name: name.map(str::to_owned) }
    }

    /// A temporary file, which is removed when the last copy of this value goes.
    pub fn from_temporary(path: TempPath, name: Option<&str>) -> Upload {
        Upload { content: Content::Temporary(Arc::new(path)), section: None, name: name.map(str::to_owned) }
    }

    /// A part of the bytes under a name of its own.
    #[must_use]
    pub fn section(&self, start: u64, length: u64, name: Option<&str>) -> Upload {
        let before = self.section.map_or(0, |(start, _)| start);
        let section = Some((before.saturating_add(start), length));
        Upload { content: self.content.clone(), section, name: name.map(str::to_owned) }
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
        let mut content = self.open_content()?;
        Ok(match self.section {
            None => Box::new(content),
            Some((start, length)) => {
                content.seek(SeekFrom::Start(start))?;
                Box::new(content.take(length))
            }
        })
    }

    /// All of the content, to be read at any place.
    pub(super) fn open_content(&self) -> io::Result<Box<dyn ReadSeek>> {
        Ok(match &self.content {
            Content::Memory(bytes) => Box::new(io::Cursor::new(Arc::clone(bytes))),
            Content::File(path) => Box::new(File::open(path)?),
            Content::Temporary(path) => Box::new(File::open(&**path)?),
        })
    }

    /// The path of its file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match &self.content {
            Content::Memory(_) => None,
            Content::File(path) => Some(path),
            Content::Temporary(path) => Some(path),
        }
    }

    /// Begins to work out the SHA-256 of the bytes, beside whatever else is done with them.
    pub fn digest(&self) -> Digest {
        let upload = self.clone();
        Digest(thread::spawn(move || sha256(&mut upload.open()?)))
    }

    /// Number of bytes.
    ///
    /// # Errors
    /// The operating system's, for a file.
    pub fn size(&self) -> io::Result<u64> {
        match (self.section, &self.content) {
            (Some((_, length)), _) => Ok(length),
            (None, Content::Memory(bytes)) => Ok(u64::try_from(bytes.len()).expect("memory has fewer than 2^64 bytes")),
            (None, Content::File(path)) => Ok(std::fs::metadata(path)?.len()),
            (None, Content::Temporary(path)) => Ok(std::fs::metadata(&**path)?.len()),
        }
    }

    pub(super) fn head(&self, length: u64) -> io::Result<Vec<u8>> {
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
