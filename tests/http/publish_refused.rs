//! `PUT /api/v1/datasets/{id}`: what is refused, and that it changes nothing.

use jiff::Timestamp;
use machikura::catalog::AccessRole;
use machikura::http::problem::Code;
use machikura::store::tokens::{self, NewToken};
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::tables::{sample, table, table_of};

const ADDRESS: &str = "/api/v1/datasets/331007_aed";

/// Everything a reader can see of a data set.
fn view(app: &TestApp) -> Vec<String> {
    let parts = ["", "/versions", "/records", "/download.csv", "/download.source"];
    parts.iter().map(|part| app.get(&format!("{ADDRESS}{part}")).text()).collect()
}

#[test]
fn a_file_with_errors_changes_nothing() {
    let app = TestApp::spawn();
    app.publish("331007_aed", sample("aed"));
    let before = view(&app);
    let wrong = table_of("aed", &[&[("開始時間", "25:00")], &[("緯度", "北緯"), ("郵便番号", "700-0913")], &[]]);
    let problem = app.publication("331007_aed", wrong.as_str()).fails(Code::Nonconforming);
    let report = &problem["report"];
    assert_eq!((&report["valid"], &report["rows"]), (&json!(false), &json!(3)));
    assert_eq!(report["by_code"], json!({"number-format": 1, "postal-code-format": 1, "time-format": 1}));
    assert_eq!(report["issues"][0]["cell"], "AC2");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("2 件")), "{problem}");
    assert_eq!(view(&app), before);
    // The report is in the reader's language too.
    let english = app.publication("331007_aed", wrong).header("Accept-Language", "en").send().json();
    let message = english["report"]["issues"][0]["message"].as_str().expect("a message").to_owned();
    assert!(message.is_ascii(), "{message}");
}

#[test]
fn a_file_that_does_not_conform_makes_no_data_set() {
    let app = TestApp::spawn();
    for (table, code) in [
        (table_of("aed", &[&[("全国地方公共団体コード", "332020")]]), "foreign-organization"),
        (table_of("aed", &[]), "no-rows"),
        ("名前,値\n甲,1\n".to_owned(), "unknown-data-set"),
        (format!("{}\"", table_of("aed", &[&[]])), "unclosed-quote"),
    ] {
        let problem = app.publication("331007_aed", table).fails(Code::Nonconforming);
        assert!(problem["report"]["by_code"][code].is_u64(), "{code}: {}", problem["report"]["by_code"]);
    }
    app.get(ADDRESS).fails(Code::NotFound);
    assert_eq!(app.get("/api/v1/datasets").json()["total"], 0);
}

#[test]
fn warnings_can_be_refused() {
    let app = TestApp::spawn();
    let token = app.token_for("331007");
    let put = |query: &str, table: String| app.put(&format!("{ADDRESS}{query}"), table).token(&token);
    let with_warning = || table_of("aed", &[&[("郵便番号", "700-0913")]]);
    let problem = put("?allow_warnings=false", with_warning()).fails(Code::Nonconforming);
    assert_eq!(problem["report"]["summary"]["warnings"], 1);
    app.get(ADDRESS).fails(Code::NotFound);
    put("?allow_warnings=false", table_of("aed", &[&[]])).expect(201);
    put("?allow_warnings=true", with_warning()).expect(200);
    // What is beyond doubt is not mended unasked.
    let record = &app.get(&format!("{ADDRESS}/records?select=郵便番号")).json()["records"][0];
    assert_eq!(record["郵便番号"], "700-0913");
}

#[test]
fn only_the_version_that_was_meant_is_replaced() {
    let app = TestApp::spawn();
    let token = app.token_for("331007");
    let put = |name: &str, header: &str, value: &str| {
        app.put(ADDRESS, table_of("aed", &[&[("名称", name)]])).token(&token).header(header, value)
    };
    put("甲", "If-Match", "\"1\"").fails(Code::PreconditionFailed);
    put("甲", "If-None-Match", "*").expect(201);
    let first = view(&app);
    for (header, value) in [("If-None-Match", "*"), ("If-Match", "\"2\""), ("If-Match", "\"x\"")] {
        put("乙", header, value).fails(Code::PreconditionFailed);
    }
    assert_eq!(view(&app), first);
    for (name, value, version) in [("乙", "\"1\"", "\"2\""), ("丙", "W/\"2\"", "\"3\""), ("丁", "3", "\"4\"")] {
        assert_eq!(put(name, "If-Match", value).expect(200).header("etag"), version);
    }
}

