//! What is to be published, and what became of it.

use super::{Actor, DatasetDescription, DatasetId, Digest, Source, StoredTable, Version};

/// What is to be published.
#[derive(Clone, Debug)]
pub struct NewPublication {
    /// Which data set.
    pub id: DatasetId,
    /// What is said about it if it does not exist yet; one that exists keeps its own description.
    pub description: DatasetDescription,
    /// The table.
    pub table: NewTable,
    /// The version that must be the current one (`If-Match`); 0: there must be none yet.
    pub expected_version: Option<i32>,
    /// A remark, or empty.
    pub note: String,
    /// Who publishes.
    pub actor: Actor,
}

/// A table that is to be published.
#[derive(Clone, Debug)]
pub struct NewTable {
    /// Which table of its standard.
    pub name: String,
    /// The edition of the uploaded file.
    pub edition: String,
    /// How many columns are the standard's.
    pub field_count: i32,
    /// The columns behind them.
    pub extra_columns: Vec<String>,
    /// What is done with the upload besides storing it, as the JSON of a recipe, or empty: the same bytes are the same
    /// table only under the same treatment.
    pub treatment: String,
    /// The report of the check.
    pub report: serde_json::Value,
    /// Its score.
    pub score: f64,
    /// How many errors it counts.
    pub errors: u64,
    /// The uploaded file.
    pub source: Source,
    /// The list of cells that were changed, where any was.
    pub patches: Option<Digest>,
}

/// A record that is to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRecord {
    /// Greater than that of the record before; 1 or more.
    pub row_number: i32,
    /// The value of the id field, or the row number where there is none.
    pub record_id: String,
    /// JSON tokens in field order (see [`crate::schema::Record::lay_out`]).
    pub values: String,
    /// The texts that are no values of their fields (see [`crate::schema::Record::raw`]).
    pub raw: Option<String>,
    /// Longitude and latitude.
    pub point: Option<(f64, f64)>,
}

/// What became of a publication.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The version that is current now.
    pub version: Version,
    /// The table in it.
    pub table: StoredTable,
    /// Whether the data set is new.
    pub created: bool,
    /// Whether the same bytes were published already, so that nothing changed.
    pub unchanged: bool,
}
