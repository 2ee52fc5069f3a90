//! The text of a filter before the grammar reads it: names of fields put between quotation marks, widths made narrow, and
//! everything refused that would be costly to read.
//!
//! The grammar knows only letters, digits and `_.:` as names; `料金（基本）` and `0-4歳の男性` are names here. It tries a
//! bracket first as a group and then as a list, so that ten nested ones cost a thousand times one; groups are therefore
//! written as calls of a function named `(`, which it reads in one go.

use super::words::{self, GROUP};
use crate::{
    query::parse::{both, condition::Mistake, names},
    schema::Schema,
    text::{narrow, nfkc},
};

/// The most brackets within brackets.
const MAX_DEPTH: usize = 32;
/// The most operators (`AND`, `=`, `+` …).
const MAX_OPERATORS: usize = 200;
/// The most digits of a number that are read exactly.
const MAX_DIGITS: usize = 15;

/// The types of geometry in Well-Known Text.
const SHAPES: [&str; 7] =
    ["point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection"];
/// Words that are not names.
const KEYWORDS: [&str; 11] = ["and", "or", "not", "like", "in", "between", "is", "null", "true", "false", "div"];

/// A filter made ready for the grammar.
#[derive(Default)]
pub(super) struct Scanned {
    /// What the grammar reads.
    pub text: String,
    /// Where each part of it begins (bytes), and where that stood in the source (characters, from 1).
    places: Vec<(usize, usize)>,
    /// The names and where they stood first.
    names: Vec<(String, usize)>,
}

impl Scanned {
    /// Where in the source a byte of the text comes from.
    pub fn place(&self, at: usize) -> usize {
        let next = self.places.partition_point(|(begin, _)| *begin <= at);
        next.checked_sub(1).map_or(1, |index| self.places[index].1)
    }

    /// Where in the source a name stands first.
    pub fn place_of(&self, name: &str) -> Option<usize> {
        self.names.iter().find(|(known, _)| known == name).map(|(_, place)| *place)
    }
}

/// What an open bracket is of.
#[derive(Clone, Copy, PartialEq)]
enum Bracket {
    Group,
    Call,
    List,
}

struct Scanner<'a> {
    source: &'a str,
    /// Byte where it stands, and the number of that character.
    at: usize,
    place: usize,
    /// Names that the grammar would not know as such, the longest first.
    odd_names: Vec<String>,
    scanned: Scanned,
    open: Vec<(Bracket, usize)>,
    operators: usize,
    /// What the next bracket is of.
    next: Bracket,
}

