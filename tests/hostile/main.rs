//! Files made to harm: whatever comes in, the answer is a report or a clear refusal, the memory of server and child
//! together stays within its bound, and the next request is answered.
#![cfg(feature = "server")]

mod containers;
mod files;
mod server;

use containers::{CONTAINERS, Container, Grid};
use serde_json::Value;
use server::{Answer, Server};

/// Megabytes above idle that one upload may need: the setting, and as much again as measuring is inexact.
const MOST_MB: u64 = 256 + 32;

/// What any bytes may be answered with.
const STATUSES: [u16; 5] = [200, 400, 413, 415, 422];

/// Limits that small tables can meet, so that each container can be held to each.
const SMALL: [(&str, &str); 6] = [
    ("MACHIKURA_MAX_ROWS", "50"),
    ("MACHIKURA_MAX_COLUMNS", "20"),
    ("MACHIKURA_MAX_CELLS", "400"),
    ("MACHIKURA_MAX_CELL_CHARACTERS", "100"),
    ("MACHIKURA_MAX_ROW_CHARACTERS", "300"),
    ("MACHIKURA_MAX_UNPACKED", "60000"),
];

/// A limit that is met: its word, its place in [`SMALL`], and the line where there is one.
type Met = (&'static str, usize, Option<u64>);

/// Tables that just stay within a limit, and that meet it.
fn tables() -> Vec<(Option<Met>, Grid)> {
    let grid = |rows: usize, columns: usize| Grid::new(rows, columns);
    vec![
        (None, grid(50, 3)),
        (Some(("rows", 0, Some(51))), grid(51, 3)),
        (None, grid(3, 20)),
        (Some(("columns", 1, Some(1))), grid(3, 21)),
        (None, grid(20, 20)),
        (Some(("cells", 2, None)), grid(45, 10)),
        (None, grid(5, 3).with(3, 1, 100)),
        (Some(("cell-characters", 3, Some(4))), grid(5, 3).with(3, 1, 101)),
        (None, grid(5, 3).with(2, 0, 98).with(2, 1, 98).with(2, 2, 98)),
        (Some(("row-characters", 4, Some(3))), grid(5, 4).with(2, 0, 98).with(2, 1, 98).with(2, 2, 98).with(2, 3, 98)),
    ]
}

#[track_caller]
fn assert_limit(answer: &Answer, (word, setting, line): Met, what: &str) {
    let (name, value) = SMALL[setting];
    assert_eq!(answer.status, 413, "{what}: {}", answer.body);
    let error = &answer.json()["errors"][0];
    assert_eq!(error["limit"], word, "{what}: {error}");
    assert_eq!((&error["setting"], error["value"].to_string()), (&Value::from(name), value.to_owned()), "{what}");
    if let Some(line) = line {
        assert_eq!(error["line"], line, "{what}: {error}");
    }
    let detail = answer.json()["detail"].as_str().expect("a sentence").to_owned();
    assert!(detail.replace(',', "").contains(value) && detail.contains("上限"), "{what}: {detail}");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains(name)), "{what}: {error}");
}

#[test]
fn every_container_is_held_to_every_limit() {
    let server = Server::start(&SMALL);
    let mut cases = 0;
    for Container { name, encode } in CONTAINERS {
        for (expected, grid) in tables() {
            let bytes = encode(&grid);
            let what = format!("{name}, {expected:?}");
            let answer = server.check(&bytes);
            match expected {
                None => assert_eq!(answer.status, 200, "{what}: {}", answer.body),
                Some(expected) => assert_limit(&answer, expected, &what),
            }
            cases += 1;
        }
    }
    // Unpacked bytes, for what is packed.
    for Container { name, encode } in CONTAINERS.iter().filter(|container| container.is_packed()) {
        let answer = server.check(&encode(&Grid::new(50, 3).with_all(90)).repeat(1));
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
        let members = files::zip(&[("stops.txt", "stop_id\n".repeat(9_000).as_bytes())]);
        assert_limit(&server.check(&members), ("unpacked-bytes", 5, None), name);
        cases += 2;
    }
    println!("{cases} cases");
    assert!(cases >= 100, "{cases}");
}

#[test]
fn damaged_files_are_refused_or_read() {
    let server = Server::start(&[]);
    let idle = server.memory_mb();
    let grid = Grid::new(40, 8);
    let mut cases = 0;
    for Container { name, encode } in CONTAINERS {
        let whole = encode(&grid);
        for part in 1..6 {
            let cut = &whole[..whole.len() * part / 6];
            let mut flipped = whole.clone();
            for place in 0..8 {
                let at = (place * 7_919 + part * 104_729) % flipped.len();
                flipped[at] ^= u8::try_from(1 << (place % 8)).expect("a bit");
            }
            for (how, bytes) in [("cut", cut), ("flipped", &flipped)] {
                let answer = server.check(bytes);
                assert!(STATUSES.contains(&answer.status), "{name} {how} {part}: {} {}", answer.status, answer.body);
                assert!(!answer.body.is_empty() && !answer.body.contains("panicked"), "{name} {how} {part}");
                cases += 1;
            }
        }
    }
    assert!(server.peak_mb() <= idle + MOST_MB, "{} MB over {idle}", server.peak_mb());
    println!("{cases} cases");
}

#[test]
fn large_hostile_files_stay_within_the_bound() {
    // Fewer rows than usual, since the program that is tested reads them many times slower than the one that is used.
    let server = Server::start(&[("MACHIKURA_MAX_ROWS", "250000")]);
    server.check(files::table(3).as_bytes());
    let idle = server.memory_mb();
    let mut wrong = Vec::new();
    for (name, expected, bytes) in files::hostile() {
        server.forget_peak();
        let begin = std::time::Instant::now();
        let answer = server.check(&bytes());
        let (peak, took) = (server.peak_mb().saturating_sub(idle), begin.elapsed());
        println!("{name}: {} {peak} MB {took:.1?}", answer.status);
        let told = match expected {
            files::Expected::Limit(limit) => answer.status == 413 && answer.json()["errors"][0]["limit"] == limit,
            files::Expected::Status(status) => answer.status == status,
            files::Expected::Standard(slug) => answer.status == 200 && answer.json()["standard"] == slug,
        };
        if !told {
            wrong.push(format!("{name}: {} {:.300}", answer.status, answer.body));
        }
        if peak > MOST_MB {
            wrong.push(format!("{name}: {peak} MB over {idle}"));
        }
        assert_eq!(server.get("/healthz").status, 200, "after {name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(server.memory_mb() <= idle + 96, "{} MB stay, {idle} before", server.memory_mb());
}

#[test]
fn uploads_at_the_same_time_share_their_memory() {
    let server = Server::start(&[]);
    server.check(files::table(3).as_bytes());
    let idle = server.memory_mb();
    let names = ["rows of one worksheet", "columns", "a quotation mark that never closes", "a long line"];
    let hostile: Vec<Vec<u8>> =
        files::hostile().into_iter().filter(|(name, _, _)| names.contains(name)).map(|(_, _, bytes)| bytes()).collect();
    assert_eq!(hostile.len(), names.len());
    std::thread::scope(|scope| {
        for bytes in hostile.iter().cycle().take(12) {
            scope.spawn(|| assert!([200, 413, 503].contains(&server.check(bytes).status)));
        }
    });
    assert!(server.peak_mb() <= idle + 1_024, "{} MB over {idle}", server.peak_mb());
    assert_eq!(server.check(files::table(3).as_bytes()).status, 200);
}
