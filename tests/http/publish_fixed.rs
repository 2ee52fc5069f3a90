//! `PUT /api/v1/datasets/{id}?fix=…`: corrected, then published.

use machikura::http::problem::Code;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::tables::{csv, rows, sample_named, shift_jis, table_of};

const ADDRESS: &str = "/api/v1/datasets/331007_aed";

fn wrong() -> String {
    table_of("aed", &[&[("開始時間", "9時")], &[("終了時間", "17:00※")], &[]])
}

fn publish(app: &TestApp, query: &str, table: impl Into<Vec<u8>>) -> crate::support::call::Call {
    app.publication(&format!("331007_aed?{query}"), table)
}

#[test]
fn what_is_corrected_is_published_and_can_be_traced() {
    let app = TestApp::spawn();
    let original = shift_jis(&wrong());
    publish(&app, "fix=false", original.clone()).fails(Code::Nonconforming);
    let problem = publish(&app, "fix=true", original.clone()).fails(Code::Nonconforming);
    assert_eq!(problem["report"]["by_code"]["time-format"], 1, "only the sure one was corrected");
    assert_eq!(app.get("/api/v1/datasets").json()["total"], 0, "nothing was published");

    let body = publish(&app, "fix=likely", original.clone()).expect(201).json();
    assert_eq!((&body["version"], &body["report"]["valid"]), (&json!(1), &json!(true)));
    assert_eq!((&body["fix"]["cells"], &body["fix"]["before"]["errors"]), (&json!(2), &json!(2)));
    assert_eq!(body["fix"]["recipe"], json!({"standard": "aed", "organization": "331007", "fix": "likely"}));
    let records = app.get(&format!("{ADDRESS}/records")).json();
    assert_eq!(records["records"][0]["開始時間"], "09:00");
    assert_eq!(records["records"][1]["終了時間"], "17:00");
    assert_eq!(app.get(&format!("{ADDRESS}/download.source")).expect(200).body, original, "byte for byte");
    let patches = app.get(body["fix"]["patches"].as_str().expect("an address")).expect(200);
    assert_eq!(patches.header("content-type"), "text/csv; charset=utf-8");
    let patches = rows(patches.text().trim_start_matches('\u{feff}'));
    let traced = |row: &[String]| [0, 2, 3, 4, 5].map(|cell: usize| row[cell].clone());
    assert_eq!(traced(&patches[1]), ["2", "開始時間", "time-format", "9時", "09:00"]);
    assert_eq!(traced(&patches[2]), ["3", "終了時間", "time-format", "17:00※", "17:00"]);
}

#[test]
fn next_months_file_needs_no_decision() {
    let app = TestApp::spawn();
    publish(&app, "fix=likely&rules=-whitespace", wrong()).expect(201);
    let next = table_of("aed", &[&[("終了時間", "18:00※"), ("名称", " 街 ")], &[]]);
    let body = publish(&app, "fix=true", next.clone()).expect(200).json();
    assert_eq!((&body["version"], &body["fix"]["cells"]), (&json!(2), &json!(1)), "as was decided last time");
    assert_eq!(body["fix"]["recipe"]["rules"], json!({"whitespace": false}));
    let again = publish(&app, "fix=true", next.clone()).expect(200).json();
    assert_eq!(
        (&again["version"], &again["unchanged"]),
        (&json!(2), &json!(true)),
        "the same bytes, the same decisions"
    );
    let other = publish(&app, "recipe={%22fix%22:%22likely%22}", next).expect(200).json();
    assert_eq!((&other["version"], &other["fix"]["cells"]), (&json!(3), &json!(2)));
}

#[test]
fn a_recipe_maps_headings_and_fills_in_constants() {
    let app = TestApp::spawn();
    let mut table = rows(&table_of("aed", &[&[], &[]]));
    let column = table[0].iter().position(|name| name == "設置位置").expect("a column");
    table[0][column] = "どこにあるか".to_owned();
    let recipe = json!({"columns": {"どこにあるか": "設置位置"}, "values": {"備考": "見本"}}).to_string();
    let recipe = recipe.replace('"', "%22").replace(' ', "%20");
    publish(&app, &format!("recipe={recipe}"), csv(&table)).expect(201);
    let record: Value = app.get(&format!("{ADDRESS}/records")).json()["records"][0].take();
    assert_eq!((&record["設置位置"], &record["備考"]), (&json!(table[1][column]), &json!("見本")));
    assert_eq!(record["どこにあるか"], Value::Null);
}

#[test]
fn an_untouched_file_has_no_list_of_changes() {
    let app = TestApp::spawn();
    let body = publish(&app, "fix=true", table_of("aed", &[&[]])).expect(201).json();
    assert_eq!((&body["fix"]["cells"], body["fix"].get("patches")), (&json!(0), None));
    app.get(&format!("{ADDRESS}/download.patches")).fails(Code::NotFound);
    app.get("/api/v1/datasets/332020_aed/download.patches").fails(Code::NotFound);
}

#[test]
fn dry_runs_and_older_editions() {
    let app = TestApp::spawn();
    let older = sample_named("aed-recommended");
    let body = publish(&app, "fix=true&dry_run=true", older.as_str()).expect(200).json();
    assert_eq!((&body["version"], &body["dry_run"], body["fix"].get("patches")), (&Value::Null, &json!(true), None));
    let body = publish(&app, "fix=true", older.as_str()).expect(201).json();
    assert_eq!(body["report"]["edition"], "standard");
    for (query, parameter) in [("fix=maybe", "fix"), ("rules=nothing", "rules"), ("recipe=1", "recipe")] {
        let problem = publish(&app, query, older.as_str()).fails(Code::InvalidParameter);
        assert_eq!(problem["errors"][0]["parameter"], parameter);
    }
}

#[test]
fn a_table_of_another_data_set_is_not_taken_for_this_one() {
    let app = TestApp::spawn();
    let stranger = sample_named("tourist_attraction");
    for query in ["fix=true", "fix=likely&nonconforming=publish"] {
        let answer = app.publication(&format!("331007_tourism?{query}"), stranger.as_str());
        answer.fails(Code::Nonconforming);
    }
    app.get("/api/v1/datasets/331007_tourism").fails(Code::NotFound);
}
