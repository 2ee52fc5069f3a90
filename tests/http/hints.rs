//! What was probably meant, for what people write who know other services.

use machikura::http::problem::Code;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::call::errors;
use crate::support::tables::{id, table};

const ADDRESS: &str = "/api/v1/datasets/331007_aed/records";
const ACROSS: &str = "/api/v1/standards/aed/records";

fn places() -> TestApp {
    let app = TestApp::spawn();
    app.publish("331007_aed", table("aed", 3, |_, _| {}));
    app
}

#[test]
fn questions_in_the_words_of_other_services() {
    let app = places();
    for (question, parameter, hint) in [
        ("sort=名称 DESC", "sort", "「-名称」のことですか。"),
        ("sort=name:asc", "sort", "「名称」のことですか。"),
        ("sort=distance_m&lat=34&lon=133", "sort", "近い順"),
        ("名称>=あ", "名称>", "「名称__gte」のことですか。"),
        ("緯度>34", "緯度>34", "「緯度__gt」のことですか。"),
        ("名称!=あ", "名称!", "「名称__ne」のことですか。"),
        ("名称[contains]=館", "名称[contains]", "「名称__contains」のことですか。"),
        ("緯度.gte=34", "緯度.gte", "「緯度__gte」のことですか。"),
        ("having=1", "having", "項目は"),
        ("=館", "", "項目は"),
        ("aggregate=count(名称)", "aggregate", "名称__isnull=false"),
        ("aggregate=median(緯度)", "aggregate", "使えるのは count"),
        ("aggregate=mean(緯度)", "aggregate", "「avg(緯度)」のことですか。"),
        ("count=exakt", "count", "「exact」のことですか。"),
        ("encoding=cp932", "encoding", "shift_jis のことですか。"),
        ("format=cvs", "format", "csv のことですか。"),
        ("format=XLSX", "format", "xlsx のことですか。"),
        (r#"filter={"op":"and"}"#, "filter", "filter-lang=cql2-json"),
        ("group_by=名称&select=count", "select", "group_by の項目"),
    ] {
        let problem = app.get(&format!("{ADDRESS}?{question}")).fails(Code::InvalidParameter);
        let found = errors(&problem);
        assert_eq!((found.len(), &found[0]["parameter"]), (1, &json!(parameter)), "{question}: {problem}");
        assert!(problem["hint"].as_str().unwrap_or_default().contains(hint), "{question}: {problem}");
    }
    for question in ["dataset=331007_aed", "organization=331007"] {
        let problem = app.get(&format!("{ACROSS}?{question}")).fails(Code::InvalidParameter);
        let hint = problem["hint"].as_str().expect("a hint");
        assert!(hint.contains("全国地方公共団体コード=331007") && hint.contains("/datasets/331007_aed/"), "{hint}");
    }
}

#[test]
fn what_can_be_meant_only_once_is_said_only_once() {
    let app = places();
    for (address, parameter) in [
        (format!("{ADDRESS}?format=csv&format=json"), "format"),
        (format!("{ADDRESS}?table=aed&ｔａｂｌｅ=aed"), "table"),
        (format!("{ADDRESS}?limit=1&limit=2"), "limit"),
        ("/api/v1/datasets?organization=331007&organization=332020".to_owned(), "organization"),
        ("/api/v1/datasets/331007_aed/download.csv?bom=true&bom=false".to_owned(), "bom"),
    ] {
        let problem = app.get(&address).fails(Code::InvalidParameter);
        assert_eq!(errors(&problem)[0]["parameter"], parameter, "{address}");
    }
}

#[test]
fn what_stands_beside_the_fields_may_be_selected() {
    let app = places();
    let page = app.get(&format!("{ACROSS}?select=dataset,ID&limit=1")).json();
    assert_eq!(page["records"], json!([{"dataset": "331007_aed", "ID": id(0)}]));
    let page = app.get(&format!("{ADDRESS}?select=ID,distance_m&lat=34&lon=133&limit=1")).json();
    let members: Vec<String> = page["records"][0].as_object().expect("a record").keys().cloned().collect();
    assert_eq!(members, ["ID", "distance_m"]);
    app.get(&format!("{ADDRESS}?select=dataset")).fails(Code::InvalidParameter);
    app.get(&format!("{ADDRESS}?select=distance_m")).fails(Code::InvalidParameter);
}

#[test]
fn wide_signs_are_read_like_narrow_ones() {
    let app = places();
    let [wide, narrow] = ["１３３，３４，１３５，３６", "133,34,135,36"]
        .map(|bbox| app.get(&format!("{ADDRESS}?bbox={bbox}")).json()["records"].clone());
    assert_eq!(wide, narrow);
}

#[test]
fn groups_without_coordinates_are_no_map() {
    let app = places();
    let problem = app.get(&format!("{ADDRESS}.geojson?group_by=名称")).fails(Code::NotAcceptable);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.starts_with("group_by の結果")), "{problem}");
}
