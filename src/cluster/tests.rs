//! The cluster as its users see it; run as root and as a normal user, these take different ways.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{ChildStdout, Command};

use super::*;

const FAST: Options = Options { durable: false };

/// A folder that everybody may enter, or only its owner; whatever the cluster put elsewhere goes with it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(mode: u32) -> Folder {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        Folder(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Ok(elsewhere) = fs::read_link(self.path().join("postgres")) {
            fs::remove_dir_all(elsewhere).unwrap();
        }
    }
}

/// Another machikura process: this test binary, running [`another_process`] alone.
struct Other {
    child: Child,
    url: String,
    output: BufReader<ChildStdout>, // kept open: the test harness writes on
}

impl Other {
    fn start(directory: &Path) -> Other {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--nocapture", "--exact"])
            .arg(format!("{}::another_process", module_path!().split_once("::").unwrap().1))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "{}", directory.display()).unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut url = String::new();
        while !url.contains("postgresql://") {
            url.clear();
            assert_ne!(output.read_line(&mut url).unwrap(), 0, "the other process ended early");
        }
        Other { child, url: url[url.find("postgresql://").unwrap()..].trim().to_owned(), output }
    }

    fn finish(mut self) {
        drop(self.child.stdin.take());
        std::io::copy(&mut self.output, &mut std::io::sink()).unwrap();
        assert!(self.child.wait().unwrap().success());
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
#[ignore = "the body of another process, see `Other`"]
fn another_process() {
    let mut directory = String::new();
    std::io::stdin().read_line(&mut directory).unwrap();
    if directory.is_empty() {
        return;
    }
    let cluster = Cluster::start(directory.trim_end().as_ref(), &FAST).unwrap();
    println!("{}", cluster.url(DATABASE));
    let _ = std::io::stdin().read_line(&mut directory);
    cluster.stop().unwrap();
}

fn postmaster(directory: &Path) -> Option<u32> {
    Place::prepare(directory).unwrap().postmaster()
}

fn stops_within_seconds(directory: &Path) -> bool {
    (0..200).any(|_| {
        sleep(Duration::from_millis(50));
        postmaster(directory).is_none()
    })
}

#[test]
fn starts_stops_and_keeps_its_data() {
    let folder = Folder::new(0o755);
    let cluster = Cluster::start(folder.path(), &FAST).unwrap();
    cluster.query(DATABASE, "CREATE TABLE kept AS SELECT '街蔵' AS name").unwrap();
    let shown = cluster.query(
        DATABASE,
        "SELECT current_setting('listen_addresses'), current_setting('jit'), current_setting('timezone'),
                current_setting('fsync'), current_setting('server_encoding'), datcollate,
                (SELECT string_agg(c, '' ORDER BY c) FROM unnest(ARRAY['あ', 'b', 'B', '1', '亜', 'ｱ', '𠮷', 'é']) c)
         FROM pg_database WHERE datname = current_database()",
    );
    assert_eq!(shown.unwrap().trim(), "|off|Asia/Tokyo|off|UTF8|C|1Bbéあ亜ｱ𠮷");
    check_that_terminal_and_others_cannot_reach(&cluster);
    cluster.stop().unwrap();
    assert_eq!(postmaster(folder.path()), None);

    let again = Cluster::start(folder.path(), &Options::default()).unwrap();
    assert_eq!(again.query(DATABASE, "SELECT name FROM kept").unwrap().trim(), "街蔵");
    assert_eq!(again.query(DATABASE, "SHOW fsync").unwrap().trim(), "on");
    again.query(DATABASE, "CREATE EXTENSION postgis").unwrap();
    drop(again);
    assert_eq!(postmaster(folder.path()), None);
}

fn check_that_terminal_and_others_cannot_reach(cluster: &Cluster) {
    let pid = cluster.place.postmaster().unwrap();
    let session = |pid: &str| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let after_name: Vec<String> = stat.rsplit_once(") ").unwrap().1.split(' ').map(str::to_owned).collect();
        (after_name[2].clone(), after_name[3].clone()) // process group, session
    };
    assert_eq!(session(&pid.to_string()).1, pid.to_string());
    let guardian = cluster.guardian.as_ref().unwrap().id().to_string();
    assert_eq!(session(&guardian).0, guardian);
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    assert!(!line("Uid:").split_whitespace().any(|user| user == "0"), "PostgreSQL does not run as root");
    if cluster.place.account().is_some() {
        assert_eq!(line("Groups:"), "");
    }
    assert_eq!(fs::metadata(cluster.place.sockets()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn two_processes_share_it_and_the_last_one_stops_it() {
    let folder = Folder::new(0o700); // Root's server runs as another user, who cannot enter this.
    let (first, second) = std::thread::scope(|scope| {
        let other = scope.spawn(|| Other::start(folder.path()));
        (Cluster::start(folder.path(), &FAST).unwrap(), other.join().unwrap())
    });
    assert_eq!(fs::read_link(folder.path().join("postgres")).is_ok(), first.place.account().is_some());
    assert_eq!(first.url(DATABASE), second.url);
    let pid = postmaster(folder.path());
    assert!(pid.is_some());
    first.stop().unwrap();
    assert_eq!(postmaster(folder.path()), pid, "the other one still uses it");
    second.finish();
    assert_eq!(postmaster(folder.path()), None);
}

#[test]
fn a_killed_process_leaves_no_server_behind_or_one_that_is_adopted() {
    let folder = Folder::new(0o755);
    Other::start(folder.path()).kill();
    assert!(stops_within_seconds(folder.path()));

    // The same without the guardian.
    let other = Other::start(folder.path());
    let left = postmaster(folder.path()).unwrap();
    for guardian in fs::read_dir("/proc").unwrap().flatten() {
        let line = fs::read_to_string(guardian.path().join("cmdline")).unwrap_or_default();
        if line.contains("flock") && line.contains(folder_in_command(folder.path()).as_str()) {
            assert!(Command::new("kill").arg("-9").arg(guardian.file_name()).status().unwrap().success());
        }
    }
    other.kill();
    assert!(!(0..10).any(|_| {
        sleep(Duration::from_millis(50));
        postmaster(folder.path()).is_none()
    }));
    let cluster = Cluster::start(folder.path(), &FAST).unwrap();
    assert_eq!(postmaster(folder.path()), Some(left));

    // Killed under our hands, and its number taken by another process: this one.
    assert!(Command::new("kill").args(["-9", &left.to_string()]).status().unwrap().success());
    assert!(stops_within_seconds(folder.path()));
    let pid_file = cluster.place.data().join("postmaster.pid");
    let stale = fs::read_to_string(&pid_file).unwrap().replacen(&left.to_string(), &std::process::id().to_string(), 1);
    fs::write(&pid_file, stale).unwrap();
    assert_eq!(postmaster(folder.path()), None);
    drop(cluster);
    let cluster = Cluster::start(folder.path(), &FAST).unwrap();
    assert_ne!(postmaster(folder.path()), Some(left));
    cluster.stop().unwrap();
    assert_eq!(postmaster(folder.path()), None);
}

fn folder_in_command(directory: &Path) -> String {
    Place::prepare(directory).unwrap().data().display().to_string()
}

#[test]
fn long_paths_and_strange_names_get_a_socket_elsewhere() {
    let folder = Folder::new(0o755);
    let long = folder.path().join("長い名前のフォルダー".repeat(5)).join("a, 'b' c");
    let cluster = Cluster::start(&long, &FAST).unwrap();
    let sockets = cluster.place.sockets().to_owned();
    assert!(sockets.starts_with("/tmp") && cluster.url(DATABASE).len() < 100);
    assert_eq!(cluster.query(DATABASE, "SELECT 1").unwrap().trim(), "1");
    cluster.stop().unwrap();

    // Somebody else has put something there in the meantime.
    fs::set_permissions(&sockets, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(matches!(Cluster::start(&long, &FAST), Err(ClusterError::NotOurs { .. })));
    fs::remove_dir_all(&sockets).unwrap();
}

#[test]
fn data_of_a_version_that_is_not_installed_is_left_alone() {
    let folder = Folder::new(0o755);
    let data = folder.path().join("postgres/data");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("PG_VERSION"), "9\n").unwrap();
    if let Some(account) = Place::prepare(Folder::new(0o755).path()).unwrap().account() {
        std::os::unix::fs::chown(&data, Some(account.user), Some(account.group)).unwrap();
    }
    let error = Cluster::start(folder.path(), &FAST).unwrap_err();
    assert!(matches!(error, ClusterError::OtherVersion { version: 9, .. }), "{error}");
    assert!(error.to_string().contains(" / "));
}