/// Makes a filter ready.
///
/// # Errors
/// The first thing that no filter may hold.
pub(super) fn scan(schema: &Schema, source: &str) -> Result<Scanned, Mistake> {
    let mut odd_names: Vec<String> =
        names::fields(schema).map(nfkc).filter(|name| !is_plain(name) && !name.is_empty()).collect();
    odd_names.sort_unstable_by_key(|name| std::cmp::Reverse(name.len()));
    let mut scanner = Scanner {
        source,
        at: 0,
        place: 1,
        odd_names,
        scanned: Scanned::default(),
        open: Vec::new(),
        operators: 0,
        next: Bracket::Group,
    };
    while let Some(character) = scanner.peek() {
        scanner.part(character)?;
    }
    if let Some((_, place)) = scanner.open.first() {
        return Err(unclosed("(", *place));
    }
    if scanner.scanned.places.is_empty() {
        return Err((both("filter が空です。", "The filter is empty."), Some(super::example())));
    }
    Ok(scanner.scanned)
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    /// The next character, narrow.
    fn peek(&self) -> Option<char> {
        self.rest().chars().next().map(plain)
    }

    /// Passes over some characters; answers them.
    fn pass(&mut self, characters: usize) -> &str {
        let length = self.rest().chars().take(characters).map(char::len_utf8).sum::<usize>();
        let begin = self.at;
        self.at += length;
        self.place += characters;
        &self.source[begin..begin + length]
    }

    /// Writes a part that stood at this place of the source.
    fn write(&mut self, part: &str, place: usize) {
        self.scanned.text.push(' ');
        self.scanned.places.push((self.scanned.text.len(), place));
        self.scanned.text.push_str(part);
    }

    fn part(&mut self, character: char) -> Result<(), Mistake> {
        if let Some(length) = self.odd_name() {
            return self.name(length);
        }
        match character {
            _ if character.is_whitespace() => {
                self.pass(1);
            }
            '\'' | '"' => self.quoted(character)?,
            '(' => self.open()?,
            ')' => self.close()?,
            ',' => {
                let place = self.place;
                self.pass(1);
                self.write(",", place);
                self.next = Bracket::Group;
            }
            '0'..='9' => self.number()?,
            _ if begins_name(character) => self.word()?,
            _ => self.operator(character)?,
        }
        Ok(())
    }

    /// How many characters of the rest are a name that the grammar would not know.
    fn odd_name(&self) -> Option<usize> {
        let first = nfkc(self.rest().get(..self.rest().chars().next()?.len_utf8())?);
        self.odd_names.iter().filter(|name| name.starts_with(&first)).find_map(|name| {
            let ends = self.rest().char_indices().map(|(begin, character)| begin + character.len_utf8());
            let (count, end) = (1..).zip(ends).find(|(_, end)| nfkc(&self.rest()[..*end]).len() >= name.len())?;
            let goes_on = name.chars().last().is_some_and(continues_name)
                && self.rest()[end..].chars().next().is_some_and(|next| continues_name(plain(next)));
            (nfkc(&self.rest()[..end]) == *name && !goes_on).then_some(count)
        })
    }

    /// A name of so many characters.
    fn name(&mut self, length: usize) -> Result<(), Mistake> {
        let place = self.place;
        let name = nfkc(self.pass(length));
        self.write_name(&name, place);
        self.next = Bracket::Group;
        Ok(())
    }

    fn write_name(&mut self, name: &str, place: usize) {
        self.write(&format!("\"{}\"", name.replace('"', "\"\"")), place);
        self.scanned.names.push((name.to_owned(), place));
    }

    /// A text or a name between quotation marks; a doubled one stands for itself.
    fn quoted(&mut self, quote: char) -> Result<(), Mistake> {
        let place = self.place;
        let mark = self.pass(1).chars().next().unwrap_or(quote);
        let mut inner = String::new();
        loop {
            let Some(next) = self.rest().chars().next() else {
                return Err(unclosed(if quote == '"' { "\"" } else { "'" }, place));
            };
            self.pass(1);
            if next != mark {
                inner.push(next);
            } else if self.rest().starts_with(mark) {
                self.pass(1);
                inner.push(mark);
            } else {
                break;
            }
        }
        if quote == '"' {
            self.write_name(&nfkc(&inner), place);
        } else {
            self.write(&format!("'{}'", inner.replace('\'', "''")), place);
        }
        self.next = Bracket::Group;
        Ok(())
    }

    fn number(&mut self) -> Result<(), Mistake> {
        let place = self.place;
        let characters: Vec<char> = self.rest().chars().map(plain).take(400).collect();
        let digits = |from: usize| characters[from..].iter().take_while(|digit| digit.is_ascii_digit()).count();
        let mut end = digits(0);
        if characters.get(end) == Some(&'.') {
            end += 1 + digits(end + 1);
        }
        let significant =
            characters[..end].iter().filter(|digit| digit.is_ascii_digit()).skip_while(|digit| **digit == '0');
        if significant.count() > MAX_DIGITS {
            return Err(too_many_digits(Some(place)));
        }
        if matches!(characters.get(end), Some('e' | 'E')) {
            let sign = usize::from(matches!(characters.get(end + 1), Some('+' | '-')));
            let exponent = if end + 1 + sign < characters.len() { digits(end + 1 + sign) } else { 0 };
            end += if exponent > 0 { 1 + sign + exponent } else { 0 };
        }
        self.pass(end);
        self.write(&characters[..end].iter().collect::<String>(), place);
        self.next = Bracket::Group;
        Ok(())
    }

    /// A keyword, a shape, a function or the name of a field.
    fn word(&mut self) -> Result<(), Mistake> {
        let place = self.place;
        let length = self.rest().chars().take_while(|character| continues_name(plain(*character))).count();
        let word = nfkc(self.rest().get(..byte_of(self.rest(), length)).unwrap_or_default());
        let lower = word.to_ascii_lowercase();
        if KEYWORDS.contains(&lower.as_str()) {
            self.pass(length);
            self.write(&lower, place);
            self.next = if lower == "in" { Bracket::List } else { Bracket::Group };
            return if ["null", "true", "false"].contains(&lower.as_str()) { Ok(()) } else { self.count_operator() };
        }
        let behind: String = self.rest()[byte_of(self.rest(), length)..]
            .chars()
            .map(plain)
            .skip_while(|next| next.is_whitespace())
            .take(6)
            .collect();
        if SHAPES.contains(&lower.as_str()) && begins_shape(&behind) {
            return self.shape(place, length);
        }
        if behind.starts_with('(') {
            self.pass(length);
            if is_plain(&word) && word.is_ascii() {
                self.write(&word, place);
            } else {
                self.write(&format!("\"{word}\""), place);
            }
            self.scanned.names.push((word, place));
            self.next = Bracket::Call;
            return Ok(());
        }
        self.name(length)
    }

    /// Well-Known Text goes to the grammar as it is: its brackets are no groups.
    fn shape(&mut self, place: usize, length: usize) -> Result<(), Mistake> {
        let mut text: String = self.pass(length).chars().map(plain).collect();
        let mut depth = 0_usize;
        while let Some(character) = self.peek() {
            match character {
                '(' => depth += 1,
                ')' if depth == 0 => break,
                ')' => depth -= 1,
                _ => {}
            }
            if depth > 6 {
                return Err(too_deep());
            }
            self.pass(1);
            text.push(character);
            let is_empty = || text.as_bytes().last_chunk::<5>().is_some_and(|end| end.eq_ignore_ascii_case(b"empty"));
            if (character == ')' && depth == 0) || is_empty() {
                break;
            }
        }
        if depth > 0 {
            return Err(unclosed("(", place));
        }
        self.write(&text, place);
        self.next = Bracket::Group;
        Ok(())
    }

    fn open(&mut self) -> Result<(), Mistake> {
        let place = self.place;
        self.pass(1);
        let bracket = std::mem::replace(&mut self.next, Bracket::Group);
        let is_list_in_list = bracket == Bracket::List && self.open.iter().any(|(open, _)| *open == Bracket::List);
        if self.open.len() == MAX_DEPTH || is_list_in_list {
            return Err(too_deep());
        }
        self.open.push((bracket, place));
        let part = if bracket == Bracket::Group { format!("\"{GROUP}\"(") } else { "(".to_owned() };
        self.write(&part, place);
        Ok(())
    }

    fn close(&mut self) -> Result<(), Mistake> {
        let place = self.place;
        if self.open.pop().is_none() {
            let message = both(
                format!("filter の {place} 文字目の「)」に対応する「(」がありません。"),
                format!("The ) at character {place} of the filter closes nothing."),
            );
            return Err((message, Some(super::example())));
        }
        self.pass(1);
        self.write(")", place);
        self.next = Bracket::Group;
        Ok(())
    }

    fn operator(&mut self, character: char) -> Result<(), Mistake> {
        let place = self.place;
        let mut characters = self.rest().chars().map(plain);
        let two: String = characters.by_ref().take(2).collect();
        let (length, operator) = match (two.as_str(), character) {
            ("<=" | ">=" | "<>" | "!=", _) => (2, two.as_str()),
            (_, '≦' | '≤') => (1, "<="),
            (_, '≧' | '≥') => (1, ">="),
            (_, '≠') => (1, "<>"),
            (_, '+' | '-' | '*' | '/' | '%' | '<' | '>' | '=') => (1, &two[..1]),
            _ => return Err(words::strange(character, place)),
        };
        let operator = operator.to_owned();
        self.pass(length);
        self.write(&operator, place);
        self.next = Bracket::Group;
        self.count_operator()
    }

    fn count_operator(&mut self) -> Result<(), Mistake> {
        self.operators += 1;
        if self.operators <= MAX_OPERATORS {
            return Ok(());
        }
        let message = both(
            format!("filter の条件が多すぎます。演算子（AND、= など）は {MAX_OPERATORS} 個までです。"),
            format!("The filter says too much: at most {MAX_OPERATORS} operators (AND, = …) are allowed."),
        );
        let hint = both("値が多いときは IN (…) が使えます。", "For many values there is IN (…).");
        Err((message, Some(hint)))
    }
}

