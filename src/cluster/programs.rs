//! Finds PostgreSQL's programs and runs them as the right user.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::ClusterError;
use super::place::{Account, Place};

/// The oldest major version that machikura is tested with.
const OLDEST: u32 = 15;

/// The programs of one PostgreSQL version.
#[derive(Debug)]
pub(super) struct Programs {
    bin: PathBuf,
    account: Option<Account>,
}

impl Programs {
    /// Takes the version that wrote the data, or else the first with PostGIS: on the `PATH`, `pg_config`'s, the newest.
    pub(super) fn find(place: &Place) -> Result<Programs, ClusterError> {
        let wanted = place.data_version();
        let mut found = Vec::new();
        for bin in candidates() {
            let programs = Programs { bin, account: place.account() };
            let Some(version) = programs.version() else { continue };
            let suits = wanted.map_or(version >= OLDEST, |wanted| version == wanted);
            if suits && programs.have_postgis() {
                return Ok(programs);
            }
            let without = if suits { " without PostGIS" } else { "" };
            found.push(format!("{}: PostgreSQL {version}{without}", programs.bin.display()));
        }
        let found = if found.is_empty() { "no PostgreSQL".to_owned() } else { found.join("; ") };
        Err(match wanted {
            Some(version) => ClusterError::OtherVersion { home: place.home().into(), version, found },
            None => ClusterError::NoPrograms { found },
        })
    }

    pub(super) fn path(&self, program: &str) -> PathBuf {
        self.bin.join(program)
    }

    /// Prepares one of PostgreSQL's programs, run as the server's user.
    pub(super) fn command(&self, program: &str) -> Command {
        prepare(&self.path(program), self.account)
    }

    /// Prepares a shell script, run as the server's user; its arguments are `$1` and so on.
    pub(super) fn shell(&self, script: &str) -> Command {
        let mut command = prepare(Path::new("/bin/sh"), self.account);
        command.args(["-c", script, "sh"]);
        command
    }

    /// Asks `initdb`, which only a server package brings, for its major version: `initdb (PostgreSQL) 15.18 (Debian …)`.
    fn version(&self) -> Option<u32> {
        let said = succeed("initdb", self.command("initdb").arg("--version").output()).ok()?;
        let number: String = said.split(") ").nth(1)?.chars().take_while(char::is_ascii_digit).collect();
        number.parse().ok()
    }

    /// Says no only where it is certain: without `pg_config`, `CREATE EXTENSION` will tell.
    fn have_postgis(&self) -> bool {
        let asked = self.command("pg_config").args(["--sharedir", "--pkglibdir"]).output();
        let Ok(folders) = succeed("pg_config", asked) else { return true };
        let Some((shared, libraries)) = folders.trim().split_once('\n') else { return true };
        // Two packages: the scripts, and the library that they load.
        let scripts = Path::new(shared).join("extension/postgis.control").exists();
        scripts
            && ["so", "dylib"].iter().any(|kind| Path::new(libraries).join("postgis-3").with_extension(kind).exists())
    }
}

/// Returns the output of a program that ended well, or else an error with all that it said.
pub(super) fn succeed(program: &'static str, run: io::Result<Output>) -> Result<String, ClusterError> {
    let output = run.map_err(|source| ClusterError::Io { path: program.into(), source })?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    Err(ClusterError::Program { program, output: format!("{said}{}", String::from_utf8_lossy(&output.stderr)) })
}

/// Prepares a command whose outcome does not depend on the caller's folder, language or `PG…` variables.
pub(super) fn prepare(program: &Path, account: Option<Account>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C").env("PGCONNECT_TIMEOUT", "5");
    command.current_dir("/").stdin(Stdio::null());
    if let Some(account) = account {
        // Run by root, the standard library also clears the supplementary groups.
        command.uid(account.user).gid(account.group);
    }
    command
}

fn candidates() -> Vec<PathBuf> {
    let on_path = say("/bin/sh", ["-c", "command -v pg_ctl"]).and_then(|file| fs::canonicalize(file).ok());
    let mut folders: Vec<PathBuf> = on_path.iter().filter_map(|file| file.parent()).map(PathBuf::from).collect();
    folders.extend(say("pg_config", ["--bindir"]).map(PathBuf::from));
    // Debian and Ubuntu; the PostgreSQL project's RPMs; Fedora; Homebrew.
    folders.extend(versions("/usr/lib/postgresql", ""));
    folders.extend(versions("/usr", "pgsql-"));
    folders.push("/usr/bin".into());
    folders.extend(versions("/opt/homebrew/opt", "postgresql@"));
    folders.extend(versions("/usr/local/opt", "postgresql@"));
    let mut seen = std::collections::HashSet::new();
    folders.retain(|folder| seen.insert(folder.clone()));
    folders
}

/// Lists `parent/<prefix><number>/bin`, the highest number first.
fn versions(parent: &str, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut numbered: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    numbered.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    numbered.into_iter().map(|(_, folder)| folder).collect()
}

/// Runs a program of the caller's `PATH` and returns the line it prints.
pub(super) fn say<const N: usize>(program: impl AsRef<OsStr>, arguments: [&str; N]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !said.trim().is_empty()).then(|| said.trim().to_owned())
}
