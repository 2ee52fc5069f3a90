//! What the lines of a table must be like: the words of a question, and the conditions on texts, as a look at bytes.

use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memrchr};

use super::source::Sought;
use crate::query::{Operand, Query, Test};
use crate::schema::{Comparison, Kind, Schema, json_token, token_text};
use crate::store::beside::Content;
use crate::store::search::APART;

/// Texts of which a line must hold one.
pub struct Needle(Vec<Finder<'static>>);

impl Needle {
    pub fn of<T: AsRef<str>>(texts: &[T]) -> Needle {
        Needle(texts.iter().map(|text| Finder::new(text.as_ref()).into_owned()).collect())
    }

    pub fn is_in(&self, line: &[u8]) -> bool {
        self.0.iter().any(|finder| finder.find(line).is_some())
    }
}

/// What each line of a content must be like.
pub struct Look<'q> {
    /// Of which content.
    pub content: Content,
    /// What it must hold: something of each.
    needles: Vec<Needle>,
    /// What it must be like besides: none for words.
    test: Option<&'q Test>,
}

impl<'q> Look<'q> {
    /// The looks that tell which records a question asks for as far as words and texts tell it, and whether they tell it
    /// all.
    pub fn of(schema: &Schema, query: &'q Query) -> (Vec<Look<'q>>, bool) {
        let mut looks: Vec<Look> =
            query.conditions.iter().filter_map(|one| Look::at(schema, one.field, &one.test)).collect();
        let tells_all = looks.len() == query.conditions.len() && query.filter.is_none() && query.area.is_none();
        if !query.words.is_empty() {
            let needles = query.words.iter().map(|word| Needle::of(&word.spellings)).collect();
            looks.push(Look { content: Content::Searched, needles, test: None });
        }
        (looks, tells_all && query.open.is_none())
    }

    fn at(schema: &Schema, field: usize, test: &'q Test) -> Option<Look<'q>> {
        let comparison = schema.fields().get(field).map(|field| field.kind.comparison());
        if comparison != Some(Comparison::Text) {
            return None;
        }
        let needle = match (Sought::by(test)?, test) {
            (Sought::OneOf(values), _) => Needle::of(&values.iter().map(token_of).collect::<Vec<_>>()),
            (Sought::Part(part), Test::StartsWith(_)) => Needle::of(&[format!("\"{}", inner(part))]),
            (Sought::Part(part), Test::EndsWith(_)) => Needle::of(&[format!("{}\"", inner(part))]),
            (Sought::Part(part), _) => Needle::of(&[inner(part)]),
        };
        Some(Look { content: Content::Field(field), needles: vec![needle], test: Some(test) })
    }

    /// Whether a line is like that.
    fn passes(&self, line: &[u8]) -> bool {
        let Some(test) = self.test else {
            let joined = memchr(APART, line).map_or(line, |end| &line[..end]);
            return self.needles.iter().all(|needle| needle.is_in(joined));
        };
        // Blank is no text.
        if line.first() != Some(&b'"') {
            return false;
        }
        // What lies in the token lies in the text, unless marks that stand for characters are about.
        if let Test::Contains(_) = test
            && memchr(b'\\', line).is_none()
        {
            return self.needles.iter().all(|needle| needle.is_in(line));
        }
        let Ok(token) = std::str::from_utf8(line) else { return false };
        let text = token_text(token);
        match test {
            Test::In { values, .. } => values.iter().any(|value| value.as_str() == text),
            Test::Contains(part) => text.contains(part.as_str()),
            Test::StartsWith(part) => text.starts_with(part.as_str()),
            Test::EndsWith(part) => text.ends_with(part.as_str()),
            _ => false,
        }
    }

    /// Adds the rows of the lines that are like that. The first line is that of `first_row`; each has a line break behind it.
    pub fn search(&self, first_row: i32, lines: &[u8], rows: &mut Vec<i32>) {
        if let [Needle(finders), ..] = &self.needles[..]
            && let [finder] = &finders[..]
        {
            return self.search_by(finder, first_row, lines, rows);
        }
        let mut begin = 0;
        for (row, end) in (first_row..).zip(memchr_iter(b'\n', lines)) {
            if self.passes(&lines[begin..end]) {
                rows.push(row);
            }
            begin = end + 1;
        }
    }

    /// As [`Look::search`], going from one place to the next where something stands that every such line holds.
    fn search_by(&self, finder: &Finder, first_row: i32, lines: &[u8], rows: &mut Vec<i32>) {
        let (mut row, mut begin) = (first_row, 0);
        while begin < lines.len()
            && let Some(place) = finder.find(&lines[begin..])
        {
            let before = &lines[begin..begin + place];
            row += i32::try_from(memchr_iter(b'\n', before).count()).expect("no table has more rows");
            let line_begin = begin + memrchr(b'\n', before).map_or(0, |last| last + 1);
            let line_end = memchr(b'\n', &lines[begin + place..]).map_or(lines.len(), |end| begin + place + end);
            if self.passes(&lines[line_begin..line_end]) {
                rows.push(row);
            }
            (row, begin) = (row + 1, line_end + 1);
        }
    }
}

fn token_of(operand: &Operand) -> String {
    let mut token = String::new();
    json_token(Kind::String, operand.as_str(), &mut token);
    token
}

/// A text as it stands inside a token.
fn inner(text: &str) -> String {
    let token = token_of(&Operand::Text(text.to_owned()));
    token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(&token).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn look(test: &Test) -> Look<'_> {
        let schema = Schema::new(vec![crate::schema::Field::extra("名称", 1)]).unwrap();
        Look::at(&schema, 0, test).expect("a text")
    }

    proptest! {
        #[test]
        fn what_a_look_finds_is_what_the_texts_say(
            texts in prop::collection::vec("[ab\"\\\\\n\tn鷺沼]{0,6}", 0..80),
            part in "[abul\"\\\\\n\tn鷺沼]{1,2}",
            others in prop::collection::vec("[ab鷺]{1,2}", 0..2),
        ) {
            let lines: String = texts.iter().map(|text| token_of(&Operand::Text(text.clone())) + "\n").collect();
            let values: Vec<Operand> = others.iter().chain([&part]).cloned().map(Operand::Text).collect();
            for test in [
                Test::Contains(part.clone()),
                Test::StartsWith(part.clone()),
                Test::EndsWith(part.clone()),
                Test::In { values: values.clone(), null: false },
            ] {
                let mut found = Vec::new();
                look(&test).search(33, lines.as_bytes(), &mut found);
                let fits = |text: &&String| match &test {
                    Test::Contains(part) => text.contains(part.as_str()),
                    Test::StartsWith(part) => text.starts_with(part.as_str()),
                    Test::EndsWith(part) => text.ends_with(part.as_str()),
                    _ => values.iter().any(|value| value.as_str() == text.as_str()),
                };
                let expected: Vec<i32> = (33..).zip(&texts).filter(|(_, text)| fits(text)).map(|(row, _)| row).collect();
                prop_assert_eq!(found, expected, "{:?}", test);
            }
        }
    }
}
