//! The private PostgreSQL is killed or hangs while people read and publish.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use machikura::cluster::{self, Cluster, Supervisor};
use machikura::standard::Registry;
use machikura::store::{self, Settings};
use serde_json::json;
use tempfile::TempDir;

use crate::support::app::TestApp;
use crate::support::call::Answer;
use crate::support::tables::table;

const RECORDS: &str = "/api/v1/datasets/331007_aed/records?limit=1";
const CSV: &str = "/api/v1/datasets/331007_aed/download.csv";
const LIST: &str = "/api/v1/datasets";
/// What was never asked before.
const UNKNOWN: &str = "/api/v1/datasets/331007_aed/records?offset=1&limit=1";

/// After which time something will never happen, on the slowest machine.
const NEVER: Duration = Duration::from_secs(60);

/// A server with a supervised PostgreSQL of its own.
struct Place {
    app: TestApp,
    supervisor: Supervisor,
    data: PathBuf,
    _folder: TempDir,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("open to all");
        // As it is used: what is acknowledged must outlive the server.
        let cluster = Cluster::start(folder.path(), &cluster::Options::default()).expect("a cluster");
        let url = cluster.url(cluster::DATABASE);
        store::migrate(&url).expect("migrate");
        let app = TestApp::spawn_on(Settings::new(url), Registry::embedded().clone(), |_| {});
        let data = fs::canonicalize(folder.path().join("postgres")).expect("its place").join("data");
        Place { app, supervisor: cluster.supervise(), data, _folder: folder }
    }

    /// The postmaster, or what its file says.
    fn postmaster(&self) -> Option<String> {
        let file = fs::read_to_string(self.data.join("postmaster.pid")).ok()?;
        Some(file.lines().next()?.to_owned())
    }

    /// Processes that the postmaster started for connections.
    fn backends(&self) -> Vec<String> {
        let postmaster = self.postmaster().unwrap_or_default();
        let processes = fs::read_dir("/proc").expect("/proc").flatten();
        let numbers = processes.filter_map(|process| process.file_name().into_string().ok());
        let is_backend = |pid: &String| {
            let read = |name: &str| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
            let stat = String::from_utf8_lossy(&read("stat")).into_owned();
            let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1).map(str::to_owned));
            parent.as_ref() == Some(&postmaster) && String::from_utf8_lossy(&read("cmdline")).contains("[local]")
        };
        numbers.filter(is_backend).collect()
    }

    /// Waits until the server says so of what it can do.
    fn wait_for(&self, reads: &str, writes: &str) {
        let begun = Instant::now();
        loop {
            let ready = self.app.get("/readyz").send().json();
            if (&ready["reads"], &ready["writes"]) == (&json!(reads), &json!(writes)) {
                return;
            }
            assert!(begun.elapsed() < NEVER, "it stays {ready}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

fn signal(name: &str, processes: &[String]) {
    // One of them may just have ended.
    let _ = Command::new("kill").arg(format!("-{name}")).args(processes).output().expect("kill runs");
}

/// Processes that stand still until the value is dropped.
struct Stopped(Vec<String>);

impl Stopped {
    fn stop(processes: Vec<String>) -> Stopped {
        signal("STOP", &processes);
        Stopped(processes)
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        signal("CONT", &self.0);
    }
}

fn is_marked(answer: &Answer) -> bool {
    !answer.header("warning").is_empty()
}

/// Reads and publishes while the database is killed so many times: nothing acknowledged is lost, nothing old is given as
/// if it were new, what was answered before is always answered, and each time it comes back by itself.
fn kill(times: usize) {
    let place = Place::new();
    let app = &place.app;
    let token = app.token_for("331007");
    let acknowledged = AtomicU64::new(1);
    app.publish("331007_aed", table("aed", 1, |_, _| {}));
    for address in [RECORDS, CSV, LIST] {
        app.get(address).expect(200);
    }
    let is_over = AtomicBool::new(false);
    thread::scope(|threads| {
        for address in [RECORDS, CSV, LIST] {
            let (is_over, acknowledged) = (&is_over, &acknowledged);
            threads.spawn(move || {
                while !is_over.load(Ordering::Acquire) {
                    let least = acknowledged.load(Ordering::Acquire);
                    let begun = Instant::now();
                    let answer = app.get(address).expect(200);
                    assert!(begun.elapsed() < Duration::from_secs(10), "{address} took {:?}", begun.elapsed());
                    let rows = match address {
                        RECORDS => answer.json()["total"].as_u64(),
                        CSV => u64::try_from(answer.text().lines().count() - 1).ok(),
                        _ => answer.json()["datasets"][0]["records"].as_u64(),
                    };
                    let rows = rows.expect("a number of rows");
                    assert!(is_marked(&answer) || rows >= least, "{address}: {rows} rows, {least} were published");
                    thread::sleep(Duration::from_millis(5));
                }
            });
        }
        threads.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                // What was refused is tried again.
                let rows = usize::try_from(acknowledged.load(Ordering::Acquire)).expect("few") + 1;
                let upload = table("aed", rows, |_, _| {});
                let answer = app.put("/api/v1/datasets/331007_aed", upload).token(&token).send();
                match answer.status {
                    200 => acknowledged.store(u64::try_from(rows).expect("few"), Ordering::Release),
                    503 => assert!(!answer.header("retry-after").is_empty()),
                    other => panic!("{other}: {}", answer.text()),
                }
                thread::sleep(Duration::from_millis(20));
            }
        });
        let killer = threads.spawn(|| {
            for time in 0..times {
                let before = acknowledged.load(Ordering::Acquire);
                match time % 2 {
                    0 => signal("KILL", &[place.postmaster().expect("it runs")]),
                    _ => signal("KILL", &place.backends()[..1]),
                }
                let begun = Instant::now();
                while acknowledged.load(Ordering::Acquire) < before + 2 {
                    assert!(begun.elapsed() < NEVER, "it does not come back after {time} others");
                    thread::sleep(Duration::from_millis(20));
                }
            }
        });
        let killed = killer.join();
        is_over.store(true, Ordering::Release);
        killed.expect("it came back each time");
    });
    let answer = app.get(RECORDS).expect(200);
    assert!(!is_marked(&answer) && answer.json()["total"].as_u64() >= Some(acknowledged.into_inner()));
    let Place { app, supervisor, data, _folder } = place;
    drop(app);
    supervisor.stop().expect("stopped");
    assert!(!data.join("postmaster.pid").exists(), "nobody starts it again");
}

