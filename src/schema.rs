//! What a table looks like: a Table Schema with what the Japanese standard adds to it. Validation, storage, queries,
//! output and OpenAPI all read the same [`Schema`]; nothing here knows a particular data set.

mod descriptor;
mod field;
mod kind;
mod record;
mod value;

pub use field::{Charset, Confidence, Constraints, Field, Requirement, Role};
pub use kind::{Comparison, Decimal, Kind, municipality_check_digit, shortest};
pub use record::Record;
pub use value::{ValueError, json_token, token_text};

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::text::{fold_label, nfkc};

/// The fields of one table, in the order of the standard, and what ties them together.
#[derive(Clone, Debug)]
pub struct Schema {
    fields: Vec<Field>,
    record_id: Option<usize>,
    record_name: Option<usize>,
    ascending: Vec<(usize, usize)>,
    sums: Vec<Sum>,
    opening: Option<Opening>,
    by_name: HashMap<String, usize>,
    by_english_name: HashMap<String, usize>,
    by_label: HashMap<String, (usize, LabelMatch)>,
    english: OnceLock<Arc<Schema>>,
}

/// A field that is the sum of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The index of the total.
    pub total: usize,
    /// The indexes of what it is the sum of.
    pub parts: Vec<usize>,
}

/// The fields that say when a place is open, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The days of the week; `None`: the hours hold every day.
    pub days: Option<usize>,
    /// The first and the last time of a day; `None`: the table says nothing of times.
    pub hours: Option<(usize, usize)>,
    /// Exceptions in words.
    pub remarks: Option<usize>,
}

/// How a column heading was matched to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelMatch {
    /// The name to the letter.
    Exact,
    /// The name after folding width, brackets, separators and dashes.
    Folded,
    /// Another name under which the column is known.
    Alias,
    /// Said by somebody.
    Given,
}

impl LabelMatch {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            LabelMatch::Exact => "exact",
            LabelMatch::Folded => "folded",
            LabelMatch::Alias => "alias",
            LabelMatch::Given => "given",
        }
    }
}

/// Why a descriptor is not a schema.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The text is not JSON, or not the JSON of a Table Schema.
    #[error("not a Table Schema: {0}")]
    Json(#[from] serde_json::Error),
    /// A field is named that the schema does not have.
    #[error("{key} names the field {field}, which the schema does not have")]
    UnknownField {
        /// The property that names it.
        key: &'static str,
        /// The name.
        field: String,
    },
    /// Two fields have the same name after NFKC.
    #[error("two fields are named {0}")]
    DuplicateField(String),
    /// Positions are 1, 2, 3 … in file order; stored records depend on it.
    #[error("the field {field} has position {found}, expected {expected}")]
    Position {
        /// The field.
        field: String,
        /// What the file says.
        found: usize,
        /// What it must be.
        expected: usize,
    },
    /// A pattern that is no regular expression.
    #[error("the pattern of {field} is not a regular expression: {source}")]
    Pattern {
        /// The field.
        field: String,
        /// What the regex library says.
        source: Box<regex::Error>,
    },
}

impl Schema {
    /// Reads a Table Schema descriptor (see `datasets/README.md` for the properties added to it).
    ///
    /// # Errors
    /// [`SchemaError`] where the descriptor is not JSON, names a field it does not have, or breaks the order of positions.
    pub fn from_json(json: &str) -> Result<Schema, SchemaError> {
        descriptor::parse(json)
    }

    /// The schema as a Table Schema descriptor, with everything that was read.
    pub fn to_table_schema(&self) -> serde_json::Value {
        descriptor::write(self)
    }

    /// An empty file to fill in: the heading as CSV, UTF-8 with a byte-order mark, which Excel needs.
    pub fn template(&self) -> Vec<u8> {
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(b"\xEF\xBB\xBF".to_vec());
        writer.write_record(self.fields.iter().map(|field| &field.name)).expect("a Vec takes everything");
        writer.into_inner().expect("a Vec takes everything")
    }

    /// Puts a schema together from its fields, and checks that names are unique.
    ///
    /// # Errors
    /// [`SchemaError::DuplicateField`].
    pub fn new(fields: Vec<Field>) -> Result<Schema, SchemaError> {
        let mut by_name = HashMap::with_capacity(fields.len());
        for (index, field) in fields.iter().enumerate() {
            if by_name.insert(nfkc(&field.name), index).is_some() {
                return Err(SchemaError::DuplicateField(field.name.clone()));
            }
        }
        let mut by_label = HashMap::with_capacity(2 * fields.len());
        for (index, field) in fields.iter().enumerate() {
            by_label.insert(fold_label(&field.name), (index, LabelMatch::Folded));
        }
        for (index, field) in fields.iter().enumerate() {
            for alias in &field.aliases {
                by_label.entry(fold_label(alias)).or_insert((index, LabelMatch::Alias));
            }
        }
        let mut by_english_name = HashMap::with_capacity(fields.len());
        for (index, field) in fields.iter().enumerate() {
            if let Some(name) = field.english() {
                by_english_name.entry(name.to_owned()).or_insert(index);
            }
        }
        Ok(Schema {
            fields,
            record_id: None,
            record_name: None,
            ascending: Vec::new(),
            sums: Vec::new(),
            opening: None,
            by_name,
            by_english_name,
            by_label,
            english: OnceLock::new(),
        })
    }

