//! Where a cluster's files are, and who owns them.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown, symlink};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::ClusterError;
use super::programs::{prepare, say};

/// Where root keeps the data when the server's user cannot enter the folder that was asked for.
const ELSEWHERE: &str = "/var/lib/machikura";
/// The longest path of a Unix socket on all systems (macOS: 104 bytes with the final NUL; Linux: 108).
const SOCKET_PATH_BYTES: usize = 103;
/// The file that PostgreSQL puts beside its socket; the longest name in that folder.
const SOCKET_LOCK: &str = ".s.PGSQL.5432.lock";

/// The user that the server runs as when root starts it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    pub(super) user: u32,
    pub(super) group: u32,
}

/// The folder of one cluster.
#[derive(Debug)]
pub(super) struct Place {
    home: PathBuf,
    sockets: PathBuf,
    account: Option<Account>,
}

impl Place {
    /// Finds or creates the folder, and settles who runs the server.
    pub(super) fn prepare(directory: &Path) -> Result<Place, ClusterError> {
        fs::create_dir_all(directory).map_err(unusable(directory))?;
        let directory = fs::canonicalize(directory).map_err(unusable(directory))?;
        let asked = directory.join("postgres");
        let account = choose_account(&asked)?;
        if !asked.exists() {
            match account {
                Some(account) if !may_enter(&directory, account) => create_elsewhere(&asked)?,
                Some(_) | None => create(&asked, 0o755)?,
            }
        }
        let home = fs::canonicalize(&asked).map_err(unusable(&asked))?;
        if let Some(account) = account.filter(|account| !may_enter(&home, *account)) {
            return Err(ClusterError::Unreachable { home, user: account.user });
        }
        let sockets = plain_and_short(home.join("run"));
        Ok(Place { home, sockets, account })
    }

    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    pub(super) fn account(&self) -> Option<Account> {
        self.account
    }

    pub(super) fn sockets(&self) -> &Path {
        &self.sockets
    }

    pub(super) fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.data().join("log")
    }

    pub(super) fn configuration(&self) -> PathBuf {
        self.home.join("machikura.conf")
    }

    pub(super) fn in_use_lock(&self) -> PathBuf {
        self.home.join("in_use.lock")
    }

    pub(super) fn starting_lock(&self) -> PathBuf {
        self.home.join("starting.lock")
    }

    /// The major version that wrote the data, if there is any.
    pub(super) fn data_version(&self) -> Option<u32> {
        fs::read_to_string(self.data().join("PG_VERSION")).ok()?.trim().parse().ok()
    }

    /// Creates an empty folder for `initdb`, in place of what an interrupted attempt left.
    pub(super) fn fresh_data(&self) -> Result<PathBuf, ClusterError> {
        let fresh = self.home.join("data.new");
        match fs::remove_dir_all(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(&fresh)(error)),
            Err(_) | Ok(()) => self.create_private(&fresh)?,
        }
        Ok(fresh)
    }

    /// Creates the socket's folder. In /tmp somebody else may have been faster, so its owner and mode are checked.
    pub(super) fn create_sockets(&self) -> Result<(), ClusterError> {
        let path = self.sockets();
        self.create_private(path)?;
        let folder = fs::symlink_metadata(path).map_err(unusable(path))?;
        let owner = self.account.map_or_else(current_user, |account| Some(account.user));
        if !folder.is_dir() || Some(folder.uid()) != owner || folder.mode() & 0o077 != 0 {
            return Err(ClusterError::NotOurs { path: path.into(), owner: folder.uid() });
        }
        Ok(())
    }

    /// The postmaster's process id, if it runs: a process of that number may also be anything else.
    pub(super) fn postmaster(&self) -> Option<u32> {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        let pid: u32 = file.lines().next()?.trim().parse().ok()?;
        let line = match fs::read(format!("/proc/{pid}/cmdline")) {
            Ok(line) => String::from_utf8_lossy(&line).replace('\0', " "),
            Err(_) if Path::new("/proc/self").exists() => return None,
            Err(_) => say("ps", ["-o", "args=", "-p", &pid.to_string()])?,
        };
        line.contains(self.data().to_string_lossy().as_ref()).then_some(pid)
    }

    /// Removes what a killed server left when its process number still means something: it may belong to another
    /// process now, or to the dead one where nobody buries the dead (a container's first process often does not).
    /// PostgreSQL would take either for a running server. In all other cases it knows best what to do itself.
    pub(super) fn clear_stale(&self) -> Result<(), ClusterError> {
        for path in [self.data().join("postmaster.pid"), self.sockets.join(SOCKET_LOCK)] {
            let Ok(file) = fs::read_to_string(&path) else { continue };
            let pid = file.lines().next().unwrap_or_default().trim();
            if Path::new("/proc").join(pid).exists() || say("ps", ["-o", "pid=", "-p", pid]).is_some() {
                fs::remove_file(&path).map_err(unusable(&path))?;
            }
        }
        Ok(())
    }

    pub(super) fn end_of_log(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    /// Creates a folder that only the server's user may enter.
    fn create_private(&self, path: &Path) -> Result<(), ClusterError> {
        create(path, 0o700)?;
        let owner = fs::symlink_metadata(path).map_err(unusable(path))?.uid();
        match self.account {
            Some(account) if owner == 0 => chown(path, Some(account.user), Some(account.group)).map_err(unusable(path)),
            Some(_) | None => Ok(()),
        }
    }
}

