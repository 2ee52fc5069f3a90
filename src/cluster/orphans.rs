//! Server processes whose postmaster is gone. Most end by themselves in a moment. While one is left, PostgreSQL does not
//! start again, because it could still write.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long they are given to end by themselves.
const GRACE: Duration = Duration::from_secs(2);
/// How long is waited for them altogether.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until no server process of this data folder is left, and ends those that stay: without a postmaster none of them
/// can finish anything. Only for a folder whose postmaster is gone.
pub(super) fn end(data: &Path) {
    let begun = Instant::now();
    loop {
        let orphans = find(data);
        if orphans.is_empty() || begun.elapsed() > PATIENCE {
            return;
        }
        if begun.elapsed() > GRACE {
            for orphan in orphans {
                tracing::warn!(pid = orphan.as_raw_nonzero(), "a PostgreSQL process that outlived its server is ended");
                if let Err(error) = kill_process(orphan, Signal::KILL) {
                    tracing::warn!(%error, "it could not be ended");
                }
            }
        }
        sleep(Duration::from_millis(50));
    }
}

/// The server processes that work in this folder; none where one of them is the parent of others: a postmaster after all.
/// Without `/proc`, outside Linux, none are seen.
fn find(data: &Path) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| {
        let process = entry.path();
        let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
        let program = fs::read_link(process.join("exe")).ok()?;
        let is_server = program.file_name()?.to_str()?.starts_with("postgres");
        let is_here = is_server && fs::read_link(process.join("cwd")).is_ok_and(|folder| folder == data);
        is_here.then(|| Some((pid, parent(&process)?))).flatten()
    });
    let found: Vec<(Pid, Pid)> = processes.collect();
    if found.iter().any(|(_, parent)| found.iter().any(|(pid, _)| pid == parent)) {
        return Vec::new();
    }
    found.into_iter().map(|(pid, _)| pid).collect()
}

/// The fourth field of `stat`; the second one, a name in parentheses, may hold anything.
fn parent(process: &Path) -> Option<Pid> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    Pid::from_raw(stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?)
}
