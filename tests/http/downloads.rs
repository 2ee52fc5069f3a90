//! `download.{csv,json,geojson,txt,source}`, of now and of a version.

use machikura::http::problem::Code;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::app::TestApp;
use crate::support::tables::{id, rows, shift_jis, table, table_of};

const ADDRESS: &str = "/api/v1/datasets/331007_aed";
const COUNT: usize = 3_000;

#[test]
fn whole_data_sets_in_every_format() {
    let app = TestApp::spawn();
    let places = table("aed", COUNT, |number, set| {
        set("名称", &format!("第{number}公民館"));
        set("備考", if number % 3 == 0 { "" } else { "一行目, \"二\"\n三行目" });
        set("緯度", if number % 5 == 0 { "" } else { "34.6" });
        set("経度", if number % 5 == 0 { "" } else { "133.9" });
    });
    app.publish("331007_aed", places.as_str());
    let csv = app.get(&format!("{ADDRESS}/download.csv")).expect(200);
    assert!(csv.body.len() > 10 * 64 * 1024, "larger than several pieces");
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"331007_aed.csv\"");
    let text = csv.text();
    let without_mark = text.strip_prefix('\u{feff}').expect("a byte-order mark");
    assert_eq!(rows(without_mark), rows(&places));
    assert_eq!(app.get(&format!("{ADDRESS}/download.csv?bom=false")).text(), without_mark);

    let json = app.get(&format!("{ADDRESS}/download.json")).json();
    assert_eq!((&json["total"], &json["count"], &json["next"]), (&json!(COUNT), &json!(COUNT), &json!(null)));
    let records = json["records"].as_array().expect("records");
    assert_eq!(records.len(), COUNT);
    assert_eq!(
        records[..10_000.min(COUNT)],
        app.get(&format!("{ADDRESS}/records?limit=10000")).json()["records"].as_array().expect("records")[..]
    );

    let map = app.get(&format!("{ADDRESS}/download.geojson")).expect(200);
    assert_eq!(map.header("content-type"), "application/geo+json");
    let features = map.json()["features"].as_array().expect("features").clone();
    assert_eq!(features.len(), COUNT);
    for (number, feature) in features.iter().enumerate() {
        assert_eq!(feature["id"], id(number));
        let point = json!({"type": "Point", "coordinates": [133.9, 34.6]});
        assert_eq!(feature["geometry"], if number % 5 == 0 { json!(null) } else { point });
        assert_eq!(feature["properties"], records[number]);
    }

    let lines = app.get(&format!("{ADDRESS}/download.txt")).text();
    assert_eq!(lines.lines().count(), COUNT + 4);
    assert!(lines.ends_with(&format!("{COUNT} 件中 {COUNT} 件 / {COUNT} of {COUNT}\n")));
}

#[test]
fn the_source_comes_back_byte_for_byte() {
    let app = TestApp::spawn();
    let token = app.token_for("331007");
    let bytes = shift_jis(&table("aed", 1_000, |_, set| set("備考", "①髙")));
    app.put(&format!("{ADDRESS}?filename=街.csv"), bytes.clone()).token(&token).expect(201);
    let answer = app.get(&format!("{ADDRESS}/download.source")).expect(200);
    assert_eq!(answer.body, bytes);
    assert_eq!(answer.header("content-length"), bytes.len().to_string());
    assert_eq!(answer.header("content-type"), "text/csv; charset=Shift_JIS");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"331007_aed.source.csv\"");
    let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(answer.header("etag"), format!("\"{sha256}\""), "strong");
    let about = app.get(ADDRESS).json();
    assert_eq!(
        about["tables"][0]["source"],
        json!({"name": "街.csv", "bytes": bytes.len(), "sha256": sha256, "media_type": "text/csv", "encoding": "Shift_JIS"})
    );
}

#[test]
fn versions_stay_as_they_were() {
    let app = TestApp::spawn();
    let tables = ["甲", "乙", "丙"].map(|name| table_of("aed", &[&[("名称", name)], &[]]));
    for table in &tables {
        app.publish("331007_aed", table.as_str());
    }
    for (number, table) in (1..).zip(&tables) {
        let version = format!("{ADDRESS}/versions/{number}");
        assert_eq!(rows(&app.get(&format!("{version}/download.csv?bom=false")).text()), rows(table));
        assert_eq!(app.get(&format!("{version}/download.source")).expect(200).body, table.as_bytes());
        let page = app.get(&format!("{version}/records?limit=1")).json();
        assert_eq!((&page["total"], &page["records"][0]["名称"]), (&json!(2), &json!(rows(table)[1][3])));
        let next = page["next"].as_str().expect("a next page");
        assert!(next.starts_with(&version), "{next}");
        assert_eq!(app.get(next).json()["records"].as_array().map(Vec::len), Some(1));
    }
}

#[test]
fn what_cannot_be_had() {
    let app = TestApp::spawn();
    app.publish("331007_aed", table("aed", 1, |_, _| {}));
    for path in [
        "331007_aed/download.xml",
        "331007_aed/download.",
        "331007_aed/download",
        "331007_toilet/download.csv",
        "331007_toilet/download.source",
        "331007_aed/versions/2/download.csv",
        "331007_aed/versions/x/download.csv",
        "331007_aed/versions/99999999999/download.csv",
        "331007_aed/download.csv?table=facility",
        "331007_aed/download.source?table=facility",
    ] {
        app.get(&format!("/api/v1/datasets/{path}")).fails(Code::NotFound);
    }
    for question in ["limit=10", "bom=x", "名称=x"] {
        app.get(&format!("{ADDRESS}/download.csv?{question}")).fails(Code::InvalidParameter);
    }
}
