//! Filters that are wrong or costly, and how that is said.

use super::tests::{ask, query};
use crate::query::Query;

/// Filter, a part of the message, a part of the hint.
#[rustfmt::skip]
const MISTAKES: [(&str, &str, &str); 70] = [
    ("", "空です", "例"),
    ("  ", "空です", "例"),
    ("定因 >= 10", "1 文字目の「定因」という項目はありません", "「定員」のことですか"),
    ("定員 >= 10 AND 名祢 = 'A'", "14 文字目の「名祢」", "「名称」のことですか"),
    ("定員 = 市役所", "6 文字目", "' で囲み"),
    ("定員 >=", "途中で終わって", "例"),
    ("定員 >= 10 AND", "途中で終わって", "例"),
    ("定員 >= 10 20", "10 文字目の「20」", "例"),
    ("定員 == 10", "5 文字目の「=」", "= ひとつ"),
    ("定員 >= 10人", "9 文字目の「人」", "例"),
    ("定員 => 10", "読めません", ">="),
    ("定員 >= 10 && 名称 = 'A'", "「&」は使えない", "AND"),
    ("定員 >= 10 || 名称 = 'A'", "「|」は使えない", "OR"),
    ("! 定員 = 1", "「!」は使えない", "NOT"),
    ("名称 = 「A」", "「「」は使えない", "'"),
    ("名称 = ‘A’", "「‘」は使えない", "'"),
    ("名称 = 'A", "6 文字目の「'」が閉じていません", "''"),
    ("\"名称 = 'A'", "1 文字目の「\"」が閉じて", "例"),
    ("(定員 = 1", "1 文字目の「(」が閉じて", "例"),
    ("定員 = 1)", "7 文字目の「)」", "例"),
    ("名称", "条件になっていない", "例"),
    ("10", "条件になっていない", "例"),
    ("定員 + 1", "条件になっていない", "例"),
    ("定員", "条件になっていない", "例"),
    ("名称 = \"市役所\"", "「市役所」という項目はありません", "' で囲み"),
    ("定員 = 'たくさん'", "数値ではありません", "例"),
    ("名称 = 10", "「名称」は数値の項目ではありません", "'10'"),
    ("名称 = ''", "空の文字", "IS NULL"),
    ("名称 = NULL", "NULL とは比べられません", "IS NULL"),
    ("名称 = TRUE", "TRUE・FALSE", "'有'"),
    ("定員 < 名称", "数値と文字", "10"),
    ("定員 LIKE '1%'", "「定員」は文字の項目では", ">="),
    ("名称 LIKE 名称", "LIKE に渡すもの", "名称 LIKE"),
    ("名称 + 1 > 2", "「名称」は数値の項目では", "数値の項目だけ"),
    ("定員 + 'a' > 2", "文字を計算", "例"),
    ("定員 ^ 2 > 2", "「^」は使えない", "\""),
    ("定員 div 2 > 2", "", ""),
    ("開始日 = DATE('きのう')", "「きのう」は日付・日時として", "2026-04-01"),
    ("開始日 = '2024-02-30'", "「2024-02-30」という日付", "2026-04-01"),
    ("名称 = DATE('2024-02-20')", "「名称」は日付の項目では", "日付の項目"),
    ("T_AFTER(定員, DATE('2024-02-20'))", "「定員」は日付の項目では", "T_"),
    ("T_AFTER(開始日)", "T_AFTER に渡すもの", "T_AFTER(開始日"),
    ("T_DURING(開始日, INTERVAL('2024-04-01'))", "INTERVAL に渡すもの", "INTERVAL('"),
    ("T_LATER(開始日, DATE('2024-02-20'))", "1 文字目の「T_LATER」という関数", "T_AFTER"),
    ("S_INTERSECT(geometry, POINT(1 1))", "「S_INTERSECT」という関数", "「S_INTERSECTS」のことですか"),
    ("WITHIN(geometry, POINT(1 1))", "「WITHIN」という関数", "S_WITHIN"),
    ("DWITHIN(geometry, POINT(1 1), 10, 'm')", "「DWITHIN」という関数", "radius"),
    ("contains(名称, 'A')", "「contains」という関数", "LIKE"),
    ("料金（税別） > 1", "「料金」という関数", ""),
    ("A_CONTAINS(名称, ('A'))", "関数はありません", "配列"),
    ("S_INTERSECTS(名称, POINT(1 1))", "S_INTERSECTS に渡すもの", "geometry"),
    ("S_INTERSECTS(geometry, geometry)", "S_INTERSECTS に渡すもの", "geometry"),
    ("S_INTERSECTS(geometry, '公園')", "S_INTERSECTS に渡すもの", "POLYGON"),
    ("geometry = 'A'", "「geometry」という項目", "S_INTERSECTS"),
    ("S_INTERSECTS(geometry, POINT(34.66 133.93))", "地球上にありません", "「133.93 34.66」のことですか"),
    ("S_INTERSECTS(geometry, POINT(200 300))", "地球上にありません", "POLYGON"),
    ("S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0)))", "閉じていません", "POLYGON"),
    ("S_INTERSECTS(geometry, LINESTRING(0 0))", "二つ以上", "例"),
    ("S_INTERSECTS(geometry, LINESTRING(1 1, 1 1))", "1 番目の LINESTRING", "例"),
    ("S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))", "外側の線が、1 番目の点からの辺と 3 番目の点からの辺で自分自身と交わって", "例"),
    ("S_WITHIN(geometry, POLYGON((0 0, 1 1, 0 0, 0 0)))", "外側の線に、異なる点が三つ以上", "例"),
    ("S_WITHIN(geometry, POLYGON((0 0, 4 0, 4 4, 0 0), (1 1, 2 2, 2 1, 1 1)))", "外側の線と穴（1 番目）の線が重なって", "例"),
    ("S_WITHIN(geometry, POLYGON((0 0, 4 0, 4 4, 0 0), (0 9, 1 9, 1 8, 0 9)))", "POLYGON の穴（1 番目）の線が外側の線の中に", "例"),
    ("S_WITHIN(geometry, MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 6, 6 5, 5 6, 5 5))))", "2 番目の多角形の外側の線が", "例"),
    ("S_WITHIN(geometry, MULTIPOLYGON(((0 0, 2 0, 2 2, 0 0)), ((1 0, 3 0, 3 2, 1 0))))", "1 番目と 2 番目の多角形が重なって", "例"),
    ("S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(0 0), POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))))", "交わって", "例"),
    ("S_INTERSECTS(geometry, POINT EMPTY)", "図形が読めません", "POLYGON"),
    ("S_INTERSECTS(geometry, BBOX(2, 0, 1, 1))", "西は東より", "BBOX(西"),
    ("S_WITHIN(geometry, GEOMETRYCOLLECTION(POINT(0 0)))", "GEOMETRYCOLLECTION", "MULTIPOLYGON"),
    ("定員 = 1234567890123456", "桁が多すぎます", "'"),
];

