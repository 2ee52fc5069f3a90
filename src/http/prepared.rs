//! Files for download: made from the database once, kept in a [`Folder`] and sent from there, so that nobody who downloads
//! holds a connection to the database.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak, mpsc};

use actix_web::web;
use diesel::pg::PgConnection;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::problem::Problem;
use crate::folder::{Folder, report};
use crate::store::{Db, Patience, StoreError};

/// Writes one file out of the database, and answers how many characters were replaced in it.
pub type Make = Arc<dyn Fn(&mut PgConnection, &mut dyn Write) -> Result<u64, Failure> + Send + Sync>;

/// Why a file was not made.
#[derive(Debug)]
pub enum Failure {
    /// It could not be written; it may still be sent.
    Disk(io::Error),
    /// Anything else.
    Problem(Problem),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Disk(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Problem(error.into())
    }
}

/// In which coding a file is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// As it is.
    Identity,
    /// Brotli (RFC 7932).
    Brotli,
    /// gzip (RFC 1952).
    Gzip,
}

impl Coding {
    /// Every coding, the smallest result first.
    pub const ALL: [Coding; 3] = [Coding::Brotli, Coding::Gzip, Coding::Identity];

    /// The word of HTTP.
    pub fn as_str(self) -> &'static str {
        match self {
            Coding::Identity => "identity",
            Coding::Brotli => "br",
            Coding::Gzip => "gzip",
        }
    }

    /// What the file's name ends in.
    fn suffix(self) -> &'static str {
        match self {
            Coding::Identity => "",
            Coding::Brotli => ".br",
            Coding::Gzip => ".gz",
        }
    }
}

/// What is known of a file; kept beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct About {
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// How many bytes.
    pub bytes: u64,
    /// How many characters were replaced.
    pub replaced: u64,
}

/// A file that is there, opened: it can be read to its end even if it is removed meanwhile.
#[derive(Debug)]
pub struct Kept {
    /// What it is made from.
    pub key: String,
    /// What is known of it.
    pub about: About,
    /// Its bytes as they are.
    pub file: File,
}

/// The prepared files of a folder. Clones share them.
#[derive(Clone)]
pub struct Files(Arc<Prepared>);

struct Prepared {
    folder: Arc<Folder>,
    /// One maker at a time for each file; the others wait.
    turns: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
    /// What is to be compressed, and who does it.
    waiting: Mutex<HashSet<(String, Coding)>>,
    compressor: OnceLock<mpsc::Sender<(String, Coding)>>,
}

/// Up to so many bytes a file is compressed while its first reader waits, which takes some hundredths of a second.
const SMALL: u64 = 1 << 20;

impl Files {
    /// The prepared files in a folder.
    pub fn new(folder: Arc<Folder>) -> Files {
        Files(Arc::new(Prepared {
            folder,
            turns: Mutex::default(),
            waiting: Mutex::default(),
            compressor: OnceLock::new(),
        }))
    }

    /// The file that is made from what `key` names. If it is not there, it is made first; who comes meanwhile waits.
    ///
    /// # Errors
    /// What `make` answers, and [`Failure::Disk`] where there is no room. Nothing is left of it then.
    pub async fn obtain(&self, db: &Db, key: &str, make: Make) -> Result<Kept, Failure> {
        if let Some(kept) = self.find(key).await {
            return Ok(kept);
        }
        let turn = async { Ok::<_, StoreError>(self.turn(key).lock_owned().await) };
        let turn = db.while_present(Patience::Reading, turn).await?;
        if let Some(kept) = self.find(key).await {
            return Ok(kept);
        }
        let (prepared, key) = (Arc::clone(&self.0), key.to_owned());
        db.read(move |connection| {
            let kept = prepared.make(connection, key, &make);
            // Held by the maker and not by who waits for it: the latter may go away.
            drop(turn);
            kept
        })
        .await
    }

    /// A file in another coding, and its bytes. If it is not there and cannot be had in a moment it will be made, but
    /// nobody waits for it.
    pub async fn coded(&self, kept: &Kept, coding: Coding) -> Option<(File, u64)> {
        let prepared = Arc::clone(&self.0);
        let (key, bytes) = (kept.key.clone(), kept.about.bytes);
        web::block(move || {
            if let Some(found) = prepared.folder.open(&key, coding.suffix()) {
                return Some(found);
            }
            if bytes > SMALL {
                compress_later(&prepared, key, coding);
                return None;
            }
            report(prepared.compress(&key, coding));
            prepared.folder.open(&key, coding.suffix())
        })
        .await
        .ok()?
    }

