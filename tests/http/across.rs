//! `/api/v1/standards/{slug}/records`: one question to every municipality.

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::tables::{table, with_column};

const ADDRESS: &str = "/api/v1/standards/aed/records";

/// Three organizations with 2, 3 and 4 places.
fn towns() -> TestApp {
    let app = TestApp::spawn();
    for (count, code) in (2..).zip(["331007", "332020", "332038"]) {
        let places = table("aed", count, |number, set| {
            set("全国地方公共団体コード", code);
            set("名称", &format!("{code}の{}", number + 1));
            set("高度の値", if number == 0 { "" } else { ["10", "9", "-1"][number - 1] });
        });
        app.publish(&format!("{code}_aed"), with_column(&places, "独自の列", |_| "値".to_owned()));
    }
    app
}

fn pairs(page: &Value) -> Vec<(String, Value)> {
    let records = page["records"].as_array().expect("records");
    records
        .iter()
        .map(|one| (one["dataset"].as_str().expect("a data set")[..6].to_owned(), one["高度の値"].clone()))
        .collect()
}

#[test]
fn each_record_names_its_data_set() {
    let app = towns();
    let page = app.get(&format!("{ADDRESS}?select=名称")).json();
    assert_eq!((&page["total"], &page["count"]), (&json!(9), &json!(9)));
    for record in page["records"].as_array().expect("records") {
        let members: Vec<&String> = record.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["dataset", "名称"]);
        let id = record["dataset"].as_str().expect("a data set");
        assert!(record["名称"].as_str().is_some_and(|name| name.starts_with(&id[..6])) && id.ends_with("_aed"));
    }
    let text = app.get(&format!("{ADDRESS}.csv?bom=false&limit=1&select=ID")).text();
    assert_eq!(text, "dataset,ID\r\n331007_aed,FF3310070001\r\n");
}

#[test]
fn conditions_orders_and_walks_go_across() {
    let app = towns();
    let page = app.get(&format!("{ADDRESS}?高度の値__gte=9&sort=-高度の値,全国地方公共団体コード")).json();
    let of = |code: &str, value: i64| (code.to_owned(), json!(value));
    assert_eq!(pairs(&page), [of("331007", 10), of("332020", 10), of("332038", 10), of("332020", 9), of("332038", 9)]);
    for question in [
        "sort=高度の値,-全国地方公共団体コード",
        "sort=-名称",
        "全国地方公共団体コード__ne=332020",
        "lat=34.6&lon=133.9",
    ] {
        let whole = pairs(&app.get(&format!("{ADDRESS}?{question}&limit=100")).json());
        assert!(whole.len() >= 6);
        for limit in [1, 2, 4] {
            let mut walked = Vec::new();
            let mut next = Some(format!("{ADDRESS}?{question}&limit={limit}"));
            while let Some(address) = next {
                let page = app.get(&address).json();
                walked.extend(pairs(&page));
                next = page["next"].as_str().map(str::to_owned);
            }
            assert_eq!(walked, whole, "{question} by {limit}");
        }
    }
}

#[test]
fn nothing_published_yet() {
    let app = TestApp::spawn();
    assert_eq!(app.get(ADDRESS).json(), json!({"total": 0, "count": 0, "next": null, "records": []}));
    assert_eq!(app.get(&format!("{ADDRESS}?sort=名称&lat=34&lon=133")).json()["total"], 0);
    let map = app.get(&format!("{ADDRESS}.geojson")).expect(200).json();
    assert_eq!(map["features"], json!([]));
}

#[test]
fn withdrawn_data_sets_are_left_out() {
    let app = towns();
    let id = machikura::catalog::DatasetId::parse("332020_aed").expect("an id");
    let actor = machikura::catalog::Actor::default();
    let withdrawn = app.db.write_blocking(|c| machikura::store::catalog::withdraw(c, &id, &actor));
    assert!(withdrawn.expect("written"));
    assert_eq!(app.get(ADDRESS).json()["total"], 6);
}
