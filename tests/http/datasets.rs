//! `/api/v1/datasets`, one of them, and its versions.

use jiff::Timestamp;
use machikura::catalog::{Actor, DatasetId};
use machikura::http::problem::Code;
use machikura::store::catalog;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::call::errors;
use crate::support::tables::{sample, table, table_of};

const ADDRESS: &str = "/api/v1/datasets";

/// Five data sets of three organizations.
fn catalogue() -> TestApp {
    let app = TestApp::spawn();
    app.publish("331007_aed", table("aed", 2, |_, _| {}));
    app.publish("332089_population", sample("population"));
    app.publish("331007_public_facility", sample("public_facility"));
    let tokyo = [("全国地方公共団体コード", "130001"), ("緯度", "35.689"), ("経度", "139.692")];
    app.publish("130001_aed", table_of("aed", &[&tokyo]));
    app.publish("331007_event", sample("event"));
    app
}

fn ids(page: &Value) -> Vec<&str> {
    page["datasets"].as_array().expect("data sets").iter().map(|one| one["id"].as_str().expect("an id")).collect()
}

#[test]
fn filters_and_orders() {
    let app = catalogue();
    // As `updated_since` of the last publication but one.
    let since = app.get(&format!("{ADDRESS}/130001_aed")).json()["updated_at"].as_str().expect("a time").to_owned();
    let since = since.as_str();
    let after = format!("updated_since={since}");
    #[rustfmt::skip]
    let cases: &[(&str, &[&str])] = &[
        ("", &["130001_aed", "331007_aed", "331007_event", "331007_public_facility", "332089_population"]),
        ("organization=331007", &["331007_aed", "331007_event", "331007_public_facility"]),
        ("organization=33100&standard=aed", &["331007_aed"]),
        ("organization=330001", &[]),
        ("standard=aed", &["130001_aed", "331007_aed"]),
        ("license=CC-BY-4.0&standard=population", &["332089_population"]),
        ("license=CC0-1.0", &[]),
        ("q=岡山市", &["331007_aed", "331007_event", "331007_public_facility"]),
        ("q=岡山市+ＡＥＤ", &["331007_aed"]),
        ("q=東京 aed", &["130001_aed"]),
        ("q=population", &["332089_population"]),
        ("q=%25", &[]),
        ("bbox=139,35,140,36", &["130001_aed"]),
        ("bbox=133,34,135,35", &["331007_aed", "331007_event", "331007_public_facility"]),
        ("updated_since=2020-04-01", &["130001_aed", "331007_aed", "331007_event", "331007_public_facility", "332089_population"]),
        ("updated_since=2099-04-01T00:00:00%2B09:00", &[]),
        (&after, &["130001_aed", "331007_event"]),
        ("sort=-updated_at", &["331007_event", "130001_aed", "331007_public_facility", "332089_population", "331007_aed"]),
        ("sort=-updated_at&standard=aed", &["130001_aed", "331007_aed"]),
        ("sort=id&organization=331007", &["331007_aed", "331007_event", "331007_public_facility"]),
    ];
    for (question, expected) in cases {
        let page = app.get(&format!("{ADDRESS}?{question}")).json();
        assert_eq!(ids(&page), *expected, "{question}");
        assert_eq!((&page["total"], &page["count"]), (&json!(expected.len()), &json!(expected.len())));
        assert_eq!(page["next"], Value::Null);
    }
    let titles = app.get(&format!("{ADDRESS}?sort=title")).json();
    let titles: Vec<_> = titles["datasets"].as_array().expect("them").iter().map(|one| one["title"].as_str()).collect();
    assert!(titles.is_sorted(), "{titles:?}");
}

#[test]
fn a_walk_sees_each_once() {
    let app = catalogue();
    for question in ["sort=id", "sort=title", "sort=-updated_at", "q=岡山市", "organization=331007&sort=title"] {
        let whole = app.get(&format!("{ADDRESS}?{question}")).json();
        for limit in [1, 2, 3] {
            let mut walked = Vec::new();
            let mut next = Some(format!("{ADDRESS}?{question}&limit={limit}"));
            while let Some(address) = next {
                let page = app.get(&address).json();
                assert_eq!(page["total"], whole["total"]);
                walked.extend(page["datasets"].as_array().expect("data sets").clone());
                next = page["next"].as_str().map(str::to_owned);
            }
            assert_eq!(json!(walked), whole["datasets"], "{question} by {limit}");
        }
    }
}

