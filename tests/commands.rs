//! The program itself, as an officer or an operator calls it.
#![cfg(feature = "server")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

fn machikura(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_machikura"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    // PostgreSQL's programs are looked for in it.
    #[expect(clippy::disallowed_methods, reason = "what the shell would give the program")]
    command.envs(std::env::vars().filter(|(name, _)| matches!(name.as_str(), "PATH" | "HOME" | "TMPDIR")));
    command
}

fn run(arguments: &[&str]) -> Output {
    machikura(arguments).output().expect("it runs")
}

/// Standard output of a command that succeeds.
#[track_caller]
fn output(arguments: &[&str]) -> String {
    let done = run(arguments);
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("UTF-8")
}

fn dataset(path: &str) -> String {
    format!("{}/datasets/{path}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_exit_status_of_a_check() {
    let folder = tempfile::tempdir().expect("a folder");
    let pdf = folder.path().join("a.pdf");
    std::fs::write(&pdf, "%PDF-1.7").expect("written");
    let pdf = pdf.to_str().expect("UTF-8");
    let [good, bad, missing] = ["aed/sample.csv", "aed/invalid.csv", "aed/missing.csv"].map(dataset);
    let cases: &[(&[&str], i32)] = &[
        (&[&good], 0),
        (&[&good, "--standard", "aed", "--organization", "331007"], 0),
        (&[&good, "--organization", "332020"], 1),
        (&[&bad], 1),
        (&[&good, &bad], 1),
        (&[&bad, &good], 1),
        (&[&good, "--standard", "event"], 1),
        (&[&missing], 2),
        (&[pdf], 2),
        (&[&good, pdf, &bad], 2),
        (&[&good, "--standard", "nothing"], 2),
        (&[&good, "--organization", "331008"], 2),
        (&[&good, "--format", "pdf"], 2),
        (&[], 2),
    ];
    for (arguments, status) in cases {
        let done = run(&[&["validate"], *arguments].concat());
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(*status), "{arguments:?}: {said}");
        assert_eq!(said.is_empty(), *status != 2, "{arguments:?}: {said}");
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_fault() {
    for format in ["text", "json"] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut check = machikura(&["validate", &dataset("aed/invalid.csv"), "--format", format]);
        let done = check.stdout(writer).output().expect("it runs");
        assert_eq!((done.status.code(), String::from_utf8_lossy(&done.stderr).as_ref()), (Some(1), ""), "{format}");
    }
}

#[test]
fn reports_for_people_and_for_machines() {
    let bad = dataset("aed/invalid.csv");
    let said = |arguments: &[&str]| {
        String::from_utf8(run(&[&["validate", bad.as_str()], arguments].concat()).stdout).expect("UTF-8")
    };
    for (lang, first, second) in [("ja", "開始時間", "    時刻は"), ("en", "開始時間", "    Write times")] {
        let text = said(&["--lang", lang]);
        let mut lines = text.lines().skip_while(|line| !line.contains("time-format"));
        let entry = lines.next().expect("an entry");
        assert!(entry.contains(first) && entry.ends_with("AC9") && !text.contains('\u{1b}'), "{text}");
        assert!(lines.next().is_some_and(|line| line.starts_with(second)), "{text}");
    }
    let report: Value = serde_json::from_str(&said(&["--format", "json", "--max-issues", "2"])).expect("JSON");
    assert_eq!((&report["valid"], &report["standard"]), (&Value::from(false), &Value::from("aed")));
    assert_eq!(report["file"]["name"], "invalid.csv");
    assert_eq!((report["issues"].as_array().map(Vec::len), &report["issues_truncated"]), (Some(2), &Value::from(true)));
}

#[test]
fn a_file_is_corrected_and_never_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let [file, out, recipe, patches, again] = ["a.csv", "out.csv", "r.json", "p.csv", "again.csv"].map(path);
    let sample = std::fs::read_to_string(dataset("aed/sample.csv")).expect("a sample");
    let (wrong, right) = (sample.replace("09:00", "9時"), sample.as_str());
    assert_ne!(wrong, right, "the sample has the time that is changed");
    std::fs::write(&file, &wrong).expect("written");
    let read =
        |path: &str| std::fs::read_to_string(path).expect("written").trim_start_matches('\u{feff}').replace('\r', "");

    let done = run(&["fix", &file, "-o", &out, "--save-recipe", &recipe, "--patches", &patches]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!((read(&out), read(&file)), (right.replace('\r', ""), wrong.replace('\r', "")));
    let changed = sample.matches("09:00").count();
    assert!(String::from_utf8_lossy(&done.stderr).contains(&format!("{changed} 個のセルを直しました")));
    assert_eq!(read(&patches).lines().count(), changed + 1);
    assert_eq!(run(&["fix", &file, "-o", &again, "--recipe", &recipe]).status.code(), Some(0));
    assert_eq!(read(&again), read(&out));

    // What stands there is written over, and who may read what is new is up to the user.
    std::fs::write(&again, "x".repeat(1 << 20)).expect("written");
    assert_eq!(run(&["fix", &file, "-o", &again]).status.code(), Some(0));
    assert_eq!(read(&again), read(&out));
    let permissions = |path: &str| std::fs::metadata(path).expect("written").permissions();
    assert_eq!((permissions(&out), permissions(&patches)), (permissions(&file), permissions(&file)));

    // Without -o the table goes to standard output, and what was done to standard error.
    let done = run(&["fix", &file, "--lang", "en"]);
    assert_eq!(String::from_utf8_lossy(&done.stdout).trim_start_matches('\u{feff}').replace('\r', ""), read(&out));
    assert!(String::from_utf8_lossy(&done.stderr).contains("cells corrected"));
    for (arguments, status) in [
        (vec!["fix", &file, "-o", &file], 2),
        (vec!["fix", &file, "--rules", "nothing"], 2),
        (vec!["fix", &file, "--recipe", &file], 2),
        (vec!["fix", &file, "--rules", "-time-format"], 1),
        (vec!["fix", "missing.csv"], 2),
    ] {
        assert_eq!(run(&arguments).status.code(), Some(status), "{arguments:?}");
    }
    assert_eq!(read(&file), wrong.replace('\r', ""), "the file itself is as it was");
}

#[test]
fn reports_in_every_format() {
    let [good, bad] = ["aed/sample.csv", "aed/invalid.csv"].map(dataset);
    let begins: [(&str, &[u8], bool); 7] = [
        ("text", b"invalid.csv\n", true),
        ("json", b"{\n", true),
        ("csv", b"\xEF\xBB\xBF", false),
        ("html", b"<!DOCTYPE html>", false),
        ("xlsx", b"PK\x03\x04", false),
        ("sarif", b"{\n  \"$schema\"", false),
        ("frictionless", b"{\n  \"valid\": false", false),
    ];
    for (format, begin, takes_several) in begins {
        let one = run(&["validate", &bad, "--format", format]);
        assert!(one.stdout.starts_with(begin) && one.status.code() == Some(1), "{format}");
        let two = run(&["validate", &good, &bad, "--format", format]);
        assert_eq!(two.status.code(), Some(if takes_several { 1 } else { 2 }), "{format}");
        let hint = String::from_utf8_lossy(&two.stderr).into_owned();
        assert_eq!(hint.contains("1 つのファイルだけ"), !takes_several, "{format}: {hint}");
    }
}

#[test]
fn standard_input() {
    let check = |content: Vec<u8>| {
        let mut child = machikura(&["validate", "-", "--format", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        child.stdin.take().expect("its input").write_all(&content).expect("it listens");
        let done = child.wait_with_output().expect("it ends");
        (done.status.code(), serde_json::from_slice::<Value>(&done.stdout).ok())
    };
    let (status, report) = check(std::fs::read(dataset("aed/sample.csv")).expect("a sample"));
    let report = report.expect("a report");
    assert_eq!((status, &report["valid"], &report["file"]["name"]), (Some(0), &Value::from(true), &Value::Null));
    assert_eq!(check(Vec::new()), (Some(2), None));
}

#[test]
fn a_further_folder_of_standards() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy");
    std::fs::create_dir(&copy).expect("made");
    for name in ["standard.json", "recommended.json", "sample.csv", "sample.recommended.csv"] {
        std::fs::copy(dataset(&format!("aed/{name}")), copy.join(name)).expect("copied");
    }
    let descriptor = std::fs::read_to_string(dataset("aed/datapackage.json")).expect("it");
    std::fs::write(copy.join("datapackage.json"), descriptor.replacen("\"aed\"", "\"defibrillator\"", 1))
        .expect("written");
    let folder = folder.path().to_str().expect("UTF-8");
    let sample = dataset("aed/sample.csv");
    let text = output(&["validate", &sample, "--standard", "defibrillator", "--datasets", folder]);
    assert!(text.contains("(defibrillator)"), "{text}");
    assert_eq!(run(&["validate", &sample, "--datasets", "/nowhere"]).status.code(), Some(2));
}

#[test]
fn the_standards() {
    let list = output(&["standards"]);
    assert!(list.lines().count() > 30 && list.contains("\taed\tAED設置箇所一覧\tAED locations\n"), "{list}");
    for line in output(&["standards", "--format", "json"]).lines() {
        let standard: Value = serde_json::from_str(line).expect("JSON");
        assert!(standard["slug"].is_string() && standard["title_en"].is_string());
    }
    assert!(output(&["standards", "aed"]).contains("◎ 名称\t"));
    let heading = output(&["standards", "aed", "--format", "csv"]);
    assert!(heading.starts_with("\u{feff}全国地方公共団体コード,ID,") && heading.ends_with("備考\r\n"));
    for (format, member) in
        [("json", "fields"), ("table-schema", "fields"), ("json-schema", "properties"), ("csvw", "tableSchema")]
    {
        let body: Value = serde_json::from_str(&output(&["standards", "aed", "--format", format])).expect("JSON");
        assert!(!body[member].is_null(), "{format}");
    }
    let done = run(&["standards", "nothing"]);
    assert_eq!((done.status.code(), done.stdout.is_empty()), (Some(1), true));
}

#[test]
fn the_api_description() {
    let document: Value = serde_json::from_str(&output(&["openapi"])).expect("JSON");
    assert!(document["paths"]["/api/v1/datasets/{id}"]["put"].is_object());
    assert!(document["components"]["schemas"]["aed"].is_object());
}

#[test]
fn every_command_explains_itself() {
    for command in ["serve", "validate", "standards", "organization", "token", "migrate", "openapi"] {
        assert!(!output(&[command, "--help"]).is_empty());
        assert_eq!(run(&[command, "--no-such-flag"]).status.code(), Some(2), "{command}");
    }
}

/// A server with a private database in a folder of its own.
struct Server {
    child: Child,
    base: String,
}

impl Server {
    fn start(var: &Path) -> Server {
        let var = var.to_str().expect("UTF-8");
        Server::spawn(machikura(&["serve", "--var", var, "--listen", "127.0.0.1:0", "--sample", "false"]))
    }

    fn spawn(mut command: Command) -> Server {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("its output")).read_line(&mut line).expect("it speaks");
        let base = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).to_owned();
        Server { child, base }
    }

    fn get(&self, path: &str) -> String {
        let answer = ureq::get(format!("{}{path}", self.base)).call().unwrap_or_else(|error| panic!("{path}: {error}"));
        answer.into_body().read_to_string().expect("a text")
    }

    /// The server has no chance to do anything about it.
    fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    fn terminate(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(&pid).status().expect("kill runs").success());
        assert!(self.child.wait().expect("gone").success());
    }
}

