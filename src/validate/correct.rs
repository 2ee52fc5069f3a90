//! The value that a cell means, in the standard's form: a chain of small steps, each belonging to a rule.

use super::rule::Class;
use crate::schema::{Charset, Field, Kind};
use crate::text::{narrow, trim, widen_kana};

/// One step of the chain. It gives the better value, or `None` where it has nothing to better.
struct Step {
    /// The rule whose findings it mends, in cells of this field.
    rule: fn(&Field) -> &'static str,
    class: Class,
    apply: fn(&Field, &str) -> Option<String>,
}

/// In the order in which they are taken: first what does not belong in any cell, then the field's characters, then the
/// kind's form.
const STEPS: [Step; 7] = [
    Step { rule: |_| "control-character", class: Class::Lossless, apply: |_, value| without_stray(value) },
    Step { rule: |_| "whitespace", class: Class::Lossless, apply: |_, value| changed(value, trim(value)) },
    Step { rule: |_| "charset", class: Class::Lossless, apply: half_width },
    Step { rule: |_| "kana", class: Class::Lossless, apply: full_width_kana },
    Step {
        rule: |_| "enumeration",
        class: Class::Lossless,
        apply: |field, value| field.value_aliases.get(value).cloned(),
    },
    Step { rule: format_rule, class: Class::Lossless, apply: |field, value| if_wrong(field, value, Kind::normalise) },
    Step { rule: format_rule, class: Class::Likely, apply: |field, value| if_wrong(field, value, Kind::propose) },
];

/// The corrected cell and the rules whose steps changed it, by the steps that are allowed; `None` where none of them has
/// anything to better.
pub(super) fn correct(
    field: &Field,
    raw: &str,
    is_allowed: impl Fn(&str, Class) -> bool,
) -> Option<(String, Vec<&'static str>)> {
    let mut value: Option<String> = None;
    let mut rules = Vec::new();
    for step in &STEPS {
        let rule = (step.rule)(field);
        if is_allowed(rule, step.class)
            && let Some(better) = (step.apply)(field, value.as_deref().unwrap_or(raw))
        {
            value = Some(better);
            rules.push(rule);
        }
    }
    value.filter(|value| value != raw).map(|value| (value, rules))
}

/// Whether the cells of a field are narrowed before their form is checked.
pub(super) fn is_half_width(field: &Field) -> bool {
    field.kind.is_half_width()
        || matches!(field.charset, Some(Charset::Digits | Charset::Alphanumeric | Charset::HalfWidth))
}

/// The rule that checks the form of a field's kind.
fn format_rule(field: &Field) -> &'static str {
    match field.kind {
        Kind::Integer | Kind::Number | Kind::Latitude | Kind::Longitude => "number-format",
        Kind::Date => "date-format",
        Kind::Time => "time-format",
        Kind::MunicipalityCode => "municipality-code",
        Kind::CorporateNumber => "corporate-number",
        Kind::Phone => "phone-format",
        Kind::PostalCode => "postal-code-format",
        Kind::Url => "url-format",
        Kind::Email => "email-format",
        Kind::WeekdayList => "weekday-format",
        Kind::String | Kind::Flag | Kind::Enum | Kind::Code => "pattern",
    }
}

fn if_wrong(field: &Field, value: &str, meant: fn(Kind, &str) -> Option<String>) -> Option<String> {
    let is_wrong = !value.is_empty() && field.kind.check(value).is_err();
    is_wrong.then(|| meant(field.kind, value))?.filter(|meant| field.kind.check(meant).is_ok())
}

fn half_width(field: &Field, value: &str) -> Option<String> {
    (is_half_width(field) && !value.is_ascii()).then(|| changed(value, narrow(value).trim()))?
}

fn full_width_kana(field: &Field, value: &str) -> Option<String> {
    (field.charset == Some(Charset::Katakana)).then(|| changed(value, &widen_kana(value)))?
}

/// Without what [`is_stray`] says, and with blanks for tabs.
fn without_stray(value: &str) -> Option<String> {
    let is_clean = value.bytes().all(|byte| byte >= b' ' && byte != 0x7f) && value.is_ascii();
    (!is_clean).then(|| {
        let kept: String = value.chars().filter(|character| !is_stray(*character)).collect();
        changed(value, &kept.replace('\t', " "))
    })?
}

fn changed(from: &str, to: &str) -> Option<String> {
    (from != to).then(|| to.to_owned())
}

/// Controls (tabs and line breaks apart), zero-width marks and the byte-order mark.
pub(super) fn is_stray(character: char) -> bool {
    (character.is_control() && character != '\n' && character != '\t')
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}
