//! Clients that send or take nothing, too many of them, and clients that are still sending when everything is said.

use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use machikura::config::Settings;
use machikura::http::problem::Code;
use machikura::standard::Registry;
use machikura::store;

use crate::support::app::TestApp;
use crate::support::database::{TestDatabase, connect};
use crate::support::raw::Raw;
use crate::support::tables::{sample, table};

const VALIDATE: &str = "/api/v1/validate";
const DATASET: &str = "/api/v1/datasets/331007_aed";
const SECOND: Duration = Duration::from_secs(1);

fn ask(method: &str, path: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n")
}

/// A server on a database that others use too.
fn on(database: &TestDatabase, change: impl FnOnce(&mut Settings)) -> TestApp {
    TestApp::spawn_on(store::Settings::new(database.url()), Registry::embedded().clone(), change)
}

/// Bodies of every kind that do not go on: more of them than there are threads, connections to the database and turns. The
/// last of six waits for `100 Continue`.
fn stalled(app: &TestApp) -> Vec<Raw> {
    let token = app.token_for("331007");
    let length = "Content-Length: 1000\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    let form = format!("{length}Content-Type: multipart/form-data; boundary=b\r\n");
    let part = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.csv\"\r\n\r\nab";
    let kinds = [
        ask("POST", VALIDATE, length) + "abc",
        ask("POST", VALIDATE, chunked) + "5\r\nab",
        ask("POST", VALIDATE, &form) + part,
        ask("POST", "/api/v1/standards/aed/records", length) + "{",
        ask("PUT", DATASET, &format!("{length}Authorization: Bearer {token}\r\n")),
        ask("POST", VALIDATE, &format!("{length}Expect: 100-continue\r\n")),
    ];
    kinds.iter().cycle().take(60).map(|kind| Raw::said(app, kind)).collect()
}

#[test]
fn a_body_that_does_not_go_on_holds_nothing_that_others_need() {
    let app = TestApp::spawn_with(|settings| {
        settings.body_timeout = 600 * SECOND;
        settings.uploads = 1;
    });
    let _stalled = stalled(&app);
    app.post(VALIDATE, sample("aed")).expect(200);
    app.publish("332020_aed", table("aed", 1, |_, set| set("全国地方公共団体コード", "332020")));
}

#[test]
fn a_body_that_does_not_go_on_is_given_up() {
    let app = TestApp::spawn_with(|settings| settings.body_timeout = SECOND);
    for (number, mut raw) in stalled(&app).into_iter().enumerate() {
        if number % 6 == 5 {
            assert_eq!(raw.hear_head().status, 100);
        }
        raw.hear().must_refuse(Code::RequestTimeout);
        raw.must_end();
    }
}

#[test]
fn a_body_may_take_its_time_as_long_as_it_goes_on() {
    let app = TestApp::spawn_with(|settings| settings.body_timeout = 2 * SECOND);
    let file = sample("aed").into_bytes();
    let mut raw = Raw::said(&app, ask("POST", VALIDATE, &format!("Content-Length: {}\r\n", file.len())));
    for piece in file.chunks(file.len().div_ceil(5)) {
        thread::sleep(SECOND / 2);
        raw.say(piece);
    }
    assert_eq!(raw.hear().status, 200);
}

#[test]
fn a_head_must_come_in_time_and_so_must_the_next_one() {
    let app = TestApp::spawn_with(|settings| settings.head_timeout = SECOND);
    let begin = Instant::now();
    let mut first = Raw::said(&app, "GET / HT");
    let mut second = Raw::said(&app, ask("GET", "/healthz", "") + "GET");
    assert_eq!(second.hear().status, 200);
    // Going on a byte at a time does not help, nor do line breaks where a request should begin.
    let mut blank = Raw::connect(&app);
    while begin.elapsed() < 2 * SECOND {
        thread::sleep(SECOND / 5);
        // It may be closed.
        drop(first.try_to_say(b"T"));
        drop(second.try_to_say(b"T"));
        drop(blank.try_to_say(b"\r\n"));
    }
    for raw in [&mut first, &mut second] {
        raw.hear().must_refuse(Code::RequestTimeout);
        raw.must_end();
    }
    blank.must_end();
    // Who has said nothing is told nothing.
    Raw::connect(&app).must_end();
}