/// Where the private database of a folder is: as root, PostgreSQL runs as somebody else, who must be let in.
fn var() -> (TempDir, PathBuf) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir_in("/tmp").expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("opened");
    let var = folder.path().join("var");
    (folder, var)
}

#[test]
fn what_is_published_survives_the_death_of_the_server() {
    let (_folder, var) = var();
    let place = var.to_str().expect("UTF-8");
    let server = Server::start(&var);
    assert_eq!(server.get("/api/v1/datasets").split(',').next(), Some("{\"total\":0"));

    // Beside the running server.
    assert!(output(&["organization", "add", "33100", "--var", place]).starts_with("331007 岡山県岡山市 "));
    assert!(output(&["organization", "add", "331007", "--var", place]).contains("すでに"));
    let early = run(&["token", "create", "--organization", "332020", "--var", place]);
    assert!(String::from_utf8_lossy(&early.stderr).contains("machikura organization add 332020"));
    let token = output(&["token", "create", "--organization", "331007", "--role", "publisher", "--var", place]);
    let token = token.strip_suffix('\n').expect("a line");
    assert!(token.starts_with("mk_") && token.len() == 67 && !token.contains('\n'), "{token}");

    let table = std::fs::read(dataset("aed/sample.csv")).expect("a sample");
    let address = format!("{}/api/v1/datasets/331007_aed", server.base);
    let answer =
        ureq::put(address).header("Authorization", format!("Bearer {token}")).send(&table[..]).expect("published");
    assert_eq!(answer.status(), 201);
    let before = server.get("/api/v1/datasets/331007_aed/download.csv");
    server.kill();

    let server = Server::start(&var);
    assert_eq!(server.get("/api/v1/datasets/331007_aed/download.csv"), before);
    assert_eq!(server.get("/api/v1/datasets/331007_aed/download.source").as_bytes(), table);
    // The token is still good, and the same file is still the same.
    let address = format!("{}/api/v1/datasets/331007_aed", server.base);
    let answer = ureq::put(address).header("Authorization", format!("Bearer {token}")).send(&table[..]).expect("sent");
    let body: Value = answer.into_body().read_json().expect("JSON");
    assert_eq!((&body["version"], &body["unchanged"]), (&Value::from(1), &Value::from(true)));
    server.terminate();
    assert!(!var.join("postgres/data/postmaster.pid").exists(), "the database is stopped too");
}

