//! Without a database: what was answered before goes on, and says how old it is.

use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use machikura::http::problem::Code;
use machikura::standard::Registry;
use machikura::store::{self, Settings, StoreError};
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::call::Answer;
use crate::support::separate::SeparateDatabase;
use crate::support::tables::{sample, table};

const RECORDS: &str = "/api/v1/datasets/331007_aed/records";
const CSV: &str = "/api/v1/datasets/331007_aed/download.csv";

/// A server with a database that can be closed, for which answers may be so many seconds old.
fn server(stale: u64) -> (SeparateDatabase, TestApp) {
    let database = SeparateDatabase::new();
    store::migrate(database.url()).expect("migrate");
    let settings = Settings { pool_size: 4, ..Settings::new(database.url()) };
    let app = TestApp::spawn_on(settings, Registry::embedded().clone(), |settings| {
        settings.stale = Duration::from_secs(stale);
    });
    (database, app)
}

/// Waits until the server says so of its database.
pub fn wait_for(app: &TestApp, writes: &str) {
    let begun = Instant::now();
    while app.get("/readyz").send().json()["writes"] != writes {
        assert!(begun.elapsed() < Duration::from_secs(30), "writes never become {writes}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn is_marked(answer: &Answer) -> bool {
    let is_aged = answer.header("age").parse::<u64>().is_ok();
    let is_warned = answer.header("warning") == "110 - \"Response is Stale\"";
    assert_eq!(is_aged, is_warned, "Age and Warning go together");
    is_aged
}

#[test]
fn what_was_answered_before_is_answered_again_marked_until_the_database_is_back() {
    let (database, app) = server(86_400);
    app.publish("331007_aed", table("aed", 3, |_, _| {}));
    let source = "/api/v1/datasets/331007_aed/download.source";
    let addresses = [RECORDS, "/api/v1/datasets", "/api/v1/standards/aed/records?limit=2", "/", CSV, source];
    let before = addresses.map(|address| app.get(address).expect(200));
    for answer in &before {
        assert!(!is_marked(answer));
        assert!(answer.header("cache-control").ends_with(", stale-if-error=86400"), "{answer:?}");
    }
    // Of an earlier state, and not asked for again since.
    let earlier = app.get(&format!("{RECORDS}?limit=2")).expect(200);
    app.publish("331007_event", sample("event"));
    let before = addresses.map(|address| app.get(address).expect(200));

    database.close();
    wait_for(&app, "no");
    for (address, before) in addresses.iter().zip(&before) {
        let stale = app.get(address).expect(200);
        assert!(is_marked(&stale), "{address}");
        assert_eq!(stale.body, before.body, "{address}");
        for name in ["etag", "content-type", "cache-control"] {
            assert_eq!(stale.header(name), before.header(name), "{address}: {name}");
        }
        let head = app.call("HEAD", address).expect(200);
        assert!(is_marked(&head) && head.body.is_empty(), "{address}");
        let held = app.get(address).header("If-None-Match", before.header("etag")).expect(304);
        assert!(is_marked(&held), "{address}");
    }
    let part = app.get(CSV).header("Range", "bytes=0-9").expect(206);
    assert!(is_marked(&part) && part.body == before[4].body[..10]);
    let stale = app.get(&format!("{RECORDS}?limit=2")).expect(200);
    assert!(is_marked(&stale) && stale.body == earlier.body);

    // What does not need the database is not marked, and what cannot be known is not made up.
    for address in ["/api/v1/standards/aed", "/openapi.json", "/healthz", "/problems/busy"] {
        assert!(!is_marked(&app.get(address).expect(200)), "{address}");
    }
    for address in [&format!("{RECORDS}?offset=1"), "/api/v1/organizations", &CSV.replace("csv", "json")] {
        let begun = Instant::now();
        app.get(address).fails(Code::Busy);
        assert!(begun.elapsed() < Duration::from_secs(4), "{address}");
    }
    app.put("/api/v1/datasets/331007_aed", sample("aed")).token("mk_x").fails(Code::Busy);
    app.get("/api/v1/datasets/nothing/records").fails(Code::NotFound);
    app.get("/api/v1/standards/nothing/records").fails(Code::NotFound);
    app.get(&format!("{RECORDS}?format=nothing")).fails(Code::InvalidParameter);

    database.open();
    wait_for(&app, "ok");
    for (address, before) in addresses.iter().zip(&before) {
        let answer = app.get(address).expect(200);
        assert!(!is_marked(&answer) && answer.body == before.body, "{address}");
    }
    app.publish("331007_aed", table("aed", 4, |_, _| {}));
    let answer = app.get(RECORDS).expect(200);
    assert_eq!((is_marked(&answer), &answer.json()["total"]), (false, &json!(4)));
}

#[test]
fn what_may_have_been_erased_is_not_answered_without_the_database() {
    let (database, app) = server(86_400);
    app.publish("331007_aed", table("aed", 3, |_, _| {}));
    app.publish("331007_event", sample("event"));
    let version = "/api/v1/datasets/331007_aed/versions/1";
    let past = [
        "/api/v1/datasets/331007_aed/versions",
        version,
        &format!("{version}/records"),
        &format!("{version}/download.csv"),
        &format!("{RECORDS}?as_of=2100-01-01"),
    ];
    for address in past {
        assert!(!app.get(address).expect(200).header("cache-control").contains("stale"), "{address}");
        app.get(address).expect(200);
    }
    // Seen by this server to be gone.
    let event = ["/api/v1/datasets/331007_event/records", "/api/v1/datasets/331007_event/download.csv"];
    for address in event {
        app.get(address).expect(200);
    }
    let withdraw = "UPDATE datasets SET withdrawn_at = now() WHERE standard = 'event'";
    app.db.write_blocking(|c| c.batch_execute(withdraw).map_err(StoreError::from)).expect("withdrawn");
    for address in event {
        app.get(address).expect(410);
    }

    database.close();
    wait_for(&app, "no");
    for address in past.iter().chain(&event) {
        app.get(address).fails(Code::Busy);
    }
}

#[test]
fn answers_are_given_for_as_long_as_the_setting_says() {
    for stale in [0, 2] {
        let (database, app) = server(stale);
        app.publish("331007_aed", table("aed", 3, |_, _| {}));
        for address in [RECORDS, CSV] {
            assert_eq!(app.get(address).expect(200).header("cache-control").contains("stale-if-error"), stale > 0);
        }
        let closed = Instant::now();
        database.close();
        wait_for(&app, "no");
        while stale > 0 && app.get(RECORDS).send().status == 200 {
            assert!(closed.elapsed() < Duration::from_secs(30), "it is never too old");
            thread::sleep(Duration::from_millis(100));
        }
        // Whoever asks right after the last sign of life has it for a little less.
        assert!(closed.elapsed() + Duration::from_secs(1) > Duration::from_secs(stale), "{:?}", closed.elapsed());
        app.get(RECORDS).fails(Code::Busy);
        app.get(CSV).fails(Code::Busy);
        let ready = app.get("/readyz").expect(503);
        assert_eq!(ready.json(), json!({"status": "degraded", "reads": "no", "writes": "no"}));
    }
}

#[test]
fn readiness_says_what_can_be_served() {
    let (database, app) = server(86_400);
    let ready = |path: &str, status: u16| {
        let answer = app.get(path).expect(status);
        assert_eq!((answer.header("cache-control"), answer.header("content-type")), ("no-store", "application/json"));
        assert_eq!(answer.header("retry-after").is_empty(), status == 200);
        answer.json()
    };
    let ok = json!({"status": "ok", "reads": "ok", "writes": "ok"});
    assert_eq!([ready("/readyz", 200), ready("/readyz?for=writes", 200)], [ok.clone(), ok.clone()]);
    app.get("/readyz?for=tea").fails(Code::InvalidParameter);
    app.publish("331007_aed", table("aed", 3, |_, _| {}));
    app.get(RECORDS).expect(200);
    database.close();
    wait_for(&app, "no");
    let stale = json!({"status": "degraded", "reads": "stale", "writes": "no"});
    assert_eq!([ready("/readyz", 200), ready("/readyz?for=writes", 503)], [stale.clone(), stale]);
    database.open();
    wait_for(&app, "ok");
    assert_eq!(ready("/readyz", 200), ok);
}
