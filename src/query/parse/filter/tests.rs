//! Filters and what becomes of them.

use proptest::prelude::*;

use crate::query::{
    Arithmetic, Comparator, Condition, Expression, Geometry, Operand, Position, Query, QueryError, Relation, Term,
    Test, Wildcard, parse,
    tests::{SCOPE, schema},
};
use crate::schema::Decimal;

pub(super) fn ask(filter: &str, language: &str) -> Result<Query, Vec<QueryError>> {
    let pairs = [("filter".to_owned(), filter.to_owned()), ("filter-lang".to_owned(), language.to_owned())];
    parse(&schema(), &pairs, SCOPE)
}

pub(super) fn query(filter: &str) -> Query {
    ask(filter, "cql2-text").unwrap_or_else(|errors| panic!("{filter}: {errors:#?}"))
}

fn expression(filter: &str) -> Expression {
    let query = query(filter);
    assert_eq!(query.conditions, [], "{filter}");
    query.filter.unwrap_or_else(|| panic!("{filter}: no filter"))
}

fn field(name: &str) -> usize {
    schema().index_of(name).expect(name)
}

fn number(digits: &str) -> Operand {
    Operand::Number(Decimal::parse(digits).expect("a number"))
}

fn text(value: &str) -> Operand {
    Operand::Text(value.to_owned())
}

