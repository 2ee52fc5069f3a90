//! Files for download: made from the database once, kept in a folder and sent from there, so that nobody who downloads
//! holds a connection to the database. A file is named by what it is made from, which never changes; so none grows old.
//! When room gets scarce, those go that nobody has asked for the longest.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, FileTimes};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak, mpsc};
use std::time::{Duration, SystemTime};

use actix_web::web;
use diesel::pg::PgConnection;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::problem::Problem;
use crate::store::{Db, StoreError};

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

/// The folder of prepared files. Clones share it.
#[derive(Clone)]
pub struct Files(Arc<Folder>);

struct Folder {
    path: PathBuf,
    /// Bytes that all files together may take.
    limit: u64,
    /// Bytes that they take, about.
    used: AtomicU64,
    /// One maker at a time for each file; the others wait.
    turns: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
    /// What is to be compressed, and who does it.
    waiting: Mutex<HashSet<(String, Coding)>>,
    compressor: OnceLock<mpsc::Sender<(String, Coding)>>,
}

/// What the names of unfinished files begin with.
const UNFINISHED: &str = ".unfinished-";
/// After which age an unfinished file belongs to nobody. (Another server may use the folder too.)
const ABANDONED: Duration = Duration::from_secs(3_600);
/// How exactly it is noted when a file was last asked for.
const TOUCH: Duration = Duration::from_secs(60);
/// Up to so many bytes a file is compressed while its first reader waits, which takes some hundredths of a second.
const SMALL: u64 = 1 << 20;

