//! `PUT /api/v1/datasets/{id}`: what becomes of a file that conforms.

use machikura::standard::Registry;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::tables::{
    csv, organization_of, rows, sample, sample_named, shift_jis, table_of, with_column, xlsx,
};

const ADDRESS: &str = "/api/v1/datasets/331007_aed";

/// What stands in a download, the heading first.
fn published(app: &TestApp, id: &str) -> Vec<Vec<String>> {
    rows(&app.get(&format!("/api/v1/datasets/{id}/download.csv?bom=false")).text())
}

#[test]
fn the_first_publication_is_created() {
    let app = TestApp::spawn();
    let answer = app.publication("331007_aed", sample("aed")).expect(201);
    assert_eq!(answer.header("location"), ADDRESS);
    assert_eq!(answer.header("etag"), "\"1\"");
    assert_eq!(answer.header("cache-control"), "private, no-store");
    let mut body = answer.json();
    let report = body["report"].take();
    assert_eq!(
        body,
        json!({"dataset": "331007_aed", "version": 1, "created": true, "unchanged": false, "dry_run": false,
               "records": 5, "url": ADDRESS, "report": null})
    );
    assert_eq!((&report["valid"], &report["rows"]), (&json!(true), &json!(5)));
    assert_eq!(published(&app, "331007_aed"), rows(&sample("aed")));
}

#[test]
fn the_same_bytes_change_nothing_and_others_make_a_version() {
    let app = TestApp::spawn();
    let first = sample("aed");
    let second = table_of("aed", &[&[("名称", "港")], &[]]);
    let versions = || app.get(&format!("{ADDRESS}/versions")).json()["total"].clone();
    for (table, status, version, unchanged) in
        [(&first, 201, 1, false), (&first, 200, 1, true), (&second, 200, 2, false), (&first, 200, 3, false)]
    {
        let answer = app.publication("331007_aed", table.as_str()).expect(status);
        assert_eq!(answer.header("etag"), format!("\"{version}\""));
        assert_eq!(answer.header("location").is_empty(), status == 200);
        let body = answer.json();
        assert_eq!((&body["version"], &body["unchanged"]), (&json!(version), &json!(unchanged)));
        assert_eq!(body["records"], rows(table).len() - 1);
        assert_eq!(versions(), version);
        assert_eq!(published(&app, "331007_aed"), rows(table));
    }
}

#[test]
fn an_older_edition_is_lifted_to_the_current_one() {
    let app = TestApp::spawn();
    // Every data set that has an older edition; the columns without a home in the current one stand behind it.
    let older: Vec<_> = Registry::embedded().forms().filter(|(.., form)| form.name.ends_with("-recommended")).collect();
    assert!(older.len() > 5);
    for (standard, table, form) in older {
        let source = form.sample.clone().expect("a sample");
        let id = format!("{}_{}", organization_of(&source), standard.slug);
        assert_eq!(app.publish(&id, source.as_str())["report"]["edition"], "recommended", "{id}");
        let current: Vec<&str> = table.schema().fields().iter().map(|field| field.name.as_str()).collect();
        let homeless: Vec<&str> = form
            .schema
            .fields()
            .iter()
            .filter(|field| field.becomes.is_none())
            .map(|field| field.name.as_str())
            .collect();
        let about = app.get(&format!("/api/v1/datasets/{id}")).json();
        assert_eq!(about["tables"][0]["edition"], "recommended");
        let found = published(&app, &id);
        let behind: Vec<&str> = found[0][current.len()..].iter().map(String::as_str).collect();
        assert_eq!(found[0][..current.len()], current, "{id}");
        assert_eq!(about["tables"][0]["extra_columns"], json!(behind));
        assert!(behind.iter().all(|name| homeless.contains(name)), "{id}: {behind:?} of {homeless:?}");
        let back = app.get(&format!("/api/v1/datasets/{id}/download.source")).expect(200);
        assert_eq!(back.body, source.as_bytes(), "{id}");
    }
}

#[test]
fn the_older_form_of_a_record() {
    let app = TestApp::spawn();
    app.publish("331007_aed", sample_named("aed-recommended"));
    let records = app.get(&format!("{ADDRESS}/records?limit=1")).json();
    let record = &records["records"][0];
    for (name, value) in [
        ("全国地方公共団体コード", json!("331007")),
        ("ID", json!("3310070001")),
        ("地方公共団体名", json!("岡山県岡山市")),
        ("名称", json!("大供公民館")),
        ("所在地_連結表記", json!("岡山県岡山市北区大供一丁目2-3")),
        ("緯度", json!(34.654820)),
        ("利用可能曜日", json!("火水木金土日")),
        ("郵便番号", Value::Null),
    ] {
        assert_eq!(record[name], value, "{name}");
    }
    assert_eq!(record.as_object().map(serde_json::Map::len), Some(39));
}