#[test]
fn a_test_of_one_field_is_a_condition_like_any_other() {
    let one_of = |values: &[Operand]| Test::In { values: values.to_vec(), null: false };
    // What is blank is unknown, and what is unknown is not true.
    let none_of = |values: &[Operand]| Test::NotIn { values: values.to_vec(), null: true };
    for (filter, name, test) in [
        ("定員 = 10", "定員", one_of(&[number("10")])),
        ("10 = 定員", "定員", one_of(&[number("10")])),
        ("定員 <> 10", "定員", none_of(&[number("10")])),
        ("定員 != 10", "定員", none_of(&[number("10")])),
        ("定員≠10", "定員", none_of(&[number("10")])),
        ("NOT 定員 = 10", "定員", none_of(&[number("10")])),
        ("NOT (NOT (定員 = 10))", "定員", one_of(&[number("10")])),
        ("定員 >= 10", "定員", Test::Gte(number("10"))),
        ("定員　＞＝　１０", "定員", Test::Gte(number("10"))),
        ("定員≧10", "定員", Test::Gte(number("10"))),
        ("定員>=10", "定員", Test::Gte(number("10"))),
        ("10 <= 定員", "定員", Test::Gte(number("10"))),
        ("NOT 定員 >= 10", "定員", Test::Lt(number("10"))),
        ("定員 < -0.5", "定員", Test::Lt(number("-0.5"))),
        ("定員 <= 1e3", "定員", Test::Lte(number("1000"))),
        ("定員 > '10'", "定員", Test::Gt(number("10"))),
        ("((定員)) > ((10))", "定員", Test::Gt(number("10"))),
        ("緯度 > 34.660", "緯度", Test::Gt(number("34.66"))),
        ("名称 = '市役所'", "名称", one_of(&[text("市役所")])),
        ("\"名称\" = '市役所'", "名称", one_of(&[text("市役所")])),
        ("名称 = 'O''Brien'", "名称", one_of(&[text("O'Brien")])),
        ("名称 = '（定員） AND (\"'", "名称", one_of(&[text("（定員） AND (\"")])),
        ("建物名等（方書） = '2階'", "建物名等（方書）", one_of(&[text("2階")])),
        ("建物名等(方書)='2階'", "建物名等（方書）", one_of(&[text("2階")])),
        ("\"建物名等(方書)\" = '2階'", "建物名等（方書）", one_of(&[text("2階")])),
        ("料金,税込 > 1", "料金，税込", Test::Gt(number("1"))),
        ("-印 = 'a'", "-印", one_of(&[text("a")])),
        ("limit = 5", "limit", one_of(&[number("5")])),
        ("ｌｉｍｉｔ = 5", "limit", one_of(&[number("5")])),
        ("extra_6 > 5", "定員", Test::Gt(number("5"))),
        ("開始日 = DATE('2024-04-01')", "開始日", one_of(&[text("2024-04-01")])),
        ("開始日 = '令和6年4月1日'", "開始日", one_of(&[text("2024-04-01")])),
        ("開始日 < TIMESTAMP('2024-03-31T20:00:00Z')", "開始日", Test::Lt(text("2024-04-01"))),
        ("開始日 < TIMESTAMP('2024-03-31T20:00:00+09:00')", "開始日", Test::Lt(text("2024-03-31"))),
        ("T_AFTER(開始日, DATE('2024-04-01'))", "開始日", Test::Gt(text("2024-04-01"))),
        ("t_before(開始日, TIMESTAMP('2024-04-01T00:00:00+09:00'))", "開始日", Test::Lt(text("2024-04-01"))),
        ("開始時間 >= '9:00'", "開始時間", Test::Gte(text("09:00"))),
        ("定員 IN (1, 2.0, '3')", "定員", one_of(&[number("1"), number("2"), number("3")])),
        ("名称 IN ('A')", "名称", one_of(&[text("A")])),
        ("名称 NOT IN ('A', 'B')", "名称", none_of(&[text("A"), text("B")])),
        ("NOT 名称 IN ('A', 'B')", "名称", none_of(&[text("A"), text("B")])),
        ("名称 IS NULL", "名称", Test::IsNull(true)),
        ("名称 is not null", "名称", Test::IsNull(false)),
        ("NOT 名称 IS NULL", "名称", Test::IsNull(false)),
        ("名称 LIKE '市立%'", "名称", Test::StartsWith("市立".to_owned())),
        ("名称 LIKE '%会館'", "名称", Test::EndsWith("会館".to_owned())),
        ("名称 LIKE '%会館%'", "名称", Test::Contains("会館".to_owned())),
        ("名称 like '%100\\%%'", "名称", Test::Contains("100%".to_owned())),
        ("名称 LIKE '会館'", "名称", one_of(&[text("会館")])),
        ("名称 LIKE '%'", "名称", Test::IsNull(false)),
        ("開始日 LIKE '2024-04%'", "開始日", Test::StartsWith("2024-04".to_owned())),
    ] {
        let query = query(filter);
        assert_eq!((query.conditions, query.filter), (vec![Condition { field: field(name), test }], None), "{filter}");
    }
    assert_eq!(query("定員 BETWEEN 1 AND 5").conditions, query("定員 >= 1 AND 定員 <= 5").conditions);
    // A blank does not even come before the end of time.
    let since = query("開始日 > DATE('2024-04-01') AND 開始日 IS NOT NULL");
    assert_eq!(query("T_DURING(開始日, INTERVAL('2024-04-01', '..'))"), since);
    assert_eq!(query("T_BEFORE(開始日, INTERVAL('..', '2024-04-01'))").filter, Some(Expression::Always(false)));
    assert_eq!(query("TRUE"), Query::default());
    assert_eq!(query("定員 >= 10 AND 名称 = 'A'").canonical(), {
        let pairs = [("名称".to_owned(), "A".to_owned()), ("定員__gte".to_owned(), "10".to_owned())];
        parse(&schema(), &pairs, SCOPE).expect("a question").canonical()
    });
}

