//! Groups of records, and what is counted and summed up in them. A group is a record of another table: the one that
//! [`Grouping::schema`] describes, so that orders, cursors and every output format take groups like records.

use super::Sort;
use crate::schema::{Comparison, Field, Kind, Schema};
use crate::text::nfkc;

/// What records are grouped by, and what is asked of each group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// Records that are the same in all of these are one group; without any, all records are one.
    pub keys: Vec<Key>,
    /// What is asked of each group, in this order.
    pub aggregates: Vec<Aggregate>,
}

/// One thing that records of a group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The value of the field with this index.
    Field(usize),
    /// The data set, in questions across organizations.
    Dataset,
}

/// One number or value made from the records of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// How many records there are.
    Count,
    /// A number or value made from the field with this index; blanks take no part.
    Of(Function, usize),
}

/// What is made from the values of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// The sum, exact.
    Sum,
    /// The mean.
    Avg,
    /// The smallest value.
    Min,
    /// The largest value.
    Max,
}

impl Function {
    /// Every function.
    pub const ALL: [Function; 4] = [Function::Sum, Function::Avg, Function::Min, Function::Max];

    /// The name in `aggregate=`.
    pub fn name(self) -> &'static str {
        match self {
            Function::Sum => "sum",
            Function::Avg => "avg",
            Function::Min => "min",
            Function::Max => "max",
        }
    }

    /// Whether fields of a kind take it: texts have no sum.
    pub fn applies_to(self, kind: Kind) -> bool {
        match self {
            Function::Sum | Function::Avg => kind.comparison() == Comparison::Number,
            Function::Min | Function::Max => true,
        }
    }
}

/// The name of [`Key::Dataset`].
pub const DATASET: &str = "dataset";
/// The name of [`Aggregate::Count`].
pub const COUNT: &str = "count";

impl Key {
    /// The name of the key, in the language of these fields.
    pub fn name(self, schema: &Schema) -> &str {
        match self {
            Key::Field(index) => schema.fields().get(index).map_or("", |field| &field.name),
            Key::Dataset => DATASET,
        }
    }
}

impl Grouping {
    /// How many records there are of each value of one key: what a profile of the column answers without looking at
    /// any record.
    pub fn counts_of(key: Key) -> Grouping {
        Grouping { keys: vec![key], aggregates: vec![Aggregate::Count] }
    }

    /// Most records first, where they are counted; then by the keys.
    pub fn usual_order(&self) -> Vec<Sort> {
        let count = self.aggregates.iter().position(|aggregate| *aggregate == Aggregate::Count);
        let count = count.map(|place| Sort { field: self.keys.len() + place, descending: true });
        count.into_iter().chain((0..self.keys.len()).map(|field| Sort { field, descending: false })).collect()
    }

    /// The table of which a group is a record: the keys, then the aggregates.
    pub fn schema(&self, source: &Schema) -> Schema {
        let keys = self.keys.iter().map(|key| match key {
            Key::Field(index) => {
                let field = &source.fields()[*index];
                Field { name_en: field.english().unwrap_or_default().to_owned(), ..field.clone() }
            }
            Key::Dataset => named(DATASET, DATASET, Kind::String),
        });
        let aggregates = self.aggregates.iter().map(|aggregate| match aggregate {
            Aggregate::Count => named(COUNT, COUNT, Kind::Integer),
            Aggregate::Of(function, index) => {
                let field = &source.fields()[*index];
                let english = field.english().map(|name| format!("{}({name})", function.name())).unwrap_or_default();
                named(&format!("{}({})", function.name(), field.name), &english, result(*function, field.kind))
            }
        });
        let mut fields: Vec<Field> = Vec::with_capacity(self.keys.len() + self.aggregates.len());
        for mut field in keys.chain(aggregates) {
            // A column of a publisher's own may be called `count`.
            let is_taken = |name: &str| fields.iter().any(|other| nfkc(&other.name) == nfkc(name));
            if is_taken(&field.name) {
                let mut numbered = (2..).map(|number| format!("{} ({number})", field.name));
                field.name = numbered.find(|name| !is_taken(name)).expect("numbers do not end");
            }
            field.position = fields.len() + 1;
            fields.push(field);
        }
        Schema::new(fields).expect("names were made different")
    }
}

fn named(name: &str, english: &str, kind: Kind) -> Field {
    Field { name_en: english.to_owned(), kind, ..Field::extra(name, 0) }
}

/// What kind of value a function makes. The mean of latitudes is a number, and no place.
fn result(function: Function, kind: Kind) -> Kind {
    match (function, kind.comparison()) {
        (Function::Avg, _) => Kind::Number,
        (_, Comparison::Number) if kind == Kind::Integer => Kind::Integer,
        (_, Comparison::Number) => Kind::Number,
        (Function::Min | Function::Max | Function::Sum, Comparison::Text) => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::tests::schema;

    #[test]
    fn a_group_is_a_record_of_another_table() {
        let capacity = schema().index_of("定員").unwrap();
        let day = schema().index_of("開始日").unwrap();
        let grouping = Grouping {
            keys: vec![Key::Field(day), Key::Dataset],
            aggregates: vec![
                Aggregate::Count,
                Aggregate::Of(Function::Avg, capacity),
                Aggregate::Of(Function::Max, day),
                Aggregate::Of(Function::Sum, schema().index_of("緯度").unwrap()),
            ],
        };
        let table = grouping.schema(&schema());
        let fields: Vec<(&str, Kind)> = table.fields().iter().map(|field| (field.name.as_str(), field.kind)).collect();
        assert_eq!(
            fields,
            [
                ("開始日", Kind::Date),
                ("dataset", Kind::String),
                ("count", Kind::Integer),
                ("avg(定員)", Kind::Number),
                ("max(開始日)", Kind::Date),
                ("sum(緯度)", Kind::Number),
            ]
        );
    }

    #[test]
    fn a_column_may_be_called_like_an_aggregate() {
        let source = Schema::new(vec![Field::extra("count", 1), Field::extra("count (2)", 2)]).unwrap();
        let grouping = Grouping { keys: vec![Key::Field(0), Key::Field(1)], aggregates: vec![Aggregate::Count] };
        let table = grouping.schema(&source);
        let names: Vec<&str> = table.fields().iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["count", "count (2)", "count (3)"]);
    }
}
