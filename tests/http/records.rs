//! `…/records`: which records are found, and in which order.

use machikura::http::problem::Code;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::call::errors;
use crate::support::tables::{id, table_of};

const ADDRESS: &str = "/api/v1/datasets/331007_event/records";

/// Eight events, called 1 to 8 here. Their short names break careless SQL, LIKE patterns and collations.
fn events() -> TestApp {
    let app = TestApp::spawn();
    type Event<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, &'a str, [&'a str; 2]);
    #[rustfmt::skip]
    let events: [Event; 8] = [
        //  name,      short name, places, fee,    day,          begins,  place
        ("秋まつり",   "い",       "100",  "0",    "2026-11-03", "09:00", ["34.660", "133.920"]),
        ("文化講座",   "A",        "9",    "500",  "2026-10-01", "10:30", ["34.670", "133.930"]),
        ("読書会",     "100%",     "",     "",     "2026-12-31", "08:00", ["", ""]),
        ("文化祭",     "亜",       "20",   "1500", "2027-01-05", "13:00", ["34.700", "134.000"]),
        ("体操教室",   "あ_い",    "0",    "0",    "2026-11-03", "18:00", ["34.600", "133.800"]),
        ("Ａ会",       "",         "1200", "",     "2026-09-30", "00:00", ["34.661", "133.921"]),
        ("A会",        "ア",       "10",   "500",  "2026-11-03", "09:30", ["34.660", "133.921"]),
        ("文化'\"\\会", "100",     "",     "10",   "2026-11-04", "23:59", ["", ""]),
    ];
    let changes = events.map(|(name, short, places, fee, day, begins, [latitude, longitude])| {
        [
            ("イベント名", name),
            ("イベント通称", short),
            ("定員", places),
            ("料金(基本)", fee),
            ("開始日", day),
            ("終了日", day),
            ("開始時間", begins),
            ("終了時間", "23:59"),
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

#[test]
fn conditions() {
    let app = events();
    #[rustfmt::skip]
    let cases: &[(&str, &[usize])] = &[
        ("", &[1, 2, 3, 4, 5, 6, 7, 8]),
        // Equality is exact: neither width nor case nor kana are the same.
        ("イベント名=A会", &[7]),
        ("イベント名=Ａ会", &[6]),
        ("イベント名=a会", &[]),
        ("イベント通称=ｱ", &[]),
        ("イベント名=文化祭&イベント名=読書会", &[3, 4]),
        ("イベント名=文化祭&定員=9", &[]),
        ("イベント通称=", &[6]),
        ("定員=&定員=9", &[2, 3, 8]),
        ("イベント名__eq=文化祭", &[4]),
        ("イベント名__ne=文化祭", &[1, 2, 3, 5, 6, 7, 8]),
        ("イベント通称__ne=あ_い", &[1, 2, 3, 4, 6, 7, 8]),
        ("イベント名__in=文化祭,A会,何もない", &[4, 7]),
        ("イベント名__in=%22文化祭%22,A会&イベント名__in=%22読書会%22", &[3, 4, 7]),
        ("イベント名__in=%22文化'%22%22%5C会%22&イベント名=文化'%22%5C会", &[8]),
        ("イベント名__in=文化祭&イベント名=A会", &[]),
        ("イベント名__notin=文化祭&イベント名__notin=A会", &[1, 2, 3, 5, 6, 8]),
        ("イベント名__notin=文化祭,A会", &[1, 2, 3, 5, 6, 8]),
        ("イベント名__contains=文化", &[2, 4, 8]),
        ("イベント名__contains=文化&イベント名__endswith=祭", &[4]),
        ("イベント名__contains='\"\\", &[8]),
        ("イベント名__startswith=文", &[2, 4, 8]),
        ("イベント名__endswith=会", &[3, 6, 7, 8]),
        ("イベント通称__contains=%25", &[3]),
        ("イベント通称__contains=_", &[5]),
        ("イベント通称__startswith=100", &[3, 8]),
        ("イベント通称__isnull=true", &[6]),
        ("イベント通称__isnull=false", &[1, 2, 3, 4, 5, 7, 8]),
        ("イベント通称__gte=ア", &[4, 7]),
        ("イベント通称__lt=あ", &[2, 3, 8]),
        // Numbers are compared as numbers, and blanks are neither more nor less.
        ("定員=9.0", &[2]),
        ("定員=０９", &[2]),
        ("定員__lt=10", &[2, 5]),
        ("定員__lte=10", &[2, 5, 7]),
        ("定員__gt=20", &[1, 6]),
        ("定員__gte=20", &[1, 4, 6]),
        ("定員__gte=9&定員__lte=20", &[2, 4, 7]),
        ("定員__gt=-1", &[1, 2, 4, 5, 6, 7]),
        ("定員__in=9,100,", &[1, 2, 3, 8]),
        ("定員__ne=9", &[1, 3, 4, 5, 6, 7, 8]),
        ("定員__notin=9,", &[1, 4, 5, 6, 7]),
        ("定員__isnull=1", &[3, 8]),
        ("緯度__gt=34.6605", &[2, 4, 6]),
        ("緯度=34.66", &[1, 7]),
        ("料金（基本）=500", &[2, 7]),
        ("料金(基本)=500&料金（基本）=0", &[1, 2, 5, 7]),
        // Dates and times in their order, however they are written in the question.
        ("開始日=2026/11/3", &[1, 5, 7]),
        ("開始日__gt=2026-11-03", &[3, 4, 8]),
        ("開始日__lte=令和8年10月1日", &[2, 6]),
        ("開始日__gte=2026-11-03&開始日__lt=2026-11-04", &[1, 5, 7]),
        ("開始時間__lt=9:30", &[1, 3, 6]),
        ("開始時間__gte=18:00", &[5, 8]),
    ];
    for (question, expected) in cases {
        let page = app.get(&format!("{ADDRESS}?{question}")).json();
        assert_eq!(numbers(&page), *expected, "{question}");
        assert_eq!((&page["total"], &page["count"]), (&json!(expected.len()), &json!(expected.len())));
        assert_eq!(page["next"], Value::Null);
    }
}

#[test]
fn orders() {
    let app = events();
    #[rustfmt::skip]
    let cases: &[(&str, &[usize])] = &[
        // Blanks stand last either way, and records that are equal stay in the order of the file.
        ("sort=定員", &[5, 2, 7, 4, 1, 6, 3, 8]),
        ("sort=-定員", &[6, 1, 4, 7, 2, 5, 3, 8]),
        // Texts by code point: 100 < 100% < A < あ_い < い < ア < 亜.
        ("sort=イベント通称", &[8, 3, 2, 5, 1, 7, 4, 6]),
        ("sort=-イベント通称", &[4, 7, 1, 5, 2, 3, 8, 6]),
        ("sort=開始日,-開始時間", &[6, 2, 5, 7, 1, 8, 3, 4]),
        ("sort=料金（基本）,-定員", &[1, 5, 8, 7, 2, 4, 6, 3]),
        ("sort=開始日&sort=定員", &[6, 2, 5, 7, 1, 8, 3, 4]),
        ("sort=定員&limit=3", &[5, 2, 7]),
        ("sort=定員&limit=3&offset=2", &[7, 4, 1]),
        ("sort=定員&offset=7", &[8]),
        ("offset=9", &[]),
        ("limit=0", &[]),
        ("sort=-定員&イベント名__contains=文化", &[4, 2, 8]),
    ];
    for (question, expected) in cases {
        let page = app.get(&format!("{ADDRESS}?{question}&select=ID")).json();
        assert_eq!(numbers(&page), *expected, "{question}");
    }
}

#[test]
fn a_walk_sees_everything_once() {
    let app = events();
    for question in
        ["select=ID", "sort=-定員,イベント名&select=ID", "sort=イベント通称&定員__isnull=false", "lat=34.66&lon=133.92"]
    {
        let whole = numbers(&app.get(&format!("{ADDRESS}?{question}&limit=1000")).json());
        for limit in 1..=8 {
            let mut walked = Vec::new();
            let mut next = Some(format!("{ADDRESS}?{question}&limit={limit}"));
            while let Some(address) = next {
                let answer = app.get(&address).expect(200);
                let page = answer.json();
                assert_eq!(page["total"], whole.len());
                walked.extend(numbers(&page));
                next = page["next"].as_str().map(str::to_owned);
                let link = next.as_deref().map_or(String::new(), |next| format!("<{next}>; rel=\"next\""));
                assert_eq!(answer.header("link"), link);
            }
            assert_eq!(walked, whole, "{question} by {limit}");
        }
    }
    // An offset is left out once it has been done.
    let page = app.get(&format!("{ADDRESS}?limit=2&offset=3&select=ID")).json();
    let next = app.get(page["next"].as_str().expect("a next page")).json();
    assert_eq!((numbers(&page), numbers(&next)), (vec![4, 5], vec![6, 7]));
}

#[test]
fn only_what_is_asked_for() {
    let app = events();
    let page = app.get(&format!("{ADDRESS}?select=定員,イベント名,定員&select=ID&limit=3&count=none")).json();
    assert_eq!(page.get("total"), None);
    assert_eq!(
        page["records"],
        json!([{"定員": 100, "イベント名": "秋まつり", "ID": id(0)}, {"定員": 9, "イベント名": "文化講座", "ID": id(1)},
               {"定員": null, "イベント名": "読書会", "ID": id(2)}])
    );
    let text = app.get(&format!("{ADDRESS}?select=定員,緯度,開始日,イベント名&limit=1&count=exact")).text();
    assert!(text.contains(r#"{"定員":100,"緯度":34.660,"開始日":"2026-11-03","イベント名":"秋まつり"}"#), "{text}");
    let all = app.get(ADDRESS).json();
    assert_eq!(all["records"][0].as_object().map(serde_json::Map::len), Some(79));
    assert_eq!(
        app.get(&format!("{ADDRESS}?limit=0")).json(),
        json!({"total": 8, "count": 0, "next": null, "records": []})
    );
}

#[test]
fn one_record() {
    let app = events();
    let all = app.get(ADDRESS).json();
    let answer = app.get(&format!("{ADDRESS}/{}", id(3))).expect(200);
    assert_eq!(answer.json(), all["records"][3]);
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(!answer.header("etag").is_empty());
    app.get(&format!("{ADDRESS}/FF9999999999")).fails(Code::NotFound);
    app.get(&format!("{ADDRESS}/%00")).fails(Code::NotFound);
    app.get(&format!("{ADDRESS}/{}?tabel=x", id(3))).fails(Code::InvalidParameter);
    // Where the standard has no ID the row number is one.
    app.publish("332089_population", crate::support::tables::sample("population"));
    let population = "/api/v1/datasets/332089_population/records";
    assert_eq!(app.get(&format!("{population}/2")).json(), app.get(population).json()["records"][1]);
    app.get(&format!("{population}/0")).fails(Code::NotFound);
    app.get(&format!("{ADDRESS}/{}?table=x", id(3))).fails(Code::NotFound);
}

#[test]
fn names_are_found_in_other_spellings() {
    let app = TestApp::spawn();
    let names = [
        "駅前（北口）駐輪場",
        "四ッ谷センター",
        "一之宮会館",
        "ヴィラ・ヴェルデ",
        "バイオリン館",
        "Ｗｉ－Ｆｉ広場",
        "1・2号館",
    ];
    let changes: Vec<[(&str, &str); 1]> = names.iter().map(|name| [("名称", *name)]).collect();
    app.publish("331007_aed", table_of("aed", &changes.iter().map(|change| &change[..]).collect::<Vec<_>>()));
    for (words, expected) in [
        ("駅前北口", &[1][..]),
        ("駅前 （北口）", &[1]),
        ("駅前（北口", &[1]),
        ("北口駐輪場", &[1]),
        ("四ツ谷", &[2]),
        ("四つ谷センタ", &[2]),
        ("一ノ宮", &[3]),
        ("一の宮", &[3]),
        ("ビラ", &[4]),
        ("ビラベルデ", &[4]),
        ("ヴィラ", &[4]),
        ("ヴァイオリン", &[5]),
        ("ﾊﾞｲｵﾘﾝ", &[5]),
        ("wifi", &[6]),
        ("12号館", &[]),
        ("1・2号館", &[7]),
        ("駅前南口", &[]),
    ] {
        let question = machikura::query::query_string(&[("q".to_owned(), words.to_owned())]);
        let page = app.get(&format!("/api/v1/datasets/331007_aed/records?select=ID&{question}")).json();
        assert_eq!(numbers(&page), expected, "{words}");
    }
}

#[test]
fn every_mistake_is_named_with_what_was_meant() {
    /// Parameter, value, and a part of the hint.
    type Mistake<'a> = (&'a str, &'a str, &'a str);
    let app = events();
    #[rustfmt::skip]
    let cases: &[(&str, &[Mistake])] = &[
        ("イベント明=x", &[("イベント明", "x", "イベント名")]),
        ("イベント__contains=x", &[("イベント__contains", "x", "イベント")]),
        ("定員__grt=5", &[("定員__grt", "5", "定員__gt")]),
        ("定員__like=5", &[("定員__like", "5", "gte")]),
        ("イベント名__like=5", &[("イベント名__like", "5", "イベント名__contains")]),
        ("定員__contains=5", &[("定員__contains", "5", "gte")]),
        ("定員=たくさん", &[("定員", "たくさん", "例")]),
        ("定員__gt=", &[("定員__gt", "", "isnull")]),
        ("開始日=きのう", &[("開始日", "きのう", "2")]),
        ("開始時間__lt=25:00", &[("開始時間__lt", "25:00", "0")]),
        ("イベント名__isnull=yes", &[("イベント名__isnull", "yes", "")]),
        ("selct=ID", &[("selct", "ID", "select")]),
        ("order_by=ID", &[("order_by", "ID", "sort")]),
        ("select=ID,定貝", &[("select", "ID,定貝", "定員")]),
        ("sort=-定貝", &[("sort", "-定貝", "-定員")]),
        ("limit=ten", &[("limit", "ten", "")]),
        ("limit=10001", &[("limit", "10001", "next")]),
        ("offset=-1", &[("offset", "-1", "")]),
        ("count=maybe", &[("count", "maybe", "")]),
        ("cursor=x", &[("cursor", "x", "next")]),
        ("limit=1&limit=2", &[("limit", "2", "")]),
        ("bbox=1,2,3", &[("bbox", "1,2,3", "西")]),
        ("bbox=134,35,133,34", &[("bbox", "134,35,133,34", "西")]),
        ("bbox=34,133,35,134", &[("bbox", "34,133,35,134", "西")]),
        ("lat=34", &[("lon", "", "lat")]),
        ("lat=91&lon=0", &[("lat", "91", "lat")]),
        ("lat=34&lon=133&radius=-1", &[("radius", "-1", "lat")]),
        ("lat=34&lon=133&bbox=1,2,3,4", &[("bbox", "1,2,3,4", "")]),
        ("format=xml", &[("format", "xml", "")]),
        ("bom=1x", &[("bom", "1x", "")]),
        ("イベント名=%00", &[("イベント名", "\0", "")]),
        ("定員=x&イベント明=y&limit=z&sort=Q", &[
            ("定員", "x", "例"), ("イベント明", "y", "イベント名"), ("sort", "Q", ""), ("limit", "z", ""),
        ]),
    ];
    for (question, expected) in cases {
        let problem = app.get(&format!("{ADDRESS}?{question}")).fails(Code::InvalidParameter);
        let found = errors(&problem);
        assert_eq!(found.len(), expected.len(), "{question}: {problem}");
        for (error, (parameter, value, hint)) in found.iter().zip(*expected) {
            assert_eq!((&error["parameter"], &error["value"]), (&json!(parameter), &json!(value)), "{question}");
            let shown = error["hint"].as_str().unwrap_or_default();
            assert!(shown.contains(hint), "{question}: {shown}");
        }
        assert_eq!(problem["detail"], found[0]["detail"]);
    }
}

#[test]
fn a_cursor_fits_its_own_question_only() {
    let app = events();
    let page = app.get(&format!("{ADDRESS}?sort=定員&limit=2")).json();
    let next = page["next"].as_str().expect("a next page").to_owned();
    let cursor = next.split("cursor=").nth(1).expect("a cursor");
    for question in [
        format!("limit=2&cursor={cursor}"),
        format!("sort=-定員&limit=2&cursor={cursor}"),
        format!("sort=定員&定員__gt=1&limit=2&cursor={cursor}"),
        format!("sort=定員&limit=2&cursor={}", &cursor[..cursor.len() - 4]),
    ] {
        let problem = app.get(&format!("{ADDRESS}?{question}")).fails(Code::InvalidParameter);
        assert_eq!(errors(&problem)[0]["parameter"], "cursor");
    }
    // The page may be of another length, of other columns and in another format.
    app.get(&format!("{ADDRESS}.csv?sort=定員&limit=5&select=ID&cursor={cursor}")).expect(200);
}

#[test]
fn what_there_is_not() {
    let app = events();
    for address in [
        "/api/v1/datasets/331007_aed/records",
        "/api/v1/datasets/331007_evnt/records",
        "/api/v1/datasets/nothing/records.csv",
        "/api/v1/datasets/331007_event/versions/2/records",
        "/api/v1/datasets/331007_event/versions/0/records",
        "/api/v1/datasets/331007_event/records?table=facility",
        "/api/v1/standards/evnt/records",
        "/api/v1/standards/event/records?table=facility",
    ] {
        app.get(address).fails(Code::NotFound);
    }
}