#[test]
fn what_is_more_than_conditions() {
    let test = |name: &str, test| Expression::Test(Condition { field: field(name), test });
    let capacity = || Term::Field(field("定員"));
    let whole = |digits: &str| Term::Number(Decimal::parse(digits).expect("a number"));
    let calculated =
        |left, operator, right| Term::Arithmetic { left: Box::new(left), operator, right: Box::new(right) };
    let folded = |case, accents| Term::Folded { field: field("名称"), case, accents };
    for (filter, expected) in [
        ("FALSE", Expression::Always(false)),
        (
            "定員 < 1 OR 名称 IS NULL",
            Expression::Or(vec![test("定員", Test::Lt(number("1"))), test("名称", Test::IsNull(true))]),
        ),
        (
            "NOT (定員 >= 1 AND 名称 IS NOT NULL)",
            Expression::Or(vec![test("定員", Test::Lt(number("1"))), test("名称", Test::IsNull(true))]),
        ),
        (
            "定員 NOT BETWEEN 1 AND 5",
            Expression::Or(vec![test("定員", Test::Lt(number("1"))), test("定員", Test::Gt(number("5")))]),
        ),
        (
            "定員 < 緯度",
            Expression::Compare { left: capacity(), comparator: Comparator::Less, right: Term::Field(field("緯度")) },
        ),
        (
            "NOT 定員 * 2 - 1 > limit",
            Expression::Compare {
                left: calculated(
                    calculated(capacity(), Arithmetic::Multiply, whole("2")),
                    Arithmetic::Subtract,
                    whole("1"),
                ),
                comparator: Comparator::AtMost,
                right: Term::Field(field("limit")),
            },
        ),
        (
            "定員 % 2 = 0",
            Expression::Compare {
                left: calculated(capacity(), Arithmetic::Remainder, whole("2")),
                comparator: Comparator::Equal,
                right: whole("0"),
            },
        ),
        (
            "casei(名称) = CASEI('AeD')",
            Expression::Compare {
                left: folded(true, false),
                comparator: Comparator::Equal,
                right: Term::Text("aed".to_owned()),
            },
        ),
        (
            "ACCENTI(CASEI(名称)) LIKE accenti(casei('Ｃafé_ガ%'))",
            Expression::Like {
                term: folded(true, true),
                pattern: vec![
                    Wildcard::Text("cafe".to_owned()),
                    Wildcard::One,
                    Wildcard::Text("ガ".to_owned()),
                    Wildcard::Any,
                ],
                negated: false,
            },
        ),
        (
            "名称 NOT LIKE 'a%'",
            Expression::Like {
                term: Term::Field(field("名称")),
                pattern: vec![Wildcard::Text("a".to_owned()), Wildcard::Any],
                negated: true,
            },
        ),
        ("geometry IS NULL", Expression::Located(false)),
        ("geom IS NOT NULL", Expression::Located(true)),
    ] {
        assert_eq!(expression(filter), expected, "{filter}");
    }
}

