//! `/`, `/api/v1`, health, the API description, and addresses that are nowhere.

use diesel::connection::SimpleConnection;
use machikura::http::problem::Code;
use machikura::standard::Registry;
use machikura::store::{self, Settings};
use serde_json::json;

use crate::stale::wait_for;
use crate::support::app::TestApp;
use crate::support::database::{TestDatabase, connect};
use crate::support::separate::SeparateDatabase;
use crate::support::tables::sample;

#[test]
fn the_service_document() {
    let app = TestApp::spawn();
    let links = json!({"standards": "/api/v1/standards", "organizations": "/api/v1/organizations", "datasets": "/api/v1/datasets",
                       "validate": "/api/v1/validate", "openapi": "/openapi.json", "docs": "/docs/"});
    let expected = |organizations: u64, datasets: u64, records: u64| {
        json!({"name": "machikura 街蔵", "version": env!("CARGO_PKG_VERSION"), "organizations": organizations,
               "datasets": datasets, "records": records, "standards": Registry::embedded().standards().len(), "links": links})
    };
    assert_eq!(app.get("/api/v1").json(), expected(0, 0, 0));
    app.publish("331007_aed", sample("aed"));
    app.publish("331007_event", sample("event"));
    app.add_organization("330001");
    let records = [sample("aed"), sample("event")].map(|table| crate::support::tables::rows(&table).len() - 1);
    assert_eq!(app.get("/api/v1").json(), expected(2, 2, records.iter().sum::<usize>() as u64));
    for (name, link) in links.as_object().expect("links") {
        let status = app.get(link.as_str().expect("an address")).send().status;
        assert_eq!(status, if name == "validate" { 405 } else { 200 }, "{link}");
    }
}

#[test]
fn the_lines_of_the_guide_work() {
    let app = TestApp::spawn_with(|settings| settings.public_url = Some("https://data.example.jp".to_owned()));
    let empty = app.get("/").expect(200);
    assert_eq!(empty.header("content-type"), "text/plain; charset=utf-8");
    assert!(empty.text().contains("curl https://data.example.jp/api/v1/organizations"));
    app.publish("331007_aed", sample("aed"));
    let guide = app.get("/").text();
    let addresses: Vec<String> = guide
        .split_whitespace()
        .filter_map(|word| word.trim_matches('\'').strip_prefix("https://data.example.jp"))
        .map(str::to_owned)
        .collect();
    assert!(addresses.len() >= 8, "{guide}");
    for address in addresses.iter().filter(|address| !address.contains("validate")) {
        app.get(address).expect(200);
    }
    let page = app.get("/").header("Accept", "text/html,*/*;q=0.8").expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text().contains("<html lang=\"ja\">") && page.text().contains("331007_aed"));
}

#[test]
fn health() {
    let app = TestApp::spawn();
    let answer = app.get("/healthz").expect(200);
    assert_eq!((answer.json(), answer.header("cache-control")), (json!({"status": "ok"}), "no-store"));
}

#[test]
fn without_a_database_it_is_alive_but_not_ready() {
    let database = SeparateDatabase::new();
    store::migrate(database.url()).expect("migrate");
    let settings = Settings {
        pool_size: 2,
        connection_timeout: std::time::Duration::from_millis(300),
        ..Settings::new(database.url())
    };
    let app = TestApp::spawn_on(settings, Registry::embedded().clone(), |_| {});
    app.publish("331007_aed", sample("aed"));
    database.close();
    wait_for(&app, "no");
    assert_eq!(app.get("/readyz").expect(503).json()["reads"], "no", "nothing was answered before");
    for path in
        ["/api/v1/datasets", "/api/v1/datasets/331007_aed/records", "/api/v1/datasets/331007_aed/download.csv", "/"]
    {
        app.get(path).fails(Code::Busy);
    }
    app.put("/api/v1/datasets/331007_aed", sample("aed")).token("mk_x").fails(Code::Busy);
    for path in ["/healthz", "/api/v1/standards/aed", "/openapi.json"] {
        app.get(path).expect(200);
    }
    assert_eq!(app.post("/api/v1/validate", sample("aed")).json()["valid"], true);
    // It comes back by itself.
    database.open();
    wait_for(&app, "ok");
    assert_eq!(app.get("/api/v1/datasets/331007_aed/records").json()["total"], 5);
}

#[test]
fn a_database_of_another_time_is_not_ready() {
    let app = TestApp::spawn();
    app.db
        .write_blocking(|c| {
            c.batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')")
                .map_err(store::StoreError::from)
        })
        .expect("written");
    let expected = json!({"status": "degraded", "reads": "no", "writes": "no"});
    assert_eq!(app.get("/readyz").expect(503).json(), expected);
}

#[test]
fn a_question_that_takes_too_long_is_given_up() {
    let database = TestDatabase::new();
    let settings = || Settings { pool_size: 2, ..Settings::new(database.url()) };
    let app = TestApp::spawn_on(settings(), Registry::embedded().clone(), |_| {});
    app.publish("331007_aed", sample("aed"));
    let hasty = Settings { statement_timeout: std::time::Duration::from_millis(100), ..settings() };
    let hasty = TestApp::spawn_on(hasty, Registry::embedded().clone(), |_| {});
    let mut connection = connect(database.url());
    // Nothing is slow enough on every machine; a lock is.
    connection.batch_execute("BEGIN; LOCK TABLE records").expect("locked");
    hasty.get("/api/v1/datasets/331007_aed/records").fails(Code::Timeout);
    hasty.get("/api/v1/standards/aed/records").fails(Code::Timeout);
    connection.batch_execute("ROLLBACK").expect("unlocked");
    hasty.get("/api/v1/datasets/331007_aed/records").expect(200);
}