#[test]
fn columns_of_ones_own_are_kept_and_can_be_asked_for() {
    let app = TestApp::spawn();
    let table = with_column(&sample("aed"), "点検日（任意）", |number| format!("{}月", number + 1));
    let body = app.publish("331007_aed", table.as_str());
    assert_eq!(body["report"]["valid"], true);
    assert_eq!(body["report"]["by_code"]["unknown-column"], 1);
    assert_eq!(published(&app, "331007_aed"), rows(&table));
    let about = app.get(ADDRESS).json();
    assert_eq!(about["tables"][0]["extra_columns"], json!(["点検日（任意）"]));
    let page = app.get(&format!("{ADDRESS}/records?点検日(任意)=3月&select=ID,点検日（任意）")).json();
    assert_eq!(page["records"], json!([{"ID": "FF3310070003", "点検日（任意）": "3月"}]));
    // Across organizations there are the standard's columns only.
    let across = app.get("/api/v1/standards/aed/records?limit=1").json();
    assert_eq!(across["records"][0].get("点検日（任意）"), None);
}

#[test]
fn the_bytes_decide_what_a_file_is() {
    let table = table_of(
        "aed",
        &[
            &[("名称", "①髙島㈱ 受付"), ("緯度", "34.65"), ("経度", "133.92")],
            &[("備考", "波～線"), ("緯度", "34.7"), ("経度", "134")],
        ],
    );
    let tsv = {
        let mut writer = csv::WriterBuilder::new().delimiter(b'\t').from_writer(Vec::new());
        rows(&table).iter().for_each(|row| writer.write_record(row).expect("written"));
        writer.into_inner().expect("written")
    };
    let (euc, ..) = encoding_rs::EUC_JP.encode(&table);
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(table.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let cases: [(&str, &str, Vec<u8>, Value, &str); 6] = [
        ("aed.xlsx", "application/json", shift_jis(&table), json!("Shift_JIS"), "CSV"),
        ("aed.pdf", "application/pdf", format!("\u{feff}{table}").into_bytes(), json!("UTF-8"), "CSV"),
        ("aed.csv", "text/plain", tsv, json!("UTF-8"), "CSV"),
        ("aed.txt", "text/csv; charset=utf-8", euc.into_owned(), json!("EUC-JP"), "CSV"),
        ("aed", "application/octet-stream", utf16, json!("UTF-16LE"), "CSV"),
        ("aed.csv", "text/csv", xlsx(&table), Value::Null, "XLSX"),
    ];
    for (name, media_type, bytes, encoding, format) in cases {
        let app = TestApp::spawn();
        let token = app.token_for("331007");
        let call = app.put(&format!("{ADDRESS}?filename={name}"), bytes.clone()).token(&token);
        let report = call.header("Content-Type", media_type).expect(201).json()["report"].take();
        assert_eq!(report["file"]["encoding"], encoding);
        assert_eq!((&report["file"]["format"], &report["file"]["name"]), (&json!(format), &json!(name)));
        assert_eq!(published(&app, "331007_aed"), rows(&table), "{encoding}");
        assert_eq!(app.get(&format!("{ADDRESS}/download.source")).expect(200).body, bytes);
    }
}

#[test]
fn a_workbook_gives_the_same_records_as_its_csv() {
    let app = TestApp::spawn();
    for slug in ["aed", "event", "population", "public_facility"] {
        let table = sample(slug);
        let id = format!("{}_{slug}", organization_of(&table));
        app.publish(&id, xlsx(&table));
        let from_workbook = app.get(&format!("/api/v1/datasets/{id}/download.json")).json();
        let source = &app.get(&format!("/api/v1/datasets/{id}")).json()["tables"][0]["source"];
        assert_eq!(source["media_type"], "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        app.publish(&id, table);
        let from_csv = app.get(&format!("/api/v1/datasets/{id}/download.json")).json();
        assert_eq!(from_workbook, from_csv, "{slug}");
    }
}

#[test]
fn a_form_is_taken_as_well() {
    let app = TestApp::spawn();
    let token = app.token_for("331007");
    let call = app.call("PUT", ADDRESS).token(&token).form("街.csv", sample("aed"));
    assert_eq!(call.expect(201).json()["report"]["file"]["name"], "街.csv");
    let source = &app.get(ADDRESS).json()["tables"][0]["source"];
    assert_eq!((&source["name"], &source["bytes"]), (&json!("街.csv"), &json!(sample("aed").len())));
}

#[test]
fn a_dry_run_only_says_what_would_be() {
    let app = TestApp::spawn();
    let token = app.token_for("331007");
    let dry = |table: String| app.put(&format!("{ADDRESS}?dry_run=true"), table).token(&token).expect(200).json();
    let body = dry(sample("aed"));
    assert_eq!((&body["dry_run"], &body["version"], &body["created"]), (&json!(true), &Value::Null, &json!(false)));
    assert_eq!((&body["records"], &body["report"]["valid"]), (&json!(5), &json!(true)));
    assert_eq!(app.get("/api/v1/datasets").json()["total"], 0);
    app.publish("331007_aed", sample("aed"));
    let body = dry(table_of("aed", &[&[]]));
    assert_eq!((&body["version"], &body["records"]), (&json!(1), &json!(1)));
    assert_eq!(published(&app, "331007_aed"), rows(&sample("aed")));
}

#[test]
fn five_digits_and_an_operators_token_will_do() {
    let app = TestApp::spawn();
    app.add_organization("331007");
    let operator = app.token(machikura::store::tokens::NewToken {
        organization: None,
        role: machikura::catalog::AccessRole::Operator,
        label: String::new(),
        expires_at: None,
    });
    let call =
        app.put("/api/v1/datasets/33100_aed", sample("aed")).header("Authorization", &format!("bearer  {operator}"));
    assert_eq!(call.expect(201).json()["dataset"], "331007_aed");
}

/// The rows of a sample that are of 岡山市.
fn of_okayama(name: &str) -> String {
    let mut table = rows(&sample_named(name));
    let code = table[0].iter().position(|name| name == "都道府県市町村コード").expect("the column");
    let mut number = 0;
    table.retain(|row| {
        number += 1;
        number == 1 || row[code] == "331007"
    });
    csv(&table)
}

#[test]
fn the_tables_of_one_standard_are_published_one_by_one() {
    let app = TestApp::spawn();
    let id = "331007_procurement";
    let address = format!("/api/v1/datasets/{id}");
    let [tender, award] = ["procurement", "procurement-award_notice"].map(of_okayama);
    let names: Vec<String> =
        Registry::embedded().find("procurement").expect("it").tables.iter().map(|table| table.name.clone()).collect();
    assert_eq!((names[0].as_str(), names[1].as_str()), ("tender_notice", "planned_notice"));
    app.publish(id, award.as_str());
    // With one table published, that is the one.
    assert_eq!(rows(&app.get(&format!("{address}/download.csv?bom=false")).text()), rows(&award));
    app.publish(id, tender.as_str());
    let about = app.get(&address).json();
    assert_eq!((&about["version"]["number"], &about["records"]), (&json!(2), &json!(2)));
    let published: Vec<&Value> =
        about["tables"].as_array().expect("tables").iter().map(|table| &table["name"]).collect();
    assert_eq!(published, ["tender_notice", "award_notice"]);
    let sources: Vec<&Value> =
        about["distributions"].as_array().expect("files").iter().filter(|file| file["format"] == "source").collect();
    assert_eq!(sources[0]["url"], format!("{address}/download.source?table=tender_notice"));
    assert_eq!((&sources[0]["bytes"], &sources[1]["bytes"]), (&json!(tender.len()), &json!(award.len())));
    for (table, expected) in [("", &tender), ("?table=tender_notice", &tender), ("?table=award_notice", &award)] {
        let mark = if table.is_empty() { "?" } else { "&" };
        assert_eq!(rows(&app.get(&format!("{address}/download.csv{table}{mark}bom=false")).text()), rows(expected));
        let back = app.get(&format!("{address}/download.source{table}")).expect(200);
        assert_eq!(back.body, expected.as_bytes());
        let subject = &rows(expected)[1][14];
        for records in [format!("{address}/records"), "/api/v1/standards/procurement/records".to_owned()] {
            let page = app.get(&format!("{records}{table}{mark}select=件名")).json();
            assert_eq!((&page["total"], &page["records"][0]["件名"]), (&json!(1), &json!(subject)), "{records}{table}");
        }
    }
    // The first version had one table only.
    let first = app.get(&format!("{address}/versions/1")).json();
    assert_eq!(first["tables"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_table_of_another_kind_keeps_the_first() {
    let app = TestApp::spawn();
    app.publish("331007_school_district", sample("school_district"));
    app.publish("331007_school_district", sample_named("school_district-metadata"));
    let about = app.get("/api/v1/datasets/331007_school_district").json();
    assert_eq!((&about["version"]["number"], &about["records"]), (&json!(2), &json!(6)));
    let page = app.get("/api/v1/datasets/331007_school_district/records?table=metadata&select=公開日").json();
    assert_eq!(page["records"], json!([{"公開日": "2024-04-01"}]));
}
