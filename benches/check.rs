//! How fast a table is checked and corrected, beside the least that reading it can cost: the bare loop of the csv crate
//! over the same file, in the same run. `MACHIKURA_BENCH_ROWS` sets the size (default 200,000 rows).

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use machikura::standard::Registry;
use machikura::tabular::Upload;
use machikura::validate::{self, Recipe, Request, repair};

/// Interleaved runs; the median of each is shown.
const RUNS: usize = 5;

fn main() {
    #[expect(clippy::disallowed_methods, reason = "a benchmark has no settings")]
    let rows = std::env::var("MACHIKURA_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(200_000);
    let folder = tempfile::tempdir().expect("a folder");
    let utf8 = folder.path().join("aed.csv");
    let cp932 = folder.path().join("aed.sjis.csv");
    let text = table(rows);
    std::fs::write(&utf8, &text).expect("written");
    std::fs::write(&cp932, encoding_rs::SHIFT_JIS.encode(&text).0).expect("written");
    drop(text);
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len()) / 1_000_000;
    println!("{rows} rows, 1 % with an error; {} MB UTF-8, {} MB CP932; median of {RUNS}", size(&utf8), size(&cp932));

    let mut times: [Vec<Duration>; 5] = Default::default();
    for _ in 0..RUNS {
        times[0].push(timed(|| bare_loop(&utf8)));
        times[1].push(timed(|| check(&utf8)));
        times[2].push(timed(|| decode_and_loop(&cp932)));
        times[3].push(timed(|| check(&cp932)));
        times[4].push(timed(|| correct(&utf8)));
    }
    let [bare, utf8, decoded, cp932, corrected] = times.map(median);
    let show = |what: &str, time: Duration, floor: Duration| {
        let ratio = time.as_secs_f64() / floor.as_secs_f64();
        println!("{what:<34} {:>8.3} s   {ratio:>6.2} x its floor", time.as_secs_f64());
    };
    show("csv loop (floor)", bare, bare);
    show("check, UTF-8", utf8, bare);
    show("check and correct, UTF-8", corrected, bare);
    show("decode and csv loop (floor)", decoded, decoded);
    show("check, CP932", cp932, decoded);
}

fn timed(work: impl FnOnce() -> u64) -> Duration {
    let begin = Instant::now();
    std::hint::black_box(work());
    begin.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn bare_loop(path: &Path) -> u64 {
    records(File::open(path).expect("just written"))
}

fn decode_and_loop(path: &Path) -> u64 {
    let bytes = std::fs::read(path).expect("just written");
    records(encoding_rs::SHIFT_JIS.decode(&bytes).0.as_bytes())
}

fn records(source: impl std::io::Read) -> u64 {
    let mut reader = csv::Reader::from_reader(source);
    let (mut record, mut count) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record).expect("a sound CSV") {
        count += 1;
    }
    count
}

fn check(path: &Path) -> u64 {
    let upload = Upload::from_file(path, Some("331007_aed.csv"));
    let checked = validate::check(&upload, &Request::new(Registry::embedded())).expect("a table");
    assert!(checked.report.errors > 0, "the errors were found");
    checked.report.rows()
}

fn correct(path: &Path) -> u64 {
    let upload = Upload::from_file(path, Some("331007_aed.csv"));
    let mut out = BufWriter::new(std::io::sink());
    let repaired = repair(&upload, &Request::new(Registry::embedded()), &Recipe::default(), &mut out, &mut |_| Ok(()));
    out.flush().expect("a sink takes everything");
    repaired.expect("a table").cells
}

/// Rows like those of the AED sample, each with an ID of its own, every hundredth with a time that is none.
fn table(rows: usize) -> String {
    let sample = Registry::embedded().find("aed").and_then(|aed| aed.main_table().current().sample.as_deref());
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(sample.expect("a sample").as_bytes());
    let sample: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a sound CSV")).collect();
    let place = |name: &str| sample[0].iter().position(|heading| heading == name).expect("a column");
    let (id, time, name) = (place("ID"), place("開始時間"), place("名称"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&sample[0]).expect("a Vec takes everything");
    for number in 0..rows {
        let row = &sample[1 + number % (sample.len() - 1)];
        let cells = row.iter().enumerate().map(|(column, cell)| match column {
            _ if column == id => format!("FF{number:010}"),
            _ if column == name => format!("{cell}{number}"),
            _ if column == time && number % 100 == 0 => "9時".to_owned(),
            _ => cell.to_owned(),
        });
        writer.write_record(cells).expect("a Vec takes everything");
    }
    String::from_utf8(writer.into_inner().expect("a Vec takes everything")).expect("the sample is UTF-8")
}
