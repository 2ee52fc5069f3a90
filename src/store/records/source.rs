//! Where the rows of a question come from: all records of its scope, or only those that the search index names.

use diesel::pg::PgConnection;

use super::statement::Statement;
use super::{Scope, lines};
use crate::query::{Condition, Operand, Query, Test};
use crate::schema::Schema;
use crate::store::{StoreError, search};
use crate::text::search::by_character;

/// In a scope of fewer records looking at each is quicker than asking the index.
pub const SMALL: u64 = 2_000;

/// What rows are taken from: stands behind `FROM`. Conditions on fields are still to be tested; the words of the question
/// are done with.
///
/// # Errors
/// Where the database fails.
pub fn find(
    connection: &mut PgConnection,
    schema: &Schema,
    scope: &Scope,
    query: &Query,
) -> Result<Statement, StoreError> {
    if lines::help(scope, query) {
        return Ok(of_rows(lines::rows(connection, schema, scope, query)?.behind(None)));
    }
    let needed = Needed::in_scope(scope, query);
    Ok(if needed.is_nothing() { Statement::new("records") } else { of_blocks(needed.condition(scope)) })
}

/// The rows of the blocks that fulfil a condition, each block by itself (`LATERAL … OFFSET 0`): left to choose, the planner,
/// who knows nothing of hashes, joins whole tables.
fn of_blocks(condition: Statement) -> Statement {
    // The row numbers of a block and `search::BLOCK_ROWS` belong together.
    let mut statement = Statement::new("(SELECT table_id AS block_table, first_row FROM search_blocks WHERE ");
    statement.append(condition).push(
        " OFFSET 0) AS block, LATERAL (SELECT * FROM records WHERE table_id = block_table AND row_number >= \
         first_row AND row_number < first_row + 32 OFFSET 0) AS records",
    );
    statement
}

/// Rows that are known by table and number.
pub fn of_rows(rows: impl Iterator<Item = (i64, i32)>) -> Statement {
    let (tables, numbers) = rows.unzip();
    let mut statement = Statement::new("unnest(");
    statement.keys(tables).push(", ").integers(numbers).push(
        ") AS hit (hit_table, hit_row), LATERAL (SELECT * FROM records WHERE table_id = hit_table AND row_number = hit_row \
         OFFSET 0) AS records",
    );
    statement
}

/// Whether the rows are all records of the scope.
pub fn is_all(scope: &Scope, query: &Query) -> bool {
    !lines::help(scope, query) && Needed::in_scope(scope, query).is_nothing()
}

/// Whether an index finds what is asked for.
pub fn is_indexed(query: &Query) -> bool {
    query.area.is_some() || !Needed::of(query).is_nothing()
}

/// What the value of a field is or holds wherever a test passes.
pub enum Sought<'t> {
    /// It is one of these.
    OneOf(&'t [Operand]),
    /// It holds this text.
    Part(&'t str),
}

impl Sought<'_> {
    /// Of this test; `None` where there is nothing to look for.
    pub fn by(test: &Test) -> Option<Sought<'_>> {
        match test {
            Test::In { values, null: false } => Some(Sought::OneOf(values)),
            Test::Contains(part) | Test::StartsWith(part) | Test::EndsWith(part) => Some(Sought::Part(part)),
            Test::In { null: true, .. }
            | Test::NotIn { .. }
            | Test::Lt(_)
            | Test::Lte(_)
            | Test::Gt(_)
            | Test::Gte(_)
            | Test::IsNull(_) => None,
        }
    }
}

/// Tokens that a block must have to hold a record that is asked for.
#[derive(Default)]
pub struct Needed {
    all: Vec<i32>,
    /// Of each list all of one entry.
    any: Vec<Vec<Vec<i32>>>,
}

impl Needed {
    fn of(query: &Query) -> Needed {
        let mut needed = Needed::default();
        for condition in &query.conditions {
            needed.add_condition(condition);
        }
        for word in &query.words {
            needed.add(word.spellings.iter().map(|spelling| search::part(spelling)).collect());
        }
        needed
    }

    /// Of the records in a scope; nothing where looking at each is quicker.
    pub fn in_scope(scope: &Scope, query: &Query) -> Needed {
        if scope.row_count() < SMALL {
            return Needed::default();
        }
        let mut needed = Needed::of(query);
        if !needed.is_nothing() {
            needed.all.push(scope.token());
        }
        needed
    }

    /// Whether a block may be any.
    pub fn is_nothing(&self) -> bool {
        self.all.is_empty() && self.any.is_empty()
    }

    fn add_condition(&mut self, condition: &Condition) {
        let equal = |operand: &Operand| match operand {
            Operand::Text(text) => search::equal_text(condition.field, text),
            Operand::Number(number) => search::equal_number(condition.field, number),
        };
        match Sought::by(&condition.test) {
            Some(Sought::OneOf(values)) => self.add(values.iter().map(equal).collect()),
            Some(Sought::Part(part)) => self.add(vec![search::part(&by_character(part))]),
            None => {}
        }
    }

    /// Adds that a block must have all tokens of one of these; one without tokens may be anywhere.
    fn add(&mut self, mut choices: Vec<Vec<i32>>) {
        if choices.iter().any(Vec::is_empty) {
            return;
        }
        match choices.as_mut_slice() {
            [] => {}
            [one] => self.all.append(one),
            _ => self.any.push(choices),
        }
    }

    /// The condition that a block may hold what is asked for. Of the two indexes of the blocks it is the one of tokens that
    /// is to be asked (the table has a token too), so the other one is put out of reach.
    pub fn condition(self, scope: &Scope) -> Statement {
        if self.is_nothing() {
            return scope.filter();
        }
        let mut statement = Statement::default();
        if !self.all.is_empty() {
            statement.push("tokens @> ").integers(self.all);
        }
        for choices in self.any {
            and(&mut statement);
            for (index, all) in choices.into_iter().enumerate() {
                statement.push(if index > 0 { " OR tokens @> " } else { "(tokens @> " }).integers(all);
            }
            statement.push(")");
        }
        statement.push(" AND 0 + ").append(scope.filter());
        statement
    }
}

fn and(statement: &mut Statement) {
    if !statement.is_empty() {
        statement.push(" AND ");
    }
}
