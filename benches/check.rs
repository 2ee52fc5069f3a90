//! How fast a table is checked, beside the least that reading it can cost: whole processes, interleaved with the bare loop
//! of the csv crate over the same file. A million rows of 34 columns are made first, one in a hundred with an error.
//! `MACHIKURA_BENCH_ROWS` sets another size.

#[path = "support/tables.rs"]
mod tables;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use machikura::standard::Registry;
use machikura::tabular::Upload;
use machikura::validate::{self, Recipe, Request, repair};

/// Interleaved runs; the median of each is shown.
const RUNS: usize = 5;

/// What is measured: the name for the child process, the title, the file, and the floor that it stands beside.
const MEASURED: [(&str, &str, &str, usize); 5] = [
    ("loop", "csv loop (floor)", "utf8.csv", 0),
    ("check", "check, UTF-8", "utf8.csv", 0),
    ("decode", "decode and csv loop (floor)", "cp932.csv", 2),
    ("check", "check, CP932", "cp932.csv", 2),
    ("correct", "check and correct, UTF-8", "utf8.csv", 0),
];

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
    let mut runs: [Vec<(Duration, u64)>; MEASURED.len()] = Default::default();
    for _ in 0..RUNS {
        for (runs, (work, _, file, _)) in runs.iter_mut().zip(MEASURED) {
            runs.push(run(work, &folder.join(file)));
        }
    }
    std::fs::remove_dir_all(&folder).expect("our own folder");
    let medians = runs.map(|mut runs| {
        runs.sort_unstable();
        (runs[RUNS / 2].0.as_secs_f64(), runs.iter().map(|(_, peak)| *peak).max().unwrap_or(0))
    });
    for ((_, title, _, floor), (seconds, peak)) in MEASURED.iter().zip(medians) {
        let ratio = seconds / medians[*floor].0;
        println!("{title:<30} {seconds:>8.3} s   {ratio:>6.2} x its floor   peak {:>5} MB", peak / 1_000);
    }
}

/// Runs a process to its end: how long it takes and how much memory it needs, in kilobytes as far as Linux tells.
fn run(work: &str, path: &Path) -> (Duration, u64) {
    let own = std::env::current_exe().expect("this program");
    // Without the feature `server` there is no such program.
    let machikura = option_env!("CARGO_BIN_EXE_machikura").filter(|path| Path::new(path).exists());
    let mut command = match machikura {
        Some(machikura) if work == "check" => {
            let mut command = Command::new(machikura);
            command.args(["validate", "--format", "json", "--standard", "aed"]).arg(path);
            command
        }
        _ => {
            let mut command = Command::new(own);
            command.arg(work).arg(path);
            command
        }
    };
    let begin = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().expect("a process");
    let mut peak = 0;
    while child.try_wait().expect("a child").is_none() {
        peak = peak_memory(child.id()).unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    (begin.elapsed(), peak)
}

/// The most memory that a process has had so far, in kilobytes.
fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
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
        "check" => {
            let request = Request { standard: Registry::embedded().find("aed"), ..Request::new(Registry::embedded()) };
            let upload = Upload::from_file(path, None);
            let checked = validate::check(&upload, &request).expect("a table");
            assert!(checked.report.errors > 0, "the errors were found");
            checked.report.rows()
        }
        "correct" => {
            let mut out = BufWriter::new(io::sink());
            let request = Request { standard: Registry::embedded().find("aed"), ..Request::new(Registry::embedded()) };
            let upload = Upload::from_file(path, None);
            let repaired = repair(&upload, &request, &Recipe::default(), &mut out, &mut |_| Ok(()));
            repaired.expect("a table").cells
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
