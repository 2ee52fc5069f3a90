//! Questions and what becomes of them.

use proptest::prelude::*;

use super::*;
use crate::{
    query::{
        Area, Condition, Cursor, Operand, Sort, Test,
        tests::{SCOPE, pairs, parsed, schema},
    },
    schema::{Decimal, Kind},
};

fn mistakes(text: &str) -> Vec<QueryError> {
    parse(&schema(), &pairs(text), SCOPE).expect_err(text)
}

fn field(name: &str) -> usize {
    schema().index_of(name).unwrap()
}

fn text(value: &str) -> Operand {
    Operand::Text(value.to_owned())
}

fn number(digits: &str) -> Operand {
    Operand::Number(Decimal::parse(digits).unwrap())
}

fn one_of(values: &[Operand], null: bool) -> Test {
    Test::In { values: values.to_vec(), null }
}

#[test]
fn each_condition_is_read_in_the_kind_of_its_field() {
    let none_of = |values: &[Operand], null| Test::NotIn { values: values.to_vec(), null };
    for (question, name, test) in [
        ("名称=市役所", "名称", one_of(&[text("市役所")], false)),
        ("名称= 市役所 ", "名称", one_of(&[text(" 市役所 ")], false)),
        ("名称=A&名称=B&名称=", "名称", one_of(&[text("A"), text("B")], true)),
        ("名称=", "名称", one_of(&[], true)),
        ("建物名等(方書)=2階", "建物名等（方書）", one_of(&[text("2階")], false)),
        ("建物名等(方書)__contains=2階", "建物名等（方書）", Test::Contains("2階".to_owned())),
        ("名称__ne=A", "名称", none_of(&[text("A")], false)),
        ("名称__ne=", "名称", none_of(&[], true)),
        ("名称__in=A,B,", "名称", one_of(&[text("A"), text("B")], true)),
        ("名称__in=\"会館,東\",A_B館", "名称", one_of(&[text("会館,東"), text("A_B館")], false)),
        ("名称__in=A&名称__in=\"\"&名称__in=B", "名称", one_of(&[text("A"), text("B")], true)),
        ("名称__notin=A,\"B,C\"", "名称", none_of(&[text("A"), text("B,C")], false)),
        ("定員__in=\"1\",2", "定員", one_of(&[number("1"), number("2")], false)),
        ("名称__notin=A,B", "名称", none_of(&[text("A"), text("B")], false)),
        ("名称__startswith=市", "名称", Test::StartsWith("市".to_owned())),
        ("名称__endswith=%_\\", "名称", Test::EndsWith("%_\\".to_owned())),
        ("名称__isnull=true", "名称", Test::IsNull(true)),
        ("定員__isnull=0", "定員", Test::IsNull(false)),
        ("定員=010", "定員", one_of(&[number("10")], false)),
        ("定員__gte=１０", "定員", Test::Gte(number("10"))),
        ("定員__lt=-0.5", "定員", Test::Lt(number("-0.5"))),
        ("定員__in=1, 2", "定員", one_of(&[number("1"), number("2")], false)),
        ("緯度__gt=34.66", "緯度", Test::Gt(number("34.66"))),
        ("開始日=2024-04-01", "開始日", one_of(&[text("2024-04-01")], false)),
        ("開始日__lte=令和6年4月1日", "開始日", Test::Lte(text("2024-04-01"))),
        ("開始日__startswith=2024-04", "開始日", Test::StartsWith("2024-04".to_owned())),
        ("開始時間__lte=9:00", "開始時間", Test::Lte(text("09:00"))),
        ("limit__eq=5", "limit", one_of(&[number("5")], false)),
        ("limit__gte=5", "limit", Test::Gte(number("5"))),
    ] {
        assert_eq!(parsed(question).conditions, [Condition { field: field(name), test }], "{question}");
    }
}

#[test]
fn equality_and_lists_gather_values_each_for_itself() {
    let query = parsed(
        "名称__contains=A&名称=1&名称__contains=B&名称=2&名称__eq=3&名称__in=1&名称__notin=4&名称__in=2&名称__notin=5",
    );
    let none_of = |value| Test::NotIn { values: vec![text(value)], null: false };
    let tests: Vec<&Test> = query.conditions.iter().map(|condition| &condition.test).collect();
    assert_eq!(
        tests,
        [
            &Test::Contains("A".to_owned()),
            &one_of(&[text("1"), text("2"), text("3")], false),
            &Test::Contains("B".to_owned()),
            &one_of(&[text("1"), text("2")], false),
            &none_of("4"),
            &none_of("5"),
        ]
    );
}

