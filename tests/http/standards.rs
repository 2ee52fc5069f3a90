//! `/api/v1/standards` and what is below it, but for the records.

use machikura::http::problem::Code;
use machikura::standard::Registry;
use machikura::tabular::{self, Upload};
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::call::errors;

#[test]
fn the_list() {
    let app = TestApp::spawn();
    let list = app.get("/api/v1/standards").json();
    let known = Registry::embedded().standards();
    assert_eq!(list["total"], known.len());
    let standards = list["standards"].as_array().expect("standards");
    assert_eq!(standards.len(), known.len());
    let aed = standards.iter().find(|standard| standard["slug"] == "aed").expect("it");
    assert_eq!(
        *aed,
        json!({"slug": "aed", "number": "08", "title": "AED設置箇所一覧", "title_en": "AED locations",
               "description": "AED（自動体外式除細動器）が置いてある場所と、使える曜日・時間をまとめた表です。",
               "description_en": "Where AEDs (automated external defibrillators) are kept and when they can be reached.",
               "tables": ["aed"], "editions": ["standard", "recommended"],
               "links": {"self": "/api/v1/standards/aed", "records": "/api/v1/standards/aed/records",
                         "template": "/api/v1/standards/aed/template.csv",
                         "template_xlsx": "/api/v1/standards/aed/template.xlsx",
                         "table_schema": "/api/v1/standards/aed?format=table-schema"}})
    );
    for standard in standards {
        for link in standard["links"].as_object().expect("links").values() {
            app.get(link.as_str().expect("an address")).expect(200);
        }
    }
}

#[test]
fn the_fields_of_every_standard() {
    let app = TestApp::spawn();
    for standard in Registry::embedded().standards() {
        for table in &standard.tables {
            for form in &table.forms {
                let edition = form.edition.as_str();
                let query = format!("table={}&edition={edition}", table.name);
                let body = app.get(&format!("/api/v1/standards/{}?{query}", standard.slug)).json();
                assert_eq!((&body["table"], &body["edition"]), (&json!(table.name), &json!(edition)));
                if form.edition == table.forms[0].edition && form.name != table.forms[0].name {
                    continue;
                }
                let names = |list: &Value| -> Vec<Value> {
                    list.as_array().expect("a list").iter().map(|field| field["name"].clone()).collect()
                };
                let first = table.forms.iter().find(|other| other.edition == form.edition).expect("a form");
                let expected: Vec<Value> = first.schema.fields().iter().map(|field| json!(field.name)).collect();
                assert_eq!(names(&body["fields"]), expected);
                let template =
                    app.get(&format!("/api/v1/standards/{}/template.csv?{query}", standard.slug)).expect(200);
                assert_eq!(template.header("content-type"), "text/csv; charset=utf-8");
                let heading = csv::Reader::from_reader(&template.body[3..]).headers().expect("a heading").clone();
                assert_eq!(template.body[..3], *b"\xef\xbb\xbf");
                assert_eq!(heading.iter().map(|name| json!(name)).collect::<Vec<_>>(), expected);
                let address = format!("/api/v1/standards/{}/template.xlsx?{query}", standard.slug);
                let workbook = app.get(&address).expect(200);
                assert_eq!(workbook.header("content-type"), machikura::workbook::MEDIA_TYPE);
                let name = format!("attachment; filename=\"{}.xlsx\"", first.name);
                assert_eq!(workbook.header("content-disposition"), name);
                let sheets =
                    tabular::read(&Upload::from_bytes(workbook.body.clone(), None), &tabular::ReadOptions::default())
                        .expect("a table")
                        .sheets;
                let mut rows = sheets[0].rows().expect("in memory");
                let heading = rows.next_row().expect("in memory").expect("a heading");
                assert_eq!(heading.cells().map(|name| json!(name)).collect::<Vec<_>>(), expected);
                let held = workbook.header("etag");
                app.get(&address).header("If-None-Match", held).expect(304);
            }
        }
    }
}

#[test]
fn one_field_in_full() {
    let app = TestApp::spawn();
    let body = app.get("/api/v1/standards/aed").json();
    assert_eq!((&body["slug"], &body["number"]), (&json!("aed"), &json!("08")));
    let fields = body["fields"].as_array().expect("fields");
    let field = fields.iter().find(|field| field["name"] == "小児対応設備の有無").expect("it");
    let members: Vec<&String> = field.as_object().expect("an object").keys().collect();
    assert_eq!(
        members,
        [
            "position",
            "name",
            "name_en",
            "requirement",
            "confidence",
            "type",
            "charset",
            "enum",
            "rule",
            "rule_en",
            "example",
            "aliases"
        ]
    );
    assert_eq!(
        (&field["type"], &field["enum"], &field["requirement"]),
        (&json!("flag"), &json!(["有", "無"]), &json!("optional"))
    );
    assert_eq!(field["position"], 32);
}

#[test]
fn schemas_of_other_makers() {
    let app = TestApp::spawn();
    for standard in Registry::embedded().standards() {
        let address = format!("/api/v1/standards/{}", standard.slug);
        let get = |format: &str, media_type: &str| {
            let answer = app.get(&format!("{address}?format={format}")).expect(200);
            assert_eq!(answer.header("content-type"), media_type);
            answer.json()
        };
        let fields = standard.main_table().schema().fields();
        let table_schema = get("table-schema", "application/vnd.dataresource+json");
        let json_schema = get("json-schema", "application/schema+json");
        let csvw = get("csvw", "application/csvm+json");
        assert_eq!(json_schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(json_schema["properties"].as_object().map(serde_json::Map::len), Some(fields.len()));
        assert_eq!(csvw["@context"][0], "http://www.w3.org/ns/csvw");
        assert_eq!(csvw["tableSchema"]["columns"].as_array().map(Vec::len), Some(fields.len()));
        for (index, field) in fields.iter().enumerate() {
            assert_eq!(table_schema["fields"][index]["name"], field.name);
            assert_eq!(csvw["tableSchema"]["columns"][index]["titles"]["ja"], field.name);
            assert!(json_schema["properties"][&field.name]["type"].is_array());
        }
    }
}

#[test]
fn what_there_is_not() {
    let app = TestApp::spawn();
    let problem = app.get("/api/v1/standards/adc").fails(Code::NotFound);
    assert!(problem["hint"].is_string());
    app.get("/api/v1/standards/nothing/template.csv").fails(Code::NotFound);
    app.get("/api/v1/standards/aed/template.xml").fails(Code::NotFound);
    for question in ["format=xsd", "edition=old", "table=facility", "fromat=csvw", "format=json&lagn=en"] {
        let problem = app.get(&format!("/api/v1/standards/aed?{question}")).fails(Code::InvalidParameter);
        assert_eq!(errors(&problem).len(), 1);
    }
    app.get("/api/v1/standards?q=aed").fails(Code::InvalidParameter);
}
