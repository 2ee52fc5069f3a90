//! `PUT /api/v1/datasets/{id}`.

use serde_json::json;

use crate::support::app::TestApp;
use crate::support::tables::sample;

#[test]
fn the_first_publication_is_created() {
    let app = TestApp::spawn();
    let answer = app.publication("331007_aed", sample("aed")).expect(201);
    assert_eq!(answer.header("location"), "/api/v1/datasets/331007_aed");
    assert_eq!(answer.header("etag"), "\"1\"");
    let mut body = answer.json();
    let report = body["report"].take();
    assert_eq!(
        body,
        json!({"dataset": "331007_aed", "version": 1, "created": true, "unchanged": false, "dry_run": false,
               "records": 12, "url": "/api/v1/datasets/331007_aed", "report": null})
    );
    assert_eq!(report["valid"], true);
}