#[test]
fn a_full_disk_is_our_fault() {
    // A folder that is a file cannot take an upload any more than a full disk can.
    let file = tempfile::NamedTempFile::new().expect("a file");
    let app = TestApp::spawn_with(|settings| settings.var = file.path().to_owned());
    let problem = app.post("/api/v1/validate", sample("aed")).fails(Code::Internal);
    assert!(!problem.to_string().contains("os error"), "{problem}");
    app.publication("331007_aed", sample("aed")).fails(Code::Internal);
    app.get("/readyz").expect(200);
}

#[test]
fn the_api_description() {
    let app = TestApp::spawn();
    let document = app.get("/openapi.json").json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    for standard in Registry::embedded().standards() {
        let component = &document["components"]["schemas"][&standard.slug];
        let fields = standard.main_table().schema().fields();
        assert!(
            fields.iter().all(|field| component["properties"][&field.name]["type"].is_array()),
            "{}",
            standard.slug
        );
    }
    // The page comes from the server itself: a closed network will do.
    assert_eq!(app.get("/docs").send().header("location"), "/docs/");
    let page = app.get("/docs/").expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    let page = page.text();
    assert!(!page.contains("https://") && !page.contains("//cdn"), "{page}");
    for part in page.split('"').filter(|part| part.ends_with(".js") || part.ends_with(".css")) {
        app.get(&format!("/docs/{}", part.trim_start_matches("./"))).expect(200);
    }
    assert!(app.get("/docs/swagger-initializer.js").text().contains("/openapi.json"));
    app.get("/docs/nothing.js").expect(404);
}

#[test]
fn every_documented_read_answers() {
    let app = TestApp::spawn();
    app.publish("331007_aed", sample("aed"));
    let fix = app.post("/api/v1/fix?format=json", sample("aed")).json();
    let fix = fix["patches"].as_str().and_then(|address| address.split('/').nth(4)).expect("its id").to_owned();
    let document = app.get("/openapi.json").json();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let address = path
            .replace("/fixes/{id}", &format!("/fixes/{fix}"))
            .replace("{file}", "patches")
            .replace("{id}", "331007_aed")
            .replace("{slug}", "aed")
            .replace("{number}", "1")
            .replace("{record}", "FF3310070001")
            .replace("{format}", "csv")
            .replace("{code}", if path.contains("problems") { "not-found" } else { "331007" });
        if item.get("get").is_some() {
            app.get(&address).expect(200);
        } else {
            let allow = app.get(&address).expect(405).header("allow").to_owned();
            assert!(!allow.contains("GET") && !allow.is_empty(), "{address}: {allow}");
        }
    }
}

#[test]
fn kinds_of_problems_are_explained() {
    let app = TestApp::spawn();
    for code in Code::ALL {
        let address = format!("/problems/{}", code.word());
        let answer = app.get(&address).expect(200);
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        let text = answer.text();
        assert!(text.contains(code.title().ja) && text.contains(code.status().as_str()), "{text}");
        assert!(app.get(&format!("{address}?lang=en")).text().contains(code.title().en));
    }
    app.get("/problems/nothing").fails(Code::NotFound);
}

#[test]
fn nowhere() {
    let app = TestApp::spawn();
    for path in [
        "/nothing",
        "/api",
        "/api/v2/datasets",
        "/api/v1/dataset",
        "/mcp",
        "/ogc",
        "/ogc/collections",
        "/api/3/action/package_list",
        "/favicon.ico",
        "/%E8%A1%97",
        "/../etc/passwd",
        "//",
    ] {
        app.get(path).fails(Code::NotFound);
    }
    let problem = app.get("/nothing").fails(Code::NotFound);
    assert_eq!(problem["hint"], "使えるアドレスは /docs/ にあります。");
}

#[test]
fn wrong_methods_are_told_the_right_ones() {
    let app = TestApp::spawn();
    for (method, path, allow) in [
        ("DELETE", "/api/v1/datasets/331007_aed", "GET, HEAD, PUT"),
        ("POST", "/api/v1/datasets/331007_aed", "GET, HEAD, PUT"),
        ("PATCH", "/api/v1/datasets/331007_aed", "GET, HEAD, PUT"),
        ("POST", "/api/v1/datasets", "GET, HEAD"),
        ("PUT", "/api/v1/datasets/331007_aed/records", "GET, HEAD, POST"),
        ("POST", "/api/v1/datasets/331007_aed/records.csv", "GET, HEAD"),
        ("GET", "/api/v1/validate", "POST"),
        ("PUT", "/api/v1/validate", "POST"),
        ("POST", "/", "GET, HEAD"),
        ("PUT", "/openapi.json", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
        ("BREW", "/api/v1", "GET, HEAD"),
    ] {
        let call = app.call(method, path);
        assert_eq!(call.expect(405).header("allow"), allow, "{method} {path}");
        call.fails(Code::MethodNotAllowed);
    }
}
