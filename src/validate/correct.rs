//! The value that a cell means, in the standard's form: a chain of small steps, each belonging to a rule.

pub(super) mod codes;
pub(super) mod html;
pub(super) mod placeholder;
#[cfg(test)]
mod tests;
pub(super) mod words;

use std::borrow::Cow;

use super::marks::Marks;
use super::rule::Class;
use super::rule::Class::{Likely, Lossless};
use super::rules::kana::is_reading;
use crate::schema::{Charset, Field, Kind};
use crate::text::{is_dash, narrow, to_katakana, trim, widen_kana};

/// One step of the chain. It gives the better value, or `None` where it has nothing to better.
struct Step {
    /// The rule whose findings it mends, in cells of this field.
    rule: fn(&Field) -> &'static str,
    class: Class,
    /// The marks without one of which it betters nothing; `None` where it looks at more than marks.
    looks_for: Option<Marks>,
    apply: fn(&Field, &str) -> Option<String>,
}

/// In the order in which they are taken: first what does not belong in any cell, then the field's characters, then the
/// kind's form.
const STEPS: [Step; 17] = [
    Step {
        rule: |_| "control-character",
        class: Lossless,
        looks_for: Some(Marks::CONTROL),
        apply: |_, value| without_stray(value),
    },
    Step { rule: |_| "html", class: Likely, looks_for: Some(Marks::MARKUP), apply: |_, value| html::plain(value) },
    Step {
        rule: |_| "whitespace",
        class: Lossless,
        looks_for: Some(Marks::BLANK_END),
        apply: |_, value| changed(value, trim(value)),
    },
    Step {
        rule: |_| "sanitize",
        class: Likely,
        looks_for: Some(Marks::BRACKET),
        apply: |_, value| with_hyphens(value),
    },
    Step { rule: |_| "placeholder", class: Likely, looks_for: None, apply: placeholder::emptied },
    Step { rule: |_| "charset", class: Lossless, looks_for: Some(Marks::NOT_ASCII), apply: half_width },
    Step { rule: kana_rule, class: Lossless, looks_for: Some(Marks::HALF_KANA), apply: full_width_kana },
    Step { rule: kana_rule, class: Likely, looks_for: None, apply: katakana },
    Step { rule: |_| "enumeration", class: Lossless, looks_for: None, apply: words::spelt_otherwise },
    Step { rule: |_| "enumeration", class: Likely, looks_for: None, apply: words::probable_answer },
    Step { rule: |_| "pattern", class: Lossless, looks_for: None, apply: codes::at_full_width },
    Step { rule: |_| "municipality-code", class: Lossless, looks_for: None, apply: codes::sure_municipality },
    Step { rule: |_| "municipality-code", class: Likely, looks_for: None, apply: codes::probable_municipality },
    Step {
        rule: format_rule,
        class: Lossless,
        looks_for: None,
        apply: |field, value| if_wrong(field, value, Kind::normalise),
    },
    Step {
        rule: format_rule,
        class: Likely,
        looks_for: None,
        apply: |field, value| if_wrong(field, value, Kind::propose),
    },
    Step { rule: |_| "number-format", class: Likely, looks_for: None, apply: without_own_unit },
    Step { rule: |_| "coordinate-precision", class: Lossless, looks_for: None, apply: to_the_millimetre },
];

/// What one step leaves can be work for an earlier one, so the chain is taken again; more often than this means that two
/// steps disagree.
const ROUNDS: usize = 4;

/// The corrected cell and the rules whose steps changed it, by the steps that are allowed; `None` where none of them has
/// anything to better.
pub(super) fn correct(
    field: &Field,
    raw: &str,
    is_allowed: impl Fn(&str, Class) -> bool,
) -> Option<(String, Vec<&'static str>)> {
    let mut value = Cow::Borrowed(raw);
    let mut rules = Vec::new();
    for _ in 0..ROUNDS {
        let mut is_changed = false;
        for step in &STEPS {
            let rule = (step.rule)(field);
            if is_allowed(rule, step.class)
                && let Some(better) = (step.apply)(field, &value)
            {
                value = Cow::Owned(better);
                is_changed = true;
                if !rules.contains(&rule) {
                    rules.push(rule);
                }
            }
        }
        if !is_changed {
            break;
        }
    }
    (value != raw).then(|| (value.into_owned(), rules))
}

