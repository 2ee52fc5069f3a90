//! Values in a filter: fields, literals and what is calculated, in the kinds of the schema.

use cql2::Expr;
use unicode_normalization::UnicodeNormalization;

use super::reader::Reader;
use super::{temporal, words};
use crate::{
    query::{
        Arithmetic, Operand, Term,
        parse::{both, condition, condition::Mistake},
    },
    schema::{Comparison, Decimal, Kind},
    text::{Bilingual, nfkc},
};

/// The most sums, products and so on: each may double the digits of a number.
const MAX_CALCULATIONS: usize = 20;

/// A value as it stands in the filter.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Field(usize),
    Number(Decimal),
    Text(String),
    /// A day, as dates are stored.
    Day(String),
    /// Anything that has to be worked out.
    Other(Term),
}

impl Value {
    pub(super) fn term(self) -> Term {
        match self {
            Value::Field(field) => Term::Field(field),
            Value::Number(number) => Term::Number(number),
            Value::Text(text) | Value::Day(text) => Term::Text(text),
            Value::Other(term) => term,
        }
    }
}

impl Reader<'_> {
    /// The index of the field with this name.
    pub(super) fn field(&mut self, name: &str) -> Option<usize> {
        match words::field(self.schema, name) {
            Some(field) => Some(field),
            None => {
                let mistake = words::unknown_field(self.schema, name, self.place_of(name));
                self.wrong(mistake)
            }
        }
    }

    pub(super) fn value(&mut self, tree: &Expr) -> Option<Value> {
        match tree {
            Expr::Property { property } => self.field(property).map(Value::Field),
            Expr::Float(number) => self.number(*number),
            Expr::Literal(text) if text.contains('\0') => self.wrong((
                both("使えない文字（U+0000）が入っています。", "Holds a character that cannot be used (U+0000)."),
                None,
            )),
            Expr::Literal(text) => Some(Value::Text(text.clone())),
            Expr::Date { .. } | Expr::Timestamp { .. } => temporal::day(self, tree).map(Value::Day),
            Expr::Operation { op, args } => self.calculated(op, args),
            Expr::Null => {
                let message =
                    both("filter で NULL とは比べられません。", "Nothing can be compared with NULL in a filter.");
                self.wrong((message, Some(blank_hint())))
            }
            Expr::Bool(_) => {
                let message = both(
                    "filter の TRUE・FALSE は項目の値と比べられません。",
                    "TRUE and FALSE cannot be compared with the value of a field.",
                );
                let hint = both(
                    "標準の書き方の値と比べます。例: 盲導犬同伴 = '有'",
                    "Compare with the words of the standard, such as '有'.",
                );
                self.wrong((message, Some(hint)))
            }
            Expr::Interval { .. } => self.wrong(words::wrong_arguments("interval")),
            Expr::BBox { .. } | Expr::Geometry(_) => self.wrong(words::wrong_arguments("s_intersects")),
            Expr::Array(_) => self.wrong(words::wrong_arguments("in")),
        }
    }

    fn number(&mut self, number: f64) -> Option<Value> {
        // The shortest digits that give the same number: those that were written.
        match Decimal::parse(&number.to_string()) {
            Some(decimal) => Some(Value::Number(decimal)),
            None => {
                let message = both("filter の数値が大きすぎます。", "A number in the filter is too large.");
                self.wrong((message, None))
            }
        }
    }

    fn calculated(&mut self, op: &str, args: &[Box<Expr>]) -> Option<Value> {
        let name = op.to_ascii_lowercase();
        let operator = match name.as_str() {
            "+" => Some(Arithmetic::Add),
            "-" => Some(Arithmetic::Subtract),
            "*" => Some(Arithmetic::Multiply),
            "/" => Some(Arithmetic::Divide),
            "%" => Some(Arithmetic::Remainder),
            _ => None,
        };
        match (name.as_str(), operator, args) {
            (words::GROUP, _, [inner]) => self.value(inner),
            ("casei", _, [inner]) => self.folded(inner, true, false),
            ("accenti", _, [inner]) => self.folded(inner, false, true),
            (_, Some(operator), [first, others @ ..]) if !others.is_empty() => {
                let mut left = self.summand(first)?;
                for other in others {
                    let right = self.summand(other)?;
                    left = Term::Arithmetic { left: Box::new(left), operator, right: Box::new(right) };
                    self.count_calculation()?;
                }
                Some(Value::Other(left))
            }
            ("^" | "div", _, _) => {
                let message = both("filter では ^ と div は使えません。", "A filter does not take ^ and div.");
                let hint = both("使える計算は + - * / % です。", "There are + - * / %.");
                self.wrong((message, Some(hint)))
            }
            _ if words::is_known(&name) => self.wrong(words::wrong_arguments(&name)),
            _ => self.unknown_function(op),
        }
    }

    fn count_calculation(&mut self) -> Option<()> {
        self.calculations += 1;
        if self.calculations <= MAX_CALCULATIONS {
            return Some(());
        }
        let message = both(
            format!("filter の計算が多すぎます。{MAX_CALCULATIONS} 個までにしてください。"),
            format!("The filter calculates too much; at most {MAX_CALCULATIONS} operations are allowed."),
        );
        self.wrong((message, None))
    }

    fn summand(&mut self, tree: &Expr) -> Option<Term> {
        let value = self.value(tree)?;
        if let Value::Field(field) = value
            && self.schema.fields()[field].kind.comparison() != Comparison::Number
        {
            let hint = both("計算できるのは数値の項目だけです。", "Only number fields can be calculated with.");
            return self.wrong(words::wrong_kind(&self.schema.fields()[field], "数値の項目", "a number", hint));
        }
        let term = value.term();
        if term.comparison(self.schema) != Comparison::Number {
            let message = both("filter で、文字を計算に使っています。", "The filter calculates with a text.");
            return self.wrong((message, Some(both("例: 定員 * 2 >= 100", "For example: 定員 * 2 >= 100"))));
        }
        Some(term)
    }

    /// `CASEI(…)` and `ACCENTI(…)`, also one in the other.
    fn folded(&mut self, tree: &Expr, case: bool, accents: bool) -> Option<Value> {
        match self.value(tree)? {
            Value::Text(text) => Some(Value::Text(fold(&text, case, accents))),
            Value::Other(Term::Folded { field, case: inner_case, accents: inner_accents }) => {
                Some(Value::Other(Term::Folded { field, case: case || inner_case, accents: accents || inner_accents }))
            }
            Value::Field(field) if self.schema.fields()[field].kind.comparison() == Comparison::Text => {
                Some(Value::Other(Term::Folded { field, case, accents }))
            }
            Value::Field(_) | Value::Number(_) | Value::Day(_) | Value::Other(_) => {
                self.wrong(words::wrong_arguments(if case { "casei" } else { "accenti" }))
            }
        }
    }

    /// A literal in the form in which a field compares.
    pub(super) fn operand(&mut self, index: usize, value: Value) -> Option<Operand> {
        let schema = self.schema;
        let field = &schema.fields()[index];
        match (value, field.kind.comparison()) {
            (Value::Number(number), Comparison::Number) => Some(Operand::Number(number)),
            (Value::Number(number), Comparison::Text) => {
                let number = number.as_str();
                let hint = both(
                    format!("文字の項目なので '{number}' のように ' で囲みます。"),
                    format!("It holds texts: put the value between single quotes, '{number}'."),
                );
                self.wrong(words::wrong_kind(field, "数値の項目", "a number", hint))
            }
            (Value::Day(day), _) if field.kind == Kind::Date => Some(Operand::Text(day)),
            (Value::Day(_), _) => {
                let hint = both("DATE(…) は日付の項目と比べます。", "DATE(…) is compared with fields that hold dates.");
                self.wrong(words::wrong_kind(field, "日付の項目", "a date", hint))
            }
            (Value::Text(text), _) => match condition::operand(field, &text) {
                Ok(Some(operand)) => Some(operand),
                Ok(None) => self.wrong(empty()),
                Err((message, hint)) => self.wrong((message, hint)),
            },
            (Value::Field(_) | Value::Other(_), _) => self.wrong(words::wrong_arguments("in")),
        }
    }
}

/// A text with the differences taken away that `CASEI` and `ACCENTI` pass over: upper and lower case; accents (but not the
/// marks of kana, which make other letters) and widths.
fn fold(text: &str, case: bool, accents: bool) -> String {
    let bare = if accents {
        nfkc(&text.nfkd().filter(|character| !('\u{300}'..='\u{36f}').contains(character)).collect::<String>())
    } else {
        text.to_owned()
    };
    if case { bare.to_lowercase() } else { bare }
}

fn empty() -> Mistake {
    (
        both("filter で、空の文字とは比べられません。", "Nothing can be compared with an empty text in a filter."),
        Some(blank_hint()),
    )
}

fn blank_hint() -> Bilingual {
    both(
        "空欄は 名称 IS NULL、空欄でないことは 名称 IS NOT NULL と書きます。",
        "For blanks write 名称 IS NULL, or 名称 IS NOT NULL.",
    )
}