    /// This schema with further text columns behind its own: what a municipality adds to the standard.
    /// Names must be new.
    ///
    /// # Errors
    /// [`SchemaError::DuplicateField`].
    pub fn with_extra_columns<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<Schema, SchemaError> {
        let mut fields = self.fields.clone();
        for name in names {
            fields.push(Field::extra(name, fields.len() + 1));
        }
        let extended = Schema::new(fields)?;
        Ok(Schema {
            record_id: self.record_id,
            record_name: self.record_name,
            ascending: self.ascending.clone(),
            sums: self.sums.clone(),
            opening: self.opening,
            ..extended
        })
    }

    /// A name for a further column that no field and none of the others has: the given one, if it is free.
    pub fn free_name(&self, name: &str, others: &[String]) -> String {
        let is_free = |name: &str| self.index_of(name).is_none() && !others.iter().any(|other| other == name);
        if is_free(name) {
            return name.to_owned();
        }
        let mut numbered = (2..).map(|number| format!("{name} ({number})"));
        numbered.find(|name| is_free(name)).expect("numbers do not end")
    }

    /// The fields in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The index of the field with this name, compared after NFKC.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.by_name.get(&nfkc(name)).copied()
    }

    /// The field with this name, compared after NFKC.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.index_of(name).map(|index| &self.fields[index])
    }

    /// The index of the field that a question means: by the standard's name, else by the English one.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.index_of(name).or_else(|| self.by_english_name.get(nfkc(name).as_str()).copied())
    }

    /// This schema with the English names of its fields. One that has none, or would be named like another, keeps its own.
    pub fn in_english(&self) -> &Schema {
        self.english.get_or_init(|| {
            let mut fields = self.fields.clone();
            for (index, field) in fields.iter_mut().enumerate() {
                let Some(name) = self.fields[index].english() else { continue };
                let is_first = self.by_english_name.get(name) == Some(&index);
                if is_first && self.index_of(name).is_none() {
                    field.name = name.to_owned();
                }
            }
            let renamed = Schema::new(fields).expect("no name was taken that another field has");
            Arc::new(Schema {
                record_id: self.record_id,
                record_name: self.record_name,
                ascending: self.ascending.clone(),
                sums: self.sums.clone(),
                opening: self.opening,
                ..renamed
            })
        })
    }

    /// The field that a column heading stands for, and how it was matched.
    pub fn match_label(&self, label: &str) -> Option<(usize, LabelMatch)> {
        let (index, how) = self.match_folded(&fold_label(label))?;
        Some((index, if self.fields[index].name == label { LabelMatch::Exact } else { how }))
    }

    /// As [`Schema::match_label`], of a heading that [`fold_label`] has folded.
    pub fn match_folded(&self, folded: &str) -> Option<(usize, LabelMatch)> {
        self.by_label.get(folded).copied()
    }

    /// The index of the field that identifies a record, where the standard has one.
    pub fn record_id(&self) -> Option<usize> {
        self.record_id
    }

    /// The index of the field that names a record for people.
    pub fn record_name(&self) -> Option<usize> {
        self.record_name
    }

    /// Pairs of field indexes of which the first value may not lie after the second.
    pub fn ascending(&self) -> &[(usize, usize)] {
        &self.ascending
    }

    /// The fields that are sums of others.
    pub fn sums(&self) -> &[Sum] {
        &self.sums
    }

    /// The fields that say when a place is open, where the table has any.
    pub fn opening(&self) -> Option<Opening> {
        self.opening
    }

    /// The index of the first field of a kind.
    pub fn first_of(&self, kind: Kind) -> Option<usize> {
        self.fields.iter().position(|field| field.kind == kind)
    }

    /// The indexes of the fields of a role.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = usize> + '_ {
        self.fields.iter().enumerate().filter(move |(_, field)| field.role == Some(role)).map(|(index, _)| index)
    }

    /// The indexes of latitude and longitude, where the table has both.
    pub fn coordinates(&self) -> Option<(usize, usize)> {
        Some((self.first_of(Kind::Latitude)?, self.first_of(Kind::Longitude)?))
    }

    /// The field whose name is nearest to a misspelt one, if any is near enough to be meant.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.fields.iter().map(|field| field.name.as_str()))
    }
}

/// The candidate most like a misspelt name, if one is near enough to be what was meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = fold_label(name);
    // Of two characters one may be wrong; of six three may not.
    let least = if wanted.chars().count() <= 4 { 0.5 } else { 0.55 };
    candidates
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(&wanted, &fold_label(candidate)), candidate))
        .filter(|(likeness, _)| *likeness >= least)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}
