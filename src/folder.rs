//! A folder of files that can be made anew at any time: each is named by what it is made from, which never changes, so
//! none grows old; each is put in its place at once and whole. When room gets scarce, those go that nobody has asked for
//! the longest.

use std::collections::HashMap;
use std::fs::{self, File, FileTimes};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

/// The folder. Files of one name with different suffixes (`.…`) belong together and go together; one without a suffix is
/// always among them.
pub struct Folder {
    path: PathBuf,
    /// Bytes that all files together may take.
    limit: u64,
    /// Bytes that they take, about.
    used: AtomicU64,
}

/// What the names of unfinished files begin with.
const UNFINISHED: &str = ".unfinished-";
/// After which age an unfinished file belongs to nobody. (Another server may use the folder too.)
const ABANDONED: Duration = Duration::from_secs(3_600);
/// How exactly it is noted when a file was last asked for.
const TOUCH: Duration = Duration::from_secs(60);

/// Files that go together: when they were last asked for, how many bytes they take, and where they are.
struct Group {
    asked: SystemTime,
    bytes: u64,
    paths: Vec<PathBuf>,
}

impl Folder {
    /// The folder at this path, whose files may take so many bytes.
    pub fn new(path: PathBuf, limit: u64) -> Folder {
        for (path, about) in entries(&path) {
            let is_unfinished = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED));
            let age = about.modified().ok().and_then(|time| time.elapsed().ok()).unwrap_or_default();
            if is_unfinished && age > ABANDONED {
                remove(&path);
            }
        }
        let used = entries(&path).map(|(_, about)| about.len()).sum();
        Folder { path, limit, used: AtomicU64::new(used) }
    }

    /// Where a file is, if it is there.
    pub fn file(&self, name: &str, suffix: &str) -> PathBuf {
        self.path.join(format!("{name}{suffix}"))
    }

    /// Opens a file, if it is there, and its length: it can be read to its end even if it is removed meanwhile.
    pub fn open(&self, name: &str, suffix: &str) -> Option<(File, u64)> {
        let file = File::open(self.file(name, suffix)).ok()?;
        let told = file.metadata().ok()?;
        if suffix.is_empty() {
            touch(&file, &told);
        }
        Some((file, told.len()))
    }

    /// Whether a file of so many bytes can stay for a while: many others have room beside it.
    pub fn has_room_for(&self, bytes: u64) -> bool {
        bytes <= self.limit / 2
    }

    /// Begins a file.
    ///
    /// # Errors
    /// Where there is no room or no right.
    pub fn unfinished(&self) -> io::Result<NamedTempFile> {
        fs::create_dir_all(&self.path)?;
        tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.path)
    }

    /// Puts a finished file in its place, at once and whole.
    ///
    /// # Errors
    /// Where it cannot be renamed.
    pub fn place(&self, file: NamedTempFile, name: &str, suffix: &str) -> io::Result<File> {
        let file = file.persist(self.file(name, suffix)).map_err(|error| error.error)?;
        self.used.fetch_add(file.metadata()?.len(), Ordering::Relaxed);
        Ok(file)
    }

    /// Removes the files that nobody has asked for the longest, until there is some room again.
    pub fn make_room(&self) {
        if self.used.load(Ordering::Relaxed) <= self.limit {
            return;
        }
        let groups = self.groups();
        let mut used: u64 = groups.iter().map(|group| group.bytes).sum();
        for group in groups {
            if used <= self.limit / 10 * 9 {
                break;
            }
            group.paths.iter().for_each(|path| remove(path));
            used = used.saturating_sub(group.bytes);
        }
        self.used.store(used, Ordering::Relaxed);
    }

    /// The files that go together, those first that nobody has asked for the longest.
    fn groups(&self) -> Vec<Group> {
        let mut groups: HashMap<String, Group> = HashMap::new();
        for (path, about) in entries(&self.path) {
            let Some(file) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
            if file.starts_with(UNFINISHED) {
                continue;
            }
            let (name, suffix) = file.split_once('.').unwrap_or((&file, ""));
            let begun = || Group { asked: SystemTime::UNIX_EPOCH, bytes: 0, paths: Vec::new() };
            let group = groups.entry(name.to_owned()).or_insert_with(begun);
            group.bytes += about.len();
            if suffix.is_empty() {
                group.asked = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            }
            group.paths.push(path);
        }
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.sort_by_key(|group| group.asked);
        groups
    }
}

/// Notes that a file is asked for. Only the order in which files are removed depends on it.
fn touch(file: &File, told: &fs::Metadata) {
    let now = SystemTime::now();
    let age = told.modified().ok().and_then(|time| now.duration_since(time).ok()).unwrap_or_default();
    if age > TOUCH {
        report(file.set_times(FileTimes::new().set_modified(now)));
    }
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

/// What fails here makes answers slower and nothing else.
pub fn report<T>(done: io::Result<T>) {
    if let Err(error) = done {
        tracing::warn!(%error, "a prepared file could not be kept");
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn the_files_that_nobody_asks_for_go_first_and_with_all_that_belongs_to_them() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().join("kept"), 100);
        let put = |name: &str, suffix: &str, age: u64| {
            let mut file = folder.unfinished().unwrap();
            file.write_all(&[b'x'; 30]).unwrap();
            let file = folder.place(file, name, suffix).unwrap();
            file.set_times(FileTimes::new().set_modified(SystemTime::now() - Duration::from_secs(age))).unwrap();
        };
        put("old", "", 900);
        put("old", ".gz", 0);
        put("asked", "", 1_000);
        put("new", "", 10);
        let (mut asked, length) = folder.open("asked", "").unwrap();
        folder.make_room();
        for (name, suffix, is_there) in
            [("old", "", false), ("old", ".gz", false), ("asked", "", true), ("new", "", true)]
        {
            assert_eq!(folder.open(name, suffix).is_some(), is_there, "{name}{suffix}");
        }
        let mut bytes = Vec::new();
        asked.read_to_end(&mut bytes).unwrap();
        assert_eq!(u64::try_from(bytes.len()), Ok(length));
        assert_eq!(Folder::new(place.path().join("kept"), 100).used.into_inner(), 60);
    }
}
