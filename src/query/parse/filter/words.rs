//! What there is in CQL2, and what was probably meant by what there is not.

use crate::{
    query::parse::{both, condition::Mistake, error::shorten, names},
    schema::{Field, Schema},
    text::Bilingual,
};

/// The name under which a group in brackets comes through the grammar.
pub(super) const GROUP: &str = "(";

/// The functions and how each is written.
pub(super) const FUNCTIONS: [(&str, &str); 30] = [
    ("S_INTERSECTS", "S_INTERSECTS(geometry, POLYGON((…)))"),
    ("S_DISJOINT", "S_DISJOINT(geometry, POLYGON((…)))"),
    ("S_CONTAINS", "S_CONTAINS(geometry, POINT(…))"),
    ("S_WITHIN", "S_WITHIN(geometry, POLYGON((…)))"),
    ("S_EQUALS", "S_EQUALS(geometry, POINT(…))"),
    ("S_TOUCHES", "S_TOUCHES(geometry, POLYGON((…)))"),
    ("S_CROSSES", "S_CROSSES(geometry, LINESTRING(…))"),
    ("S_OVERLAPS", "S_OVERLAPS(geometry, POLYGON((…)))"),
    ("T_AFTER", "T_AFTER(開始日, DATE('2026-04-01'))"),
    ("T_BEFORE", "T_BEFORE(開始日, DATE('2026-04-01'))"),
    ("T_CONTAINS", "T_CONTAINS(INTERVAL(開始日, 終了日), DATE('2026-04-01'))"),
    ("T_DISJOINT", "T_DISJOINT(開始日, INTERVAL('2026-04-01', '2026-04-30'))"),
    ("T_DURING", "T_DURING(開始日, INTERVAL('2026-04-01', '..'))"),
    ("T_EQUALS", "T_EQUALS(開始日, DATE('2026-04-01'))"),
    ("T_FINISHEDBY", "T_FINISHEDBY(INTERVAL(開始日, 終了日), DATE('2026-04-01'))"),
    ("T_FINISHES", "T_FINISHES(終了日, INTERVAL('2026-04-01', '2026-04-30'))"),
    ("T_INTERSECTS", "T_INTERSECTS(開始日, INTERVAL('2026-04-01', '2026-04-30'))"),
    ("T_MEETS", "T_MEETS(INTERVAL(開始日, 終了日), DATE('2026-04-01'))"),
    ("T_METBY", "T_METBY(INTERVAL(開始日, 終了日), DATE('2026-04-01'))"),
    ("T_OVERLAPPEDBY", "T_OVERLAPPEDBY(INTERVAL(開始日, 終了日), INTERVAL('2026-04-01', '2026-04-30'))"),
    ("T_OVERLAPS", "T_OVERLAPS(INTERVAL(開始日, 終了日), INTERVAL('2026-04-01', '2026-04-30'))"),
    ("T_STARTEDBY", "T_STARTEDBY(INTERVAL(開始日, 終了日), DATE('2026-04-01'))"),
    ("T_STARTS", "T_STARTS(開始日, INTERVAL('2026-04-01', '2026-04-30'))"),
    ("CASEI", "CASEI(名称) = CASEI('AED')"),
    ("ACCENTI", "ACCENTI(名称) = ACCENTI('ＡＥＤ')"),
    ("DATE", "DATE('2026-04-01')"),
    ("TIMESTAMP", "TIMESTAMP('2026-04-01T09:00:00+09:00')"),
    ("INTERVAL", "INTERVAL('2026-04-01', '..')"),
    ("BBOX", "BBOX(133.5, 34.4, 134.2, 35.0)"),
    ("LIKE", "名称 LIKE '%会館%'"),
];

/// Names of other systems for what is here a parameter or an operator of its own.
const ELSEWHERE: [(&str, &str, &str); 9] = [
    ("dwithin", "距離は filter でなく lat=…&lon=…&radius=… で指定します。", "For distances use lat=…&lon=…&radius=…."),
    ("beyond", "距離は filter でなく lat=…&lon=…&radius=… で指定します。", "For distances use lat=…&lon=…&radius=…."),
    ("distance", "距離は filter でなく lat=…&lon=…&radius=… で指定します。", "For distances use lat=…&lon=…&radius=…."),
    ("contains", "文字の一部は 名称 LIKE '%会館%' と書きます。", "A part of a text: 名称 LIKE '%会館%'."),
    ("startswith", "文字のはじめは 名称 LIKE '市立%' と書きます。", "The beginning of a text: 名称 LIKE '市立%'."),
    ("endswith", "文字の終わりは 名称 LIKE '%会館' と書きます。", "The end of a text: 名称 LIKE '%会館'."),
    ("ilike", "CASEI(名称) LIKE CASEI('%aed%') と書きます。", "Write CASEI(名称) LIKE CASEI('%aed%')."),
    ("lower", "CASEI(名称) = CASEI('AED') と書きます。", "Write CASEI(名称) = CASEI('AED')."),
    ("upper", "CASEI(名称) = CASEI('AED') と書きます。", "Write CASEI(名称) = CASEI('AED')."),
];

