//! A standard that is added as a folder, without a line of code.

use std::fs;

use machikura::http::problem::Code;
use machikura::standard::Registry;
use serde_json::json;

use crate::support::app::TestApp;

/// A folder of standards with one in it: 公園のベンチ.
fn benches() -> Registry {
    let folder = tempfile::tempdir().expect("a folder");
    let field = |position: usize, name: &str, name_en: &str, kind: &str, of_type: &str| {
        json!({"position": position, "name": name, "name_en": name_en, "kind": kind, "type": of_type,
               "description": format!("{name}を書く。"), "description_en": format!("The {name_en}.")})
    };
    let mut fields = [
        field(1, "ベンチ番号", "bench_id", "string", "string"),
        field(2, "公園名", "park", "string", "string"),
        field(3, "座れる人数", "seats", "integer", "integer"),
        field(4, "緯度", "latitude", "latitude", "number"),
        field(5, "経度", "longitude", "longitude", "number"),
        field(6, "設置日", "installed_on", "date", "date"),
    ];
    fields[1]["constraints"] = json!({"required": true});
    fields[0]["constraints"] = json!({"unique": true});
    let descriptor = json!({
        "name": "bench", "title": "公園のベンチ", "title_en": "Park benches",
        "description": "公園のベンチの場所です。", "description_en": "Where the benches of the parks are.",
        "resources": [{"name": "bench", "table": "bench", "edition": "standard", "title": "公園のベンチ", "title_en": "Park benches", "schema": "standard.json"}],
    });
    let bench = folder.path().join("bench");
    fs::create_dir(&bench).expect("made");
    fs::write(bench.join("datapackage.json"), descriptor.to_string()).expect("written");
    let schema = json!({"recordId": "ベンチ番号", "recordName": "公園名", "fields": fields});
    fs::write(bench.join("standard.json"), schema.to_string()).expect("written");
    Registry::with_directory(folder.path()).expect("a registry")
}

const TABLE: &str = "ベンチ番号,公園名,座れる人数,緯度,経度,設置日\n\
                     B1,石山公園,3,34.664,133.934,2020-04-01\n\
                     B2,東山公園,12,34.660,133.960,2019-12-24\n\
                     B3,石山公園,,,,\n";

#[test]
fn everything_works_as_with_the_others() {
    let app = TestApp::spawn_with_standards(benches(), |_| {});
    let standards = app.get("/api/v1/standards").json();
    assert_eq!(standards["total"], Registry::embedded().standards().len() + 1);
    assert_eq!(app.get("/api/v1/standards/bench").json()["title_en"], "Park benches");
    assert_eq!(
        app.get("/api/v1/standards/bench/template.csv").text(),
        "\u{feff}ベンチ番号,公園名,座れる人数,緯度,経度,設置日\r\n"
    );
    let report = app.post("/api/v1/validate", TABLE).json();
    assert_eq!(
        (&report["valid"], &report["standard"], &report["standard_detected"]),
        (&json!(true), &json!("bench"), &json!(true))
    );

    app.publish("331007_bench", TABLE);
    let records = "/api/v1/datasets/331007_bench/records";
    let page = app.get(&format!("{records}?座れる人数__gt=5&select=公園名,座れる人数,設置日")).json();
    assert_eq!(page["records"], json!([{"公園名": "東山公園", "座れる人数": 12, "設置日": "2019-12-24"}]));
    let page = app.get("/api/v1/standards/bench/records?sort=-座れる人数&select=ベンチ番号").json();
    let record = |id: &str| json!({"dataset": "331007_bench", "ベンチ番号": id});
    assert_eq!(page["records"], json!([record("B2"), record("B1"), record("B3")]));
    let map = app.get(&format!("{records}.geojson?lat=34.66&lon=133.96&radius=100")).expect(200).json();
    assert_eq!((&map["features"][0]["id"], &map["numberMatched"]), (&json!("B2"), &json!(1)));
    assert_eq!(app.get(&format!("{records}/B3")).json()["公園名"], "石山公園");
    assert_eq!(app.get("/api/v1/datasets/331007_bench").json()["title"], "岡山市 公園のベンチ");

    let twice = TABLE.replace("B2", "B1").replace("2019-12-24", "きのう").replace("東山公園", "");
    let problem = app.publication("331007_bench", twice).fails(Code::Nonconforming);
    assert_eq!(problem["report"]["by_code"], json!({"date-format": 1, "duplicate-id": 1, "required": 1}));

    let document = app.get("/openapi.json").json();
    let component = &document["components"]["schemas"]["bench"];
    assert_eq!(component["properties"]["座れる人数"]["type"], json!(["integer", "null"]));
    let refers = json!({"$ref": "#/components/schemas/bench"});
    assert!(document["components"]["schemas"]["Record"]["anyOf"].as_array().is_some_and(|list| list.contains(&refers)));
}
