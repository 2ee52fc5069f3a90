//! Strangers' workbooks read in a child process of the same program, with limits of memory and processor time, no network,
//! and no file but the one given. A crash, an abort or a runaway of the libraries that read workbooks is an error of that
//! file, and what memory it took is gone with the process.
//!
//! The way of a workbook: [`Subprocess`] starts `machikura unpack` with the file as standard input and an empty temporary
//! file as standard output; [`child`] confines itself (`sandbox`), unpacks ([`crate::tabular::unpack`]) and says what it found on
//! standard error, as JSON.

pub mod child;
mod sandbox;

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::tabular::{Contents, Limit, Limits, ReadError, Unpack, Unpacked, Upload};

/// The name of the command that the child runs.
pub const COMMAND: &str = "unpack";

/// What a child says when it is done.
#[derive(Serialize, Deserialize)]
struct Answer {
    /// Whether the system calls that it does not need were forbidden to it.
    is_confined: bool,
    outcome: Result<Contents, ReadError>,
}

/// Exit status of a child that could not write what it unpacked.
const CANNOT_WRITE: i32 = 74;

/// A table of contents is shorter, in bytes.
const LONGEST_ANSWER: u64 = 1 << 20;

/// Unpacks workbooks and zips in child processes.
#[derive(Debug)]
pub struct Subprocess {
    program: PathBuf,
    folder: PathBuf,
}

impl Subprocess {
    /// Children of this very program, with their files in a folder.
    ///
    /// # Errors
    /// The operating system does not tell where the program is.
    pub fn new(folder: impl Into<PathBuf>) -> io::Result<Subprocess> {
        // On Linux this is the program itself, even after its file was replaced by a newer one.
        let own = PathBuf::from("/proc/self/exe");
        let program = if own.exists() { own } else { std::env::current_exe()? };
        Ok(Subprocess::of(program, folder))
    }

    /// Children of a program, with their files in a folder.
    pub fn of(program: impl Into<PathBuf>, folder: impl Into<PathBuf>) -> Subprocess {
        Subprocess { program: program.into(), folder: folder.into() }
    }

    fn temporary(&self) -> io::Result<NamedTempFile> {
        std::fs::create_dir_all(&self.folder)?;
        NamedTempFile::new_in(&self.folder)
    }

    /// The bytes as a file.
    fn input(&self, upload: &Upload) -> io::Result<File> {
        if let Some(path) = upload.path() {
            return File::open(path);
        }
        let mut file = self.temporary()?;
        io::copy(&mut upload.open()?, &mut file)?;
        file.flush()?;
        file.reopen()
    }
}

impl Unpack for Subprocess {
    fn unpack(&self, upload: &Upload, limits: &Limits) -> Result<Unpacked, ReadError> {
        let data = self.temporary()?;
        let bytes = upload.size()?;
        let limits = &Limits { seconds: limits.seconds_of(bytes), ..*limits };
        let mut child = Command::new(&self.program)
            .args([COMMAND, &serde_json::to_string(limits).expect("numbers")])
            .env_clear()
            .current_dir("/")
            .stdin(self.input(upload)?)
            .stdout(data.reopen()?)
            .stderr(Stdio::piped())
            .spawn()?;
        let mut said = Vec::new();
        if let Some(stderr) = child.stderr.take() {
            // Dropped behind the longest answer, so that a child that goes on talking ends.
            stderr.take(LONGEST_ANSWER).read_to_end(&mut said)?;
        }
        let status = child.wait()?;
        if !status.success() {
            return Err(failure(status, &String::from_utf8_lossy(&said), limits));
        }
        let answer: Answer = serde_json::from_slice(&said).map_err(|_| incomprehensible(status, &said))?;
        if !answer.is_confined {
            tracing::warn!("this system cannot confine the process that reads workbooks");
        }
        let data = Upload::from_temporary(data.into_temp_path(), None);
        Ok(Unpacked { contents: answer.outcome?, data })
    }
}

fn incomprehensible(status: ExitStatus, said: &[u8]) -> ReadError {
    let said: String = String::from_utf8_lossy(said).chars().take(500).collect();
    tracing::warn!(%status, said, "the process that reads workbooks failed");
    ReadError::Damaged("its reader failed".to_owned())
}

/// What it means that a child ended before it was done. Signal numbers are the same on all systems that we run on, but for
/// those of the two limits.
fn failure(status: ExitStatus, said: &str, limits: &Limits) -> ReadError {
    use rustix::process::Signal;
    let signal = status.signal().and_then(Signal::from_named_raw);
    match (signal, status.code()) {
        // What the standard library says before it aborts.
        (Some(Signal::ABORT), _) if said.contains("memory allocation of") => {
            limits.exceeded(Limit::Memory, None).into()
        }
        // The kernel ends a process that has used up its time, or the memory of the machine.
        (Some(Signal::XCPU | Signal::KILL), _) => limits.exceeded(Limit::Seconds, None).into(),
        (Some(Signal::XFSZ), _) => limits.exceeded(Limit::Unpacked, None).into(),
        (None, Some(CANNOT_WRITE)) => ReadError::Io(io::Error::other(said.to_owned())),
        _ => incomprehensible(status, said.as_bytes()),
    }
}
