//! What is wrong with a question.

use super::Parameter;
use crate::text::Bilingual;

/// More mistakes than this are not collected: nobody reads them, and each costs time to explain.
const MAX_ERRORS: usize = 50;
/// How many characters of a name or value are repeated in an error.
const SHOWN: usize = 100;

/// What is wrong with one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// The parameter as it was given, shortened where it is long.
    pub parameter: String,
    /// Its value as it was given, shortened where it is long.
    pub value: String,
    /// What is wrong.
    pub message: Bilingual,
    /// What was probably meant, or what would be right.
    pub hint: Option<Bilingual>,
}

/// The mistakes found so far.
#[derive(Default)]
pub(super) struct Errors {
    list: Vec<QueryError>,
}

impl Errors {
    pub(super) fn add(&mut self, parameter: &str, value: &str, message: Bilingual, hint: Option<Bilingual>) {
        if !self.is_full() {
            self.list.push(QueryError { parameter: shorten(parameter), value: shorten(value), message, hint });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether something is wrong with one of these parameters.
    pub(super) fn names(&self, parameters: &[Parameter]) -> bool {
        self.list.iter().any(|error| parameters.iter().any(|parameter| parameter.name() == error.parameter))
    }

    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= MAX_ERRORS
    }

    pub(super) fn into_list(self) -> Vec<QueryError> {
        self.list
    }
}

/// A text fit for a message.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
