//! `download.csv?edition=recommended`: the current edition turned back into the older one.

use machikura::http::problem::Code;
use machikura::standard::{Registry, embedded_folder};
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::tables::{csv, organization_of, rows, sample, with_column};

/// A download, the heading first.
fn download(app: &TestApp, id: &str, query: &str) -> Vec<Vec<String>> {
    rows(&app.get(&format!("/api/v1/datasets/{id}/download.csv?bom=false{query}")).text())
}

#[test]
fn what_came_in_the_older_form_goes_out_in_it() {
    let app = TestApp::spawn();
    let older: Vec<_> = Registry::embedded().forms().filter(|(.., form)| form.name.ends_with("-recommended")).collect();
    assert!(older.len() > 5);
    for (standard, _, form) in older {
        let source = form.sample.clone().expect("a sample");
        let id = format!("{}_{}", organization_of(&source), standard.slug);
        app.publish(&id, source.as_str());
        assert_eq!(download(&app, &id, "&edition=recommended"), rows(&source), "{id}");
    }
}

#[test]
fn there_and_back_nothing_is_lost() {
    let app = TestApp::spawn();
    let catalogue = embedded_folder("sample_catalog");
    let text = |name: &str| {
        let (_, bytes) = catalogue.iter().find(|(file, _)| *file == name).expect("a sample");
        String::from_utf8(bytes.to_vec()).expect("UTF-8")
    };
    for id in ["331007_aed", "330001_event", "331007_public_facility", "332020_public_toilet", "331007_population"] {
        let source = with_column(&text(&format!("{id}.csv")), "点検", |number| format!("{number}月"));
        app.publish(id, source.as_str());
        let current = download(&app, id, "");
        let older = download(&app, id, "&edition=recommended");
        assert_eq!((older.len(), older[0].last()), (current.len(), Some(&"点検".to_owned())), "{id}");
        assert!(older[0].iter().any(|name| name == "都道府県名") && !older[0].contains(&"地方公共団体名".to_owned()));
        // Columns of both editions stand side by side in it: whichever it is taken for, it is the same data.
        app.publish(id, csv(&older));
        assert_eq!(download(&app, id, ""), current, "{id}");
    }
}

#[test]
fn names_are_split_and_new_columns_stand_behind() {
    let app = TestApp::spawn();
    app.publish("331007_aed", sample("aed"));
    let older = download(&app, "331007_aed", "&edition=recommended");
    let cell = |name: &str| {
        let column = older[0].iter().position(|heading| heading == name);
        older[1][column.unwrap_or_else(|| panic!("no column {name}"))].as_str()
    };
    assert_eq!(older[0][..4], ["都道府県コード又は市区町村コード", "NO", "都道府県名", "市区町村名"]);
    assert_eq!((cell("NO"), cell("都道府県名"), cell("市区町村名")), ("FF3310070001", "岡山県", "岡山市"));
    assert_eq!((cell("郵便番号"), cell("所在地_町字")), ("7000913", "大供一丁目"));
    // The same in the other formats.
    let json = app.get("/api/v1/datasets/331007_aed/download.json?edition=recommended").json();
    assert_eq!(json["records"][0]["市区町村名"], json!("岡山市"));
    assert_eq!(json["records"][0].as_object().map(serde_json::Map::len), Some(older[0].len()));
    let map = app.get("/api/v1/datasets/331007_aed/download.geojson?edition=recommended").expect(200).json();
    assert_eq!(map["features"][0]["id"], "FF3310070001");
    assert_eq!(map["features"][0]["geometry"]["coordinates"], json!([133.91961, 34.65482]));
    // They are not the same file.
    let tag = |query: &str| {
        app.get(&format!("/api/v1/datasets/331007_aed/download.csv{query}")).expect(200).header("etag").to_owned()
    };
    assert_eq!(tag(""), tag("?edition=standard"));
    assert_ne!(tag(""), tag("?edition=recommended"));
}

#[test]
fn not_everything_has_an_older_form() {
    let app = TestApp::spawn();
    let car_park = sample("car_park");
    let id = format!("{}_car_park", organization_of(&car_park));
    app.publish(&id, car_park);
    let address = format!("/api/v1/datasets/{id}/download");
    let problem = app.get(&format!("{address}.csv?edition=recommended")).fails(Code::InvalidParameter);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("推奨データセット")), "{problem}");
    app.get(&format!("{address}.csv?edition=variant")).fails(Code::InvalidParameter);
    app.get(&format!("{address}.source?edition=recommended")).fails(Code::InvalidParameter);
    app.get(&format!("{address}.csv?edition=standard")).expect(200);
    app.get(&format!("{address}.source?edition=standard")).expect(200);
}