    async fn find(&self, key: &str) -> Option<Kept> {
        let (prepared, key) = (Arc::clone(&self.0), key.to_owned());
        web::block(move || prepared.find(key)).await.ok()?
    }

    fn turn(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = lock(&self.0.turns);
        if let Some(turn) = turns.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(key.to_owned(), Arc::downgrade(&turn));
        turn
    }
}

impl Prepared {
    /// The file, if it is there and whole.
    fn find(&self, key: String) -> Option<Kept> {
        let about: About = serde_json::from_slice(&fs::read(self.folder.file(&key, ".json")).ok()?).ok()?;
        let (file, bytes) = self.folder.open(&key, "")?;
        (bytes == about.bytes).then_some(Kept { key, about, file })
    }

    fn make(&self, connection: &mut PgConnection, key: String, make: &Make) -> Result<Kept, Failure> {
        let file = self.folder.unfinished()?;
        let (written, replaced) = std::thread::scope(|scope| {
            let (mut out, pieces) = Outlet::new();
            let writer = scope.spawn(|| write_down(file, pieces));
            let replaced = make(connection, &mut out);
            drop(out);
            (writer.join(), replaced)
        });
        let (written, replaced) = (written.map_err(|_| io::Error::other("the writer panicked"))??, replaced?);
        let about = About { sha256: written.sha256, bytes: written.bytes, replaced };
        let mut told = self.folder.unfinished()?;
        serde_json::to_writer(&mut told, &about).map_err(io::Error::from)?;
        let file = self.folder.place(written.file, &key, "")?;
        self.folder.place(told, &key, ".json")?;
        self.folder.make_room();
        Ok(Kept { key, about, file })
    }

    fn compress(&self, key: &str, coding: Coding) -> io::Result<()> {
        let mut file = File::open(self.folder.file(key, ""))?;
        let mut out = self.folder.unfinished()?;
        match coding {
            Coding::Identity => return Ok(()),
            Coding::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(&mut out, flate2::Compression::default());
                io::copy(&mut file, &mut encoder)?;
                encoder.finish()?;
            }
            Coding::Brotli => {
                let parameters = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
                brotli::BrotliCompress(&mut file, &mut out, &parameters)?;
            }
        }
        self.folder.place(out, key, coding.suffix())?;
        self.folder.make_room();
        Ok(())
    }
}

/// Leaves a file to a thread that works when there is nothing else to do.
fn compress_later(prepared: &Arc<Prepared>, key: String, coding: Coding) {
    let compressor = prepared.compressor.get_or_init(|| {
        let (sender, receiver) = mpsc::channel::<(String, Coding)>();
        let prepared = Arc::downgrade(prepared);
        // Ends when the files are no longer used.
        std::thread::spawn(move || {
            report(rustix::process::nice(19).map_err(io::Error::from));
            for (key, coding) in receiver {
                let Some(prepared) = prepared.upgrade() else { return };
                report(prepared.compress(&key, coding));
                lock(&prepared.waiting).remove(&(key, coding));
            }
        });
        sender
    });
    if lock(&prepared.waiting).insert((key.clone(), coding)) {
        // The thread lives as long as the sender.
        drop(compressor.send((key, coding)));
    }
}

/// Hands pieces to the thread that writes them down, so that the disk and the digest take no time of the maker's.
struct Outlet(mpsc::SyncSender<Vec<u8>>);

impl Outlet {
    fn new() -> (Outlet, mpsc::Receiver<Vec<u8>>) {
        let (sender, pieces) = mpsc::sync_channel(8);
        (Outlet(sender), pieces)
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Why the writer takes no more, it says itself.
        self.0.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that is written.
struct Written {
    file: NamedTempFile,
    sha256: String,
    bytes: u64,
}

fn write_down(mut file: NamedTempFile, pieces: mpsc::Receiver<Vec<u8>>) -> io::Result<Written> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    for piece in pieces {
        file.write_all(&piece)?;
        hash.update(&piece);
        bytes += u64::try_from(piece.len()).expect("a length fits");
    }
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Written { file, sha256, bytes })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
