//! `…/records` by place: boxes, circles and the nearest.

use machikura::http::problem::Code;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::tables::{sample, table_of};

const AED: &str = "/api/v1/datasets/331007_aed/records";
const ALL: &str = "/api/v1/standards/aed/records";

/// Five places of 岡山市 and one of 倉敷市; one without coordinates.
fn places() -> TestApp {
    let app = TestApp::spawn();
    let at = |name, latitude, longitude| [("名称", name), ("緯度", latitude), ("経度", longitude)];
    let okayama = [
        at("駅", "34.6660", "133.9180"),
        at("城", "34.6651", "133.9361"),
        at("港", "34.5920", "133.9740"),
        at("どこか", "", ""),
        at("空港", "34.7569", "133.8553"),
    ];
    app.publish("331007_aed", table_of("aed", &okayama.each_ref().map(|change| &change[..])));
    let kurashiki =
        [[("全国地方公共団体コード", "332020"), ("名称", "美観地区"), ("緯度", "34.5960"), ("経度", "133.7710")]];
    app.publish("332020_aed", table_of("aed", &kurashiki.each_ref().map(|change| &change[..])));
    app
}

fn names(page: &Value) -> Vec<&str> {
    page["records"].as_array().expect("records").iter().map(|record| record["名称"].as_str().expect("a name")).collect()
}

#[test]
fn boxes() {
    let app = places();
    #[rustfmt::skip]
    let cases: &[(&str, &str, &[&str])] = &[
        (AED, "bbox=133.9,34.6,134.0,34.7", &["駅", "城"]),
        // The border belongs to it.
        (AED, "bbox=133.918,34.666,133.918,34.666", &["駅"]),
        (AED, "bbox=133.9,34.5,134.0,34.7&名称__ne=城", &["駅", "港"]),
        (AED, "bbox=133,34,135,35&sort=-緯度", &["空港", "駅", "城", "港"]),
        (AED, "bbox=0,0,1,1", &[]),
        (ALL, "bbox=133.7,34.5,134.0,34.6", &["港", "美観地区"]),
    ];
    for (address, question, expected) in cases {
        let page = app.get(&format!("{address}?{question}")).json();
        assert_eq!(names(&page), *expected, "{question}");
        assert_eq!(page["total"], expected.len());
    }
}

#[test]
fn circles_and_the_nearest() {
    let app = places();
    #[rustfmt::skip]
    let cases: &[(&str, &str, &[&str], usize)] = &[
        // A thousand metres if nothing is said; without a radius but with a limit the nearest, however far.
        (AED, "", &["駅"], 1),
        (AED, "&radius=2000", &["駅", "城"], 2),
        (AED, "&radius=0", &["駅"], 1),
        (AED, "&limit=3", &["駅", "城", "港"], 4),
        (AED, "&limit=2&offset=2", &["港", "空港"], 4),
        (AED, "&radius=20000&limit=1", &["駅"], 4),
        (AED, "&radius=2000&sort=-名称", &["駅", "城"], 2),
        (AED, "&limit=5&名称__ne=駅", &["城", "港", "空港"], 3),
        (ALL, "&limit=5", &["駅", "城", "港", "空港", "美観地区"], 5),
    ];
    for (address, question, expected, total) in cases {
        let page = app.get(&format!("{address}?lat=34.666&lon=133.918{question}")).json();
        assert_eq!(names(&page), *expected, "{question}");
        assert_eq!(page["total"], *total, "{question}");
        let records = page["records"].as_array().expect("records");
        let distances: Vec<f64> = records.iter().map(|one| one["distance_m"].as_f64().expect("a distance")).collect();
        assert!(question.contains("sort") || distances.is_sorted(), "{distances:?}");
        for (name, distance) in names(&page).iter().zip(distances) {
            // Vincenty's formula on WGS 84.
            let known = match *name {
                "駅" => 0.0,
                "城" => 1_662.0,
                "港" => 9_682.9,
                "空港" => 11_605.1,
                _ => 15_556.1,
            };
            assert!((distance - known).abs() < 0.11, "{name}: {distance}");
        }
    }
}

#[test]
fn a_distance_stands_in_every_format() {
    let app = places();
    let near =
        |format: &str| app.get(&format!("{AED}.{format}?lat=34.666&lon=133.918&limit=2&select=名称&bom=false")).text();
    assert_eq!(near("csv").lines().next(), Some("名称,distance_m"));
    assert!(near("txt").starts_with("名称  distance_m\n"));
    let map: Value = serde_json::from_str(&near("geojson")).expect("JSON");
    assert_eq!(map["features"][0]["properties"], json!({"名称": "駅", "distance_m": 0.0}));
}

#[test]
fn tables_without_coordinates_have_no_places() {
    let app = places();
    app.publish("332089_population", sample("population"));
    for question in ["bbox=133,34,135,35", "lat=34&lon=133"] {
        app.get(&format!("/api/v1/datasets/332089_population/records?{question}")).fails(Code::InvalidParameter);
    }
}
