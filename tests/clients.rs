//! What clients that others wrote make of the server and of its files: frictionless, openpyxl, pyarrow, duckdb,
//! icalendar, GDAL and schemathesis.
//!
//! `MACHIKURA_CLIENTS` names the folder of the programs in tests/clients/requirements.txt (`make clients` installs them);
//! without it there is nothing to test.

#![cfg(feature = "server")]

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

#[test]
fn frictionless_finds_every_sample_valid_and_a_damaged_copy_invalid() {
    let Some(clients) = clients() else { return };
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let tables =
        Command::new(clients.join("python")).arg(file("tables.py")).arg(&server.base).arg(folder.path()).output();
    let tables = tables.expect("python runs");
    let output = both(&tables);
    assert!(tables.status.success(), "{output}");
    assert!(output.contains(&format!("{} datasets valid", server.datasets().len())), "{output}");
    // The program itself, as a municipality would call it.
    for (table, is_valid) in [("331007_aed.csv", true), ("damaged-id-twice.csv", false)] {
        let mut frictionless = Command::new(clients.join("frictionless"));
        let run = frictionless.args(["validate", table, "--schema", "aed.json"]).current_dir(folder.path()).output();
        let run = run.expect("frictionless runs");
        assert_eq!(run.status.success(), is_valid, "{table}: {}", both(&run));
    }
}

#[test]
fn frictionless_and_openpyxl_read_the_reports_and_the_template() {
    let Some(clients) = clients() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let faulty = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/aed/invalid.csv");
    for (name, arguments) in [
        ("frictionless.json", ["validate", faulty, "--format", "frictionless"]),
        ("marked.xlsx", ["validate", faulty, "--format", "xlsx"]),
        ("template.xlsx", ["standards", "aed", "--format", "xlsx"]),
    ] {
        let run = Command::new(env!("CARGO_BIN_EXE_machikura")).args(arguments).output().expect("it runs");
        assert!(run.stderr.is_empty(), "{name}: {}", String::from_utf8_lossy(&run.stderr));
        fs::write(folder.path().join(name), run.stdout).expect("written");
    }
    let run = Command::new(clients.join("python")).arg(file("reports.py")).arg(folder.path()).output();
    let output = both(&run.expect("python runs"));
    assert!(output.contains("reports read"), "{output}");
}

#[test]
fn every_format_is_read_by_the_programs_for_it() {
    let Some(clients) = clients() else { return };
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let mut python = Command::new(clients.join("python"));
    let run = python.arg(file("formats.py")).args([&server.base, &server.token]).arg(folder.path()).output();
    let output = both(&run.expect("python runs"));
    assert!(output.contains(&format!("{} datasets read", server.datasets().len())), "{output}");
}

#[test]
fn gdal_reads_every_geojson_and_kml() {
    if Command::new("ogrinfo").arg("--version").output().is_err() {
        println!("skipped: there is no ogrinfo (package gdal-bin)");
        return;
    }
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let mut maps = 0;
    for dataset in server.datasets() {
        let id = dataset["id"].as_str().expect("an id");
        let distributions = dataset["distributions"].as_array().expect("distributions");
        for (format, driver) in [("geojson", "using driver `GeoJSON'"), ("kml", "KML'")] {
            let is_wanted = |distribution: &&Value| distribution["format"] == format;
            let Some(map) = distributions.iter().find(is_wanted) else { continue };
            let path = folder.path().join(format!("{id}.{format}"));
            fs::write(&path, server.get(map["url"].as_str().expect("an address"))).expect("written");
            let run = Command::new("ogrinfo").args(["-ro", "-al", "-so"]).arg(&path).output().expect("ogrinfo runs");
            let output = both(&run);
            assert!(run.status.success() && run.stderr.is_empty(), "{id}: {output}");
            assert!(output.contains(driver) && output.contains("Geometry: "), "{id}: {output}");
            assert_eq!(line(&output, "Feature Count: "), dataset["records"].to_string(), "{id}: {output}");
            let extent: Vec<f64> =
                line(&output, "Extent: ").split(['(', ')', ',', ' ']).filter_map(|word| word.parse().ok()).collect();
            let bounds: Vec<f64> = serde_json::from_value(dataset["bbox"].clone()).expect("four numbers");
            let is_same =
                extent.len() == 4 && extent.iter().zip(&bounds).all(|(found, told)| (found - told).abs() < 2e-6);
            assert!(is_same, "{id}: {extent:?}, but {bounds:?}");
            maps += 1;
        }
    }
    assert!(maps > 0, "no dataset has coordinates");
}

