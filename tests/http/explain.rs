//! `explain=true`, and the facets of the catalogue.

use machikura::http::problem::Code;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::tables::{sample, table};

const ADDRESS: &str = "/api/v1/datasets/331007_aed/records";

fn places() -> TestApp {
    let app = TestApp::spawn();
    app.publish("331007_aed", table("aed", 3, |number, set| set("名称", ["あ", "い", "い"][number])));
    app
}

fn texts(list: &Value, language: &str) -> Vec<String> {
    let texts = list.as_array().expect("a list").iter().map(|text| text[language].as_str().expect("a text").to_owned());
    texts.collect()
}

#[test]
fn how_a_question_was_understood() {
    let app = places();
    let question = "sort=-name&name__contains=い&limit=20&緯度__gt=34&open_at=2026-11-23T10:00&select=ID,name&names=en&count=exact";
    let body = app.get(&format!("{ADDRESS}.csv?{question}&explain=true")).json();
    assert_eq!(
        (&body["resource"], &body["records"], &body["format"]),
        (&json!("331007_aed"), &json!(3), &json!("csv"))
    );
    assert_eq!(
        texts(&body["conditions"], "ja")[..2],
        ["「名称」が「い」を含む".to_owned(), "「緯度」が 34 より大きい（後）".to_owned()]
    );
    assert!(
        texts(&body["conditions"], "en")[2]
            .contains("open at 2026-11-23 10:00 Japan time (Monday, Labour Thanksgiving Day)")
    );
    assert_eq!(body["open"]["status"], "open");
    assert_eq!(body["fields"][1], json!({"name": "緯度", "name_en": "latitude", "kind": "latitude"}));
    assert_eq!(texts(&body["order"], "en"), ["by name, largest first, blanks last", "as published"]);
    assert_eq!((&body["select"], &body["limit"]), (&json!(["id", "name"]), &json!(20)));
    // The canonical address asks the same.
    let canonical = body["canonical"].as_str().expect("an address");
    let [one, other] = [canonical, &format!("{ADDRESS}.csv?{question}")].map(|address| app.get(address).text());
    assert_eq!(one, other);
    assert!(!canonical.contains("explain") && !canonical.contains("count"), "{canonical}");
    assert!(!body.to_string().contains("SELECT") && !body.to_string().contains("split_part"), "no SQL");
    // However it is written, it is the same question.
    let addresses =
        ["名称__contains=い&offset=0&open=2026-11-23T10:00", "open_at=2026-11-23T10:00&name__contains=い&lang=en"]
            .map(|question| app.get(&format!("{ADDRESS}?{question}&explain=true")).json()["canonical"].clone());
    assert_eq!(addresses[0], addresses[1]);
}

#[test]
fn the_canonical_address_keeps_the_order_of_lists() {
    let app = places();
    let canonical = |question: &str| {
        let body = app.get(&format!("{ADDRESS}?{question}&explain=true")).json();
        body["canonical"].as_str().expect("an address").to_owned()
    };
    let sorted = canonical("sort=名称&sort=-ID&select=名称&select=ID");
    let asked = app.get(&format!("{ADDRESS}?sort=名称&sort=-ID&select=名称&select=ID")).text();
    assert_eq!(app.get(&sorted).text(), asked);
    assert_eq!(canonical("名称=い&名称=あ"), canonical("名称=あ&名称=い"));
}

#[test]
fn the_document_describes_the_explanation() {
    let app = places();
    let document = app.get("/openapi.json").json();
    let schemas = &document["components"]["schemas"];
    let question = "緯度__gt=34&bbox=133,34,135,36&open_at=2026-11-23T10:00&facets=名称";
    let body = app.get(&format!("{ADDRESS}?{question}&explain=true")).json();
    let members = |value: &Value| -> Vec<String> {
        let mut names: Vec<String> = value.as_object().expect("an object").keys().cloned().collect();
        names.sort();
        names
    };
    let component = &schemas["ExplanationBody"];
    assert_eq!(members(&body), members(&component["properties"]));
    let field = component["properties"]["fields"]["items"]["$ref"].as_str().expect("a component");
    let field = &schemas[field.rsplit('/').next().expect("a name")];
    assert_eq!(members(&body["fields"][0]), members(&field["properties"]));
}

#[test]
fn a_filter_in_the_body_is_explained_too() {
    let app = places();
    let filter = r#"{"op":"=","args":[{"property":"名称"},"い"]}"#;
    let body = app.post(&format!("{ADDRESS}?explain=true"), filter).header("Content-Type", "application/json").json();
    assert_eq!(body["filter"], filter);
    assert_eq!(texts(&body["conditions"], "ja"), ["「名称」が 「い」"]);
}

#[test]
fn where_an_answer_comes_from() {
    let app = places();
    for (question, part) in [
        ("", "only the rows of the page"),
        ("sort=名称", "every row"),
        ("名称=い", "codes of the columns' values"),
        ("名称=い&sort=名称", "rows that may fulfil"),
        ("bbox=133,34,134,35", "spatial index"),
        ("group_by=名称", "counts of the column's values"),
        ("group_by=名称&名称=い", "codes of the columns' values"),
        ("group_by=名称&名称=い&aggregate=max(緯度)", "rows that may fulfil"),
        ("group_by=名称&aggregate=max(緯度)", "every row"),
    ] {
        let body = app.get(&format!("{ADDRESS}?{question}&explain=true")).json();
        let found = body["answered_from"]["en"].as_str().expect("a text");
        assert!(found.contains(part), "{question}: {found}");
    }
    let across = app.get("/api/v1/standards/aed/records?group_by=dataset&explain=true&as_of=2099-01-01").json();
    assert!(across["answered_from"]["en"].as_str().is_some_and(|text| text.contains("counts of records")));
    assert_eq!(across["as_of"], "2099-01-01T23:59:59+09:00");
    app.get(&format!("{ADDRESS}?explain=yes")).fails(Code::InvalidParameter);
    app.get(&format!("{ADDRESS}?explain=true&名祢=x")).fails(Code::InvalidParameter);
}

#[test]
fn facets_of_the_catalogue() {
    let app = places();
    app.publish("331007_event", sample("event"));
    app.publish("332020_aed", table("aed", 1, |_, set| set("全国地方公共団体コード", "332020")));
    let body = app.get("/api/v1/datasets?facets=standard,organization&limit=1").json();
    assert_eq!((&body["total"], &body["count"]), (&json!(3), &json!(1)));
    assert_eq!(
        body["facets"],
        json!({"standard": [{"value": "aed", "count": 2}, {"value": "event", "count": 1}],
               "organization": [{"value": "331007", "count": 2}, {"value": "332020", "count": 1}]})
    );
    let body = app.get("/api/v1/datasets?facets=standard&organization=332020").json();
    assert_eq!(body["facets"], json!({"standard": [{"value": "aed", "count": 1}]}));
    assert_eq!(app.get("/api/v1/datasets").json().get("facets"), None);
    let problem = app.get("/api/v1/datasets?facets=standrad").fails(Code::InvalidParameter);
    assert!(problem["hint"].as_str().is_some_and(|hint| hint.contains("standard")));
}
