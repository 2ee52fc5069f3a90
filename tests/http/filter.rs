//! `…/records?filter=` and `POST …/records`: CQL2 (OGC 21-065r2).

use machikura::http::problem::Code;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::call::errors;
use crate::support::tables::{id, table_of};

const ADDRESS: &str = "/api/v1/datasets/331007_event/records";

/// Six events, called 1 to 6 here.
fn events() -> TestApp {
    let app = TestApp::spawn();
    type Event<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, &'a str, [&'a str; 2]);
    #[rustfmt::skip]
    let events: [Event; 6] = [
        //  name,         short,    places, fee,    from,         to,           place
        ("秋まつり",      "Fair",   "100",  "0",    "2026-11-01", "2026-11-03", ["34.660", "133.920"]),
        ("文化講座",      "FAIR",   "9",    "500",  "2026-10-01", "2026-12-25", ["34.670", "133.930"]),
        ("読書会",        "100%",   "",     "",     "2026-12-31", "2026-12-31", ["", ""]),
        ("文化祭",        "é",      "20",   "1500", "2027-01-05", "2027-01-06", ["34.700", "134.000"]),
        ("体操教室",      "ｆａｉｒ", "0",  "0",    "2026-11-03", "2026-11-03", ["34.600", "133.800"]),
        ("文化'会\"\\",   "",       "12",   "10",   "2026-11-04", "2026-11-04", ["34.65", "133.95"]),
    ];
    let changes = events.map(|(name, short, places, fee, from, to, [latitude, longitude])| {
        [
            ("イベント名", name),
            ("イベント通称", short),
            ("定員", places),
            ("料金(基本)", fee),
            ("開始日", from),
            ("終了日", to),
            ("開始時間", "09:00"),
            ("終了時間", "17:00"),
            ("緯度", latitude),
            ("経度", longitude),
            ("掲載開始日", ""),
            ("掲載終了日", ""),
            ("申込開始日", ""),
            ("参加申込終了日", ""),
        ]
    });
    let changes: Vec<&[(&str, &str)]> = changes.iter().map(|change| &change[..]).collect();
    app.publish("331007_event", table_of("event", &changes));
    app
}

/// The numbers of the records in an answer, in its order.
fn numbers(page: &Value) -> Vec<usize> {
    let records = page["records"].as_array().expect("records");
    let ids = records.iter().map(|record| record["ID"].as_str().expect("an id"));
    ids.map(|found| (0..).find(|number| id(*number) == found).expect("one of ours") + 1).collect()
}

/// A filter as it stands in an address.
fn encoded(filter: &str) -> String {
    machikura::query::query_string(&[("filter".to_owned(), filter.to_owned())])
}