#[test]
fn lists_of_fields() {
    let keys = |text: &str| -> Vec<(usize, bool)> {
        parsed(text).sort.iter().map(|Sort { field, descending }| (*field, *descending)).collect()
    };
    let fields = |names: &[&str]| Some(names.iter().map(|name| field(name)).collect::<Vec<_>>());
    assert_eq!(parsed("select=名称,ID,名称").select, fields(&["名称", "ID"]));
    assert_eq!(parsed("select=名称&select= ID ").select, fields(&["名称", "ID"]));
    assert_eq!(parsed("select=建物名等(方書),料金,税込,ID").select, fields(&["建物名等（方書）", "料金，税込", "ID"]));
    assert_eq!(parsed("select=limit").select, fields(&["limit"]));
    assert_eq!(keys("sort=定員,-名称"), [(field("定員"), false), (field("名称"), true)]);
    assert_eq!(keys("sort=+定員,定員,-定員"), [(field("定員"), false)]);
    assert_eq!(keys("sort=-料金,税込,ID"), [(field("料金，税込"), true), (field("ID"), false)]);
    assert_eq!(keys("sort=-印,--印"), [(field("-印"), false)]);
    assert_eq!(keys("sort=--印"), [(field("-印"), true)]);
}

#[test]
fn pages() {
    let page = |text: &str| {
        let query = parsed(text);
        (query.limit, query.offset, query.count)
    };
    assert_eq!(page(""), (100, 0, true));
    assert_eq!(page("limit=0&offset=30&count=none"), (0, 30, false));
    assert_eq!(page("limit=10000&count=exact"), (10_000, 0, true));
    assert_eq!(page("format=csv&lang=en"), (100, 0, true));
    assert_eq!(page("&="), (100, 0, true));
}

#[test]
fn areas() {
    let near = |radius_m| Some(Area::Near { latitude: 34.66, longitude: 133.93, radius_m });
    for (text, area) in [
        ("bbox=133.9,34.6,134,34.7", Some(Area::Box { west: 133.9, south: 34.6, east: 134.0, north: 34.7 })),
        ("lat=34.66&lon=133.93", near(Some(1000.0))),
        ("lat=34.66&lon=133.93&radius=50.5", near(Some(50.5))),
        ("lat=34.66&lon=133.93&radius=50&limit=3", near(Some(50.0))),
        ("lat=34.66&lon=133.93&limit=3", near(None)),
        ("", None),
    ] {
        assert_eq!(parsed(text).area, area, "{text}");
    }
    let flat = Schema::new(vec![crate::schema::Field::extra("名称", 1)]).unwrap();
    for text in ["bbox=133,34,134,35", "lat=34&lon=133", "radius=5"] {
        let errors = parse(&flat, &pairs(text), SCOPE).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].message.en, "This data has no latitude and longitude.");
    }
}

