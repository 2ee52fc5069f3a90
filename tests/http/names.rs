//! English names of fields: in answers with `names=en`, and in questions always.

use machikura::http::problem::Code;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::call::errors;
use crate::support::tables::{id, table_of, with_column};

const ADDRESS: &str = "/api/v1/datasets/331007_aed/records";

/// Two places, and a column that the standard does not know.
fn places() -> TestApp {
    let app = TestApp::spawn();
    let places = table_of("aed", &[&[("名称", "市役所"), ("緯度", "34.660")], &[("名称", "港"), ("緯度", "34.500")]]);
    app.publish("331007_aed", with_column(&places, "独自の列", |row| format!("値{row}")));
    app
}

#[test]
fn answers_of_every_format_have_english_names() {
    let app = places();
    let page = app.get(&format!("{ADDRESS}?names=en&limit=1&select=ID,名称,緯度,独自の列")).json();
    assert_eq!(
        page["records"],
        json!([{"id": id(0), "name": "市役所", "latitude": 34.66, "独自の列": "値0"}]),
        "a column of the publisher's own keeps its name"
    );
    let csv = app.get(&format!("{ADDRESS}.csv?names=en&bom=false&limit=1&select=ID,名称")).text();
    assert_eq!(csv, format!("id,name\r\n{},市役所\r\n", id(0)));
    let map = app.get(&format!("{ADDRESS}.geojson?names=en&limit=1&select=名称")).expect(200).json();
    assert_eq!(map["features"][0]["properties"], json!({"name": "市役所"}));
    assert_eq!(map["features"][0]["id"], id(0));
    let table = app.get(&format!("{ADDRESS}.txt?names=en&limit=1&select=名称,緯度")).text();
    assert!(table.contains("latitude") && !table.contains("緯度"), "{table}");
    let one = app.get(&format!("{ADDRESS}/{}?names=en", id(0))).json();
    assert_eq!((&one["name"], &one["独自の列"], one.get("名称")), (&json!("市役所"), &json!("値0"), None));
    app.get(&format!("{ADDRESS}/{}?names=fr", id(0))).fails(Code::InvalidParameter);
    // The other language is another answer.
    let [ja, en] = ["ja", "en"].map(|names| app.get(&format!("{ADDRESS}?names={names}")).expect(200));
    assert_eq!(ja.json(), app.get(ADDRESS).json());
    assert_ne!(ja.header("etag"), en.header("etag"));
    assert_eq!(
        en.json()["records"][0].as_object().map(serde_json::Map::len),
        ja.json()["records"][0].as_object().map(serde_json::Map::len)
    );
}

#[test]
fn questions_take_english_names() {
    let app = places();
    for (english, japanese) in [
        ("name=港", "名称=港"),
        ("name__contains=役", "名称__contains=役"),
        ("latitude__lt=34.6", "緯度__lt=34.6"),
        ("sort=-name&select=id", "sort=-名称&select=ID"),
        ("group_by=name&aggregate=max(latitude)", "group_by=名称&aggregate=max(緯度)"),
        ("facets=name", "facets=名称"),
    ] {
        let [one, other] = [english, japanese].map(|question| app.get(&format!("{ADDRESS}?{question}")).json());
        assert_eq!(one, other, "{english}");
    }
    let grouped = app.get(&format!("{ADDRESS}?names=en&group_by=name&aggregate=max(緯度)&sort=-max(latitude)")).json();
    assert_eq!(
        grouped["records"],
        json!([{"name": "市役所", "max(latitude)": 34.66}, {"name": "港", "max(latitude)": 34.5}])
    );
    for (question, hint) in [("nmae=x", "name"), ("latitud__gt=1", "latitude__gt"), ("names=fr", "英語")] {
        let problem = app.get(&format!("{ADDRESS}?{question}")).fails(Code::InvalidParameter);
        assert!(errors(&problem)[0]["hint"].as_str().is_some_and(|shown| shown.contains(hint)), "{problem}");
    }
}