/// Filters after the grammar of the standard (OGC 21-065r2, annex B), every production at least once.
#[rustfmt::skip]
const FILTERS: &[(&str, &[usize])] = &[
    // booleanExpression, booleanTerm, booleanFactor, booleanPrimary
    ("TRUE", &[1, 2, 3, 4, 5, 6]),
    ("false", &[]),
    ("定員 >= 10 AND 料金(基本) > 0", &[4, 6]),
    ("定員 >= 10 and not 料金(基本) > 0", &[1]),
    ("定員 = 9 OR 定員 = 20 AND イベント名 = '文化祭'", &[2, 4]),
    ("(定員 = 9 OR 定員 = 20) AND イベント名 = '文化祭'", &[4]),
    ("NOT (定員 = 9 OR 定員 = 20)", &[1, 5, 6]),
    ("NOT NOT 定員 = 9", &[2]),
    // binaryComparisonPredicate
    ("定員 = 20", &[4]),
    ("20 = 定員", &[4]),
    ("定員 <> 20", &[1, 2, 5, 6]),
    ("定員 < 12", &[2, 5]),
    ("定員 <= 12", &[2, 5, 6]),
    ("定員 > 12.0", &[1, 4]),
    ("定員 >= 1.2E1", &[1, 4, 6]),
    ("定員 > -1", &[1, 2, 4, 5, 6]),
    ("capacity > 12", &[1, 4]),
    ("定員＞＝２０", &[1, 4]),
    ("イベント名 = '文化祭'", &[4]),
    ("イベント名 = '文化''会\"\\'", &[6]),
    ("\"イベント名\" <> '文化祭'", &[1, 2, 3, 5, 6]),
    ("料金（基本） = 0", &[1, 5]),
    ("\"料金(基本)\"=0", &[1, 5]),
    ("定員 > \"料金(基本)\"", &[1, 6]),
    ("開始日 = 終了日", &[3, 5, 6]),
    ("開始日 >= DATE('2026-12-31')", &[3, 4]),
    ("開始日 >= '令和8年12月31日'", &[3, 4]),
    ("開始日 < TIMESTAMP('2026-10-31T15:00:00Z')", &[2]),
    ("開始時間 < '10:00' AND 定員 = 9", &[2]),
    // isLikePredicate, characterExpression
    ("イベント名 LIKE '文化%'", &[2, 4, 6]),
    ("イベント名 like '%化_'", &[4]),
    ("イベント名 NOT LIKE '文化%'", &[1, 3, 5]),
    ("イベント通称 LIKE '100\\%'", &[3]),
    ("イベント名 LIKE '%''%\\\\'", &[6]),
    ("CASEI(イベント通称) = CASEI('FaIr')", &[1, 2]),
    ("CASEI(イベント通称) LIKE casei('%AIR')", &[1, 2]),
    ("ACCENTI(イベント通称) = 'e'", &[4]),
    ("ACCENTI(CASEI(イベント通称)) = ACCENTI(CASEI('ＦＡＩＲ'))", &[1, 2, 5]),
    ("CASEI(イベント通称) IN (CASEI('FAIR'), 'é')", &[1, 2, 4]),
    // isBetweenPredicate
    ("定員 BETWEEN 9 AND 20", &[2, 4, 6]),
    ("定員 NOT BETWEEN 9 AND 20", &[1, 5]),
    ("定員 BETWEEN 9 AND 20 AND イベント名 LIKE '%祭'", &[4]),
    ("定員 + 1 BETWEEN 10 AND 21", &[2, 4, 6]),
    ("開始日 BETWEEN DATE('2026-11-01') AND DATE('2026-11-03')", &[1, 5]),
    // isInListPredicate
    ("定員 IN (9, 20, 1000)", &[2, 4]),
    ("定員 NOT IN (9, 20)", &[1, 5, 6]),
    ("イベント名 IN ('文化祭')", &[4]),
    ("開始日 IN (DATE('2026-11-01'))", &[1]),
    ("定員 * 2 IN (18, 40)", &[2, 4]),
    // isNullPredicate
    ("定員 IS NULL", &[3]),
    ("イベント通称 IS NOT NULL", &[1, 2, 3, 4, 5]),
    ("geometry IS NULL", &[3]),
    ("NOT 位置 IS NULL AND 定員 > 50", &[1]),
    // arithmeticExpression
    ("定員 + 1 = 10", &[2]),
    ("定員 - 1 = 8", &[2]),
    ("定員 * 2 + 1 = 19", &[2]),
    ("(定員 + 1) * 2 = 20", &[2]),
    ("定員 / 4 = 2.25", &[2]),
    ("定員 % 10 = 2", &[6]),
    ("-定員 = -9", &[2]),
    ("1000 / 定員 > 50", &[2, 6]),
    ("定員 > 料金(基本) / 200", &[1, 2, 4, 6]),
    // spatialPredicate, spatialInstance
    ("S_INTERSECTS(geometry, POLYGON((133.9 34.6, 134.1 34.6, 134.1 34.8, 133.9 34.8, 133.9 34.6)))", &[1, 2, 4, 6]),
    ("定員 >= 10 AND S_INTERSECTS(geometry, POLYGON((133.9 34.6, 134.1 34.6, 134.1 34.8, 133.9 34.8, 133.9 34.6)))", &[1, 4, 6]),
    ("S_WITHIN(geom, POLYGON((133.9 34.6, 134.1 34.6, 134.1 34.8, 133.9 34.8, 133.9 34.6), (133.91 34.65, 133.94 34.65, 133.94 34.68, 133.91 34.65)))", &[1, 4, 6]),
    ("S_CONTAINS(POLYGON((133.9 34.6, 134.1 34.6, 134.1 34.8, 133.9 34.8, 133.9 34.6)), 位置)", &[1, 2, 4, 6]),
    ("S_DISJOINT(geometry, BBOX(133.9, 34.6, 134.1, 34.8))", &[5]),
    ("NOT S_INTERSECTS(geometry, BBOX(133.9, 34.6, 134.1, 34.8))", &[5]),
    ("S_EQUALS(geometry, POINT(133.92 34.66))", &[1]),
    ("S_EQUALS(geometry, POINT Z (133.92 34.66 5))", &[1]),
    ("S_TOUCHES(geometry, POLYGON((133.8 34.6, 134 34.6, 134 34.8, 133.8 34.8, 133.8 34.6)))", &[4, 5]),
    ("S_INTERSECTS(geometry, LINESTRING(133.92 34.66, 133.93 34.67))", &[1, 2]),
    ("S_CROSSES(geometry, LINESTRING(133.92 34.66, 133.93 34.67))", &[]),
    ("S_OVERLAPS(geometry, MULTIPOINT((133.92 34.66), (133.93 34.67)))", &[]),
    ("S_CONTAINS(geometry, MULTIPOINT(133.92 34.66))", &[1]),
    ("S_INTERSECTS(geometry, MULTILINESTRING((133.8 34.6, 133.9 34.6), (134 34.7, 135 35)))", &[4, 5]),
    ("S_INTERSECTS(geometry, MULTIPOLYGON(((133.7 34.5, 133.81 34.5, 133.81 34.7, 133.7 34.5)), ((133.99 34.69, 134.1 34.69, 133.99 34.8, 133.99 34.69))))", &[4, 5]),
    ("S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(133.92 34.66), POLYGON((133.99 34.69, 134.1 34.69, 133.99 34.8, 133.99 34.69))))", &[1, 4]),
    // A hole that parts the polygon ends no question with an error.
    ("S_WITHIN(geometry, POLYGON((133.9 34.6, 134.1 34.6, 134.1 34.8, 133.9 34.8, 133.9 34.6), (133.9 34.7, 134 34.75, 134.1 34.7, 134 34.78, 133.9 34.7)))", &[1, 2, 4, 6]),
    ("S_TOUCHES(geometry, POLYGON((133.8 34.6, 134 34.6, 134 34.8, 133.8 34.8, 133.8 34.6), (133.8 34.7, 133.9 34.75, 134 34.7, 133.9 34.78, 133.8 34.7)))", &[4, 5]),
    // temporalPredicate, temporalInstance
    ("T_AFTER(開始日, DATE('2026-12-30'))", &[3, 4]),
    ("T_BEFORE(開始日, TIMESTAMP('2026-10-31T15:00:00Z'))", &[2]),
    ("T_BEFORE(DATE('2026-12-30'), 開始日)", &[3, 4]),
    ("T_DURING(開始日, INTERVAL('2026-11-01', '2026-11-04'))", &[5]),
    ("T_INTERSECTS(開始日, INTERVAL('2026-11-01', '2026-11-04'))", &[1, 5, 6]),
    ("T_INTERSECTS(INTERVAL(開始日, 終了日), DATE('2026-11-02'))", &[1, 2]),
    ("NOT T_INTERSECTS(INTERVAL(開始日, 終了日), DATE('2026-11-02'))", &[3, 4, 5, 6]),
    ("T_DISJOINT(INTERVAL(開始日, 終了日), INTERVAL('..', '2026-12-25'))", &[3, 4]),
    ("T_CONTAINS(INTERVAL(開始日, 終了日), DATE('2026-11-02'))", &[1, 2]),
    ("T_EQUALS(INTERVAL(開始日, 終了日), INTERVAL('2026-11-01', '2026-11-03'))", &[1]),
    ("T_EQUALS(開始日, DATE('2026-11-03'))", &[5]),
    ("T_STARTS(INTERVAL(開始日, 終了日), INTERVAL('2026-11-01', '..'))", &[1]),
    ("T_STARTEDBY(INTERVAL(開始日, 終了日), DATE('2026-11-01'))", &[1]),
    ("T_FINISHES(INTERVAL(開始日, 終了日), INTERVAL('..', '2026-11-03'))", &[1, 5]),
    ("T_FINISHEDBY(INTERVAL(開始日, 終了日), DATE('2026-11-03'))", &[1]),
    ("T_MEETS(INTERVAL(開始日, 終了日), INTERVAL('2026-11-03', '..'))", &[1, 5]),
    ("T_METBY(INTERVAL(開始日, 終了日), INTERVAL('..', '2026-11-01'))", &[1]),
    ("T_OVERLAPS(INTERVAL(開始日, 終了日), INTERVAL('2026-11-02', '2026-11-30'))", &[1]),
    ("T_OVERLAPPEDBY(INTERVAL(開始日, 終了日), INTERVAL('2026-10-15', '2026-11-02'))", &[1]),
    ("開始日 = DATE('2026-11-03') OR T_AFTER(開始日, DATE('2027-01-01'))", &[4, 5]),
];