/// Root runs the server as the owner of the data, or else as `postgres` or `nobody`; anybody else as themselves.
fn choose_account(home: &Path) -> Result<Option<Account>, ClusterError> {
    let user = current_user().ok_or(ClusterError::NoUser)?;
    let path = home.join("data");
    let owner = fs::metadata(&path).ok().map(|data| Account { user: data.uid(), group: data.gid() });
    match owner {
        Some(owner) if user != 0 && owner.user != user => Err(ClusterError::NotOurs { path, owner: owner.user }),
        _ if user != 0 => Ok(None),
        Some(owner) if owner.user == 0 => Err(ClusterError::NotOurs { path, owner: 0 }),
        Some(owner) => Ok(Some(owner)),
        None => ["postgres", "nobody"].into_iter().find_map(account_of).map(Some).ok_or(ClusterError::NoUser),
    }
}

fn account_of(name: &str) -> Option<Account> {
    Some(Account { user: say("id", ["-u", name])?.parse().ok()?, group: say("id", ["-g", name])?.parse().ok()? })
}

fn current_user() -> Option<u32> {
    say("id", ["-u"])?.parse().ok()
}

fn may_enter(folder: &Path, account: Account) -> bool {
    let mut shell = prepare(Path::new("/bin/sh"), Some(account));
    shell.args(["-c", r#"cd -- "$1""#, "sh"]).arg(folder);
    shell.output().is_ok_and(|output| output.status.success())
}

/// Keeps the data where the server's user can reach it, and leaves a link. Data found there is used again.
fn create_elsewhere(asked: &Path) -> Result<(), ClusterError> {
    let home = Path::new(ELSEWHERE).join(name_of(asked));
    fs::create_dir_all(ELSEWHERE).map_err(unusable(Path::new(ELSEWHERE)))?;
    create(&home, 0o755)?;
    match symlink(&home, asked) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(unusable(asked)(error)),
        Err(_) | Ok(()) => Ok(()),
    }
}

/// The folder itself, or one under /tmp where the path is too long for a socket or has a character that libpq or
/// PostgreSQL's settings give a meaning.
fn plain_and_short(sockets: PathBuf) -> PathBuf {
    let plain = sockets.to_str().is_some_and(|path| !path.contains([',', '"', '\'', '\\']));
    if plain && sockets.as_os_str().len() + 1 + SOCKET_LOCK.len() <= SOCKET_PATH_BYTES {
        return sockets;
    }
    Path::new("/tmp").join(format!("machikura-{}", name_of(&sockets)))
}

/// A short name that is always the same for the same path.
fn name_of(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn create(path: &Path, mode: u32) -> Result<(), ClusterError> {
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(unusable(path)(error)),
        Err(_) | Ok(()) => Ok(()),
    }
}

fn unusable(path: &Path) -> impl Fn(io::Error) -> ClusterError {
    move |source| ClusterError::Io { path: path.into(), source }
}
