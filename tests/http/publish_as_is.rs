//! `PUT /api/v1/datasets/{id}?nonconforming=publish`: what becomes of a file that has errors.

use machikura::http::problem::Code;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::tables::{csv, rows, sample, table_of, with_column};

const ADDRESS: &str = "/api/v1/datasets/331007_aed";
const AS_IS: &str = "/api/v1/datasets/331007_aed?nonconforming=publish";

/// Three records: one right, one with texts where numbers and times belong, one with coordinates outside Japan.
fn imperfect() -> String {
    let table = table_of(
        "aed",
        &[
            &[("名称", "甲"), ("緯度", "34.65"), ("経度", "133.92"), ("高度の値", "2")],
            &[("名称", "乙"), ("緯度", "北緯34度"), ("経度", "133.9"), ("高度の値", "\"2\"階"), ("開始時間", "9時")],
            &[("名称", ""), ("緯度", "133.9"), ("経度", "34.6"), ("高度の値", "10"), ("終了時間", "")],
        ],
    );
    with_column(&table, "点検", |number| format!("{number}年"))
}

fn published() -> TestApp {
    let app = TestApp::spawn();
    let token = app.token_for("331007");
    app.put(AS_IS, imperfect()).token(&token).expect(201);
    app
}

#[test]
fn strict_is_the_default_and_stays_strict() {
    let app = TestApp::spawn();
    let token = app.token_for("331007");
    let put = |query: &str| app.put(&format!("{ADDRESS}{query}"), imperfect()).token(&token);
    put("").fails(Code::Nonconforming);
    put("?nonconforming=strict").fails(Code::Nonconforming);
    for wrong in ["?nonconforming=yes", "?nonconforming=", "?nonconformin=publish"] {
        put(wrong).fails(Code::InvalidParameter);
    }
    app.get(ADDRESS).fails(Code::NotFound);
    let body = put("?nonconforming=publish").expect(201).json();
    assert_eq!((&body["version"], &body["records"], &body["report"]["valid"]), (&json!(1), &json!(3), &json!(false)));
    assert_eq!(put("?nonconforming=publish").expect(200).json()["unchanged"], true);
    put("").fails(Code::Nonconforming);
    assert_eq!(app.get(&format!("{ADDRESS}/versions")).json()["total"], 1);
}

#[test]
fn what_is_no_value_is_null_and_its_text_stays() {
    let app = published();
    let page = app.get(&format!("{ADDRESS}/records?select=名称,緯度,経度,高度の値,開始時間,終了時間,点検")).json();
    assert_eq!(
        page["records"],
        json!([
            {"名称": "甲", "緯度": 34.65, "経度": 133.92, "高度の値": 2, "開始時間": "09:00", "終了時間": "21:30", "点検": "0年"},
            {"名称": "乙", "緯度": null, "経度": 133.9, "高度の値": null, "開始時間": null, "終了時間": "21:30", "点検": "1年",
             "_raw": {"緯度": "北緯34度", "高度の値": "\"2\"階", "開始時間": "9時"}},
            {"名称": null, "緯度": null, "経度": null, "高度の値": 10, "開始時間": "09:00", "終了時間": null, "点検": "2年",
             "_raw": {"緯度": "133.9", "経度": "34.6"}},
        ])
    );
    // Only of what was asked for.
    let page = app.get(&format!("{ADDRESS}/records?select=名称,開始時間")).json();
    assert_eq!(page["records"][1], json!({"名称": "乙", "開始時間": null, "_raw": {"開始時間": "9時"}}));
    assert_eq!(page["records"][2], json!({"名称": null, "開始時間": "09:00"}));
    let one = app.get(&format!("{ADDRESS}/records/FF3310070002")).json();
    assert_eq!((&one["_raw"]["緯度"], &one["緯度"]), (&json!("北緯34度"), &Value::Null));
    for whole in [format!("{ADDRESS}/download.json"), format!("{ADDRESS}/versions/1/records")] {
        assert_eq!(app.get(&whole).json()["records"][1], one, "{whole}");
    }
    let across = app.get("/api/v1/standards/aed/records").json();
    assert_eq!(across["records"][1]["_raw"], one["_raw"]);
    // A table shows the values.
    let lines = rows(&app.get(&format!("{ADDRESS}/records.csv?bom=false&select=名称,緯度,開始時間")).text());
    assert_eq!(lines, [["名称", "緯度", "開始時間"], ["甲", "34.65", "09:00"], ["乙", "", ""], ["", "", "09:00"]]);
    assert!(!app.get(&format!("{ADDRESS}/records.txt")).text().contains("_raw"));
    let source = app.get(&format!("{ADDRESS}/download.source")).expect(200);
    assert_eq!(source.body, imperfect().as_bytes());
}

