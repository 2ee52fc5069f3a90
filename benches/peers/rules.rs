//! The rules of AED that any checker can be told, in the forms that the peers of the check take. machikura checks more: rules
//! across cells and rows, names of places against codes, and what is meant instead.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::tables::HEADING;

/// What a cell must be like. An empty one only breaks `Required`.
enum Rule {
    Required,
    Pattern(&'static str),
    Between(f64, f64),
    OneOf(&'static [&'static str]),
}

const CODE: Rule = Rule::Pattern("^[0-9]{6}$");
const TIME: Rule = Rule::Pattern("^([01][0-9]|2[0-3]):[0-5][0-9]$");
const ADDRESS: Rule = Rule::Pattern("^https?://.+$");

const RULES: [(&str, Rule); 22] = [
    ("全国地方公共団体コード", CODE),
    ("ID", Rule::Required),
    ("名称", Rule::Required),
    ("所在地_全国地方公共団体コード", CODE),
    ("町字ID", Rule::Pattern("^[0-9]{4}-?[0-9]{3}$")),
    ("所在地_連結表記", Rule::Required),
    ("緯度", Rule::Between(20.0, 46.0)),
    ("経度", Rule::Between(122.0, 154.0)),
    ("高度の種別", Rule::OneOf(&["階数", "標高", "地表高"])),
    ("高度の値", Rule::Between(-500.0, 4_000.0)),
    ("設置位置", Rule::Required),
    ("電話番号", Rule::Pattern("^0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}$")),
    ("内線番号", Rule::Pattern("^[0-9]+$")),
    ("連絡先メールアドレス", Rule::Pattern(r"^[^@\s]+@[^@\s]+$")),
    ("連絡先FormURL", ADDRESS),
    ("郵便番号", Rule::Pattern("^[0-9]{7}$")),
    ("法人番号", Rule::Pattern("^[0-9]{13}$")),
    ("利用可能曜日", Rule::Pattern("^[月火水木金土日]+$")),
    ("開始時間", TIME),
    ("終了時間", TIME),
    ("小児対応設備の有無", Rule::OneOf(&["有", "無"])),
    ("URL", ADDRESS),
];

fn rule(column: &str) -> Option<&'static Rule> {
    RULES.iter().find(|(name, _)| *name == column).map(|(_, rule)| rule)
}

/// As a Table Schema, for frictionless.
pub fn table_schema() -> Value {
    let fields = HEADING.map(|column| match rule(column) {
        None => json!({"name": column, "type": "string"}),
        Some(Rule::Required) => json!({"name": column, "type": "string", "constraints": {"required": true}}),
        Some(Rule::Pattern(pattern)) => json!({"name": column, "type": "string", "constraints": {"pattern": pattern}}),
        Some(Rule::Between(low, high)) => {
            json!({"name": column, "type": "number", "constraints": {"minimum": low, "maximum": high}})
        }
        Some(Rule::OneOf(words)) => json!({"name": column, "type": "string", "constraints": {"enum": words}}),
    });
    json!({"fields": fields.as_slice(), "missingValues": [""]})
}

/// As a JSON Schema of a row, for qsv.
pub fn json_schema() -> Value {
    let property = |column: &str| match rule(column) {
        None => json!({"type": ["string", "null"]}),
        Some(Rule::Required) => json!({"type": "string"}),
        Some(Rule::Pattern(pattern)) => json!({"type": ["string", "null"], "pattern": pattern}),
        Some(Rule::Between(low, high)) => json!({"type": ["number", "null"], "minimum": low, "maximum": high}),
        Some(Rule::OneOf(words)) => {
            let words: Vec<Option<&str>> = words.iter().map(|word| Some(*word)).chain([None]).collect();
            json!({"type": ["string", "null"], "enum": words})
        }
    };
    let properties: Map<String, Value> =
        HEADING.iter().map(|column| ((*column).to_owned(), property(column))).collect();
    let required: Vec<&str> =
        RULES.iter().filter(|(_, rule)| matches!(rule, Rule::Required)).map(|(column, _)| *column).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": required,
    })
}

/// As one statement over a file, a predicate for each rule, for DuckDB: how many rows break one. Nobody but SQL can be told of
/// check digits.
pub fn sql(table: &Path, with_check_digits: bool) -> String {
    let predicates = RULES.iter().map(|(column, rule)| match rule {
        Rule::Required => format!(r#""{column}" IS NULL"#),
        Rule::Pattern(pattern) => format!(r#"NOT regexp_full_match("{column}", '{pattern}')"#),
        Rule::Between(low, high) => format!(
            r#""{column}" IS NOT NULL AND NOT coalesce(TRY_CAST("{column}" AS DOUBLE) BETWEEN {low} AND {high}, false)"#
        ),
        Rule::OneOf(words) => format!(r#""{column}" NOT IN ('{}')"#, words.join("', '")),
    });
    let digits = [
        municipality_code("全国地方公共団体コード"),
        municipality_code("所在地_全国地方公共団体コード"),
        corporate_number(),
    ];
    let digits = digits.into_iter().filter(|_| with_check_digits);
    let broken: Vec<String> = predicates.chain(digits).map(|predicate| format!("({predicate})")).collect();
    format!(
        "SELECT count(*) FILTER (WHERE {}) FROM read_csv('{}', header = true, all_varchar = true, delim = ',', quote = '\"')",
        broken.join(" OR "),
        table.display()
    )
}

/// The digits of a number, weighted and added up; the first is the last one.
fn weighted(number: &str, weights: &[u32]) -> String {
    let digits = weights.iter().enumerate().filter(|(_, weight)| **weight > 0);
    let digits = digits.map(|(place, weight)| format!("{weight} * ({number} // {} % 10)", 10_u64.pow(place as u32)));
    digits.collect::<Vec<_>>().join(" + ")
}

/// Modulus 11 (JIS X 0402): the last digit.
fn municipality_code(column: &str) -> String {
    let number = format!(r#"TRY_CAST("{column}" AS BIGINT)"#);
    format!("{number} % 10 <> (11 - ({}) % 11) % 10", weighted(&number, &[0, 2, 3, 4, 5, 6]))
}

/// Modulus 9 (法人番号): the first digit.
fn corporate_number() -> String {
    let number = r#"TRY_CAST("法人番号" AS BIGINT)"#;
    let weights = [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2];
    format!("{number} // 1000000000000 <> 9 - ({}) % 9", weighted(number, &weights))
}
