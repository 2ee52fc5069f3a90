//! Where the rows of a question come from: all records of its scope, or only those that the search index names.

use super::Scope;
use super::filter;
use super::statement::Statement;
use crate::query::{Condition, Operand, Query, Test};
use crate::schema::{Comparison, Kind, Schema, json_token};
use crate::store::search;
use crate::text::search::by_character;

/// In a scope of fewer records looking at each is quicker than asking the index.
const SMALL: u64 = 2_000;

/// What a row is taken from: stands behind `FROM`. Conditions on fields are still to be tested; the words of the question
/// are done with.
///
/// Rows are fetched for each block or hit by itself (`LATERAL … OFFSET 0`): left to choose, the planner, who knows nothing
/// of hashes, joins whole tables.
pub fn of_query(schema: &Schema, scope: &Scope, query: &Query) -> Statement {
    if !query.words.is_empty() {
        return rows_of(hits(schema, scope, query));
    }
    let needed = Needed::of(schema, scope, query);
    if needed.is_nothing() {
        return Statement::new("records");
    }
    // The row numbers of a block and `search::BLOCK_ROWS` belong together.
    let mut statement = Statement::new("(SELECT table_id AS block_table, first_row FROM search_blocks WHERE ");
    statement.append(needed.condition(scope));
    statement.push(
        " OFFSET 0) AS block, LATERAL (SELECT * FROM records WHERE table_id = block_table AND row_number >= \
         first_row AND row_number < first_row + 32 OFFSET 0) AS records",
    );
    statement
}

/// The rows of hits, as [`of_query`].
pub fn rows_of(hits: Statement) -> Statement {
    let mut statement = Statement::new("(");
    statement.append(hits);
    statement.push(
        ") AS hit (hit_table, hit_row), LATERAL (SELECT * FROM records WHERE table_id = hit_table AND row_number = hit_row \
         OFFSET 0) AS records",
    );
    statement
}

/// Whether an index finds what is asked for.
pub fn is_indexed(query: &Query) -> bool {
    query.area.is_some()
        || !query.words.is_empty()
        || query.conditions.iter().any(|condition| is_needed(&condition.test))
}

/// Whether the index knows of the values that a test lets pass.
fn is_needed(test: &Test) -> bool {
    match test {
        Test::In { null, .. } => !null,
        Test::Contains(_) | Test::StartsWith(_) | Test::EndsWith(_) => true,
        Test::NotIn { .. } | Test::Lt(_) | Test::Lte(_) | Test::Gt(_) | Test::Gte(_) | Test::IsNull(_) => false,
    }
}

/// The table and number of each row that has the words of a question.
pub fn hits(schema: &Schema, scope: &Scope, query: &Query) -> Statement {
    let needed = Needed::of(schema, scope, query);
    let mut statement = Statement::new(
        "SELECT table_id, first_row + line.number::integer - 1 AS row_number FROM search_blocks, \
         string_to_table(folded, E'\\n') WITH ORDINALITY AS line (text, number) WHERE ",
    );
    if needed.is_nothing() {
        statement.append(scope.filter());
    } else {
        statement.append(needed.condition(scope));
    }
    // First the block, then the line: most blocks that hash like the word do not hold it.
    for column in ["folded", "line.text"] {
        for word in &query.words {
            statement.push(" AND (");
            for (index, spelling) in word.spellings.iter().enumerate() {
                statement.push(if index > 0 { " OR strpos(" } else { "strpos(" });
                statement.push(column).push(", ").text(spelling.as_str()).push(") > 0");
            }
            statement.push(")");
        }
    }
    statement
}

/// Tokens that a block must have to hold a record that is asked for.
#[derive(Default)]
struct Needed {
    all: Vec<i32>,
    /// Of each list one.
    any: Vec<Vec<i32>>,
    /// Of each list all of one entry.
    any_all: Vec<Vec<Vec<i32>>>,
}

impl Needed {
    fn of(schema: &Schema, scope: &Scope, query: &Query) -> Needed {
        let mut needed = Needed::default();
        if scope.row_count() < SMALL {
            return needed;
        }
        for condition in &query.conditions {
            needed.add_condition(schema, condition);
        }
        for word in &query.words {
            match word.spellings.as_slice() {
                [spelling] => needed.all.extend(search::part(spelling)),
                spellings => needed.any_all.push(spellings.iter().map(|spelling| search::part(spelling)).collect()),
            }
        }
        if let (false, Some(table)) = (needed.is_nothing(), scope.only_table()) {
            needed.all.push(search::table(table));
        }
        needed
    }

    fn is_nothing(&self) -> bool {
        self.all.is_empty() && self.any.is_empty() && self.any_all.is_empty()
    }

    fn add_condition(&mut self, schema: &Schema, condition: &Condition) {
        let field = condition.field;
        match &condition.test {
            Test::In { values, null: false } => {
                let comparison = filter::comparison(schema, field);
                let tokens: Vec<i32> = values.iter().map(|operand| value(comparison, field, operand)).collect();
                match tokens.as_slice() {
                    [one] => self.all.push(*one),
                    _ => self.any.push(tokens),
                }
            }
            Test::Contains(part) | Test::StartsWith(part) | Test::EndsWith(part) => {
                self.all.extend(search::part(&by_character(part)));
            }
            Test::In { null: true, .. }
            | Test::NotIn { .. }
            | Test::Lt(_)
            | Test::Lte(_)
            | Test::Gt(_)
            | Test::Gte(_)
            | Test::IsNull(_) => {}
        }
    }

    /// The condition that a block may hold what is asked for. Of the two indexes of the blocks it is the one of tokens that
    /// is to be asked (the table has a token too), so the other one is put out of reach.
    fn condition(self, scope: &Scope) -> Statement {
        let mut statement = Statement::default();
        if !self.all.is_empty() {
            statement.push("tokens @> ").integers(self.all);
        }
        for any in self.any {
            and(&mut statement);
            statement.push("tokens && ").integers(any);
        }
        for choices in self.any_all {
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

fn value(comparison: Comparison, field: usize, operand: &Operand) -> i32 {
    match comparison {
        Comparison::Number => search::number_value(field, operand.as_str()),
        Comparison::Text => {
            let mut token = String::new();
            json_token(Kind::String, operand.as_str(), &mut token);
            search::value(field, &token)
        }
    }
}
