//! SQL text put together from constants and whole numbers of ours. Everything that comes from outside is a bind: there is
//! no way to add a text that is not known when the program is compiled.

use std::marker::PhantomData;

use diesel::RunQueryDsl;
use diesel::pg::{Pg, PgConnection};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Double, Integer, Text};

use crate::query;

/// A statement or a part of one.
#[derive(Clone, Debug, Default)]
pub struct Statement {
    parts: Vec<Part>,
    is_lasting: bool,
}

#[derive(Clone, Debug)]
enum Part {
    Sql(&'static str),
    Number(usize),
    Text(String),
    Texts(Vec<String>),
    Big(i64),
    Bigs(Vec<i64>),
    Integer(i32),
    Integers(Vec<i32>),
    Double(f64),
}

impl Statement {
    /// Begins with this SQL.
    pub fn new(sql: &'static str) -> Statement {
        Statement { parts: vec![Part::Sql(sql)], is_lasting: false }
    }

    /// Adds SQL.
    pub fn push(&mut self, sql: &'static str) -> &mut Statement {
        self.add(Part::Sql(sql))
    }

    /// Adds the digits of a number of ours, e.g. the position of a field.
    pub fn number(&mut self, number: usize) -> &mut Statement {
        self.add(Part::Number(number))
    }

    /// Adds all of another part.
    pub fn append(&mut self, other: Statement) -> &mut Statement {
        self.parts.extend(other.parts);
        self
    }

    /// Binds a text.
    pub fn text(&mut self, text: impl Into<String>) -> &mut Statement {
        self.add(Part::Text(text.into()))
    }

    /// Binds a list of texts.
    pub fn texts(&mut self, texts: Vec<String>) -> &mut Statement {
        self.add(Part::Texts(texts))
    }

    /// Binds a count as a `bigint`.
    pub fn big(&mut self, count: usize) -> &mut Statement {
        self.key(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// Binds a key, a `bigint`.
    pub fn key(&mut self, key: i64) -> &mut Statement {
        self.add(Part::Big(key))
    }

    /// Binds a list of keys.
    pub fn keys(&mut self, keys: Vec<i64>) -> &mut Statement {
        self.add(Part::Bigs(keys))
    }

    /// Binds an `integer`.
    pub fn integer(&mut self, number: i32) -> &mut Statement {
        self.add(Part::Integer(number))
    }

    /// Binds a list of `integer`s.
    pub fn integers(&mut self, numbers: Vec<i32>) -> &mut Statement {
        self.add(Part::Integers(numbers))
    }

    /// Whether nothing stands in it yet.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Binds a `double precision`.
    pub fn double(&mut self, number: f64) -> &mut Statement {
        self.add(Part::Double(number))
    }

    /// Adds the limit, one more than asked for, and the offset of a page.
    pub fn page(&mut self, query: &query::Query) -> &mut Statement {
        self.push(" LIMIT ").big(query.limit.saturating_add(1)).push(" OFFSET ").big(query.offset)
    }

    /// The connection keeps this statement prepared. Only for texts of which there are few: it never forgets one.
    pub fn lasting(mut self) -> Statement {
        self.is_lasting = true;
        self
    }

    /// Keeps it prepared where this holds.
    pub fn lasting_if(mut self, condition: bool) -> Statement {
        self.is_lasting |= condition;
        self
    }

    /// The statement as a query with these columns.
    pub fn select<Columns>(self) -> Select<Columns> {
        Select { statement: self, columns: PhantomData }
    }

    fn add(&mut self, part: Part) -> &mut Statement {
        self.parts.push(part);
        self
    }
}

/// A statement and the SQL types of what it answers.
pub struct Select<Columns> {
    statement: Statement,
    columns: PhantomData<Columns>,
}

impl<Columns> Query for Select<Columns> {
    type SqlType = Columns;
}

impl<Columns> RunQueryDsl<PgConnection> for Select<Columns> {}

impl<Columns> QueryId for Select<Columns> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Columns> QueryFragment<Pg> for Select<Columns> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if !self.statement.is_lasting {
            out.unsafe_to_cache_prepared();
        }
        for part in &self.statement.parts {
            match part {
                Part::Sql(sql) => out.push_sql(sql),
                Part::Number(number) => out.push_sql(&number.to_string()),
                Part::Text(text) => out.push_bind_param::<Text, _>(text)?,
                Part::Texts(texts) => out.push_bind_param::<Array<Text>, _>(texts)?,
                Part::Big(number) => out.push_bind_param::<BigInt, _>(number)?,
                Part::Bigs(numbers) => out.push_bind_param::<Array<BigInt>, _>(numbers)?,
                Part::Integer(number) => out.push_bind_param::<Integer, _>(number)?,
                Part::Integers(numbers) => out.push_bind_param::<Array<Integer>, _>(numbers)?,
                Part::Double(number) => out.push_bind_param::<Double, _>(number)?,
            }
        }
        Ok(())
    }
}
