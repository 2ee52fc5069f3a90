//! Every kind of problem can really happen, and is answered in both languages.

use machikura::http::problem::Code;

use crate::support::app::TestApp;
use crate::support::tables::{sample, table, table_of};

/// The smallest request that fails so; those that need a special server are in the file named.
fn fail(app: &TestApp, code: Code) {
    const DATASET: &str = "/api/v1/datasets/331007_aed";
    let call = match code {
        Code::InvalidRequest => app.get("/").header("Host", "a;b"),
        Code::InvalidParameter => app.get("/api/v1/datasets?limit=0"),
        Code::InvalidBody => app.post("/api/v1/validate", ""),
        Code::Unauthorized => app.put(DATASET, sample("aed")),
        Code::Forbidden => app.put(DATASET, sample("aed")).token(&app.token_for("332020")),
        Code::NotFound => app.get("/nothing"),
        Code::MethodNotAllowed => app.get("/api/v1/validate"),
        Code::NotAcceptable => app.get("/api/v1/standards/aed/records").header("Accept", "image/png"),
        Code::Unconfirmed => {
            let aeds = |count| table("aed", count, |_, set| set("全国地方公共団体コード", "332038"));
            app.publish("332038_aed", aeds(20));
            app.publication("332038_aed", aeds(1))
        }
        Code::PreconditionFailed => app.publication("331007_aed", sample("aed")).header("If-Match", "\"7\""),
        Code::RangeNotSatisfiable => {
            app.publish("332020_aed", sample("aed").replace("331007,FF", "332020,FF"));
            app.get("/api/v1/datasets/332020_aed/download.csv").header("Range", "bytes=9999999-")
        }
        Code::UnsupportedMedia => app.post("/api/v1/validate", "%PDF-1.7"),
        Code::Nonconforming => app.publication("331007_aed", table_of("aed", &[])),
        // datasets.rs: a data set must have been withdrawn.
        Code::Gone => return,
        // framing.rs and slow_clients.rs: what no client library sends.
        Code::HeadTooLarge | Code::RequestTimeout => return,
        // publish_refused.rs and validate.rs: other limits.
        Code::TooLarge | Code::TooManyRequests => return,
        // service.rs: no disk, no database, a locked table.
        Code::Internal | Code::Busy | Code::Timeout => return,
    };
    call.fails(code);
}

#[test]
fn each() {
    let app = TestApp::spawn();
    Code::ALL.into_iter().for_each(|code| fail(&app, code));
}

#[test]
fn the_language_is_the_readers() {
    let app = TestApp::spawn();
    let title =
        |call: crate::support::call::Call| call.expect(404).json()["title"].as_str().expect("a title").to_owned();
    let [ja, en] = [Code::NotFound.title().ja, Code::NotFound.title().en];
    for (path, accepted, expected) in [
        ("/nothing", None, ja),
        ("/nothing", Some("ja"), ja),
        ("/nothing", Some("en"), en),
        ("/nothing", Some("en-US,en;q=0.9,ja;q=0.8"), en),
        ("/nothing", Some("fr"), ja),
        ("/nothing", Some("fr, en;q=0.5"), en),
        ("/nothing", Some("en;q=0.2, ja;q=0.9"), ja),
        ("/nothing", Some("en;q=0, ja"), ja),
        ("/nothing?lang=en", None, en),
        ("/nothing?lang=ja", Some("en"), ja),
        ("/api/v1/standards/nothing?lang=en", Some("ja"), en),
    ] {
        let call = app.get(path);
        let call = accepted.iter().fold(call, |call, accepted| call.header("Accept-Language", accepted));
        assert_eq!(title(call), expected, "{path} {accepted:?}");
    }
}