#[test]
fn one_data_set_in_full() {
    let app = TestApp::spawn();
    let before = Timestamp::now();
    let places: [&[(&str, &str)]; 3] = [
        &[("緯度", "34.60"), ("経度", "134.0")],
        &[("緯度", "34.70"), ("経度", "133.8")],
        &[("緯度", ""), ("経度", "")],
    ];
    let source = table_of("aed", &places);
    app.publish("331007_aed", sample("aed"));
    app.publish("331007_aed", source.as_str());
    let mut about = app.get(&format!("{ADDRESS}/331007_aed")).json();
    let list = app.get(ADDRESS).json();
    assert_eq!(list["datasets"], json!([about]));
    let times = [about["created_at"].take(), about["version"]["published_at"].take(), about["updated_at"].take()];
    let times = times.map(|time| time.as_str().expect("a time").parse::<Timestamp>().expect("RFC 3339"));
    assert!(before <= times[0] && times[0] < times[1] && times[1] <= times[2] && times[2] <= Timestamp::now());
    let sha256 = about["tables"][0]["source"]["sha256"].take();
    assert_eq!(sha256.as_str().map(str::len), Some(64));
    let file = |format: &str, media_type: &str, bytes: Option<usize>| json!({"format": format, "media_type": media_type, "url": format!("{ADDRESS}/331007_aed/download.{format}"), "bytes": bytes});
    assert_eq!(
        about,
        json!({
            "id": "331007_aed", "title": "岡山市 AED設置箇所一覧", "title_en": "AED locations (岡山市)",
            "description": "AED（自動体外式除細動器）が置いてある場所と、使える曜日・時間をまとめた表です。",
            "sample": false, "license": "CC-BY-4.0", "organization": {"code": "331007", "name": "岡山市"}, "standard": "aed",
            "contact": "", "update_frequency": "", "bbox": [133.8, 34.6, 134.0, 34.7],
            "version": {"number": 2, "published_at": null}, "records": 3,
            "tables": [{"name": "aed", "records": 3, "extra_columns": [], "edition": "standard", "quality": {"score": 100.0, "valid": true, "errors": 0},
                        "source": {"name": "", "bytes": source.len(), "sha256": null, "media_type": "text/csv", "encoding": "UTF-8"}}],
            "quality": {"score": 100.0, "valid": true, "errors": 0},
            "distributions": [
                file("json", "application/json", None), file("csv", "text/csv; charset=utf-8; header=present", None),
                file("geojson", "application/geo+json", None), file("txt", "text/plain; charset=utf-8", None),
                file("ndjson", "application/x-ndjson", None),
                file("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", None),
                file("parquet", "application/vnd.apache.parquet", None), file("map", "text/plain; charset=utf-8", None),
                file("kml", "application/vnd.google-earth.kml+xml", None),
                file("source", "text/csv", Some(source.len())),
            ],
            "created_at": null, "updated_at": null,
            "links": {"self": "/api/v1/datasets/331007_aed", "records": "/api/v1/datasets/331007_aed/records",
                      "versions": "/api/v1/datasets/331007_aed/versions", "standard": "/api/v1/standards/aed",
                      "organization": "/api/v1/organizations/331007"},
        })
    );
    for file in about["distributions"].as_array().expect("files") {
        let answer = app.get(file["url"].as_str().expect("an address")).expect(200);
        assert!(answer.header("content-type").starts_with(file["media_type"].as_str().expect("a media type")));
    }
    for link in about["links"].as_object().expect("links").values() {
        app.get(link.as_str().expect("an address")).expect(200);
    }
}

