//! `POST /api/v1/validate`.

use std::io::Write;

use machikura::http::problem::Code;
use machikura::standard::Registry;
use machikura::text::Lang;
use machikura::validate::report::REPORT_FORMATS;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::app::TestApp;
use crate::support::tables::{sample, shift_jis, table, table_of, xlsx};

const ADDRESS: &str = "/api/v1/validate";

/// A table with one finding in each of three rows.
fn seeded() -> String {
    table_of("aed", &[&[("開始時間", "9時")], &[("名称", "")], &[], &[("緯度", "北緯34度")]])
}

fn check(app: &TestApp, query: &str, body: impl Into<Vec<u8>>) -> Value {
    app.post(&format!("{ADDRESS}{query}"), body).json()
}

#[test]
fn the_report_says_what_is_wrong_and_where() {
    let app = TestApp::spawn();
    let bytes = shift_jis(&seeded().replace("\n", "\r\n").replace("\r\r", "\r"));
    let mut report = check(&app, "?filename=街.csv", bytes.clone());
    let columns = report["columns"].take();
    let plan = report.as_object_mut().and_then(|report| report.remove("fix_plan")).expect("a plan");
    assert_eq!(plan.as_array().map(Vec::len), Some(4), "a line for each rule");
    let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        report,
        json!({
            "valid": false, "standard": "aed", "standard_title": "AED設置箇所一覧", "edition": "standard",
            "standard_detected": true,
            "file": {"name": "街.csv", "bytes": bytes.len(), "sha256": sha256, "format": "CSV", "encoding": "Shift_JIS",
                     "bom": false, "newline": "CRLF", "delimiter": ",", "sheet": null, "header_row": 1},
            "rows": 4,
            "summary": {"errors": 2, "warnings": 1, "infos": 1, "fixable": 1, "rows_with_errors": 2, "score": 43.8},
            "columns": null,
            "by_code": {"encoding": 1, "number-format": 1, "required": 1, "time-format": 1},
            "issues": [
                {"severity": "info", "code": "encoding", "level": "file", "row": null, "column": null, "cell": null,
                 "field": null, "value": null, "fixable": false,
                 "message": "文字コードは Shift_JIS です。UTF-8 に変換して読み取りました。次からは「CSV UTF-8（コンマ区切り）」で保存すると確実です。"},
                {"severity": "error", "code": "time-format", "level": "cell", "row": 2, "column": 29, "cell": "AC2",
                 "field": "開始時間", "value": "9時", "suggestion": "09:00", "fixable": true,
                 "message": "時刻は hh:mm（例 09:00）の 24 時間表記で記載してください。「9時」は別の書き方です。"},
                {"severity": "warning", "code": "required", "level": "cell", "row": 3, "column": 4, "cell": "D3",
                 "field": "名称", "value": "", "fixable": false,
                 "message": "「名称」が空です。必須の項目なので、値を入れてください。"},
                {"severity": "error", "code": "number-format", "level": "cell", "row": 5, "column": 15, "cell": "O5",
                 "field": "緯度", "value": "北緯34度", "fixable": false,
                 "message": "「緯度」は数字だけで記載してください（単位、コンマ、範囲、文字は付けません）。「北緯34度」は数値として読み取れません。説明は備考に書いてください。"},
            ],
            "issues_truncated": false,
        })
    );
    assert_eq!(columns.as_array().map(Vec::len), Some(39));
    assert_eq!(
        columns[0],
        json!({"position": 1, "header": "全国地方公共団体コード", "field": "全国地方公共団体コード", "match": "exact"})
    );
    assert_eq!(app.get("/api/v1/datasets").json()["total"], 0, "nothing is stored");
}

#[test]
fn headings_are_matched_however_they_are_written() {
    let app = TestApp::spawn();
    let written = table_of("aed", &[&[]])
        .replace("建物名等(方書)", "建物名等（方書）")
        .replacen(",ID,", ",identification,", 1)
        .replacen(",備考", ",メモ", 1);
    let report = check(&app, "?standard=aed", written);
    let column = |position: usize| report["columns"][position - 1].clone();
    assert_eq!(report["standard_detected"], false);
    assert_eq!(column(2), json!({"position": 2, "header": "identification", "field": "ID", "match": "alias"}));
    assert_eq!(
        column(14),
        json!({"position": 14, "header": "建物名等（方書）", "field": "建物名等(方書)", "match": "folded"})
    );
    assert_eq!(column(39), json!({"position": 39, "header": "メモ", "field": null, "match": null}));
}

#[test]
fn every_sample_is_recognised_and_conforms() {
    let app = TestApp::spawn();
    for (standard, _, form) in Registry::embedded().forms() {
        let report = check(&app, "", form.sample.clone().expect("a sample"));
        assert_eq!((&report["valid"], &report["standard"]), (&json!(true), &json!(standard.slug)), "{}", form.name);
        assert_eq!((&report["edition"], &report["standard_detected"]), (&json!(form.edition.as_str()), &json!(true)));
    }
}

