//! A table of the current edition turned back into its older form: `becomes`, read backwards. Nothing is lost: what the
//! older form has no column for stands behind its columns.

use super::{Edition, Form, Table};
use crate::municipality;
use crate::schema::{Kind, Record, Role, Schema, json_token, token_text};

/// How the records of a table look in the older edition.
#[derive(Clone, Debug)]
pub struct Older {
    schema: Schema,
    cells: Vec<Cell>,
}

/// Where the value of a column comes from: a field of the current edition, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Field(usize),
    /// Of the name of a local government, the prefecture that it begins with.
    Prefecture(usize),
    /// What follows the prefecture.
    Municipality(usize),
    Blank,
}

impl Older {
    /// The older form of a table; `None` where there is none. `schema` is the table's with the columns that its publisher
    /// added, `is_filled` tells for its fields whether any record holds a value: others need no column behind.
    pub fn of(table: &Table, schema: &Schema, is_filled: impl Fn(usize) -> bool) -> Option<Older> {
        let form = table.forms.iter().find(|form| form.edition == Edition::Recommended)?;
        let current = table.schema();
        let mut cells: Vec<Cell> =
            (0..form.schema.fields().len()).map(|column| cell(form, current, schema, column)).collect();
        let mut names: Vec<String> = Vec::new();
        for (index, field) in schema.fields().iter().enumerate() {
            if is_filled(index) && !cells.iter().any(|cell| cell.field() == Some(index)) {
                names.push(form.schema.free_name(&field.name, &names));
                cells.push(Cell::Field(index));
            }
        }
        let schema = form.schema.with_extra_columns(names.iter().map(String::as_str)).ok()?;
        Some(Older { schema, cells })
    }

    /// The columns: those of the older form in its order, and what it has no column for.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// A record in the older form.
    #[must_use]
    pub fn record(&self, record: &Record) -> Record {
        let tokens: Vec<&str> = record.tokens().collect();
        let token = |field: usize| tokens.get(field).copied().filter(|token| !token.is_empty()).unwrap_or("null");
        let mut values = String::with_capacity(record.values.len());
        for (column, cell) in self.cells.iter().enumerate() {
            if column > 0 {
                values.push('\n');
            }
            match *cell {
                Cell::Field(field) => values.push_str(token(field)),
                Cell::Prefecture(field) => {
                    json_token(Kind::String, municipality::split(&token_text(token(field))).0, &mut values);
                }
                Cell::Municipality(field) => {
                    json_token(Kind::String, municipality::split(&token_text(token(field))).1, &mut values);
                }
                Cell::Blank => values.push_str("null"),
            }
        }
        Record { dataset: record.dataset.clone(), values, raw: self.raw(record), distance_m: record.distance_m }
    }