/// What is amiss with how a mistake is explained.
fn amiss(filter: &str, language: &str, message: &str, hint: &str) -> Option<String> {
    let errors = match ask(filter, language) {
        Ok(_) => return Some(format!("{filter}: is no mistake")),
        Err(errors) => errors,
    };
    let error = &errors[0];
    let found = error.hint.clone().unwrap_or_default();
    let is_well = errors.len() == 1
        && error.parameter == "filter"
        && error.message.ja.contains(message)
        && found.ja.contains(hint)
        && !error.message.en.is_empty()
        && error.message.en != error.message.ja
        && found.ja.is_empty() == found.en.is_empty();
    let shown: String = filter.chars().take(200).collect();
    (!is_well).then(|| format!("{shown}: {errors:#?}"))
}

fn check(filter: &str, language: &str, message: &str, hint: &str) {
    assert_eq!(amiss(filter, language, message, hint), None);
}

#[test]
fn each_mistake_is_explained() {
    let of_text = MISTAKES.iter().filter_map(|(filter, message, hint)| amiss(filter, "cql2-text", message, hint));
    let mut faults: Vec<String> = of_text.collect();
    for (filter, message, hint) in [
        ("", "JSON として読めません", "例"),
        ("{\"op\":", "1 行目 6 桁目", "例"),
        ("{}", "filter は CQL2 JSON の形", "例"),
        ("定員 >= 10", "JSON として", "例"),
        (r#"{"op":"=","arg":[1,2]}"#, "filter.arg は", "「args」のことですか"),
        (r#"{"op":"=","args":[{"propery":"定員"},2]}"#, "filter.args[0] は", "「property」のことですか"),
        (r#"{"op":"=","args":{"property":"定員"}}"#, "filter は", "例"),
        (r#"{"op":"=","args":[{"property":"定因"},2]}"#, "「定因」という項目", "「定員」"),
        (r#"{"op":"=","args":[{"property":"定員"}]}"#, "= に渡すもの", "例"),
        (r#"{"op":"equals","args":[{"property":"定員"},2]}"#, "「equals」という関数", ""),
        (r#"{"op":"=","args":[{"property":"名称"},"a\u0000"]}"#, "U+0000", ""),
        (r#"{"op":"=","args":[{"property":"定員"},12345678901234567890]}"#, "桁が多すぎます", "'"),
        (
            r#"{"op":"s_within","args":[{"property":"geometry"},{"type":"Polygn","coordinates":[]}]}"#,
            "CQL2 JSON として読めません",
            "例",
        ),
        (r#"{"op":"s_within","args":[{"property":"geometry"},{"bbox":[1,2,3]}]}"#, "filter.args[1] は", "例"),
    ] {
        faults.extend(amiss(filter, "cql2-json", message, hint));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let errors = ask("定員 = 1", "cql2_text").expect_err("no such language");
    assert_eq!(errors[0].parameter, "filter-lang");
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let errors = ask("定因 = 1 AND (名祢 = 'A' OR 定員 = 'x') AND T_X(開始日)", "cql2-text").expect_err("four");
    assert_eq!(errors.len(), 4, "{errors:#?}");
}

#[test]
fn what_would_be_costly_is_refused_at_once() {
    let deep = |depth: usize| format!("{}定員 = 1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(query(&deep(32)), query("定員 = 1"));
    check(&deep(33), "cql2-text", "深すぎます", "");
    check(&deep(4_000), "cql2-text", "深すぎます", "");
    // Brackets around what cannot be read.
    check(&format!("{}1 1{}", "(".repeat(30), ")".repeat(30)), "cql2-text", "読めません", "");
    check(&format!("定員 IN {}1{}", "(定員 IN ".repeat(20), ")".repeat(20)), "cql2-text", "深すぎます", "");
    check(
        &format!("S_WITHIN(geometry, {}POINT(1 1){})", "GEOMETRYCOLLECTION(".repeat(300), ")".repeat(300)),
        "cql2-text",
        "深すぎます",
        "",
    );
    for chain in [" = 1", " + 1", " AND TRUE", " <> NOT TRUE"] {
        let _ = ask(&format!("定員{}", chain.repeat(100)), "cql2-text");
        check(&format!("定員{}", chain.repeat(300)), "cql2-text", "多すぎます", "IN");
    }
    check(&format!("{}TRUE", "NOT ".repeat(2_000)), "cql2-text", "多すぎます", "");
    assert_eq!(query(&format!("{}TRUE", "NOT ".repeat(198))), Query::default());
    let many = vec!["定員 = 1"; 100].join(" OR ");
    assert!(ask(&many, "cql2-text").is_ok());
    check(&format!("名称 = '{}'", "あ".repeat(10_000)), "cql2-text", "長すぎます", "POST");
    check(&format!("定員{} > 0", " * 定員".repeat(30)), "cql2-text", "計算が多すぎます", "");
    let list = |length: usize| format!("定員 IN ({})", vec!["1"; length].join(","));
    assert!(ask(&list(1_000), "cql2-text").is_ok());
    check(&list(1_001), "cql2-text", "値が多すぎます", "");

    let not = |depth: usize| format!("{}true{}", r#"{"op":"not","args":["#.repeat(depth), "]}".repeat(depth));
    assert!(ask(&not(10), "cql2-json").is_ok());
    for depth in [40, 100, 10_000] {
        let errors = ask(&not(depth), "cql2-json").expect_err("too deep");
        assert_eq!(errors.len(), 1);
    }
    let tests = vec![r#"{"op":"=","args":[{"property":"定員"},1]}"#; 501].join(",");
    check(&format!(r#"{{"op":"or","args":[{tests}]}}"#), "cql2-json", "多すぎます", "");
    // A zigzag of so many positions, in one line or in several.
    let line =
        |from: usize, to: usize| (from..to).map(|at| format!("[0.{at:03},{}]", at % 2)).collect::<Vec<_>>().join(",");
    let lines = |lines: &[String]| {
        let coordinates = lines.iter().map(|line| format!("[{line}]")).collect::<Vec<_>>().join(",");
        format!(
            r#"{{"op":"s_touches","args":[{{"property":"geometry"}},{{"type":"MultiLineString","coordinates":[{coordinates}]}}]}}"#
        )
    };
    let both = |one: &str, other: &str| format!(r#"{{"op":"or","args":[{one},{other}]}}"#);
    assert!(ask(&lines(&[line(0, 1_000)]), "cql2-json").is_ok());
    check(&lines(&[line(0, 999), line(0, 2)]), "cql2-json", "全部で 1000 点まで", "簡略化");
    assert!(ask(&both(&lines(&[line(0, 500)]), &lines(&[line(0, 500)])), "cql2-json").is_ok());
    check(&both(&lines(&[line(0, 500)]), &lines(&[line(0, 501)])), "cql2-json", "点が多すぎます", "簡略化");
    check(&" ".repeat(300_000), "cql2-json", "長すぎます", "");
}
