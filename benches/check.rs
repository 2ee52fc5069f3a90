//! How fast a table is checked and corrected, beside the least that reading it can cost and beside the peers that are
//! installed: whole processes, interleaved with the bare loop of the csv crate over the same file. A million rows of 34
//! columns are made first, one in a hundred with an error. `MACHIKURA_BENCH_ROWS` sets another size.

#[path = "peers/rules.rs"]
mod rules;
#[path = "support/tables.rs"]
mod tables;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use machikura::standard::Registry;
use machikura::tabular::Upload;
use machikura::text::Lang;
use machikura::validate::report::{self, Wording};
use machikura::validate::{self, Request};

/// Interleaved runs; the median of each is shown.
const RUNS: usize = 5;

/// frictionless gets this part of the rows.
const PART: usize = 10;

/// The place of the check in the list: corrections and peers stand beside it.
const CHECK: usize = 1;

/// The corrected table.
const FIXED: &str = "fixed.csv";

/// What is measured.
struct Measured {
    title: &'static str,
    /// The program and its arguments.
    command: Vec<OsString>,
    /// The place in the list of what it stands beside.
    beside: usize,
    /// How many times as many rows the others have.
    times: usize,
    /// How many faults a peer must report.
    faults: Option<usize>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let [work, path] = &arguments[..] {
        return work_off(work, Path::new(path));
    }
    #[expect(clippy::disallowed_methods, reason = "a benchmark has no settings")]
    let rows = std::env::var("MACHIKURA_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000);
    let folder = std::env::temp_dir().join(format!("machikura-bench-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a folder");
    tables::write(&folder, rows).expect("room for the tables");
    let megabytes = |name: &str| std::fs::metadata(folder.join(name)).expect("just written").len() / 1_000_000;
    println!(
        "{rows} rows of 34 columns, 1 % with an error; {} MB UTF-8, {} MB CP932; median of {RUNS} processes",
        megabytes("utf8.csv"),
        megabytes("cp932.csv")
    );
    let mut measured = own(&folder);
    measured.extend(peers(&folder, rows));
    let mut runs: Vec<Vec<Usage>> = measured.iter().map(|_| Vec::new()).collect();
    for _ in 0..RUNS {
        for (runs, measured) in runs.iter_mut().zip(&measured) {
            // As for who corrects a file for the first time. Mostly there is none.
            let _ = std::fs::remove_file(folder.join(FIXED));
            runs.push(run(measured, &folder.join("said")));
        }
    }
    std::fs::remove_dir_all(&folder).expect("our own folder");
    let medians: Vec<Usage> = runs.iter().zip(&measured).map(|(runs, measured)| median(runs, measured.times)).collect();
    for (measured, Usage { seconds, cpu, peak }) in measured.iter().zip(&medians) {
        let ratio = seconds / medians[measured.beside].seconds;
        let of = if measured.beside == CHECK { "the check" } else { "its floor" };
        println!(
            "{:<46} {seconds:>8.3} s   {ratio:>6.2} x {of}   CPU {cpu:>7.2} s   peak {:>5} MB",
            measured.title,
            peak / 1_000
        );
    }
}

/// The median of each, as if for so many times as many rows; the most memory of all.
fn median(runs: &[Usage], times: usize) -> Usage {
    let middle = |of: &dyn Fn(&Usage) -> f64| {
        let mut values: Vec<f64> = runs.iter().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        values[values.len() / 2] * times as f64
    };
    Usage {
        seconds: middle(&|usage| usage.seconds),
        cpu: middle(&|usage| usage.cpu),
        peak: runs.iter().map(|usage| usage.peak).max().unwrap_or(0),
    }
}

/// machikura and its floors.
fn own(folder: &Path) -> Vec<Measured> {
    let own = std::env::current_exe().expect("this program");
    // Without the feature `server` there is no such program.
    let machikura = option_env!("CARGO_BIN_EXE_machikura").filter(|path| Path::new(path).exists());
    let measured = |work: &str, title, file, beside| {
        let mut command: Vec<OsString> = match machikura {
            Some(machikura) if work.starts_with("check") => {
                let format = if work == "check" { "text" } else { "json" };
                [machikura, "validate", "--format", format, "--standard", "aed"].map(OsString::from).into()
            }
            _ => vec![own.clone().into(), work.into()],
        };
        command.push(folder.join(file).into());
        Measured { title, command, beside, times: 1, faults: None }
    };
    let mut all = vec![
        measured("loop", "csv loop (floor)", "utf8.csv", 0),
        measured("check", "check, UTF-8", "utf8.csv", 0),
        measured("decode", "decode and csv loop (floor)", "cp932.csv", 2),
        measured("check", "check, CP932", "cp932.csv", 2),
        measured("check-json", "check, UTF-8, JSON with SHA-256 of the file", "utf8.csv", 0),
    ];
    if let Some(machikura) = machikura {
        for (title, class) in [("fix, UTF-8", "lossless"), ("fix, UTF-8, what is likely too", "likely")] {
            let mut command: Vec<OsString> =
                [machikura, "fix", "--standard", "aed", "--fix", class, "-o"].map(OsString::from).into();
            command.push(folder.join(FIXED).into());
            command.push(folder.join("utf8.csv").into());
            all.push(Measured { title, command, beside: CHECK, times: 1, faults: None });
        }
    }
    all
}

/// The peers that are installed, beside the check of the same file; says which are not.
fn peers(folder: &Path, rows: usize) -> Vec<Measured> {
    let part = folder.join("part");
    std::fs::create_dir(&part).expect("a folder");
    tables::write(&part, rows / PART).expect("room for the tables");
    std::fs::write(folder.join("table_schema.json"), rules::table_schema().to_string()).expect("room");
    std::fs::write(folder.join("json_schema.json"), rules::json_schema().to_string()).expect("room");

    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = folder.join("utf8.csv");
    let measured = |title, command: &[&dyn AsRef<OsStr>], times, faults| {
        let command = command.iter().map(|word| word.as_ref().to_owned()).collect();
        Measured { title, command, beside: CHECK, times, faults: Some(faults) }
    };
    let faults = |rows: usize| (0..rows / 100).filter(|number| tables::is_seen_alone(*number)).count();
    let mut peers = Vec::new();
    let environment = project.join("var/peers/check");
    if environment.join("installed").exists() {
        let python = environment.join("bin/python");
        let duckdb = project.join("benches/peers/duckdb_check.py");
        for (title, with_check_digits, faults) in [
            ("DuckDB, the rules of cells", false, faults(rows)),
            ("DuckDB, the rules of cells and check digits", true, rows / 100),
        ] {
            let statement = rules::sql(&table, with_check_digits);
            peers.push(measured(title, &[&python, &duckdb, &statement], 1, faults));
        }
        let frictionless = project.join("benches/peers/frictionless_check.py");
        let words: [&dyn AsRef<OsStr>; 4] =
            [&python, &frictionless, &part.join("utf8.csv"), &folder.join("table_schema.json")];
        peers.push(measured("frictionless, ten times a tenth of the rows", &words, PART, faults(rows / PART)));
    } else {
        println!("DuckDB と frictionless は入っていません / are not installed: make bench-peers");
    }
    match ["qsvlite", "qsv"].into_iter().find(|qsv| Command::new(qsv).arg("--version").output().is_ok()) {
        Some(qsv) => {
            let words: [&dyn AsRef<OsStr>; 4] = [&qsv, &"validate", &table, &folder.join("json_schema.json")];
            peers.push(measured("qsv validate, JSON Schema", &words, 1, faults(rows)));
        }
        None => println!("qsv は PATH にありません / is not on the PATH: https://github.com/dathere/qsv"),
    }
    peers
}

/// What a process took.
#[derive(Clone, Copy, Default)]
struct Usage {
    seconds: f64,
    /// Of all its threads, in seconds, as far as Linux tells.
    cpu: f64,
    /// The most memory, in kilobytes, as far as Linux tells.
    peak: u64,
}

/// Runs a process to its end.
fn run(measured: &Measured, said: &Path) -> Usage {
    let mut command = Command::new(&measured.command[0]);
    command.args(&measured.command[1..]).stdout(Stdio::null()).stderr(Stdio::null());
    if measured.faults.is_some() {
        let file = File::create(said).expect("room");
        command.stdout(file.try_clone().expect("a file")).stderr(file);
    }
    let begin = Instant::now();
    let mut child = command.spawn().expect("a process");
    let mut usage = Usage::default();
    while child.try_wait().expect("a child").is_none() {
        usage.peak = peak_memory(child.id()).unwrap_or(usage.peak);
        usage.cpu = cpu(child.id()).unwrap_or(usage.cpu);
        std::thread::sleep(Duration::from_millis(2));
    }
    usage.seconds = begin.elapsed().as_secs_f64();
    if let Some(faults) = measured.faults {
        let said = std::fs::read_to_string(said).expect("just written");
        let mut numbers = said.split(|letter: char| !letter.is_ascii_digit() && letter != ',');
        let is_found = numbers.any(|number| number.replace(',', "") == faults.to_string());
        assert!(is_found, "{}: {faults} rows with faults, but {said}", measured.title);
    }
    usage
}

/// The most memory that a process has had so far, in kilobytes.
fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// What a process has had of the processors so far, in seconds.
fn cpu(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name may hold anything but is in brackets; then the 12th and 13th, in hundredths.
    let (_, fields) = status.rsplit_once(") ")?;
    let hundredths: Vec<f64> = fields.split(' ').skip(11).take(2).map_while(|field| field.parse().ok()).collect();
    Some(hundredths.iter().sum::<f64>() / 100.0)
}

/// What a child process does.
fn work_off(work: &str, path: &Path) {
    let file = || File::open(path).expect("just written");
    let rows = match work {
        "loop" => records(file()),
        "decode" => {
            let bytes = std::fs::read(path).expect("just written");
            records(encoding_rs::SHIFT_JIS.decode(&bytes).0.as_bytes())
        }
        "check" | "check-json" => {
            let registry = Registry::embedded();
            let format = report::by_id(if work == "check" { "text" } else { "json" }).expect("a format");
            let digest = format.names_digest();
            let request = Request { standard: registry.find("aed"), digest, ..Request::new(registry) };
            let checked = validate::check(&Upload::from_file(path, None), &request).expect("a table");
            let wording = Wording { registry, lang: Lang::Ja, in_colour: false };
            format.write(&checked, &wording, &mut io::sink()).expect("a report");
            assert!(checked.report.errors > 0, "the errors were found");
            checked.report.rows()
        }
        _ => panic!("{work} is nothing that is measured"),
    };
    assert!(rows > 0, "there are rows");
}

fn records(source: impl io::Read) -> u64 {
    let mut reader = csv::Reader::from_reader(source);
    let (mut record, mut count) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record).expect("a sound CSV") {
        count += 1;
    }
    count
}
