//! The items of a comma-separated value (`FIELD__in=A,"B,C"`). An item that holds a comma stands in quotation marks, and a
//! quotation mark in it is written twice, as in CSV (RFC 4180). A quotation mark further on in an item is a character like
//! any other.

use std::borrow::Cow;

use super::{both, condition::Mistake, error::shorten};

/// The items of a text, one after the other; behind a mistake there are none.
pub(super) fn items(text: &str) -> impl Iterator<Item = Result<Cow<'_, str>, Mistake>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let (item, behind) = match text.strip_prefix('"') {
            None => text.split_once(',').map_or((text, None), |(item, behind)| (item, Some(behind))),
            Some(inner) => {
                return Some(quoted(inner).map(|(item, behind)| {
                    rest = behind;
                    item
                }));
            }
        };
        rest = behind;
        Some(Ok(Cow::Borrowed(item)))
    })
}

/// The item that begins behind a quotation mark, and what follows its comma.
fn quoted(inner: &str) -> Result<(Cow<'_, str>, Option<&str>), Mistake> {
    let mut end = 0;
    loop {
        end += inner[end..].find('"').ok_or_else(|| unclosed(inner))?;
        match &inner[end + 1..] {
            behind if behind.starts_with('"') => end += 2,
            behind => {
                let behind = match behind.strip_prefix(',') {
                    None if !behind.is_empty() => return Err(stray(inner)),
                    next => next,
                };
                let item = &inner[..end];
                let item = if item.contains('"') { item.replace("\"\"", "\"").into() } else { item.into() };
                return Ok((item, behind));
            }
        }
    }
}

fn unclosed(inner: &str) -> Mistake {
    let shown = shorten(inner);
    let message = both(
        format!("「\"{shown}」の引用符（\"）が閉じていません。"),
        format!("The quotation mark of \"{shown} is not closed."),
    );
    (message, Some(example()))
}

fn stray(inner: &str) -> Mistake {
    let shown = shorten(inner);
    let message = both(
        format!("「\"{shown}」で、閉じる引用符（\"）のすぐ後ろがコンマではありません。"),
        format!("In \"{shown} the closing quotation mark is not followed by a comma."),
    );
    (message, Some(example()))
}

fn example() -> crate::text::Bilingual {
    both(
        "コンマを含む値は \"会館,東\" のように囲み、その中の \" は \"\" と二つ重ねます。値の初めの文字が \" のときも同じです。",
        "A value that holds a comma, or begins with a quotation mark, is put in quotation marks (\"A,B\"); one inside is written twice (\"\").",
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<String>, Mistake> {
        items(text).map(|item| item.map(Cow::into_owned)).collect()
    }

    #[test]
    fn commas_part_items_unless_they_stand_in_quotation_marks() {
        for (text, expected) in [
            ("", &[""][..]),
            ("A,B", &["A", "B"]),
            ("A,,B,", &["A", "", "B", ""]),
            ("\"会館,東\",A_B館", &["会館,東", "A_B館"]),
            ("A,\"B,C\"", &["A", "B,C"]),
            ("\"\"", &[""]),
            ("\"\",", &["", ""]),
            ("\"\"\"本館\"\" 1階\"", &["\"本館\" 1階"]),
            ("\"\"\"\"", &["\""]),
            ("6\"管,A\"", &["6\"管", "A\""]),
            (" \"A", &[" \"A"]),
        ] {
            assert_eq!(
                read(text).as_deref(),
                Ok(&expected.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>()[..]),
                "{text}"
            );
        }
        for (text, message) in [
            ("\"", "閉じていません"),
            ("A,\"B", "閉じていません"),
            ("\"A\"\"", "閉じていません"),
            ("\"A\"B", "コンマではありません"),
            ("\"A\" ,B", "コンマではありません"),
        ] {
            assert!(read(text).is_err_and(|(found, hint)| found.ja.contains(message) && hint.is_some()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_items_come_back(texts in prop::collection::vec("[ab,\" 館]{0,5}", 1..5)) {
            let write = |text: &String| {
                let must = text.contains(',') || text.starts_with('"');
                if must { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.clone() }
            };
            let joined = texts.iter().map(write).collect::<Vec<_>>().join(",");
            prop_assert_eq!(read(&joined), Ok(texts));
        }
    }
}
