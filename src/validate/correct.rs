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
    /// The fields in whose cells alone it betters anything.
    concerns: fn(&Field) -> bool,
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
        concerns: |_| true,
        looks_for: Some(Marks::CONTROL),
        apply: |_, value| without_stray(value),
    },
    Step {
        rule: |_| "html",
        class: Likely,
        concerns: |_| true,
        looks_for: Some(Marks::MARKUP),
        apply: |_, value| html::plain(value),
    },
    Step {
        rule: |_| "whitespace",
        class: Lossless,
        concerns: |_| true,
        looks_for: Some(Marks::BLANK_END),
        apply: |_, value| changed(value, trim(value)),
    },
    Step {
        rule: |_| "sanitize",
        class: Likely,
        concerns: |_| true,
        looks_for: Some(Marks::BRACKET),
        apply: |_, value| with_hyphens(value),
    },
    Step { rule: |_| "placeholder", class: Likely, concerns: |_| true, looks_for: None, apply: placeholder::emptied },
    Step {
        rule: |_| "charset",
        class: Lossless,
        concerns: is_half_width,
        looks_for: Some(Marks::NOT_ASCII),
        apply: half_width,
    },
    Step {
        rule: kana_rule,
        class: Lossless,
        concerns: |field| !is_half_width(field),
        looks_for: Some(Marks::HALF_KANA),
        apply: |_, value| full_width_kana(value),
    },
    Step {
        rule: kana_rule,
        class: Likely,
        concerns: |field| field.charset == Some(Charset::Katakana),
        looks_for: None,
        apply: |_, value| katakana(value),
    },
    Step {
        rule: |_| "enumeration",
        class: Lossless,
        concerns: |field| !words::words(field).is_empty() || !field.value_aliases.is_empty(),
        looks_for: None,
        apply: words::spelt_otherwise,
    },
    Step {
        rule: |_| "enumeration",
        class: Likely,
        concerns: |field| field.kind == Kind::Flag,
        looks_for: None,
        apply: words::probable_answer,
    },
    Step {
        rule: |_| "pattern",
        class: Lossless,
        concerns: |field| field.width.is_some(),
        looks_for: None,
        apply: codes::at_full_width,
    },
    Step {
        rule: |_| "municipality-code",
        class: Lossless,
        concerns: is_municipality_code,
        looks_for: None,
        apply: |_, value| codes::sure_municipality(value),
    },
    Step {
        rule: |_| "municipality-code",
        class: Likely,
        concerns: is_municipality_code,
        looks_for: None,
        apply: |_, value| codes::probable_municipality(value),
    },
    Step {
        rule: format_rule,
        class: Lossless,
        concerns: has_form,
        looks_for: None,
        apply: |field, value| if_wrong(field, value, Kind::normalise),
    },
    Step {
        rule: format_rule,
        class: Likely,
        concerns: has_form,
        looks_for: None,
        apply: |field, value| if_wrong(field, value, Kind::propose),
    },
    Step {
        rule: |_| "number-format",
        class: Likely,
        concerns: |field| field.unit.is_some(),
        looks_for: None,
        apply: without_own_unit,
    },
    Step {
        rule: |_| "coordinate-precision",
        class: Lossless,
        concerns: |field| matches!(field.kind, Kind::Latitude | Kind::Longitude),
        looks_for: None,
        apply: |field, value| to_the_millimetre(field.kind, value),
    },
];

fn is_municipality_code(field: &Field) -> bool {
    field.kind == Kind::MunicipalityCode
}

/// Whether values of the field's kind have a form at all.
fn has_form(field: &Field) -> bool {
    !matches!(field.kind, Kind::String | Kind::Flag | Kind::Enum | Kind::Code)
}

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
        for step in STEPS.iter().filter(|step| (step.concerns)(field)) {
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

/// The steps that can better anything in the cells of one field.
pub(super) struct Steps(Vec<&'static Step>);

impl Steps {
    pub fn of(field: &Field) -> Steps {
        Steps(STEPS.iter().filter(|step| (step.concerns)(field)).collect())
    }

    /// Whether any step has something to better in a cell with these marks. Where none has, no choice of steps has.
    pub fn better(&self, field: &Field, raw: &str, marks: Marks) -> bool {
        let may_apply = |step: &&&Step| step.looks_for.is_none_or(|wanted| marks.has_any(wanted));
        self.0.iter().filter(may_apply).any(|step| (step.apply)(field, raw).is_some())
    }
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
    // What cannot be bettered mostly shows sooner than what is wrong.
    let meant = if value.is_empty() { None } else { meant(field.kind, value) }?;
    (field.kind.check(value).is_err() && field.kind.check(&meant).is_ok()).then_some(meant)
}

/// Words stay as they are, since another width would not make them a value; so does a placeholder, which means none.
pub(super) fn half_width(field: &Field, value: &str) -> Option<String> {
    if value.is_ascii() || placeholder::is_placeholder(field, value) {
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

fn full_width_kana(value: &str) -> Option<String> {
    (!value.is_ascii()).then(|| changed(value, &widen_kana(value)))?
}

fn katakana(value: &str) -> Option<String> {
    // Half a reading is no reading: with kanji in between nothing is changed.
    changed(value, &with_long_vowels(&to_katakana(value))).filter(|kana| is_reading(kana))
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

fn to_the_millimetre(kind: Kind, value: &str) -> Option<String> {
    let (whole, decimals) = value.split_once('.').filter(|(_, decimals)| decimals.len() > DECIMALS)?;
    kind.check(value)
        .is_ok()
        .then(|| rounded(&format!("{whole}.{}", &decimals[..DECIMALS]), decimals.as_bytes()[DECIMALS]))
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
