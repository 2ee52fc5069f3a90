//! `FIELD=VALUE` and `FIELD__OP=VALUE`.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{both, error::Errors, error::shorten, is_too_long, items::items, names::operators_of, too_long};
use crate::{
    query::{Condition, Op, Operand, Test},
    schema::{Comparison, Decimal, Field, Kind, Schema, ValueError},
    text::{Bilingual, narrow, trim},
};

/// The most conditions of one question.
const MAX_CONDITIONS: usize = 100;
/// The most values that one field is compared with.
pub(super) const MAX_VALUES: usize = 1_000;

/// The most characters that are looked for within other texts, all together: PostgreSQL may compare each of them with every
/// character of a text.
pub(super) const MAX_SEARCHED: usize = 1_000;

/// The conditions read so far.
#[derive(Default)]
pub(super) struct Conditions {
    list: Vec<Condition>,
    /// Where the condition stands that a field is one of some values, by field and operator (`Eq` or `In`): more values
    /// go to the same place.
    one_of: HashMap<(usize, &'static str), usize>,
    /// Characters that are looked for within other texts.
    searched: usize,
}

/// What is wrong, and a hint.
pub(super) type Mistake = (Bilingual, Option<Bilingual>);

impl Conditions {
    pub(super) fn add(&mut self, schema: &Schema, index: usize, op: Op, pair: (&str, &str), errors: &mut Errors) {
        let (name, value) = pair;
        let field = &schema.fields()[index];
        if !op.applies_to(field.kind) {
            let message = both(
                format!("「{}」は数値の項目なので {} は使えません。", field.name, op.name()),
                format!("{} holds numbers and does not take {}.", field.name, op.name()),
            );
            return errors.add(name, value, message, Some(operators_of(field)));
        }
        match test(field, op, value) {
            Err(mistakes) => {
                for (message, hint) in mistakes {
                    errors.add(name, value, message, hint);
                }
            }
            Ok(Test::Contains(part)) if self.searched + part.chars().count() > MAX_SEARCHED => {
                let (message, hint) = too_much_searched();
                errors.add(name, value, message, hint);
            }
            Ok(test) => self.push(index, op, test, pair, errors),
        }
    }

    fn push(&mut self, field: usize, op: Op, test: Test, (name, value): (&str, &str), errors: &mut Errors) {
        let key = (field, op.name());
        if let Some(place) = self.one_of.get(&key) {
            if !self.list[*place].test.join(test) {
                errors.add(name, value, too_many_values(), None);
            }
            return;
        }
        if self.list.len() == MAX_CONDITIONS {
            let message = both(
                format!("条件が多すぎます。{MAX_CONDITIONS} 個までにしてください。"),
                format!("Too many conditions; at most {MAX_CONDITIONS} are allowed."),
            );
            return errors.add(name, value, message, None);
        }
        if let Test::Contains(part) = &test {
            self.searched += part.chars().count();
        }
        if matches!(op, Op::Eq | Op::In) {
            self.one_of.insert(key, self.list.len());
        }
        self.list.push(Condition { field, test });
    }

    pub(super) fn into_list(self) -> Vec<Condition> {
        self.list
    }
}

impl Test {
    /// Adds the values of another `In` to this one; `false` where they become too many.
    fn join(&mut self, other: Test) -> bool {
        if let (Test::In { values, null }, Test::In { values: more, null: more_null }) = (self, other) {
            values.extend(more);
            *null |= more_null;
            return values.len() <= MAX_VALUES;
        }
        true
    }
}

fn test(field: &Field, op: Op, value: &str) -> Result<Test, Vec<Mistake>> {
    let one = |build: fn(Operand) -> Test| match operand(field, value) {
        Ok(Some(operand)) => Ok(build(operand)),
        Ok(None) => Err(vec![empty(op)]),
        Err(mistake) => Err(vec![mistake]),
    };
    let text =
        |build: fn(String) -> Test| if value.is_empty() { Err(vec![empty(op)]) } else { Ok(build(value.to_owned())) };
    match op {
        Op::Eq => list(field, [Ok(value.into())]).map(|(values, null)| Test::In { values, null }),
        Op::Ne => list(field, [Ok(value.into())]).map(|(values, null)| Test::NotIn { values, null }),
        Op::In => list(field, items(value)).map(|(values, null)| Test::In { values, null }),
        Op::NotIn => list(field, items(value)).map(|(values, null)| Test::NotIn { values, null }),
        Op::Lt => one(Test::Lt),
        Op::Lte => one(Test::Lte),
        Op::Gt => one(Test::Gt),
        Op::Gte => one(Test::Gte),
        Op::Contains => text(Test::Contains),
        Op::StartsWith => text(Test::StartsWith),
        Op::EndsWith => text(Test::EndsWith),
        Op::IsNull => match trim(value).to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(Test::IsNull(true)),
            "false" | "0" => Ok(Test::IsNull(false)),
            _ => {
                let message = both("値は true か false にしてください。", "The value must be true or false.");
                Err(vec![(message, None)])
            }
        },
    }
}