#[test]
fn an_idle_connection_is_kept_for_a_while() {
    let app = TestApp::spawn_with(|settings| settings.keep_alive = 2 * SECOND);
    let mut raw = Raw::connect(&app);
    for _ in 0..3 {
        raw.say(ask("GET", "/healthz", ""));
        assert_eq!(raw.hear().status, 200);
        thread::sleep(SECOND);
    }
    let begin = Instant::now();
    raw.must_end();
    assert!(begin.elapsed() < 10 * SECOND);
}

#[test]
fn who_takes_nothing_loses_the_connection() {
    let app = TestApp::spawn_with(|settings| settings.body_timeout = 2 * SECOND);
    app.publish("331007_aed", table("aed", 700, |_, set| set("備考", &"長い文".repeat(500))));
    // Sent by the system, and by the library.
    for path in [format!("{DATASET}/download.csv"), format!("{DATASET}/records?limit=700")] {
        let size = app.get(&path).expect(200).body.len();
        assert!(size > 2 << 20, "more than the socket of a client who reads nothing takes");
        let mut raw = Raw::said(&app, ask("GET", &path, ""));
        let mut other = Raw::said(&app, ask("GET", &path, "Connection: close\r\n"));
        assert_eq!(other.hear_head().status, 200);
        thread::sleep(6 * SECOND);
        let (count, end) = raw.take_all();
        assert!(end.is_err() && count < size, "{count} of {size}: {end:?}");
        let (count, end) = other.take_all();
        assert!(end.is_err() && count < size, "{count} of {size}: {end:?}");
        // Who takes something now and then keeps it.
        let mut slow = Raw::said(&app, ask("GET", &path, "Connection: close\r\n"));
        assert_eq!(slow.hear_head().status, 200);
        let mut taken = 0;
        while taken < size {
            thread::sleep(SECOND / 4);
            let count = slow.take((size - taken).min(200_000));
            assert!(count > 0, "cut off at {taken} of {size}");
            taken += count;
        }
        slow.must_end();
    }
}

#[test]
fn who_waits_for_the_server_is_not_slow() {
    let database = TestDatabase::new();
    let app = on(&database, |settings| {
        settings.body_timeout = SECOND;
        settings.head_timeout = SECOND;
        settings.keep_alive = SECOND;
    });
    app.publish("331007_aed", table("aed", 3, |_, _| {}));
    let mut holder = connect(database.url());
    holder.batch_execute("BEGIN; LOCK TABLE records").expect("locked");
    let mut raw = Raw::said(&app, ask("GET", &format!("{DATASET}/records"), ""));
    thread::sleep(3 * SECOND);
    holder.batch_execute("ROLLBACK").expect("unlocked");
    assert_eq!(raw.hear().status, 200);
}

#[test]
fn connections_of_one_address_have_a_limit() {
    let app = TestApp::spawn_with(|settings| settings.connections_per_address = 3);
    let mut open: Vec<Raw> = (0..3)
        .map(|_| {
            let mut raw = Raw::said(&app, ask("GET", "/healthz", ""));
            assert_eq!(raw.hear().status, 200);
            raw
        })
        .collect();
    // Whether or not it has asked anything yet.
    for question in ["", &ask("GET", "/healthz", "")] {
        let mut raw = Raw::said(&app, question);
        let answer = raw.hear();
        answer.must_refuse(Code::TooManyRequests);
        assert!(!answer.header("retry-after").is_empty());
        raw.must_end();
    }
    open.pop();
    let begin = Instant::now();
    loop {
        let mut raw = Raw::said(&app, ask("GET", "/healthz", ""));
        if raw.hear().status == 200 {
            break;
        }
        assert!(begin.elapsed() < 10 * SECOND, "the place is given back");
    }
}

