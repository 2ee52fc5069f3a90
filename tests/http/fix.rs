//! `POST /api/v1/fix`, and what is kept of it.

use machikura::http::problem::Code;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::tables::{rows, sample, sample_named, shift_jis, table_of, xlsx};

const ADDRESS: &str = "/api/v1/fix";

/// A table with three cells that are mended beyond doubt, one that probably is, and one that nobody can mend.
fn seeded() -> String {
    table_of(
        "aed",
        &[
            &[("開始時間", "9時")],
            &[("名称", " 街　"), ("電話番号", "０８６－８０３－１０００")],
            &[],
            &[("法人番号", "1.00002E+12")],
        ],
    )
}

#[test]
fn the_corrected_table_comes_back_with_its_counts_and_its_report() {
    let app = TestApp::spawn();
    let original = seeded();
    let answer = app.post(&format!("{ADDRESS}?filename=街.csv"), shift_jis(&original)).expect(200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"aed.csv\"");
    assert_eq!((answer.header("machikura-cells"), answer.header("machikura-errors-after")), ("3", "1"));
    assert!(answer.body.starts_with(b"\xEF\xBB\xBF"), "Excel needs the mark");
    let mut expected = rows(&original);
    let place = |name: &str| expected[0].iter().position(|heading| heading == name).expect("a column");
    let (time, name, phone) = (place("開始時間"), place("名称"), place("電話番号"));
    expected[1][time] = "09:00".to_owned();
    expected[2][name] = "街".to_owned();
    expected[2][phone] = "086-803-1000".to_owned();
    assert_eq!(rows(answer.text().trim_start_matches('\u{feff}')), expected);

    let link = answer.header("link").to_owned();
    let address = link.strip_prefix('<').and_then(|rest| rest.split_once('>')).expect("an address").0;
    let kept = app.get(address).json();
    assert_eq!((&kept["cells"], &kept["rows"], &kept["valid"]), (&json!(3), &json!(4), &json!(false)));
    assert_eq!(kept["recipe"], json!({"standard": "aed", "fix": "lossless"}));
    assert_eq!((&kept["report"]["summary"]["errors"], &kept["after"]["summary"]["errors"]), (&json!(2), &json!(1)));
    let patches = rows(app.get(&format!("{address}/patches.csv")).text().trim_start_matches('\u{feff}'));
    assert_eq!(patches[0], ["行", "セル", "項目", "規則", "直す前", "直した後"]);
    assert_eq!(patches[1][..4], ["2", "AC2", "開始時間", "time-format"].map(str::to_owned));
    assert_eq!(patches[1][4..], ["9時", "09:00"].map(str::to_owned));
    assert_eq!(patches.len(), 4);
    assert_eq!(app.get(&format!("{address}/corrected.csv")).expect(200).body, answer.body);
    app.get(&format!("{address}/other.csv")).fails(Code::NotFound);
    app.get("/api/v1/fixes/0123").fails(Code::NotFound);
    assert_eq!(app.get("/api/v1/datasets").json()["total"], 0, "nothing is published");
}

#[test]
fn corrected_twice_is_corrected_once() {
    let app = TestApp::spawn();
    let once = app.post(ADDRESS, seeded()).expect(200);
    let twice = app.post(ADDRESS, once.body.clone()).expect(200);
    assert_eq!((twice.header("machikura-cells"), &twice.body), ("0", &once.body));
    let clean = app.post(ADDRESS, sample("aed")).expect(200);
    assert_eq!(clean.header("machikura-cells"), "0");
    assert_eq!(
        rows(clean.text().trim_start_matches('\u{feff}')),
        rows(&sample("aed")),
        "a clean file is a fixed point"
    );
}

#[test]
fn decisions_are_switched_and_followed_again() {
    let app = TestApp::spawn();
    let fix = |query: &str| app.post(&format!("{ADDRESS}?format=json&{query}"), seeded()).json();
    let patched = |body: &Value| rows(app.get(body["patches"].as_str().expect("an address")).text().as_str()).len() - 1;
    let without = fix("rules=-time-format");
    assert_eq!((without["cells"].clone(), patched(&without)), (json!(2), 2));
    assert_eq!(without["recipe"]["rules"], json!({"time-format": false}));
    let again = fix(&format!("recipe={}", without["recipe"].to_string().replace('"', "%22").replace(' ', "%20")));
    assert_eq!(again["cells"], json!(2), "a recipe needs no further decision");
    let constant = fix("recipe={%22values%22:{%22備考%22:%22見本%22}}");
    assert_eq!(constant["cells"], json!(7), "three cells, and four that were empty");
}

#[test]
fn an_older_edition_becomes_the_current_one() {
    let app = TestApp::spawn();
    let older = sample_named("aed-recommended");
    let body = app.post(&format!("{ADDRESS}?format=json"), older.as_str()).json();
    assert_eq!((&body["report"]["edition"], &body["after"]["edition"]), (&json!("recommended"), &json!("standard")));
    let corrected =
        rows(app.get(body["corrected"].as_str().expect("an address")).text().trim_start_matches('\u{feff}'));
    let filled = |table: &[Vec<String>]| table[1..].iter().flatten().filter(|cell| !cell.is_empty()).count();
    let joined = rows(&older).len() - 1;
    assert_eq!(filled(&corrected), filled(&rows(&older)) - joined, "prefecture and municipality are one column now");
    let book = app.post(&format!("{ADDRESS}?format=json"), xlsx(&older)).json();
    assert_eq!(book["after"]["rows"], body["after"]["rows"]);
}

#[test]
fn what_cannot_be_followed_is_explained() {
    let app = TestApp::spawn();
    for (query, parameter, says) in [
        ("fix=all", "fix", "lossless"),
        ("rules=date-fromat", "rules", "date-format"),
        ("recipe={", "recipe", "JSON"),
        ("recipe={%22values%22:{%22無%22:%22x%22}}", "recipe", "無"),
        ("format=xml", "format", "csv"),
    ] {
        let problem = app.post(&format!("{ADDRESS}?{query}"), seeded()).fails(Code::InvalidParameter);
        assert!(problem["detail"].as_str().is_some_and(|text| text.contains(says)), "{query}: {problem}");
        assert_eq!(problem["errors"][0]["parameter"], parameter);
    }
    app.post(ADDRESS, "").fails(Code::InvalidBody);
    app.post(ADDRESS, "%PDF-1.7").fails(Code::UnsupportedMedia);
}
