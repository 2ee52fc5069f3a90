//! Page tokens: where a page ended, opaque to clients and bound to the question that it belongs to. They are not
//! secret and not signed: whoever forges one reads public records from another place.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// Longest cursor that is looked at, in bytes. Sort keys can be long texts.
const MAX_LENGTH: usize = 100_000;

/// Where a page ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    /// The walk sees, for each data set, its newest version with this serial or less.
    pub serial: i64,
    /// The last record's values of the sort keys, as [`crate::schema::token_text`] gives them; `None` for blank.
    pub keys: Vec<Option<String>>,
    /// The last record's distance, where the order is by distance.
    pub distance: Option<f64>,
    /// The stored table of the last record.
    pub table: i64,
    /// The row number of the last record.
    pub row: i32,
}

/// Why a text is no cursor for this question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// It was not made here, or only part of it arrived.
    #[error("not a cursor")]
    Unreadable,
    /// It belongs to another question.
    #[error("a cursor of another question")]
    OtherQuestion,
}

impl Cursor {
    /// The cursor as a token for URLs, bound to the question with this fingerprint ([`super::Query::fingerprint`]).
    pub fn encode(&self, fingerprint: &str) -> String {
        let token = Token {
            question: fingerprint.to_owned(),
            serial: self.serial,
            keys: self.keys.clone(),
            distance: self.distance.map(|distance| distance.to_string()),
            table: self.table,
            row: self.row,
        };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).expect("a token is plain strings and whole numbers"))
    }

    /// Reads a token back.
    ///
    /// # Errors
    /// [`CursorError`] where it cannot be read, or was made for a question with another fingerprint.
    pub fn decode(text: &str, fingerprint: &str) -> Result<Cursor, CursorError> {
        if text.len() > MAX_LENGTH {
            return Err(CursorError::Unreadable);
        }
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Unreadable)?;
        let token: Token = serde_json::from_slice(&json).map_err(|_| CursorError::Unreadable)?;
        if token.question != fingerprint {
            return Err(CursorError::OtherQuestion);
        }
        let distance = token.distance.map(|digits| distance(&digits).ok_or(CursorError::Unreadable)).transpose()?;
        if token.keys.iter().flatten().any(|key| key.contains('\0')) {
            return Err(CursorError::Unreadable);
        }
        Ok(Cursor { serial: token.serial, keys: token.keys, distance, table: token.table, row: token.row })
    }
}

/// The distance travels as text: the shortest digits that give back exactly the same number, which JSON readers do
/// not promise for JSON numbers.
fn distance(digits: &str) -> Option<f64> {
    digits.parse().ok().filter(|distance: &f64| distance.is_finite() && *distance >= 0.0)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    #[serde(rename = "q")]
    question: String,
    #[serde(rename = "s")]
    serial: i64,
    #[serde(rename = "k", default, skip_serializing_if = "Vec::is_empty")]
    keys: Vec<Option<String>>,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    distance: Option<String>,
    #[serde(rename = "t")]
    table: i64,
    #[serde(rename = "r")]
    row: i32,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cursor_of_another_question_is_refused() {
        let cursor =
            Cursor { serial: 7, keys: vec![Some("市役所".to_owned()), None], distance: None, table: 3, row: 100 };
        let token = cursor.encode("one");
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'), "{token}");
        assert_eq!(Cursor::decode(&token, "one"), Ok(cursor));
        assert_eq!(Cursor::decode(&token, "two"), Err(CursorError::OtherQuestion));
        assert_eq!(Cursor::decode(&token[..token.len() - 3], "one"), Err(CursorError::Unreadable));
    }

    #[test]
    fn what_was_not_made_here_is_refused() {
        let long = "A".repeat(MAX_LENGTH + 1);
        for json in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"q":"one","s":1,"t":1,"r":99999999999}"#,
            r#"{"q":"one","s":1,"t":1,"r":1,"d":"NaN"}"#,
            r#"{"q":"one","s":1,"t":1,"r":1,"d":"-1"}"#,
            r#"{"q":"one","s":1,"t":1,"r":1,"k":["\u0000"]}"#,
            r#"{"q":"one","s":1,"t":1,"r":1,"x":1}"#,
        ] {
            assert_eq!(Cursor::decode(&URL_SAFE_NO_PAD.encode(json), "one"), Err(CursorError::Unreadable), "{json}");
        }
        for text in ["", "100", "あ", "====", &long] {
            assert_eq!(Cursor::decode(text, "one"), Err(CursorError::Unreadable));
        }
    }

    proptest! {
        #[test]
        fn a_cursor_comes_back_exactly(
            serial: i64,
            keys in prop::collection::vec(prop::option::of("[^\0]{0,20}"), 0..4),
            distance in prop::option::of(0.0..1e8),
            table: i64,
            row: i32,
        ) {
            let cursor = Cursor { serial, keys, distance, table, row };
            prop_assert_eq!(Cursor::decode(&cursor.encode("question"), "question"), Ok(cursor));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}", json in ".{0,80}") {
            let _ = Cursor::decode(&text, "question");
            let _ = Cursor::decode(&URL_SAFE_NO_PAD.encode(json), "question");
        }
    }
}
