//! The crate's tree as an [`Expression`]: conditions, and how negations are carried down to them.
//!
//! `NOT (a AND b)` is `NOT a OR NOT b` also where a truth is unknown, so a negation can be carried down to single tests, and
//! of a test that is negated it can be said when it is true. What is unknown is then simply not true.

use cql2::Expr;

use super::cost::Cost;
use super::scan::Scanned;
use super::term::Value;
use super::{example, geometry, temporal, words};
use crate::{
    query::{
        Comparator, Condition, Expression, Operand, Relation, Test, Wildcard,
        parse::{both, condition, condition::Mistake},
    },
    schema::{Comparison, Schema},
};

/// The predicates of space, in the crate's spelling. Standing apart is the negation of having a point in common.
const RELATIONS: [(&str, Relation); 8] = [
    ("s_intersects", Relation::Intersects),
    ("s_disjoint", Relation::Intersects),
    ("s_contains", Relation::Contains),
    ("s_within", Relation::Within),
    ("s_equals", Relation::Equals),
    ("s_touches", Relation::Touches),
    ("s_crosses", Relation::Crosses),
    ("s_overlaps", Relation::Overlaps),
];

/// Reads one filter, and gathers everything that is wrong with it.
pub(super) struct Reader<'a> {
    pub(super) schema: &'a Schema,
    scanned: Option<&'a Scanned>,
    cost: Cost,
    /// How much has been calculated with.
    pub(super) calculations: usize,
    /// Positions of its shapes.
    positions: usize,
    mistakes: Vec<Mistake>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(schema: &'a Schema, scanned: Option<&'a Scanned>) -> Reader<'a> {
        Reader { schema, scanned, cost: Cost::default(), calculations: 0, positions: 0, mistakes: Vec::new() }
    }

    /// The filter, or all its mistakes.
    pub(super) fn read(mut self, tree: &Expr) -> Result<Expression, Vec<Mistake>> {
        match self.predicate(tree, false) {
            Some(expression) if self.mistakes.is_empty() => Ok(expression),
            Some(_) | None => Err(self.mistakes),
        }
    }

    /// Notes a mistake; there is nothing to go on with.
    pub(super) fn wrong<T>(&mut self, mistake: Mistake) -> Option<T> {
        self.mistakes.push(mistake);
        None
    }

    /// Where a name stands in the text of the filter.
    pub(super) fn place_of(&self, name: &str) -> Option<usize> {
        self.scanned.and_then(|scanned| scanned.place_of(name))
    }

    pub(super) fn unknown_function<T>(&mut self, name: &str) -> Option<T> {
        let mistake = words::unknown_function(self.schema, name, self.place_of(name));
        self.wrong(mistake)
    }

    /// The expression that is true where `tree` is, or where it is false.
    fn predicate(&mut self, tree: &Expr, negated: bool) -> Option<Expression> {
        match tree {
            Expr::Bool(value) => Some(Expression::Always(*value != negated)),
            Expr::Operation { op, args } => self.operation(op, args, negated),
            Expr::Property { property } if words::field(self.schema, property).is_none() => {
                let mistake = words::unknown_field(self.schema, property, self.place_of(property));
                self.wrong(mistake)
            }
            _ => self.not_a_condition(),
        }
    }

    fn not_a_condition(&mut self) -> Option<Expression> {
        let message = both(
            "filter に、条件になっていない部分があります。項目と値を = や >= などで比べてください。",
            "A part of the filter is no condition; compare a field with a value.",
        );
        self.wrong((message, Some(example())))
    }

    fn operation(&mut self, op: &str, args: &[Box<Expr>], negated: bool) -> Option<Expression> {
        let name = op.to_ascii_lowercase();
        match (name.as_str(), args) {
            (words::GROUP | "not", [inner]) => self.predicate(inner, negated != (name == "not")),
            ("and" | "or", args) if !args.is_empty() => {
                // All of them are looked at, so that all mistakes are told.
                let parts: Vec<Option<Expression>> = args.iter().map(|arg| self.predicate(arg, negated)).collect();
                let parts = parts.into_iter().collect::<Option<Vec<Expression>>>()?;
                Some(if (name == "and") != negated { Expression::all(parts) } else { Expression::any(parts) })
            }
            ("isnull", [value]) => self.is_blank(value, negated),
            ("between", [value, low, high]) => self.between(value, low, high, negated),
            ("in", [value, list]) => self.one_of(value, list, negated),
            ("like", [value, pattern]) => self.like(value, pattern, negated),
            _ => self.relation(op, &name, args, negated),
        }
    }

    fn relation(&mut self, op: &str, name: &str, args: &[Box<Expr>], negated: bool) -> Option<Expression> {
        let comparator = Comparator::ALL.into_iter().find(|(_, sign)| *sign == name);
        let spatial = RELATIONS.into_iter().find(|(known, _)| *known == name);
        let temporal = temporal::relation(name);
        match (comparator, spatial, temporal, args) {
            (Some((comparator, _)), _, _, [left, right]) => {
                let (left, right) = (self.value(left), self.value(right));
                self.compare(left?, if negated { comparator.opposite() } else { comparator }, right?)
            }
            (_, Some((_, relation)), _, [one, other]) => {
                self.spatial(name, relation, (one, other), negated != (name == "s_disjoint"))
            }
            (_, _, Some(relation), [one, other]) => temporal::read(self, relation, (one, other), negated),
            (None, None, None, _) if !words::is_known(name) => self.unknown_function(op),
            (None, None, None, _) if words::is_value(name) => self.not_a_condition(),
            _ => self.wrong(words::wrong_arguments(name)),
        }
    }

    /// Counts a test.
    fn test(&mut self, expression: Expression) -> Option<Expression> {
        match self.cost.add(&expression) {
            Ok(()) => (!self.cost.is_passed()).then_some(expression),
            Err(mistake) => self.wrong(mistake),
        }
    }

    /// Two values in a relation; of a field and a literal it is the same as `FIELD__OP=VALUE`.
    pub(super) fn compare(&mut self, left: Value, comparator: Comparator, right: Value) -> Option<Expression> {
        let (left, comparator, right) = match (&left, &right) {
            (Value::Number(_) | Value::Text(_) | Value::Day(_), Value::Field(_)) => {
                (right, comparator.mirrored(), left)
            }
            _ => (left, comparator, right),
        };
        if let (Value::Field(field), Value::Number(_) | Value::Text(_) | Value::Day(_)) = (&left, &right) {
            let operand = self.operand(*field, right)?;
            let test = match comparator {
                Comparator::Equal => Test::In { values: vec![operand], null: false },
                // A blank is not unequal to anything: it is unknown.
                Comparator::Unequal => Test::NotIn { values: vec![operand], null: true },
                Comparator::Less => Test::Lt(operand),
                Comparator::AtMost => Test::Lte(operand),
                Comparator::More => Test::Gt(operand),
                Comparator::AtLeast => Test::Gte(operand),
            };
            return self.test(Expression::Test(Condition { field: *field, test }));
        }
        self.check_alike(&left, &right)?;
        self.test(Expression::Compare { left: left.term(), comparator, right: right.term() })
    }

    /// Numbers are compared with numbers, texts with texts.
    fn check_alike(&mut self, left: &Value, right: &Value) -> Option<()> {
        let kinds = [left, right].map(|value| value.clone().term().comparison(self.schema));
        if kinds[0] == kinds[1] {
            return Some(());
        }
        let message = both("filter で、数値と文字を比べています。", "The filter compares a number with a text.");
        let hint = both(
            "数値の項目は 10 のような数値と、文字の項目は '…' で囲んだ文字と比べてください。",
            "Compare number fields with numbers like 10, and text fields with texts in single quotes.",
        );
        self.wrong((message, Some(hint)))
    }

    fn is_blank(&mut self, value: &Expr, negated: bool) -> Option<Expression> {
        match value {
            Expr::Operation { op, args } if op == words::GROUP && args.len() == 1 => self.is_blank(&args[0], negated),
            Expr::Property { property } if self.is_geometry(property) => {
                self.has_places()?;
                self.test(Expression::Located(negated))
            }
            Expr::Property { property } => {
                let field = self.field(property)?;
                self.test(Expression::Test(Condition { field, test: Test::IsNull(!negated) }))
            }
            _ => {
                let message = both("IS NULL は項目に使います。", "IS NULL is for fields.");
                let hint = both("例: 定員 IS NULL、定員 IS NOT NULL", "For example: 定員 IS NULL, 定員 IS NOT NULL");
                self.wrong((message, Some(hint)))
            }
        }
    }

    fn between(&mut self, value: &Expr, low: &Expr, high: &Expr, negated: bool) -> Option<Expression> {
        let (value, low, high) = (self.value(value), self.value(low), self.value(high));
        let (value, low, high) = (value?, low?, high?);
        let (from, to) =
            if negated { (Comparator::Less, Comparator::More) } else { (Comparator::AtLeast, Comparator::AtMost) };
        let (from, to) = (self.compare(value.clone(), from, low), self.compare(value, to, high));
        let parts = vec![from?, to?];
        Some(if negated { Expression::any(parts) } else { Expression::all(parts) })
    }

    fn one_of(&mut self, value: &Expr, list: &Expr, negated: bool) -> Option<Expression> {
        let Expr::Array(items) = list else { return self.wrong(words::wrong_arguments("in")) };
        if items.len() > condition::MAX_VALUES {
            return self.wrong((condition::too_many_values(), None));
        }
        let value = self.value(value);
        let items: Vec<Option<Value>> = items.iter().map(|item| self.value(item)).collect();
        let (value, items) = (value?, items.into_iter().collect::<Option<Vec<Value>>>()?);
        let is_literal = |item: &Value| matches!(item, Value::Number(_) | Value::Text(_) | Value::Day(_));
        if let (Value::Field(field), true) = (&value, items.iter().all(is_literal)) {
            let values: Vec<_> = items.into_iter().map(|item| self.operand(*field, item)).collect();
            let values = values.into_iter().collect::<Option<Vec<_>>>()?;
            // A blank is neither in a list nor out of it.
            let test = if negated { Test::NotIn { values, null: true } } else { Test::In { values, null: false } };
            return self.test(Expression::Test(Condition { field: *field, test }));
        }
        let comparator = if negated { Comparator::Unequal } else { Comparator::Equal };
        let parts: Vec<_> = items.into_iter().map(|item| self.compare(value.clone(), comparator, item)).collect();
        let parts = parts.into_iter().collect::<Option<Vec<_>>>()?;
        Some(if negated { Expression::all(parts) } else { Expression::any(parts) })
    }

    fn like(&mut self, value: &Expr, pattern: &Expr, negated: bool) -> Option<Expression> {
        let (value, pattern) = (self.value(value), self.value(pattern));
        let (value, Value::Text(pattern)) = (value?, pattern?) else {
            return self.wrong(words::wrong_arguments("like"));
        };
        if let Value::Field(field) = value
            && self.schema.fields()[field].kind.comparison() == Comparison::Number
        {
            let hint = both("数値は = や >= で比べます。", "Compare numbers with = or >=.");
            let field = &self.schema.fields()[field];
            return self.wrong(words::wrong_kind(field, "文字の項目", "a text", hint));
        }
        self.check_alike(&value, &Value::Text(String::new()))?;
        let pattern = wildcards(&pattern);
        let condition = |field, test| Expression::Test(Condition { field, test });
        // What a test of a field says too is said by it: such tests may have an index.
        let expression = match (value, pattern.as_slice(), negated) {
            (Value::Field(field), [Wildcard::Any], false) => condition(field, Test::IsNull(false)),
            (Value::Field(field), [Wildcard::Text(text)], false) => {
                condition(field, Test::In { values: vec![Operand::Text(text.clone())], null: false })
            }
            (Value::Field(field), [Wildcard::Text(text), Wildcard::Any], false) => {
                condition(field, Test::StartsWith(text.clone()))
            }
            (Value::Field(field), [Wildcard::Any, Wildcard::Text(text)], false) => {
                condition(field, Test::EndsWith(text.clone()))
            }
            (Value::Field(field), [Wildcard::Any, Wildcard::Text(text), Wildcard::Any], false) => {
                condition(field, Test::Contains(text.clone()))
            }
            (value, _, _) => Expression::Like { term: value.term(), pattern, negated },
        };
        self.test(expression)
    }

    fn spatial(&mut self, name: &str, relation: Relation, pair: (&Expr, &Expr), negated: bool) -> Option<Expression> {
        let is_place =
            |reader: &Reader, tree: &Expr| matches!(tree, Expr::Property { property } if reader.is_geometry(property));
        let (shape, relation) = match (is_place(self, pair.0), is_place(self, pair.1)) {
            (true, false) => (pair.1, relation),
            (false, true) => (pair.0, relation.mirrored()),
            (true, true) | (false, false) => {
                let other = [pair.0, pair.1].into_iter().find_map(|tree| match tree {
                    Expr::Property { property } => Some(property.clone()),
                    _ => None,
                });
                let (message, hint) = words::wrong_arguments(name);
                let place = both("位置は geometry と書きます。", "The place of a record is called geometry.");
                return self.wrong((message, if other.is_some() { Some(place) } else { hint }));
            }
        };
        self.has_places()?;
        if let Expr::Property { .. } = shape {
            return self.wrong(words::wrong_arguments(name));
        }
        let geometry = match geometry::read(shape, relation, &mut self.positions) {
            Ok(Some(geometry)) => geometry,
            Ok(None) => return self.wrong(words::wrong_arguments(name)),
            Err(mistake) => return self.wrong(mistake),
        };
        self.test(Expression::Spatial { relation, geometry, negated })
    }

    pub(super) fn is_geometry(&self, name: &str) -> bool {
        words::is_geometry(name) && self.schema.index_of(name).is_none()
    }

    fn has_places(&mut self) -> Option<()> {
        if self.schema.coordinates().is_some() {
            return Some(());
        }
        let message = both("このデータには緯度・経度がありません。", "This data has no latitude and longitude.");
        self.wrong((message, None))
    }
}

impl Relation {
    /// How the shape stands to the record where the record stands so to the shape.
    fn mirrored(self) -> Relation {
        match self {
            Relation::Contains => Relation::Within,
            Relation::Within => Relation::Contains,
            other => other,
        }
    }
}

/// The pieces of a pattern: `%` and `_`, unless a backslash stands before them.
fn wildcards(pattern: &str) -> Vec<Wildcard> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let wildcard = match character {
            '%' => Wildcard::Any,
            '_' => Wildcard::One,
            '\\' => {
                text.push(characters.next().unwrap_or('\\'));
                continue;
            }
            other => {
                text.push(other);
                continue;
            }
        };
        if !text.is_empty() {
            pieces.push(Wildcard::Text(std::mem::take(&mut text)));
        }
        if wildcard == Wildcard::One || pieces.last() != Some(&Wildcard::Any) {
            pieces.push(wildcard);
        }
    }
    if !text.is_empty() {
        pieces.push(Wildcard::Text(text));
    }
    pieces
}