/// Question, parameter at fault, a part of the message, a part of the hint.
const MISTAKES: [(&str, &str, &str, &str); 67] = [
    ("名祢=A", "名祢", "「名祢」というパラメータや項目はありません", "「名称」のことですか"),
    ("定因__gte=1", "定因__gte", "「定因」という項目はありません", "「定員__gte」のことですか"),
    ("定員__ge=1", "定員__ge", "「ge」という演算子はありません", "「定員__gte」"),
    ("名称__in=A,\"B", "名称__in", "閉じていません", "\"会館,東\""),
    ("名称__notin=\"A\"B", "名称__notin", "すぐ後ろがコンマではありません", "\"\""),
    ("定員__like=1", "定員__like", "演算子", "「定員」に使える演算子は ne, lt, lte, gt, gte, in, notin, isnull です"),
    ("名称__like=1", "名称__like", "演算子", "「名称__contains」"),
    ("名称__starts_with=1", "名称__starts_with", "演算子", "「名称__startswith」"),
    ("limi=1", "limi", "パラメータや項目", "「limit」"),
    ("lng=1", "lng", "パラメータや項目", "「lon」"),
    ("order_by=ID", "order_by", "パラメータや項目", "「sort」"),
    ("formt=csv", "formt", "パラメータや項目", "「format」"),
    ("filter=1", "filter", "条件になっていない", "例"),
    ("filters=1", "filters", "「filters」", "「filter」"),
    ("names=fr", "names", "ja か en", "英語"),
    ("explain=yes", "explain", "true か false", ""),
    ("open_at=now", "open_at", "曜日や時間の項目がありません", ""),
    ("group_by=名祢", "group_by", "「名祢」という項目はありません", "「名称」"),
    ("group_by=", "group_by", "項目名が空です", "項目は"),
    ("group_by=dataset", "group_by", "「dataset」という項目はありません", "項目は"),
    ("group_by=名称&sort=定員", "sort", "「定員」という項目はありません", "項目は 名称、count"),
    ("group_by=名称&sort=-cuont", "sort", "「cuont」という項目はありません", "「-count」"),
    ("group_by=名称&select=ID", "select", "同時に使えません", "group_by の項目"),
    ("group_by=名称&facets=ID", "facets", "同時に使えません", "group_by の項目"),
    ("group_by=名称&aggregate=cuont", "aggregate", "「cuont」という集計はありません", "「count」"),
    ("group_by=名称&aggregate=average(定員)", "aggregate", "「average」という集計はありません", "「avg(定員)」"),
    ("group_by=名称&aggregate=summ(定員)", "aggregate", "「summ」という集計はありません", "「sum(定員)」"),
    ("group_by=名称&aggregate=sum(定因)", "aggregate", "「定因」という項目はありません", "「sum(定員)」"),
    ("group_by=名称&aggregate=sum(名称)", "aggregate", "数値の項目ではないので sum", "min と max"),
    ("group_by=名称&aggregate=定員", "aggregate", "「定員」という集計はありません", "sum(定員)"),
    ("facets=名祢", "facets", "「名祢」という項目はありません", "「名称」"),
    ("=1", "", "パラメータや項目", "項目は ID"),
    ("A__B=1", "A__B", "パラメータや項目", "項目は ID"),
    ("select=名祢", "select", "「名祢」という項目はありません", "「名称」"),
    ("select=zzzzzz", "select", "「zzzzzz」", "項目は ID、名称、建物名等（方書）"),
    ("select=", "select", "項目名が空です", "（ほか 3 項目）"),
    ("select=ID,", "select", "項目名が空です", "項目は"),
    ("sort=-名祢", "sort", "「名祢」という項目はありません", "「-名称」"),
    ("sort=-", "sort", "項目名が空です", "項目は"),
    ("定員=10人", "定員", "「10人」は数値ではありません", "例: 10"),
    ("定員=1,234", "定員", "数値ではありません", "「1234」のことですか"),
    ("定員__gt=1e3", "定員__gt", "数値ではありません", "例"),
    ("定員= ", "定員", "数値ではありません", "例"),
    ("定員__gt=", "定員__gt", "gt には値が必要です", "isnull"),
    ("名称__contains=", "名称__contains", "値が必要", "isnull"),
    ("定員__contains=1", "定員__contains", "数値の項目なので contains は使えません", "使える演算子は ne,"),
    ("緯度__startswith=3", "緯度__startswith", "数値の項目", "使える演算子は"),
    ("開始日=2024-02-30", "開始日", "「2024-02-30」という日付はありません", "2026-04-01"),
    ("開始日__gt=未定", "開始日__gt", "日付として読めません", "2026-04-01"),
    ("開始時間=25:00", "開始時間", "「25:00」という時刻はありません", "09:30"),
    ("開始時間=朝", "開始時間", "時刻として読めません", "09:30"),
    ("名称__isnull=はい", "名称__isnull", "true か false", ""),
    ("limit=10001", "limit", "0～10000 の整数", "next"),
    ("limit=-1", "limit", "整数", ""),
    ("limit=", "limit", "整数", ""),
    ("limit=1&limit=2", "limit", "二度", ""),
    ("offset=99999999999999999999999", "offset", "0～1000000000 の整数", ""),
    ("count=yes", "count", "exact か none", ""),
    ("bbox=1,2,3", "bbox", "四つの数値", "西,南,東,北"),
    ("bbox=34,133,35,134", "bbox", "緯度は -90～90", "経度,緯度の順"),
    ("bbox=134,34,133,35", "bbox", "西は東より", "西,南,東,北"),
    ("bbox=NaN,0,1,1", "bbox", "四つの数値", "西,南,東,北"),
    ("lat=34", "lon", "両方必要", "lat=34.6617"),
    ("lat=91&lon=133", "lat", "-90～90", "例"),
    ("lat=34&lon=133&radius=inf", "radius", "0～20040000 の数値", "例"),
    ("lat=34&lon=133&bbox=133,34,134,35", "bbox", "同時に使えません", ""),
    ("cursor=abc", "cursor", "cursor が読めません", "next をそのまま"),
];

