//! Answers that are kept aside: never older than the last publication, on any server.

use machikura::store;

use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::tables::table;

/// Two servers on one database.
fn two_servers() -> (TestDatabase, TestApp, TestApp) {
    let database = TestDatabase::new();
    let server = || {
        let db = store::Settings { pool_size: 4, ..store::Settings::new(database.url()) };
        TestApp::spawn_on(db, machikura::standard::Registry::embedded().clone(), |_| {})
    };
    let (one, other) = (server(), server());
    (database, one, other)
}

#[test]
fn every_publication_is_seen_by_the_next_request_on_every_server() {
    let (_database, one, other) = two_servers();
    let addresses = ["datasets/331007_aed/records?limit=1", "standards/aed/records?limit=1", "datasets"];
    for round in 1..=10_u64 {
        one.publish("331007_aed", table("aed", usize::try_from(round).expect("small"), |_, _| {}));
        for server in [&one, &other] {
            let totals =
                addresses.map(|path| server.get(&format!("/api/v1/{path}")).expect(200).json()["total"].clone());
            assert_eq!(totals, [round.into(), round.into(), 1.into()], "round {round}");
        }
    }
}

#[test]
fn an_answer_from_memory_is_the_same_answer() {
    let app = TestApp::spawn();
    let uncached = TestApp::spawn_with(|settings| settings.cache_bytes = 0);
    for server in [&app, &uncached] {
        server.publish("331007_aed", table("aed", 30, |_, _| {}));
    }
    let headers =
        ["etag", "content-type", "content-encoding", "vary", "cache-control", "link", "access-control-allow-origin"];
    for path in ["records", "records?q=港&format=csv", "records.geojson?limit=7", "records?limit=2"] {
        let address = format!("/api/v1/datasets/331007_aed/{path}");
        for coding in ["identity", "gzip"] {
            let ask = |server: &TestApp| server.get(&address).header("Accept-Encoding", coding).expect(200);
            let (first, second, third) = (ask(&app), ask(&app), ask(&uncached));
            assert_eq!(first.body, second.body, "{address}");
            for name in headers {
                assert_eq!(first.header(name), second.header(name), "{address}: {name}");
                assert_eq!(first.header(name), third.header(name), "{address}: {name}");
            }
            let tag = first.header("etag");
            let held = app.get(&address).header("Accept-Encoding", coding).header("If-None-Match", tag).expect(304);
            assert_eq!((held.header("etag"), held.body.len()), (tag, 0));
        }
    }
    // Languages and errors are not mixed up.
    let wrong = "/api/v1/datasets/331007_aed/records?nosuch=1";
    let (ja, en) = (app.get(wrong).expect(400), app.get(&format!("{wrong}&lang=en")).expect(400));
    assert_ne!(ja.json()["title"], en.json()["title"]);
    // HEAD has the headers of GET.
    let head = app.call("HEAD", "/api/v1/datasets/331007_aed/records").expect(200);
    assert_eq!(head.body.len(), 0);
    assert_eq!(head.header("etag"), app.get("/api/v1/datasets/331007_aed/records").expect(200).header("etag"));
}