#[test]
fn a_database_that_dies_is_started_again_until_the_server_is_stopped() {
    let (folder, var) = var();
    let log = folder.path().join("log");
    let mut command = machikura(&["serve", "--var", var.to_str().expect("UTF-8"), "--listen", "127.0.0.1:0"]);
    command.stderr(std::fs::File::create(&log).expect("a file"));
    let server = Server::spawn(command);
    let address = "/api/v1/datasets?limit=1";
    let before = server.get(address);
    let postmaster = || {
        let file = std::fs::read_to_string(var.join("postgres/data/postmaster.pid")).unwrap_or_default();
        file.lines().next().unwrap_or_default().to_owned()
    };
    let first = postmaster();
    assert!(Command::new("kill").args(["-9", &first]).status().expect("kill runs").success());
    // What was answered before is answered all the while.
    let begun = Instant::now();
    while postmaster() == first || !server.get("/readyz").contains("\"writes\":\"ok\"") {
        assert_eq!(server.get(address), before);
        assert!(begun.elapsed() < Duration::from_secs(60), "it stays dead");
        std::thread::sleep(Duration::from_millis(20));
    }
    server.get("/api/v1/datasets?limit=2");
    let said = std::fs::read_to_string(&log).expect("the log");
    assert!(said.contains("the private PostgreSQL has ended") && said.contains("runs again"), "{said}");
    server.terminate();
    assert!(!var.join("postgres/data/postmaster.pid").exists(), "nobody starts it again");
}

#[test]
fn mistakes_of_operators_are_explained() {
    let (_folder, var) = var();
    let place = var.to_str().expect("UTF-8");
    for (arguments, word) in [
        (["organization", "add", "331008", "--var", place], "331008"),
        (["token", "create", "--organization", "331008", place], "unexpected argument"),
        (["serve", "--config", "/nowhere.toml", "--var", place], "/nowhere.toml"),
        (["serve", "--database-url", "postgresql://nobody@127.0.0.1:1/x", "--var", place], ""),
        (["serve", "--listen", "nowhere", "--var", place], "--listen"),
    ] {
        let done = run(&arguments);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && said.contains(word) && !said.contains("panicked"), "{arguments:?}: {said}");
        assert!(done.stdout.is_empty());
    }
}