impl Files {
    /// The files in a folder, which may take so many bytes.
    pub fn new(path: PathBuf, limit: u64) -> Files {
        for (path, about) in entries(&path) {
            let is_unfinished = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED));
            let age = about.modified().ok().and_then(|time| time.elapsed().ok()).unwrap_or_default();
            if is_unfinished && age > ABANDONED {
                remove(&path);
            }
        }
        let used = entries(&path).map(|(_, about)| about.len()).sum();
        Files(Arc::new(Folder {
            path,
            limit,
            used: AtomicU64::new(used),
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
        let turn = self.turn(key).lock_owned().await;
        if let Some(kept) = self.find(key).await {
            return Ok(kept);
        }
        let (folder, key) = (Arc::clone(&self.0), key.to_owned());
        db.read(move |connection| {
            let kept = folder.make(connection, key, &make);
            // Held by the maker and not by who waits for it: the latter may go away.
            drop(turn);
            kept
        })
        .await
    }

    /// A file in another coding, and its bytes. If it is not there and cannot be had in a moment it will be made, but
    /// nobody waits for it.
    pub async fn coded(&self, kept: &Kept, coding: Coding) -> Option<(File, u64)> {
        let folder = Arc::clone(&self.0);
        let (key, bytes) = (kept.key.clone(), kept.about.bytes);
        web::block(move || {
            if let Some(found) = folder.open(&key, coding) {
                return Some(found);
            }
            if bytes > SMALL {
                compress_later(&folder, key, coding);
                return None;
            }
            report(folder.compress(&key, coding));
            folder.open(&key, coding)
        })
        .await
        .ok()?
    }

    async fn find(&self, key: &str) -> Option<Kept> {
        let (folder, key) = (Arc::clone(&self.0), key.to_owned());
        web::block(move || folder.find(key)).await.ok()?
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

impl Folder {
    fn file(&self, key: &str, suffix: &str) -> PathBuf {
        self.path.join(format!("{key}{suffix}"))
    }

    /// The file, if it is there and whole.
    fn find(&self, key: String) -> Option<Kept> {
        let about: About = serde_json::from_slice(&fs::read(self.file(&key, ".json")).ok()?).ok()?;
        let file = File::open(self.file(&key, "")).ok()?;
        let told = file.metadata().ok()?;
        if told.len() != about.bytes {
            return None;
        }
        let now = SystemTime::now();
        let age = told.modified().ok().and_then(|time| now.duration_since(time).ok()).unwrap_or_default();
        if age > TOUCH {
            // Only the order in which files are removed depends on it.
            report(file.set_times(FileTimes::new().set_modified(now)));
        }
        Some(Kept { key, about, file })
    }

    fn open(&self, key: &str, coding: Coding) -> Option<(File, u64)> {
        let file = File::open(self.file(key, coding.suffix())).ok()?;
        let bytes = file.metadata().ok()?.len();
        Some((file, bytes))
    }

    fn unfinished(&self) -> io::Result<NamedTempFile> {
        fs::create_dir_all(&self.path)?;
        tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.path)
    }

    /// Puts a finished file in its place, at once and whole.
    fn place(&self, file: NamedTempFile, key: &str, suffix: &str) -> io::Result<File> {
        let file = file.persist(self.file(key, suffix)).map_err(|error| error.error)?;
        self.used.fetch_add(file.metadata()?.len(), Ordering::Relaxed);
        Ok(file)
    }

    fn make(&self, connection: &mut PgConnection, key: String, make: &Make) -> Result<Kept, Failure> {
        let file = self.unfinished()?;
        let (written, replaced) = std::thread::scope(|scope| {
            let (mut out, pieces) = Outlet::new();
            let writer = scope.spawn(|| write_down(file, pieces));
            let replaced = make(connection, &mut out);
            drop(out);
            (writer.join(), replaced)
        });
        let (written, replaced) = (written.map_err(|_| io::Error::other("the writer panicked"))??, replaced?);
        let about = About { sha256: written.sha256, bytes: written.bytes, replaced };
        let mut told = self.unfinished()?;
        serde_json::to_writer(&mut told, &about).map_err(io::Error::from)?;
        let file = self.place(written.file, &key, "")?;
        self.place(told, &key, ".json")?;
        self.make_room();
        Ok(Kept { key, about, file })
    }

    fn compress(&self, key: &str, coding: Coding) -> io::Result<()> {
        let mut file = File::open(self.file(key, ""))?;
        let mut out = self.unfinished()?;
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
        self.place(out, key, coding.suffix())?;
        self.make_room();
        Ok(())
    }

    /// Removes the files that nobody has asked for the longest, until there is some room again.
    fn make_room(&self) {
        if self.used.load(Ordering::Relaxed) <= self.limit {
            return;
        }
        let mut files: HashMap<String, (SystemTime, u64)> = HashMap::new();
        for (path, about) in entries(&self.path) {
            let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
            if name.starts_with(UNFINISHED) {
                continue;
            }
            let (key, suffix) = name.split_once('.').unwrap_or((&name, ""));
            let file = files.entry(key.to_owned()).or_insert((SystemTime::UNIX_EPOCH, 0));
            file.1 += about.len();
            if suffix.is_empty() {
                file.0 = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            }
        }
        let mut used: u64 = files.values().map(|(_, bytes)| bytes).sum();
        let mut files: Vec<(String, (SystemTime, u64))> = files.into_iter().collect();
        files.sort_by_key(|(_, (asked, _))| *asked);
        for (key, (_, bytes)) in files {
            if used <= self.limit / 10 * 9 {
                break;
            }
            // What is known of a file goes first: without it the rest is nothing.
            for suffix in [".json", "", ".br", ".gz"] {
                remove(&self.file(&key, suffix));
            }
            used = used.saturating_sub(bytes);
        }
        self.used.store(used, Ordering::Relaxed);
    }
}

/// Leaves a file to a thread that works when there is nothing else to do.
fn compress_later(folder: &Arc<Folder>, key: String, coding: Coding) {
    let compressor = folder.compressor.get_or_init(|| {
        let (sender, receiver) = mpsc::channel::<(String, Coding)>();
        let folder = Arc::downgrade(folder);
        // Ends when the folder is no longer used.
        std::thread::spawn(move || {
            report(rustix::process::nice(19).map_err(io::Error::from));
            for (key, coding) in receiver {
                let Some(folder) = folder.upgrade() else { return };
                report(folder.compress(&key, coding));
                lock(&folder.waiting).remove(&(key, coding));
            }
        });
        sender
    });
    if lock(&folder.waiting).insert((key.clone(), coding)) {
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

/// The files of a folder; of one that is not there, none.
fn entries(path: &Path) -> impl Iterator<Item = (PathBuf, fs::Metadata)> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok().filter(fs::Metadata::is_file)?)))
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => report::<()>(Err(error)),
        Ok(()) | Err(_) => {}
    }
}

/// What fails here makes downloads slower and nothing else.
fn report<T>(done: io::Result<T>) {
    if let Err(error) = done {
        tracing::warn!(%error, "a prepared file could not be kept");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