#[test]
fn each_mistake_is_explained() {
    for (question, parameter, message, hint) in MISTAKES {
        let errors = mistakes(question);
        assert_eq!(errors.len(), 1, "{question}: {errors:#?}");
        let error = &errors[0];
        assert_eq!(error.parameter, parameter, "{question}");
        assert!(error.message.ja.contains(message), "{question}: {}", error.message.ja);
        let found = error.hint.clone().unwrap_or_default();
        assert!(
            if hint.is_empty() { found.ja.is_empty() } else { found.ja.contains(hint) },
            "{question}: {}",
            found.ja
        );
        for text in [&error.message, &found] {
            assert_eq!(text.ja.is_empty(), text.en.is_empty(), "{question}: both languages");
        }
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let parameters: Vec<String> = mistakes("名祢=A&定員=x&定員__in=y,z&limit=x&select=ID,a,b&sort=c&lat=x&cursor=x")
        .into_iter()
        .map(|error| error.parameter)
        .collect();
    assert_eq!(parameters, ["名祢", "定員", "定員__in", "定員__in", "select", "select", "sort", "lat", "lon", "limit"]);
}

#[test]
fn limits() {
    let repeat = |name: &str, value: &str, times: usize| vec![(name.to_owned(), value.to_owned()); times];
    let ask = |pairs: &[(String, String)]| parse(&schema(), pairs, SCOPE);
    let first_message = |pairs: &[(String, String)]| ask(pairs).unwrap_err()[0].message.en.clone();
    let list = |length: usize| vec!["A"; length].join(",");

    assert!(ask(&repeat("名称__contains", "A", 100)).is_ok());
    assert!(first_message(&repeat("名称__contains", "A", 101)).starts_with("Too many conditions"));
    assert!(ask(&repeat("名称", "A", 1_000)).is_ok());
    assert!(first_message(&repeat("名称", "A", 1_001)).starts_with("Too many values"));
    assert!(ask(&repeat("名称__in", &list(1_000), 1)).is_ok());
    assert!(first_message(&repeat("名称__in", &list(1_001), 1)).starts_with("Too many values"));
    assert!(first_message(&repeat("名称", "A", 2_001)).starts_with("Too many parameters"));
    assert!(ask(&repeat("名称", &"あ".repeat(10_000), 1)).is_ok());
    for name in ["名称", "名称__in", "名称__contains", "select", "unknown"] {
        assert!(first_message(&repeat(name, &"あ".repeat(10_001), 1)).starts_with("The value is too long"), "{name}");
    }
    for (name, value) in [("名称", "A\0"), ("名\0称", "A"), ("format", "\0"), ("cursor", "\0")] {
        assert!(first_message(&repeat(name, value, 1)).contains("U+0000"), "{name:?}");
    }
    // Long lists are read in one pass.
    assert!(ask(&repeat("select", &vec!["名称"; 3_000].join(","), 10)).is_ok());
    assert!(ask(&repeat("sort", &vec!["-名称"; 2_000].join(","), 10)).is_ok());
    let many = ask(&repeat("unknown", &"A".repeat(5_000), 2_000)).unwrap_err();
    assert_eq!(many.len(), 50);
    assert!(many.iter().all(|error| error.value.chars().count() <= 101));
}

#[test]
fn a_cursor_fits_its_own_question_only() {
    let ask = |question: &str, cursor: &str| {
        let mut pairs = pairs(question);
        pairs.push(("cursor".to_owned(), cursor.to_owned()));
        parse(&schema(), &pairs, SCOPE)
    };
    let place = |keys: &[Option<&str>], distance| Cursor {
        serial: 5,
        keys: keys.iter().map(|key| key.map(str::to_owned)).collect(),
        distance,
        table: 2,
        row: 9,
    };
    let question = "定員__gte=1&sort=定員,-名称";
    let token = |cursor: &Cursor, question: &str| cursor.encode(&parsed(question).fingerprint(SCOPE.resource));

    let cursor = place(&[Some("10"), None], None);
    let query = ask(&format!("{question}&limit=7&select=ID"), &token(&cursor, question)).unwrap();
    assert_eq!((query.cursor.as_ref(), query.limit), (Some(&cursor), 7));
    assert_ne!(query.canonical(), parsed(&format!("{question}&limit=7&select=ID")).canonical());

    let refused = |question: &str, token: &str| ask(question, token).unwrap_err()[0].message.en.clone();
    assert_eq!(
        refused("定員__gte=2&sort=定員,-名称", &token(&cursor, question)),
        "This cursor belongs to another question or order."
    );
    assert_eq!(
        refused(&format!("{question}&offset=3"), &token(&cursor, question)),
        "offset and cursor cannot be used together."
    );
    let near = "lat=34&lon=133";
    assert!(ask(near, &token(&place(&[], Some(12.5)), near)).is_ok());
    for (question, forged) in [
        (question, place(&[Some("10")], None)),
        (question, place(&[Some("ten"), None], None)),
        (question, place(&[Some("10"), None], Some(1.0))),
        (near, place(&[], None)),
    ] {
        assert_eq!(refused(question, &token(&forged, question)), "This is not a cursor that was handed out here.");
    }
}

#[test]
fn parameters_and_operators_have_names_of_their_own() {
    let names: std::collections::HashSet<&str> =
        Parameter::ALL.into_iter().map(Parameter::name).chain(Op::ALL.into_iter().map(Op::name)).collect();
    assert_eq!(names.len(), Parameter::ALL.len() + Op::ALL.len());
}

/// Names and values that come close to being right.
fn near_pair() -> impl Strategy<Value = (String, String)> {
    let name = prop_oneof![
        prop::sample::select(vec![
            "名称",
            "定員",
            "開始日",
            "開始時間",
            "select",
            "sort",
            "limit",
            "offset",
            "cursor",
            "bbox",
            "lat",
            "lon",
            "radius",
            "count",
            "format"
        ])
        .prop_map(str::to_owned),
        (prop::sample::select(vec!["名称", "定員", "開始日", "定因"]), prop::sample::select(Op::ALL.to_vec()))
            .prop_map(|(field, op)| format!("{field}__{}", op.name())),
        ".{0,6}",
    ];
    let value = prop_oneof![
        prop::sample::select(vec![
            "名称,-定員",
            "1",
            "-0.5",
            "2024-04-01",
            "9:00",
            "133,34,134,35",
            "true",
            "none",
            ","
        ])
        .prop_map(str::to_owned),
        ".{0,8}",
    ];
    (name, value)
}

proptest! {
    #[test]
    fn any_parameters_are_read_or_explained(pairs in prop::collection::vec(near_pair(), 0..6)) {
        let schema = schema();
        match parse(&schema, &pairs, SCOPE) {
            Ok(query) => {
                for Condition { field, test } in &query.conditions {
                    let is_number = matches!(schema.fields()[*field].kind, Kind::Integer | Kind::Latitude | Kind::Longitude | Kind::Number);
                    let operands = match test {
                        Test::In { values, .. } | Test::NotIn { values, .. } => values.clone(),
                        Test::Lt(value) | Test::Lte(value) | Test::Gt(value) | Test::Gte(value) => vec![value.clone()],
                        Test::Contains(_) | Test::StartsWith(_) | Test::EndsWith(_) | Test::IsNull(_) => Vec::new(),
                    };
                    prop_assert!(operands.iter().all(|value| matches!(value, Operand::Number(_)) == is_number));
                }
                let mut shuffled = pairs.clone();
                shuffled.reverse();
                if query.sort.is_empty() && query.select.is_none() {
                    prop_assert_eq!(parse(&schema, &shuffled, SCOPE).map(|other| other.canonical()), Ok(query.canonical()));
                }
            }
            Err(errors) => prop_assert!(!errors.is_empty()),
        }
    }
}