#[test]
fn the_publisher_is_taken_into_account() {
    let app = TestApp::spawn();
    let valid = |query: &str| check(&app, query, sample("aed"))["valid"].clone();
    for (query, expected) in
        [("", true), ("?organization=331007", true), ("?organization=33100", true), ("?organization=332020", false)]
    {
        assert_eq!(valid(query), expected, "{query}");
    }
    // The prefecture may publish for its municipalities.
    assert_eq!(check(&app, "?organization=332020", sample("aed"))["by_code"], json!({"foreign-organization": 5}));
}

#[test]
fn in_english_and_for_terminals() {
    let app = TestApp::spawn();
    for call in [
        app.post(&format!("{ADDRESS}?lang=en"), seeded()),
        app.post(ADDRESS, seeded()).header("Accept-Language", "en-US"),
    ] {
        let report = call.json();
        assert_eq!(report["standard_title"], "AED locations");
        for issue in report["issues"].as_array().expect("issues") {
            let message = issue["message"].as_str().expect("a message");
            // Names and values stay as they are.
            let named = ["field", "value"].map(|name| issue[name].as_str().unwrap_or("\0"));
            assert!(message.replace(named[0], "").replace(named[1], "").is_ascii(), "{message}");
        }
    }
    let answer = app.post(&format!("{ADDRESS}?format=text&filename=a.csv"), seeded()).expect(200);
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    let text = answer.text();
    assert!(text.starts_with("a.csv\n  AED設置箇所一覧 (aed)"), "{text}");
    assert!(text.contains("  time-format    AC2\n") && text.contains("9時 → 09:00"), "{text}");
    assert!(app.post(&format!("{ADDRESS}?format=txt&lang=en"), seeded()).text().contains("  required       D3\n"));
}

#[test]
fn in_every_format() {
    let app = TestApp::spawn();
    for format in REPORT_FORMATS {
        let query = format!("{ADDRESS}?format={}&filename=街.csv", format.id());
        let answer = app.post(&query, seeded()).expect(200);
        assert_eq!(answer.header("content-type"), format.media_type());
        assert_eq!(answer.header("cache-control"), "private, no-store");
        let name =
            format!("attachment; filename=\"report.{0}\"; filename*=UTF-8''%E8%A1%97_check.{0}", format.extension());
        assert_eq!(answer.header("content-disposition"), if format.is_file() { name } else { String::new() });
        if format.id() == "xlsx" {
            // The marked table is checked as the table is, its cells one column further to the right.
            let report = app.post(&format!("{ADDRESS}?filename=街_check.xlsx"), answer.body.clone()).json();
            assert_eq!(report["by_code"], json!({"number-format": 1, "required": 1, "time-format": 1}));
            let cells: Vec<&Value> =
                report["issues"].as_array().expect("issues").iter().map(|it| &it["cell"]).collect();
            assert_eq!(cells, ["AD2", "E3", "P5"]);
            assert_eq!((&report["columns"][0]["position"], &report["standard"]), (&json!(2), &json!("aed")));
        }
    }
    app.post(&format!("{ADDRESS}?format=pdf"), seeded()).fails(Code::InvalidParameter);
}

#[test]
fn the_list_may_be_cut_but_not_the_counts() {
    let app = TestApp::spawn();
    let many = table("aed", 50, |_, set| set("開始時間", "9時"));
    let full = check(&app, "", many.as_str());
    assert_eq!((full["issues"].as_array().map(Vec::len), &full["issues_truncated"]), (Some(50), &json!(false)));
    for most in [0, 1, 49] {
        let report = check(&app, &format!("?max_issues={most}"), many.as_str());
        assert_eq!(report["issues"].as_array().map(Vec::len), Some(most));
        assert_eq!(report["issues_truncated"], true);
        assert_eq!((&report["by_code"], &report["summary"]), (&full["by_code"], &full["summary"]));
        assert_eq!(
            report["issues"].as_array().expect("issues")[..],
            full["issues"].as_array().expect("issues")[..most]
        );
    }
    assert_eq!(
        check(&app, "", table("aed", 1_500, |_, set| set("開始時間", "9時")))["issues"].as_array().map(Vec::len),
        Some(1_000)
    );
}

