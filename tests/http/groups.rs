//! `group_by`, `aggregate` and `facets`.

use machikura::http::problem::Code;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::call::errors;
use crate::support::tables::table;

const ADDRESS: &str = "/api/v1/datasets/331007_aed/records";
const ACROSS: &str = "/api/v1/standards/aed/records";

/// Two organizations with 6 and 3 places.
fn places() -> TestApp {
    let app = TestApp::spawn();
    for (code, count) in [("331007", 6), ("332020", 3)] {
        let places = table("aed", count, |number, set| {
            set("全国地方公共団体コード", code);
            set("名称", ["あ", "い\"\\", "う"][number % 3]);
            set("高度の値", ["10", "", "-2.50", "10.0", "0.1", "0.2"][number]);
            set("開始時間", if number % 2 == 0 { "09:00" } else { "10:00" });
            set("終了時間", "17:00");
            set("設置位置", if number == 0 { "" } else { "1階" });
        });
        app.publish(&format!("{code}_aed"), places);
    }
    app
}

#[test]
fn groups_instead_of_records() {
    let app = places();
    let groups = |question: &str| app.get(&format!("{ADDRESS}?{question}")).json()["records"].clone();
    assert_eq!(
        app.get(&format!("{ADDRESS}?group_by=設置位置")).json(),
        json!({"total": 2, "count": 2, "next": null, "records": [
            {"設置位置": "1階", "count": 5}, {"設置位置": null, "count": 1}]})
    );
    // Equal numbers are one group, blanks are one, and numbers are numbers.
    assert_eq!(
        groups("group_by=高度の値&sort=高度の値"),
        json!([{"高度の値": -2.5, "count": 1}, {"高度の値": 0.1, "count": 1}, {"高度の値": 0.2, "count": 1},
               {"高度の値": 10, "count": 2}, {"高度の値": null, "count": 1}])
    );
    let text = app
        .get(&format!(
            "{ADDRESS}?group_by=名称&aggregate=count,sum(高度の値),avg(高度の値),min(高度の値),max(開始時間)"
        ))
        .text();
    assert!(
        text.contains(r#"{"名称":"あ","count":2,"sum(高度の値)":20,"avg(高度の値)":10,"min(高度の値)":10,"max(開始時間)":"10:00"}"#),
        "{text}"
    );
    assert!(text.contains(r#"{"名称":"う","count":2,"sum(高度の値)":-2.3,"avg(高度の値)":-1.15,"#), "{text}");
    assert!(text.contains(r#"{"名称":"い\"\\","count":2,"sum(高度の値)":0.1,"avg(高度の値)":0.1,"#), "{text}");
    // All filters hold, and without fields all records are one group.
    assert_eq!(groups("group_by=名称&開始時間=09:00&高度の値__gt=5"), json!([{"名称": "あ", "count": 1}]));
    assert_eq!(groups("aggregate=count,sum(高度の値)"), json!([{"count": 6, "sum(高度の値)": 17.8}]));
    assert_eq!(groups("aggregate=sum(高度の値)&名称=none"), json!([{"sum(高度の値)": null}]));
    assert_eq!(groups("group_by=名称&名称=none"), json!([]));
    assert_eq!(
        groups("group_by=名称,開始時間&aggregate=max(高度の値)&sort=-max(高度の値),開始時間&limit=2"),
        json!([{"名称": "あ", "開始時間": "09:00", "max(高度の値)": 10}, {"名称": "あ", "開始時間": "10:00", "max(高度の値)": 10}])
    );
}

#[test]
fn groups_are_paged_like_records() {
    let app = places();
    for question in [
        "group_by=名称",
        "group_by=高度の値",
        "group_by=高度の値&sort=-高度の値",
        "group_by=名称,高度の値&aggregate=sum(高度の値),count",
        "group_by=名称,開始時間&sort=-sum(高度の値)&aggregate=sum(高度の値)",
        "group_by=開始時間&設置位置=1階",
        "aggregate=count",
    ] {
        for address in [ADDRESS, ACROSS] {
            let whole = app.get(&format!("{address}?{question}")).json();
            for limit in 1..=4 {
                let mut walked = Vec::new();
                let mut next = Some(format!("{address}?{question}&limit={limit}"));
                while let Some(address) = next {
                    let page = app.get(&address).json();
                    assert_eq!(page["total"], whole["total"], "{address}");
                    walked.extend(page["records"].as_array().expect("groups").clone());
                    next = page["next"].as_str().map(str::to_owned);
                }
                assert_eq!(Value::Array(walked), whole["records"], "{question} by {limit}");
            }
            let offset = app.get(&format!("{address}?{question}&offset=1&limit=2")).json();
            let expected: Vec<Value> =
                whole["records"].as_array().expect("groups").iter().skip(1).take(2).cloned().collect();
            assert_eq!(offset["records"], json!(expected));
        }
    }
}

#[test]
fn groups_by_more_fields_than_combinations_can_be_numbered() {
    const COUNT: usize = 250;
    let fields = [
        "名称",
        "名称_英字",
        "所在地_町字",
        "所在地_番地以下",
        "建物名等(方書)",
        "設置位置",
        "連絡先備考（その他、SNSなど）",
        "団体名",
        "利用可能日時特記事項",
        "備考",
    ];
    let app = TestApp::spawn();
    let texts = |number: usize, set: &mut dyn FnMut(&str, &str)| {
        fields.iter().for_each(|field| set(field, &format!("x{number:03}")));
    };
    app.publish("331007_aed", table("aed", COUNT, texts));
    for count in 1..=fields.len() {
        let asked = fields[..count].join(",");
        let page = app.get(&format!("{ADDRESS}?group_by={asked}&limit=1000")).json();
        assert_eq!(page["total"], COUNT, "{asked}");
        for (number, group) in page["records"].as_array().expect("groups").iter().enumerate() {
            let values = group.as_object().expect("a group").values();
            let is_whole = values.take(count).all(|value| *value == format!("x{number:03}"));
            assert!(is_whole && group["count"] == 1, "{group}");
        }
    }
}

#[test]
fn groups_in_every_format() {
    let app = places();
    let csv = app.get(&format!("{ADDRESS}.csv?group_by=名称&aggregate=count,sum(高度の値)&bom=false&sort=名称")).text();
    assert_eq!(csv, "名称,count,sum(高度の値)\r\nあ,2,20\r\n\"い\"\"\\\",2,0.1\r\nう,2,-2.3\r\n");
    let table = app.get(&format!("{ADDRESS}.txt?group_by=名称")).text();
    assert!(table.contains("count"), "{table}");
    app.get(&format!("{ADDRESS}.geojson?group_by=名称")).fails(Code::NotAcceptable);
    let map = app.get(&format!("{ADDRESS}.geojson?group_by=緯度,経度")).expect(200).json();
    assert_eq!(map["features"][0]["geometry"]["type"], "Point");
    assert_eq!(map["features"][0]["properties"]["count"], 6);
}

#[test]
fn across_organizations() {
    let app = places();
    let groups = |question: &str| app.get(&format!("{ACROSS}?{question}")).json()["records"].clone();
    let of = |code: &str, count: u64| json!({"dataset": format!("{code}_aed"), "count": count});
    assert_eq!(groups("group_by=dataset"), json!([of("331007", 6), of("332020", 3)]));
    assert_eq!(groups("group_by=dataset&名称=あ&sort=count"), json!([of("332020", 1), of("331007", 2)]));
    assert_eq!(groups("group_by=名称&limit=1&sort=-名称"), json!([{"名称": "う", "count": 3}]));
    let facets = app.get(&format!("{ACROSS}?facets=dataset&limit=0&名称=あ")).json()["facets"].clone();
    assert_eq!(facets, json!({"dataset": [{"value": "331007_aed", "count": 2}, {"value": "332020_aed", "count": 1}]}));
    // Of what words find, before there are files beside the database and with them.
    for _ in 0..30 {
        assert_eq!(groups("group_by=dataset&q=１階"), json!([of("331007", 5), of("332020", 2)]));
        let both = json!([{"dataset": "331007_aed", "設置位置": "1階", "count": 5}, {"dataset": "332020_aed", "設置位置": "1階", "count": 2}]);
        assert_eq!(groups("group_by=dataset,設置位置&q=1階"), both);
        assert_eq!(groups("aggregate=count&q=1階"), json!([{"count": 7}]));
        assert_eq!(groups("aggregate=count&q=3階"), json!([{"count": 0}]));
        assert_eq!(groups("group_by=dataset&q=3階"), json!([]));
        let facets = app.get(&format!("{ACROSS}?facets=dataset,開始時間&limit=0&q=1階")).json()["facets"].clone();
        let times = json!([{"value": "10:00", "count": 4}, {"value": "09:00", "count": 3}]);
        let datasets = json!([{"value": "331007_aed", "count": 5}, {"value": "332020_aed", "count": 2}]);
        assert_eq!(facets, json!({"dataset": datasets, "開始時間": times}));
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let empty = "/api/v1/standards/event/records";
    assert_eq!(app.get(&format!("{empty}?group_by=dataset")).json()["records"], json!([]));
    assert_eq!(app.get(&format!("{empty}?group_by=イベント名")).json()["records"], json!([]));
}

#[test]
fn facets_stand_beside_records() {
    let app = places();
    let page = app.get(&format!("{ADDRESS}?facets=設置位置,高度の値&limit=1")).json();
    assert_eq!((&page["total"], &page["count"]), (&json!(6), &json!(1)));
    assert_eq!(
        page["facets"],
        json!({"設置位置": [{"value": "1階", "count": 5}, {"value": null, "count": 1}],
               "高度の値": [{"value": 10, "count": 2}, {"value": -2.5, "count": 1}, {"value": 0.1, "count": 1},
                            {"value": 0.2, "count": 1}, {"value": null, "count": 1}]})
    );
    let members: Vec<String> = page.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(members, ["total", "count", "next", "records", "facets"]);
    // They count what the conditions leave, in all of it.
    let page = app.get(&format!("{ADDRESS}?facets=開始時間&名称=あ&limit=0&count=none")).json();
    assert_eq!(page["facets"], json!({"開始時間": [{"value": "09:00", "count": 1}, {"value": "10:00", "count": 1}]}));
    let english = app.get(&format!("{ADDRESS}?facets=設置位置&limit=0&names=en")).json();
    assert_eq!(english["facets"].as_object().map(|facets| facets.keys().all(|name| name.is_ascii())), Some(true));
    let problem = app.get(&format!("{ADDRESS}.csv?facets=名称")).fails(Code::InvalidParameter);
    assert!(problem["hint"].as_str().is_some_and(|hint| hint.contains("format=json")));
}

#[test]
fn mistakes() {
    let app = places();
    for (question, parameter, hint) in [
        ("group_by=名祢", "group_by", "名称"),
        ("group_by=dataset", "group_by", "項目は"),
        ("group_by=名称&aggregate=sum(名称)", "aggregate", "min と max"),
        ("group_by=名称&aggregate=smu(高度の値)", "aggregate", "sum(高度の値)"),
        ("group_by=名称&aggregate=sum(高度の直)", "aggregate", "sum(高度の値)"),
        ("group_by=名称&sort=-cuont", "sort", "-count"),
        ("group_by=名称&sort=ID", "sort", "名称、count"),
        ("group_by=名称&select=ID", "select", "aggregate"),
        ("group_by=名称&facets=ID", "facets", "aggregate"),
        ("groupby=名称", "groupby", "group_by"),
        ("facets=名祢", "facets", "名称"),
    ] {
        let problem = app.get(&format!("{ADDRESS}?{question}")).fails(Code::InvalidParameter);
        let found = errors(&problem);
        assert_eq!((found.len(), &found[0]["parameter"]), (1, &json!(parameter)), "{question}: {problem}");
        assert!(found[0]["hint"].as_str().unwrap_or_default().contains(hint), "{question}: {problem}");
    }
    let next = app.get(&format!("{ADDRESS}?group_by=名称&limit=1")).json()["next"].as_str().expect("more").to_owned();
    let cursor = next.split("cursor=").nth(1).expect("a cursor");
    app.get(&format!("{ADDRESS}?group_by=開始時間&limit=1&cursor={cursor}")).fails(Code::InvalidParameter);
    app.get(&format!("{ADDRESS}?limit=1&cursor={cursor}")).fails(Code::InvalidParameter);
}

#[test]
fn a_new_version_changes_the_groups() {
    let app = places();
    let first = app.get(&format!("{ADDRESS}?group_by=名称")).expect(200);
    app.publish("331007_aed", table("aed", 6, |number, set| set("名称", ["あ", "え"][number % 2])));
    let second = app.get(&format!("{ADDRESS}?group_by=名称")).expect(200);
    assert_ne!(first.header("etag"), second.header("etag"));
    assert_ne!(first.json(), second.json());
}