/// The names by which the place of a record is called.
pub(super) fn is_geometry(name: &str) -> bool {
    ["geometry", "geom", "位置"].iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Operators of the crate's tree that are not functions.
const OPERATORS: [&str; 14] =
    ["and", "or", "not", "in", "between", "isnull", "=", "<>", "<", "<=", ">", ">=", "^", "div"];
/// What gives a value, and no condition.
const VALUES: [&str; 11] = ["casei", "accenti", "+", "-", "*", "/", "%", "date", "timestamp", "interval", "bbox"];

/// Whether there is such an operator or function; the name in lower case.
pub(super) fn is_known(name: &str) -> bool {
    OPERATORS.contains(&name) || is_value(name) || FUNCTIONS.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
}

/// Whether it gives a value and no condition; the name in lower case.
pub(super) fn is_value(name: &str) -> bool {
    VALUES.contains(&name)
}

/// The index of the field with this name, Japanese or English.
pub(super) fn field(schema: &Schema, name: &str) -> Option<usize> {
    schema.index_of(name).or_else(|| schema.fields().iter().position(|field| field.name_en.eq_ignore_ascii_case(name)))
}

/// A character that is nothing in CQL2.
pub(super) fn strange(character: char, place: usize) -> Mistake {
    let message = both(
        format!("filter の {place} 文字目の「{character}」は使えない文字です。"),
        format!("The filter holds {character} at character {place}, which means nothing there."),
    );
    let hint = match character {
        '&' => both("条件をつなぐには AND と書きます。", "Conditions are joined by AND."),
        '|' => both("どちらかを表すには OR と書きます。", "Alternatives are joined by OR."),
        '!' => both("否定は NOT、等しくないことは <> と書きます。", "Write NOT, and <> for not equal."),
        '‘' | '’' | '“' | '”' | '「' | '」' | '『' | '』' | '`' | '´' => {
            both("文字の値は半角の ' で囲みます。", "Texts stand between plain single quotes (').")
        }
        '{' => both(
            "CQL2 JSON には filter-lang=cql2-json を付けるか、POST で本文に入れて送ります。",
            "For CQL2 JSON add filter-lang=cql2-json, or send it as the body of a POST.",
        ),
        '.' => both("小数は 0.5 のように書きます。", "Fractions are written like 0.5."),
        _ => both(
            "記号を含む項目名は \" で、文字の値は ' で囲みます。",
            "Names with other signs stand between double quotes, texts between single quotes.",
        ),
    };
    (message, Some(hint))
}

/// A field that there is not.
pub(super) fn unknown_field(schema: &Schema, name: &str, place: Option<usize>) -> Mistake {
    let shown = shorten(name);
    let (ja, en) = at(place);
    let message = both(
        format!("filter の{ja}「{shown}」という項目はありません。"),
        format!("There is no field named {shown} (in the filter{en})."),
    );
    if is_geometry(name) {
        let hint = both(
            "geometry は S_INTERSECTS(geometry, …) などの中だけで使えます。",
            "geometry can be used in S_INTERSECTS(geometry, …) and the like only.",
        );
        return (message, Some(hint));
    }
    let english = schema.fields().iter().map(|field| field.name_en.as_str());
    let near = names::near(name, names::fields(schema)).or_else(|| names::near(name, english));
    let hint = near.map_or_else(
        || {
            // A text without its quotation marks looks like a name.
            let fields = names::some_fields(schema);
            both(
                format!("文字の値は ' で囲みます。{}", fields.ja),
                format!("Texts stand between single quotes. {}", fields.en),
            )
        },
        names::meant,
    );
    (message, Some(hint))
}

/// A function that there is not.
pub(super) fn unknown_function(schema: &Schema, name: &str, place: Option<usize>) -> Mistake {
    let shown = shorten(name);
    let (ja, en) = at(place);
    let message = both(
        format!("filter の{ja}「{shown}」という関数はありません。"),
        format!("There is no function named {shown} (in the filter{en})."),
    );
    let lower = name.to_ascii_lowercase();
    let bare = lower.strip_prefix("st_").or_else(|| lower.strip_prefix("s_")).unwrap_or(&lower);
    if let Some((_, ja, en)) = ELSEWHERE.iter().find(|(theirs, ..)| *theirs == bare) {
        return (message, Some(both(*ja, *en)));
    }
    if lower.starts_with("a_") {
        let hint = both("一覧（配列）の項目はありません。", "No field holds an array.");
        return (message, Some(hint));
    }
    let functions = FUNCTIONS.iter().map(|(name, _)| *name);
    let near = names::near(name, functions.clone())
        .or_else(|| functions.clone().find(|function| function.to_ascii_lowercase().ends_with(&format!("_{bare}"))));
    if let Some(near) = near {
        return (message, Some(names::meant(near)));
    }
    let hint = match names::near(name, names::fields(schema)) {
        Some(field) => both(
            format!("項目「{field}」のことですか。記号を含む項目名は \" で囲みます。"),
            format!("Did you mean the field {field}? Names with signs stand between double quotes."),
        ),
        None => {
            let names = functions.collect::<Vec<_>>().join(", ");
            both(format!("使えるのは {names} です。"), format!("There are {names}."))
        }
    };
    (message, Some(hint))
}

/// A function or operator that was given too much, too little or something else.
pub(super) fn wrong_arguments(name: &str) -> Mistake {
    let shown = shorten(name).to_uppercase();
    let message = both(
        format!("filter の {shown} に渡すものが正しくありません。"),
        format!("{shown} in the filter is not given what it takes."),
    );
    let known = FUNCTIONS.iter().find(|(function, _)| *function == shown);
    let hint =
        known.map_or_else(super::example, |(_, form)| both(format!("例: {form}"), format!("For example: {form}")));
    (message, Some(hint))
}

/// A field whose kind does not go with what it is compared with.
pub(super) fn wrong_kind(field: &Field, kind: &str, kind_en: &str, hint: Bilingual) -> Mistake {
    let message = both(
        format!("filter の「{}」は{kind}ではありません。", field.name),
        format!("{} in the filter is not {kind_en}.", field.name),
    );
    (message, Some(hint))
}

fn at(place: Option<usize>) -> (String, String) {
    place.map_or_else(Default::default, |place| (format!(" {place} 文字目の"), format!(", character {place}")))
}