#[test]
fn nothing_is_lost_and_nothing_known_fails_when_the_database_is_killed() {
    kill(4);
}

#[test]
#[ignore = "takes minutes: make test-long"]
fn nothing_is_lost_and_nothing_known_fails_when_the_database_is_killed_twenty_times() {
    kill(20);
}

#[test]
fn a_database_that_hangs_holds_up_nobody() {
    let place = Place::new();
    let app = &place.app;
    let token = app.token_for("331007");
    app.publish("331007_aed", table("aed", 3, |_, _| {}));
    let before = [RECORDS, CSV, LIST].map(|address| (address, app.get(address).expect(200).body));
    let stopped = Stopped::stop(place.postmaster().into_iter().chain(place.backends()).collect());
    let begun = Instant::now();
    app.get(UNKNOWN).expect(503);
    app.put("/api/v1/datasets/331007_aed", table("aed", 4, |_, _| {})).token(&token).expect(503);
    place.wait_for("stale", "no");
    for (address, body) in &before {
        let answer = app.get(address).expect(200);
        assert!(is_marked(&answer) && answer.body == *body, "{address}");
    }
    app.get(UNKNOWN).expect(503);
    assert!(begun.elapsed() < Duration::from_secs(20), "somebody waited: {:?}", begun.elapsed());

    drop(stopped);
    place.wait_for("ok", "ok");
    for (address, body) in &before {
        let answer = app.get(address).expect(200);
        assert!(!is_marked(&answer) && answer.body == *body, "{address}");
    }
    app.get(UNKNOWN).expect(200);

    // Dead, while those that could still write are not: they are not left to write beside the new ones.
    let orphans = Stopped::stop(place.backends());
    signal("KILL", &[place.postmaster().expect("it runs")]);
    place.wait_for("stale", "no");
    place.wait_for("ok", "ok");
    app.get("/api/v1/datasets/331007_aed/records?offset=2&limit=1").expect(200);
    for orphan in &orphans.0 {
        let state = fs::read_to_string(format!("/proc/{orphan}/stat")).unwrap_or_default();
        assert!(!state.contains(") T "), "{orphan} is still there");
    }
}