/// Several values; an empty one stands for blank.
fn list<'v>(
    field: &Field,
    texts: impl IntoIterator<Item = Result<Cow<'v, str>, Mistake>>,
) -> Result<(Vec<Operand>, bool), Vec<Mistake>> {
    let mut values = Vec::new();
    let mut null = false;
    let mut mistakes = Vec::new();
    for (index, text) in texts.into_iter().enumerate() {
        if index == MAX_VALUES {
            mistakes.push((too_many_values(), None));
            break;
        }
        match text.and_then(|text| operand(field, &text)) {
            Ok(Some(operand)) => values.push(operand),
            Ok(None) => null = true,
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok((values, null)) } else { Err(mistakes) }
}

/// A value in the form in which its field compares; `None` for an empty one.
pub(super) fn operand(field: &Field, text: &str) -> Result<Option<Operand>, Mistake> {
    if text.is_empty() {
        return Ok(None);
    }
    if is_too_long(text) {
        return Err((too_long(), None));
    }
    let operand = match (field.kind.comparison(), field.kind) {
        (Comparison::Number, _) => Operand::Number(number(field, text)?),
        (Comparison::Text, Kind::Date | Kind::Time) => Operand::Text(day_or_time(field, text)?),
        (Comparison::Text, _) => Operand::Text(text.to_owned()),
    };
    Ok(Some(operand))
}

fn number(field: &Field, text: &str) -> Result<Decimal, Mistake> {
    let narrowed = narrow(trim(text));
    Decimal::parse(&narrowed).ok_or_else(|| {
        let shown = shorten(text);
        let message = both(
            format!("「{}」は数値の項目ですが、「{shown}」は数値ではありません。", field.name),
            format!("{} holds numbers, and {shown} is not a number.", field.name),
        );
        let meant = field
            .kind
            .normalise(&narrowed)
            .map(|value| both(format!("「{value}」のことですか。"), format!("Did you mean {value}?")));
        (message, meant.or_else(|| Some(both("例: 10、-0.5", "For example: 10, -0.5"))))
    })
}

fn day_or_time(field: &Field, text: &str) -> Result<String, Mistake> {
    let narrowed = narrow(trim(text));
    let wrong = match field.kind.check(&narrowed) {
        Ok(()) => return Ok(narrowed.into_owned()),
        Err(wrong) => wrong,
    };
    if let Some(value) = field.kind.normalise(&narrowed) {
        return Ok(value);
    }
    let shown = shorten(text);
    let (what_ja, what_en, example) = if field.kind == Kind::Date {
        ("日付", "a date", "2026-04-01")
    } else {
        ("時刻", "a time of day", "09:30")
    };
    let message = match wrong {
        ValueError::NotReal => {
            both(format!("「{shown}」という{what_ja}はありません。"), format!("{shown} is not {what_en} that exists."))
        }
        ValueError::Form | ValueError::CheckDigit => {
            both(format!("「{shown}」は{what_ja}として読めません。"), format!("{shown} cannot be read as {what_en}."))
        }
    };
    Err((message, Some(both(format!("{example} のように書いてください。"), format!("Write it like {example}.")))))
}

fn empty(op: Op) -> Mistake {
    let message = both(format!("{} には値が必要です。", op.name()), format!("{} needs a value.", op.name()));
    let hint = both(
        "空欄の行を探すには FIELD__isnull=true を使います。",
        "To find records where the field is blank use FIELD__isnull=true.",
    );
    (message, Some(hint))
}

pub(super) fn too_many_values() -> Bilingual {
    both(
        format!("一つの項目に値が多すぎます。{MAX_VALUES} 個までにしてください。"),
        format!("Too many values for one field; at most {MAX_VALUES} are allowed."),
    )
}

pub(super) fn too_much_searched() -> Mistake {
    let message = both(
        format!("「含む」（contains、LIKE）で探す文字が多すぎます。全部で {MAX_SEARCHED} 文字までにしてください。"),
        format!("contains and LIKE look for too much; at most {MAX_SEARCHED} characters in all are allowed."),
    );
    let hint = both("全体が分かっているときは = で比べます。", "Where all of the text is known, compare with =.");
    (message, Some(hint))
}