/// Whether any step has something to better in a cell with these marks. Where none has, no choice of steps has.
pub(super) fn is_bettered(field: &Field, raw: &str, marks: Marks) -> bool {
    let may_apply = |step: &&Step| step.looks_for.is_none_or(|wanted| marks.has_any(wanted));
    STEPS.iter().filter(may_apply).any(|step| (step.apply)(field, raw).is_some())
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

/// Words stay as they are, since another width would not make them a value; so does a placeholder, which means none.
pub(super) fn half_width(field: &Field, value: &str) -> Option<String> {
    if !is_half_width(field) || value.is_ascii() || placeholder::is_placeholder(field, value) {
        return None;
    }
    let narrowed = narrow(value);
    let narrowed = narrowed.trim();
    let kind = field.kind;
    let is_read = kind.normalise(narrowed).is_some() || kind.propose(narrowed).is_some();
    (narrowed.is_ascii() || is_read || without_own_unit(field, narrowed).is_some()).then(|| changed(value, narrowed))?
}

/// The rule that half-width kana breaks: readings have one of their own.
fn kana_rule(field: &Field) -> &'static str {
    if field.charset == Some(Charset::Katakana) { "kana" } else { "half-width-kana" }
}

fn full_width_kana(field: &Field, value: &str) -> Option<String> {
    (!is_half_width(field) && !value.is_ascii()).then(|| changed(value, &widen_kana(value)))?
}

fn katakana(field: &Field, value: &str) -> Option<String> {
    // Half a reading is no reading: with kanji in between nothing is changed.
    (field.charset == Some(Charset::Katakana))
        .then(|| changed(value, &with_long_vowels(&to_katakana(value))).filter(|kana| is_reading(kana)))?
}

/// The long-vowel mark for a dash between katakana, where it is no hyphen that a reading may hold.
fn with_long_vowels(value: &str) -> String {
    let mut before = None;
    let replaced = value.chars().map(|character| {
        let is_long = is_dash(character) && !matches!(character, '-' | '－');
        let meant =
            if is_long && before.is_some_and(|before| matches!(before, 'ァ'..='ヺ')) { 'ー' } else { character };
        before = Some(meant);
        meant
    });
    replaced.collect()
}

/// What a file-cleaning gateway writes where a hyphen stood.
pub(super) const SANITIZED: &str = "[sanitize]";

fn with_hyphens(value: &str) -> Option<String> {
    (value.contains('[') && value.contains(SANITIZED)).then(|| value.replace(SANITIZED, "-"))
}

/// A number without the field's own unit behind it.
fn without_own_unit(field: &Field, value: &str) -> Option<String> {
    let bare = value.strip_suffix(field.unit.as_deref()?)?.trim_end();
    let meant = field.kind.normalise(bare)?;
    field.kind.check(value).is_err().then_some(meant)
}

/// How many decimals of a degree say anything: the eighth is a millimetre.
pub(super) const DECIMALS: usize = 8;

fn to_the_millimetre(field: &Field, value: &str) -> Option<String> {
    let (whole, decimals) = value.split_once('.').filter(|(_, decimals)| decimals.len() > DECIMALS)?;
    let is_degrees = matches!(field.kind, Kind::Latitude | Kind::Longitude) && field.kind.check(value).is_ok();
    is_degrees.then(|| rounded(&format!("{whole}.{}", &decimals[..DECIMALS]), decimals.as_bytes()[DECIMALS]))
}

/// A decimal number, rounded by the digit behind it; it never passes through a float.
fn rounded(number: &str, next_digit: u8) -> String {
    if next_digit < b'5' {
        return number.to_owned();
    }
    let mut digits = number.to_owned().into_bytes();
    for digit in digits.iter_mut().rev() {
        match digit {
            b'9' => *digit = b'0',
            b'0'..=b'8' => {
                *digit += 1;
                break;
            }
            _ => {}
        }
    }
    String::from_utf8(digits).expect("digits, a point and a sign")
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
