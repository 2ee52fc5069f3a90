//! What every item of an open list must have: rules, formats, problem codes, kinds, operators, parameters.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;

use machikura::format::FORMATS;
use machikura::http::problem::Code;
use machikura::query::{Op, Parameter};
use machikura::schema::Kind;
use machikura::text::Text;
use machikura::validate::report::REPORT_FORMATS;
use machikura::validate::rules::{self, RULES};

/// The items that stand in the list more than once.
fn repeated<T: Eq + Hash + Copy + Debug>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    items.into_iter().filter(|item| !seen.insert(*item)).collect()
}

fn is_bilingual(text: Text) -> bool {
    !text.ja.trim().is_empty() && !text.en.trim().is_empty()
}

/// Words of the outside, which are never changed: small letters and digits, joined by `-`.
fn is_word(word: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    word.split('-').all(is_part)
}

#[test]
fn rules_are_told_apart_and_explained_in_both_languages() {
    assert_eq!(repeated(RULES.iter().map(|rule| rule.id())), Vec::<&str>::new());
    for rule in RULES {
        assert!(is_word(rule.id()), "{}", rule.id());
        assert!(is_bilingual(rule.message()), "{} has no message in both languages", rule.id());
        assert!(is_bilingual(rule.explanation()), "{} has no explanation in both languages", rule.id());
        assert_eq!(rules::find(rule.id()).map(|found| found.id()), Some(rule.id()));
    }
}

#[test]
fn rules_stand_in_the_order_of_their_levels() {
    for pair in RULES.windows(2) {
        let [first, second] = pair else { continue };
        assert!(first.level() <= second.level(), "{} must not stand before {}", first.id(), second.id());
    }
}

#[test]
fn every_rule_is_one_file_named_by_its_id() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/validate/rules")).expect("the folder");
    let paths = folder.map(|entry| entry.expect("a file").path()).filter(|path| path.is_file());
    let mut files: Vec<String> =
        paths.map(|path| path.file_stem().expect("a name").to_string_lossy().replace('_', "-")).collect();
    files.sort_unstable();
    let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id()).collect();
    ids.sort_unstable();
    assert_eq!(files, ids);
}

#[test]
fn formats_are_told_apart() {
    assert_eq!(repeated(FORMATS.iter().map(|format| format.id())), Vec::<&str>::new());
    // The map is text too, and is chosen by its name only.
    let chosen = FORMATS.iter().filter(|format| format.id() != "map");
    let media_types = chosen.map(|format| format.media_type().split(';').next().unwrap_or_default());
    assert_eq!(repeated(media_types), Vec::<&str>::new());
    for format in FORMATS {
        assert!(is_word(format.id()), "{}", format.id());
        assert!(is_bilingual(format.title()), "{} has no title in both languages", format.id());
    }
}

#[test]
fn report_formats_are_told_apart() {
    assert_eq!(repeated(REPORT_FORMATS.iter().map(|format| format.id())), Vec::<&str>::new());
    for format in REPORT_FORMATS {
        assert!(is_word(format.id()) && is_word(format.extension()), "{}", format.id());
        assert!(is_bilingual(format.title()), "{} has no title in both languages", format.id());
        assert!(!format.is_binary() || format.is_file(), "{}: a terminal does not show it", format.id());
    }
}

#[test]
fn problem_codes_are_told_apart() {
    assert_eq!(repeated(Code::ALL.map(Code::word)), Vec::<&str>::new());
    for code in Code::ALL {
        assert!(is_word(code.word()), "{}", code.word());
        assert!(is_bilingual(code.title()), "{} has no title in both languages", code.word());
        assert!(code.status().is_client_error() || code.status().is_server_error(), "{}", code.word());
    }
}

#[test]
fn kinds_operators_and_parameters_are_told_apart() {
    let kinds = Kind::ALL.map(|kind| serde_json::to_string(&kind).expect("a kind is a word"));
    assert_eq!(repeated(kinds.iter().map(String::as_str)), Vec::<&str>::new());
    assert_eq!(repeated(Op::ALL.map(Op::name)), Vec::<&str>::new());
    assert_eq!(repeated(Parameter::ALL.map(Parameter::name)), Vec::<&str>::new());
}