    fn raw(&self, record: &Record) -> Option<String> {
        let lines = record.raw_tokens().filter_map(|(field, token)| {
            let column = self.cells.iter().position(|cell| *cell == Cell::Field(field))?;
            Some(format!("{} {token}", column + 1))
        });
        let lines: Vec<String> = lines.collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

impl Cell {
    fn field(self) -> Option<usize> {
        match self {
            Cell::Field(field) | Cell::Prefecture(field) | Cell::Municipality(field) => Some(field),
            Cell::Blank => None,
        }
    }
}

/// Where a column of the older form gets its values from.
fn cell(form: &Form, current: &Schema, schema: &Schema, column: usize) -> Cell {
    let fields = form.schema.fields();
    let Some(target) = &fields[column].becomes else {
        // When an older table is published, such a column stands behind the current ones under its own name.
        let added = schema.index_of(&fields[column].name).filter(|index| *index >= current.fields().len());
        return added.map_or(Cell::Blank, Cell::Field);
    };
    let Some(field) = current.index_of(target) else { return Cell::Blank };
    let joined: Vec<usize> =
        (0..fields.len()).filter(|other| fields[*other].becomes.as_ref() == Some(target)).collect();
    match joined[..] {
        [prefecture, municipality]
            if fields[prefecture].role == Some(Role::Prefecture)
                && fields[municipality].role == Some(Role::Municipality) =>
        {
            if column == prefecture {
                Cell::Prefecture(field)
            } else {
                Cell::Municipality(field)
            }
        }
        // Joined again, the whole in the first column is the same.
        [first, ..] if first == column => Cell::Field(field),
        _ => Cell::Blank,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Field;
    use crate::standard::Registry;

    fn older_forms() -> impl Iterator<Item = (&'static Table, &'static Form)> {
        Registry::embedded()
            .forms()
            .filter(|(.., form)| form.edition == Edition::Recommended)
            .map(|(_, table, form)| (table, form))
    }

    #[test]
    fn every_older_form_can_be_gone_back_to() {
        assert!(older_forms().count() > 10);
        for (table, form) in older_forms() {
            let older = Older::of(table, table.schema(), |_| true).expect("it has an older form");
            let names: Vec<&String> = older.schema().fields().iter().map(|field| &field.name).collect();
            let own: Vec<&String> = form.schema.fields().iter().map(|field| &field.name).collect();
            assert_eq!(names[..own.len()], own, "{}: the heading in the older order", form.name);
            // Tokens are handed on as they are.
            for (column, cell) in form.schema.fields().iter().zip(&older.cells) {
                let kind = cell.field().map(|field| table.schema().fields()[field].kind);
                assert!(kind.is_none_or(|kind| kind == column.kind), "{}: {}", form.name, column.name);
            }
            // Every current field has a home.
            let homes: Vec<Option<usize>> = older.cells.iter().map(|cell| cell.field()).collect();
            assert!((0..table.schema().fields().len()).all(|field| homes.contains(&Some(field))), "{}", form.name);
        }
    }

    #[test]
    fn a_record_goes_back() {
        let table = Registry::embedded().find("aed").expect("aed").main_table();
        let schema = table.schema().with_extra_columns(["NO", "点検"]).expect("new names");
        let field = |name: &str| schema.index_of(name).expect("a field");
        let cells = [
            ("全国地方公共団体コード", "331007"),
            ("ID", "A1"),
            ("地方公共団体名", "岡山県岡山市"),
            ("緯度", "34.660"),
            ("郵便番号", "7008544"),
            ("NO", "7"),
        ];
        let texts: Vec<&str> = schema
            .fields()
            .iter()
            .map(|field| cells.iter().find(|(name, _)| *name == field.name).map_or("", |(_, text)| *text))
            .collect();
        let kinds = schema.fields().iter().map(|field: &Field| field.kind);
        let record = Record {
            values: Record::lay_out(kinds.zip(texts.iter().copied())),
            raw: Some(format!("{} \"百三十三度\"", field("経度") + 1)),
            ..Record::default()
        };
        let older = Older::of(table, &schema, |index| !texts[index].is_empty()).expect("an older form");
        let lifted = older.record(&record);
        let text = |name: &str| lifted.text(older.schema().index_of(name).expect(name)).into_owned();
        for (name, expected) in [
            ("都道府県コード又は市区町村コード", "331007"),
            ("NO", "A1"),
            ("都道府県名", "岡山県"),
            ("市区町村名", "岡山市"),
            ("緯度", "34.660"),
            ("郵便番号", "7008544"),
            ("NO (2)", "7"),
        ] {
            assert_eq!(text(name), expected, "{name}");
        }
        assert_eq!(older.schema().index_of("点検"), None, "nothing stands there");
        let longitude = older.schema().index_of("経度").expect("経度");
        assert_eq!(lifted.raw_tokens().collect::<Vec<_>>(), [(longitude, "\"百三十三度\"")]);
    }

    #[test]
    fn a_table_that_has_no_older_form_has_none() {
        let table = Registry::embedded().forms().map(|(_, table, _)| table);
        let mut without = table.filter(|table| table.forms.iter().all(|form| form.edition != Edition::Recommended));
        let table = without.next().expect("there is one");
        assert!(Older::of(table, table.schema(), |_| true).is_none());
    }
}
