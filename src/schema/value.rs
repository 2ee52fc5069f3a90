//! A cell as a JSON token, and back. Numbers keep their decimal digits and never pass through a floating-point number.

use std::borrow::Cow;

use super::{Comparison, Decimal, Kind};

/// What is wrong with a value of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// It is not written as the kind asks.
    #[error("not in the form of its kind")]
    Form,
    /// The form is right, but there is no such day or time.
    #[error("no such day or time")]
    NotReal,
    /// The check digit does not fit the other digits.
    #[error("wrong check digit")]
    CheckDigit,
}

/// Appends a cell as a JSON token: `null` for blank, a number for numeric kinds, else a string exactly as published.
/// A text that is no number in a numeric field is `null` too: typed answers hold typed values only.
///
/// ```
/// # use machikura::schema::{Kind, json_token};
/// let mut token = String::new();
/// json_token(Kind::Latitude, "034.660", &mut token);
/// assert_eq!(token, "34.660");
/// ```
pub fn json_token(kind: Kind, text: &str, out: &mut String) {
    if text.is_empty() {
        out.push_str("null");
        return;
    }
    match kind.comparison() {
        Comparison::Number => match Decimal::parse(text) {
            Some(decimal) => out.push_str(decimal.as_str()),
            None => out.push_str("null"),
        },
        Comparison::Text => push_json_string(text, out),
    }
}

/// The text of a JSON token made by [`json_token`]; `null` is the empty text.
pub fn token_text(token: &str) -> Cow<'_, str> {
    match token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) if !inner.contains('\\') => Cow::Borrowed(inner),
        Some(_) => serde_json::from_str(token).map_or(Cow::Borrowed(token), Cow::Owned),
        None if token == "null" => Cow::Borrowed(""),
        None => Cow::Borrowed(token),
    }
}

/// Appends a JSON string literal.
fn push_json_string(text: &str, out: &mut String) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::to_string(text).expect("a string is always JSON"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_keeps_the_text() {
        for text in ["岡山市", "a\"b\\c", "1行目\n2行目", "\u{7f}", "null"] {
            let mut token = String::new();
            json_token(Kind::String, text, &mut token);
            assert_eq!(token_text(&token), text);
            assert!(!token.contains('\n'), "a token never holds a raw line break");
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        for (text, token) in [("34.660", "34.660"), ("007", "7"), ("-0.50", "-0.50"), ("", "null"), ("10人", "null")] {
            let mut out = String::new();
            json_token(Kind::Number, text, &mut out);
            assert_eq!(out, token);
        }
    }
}