#[test]
fn a_good_token_is_needed() {
    let app = TestApp::spawn();
    app.add_organization("331007");
    let new = NewToken {
        organization: Some("331007".to_owned()),
        role: AccessRole::Manager,
        label: "部長".to_owned(),
        expires_at: None,
    };
    let expired = app.token(NewToken { expires_at: Some(Timestamp::UNIX_EPOCH), ..new.clone() });
    let revoked = app.token(new.clone());
    let holder = app.db.read_blocking(|c| tokens::authenticate(c, &revoked)).expect("read").expect("it is good");
    assert!(app.db.write_blocking(|c| tokens::revoke(c, holder.id, None)).expect("written"));
    let put = || app.put(ADDRESS, sample("aed"));
    for call in [
        put(),
        put().header("Authorization", ""),
        put().header("Authorization", "Basic bWs6bWs="),
        put().token(""),
        put().token("mk_"),
        put().token(&format!("mk_{}", "0".repeat(64))),
        put().token(&expired),
        put().token(&revoked),
        // Whether there is such a data set is nobody's business either.
        app.put("/api/v1/datasets/999999_nothing", "x"),
    ] {
        call.fails(Code::Unauthorized);
    }
    put().token(&app.token(new)).expect(201);
}

#[test]
fn others_publish_for_others() {
    let app = TestApp::spawn();
    let token = app.token_for("331007");
    app.publish("332020_aed", sample("aed").replace("331007,FF", "332020,FF"));
    let own = app.put("/api/v1/datasets/332020_aed", sample("aed")).token(&token).fails(Code::Forbidden);
    assert!(own["detail"].as_str().is_some_and(|detail| detail.contains("331007")));
    assert_eq!(app.get("/api/v1/datasets/332020_aed/versions").json()["total"], 1);
}

#[test]
fn what_there_is_not_cannot_be_published() {
    let app = TestApp::spawn();
    let operator =
        app.token(NewToken { organization: None, role: AccessRole::Operator, label: String::new(), expires_at: None });
    app.add_organization("331007");
    for (id, hint) in [
        ("331007_aedd", "aed"),
        ("331007_x", "/api/v1/standards"),
        ("331007", "331007_aed"),
        ("331008_aed", "331007_aed"),
        ("x_aed", "331007_aed"),
    ] {
        let problem = app.put(&format!("/api/v1/datasets/{id}"), sample("aed")).token(&operator).fails(Code::NotFound);
        assert!(problem["hint"].as_str().is_some_and(|found| found.contains(hint)), "{problem}");
    }
    // A municipality that exists but is not registered here.
    let table = sample("aed").replace("331007,FF", "332020,FF");
    app.put("/api/v1/datasets/332020_aed", table).token(&operator).fails(Code::NotFound);
    for query in ["?dry_run=perhaps", "?allow_warnings=2", "?dryrun=true", "?filename=%ff"] {
        app.put(&format!("{ADDRESS}{query}"), sample("aed")).token(&operator).fails(Code::InvalidParameter);
    }
}

#[test]
fn bodies_have_a_limit() {
    let app = TestApp::spawn_with(|settings| settings.max_upload = 20_000);
    let large = table("aed", 100, |_, _| {});
    assert!(large.len() > 20_000);
    let call = || app.publication("331007_aed", large.as_str());
    call().fails(Code::TooLarge);
    call().chunked().fails(Code::TooLarge);
    let token = app.token_for("331007");
    app.call("PUT", ADDRESS).token(&token).form("a.csv", &large).fails(Code::TooLarge);
    app.publication("331007_aed", table("aed", 10, |_, _| {})).chunked().expect(201);
}

#[test]
fn what_is_no_table_is_not_published() {
    let app = TestApp::spawn();
    let zip = |name: &str| {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        writer.start_file(name, zip::write::SimpleFileOptions::default()).expect("begun");
        writer.finish().expect("a zip").into_inner()
    };
    let noise: Vec<u8> = (0..60_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let form_without_file = || {
        let body = "--limit\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--limit--\r\n";
        let token = app.token_for("331007");
        app.put(ADDRESS, body).token(&token).header("Content-Type", "multipart/form-data; boundary=limit")
    };
    let put = |body: &[u8]| app.publication("331007_aed", body);
    for (call, code) in [
        (put(b""), Code::InvalidBody),
        (put(b" \r\n\r\n"), Code::InvalidBody),
        (put(b"\xef\xbb\xbf"), Code::InvalidBody),
        (put(b"PK\x03\x04 and then nothing"), Code::InvalidBody),
        (form_without_file(), Code::InvalidBody),
        (put(b"%PDF-1.7\n"), Code::UnsupportedMedia),
        (put(b"\x89PNG\r\n\x1a\n"), Code::UnsupportedMedia),
        (put(b"<!DOCTYPE html><html>"), Code::UnsupportedMedia),
        (put(&zip("word/document.xml")), Code::UnsupportedMedia),
        (put(&zip("photo.jpg")), Code::UnsupportedMedia),
        (put(&noise), Code::UnsupportedMedia),
    ] {
        call.fails(code);
    }
    app.get(ADDRESS).fails(Code::NotFound);
}
