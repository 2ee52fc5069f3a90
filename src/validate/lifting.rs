//! Where the columns of a file go in the current edition of its table. Nothing is lost: a column without a home there
//! becomes an extra one behind the standard's own.

use crate::schema::{Schema, SchemaError};
use crate::standard::Edition;
use crate::tabular::header::{Column, Subject};

/// The way from the columns of a file to the fields of the current edition.
#[derive(Debug)]
pub(super) struct Lifting {
    /// The current edition's schema with the extra columns.
    pub schema: Schema,
    /// How many columns are the standard's own.
    pub field_count: usize,
    /// Names of the columns behind them.
    pub extra_columns: Vec<String>,
    /// For each field of `schema`, the columns whose values are joined into it.
    pub sources: Vec<Vec<usize>>,
}

impl Lifting {
    /// From the columns of the file, of which `is_filled` tells whether anything stands in them, the places behind them for
    /// `absent` fields of the form, and behind those places for the `surplus`, the columns beyond the heading that hold
    /// anything.
    pub(super) fn new(
        subject: Subject<'_>,
        columns: &[Column],
        is_filled: &[bool],
        absent: &[usize],
        surplus: &[usize],
    ) -> Result<Lifting, SchemaError> {
        let current = subject.table.schema();
        let form = &subject.form.schema;
        let home = |field: usize| {
            let field = &form.fields()[field];
            match subject.form.edition {
                Edition::Standard => current.index_of(&field.name),
                Edition::Recommended | Edition::Variant => current.index_of(field.becomes.as_ref()?),
            }
        };
        // A column that the form does not know may be one of the other edition, since files stand between the two: a file
        // that was lifted before, or one that was turned back. Such a column goes behind all fields of the form.
        let beyond = form.fields().len();
        let is_current = subject.form.edition == Edition::Standard;
        let older = subject.table.forms.iter().find(|form| is_current && form.edition == Edition::Recommended);
        let other_home = |label: &str| -> Option<(usize, usize)> {
            if let Some(target) = current.index_of(label) {
                return Some((beyond, target));
            }
            let schema = &older?.schema;
            let field = schema.index_of(label)?;
            Some((beyond + field, current.index_of(schema.fields()[field].becomes.as_ref()?)?))
        };
        // Joined values stand in the order of the form's fields, whatever the order of the columns.
        let mut homes: Vec<Vec<(usize, usize)>> = vec![Vec::new(); current.fields().len()];
        let behind = columns.len()..columns.len() + absent.len();
        let mut placed = vec![false; behind.end + surplus.len()];
        for (index, column) in columns.iter().enumerate() {
            if let Some((field, _)) = column.field
                && let Some(target) = home(field)
            {
                homes[target].push((field, index));
                placed[index] = true;
            }
        }
        let mut extra_columns: Vec<String> = Vec::new();
        let mut extra_sources = Vec::new();
        for index in (0..placed.len()).filter(|index| !placed[*index] && !behind.contains(index)) {
            let label = columns.get(index).map_or("", |column| column.label.as_str());
            let is_free = |(place, target): &(usize, usize)| {
                homes[*target].iter().all(|(taken, _)| *taken >= beyond && taken != place)
            };
            match other_home(label).filter(is_free) {
                Some((place, target)) => homes[target].push((place, index)),
                None if is_filled.get(index) == Some(&false) => {}
                None => {
                    let number = if index < behind.end { index } else { surplus[index - behind.end] } + 1;
                    let unnamed = format!("列{number}");
                    let name = if label.is_empty() { &unnamed } else { label };
                    extra_columns.push(current.free_name(name, &extra_columns));
                    extra_sources.push(vec![index]);
                }
            }
        }
        for (field, place) in absent.iter().zip(behind) {
            let is_free = |target: &usize| homes[*target].iter().all(|(field, _)| *field < beyond);
            if let Some(target) = home(*field).filter(is_free) {
                homes[target].push((*field, place));
            }
        }
        let mut sources: Vec<Vec<usize>> = Vec::with_capacity(homes.len() + extra_sources.len());
        for mut home in homes {
            home.sort_unstable();
            sources.push(home.into_iter().map(|(_, place)| place).collect());
        }
        sources.extend(extra_sources);
        let schema = current.with_extra_columns(extra_columns.iter().map(String::as_str))?;
        Ok(Lifting { field_count: current.fields().len(), schema, extra_columns, sources })
    }
}