#[test]
fn filters_as_text() {
    let app = events();
    for (filter, expected) in FILTERS {
        let page = app.get(&format!("{ADDRESS}?{}", encoded(filter))).json();
        assert_eq!(numbers(&page), *expected, "{filter}");
        assert_eq!(page["total"], expected.len(), "{filter}");
    }
}

#[test]
fn a_filter_goes_with_everything_else() {
    let app = events();
    let filter = encoded("定員 < 50 OR イベント名 = '読書会'");
    for (question, expected) in [
        ("sort=-定員", vec![4, 6, 2, 5, 3]),
        ("sort=-定員&limit=2&offset=1", vec![6, 2]),
        ("料金(基本)__gt=0", vec![2, 4, 6]),
        ("bbox=133.9,34.6,134.1,34.8", vec![2, 4, 6]),
        ("lat=34.67&lon=133.93&limit=2", vec![2, 6]),
        ("filter-lang=cql2-text&limit=1", vec![2]),
    ] {
        let page = app.get(&format!("{ADDRESS}?{question}&{filter}")).json();
        assert_eq!(numbers(&page), expected, "{question}");
    }
    let mut next = Some(format!("{ADDRESS}?{filter}&limit=2"));
    let mut walked = Vec::new();
    while let Some(address) = next {
        let page = app.get(&address).json();
        walked.extend(numbers(&page));
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(walked, [2, 3, 4, 5, 6]);
    // Formats, versions and the standard across organizations.
    let text = app.get(&format!("{ADDRESS}.csv?{}&select=イベント名&bom=false", encoded("定員 = 20"))).text();
    assert_eq!(text, "イベント名\r\n文化祭\r\n");
    for address in ["/api/v1/datasets/331007_event/versions/1/records", "/api/v1/standards/event/records"] {
        assert_eq!(numbers(&app.get(&format!("{address}?{}", encoded("定員 = 20"))).json()), [4]);
    }
    // The same filter, otherwise written, is the same answer.
    let tag = |filter: &str| app.get(&format!("{ADDRESS}?{}", encoded(filter))).expect(200).header("etag").to_owned();
    assert_eq!(tag("定員 = 9 OR 定員 = 20"), tag("(定員=20.0) or 9 = 定員"));
    assert_ne!(tag("定員 = 9 OR 定員 = 20"), tag("定員 = 9 OR 定員 = 21"));
}

#[test]
fn filters_as_json_in_the_body() {
    let app = events();
    let post = |address: &str, body: &Value| {
        app.call("POST", address).header("Content-Type", "application/json").body(body.to_string())
    };
    let box_ = json!({"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [133.9, 34.6, 134.1, 34.8]}]});
    let many = json!({"op": ">=", "args": [{"property": "定員"}, 10]});
    let both = json!({"op": "and", "args": [box_, many]});
    let days = json!({"op": "t_intersects", "args": [{"interval": [{"property": "開始日"}, {"property": "終了日"}]}, {"date": "2026-11-02"}]});
    for (body, expected) in [
        (&box_, vec![1, 2, 4, 6]),
        (&both, vec![1, 4, 6]),
        (&days, vec![1, 2]),
        (&json!({"filter": both}), vec![1, 4, 6]),
        (&json!({"filter": both, "filter-lang": "cql2-json"}), vec![1, 4, 6]),
    ] {
        for address in [ADDRESS, "/api/v1/datasets/331007_event/versions/1/records", "/api/v1/standards/event/records"]
        {
            assert_eq!(numbers(&post(address, body).json()), expected, "{body}");
        }
    }
    assert_eq!(numbers(&post(&format!("{ADDRESS}?sort=-定員&limit=2&format=json"), &box_).json()), [1, 4]);
    // Also in the address.
    let json = machikura::query::query_string(&[("filter".to_owned(), both.to_string())]);
    assert_eq!(numbers(&app.get(&format!("{ADDRESS}?filter-lang=cql2-json&{json}")).json()), [1, 4, 6]);
    // The same body goes to the next page.
    let first = post(&format!("{ADDRESS}?limit=3"), &box_).json();
    let next = first["next"].as_str().expect("a next page");
    assert!(!next.contains("filter"), "{next}");
    assert_eq!(numbers(&post(next, &box_).json()), [6]);
    post(next, &many).fails(Code::InvalidParameter);
    // A border of many corners.
    let corners: Vec<[f64; 2]> = (0..1_000)
        .map(|corner| (f64::from(corner % 999) / 999.0 * std::f64::consts::TAU).sin_cos())
        .map(|(sin, cos)| [133.95 + 0.08 * cos, 34.68 + 0.08 * sin])
        .collect();
    let circle =
        json!({"op": "s_within", "args": [{"property": "geometry"}, {"type": "Polygon", "coordinates": [corners]}]});
    assert_eq!(numbers(&post(ADDRESS, &circle).json()), [1, 2, 4, 6]);
    // What was asked by POST is not answered by "as you have it".
    let tag = post(ADDRESS, &box_).expect(200).header("etag").to_owned();
    post(ADDRESS, &box_).header("If-None-Match", &tag).expect(200);
}

#[test]
fn what_is_wrong_with_a_filter_is_said() {
    let app = events();
    for (filter, detail, hint) in [
        ("定因 >= 10", "1 文字目の「定因」", "定員"),
        ("定員 >= ", "途中で終わって", "例"),
        ("定員 >= 10 イベント名 = 'A'", "10 文字目", "例"),
        ("イベント名 = 'A", "閉じていません", "''"),
        ("S_INTERSECT(geometry, POINT(133 34))", "S_INTERSECT", "S_INTERSECTS"),
        ("S_INTERSECTS(geometry, POINT(34 133))", "地球上に", "133 34"),
        ("S_WITHIN(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))", "1 番目の点からの辺と 3 番目の点からの辺", "例"),
        ("定員 = 'たくさん'", "数値ではありません", "例"),
        ("((((((((((((((((((((((((((((((((((((定員 = 1))))))))))))))))))))))))))))))))))))", "深すぎます", ""),
    ] {
        let problem = app.get(&format!("{ADDRESS}?{}", encoded(filter))).fails(Code::InvalidParameter);
        let found = errors(&problem);
        assert_eq!((found.len(), &found[0]["parameter"]), (1, &json!("filter")), "{problem}");
        assert!(found[0]["detail"].as_str().unwrap_or_default().contains(detail), "{problem}");
        assert!(found[0]["hint"].as_str().unwrap_or_default().contains(hint), "{problem}");
    }
    for (question, parameter) in [
        ("filter-lang=sql&filter=TRUE", "filter-lang"),
        ("filter=TRUE&filter=TRUE", "filter"),
        ("filter-lang=cql2-json&filter=定員", "filter"),
        ("fliter=TRUE", "fliter"),
    ] {
        let problem = app.get(&format!("{ADDRESS}?{question}")).fails(Code::InvalidParameter);
        assert_eq!(errors(&problem)[0]["parameter"], parameter, "{problem}");
    }
    let post = |address: &str, body: &[u8]| app.call("POST", address).body(body);
    for (address, body, parameter) in [
        (ADDRESS.to_owned(), "", "filter"),
        (ADDRESS.to_owned(), "[1]", "filter"),
        (ADDRESS.to_owned(), "定員 >= 10", "filter"),
        (ADDRESS.to_owned(), r#"{"op":"=","args":[{"property":"定因"},1]}"#, "filter"),
        (ADDRESS.to_owned(), r#"{"filter":true,"limit":5}"#, "limit"),
        (ADDRESS.to_owned(), r#"{"filter":true,"filter-lang":"cql2-text"}"#, "filter-lang"),
        (format!("{ADDRESS}?filter=TRUE"), "true", "filter"),
        (format!("{ADDRESS}?limt=1"), "true", "limt"),
    ] {
        let problem = post(&address, body.as_bytes()).fails(Code::InvalidParameter);
        assert_eq!(errors(&problem)[0]["parameter"], parameter, "{problem}");
    }
    post(ADDRESS, &[0xff, 0xfe]).fails(Code::InvalidBody);
    for length in [256 * 1024 + 1, 2 << 20] {
        post(ADDRESS, " ".repeat(length).as_bytes()).fails(Code::TooLarge);
    }
    post("/api/v1/datasets/331007_aed/records", b"true").fails(Code::NotFound);
    // A table without places.
    app.publish("332089_population", crate::support::tables::sample("population"));
    let population = "/api/v1/datasets/332089_population/records";
    app.get(&format!("{population}?{}", encoded("S_WITHIN(geometry, BBOX(1,2,3,4))"))).fails(Code::InvalidParameter);
    // A name that begins with a digit.
    app.get(&format!("{population}?{}", encoded("0-4歳の男性 >= 0 AND 総人口 > 0"))).expect(200);
}