#[test]
fn shapes() {
    let at = |longitude, latitude| Position { longitude, latitude };
    let ring = vec![at(0.0, 0.0), at(1.0, 0.0), at(1.0, 1.0), at(0.0, 0.0)];
    let triangle = Geometry::Polygons(vec![vec![ring.clone()]]);
    let other = vec![at(1.0, 1.0), at(2.0, 1.0), at(2.0, 2.0), at(1.0, 1.0)];
    let is =
        |relation, geometry: &Geometry, negated| Expression::Spatial { relation, geometry: geometry.clone(), negated };
    for (filter, expected) in [
        ("S_INTERSECTS(geometry, POLYGON((0 0, 1 0, 1 1, 0 0)))", is(Relation::Intersects, &triangle, false)),
        ("s_intersects(位置,polygon ((0 0,1 0,1 1,0 0)))", is(Relation::Intersects, &triangle, false)),
        ("ST_Intersects(geom, POLYGON Z((0 0 5, 1 0 5, 1 1 5, 0 0 5)))", is(Relation::Intersects, &triangle, false)),
        ("S_DISJOINT(geometry, POLYGON((0 0,1 0,1 1,0 0)))", is(Relation::Intersects, &triangle, true)),
        ("NOT S_DISJOINT(geometry, POLYGON((0 0,1 0,1 1,0 0)))", is(Relation::Intersects, &triangle, false)),
        ("NOT S_WITHIN(geometry, POLYGON((0 0,1 0,1 1,0 0)))", is(Relation::Within, &triangle, true)),
        ("S_CONTAINS(POLYGON((0 0,1 0,1 1,0 0)), geometry)", is(Relation::Within, &triangle, false)),
        (
            "S_EQUALS(geometry, POINT(133.5 -34.25))",
            is(Relation::Equals, &Geometry::Points(vec![at(133.5, -34.25)]), false),
        ),
        (
            "S_TOUCHES(geometry, MULTIPOINT((0 0),(1 1)))",
            is(Relation::Touches, &Geometry::Points(vec![at(0.0, 0.0), at(1.0, 1.0)]), false),
        ),
        (
            "S_CROSSES(geometry, LINESTRING(0 0, 1 1))",
            is(Relation::Crosses, &Geometry::Lines(vec![vec![at(0.0, 0.0), at(1.0, 1.0)]]), false),
        ),
        (
            "S_OVERLAPS(geometry, MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((1 1,2 1,2 2,1 1))))",
            is(Relation::Overlaps, &Geometry::Polygons(vec![vec![ring.clone()], vec![other]]), false),
        ),
        (
            "S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(0 0), POLYGON((0 0,1 0,1 1,0 0))))",
            is(
                Relation::Intersects,
                &Geometry::Collection(vec![Geometry::Points(vec![at(0.0, 0.0)]), triangle.clone()]),
                false,
            ),
        ),
        (
            "S_INTERSECTS(geometry, BBOX(-1, 0, 1, 2))",
            is(
                Relation::Intersects,
                &Geometry::Polygons(vec![vec![vec![
                    at(-1.0, 0.0),
                    at(1.0, 0.0),
                    at(1.0, 2.0),
                    at(-1.0, 2.0),
                    at(-1.0, 0.0),
                ]]]),
                false,
            ),
        ),
        (
            "S_INTERSECTS(geometry, BBOX(1, 2, 1, 2))",
            is(Relation::Intersects, &Geometry::Points(vec![at(1.0, 2.0)]), false),
        ),
        (
            "S_INTERSECTS(geometry, BBOX(1, 2, 0, 1, 3, 0))",
            is(Relation::Intersects, &Geometry::Lines(vec![vec![at(1.0, 2.0), at(1.0, 3.0)]]), false),
        ),
    ] {
        assert_eq!(expression(filter), expected, "{filter}");
    }
    assert_eq!(triangle.wkt(), "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))");
}