#[test]
fn forms_workbooks_and_feeds() {
    let app = TestApp::spawn();
    let report = app.call("POST", ADDRESS).form("aed.csv", sample("aed")).json();
    assert_eq!((&report["valid"], &report["file"]["name"]), (&json!(true), &json!("aed.csv")));

    let report = check(&app, "", xlsx(&seeded()));
    assert_eq!((&report["file"]["format"], &report["file"]["sheet"]), (&json!("XLSX"), &json!("Sheet1")));
    let cells: Vec<&Value> = report["issues"].as_array().expect("issues").iter().map(|issue| &issue["cell"]).collect();
    assert_eq!(cells, ["AC2", "D3", "O5"]);

    let report = check(&app, "", gtfs(|_, text| text));
    assert_eq!((&report["valid"], &report["standard"]), (&json!(true), &json!("gtfs_jp")), "{}", report["issues"]);
    let tables = report["tables"].as_array().expect("tables");
    assert_eq!(tables.len(), 17);
    assert!(tables.iter().all(|table| table["table"].is_string() && table["sheet"].is_string()));
    assert_eq!(report["columns"], json!([]));
    let report =
        check(&app, "", gtfs(|name, text| if name == "stops" { text.replacen(",34.6", ",北緯34.6", 1) } else { text }));
    assert_eq!((&report["valid"], &report["summary"]["errors"]), (&json!(false), &json!(1)));
}

/// The feed of the samples as a zip.
fn gtfs(change: impl Fn(&str, String) -> String) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for table in &Registry::embedded().find("gtfs_jp").expect("it").tables {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(format!("feed/{}.txt", table.name), options).expect("begun");
        let text = change(&table.name, table.current().sample.clone().expect("a sample"));
        writer.write_all(text.as_bytes()).expect("written");
    }
    writer.finish().expect("a zip").into_inner()
}

#[test]
fn what_cannot_be_checked() {
    let app = TestApp::spawn_with(|settings| settings.max_upload = 30_000);
    let post = |query: &str, body: &[u8]| app.post(&format!("{ADDRESS}{query}"), body);
    let long = "あ".repeat(20_000);
    for (call, code) in [
        (post("", b""), Code::InvalidBody),
        (app.call("POST", ADDRESS), Code::InvalidBody),
        (post("", b"\n"), Code::InvalidBody),
        (post("", b"PK\x03\x04"), Code::InvalidBody),
        (post("", b"%PDF-1.4"), Code::UnsupportedMedia),
        (post("", b"\x1f\x8b\x08\0"), Code::UnsupportedMedia),
        (post("", long.as_bytes()), Code::TooLarge),
        (post("", long.as_bytes()).chunked(), Code::TooLarge),
        (app.call("POST", ADDRESS).form("a.csv", &long), Code::TooLarge),
        (post("?standard=aedd", b"a"), Code::NotFound),
        (post("?organization=331008", b"a"), Code::InvalidParameter),
        (post("?format=pdf", b"a"), Code::InvalidParameter),
        (post("?max_issues=x", b"a"), Code::InvalidParameter),
        (post("?max_issues=100001", b"a"), Code::InvalidParameter),
        (post("?standart=aed", b"a"), Code::InvalidParameter),
    ] {
        call.fails(code);
    }
    // A table of nothing known is a table: the report says so.
    let report = check(&app, "", "名前,値\n甲,1\n");
    assert_eq!((&report["valid"], &report["standard"]), (&json!(false), &Value::Null));
    assert_eq!(report["by_code"], json!({"unknown-data-set": 1}));
}

#[test]
fn only_so_many_checks_a_minute() {
    let app = TestApp::spawn_with(|settings| {
        settings.checks_per_minute = 2;
        settings.trusted_proxies = "127.0.0.1".parse().expect("a network");
    });
    let call = app.post(ADDRESS, sample("aed")).header("X-Forwarded-For", "192.0.2.1");
    call.expect(200);
    // What is refused at the door is not a check.
    app.post(&format!("{ADDRESS}?standard=aedd"), "a").fails(Code::NotFound);
    call.expect(200);
    let problem = call.fails(Code::TooManyRequests);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("2 回")), "{problem}");
    // Reading and publishing go on.
    app.publish("331007_aed", sample("aed"));
    app.get("/api/v1/datasets/331007_aed/records").expect(200);
}

#[test]
fn every_message_is_filled_in() {
    let app = TestApp::spawn();
    for standard in Registry::embedded().standards() {
        let path = format!("{}/datasets/{}/invalid.csv", env!("CARGO_MANIFEST_DIR"), standard.slug);
        let bytes = std::fs::read(path).expect("an invalid file");
        for lang in [Lang::Ja, Lang::En] {
            let query = format!("?standard={}&lang={}", standard.slug, if lang == Lang::Ja { "ja" } else { "en" });
            let report = check(&app, &query, bytes.clone());
            assert_eq!(report["issues"].as_array().map(|list| list.is_empty()), Some(false), "{}", standard.slug);
            for issue in report["issues"].as_array().expect("issues") {
                let message = issue["message"].as_str().expect("a message");
                assert!(!message.is_empty() && !message.contains(['{', '}']), "{message}");
                assert_eq!(issue["fixable"], issue["suggestion"].is_string());
            }
        }
    }
}