#[test]
fn schemathesis_finds_no_answer_outside_the_document() {
    let Some(clients) = clients() else { return };
    let server = Server::start();
    // It leaves folders where it runs.
    let folder = tempfile::tempdir().expect("a folder");
    let run = Command::new(clients.join("schemathesis"))
        .args(["--no-color", "--config-file", &file("schemathesis.toml")])
        .args(["run", &format!("{}/openapi.json", server.base)])
        .args(["--header", &format!("Authorization: Bearer {}", server.token)])
        // One after the other: on Python 3.11 two threads that read sources at once spoil each other's.
        .args(["--workers", "1", "--continue-on-failure"])
        .env("SCHEMATHESIS_HOOKS", file("hooks.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(folder.path())
        .output()
        .expect("schemathesis runs");
    assert!(run.status.success(), "{}", both(&run));
    // actix_http reports what is no HTTP as an error; schemathesis sends some of that too.
    let log = server.log();
    let is_fault = |line: &&str| line.contains("panicked") || line.contains("ERROR") && !line.contains("actix_http");
    assert_eq!(log.lines().find(is_fault), None, "{log}");
}

/// The folder of the programs.
#[expect(clippy::disallowed_methods, reason = "a setting of the tests, not of the program")]
fn clients() -> Option<PathBuf> {
    let folder = std::env::var_os("MACHIKURA_CLIENTS").filter(|folder| !folder.is_empty());
    if folder.is_none() {
        println!("skipped: MACHIKURA_CLIENTS does not name the folder of the clients (make clients)");
    }
    folder.map(PathBuf::from)
}

/// A file that belongs to these tests.
fn file(name: &str) -> String {
    format!("{}/tests/clients/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn both(run: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr))
}

/// What follows a word at the beginning of a line.
fn line<'a>(text: &'a str, word: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(word)).unwrap_or_default()
}

/// The program itself, with the sample catalogue in a database of its own.
struct Server {
    child: Child,
    base: String,
    token: String,
    var: TempDir,
    /// Kept open: the program may write to it.
    _out: BufReader<ChildStdout>,
}

impl Server {
    fn start() -> Server {
        // Started by root, PostgreSQL runs as another user, who must be able to enter.
        let var = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().expect("a folder");
        let mut program = Command::new(env!("CARGO_BIN_EXE_machikura"));
        program.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--sample",
            "true",
            "--checks-per-minute",
            "1000000",
            "--var",
        ]);
        program.arg(var.path()).stdin(Stdio::null()).stdout(Stdio::piped());
        program.stderr(File::create(log_file(var.path())).expect("a log"));
        for setting in ["DATABASE_URL", "MACHIKURA_PUBLIC_URL", "MACHIKURA_DATASETS", "MACHIKURA_LOG"] {
            program.env_remove(setting);
        }
        let mut child = program.spawn().expect("the server starts");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let mut said = String::new();
        let token = loop {
            let from = said.len();
            if out.read_line(&mut said).expect("its output is text") == 0 {
                let log = fs::read_to_string(log_file(var.path())).unwrap_or_default();
                panic!("the server ended before it said all: {said}{log}");
            }
            if let Some(token) = said[from..].trim().strip_prefix("mk_") {
                break format!("mk_{token}");
            }
        };
        let base = line(&said, "listening on ").to_owned();
        Server { child, base, token, var, _out: out }
    }

    fn get(&self, path: &str) -> Vec<u8> {
        let answer = ureq::get(format!("{}{path}", self.base)).call();
        answer.expect("an answer").into_body().read_to_vec().expect("a body")
    }

    fn datasets(&self) -> Vec<Value> {
        let page: Value = serde_json::from_slice(&self.get("/api/v1/datasets?limit=1000")).expect("JSON");
        page["datasets"].as_array().expect("datasets").clone()
    }

    /// What it has written to standard error.
    fn log(&self) -> String {
        fs::read_to_string(log_file(self.var.path())).expect("the log")
    }
}

impl Drop for Server {
    /// As Ctrl-C: the program stops its PostgreSQL too.
    fn drop(&mut self) {
        let is_told = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        if !is_told.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let ended = self.child.wait();
        assert!(ended.is_ok() || std::thread::panicking(), "the server does not end");
    }
}

fn log_file(var: &Path) -> PathBuf {
    var.join("server.log")
}