#[test]
fn json_says_the_same_as_text() {
    for (json, filter) in [
        (r#"{"op":">=","args":[{"property":"定員"},10]}"#, "定員 >= 10"),
        (
            r#"{"op":"and","args":[{"op":"=","args":[{"property":"名称"},"A"]},{"op":"isNull","args":[{"property":"定員"}]}]}"#,
            "名称 = 'A' AND 定員 IS NULL",
        ),
        (
            r#"{"op":"or","args":[{"op":"like","args":[{"property":"名称"},"A_%"]},{"op":"not","args":[{"op":"in","args":[{"property":"定員"},[1,2]]}]}]}"#,
            "名称 LIKE 'A_%' OR 定員 NOT IN (1, 2)",
        ),
        (r#"{"op":"between","args":[{"property":"建物名等(方書)"},"1","2"]}"#, "建物名等（方書） BETWEEN '1' AND '2'"),
        (
            r#"{"op":"t_during","args":[{"property":"開始日"},{"interval":["2024-04-01",".."]}]}"#,
            "T_DURING(開始日, INTERVAL('2024-04-01','..'))",
        ),
        (
            r#"{"op":"t_intersects","args":[{"interval":[{"property":"開始日"},{"property":"開始日"}]},{"date":"2024-04-01"}]}"#,
            "T_INTERSECTS(INTERVAL(開始日,開始日), DATE('2024-04-01'))",
        ),
        (
            r#"{"op":"=","args":[{"op":"casei","args":[{"property":"名称"}]},{"op":"casei","args":["AED"]}]}"#,
            "CASEI(名称) = CASEI('AED')",
        ),
        (
            r#"{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}]}"#,
            "S_INTERSECTS(geometry, POLYGON((0 0,1 0,1 1,0 0)))",
        ),
        (
            r#"{"op":"s_within","args":[{"property":"geometry"},{"bbox":[0,0,1,1]}]}"#,
            "S_WITHIN(geometry, BBOX(0,0,1,1))",
        ),
        (
            r#"{"op":">","args":[{"op":"+","args":[{"property":"定員"},{"property":"limit"},1]},5]}"#,
            "定員 + limit + 1 > 5",
        ),
        (
            r#"{"op":"<","args":[{"property":"開始日"},{"timestamp":"2024-04-01T00:00:00Z"}]}"#,
            "開始日 < TIMESTAMP('2024-04-01T00:00:00Z')",
        ),
        ("true", "TRUE"),
    ] {
        let asked = ask(json, "cql2-json").unwrap_or_else(|errors| panic!("{json}: {errors:#?}"));
        assert_eq!(asked, query(filter), "{json}");
    }
}

#[test]
fn the_same_filter_gives_the_same_text() {
    for (one, other) in [
        ("定員 >= 10 OR 名称 = 'A'", "名称='A' or (定員 >= 10.0)"),
        ("NOT (定員 < 1 OR 名称 IS NULL)", "名称 IS NOT NULL AND 定員 >= 1"),
        ("S_WITHIN(geometry, BBOX(0,0,1,1))", "S_CONTAINS(POLYGON((-0.0 0,1 0,1 1,0 1,0 0)), 位置)"),
    ] {
        assert_eq!(query(one).canonical(), query(other).canonical(), "{one} | {other}");
    }
    let different = [
        "定員 = 1 OR 名称 = 'A'",
        "定員 = 1 OR 名称 = 'B'",
        "定員 = 1 OR 名称 = 'A\" or \"B'",
        "定員 = 1 AND 名称 = 'A'",
        "定員 < limit",
        "limit < 定員",
        "定員 + 1 < limit",
        "定員 - 1 < limit",
        "CASEI(名称) = 'a'",
        "ACCENTI(名称) = 'a'",
        "名称 LIKE 'a_'",
        "名称 NOT LIKE 'a_'",
        "S_WITHIN(geometry, BBOX(0,0,1,1))",
        "NOT S_WITHIN(geometry, BBOX(0,0,1,1))",
        "S_WITHIN(geometry, BBOX(0,0,1,2))",
        "S_INTERSECTS(geometry, BBOX(0,0,1,1))",
        "geometry IS NULL",
        "geometry IS NOT NULL",
        "FALSE",
    ];
    let texts: std::collections::BTreeSet<String> = different.iter().map(|filter| query(filter).canonical()).collect();
    assert_eq!(texts.len(), different.len());
}

/// Parts from which filters are made, right and wrong.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "定員",
            "名称",
            "建物名等（方書）",
            "-印",
            "開始日",
            "geometry",
            "定因",
            "10",
            "-0.5",
            "1e400",
            "'市役所'",
            "'%'",
            "=",
            "<>",
            ">=",
            "<",
            "AND",
            "OR",
            "NOT",
            "LIKE",
            "IN",
            "BETWEEN",
            "IS NULL",
            "IS NOT NULL",
            "(",
            ")",
            ",",
            "+",
            "-",
            "*",
            "/",
            "%",
            "TRUE",
            "NULL",
            "CASEI(",
            "ACCENTI(",
            "DATE('2024-04-01')",
            "INTERVAL('..','2024-04-01')",
            "T_DURING(",
            "S_INTERSECTS(geometry,",
            "POINT(1 2)",
            "POLYGON((0 0,1 1,1 0,0 0))",
            "POINT(",
            "BBOX(0,0,1,1)",
            "\"",
            "'",
            "定員 >= 10",
            "名称 = 'A'",
        ])
        .prop_map(str::to_owned),
        ".{0,4}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_explained(parts in prop::collection::vec(part(), 0..14)) {
        let filter = parts.join(" ");
        if let Err(errors) = ask(&filter, "cql2-text") {
            prop_assert!(!errors.is_empty());
            prop_assert!(errors.iter().all(|error| !error.message.ja.is_empty() && !error.message.en.is_empty()));
        }
        let _ = ask(&filter, "cql2-json");
    }
}
