//! What the targets about questions share: a table to ask, and the question of one parameter.

use std::sync::LazyLock;

use jiff::Timestamp;
use machikura::query::{Query, QueryError, Scope, parse};
use machikura::schema::Schema;
use machikura::standard::Registry;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let standard = Registry::embedded().find("aed").expect("a data set");
    standard.tables[0].schema().clone()
});

/// The question with these parameters.
pub fn ask(parameters: &[(&str, &str)]) -> Result<Query, Vec<QueryError>> {
    let pairs: Vec<(String, String)> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let scope = Scope { resource: "331007_aed", reserved: &[], is_across: false, now: Timestamp::UNIX_EPOCH };
    parse(&SCHEMA, &pairs, scope)
}

/// Every mistake must be told in both languages.
pub fn must_be_told(errors: &[QueryError]) {
    assert!(!errors.is_empty());
    for error in errors {
        assert!(!error.message.ja.is_empty() && !error.message.en.is_empty());
    }
}