/// The narrow form of a character; of one that stands for several, itself.
fn plain(character: char) -> char {
    match character {
        '！'..='～' | '\u{3000}' => narrow(character.encode_utf8(&mut [0; 4])).chars().next().unwrap_or(character),
        '−' => '-',
        _ => character,
    }
}

fn byte_of(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(begin, _)| begin)
}

fn begins_name(character: char) -> bool {
    character.is_alphabetic() || character == '_'
}

fn continues_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | ':' | '\u{3099}' | '\u{309a}')
}

/// Whether the grammar takes it for a name.
fn is_plain(name: &str) -> bool {
    name.starts_with(char::is_alphabetic) && name.chars().all(continues_name)
}

/// Whether what stands behind the type of a geometry makes it one: `POINT` alone may be a field.
fn begins_shape(behind: &str) -> bool {
    let lower = behind.to_ascii_lowercase();
    let bare = lower.trim_start_matches(['z', 'm']).trim_start();
    bare.starts_with('(') || lower.starts_with("empty")
}

fn unclosed(mark: &str, place: usize) -> Mistake {
    let message = both(
        format!("filter の {place} 文字目の「{mark}」が閉じていません。"),
        format!("The {mark} at character {place} of the filter is not closed."),
    );
    let hint = both("値の中の ' は '' と二つ重ねて書きます。", "Within a text, a single quote is written twice.");
    (message, (mark == "'").then_some(hint).or_else(|| Some(super::example())))
}

pub(super) fn too_deep() -> Mistake {
    let message = both(
        format!("filter の括弧の入れ子が深すぎます。{MAX_DEPTH} 段までにしてください。"),
        format!("The filter is nested too deeply; at most {MAX_DEPTH} levels are allowed."),
    );
    (message, None)
}

pub(super) fn too_many_digits(place: Option<usize>) -> Mistake {
    let (ja, en) =
        place.map_or_else(Default::default, |place| (format!(" {place} 文字目の"), format!(" (at character {place})")));
    let message = both(
        format!("filter の{ja}数値は桁が多すぎます。有効数字は {MAX_DIGITS} 桁までです。"),
        format!("A number in the filter has too many digits{en}; at most {MAX_DIGITS} are read exactly."),
    );
    let hint = both(
        "数値の項目には '…' で囲んだ数字も比べられます。",
        "A number field can also be compared with digits in quotes.",
    );
    (message, Some(hint))
}