#[test]
fn only_valid_coordinates_are_places() {
    let app = published();
    let map = app.get(&format!("{ADDRESS}/download.geojson")).expect(200).json();
    let geometries: Vec<&Value> =
        map["features"].as_array().expect("features").iter().map(|feature| &feature["geometry"]).collect();
    assert_eq!(geometries, [&json!({"type": "Point", "coordinates": [133.92, 34.65]}), &Value::Null, &Value::Null]);
    assert_eq!(map["features"][2]["properties"]["_raw"], json!({"緯度": "133.9", "経度": "34.6"}));
    assert_eq!(app.get(ADDRESS).json()["bbox"], json!([133.92, 34.65, 133.92, 34.65]));
    for (query, count) in [("bbox=100,0,180,80", 1), ("lat=34.65&lon=133.92&radius=20000000", 1)] {
        assert_eq!(app.get(&format!("{ADDRESS}/records?{query}")).json()["total"], count, "{query}");
    }
}

#[test]
fn queries_see_blanks() {
    let app = published();
    for (query, names) in [
        ("sort=高度の値", vec!["甲", "", "乙"]),
        ("sort=-開始時間,高度の値", vec!["甲", "", "乙"]),
        ("sort=緯度", vec!["甲", "乙", ""]),
        ("緯度__isnull=true", vec!["乙", ""]),
        ("高度の値__gte=0", vec!["甲", ""]),
        ("高度の値__ne=2", vec!["乙", ""]),
        ("開始時間__lt=10:00", vec!["甲", ""]),
        ("開始時間__contains=時", vec![]),
        ("点検__endswith=年&limit=2", vec!["甲", "乙"]),
    ] {
        let page = app.get(&format!("{ADDRESS}/records?select=名称&{query}")).json();
        let found: Vec<&str> = page["records"]
            .as_array()
            .expect("records")
            .iter()
            .map(|record| record["名称"].as_str().unwrap_or_default())
            .collect();
        assert_eq!(found, names, "{query}");
    }
    // Page by page in an order in which some are blank.
    let first = app.get(&format!("{ADDRESS}/records?sort=高度の値&limit=2&select=名称")).json();
    let second = app.get(first["next"].as_str().expect("a next page")).json();
    assert_eq!(second["records"], json!([{"名称": "乙"}]));
}

#[test]
fn everybody_sees_that_it_does_not_conform() {
    let app = TestApp::spawn();
    let token = app.token_for("331007");
    let summary = app.put(AS_IS, imperfect()).token(&token).expect(201).json()["report"]["summary"].take();
    assert!(summary["errors"].as_u64().is_some_and(|errors| errors >= 4), "{summary}");
    let imperfect = json!({"score": summary["score"], "valid": false, "errors": summary["errors"]});
    let perfect = json!({"score": 100.0, "valid": true, "errors": 0});
    let about = app.get(ADDRESS).json();
    assert_eq!((&about["quality"], &about["tables"][0]["quality"]), (&imperfect, &imperfect));
    app.publish("331007_aed", with_column(&table_of("aed", &[&[], &[], &[]]), "点検", |_| "1年".to_owned()));
    let about = app.get(ADDRESS).json();
    assert_eq!((&about["quality"], &about["tables"][0]["quality"]), (&perfect, &perfect));
    let versions = app.get(&format!("{ADDRESS}/versions")).json();
    assert_eq!((&versions["versions"][0]["quality"], &versions["versions"][1]["quality"]), (&perfect, &imperfect));
    let first = app.get(&format!("{ADDRESS}/versions/1")).json();
    assert_eq!((&first["quality"], &first["tables"][0]["quality"]), (&imperfect, &imperfect));
}

#[test]
fn what_is_no_table_of_the_data_set_is_not_published_at_all() {
    let app = TestApp::spawn();
    let token = app.token_for("331007");
    for (table, code) in [(table_of("aed", &[]), "no-rows"), ("名前,値\n甲,1\n".to_owned(), "unknown-data-set")] {
        let problem = app.put(AS_IS, table).token(&token).fails(Code::Nonconforming);
        assert!(problem["report"]["by_code"][code].is_u64(), "{code}: {}", problem["report"]["by_code"]);
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("そのままでも")), "{problem}");
    }
    app.put(AS_IS, "").token(&token).fails(Code::InvalidBody);
    app.get(ADDRESS).fails(Code::NotFound);
}

#[test]
fn missing_columns_and_repeated_ids_are_published_as_they_are() {
    let app = TestApp::spawn();
    let token = app.token_for("331007");
    let mut table = rows(&sample("aed"));
    for row in &mut table {
        // Without 所在地_連結表記 and 名称, and all records under one ID.
        row[1] = if row[1] == "ID" { "ID" } else { "同じ" }.to_owned();
        row.drain(8..9);
        row.drain(3..4);
    }
    app.put(AS_IS, csv(&table)).token(&token).expect(201);
    let page = app.get(&format!("{ADDRESS}/records?select=ID,名称,所在地_連結表記")).json();
    assert_eq!(page["total"], 5);
    assert_eq!(page["records"][4], json!({"ID": "同じ", "名称": null, "所在地_連結表記": null}));
    assert_eq!(
        app.get(&format!("{ADDRESS}/records/同じ")).json(),
        app.get(&format!("{ADDRESS}/records?limit=1")).json()["records"][0]
    );
}
