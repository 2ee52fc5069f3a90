//! `/api/v1/organizations`.

use machikura::http::problem::Code;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::tables::{sample, table};

#[test]
fn who_publishes_how_much() {
    let app = TestApp::spawn();
    assert_eq!(app.get("/api/v1/organizations").json(), json!({"total": 0, "organizations": []}));
    app.add_organization("330001");
    app.publish("331007_aed", sample("aed"));
    app.publish("331007_aed", table("aed", 3, |_, _| {}));
    app.publish("331007_public_facility", sample("public_facility"));
    let mut one = app.get("/api/v1/organizations/331007").json();
    let list = app.get("/api/v1/organizations").json();
    assert_eq!((&list["total"], &list["organizations"][1]), (&json!(2), &one));
    let updated = one["updated_at"].take();
    assert!(updated.as_str().is_some_and(|time| time.parse::<jiff::Timestamp>().is_ok()), "{updated}");
    assert_eq!(
        one,
        json!({"code": "331007", "name": "岡山市", "name_kana": "オカヤマシ", "prefecture": "岡山県", "kind": "municipality",
               "datasets": 2, "records": 8, "updated_at": null,
               "links": {"self": "/api/v1/organizations/331007", "datasets": "/api/v1/datasets?organization=331007"}})
    );
    assert_eq!(app.get("/api/v1/datasets?organization=331007").json()["total"], 2);
    let silent = app.get("/api/v1/organizations/330001").json();
    assert_eq!(
        (&silent["datasets"], &silent["updated_at"], &silent["kind"]),
        (&json!(0), &json!(null), &json!("prefecture"))
    );
}

#[test]
fn five_digits_lead_to_six() {
    let app = TestApp::spawn();
    app.add_organization("331007");
    let answer = app.get("/api/v1/organizations/33100").expect(308);
    assert_eq!(answer.header("location"), "/api/v1/organizations/331007");
}

#[test]
fn what_there_is_not() {
    let app = TestApp::spawn();
    for code in ["331007", "331008", "3310", "岡山市", "%00"] {
        app.get(&format!("/api/v1/organizations/{code}")).fails(Code::NotFound);
    }
    app.get("/api/v1/organizations?limit=1").fails(Code::InvalidParameter);
}