#[test]
fn what_can_be_refused_is_refused_before_the_body_is_asked_for() {
    let app = TestApp::spawn_with(|settings| settings.max_upload = 20_000);
    let token = format!("Authorization: Bearer {}\r\n", app.token_for("331007"));
    let put = |path: &str, length: usize, more: &str| {
        ask("PUT", path, &format!("Content-Length: {length}\r\nExpect: 100-continue\r\n{more}"))
    };
    for (request, code) in [
        (put(DATASET, 1_000, ""), Code::Unauthorized),
        (put(DATASET, 1_000, "Authorization: Bearer mk_x\r\n"), Code::Unauthorized),
        (put("/api/v1/datasets/332020_aed", 1_000, &token), Code::Forbidden),
        (put("/api/v1/datasets/331007_x", 1_000, &token), Code::NotFound),
        (put(&format!("{DATASET}?x=y"), 1_000, &token), Code::InvalidParameter),
        (put(&format!("{DATASET}?fix=true&recipe=x"), 1_000, &token), Code::InvalidParameter),
        (put(DATASET, 20_001, &token), Code::TooLarge),
        (put("/api/v1/validate", 1_000, &token), Code::MethodNotAllowed),
    ] {
        let mut raw = Raw::said(&app, request);
        raw.hear().must_refuse(code);
        raw.must_end();
    }
    let file = sample("aed");
    let mut raw = Raw::said(&app, put(DATASET, file.len(), &token));
    assert_eq!(raw.hear_head().status, 100);
    raw.say(&file);
    assert_eq!(raw.hear().status, 201);
    // The connection goes on, and who does not wait is not asked to go on.
    raw.say(put(DATASET, file.len(), &token) + &file);
    assert_eq!(raw.hear().status, 200);
}

#[test]
fn who_sends_on_still_hears_the_refusal() {
    let app = TestApp::spawn_with(|settings| settings.max_upload = 20_000);
    let token = format!("Authorization: Bearer {}\r\n", app.token_for("331007"));
    const SIZE: usize = 64 << 20;
    let piece = vec![b'a'; 1 << 20];
    for (path, more, code) in [
        (DATASET, "", Code::Unauthorized),
        ("/nothing", "", Code::NotFound),
        (&format!("{DATASET}?x=y"), token.as_str(), Code::InvalidParameter),
        (DATASET, token.as_str(), Code::TooLarge),
    ] {
        for is_chunked in [false, true] {
            let length = format!("Content-Length: {SIZE}\r\n{more}");
            let head = if is_chunked { format!("Transfer-Encoding: chunked\r\n{more}") } else { length };
            let mut raw = Raw::said(&app, ask("PUT", path, &head));
            for _ in 0..SIZE / piece.len() {
                if is_chunked {
                    raw.say(format!("{:x}\r\n", piece.len()));
                }
                raw.say(&piece);
                if is_chunked {
                    raw.say("\r\n");
                }
            }
            raw.hear().must_refuse(code);
            raw.must_end();
        }
    }
}

#[test]
fn answers_that_find_no_room_in_memory_are_the_same() {
    let database = TestDatabase::new();
    let app = on(&database, |settings| settings.answers_memory_mb = 0);
    let roomy = on(&database, |_| {});
    app.publish("331007_aed", table("aed", 1_000, |number, set| set("備考", &"長い文".repeat(number % 200))));
    for path in ["/records?limit=1000", "/records.csv?limit=1000", "/records.xlsx?limit=1000", "/download.ndjson"] {
        for coding in ["identity", "gzip", "br"] {
            let get =
                |app: &TestApp| app.get(&format!("{DATASET}{path}")).header("Accept-Encoding", coding).expect(200);
            let (one, other) = (get(&app), get(&roomy));
            assert!(one.body.len() > 1_000 && one.body == other.body, "{path} {coding}");
            assert_eq!(one.header("content-length"), other.header("content-length"));
        }
    }
}