#[test]
fn versions() {
    let app = TestApp::spawn();
    for count in 1..=3 {
        app.publish("331007_aed", table("aed", count, |_, _| {}));
    }
    let address = format!("{ADDRESS}/331007_aed/versions");
    let list = app.get(&address).json();
    let versions = list["versions"].as_array().expect("versions");
    assert_eq!((&list["total"], versions.len()), (&json!(3), 3));
    let times: Vec<Timestamp> =
        versions.iter().map(|one| one["published_at"].as_str().expect("a time").parse().expect("RFC 3339")).collect();
    assert!(times.is_sorted_by(|one, other| one > other), "newest first");
    for (number, version) in (1..=3).rev().zip(versions) {
        let records_url = format!("{address}/{number}/records");
        assert_eq!(
            *version,
            json!({"number": number, "published_at": version["published_at"], "current": number == 3, "note": "", "records_url": records_url,
                   "quality": {"score": 100.0, "valid": true, "errors": 0}})
        );
        let one = app.get(&format!("{address}/{number}")).json();
        assert_eq!((&one["published_at"], &one["current"]), (&version["published_at"], &version["current"]));
        assert_eq!((&one["tables"][0]["name"], &one["tables"][0]["records"]), (&json!("aed"), &json!(number)));
        assert_eq!(app.get(&records_url).json()["total"], number);
    }
}

#[test]
fn five_digits_lead_to_six() {
    let app = catalogue();
    for path in ["", "/records?名称=港&limit=1", "/records.csv", "/download.csv", "/versions", "/versions/1"] {
        for method in ["GET", "HEAD"] {
            let answer = app.call(method, &format!("{ADDRESS}/33100_aed{path}")).expect(308);
            let location = answer.header("location");
            assert!(location.starts_with(&format!("{ADDRESS}/331007_aed")), "{location}");
            app.get(location).expect(200);
            assert_eq!(location.contains("&limit=1"), path.contains("&limit=1"), "{location}");
        }
    }
    // What is no code is nobody's.
    app.get(&format!("{ADDRESS}/3310_aed")).fails(Code::NotFound);
}

#[test]
fn what_was_withdrawn_is_gone() {
    let app = catalogue();
    let id = DatasetId::parse("331007_aed").expect("an id");
    assert!(app.db.write_blocking(|c| catalog::withdraw(c, &id, &Actor::default())).expect("written"));
    for path in [
        "",
        "/records",
        "/records.csv",
        "/records/FF3310070001",
        "/download.csv",
        "/download.source",
        "/versions",
        "/versions/1",
        "/versions/1/records",
        "/versions/1/download.csv",
    ] {
        app.get(&format!("{ADDRESS}/331007_aed{path}")).fails(Code::Gone);
    }
    assert_eq!(app.get(ADDRESS).json()["total"], 4);
    assert_eq!(app.get("/api/v1/organizations/331007").json()["datasets"], 2);
    // It can come back.
    let body = app.publish("331007_aed", sample("aed"));
    assert_eq!((&body["version"], &body["created"]), (&json!(2), &json!(true)));
    assert_eq!(app.get(&format!("{ADDRESS}/331007_aed/versions/1/records")).json()["total"], 2);
}

#[test]
fn what_there_is_not() {
    let app = catalogue();
    for path in [
        "332020_aed",
        "331007_aedd",
        "331007",
        "nothing",
        "%00",
        "331007_aed/versions/9",
        "331007_aed/versions/x",
        "331007_aed/versions/-1",
        "331007_aed/nothing",
    ] {
        app.get(&format!("{ADDRESS}/{path}")).fails(Code::NotFound);
    }
    for (question, parameter, hint) in [
        ("organisation=331007", "organisation", "organization"),
        ("limit=0", "limit", ""),
        ("limit=1001", "limit", ""),
        ("sort=updated", "sort", ""),
        ("bbox=133,34,135", "bbox", ""),
        ("bbox=135,34,133,35", "bbox", ""),
        ("bbox=NaN,34,135,35", "bbox", ""),
        ("updated_since=yesterday", "updated_since", ""),
        ("cursor=abc", "cursor", ""),
        ("standard=aedd", "standard", "aed のことですか。"),
        ("organization=岡山市", "organization", "q="),
    ] {
        let problem = app.get(&format!("{ADDRESS}?{question}")).fails(Code::InvalidParameter);
        let errors = errors(&problem);
        assert_eq!((errors.len(), &errors[0]["parameter"]), (1, &json!(parameter)));
        assert!(errors[0]["hint"].as_str().unwrap_or_default().contains(hint));
    }
    app.get(&format!("{ADDRESS}/331007_aed?x=1")).fails(Code::InvalidParameter);
    app.get(&format!("{ADDRESS}/331007_aed/versions?limit=1")).fails(Code::InvalidParameter);
}
