//! Marks of HTML that a web editor left in a cell.

/// Names of the elements that editors leave behind. Single capitals are not among them: `<A>` is also a label.
const ELEMENTS: [&str; 34] = [
    "a", "b", "br", "center", "div", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "iframe", "img",
    "input", "li", "ol", "p", "s", "script", "small", "span", "strong", "style", "sub", "sup", "table", "td", "th",
    "tr", "ul",
];

const ENTITIES: [(&str, char); 14] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("yen", '¥'),
    ("copy", '©'),
    ("middot", '·'),
    ("hellip", '…'),
    ("times", '×'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("bull", '•'),
];

/// What a mark stands for.
enum Mark {
    /// A character.
    Entity(char),
    /// A line break.
    Break,
    /// Another element, which has no plain form.
    Element,
}

/// The first mark in a text.
pub(in crate::validate) fn find(text: &str) -> Option<&str> {
    marks(text).next().map(|(start, length, _)| &text[start..start + length])
}

/// The text with characters for entities and line breaks for `<br>`, until none is left (`&amp;nbsp;`); other elements stay.
pub(super) fn plain(text: &str) -> Option<String> {
    let mut value = once(text)?;
    while let Some(better) = once(&value) {
        value = better;
    }
    Some(value)
}

fn once(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    for (start, length, mark) in marks(text) {
        let character = match mark {
            Mark::Entity(character) => character,
            Mark::Break => '\n',
            Mark::Element => continue,
        };
        out.push_str(&text[rest..start]);
        out.push(character);
        rest = start + length;
    }
    (rest > 0).then(|| out + &text[rest..])
}

/// Every mark: where it begins, how long it is, and what it is.
fn marks(text: &str) -> impl Iterator<Item = (usize, usize, Mark)> {
    text.match_indices(['&', '<']).filter_map(|(start, sign)| {
        let inner = &text[start + 1..];
        let (length, mark) = if sign == "&" { entity(inner)? } else { element(inner)? };
        Some((start, length, mark))
    })
}

/// An entity behind its `&`, and its length with it.
fn entity(inner: &str) -> Option<(usize, Mark)> {
    let (name, _) = inner.split_once(';').filter(|(name, _)| name.len() <= 8)?;
    let character = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                None => number.parse(),
            };
            let character = char::from_u32(code.ok()?).filter(|character| !super::is_stray(*character))?;
            if character == '\u{a0}' { ' ' } else { character }
        }
        None => ENTITIES.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((name.len() + 2, Mark::Entity(character)))
}

/// An element behind its `<`, and its length with it.
fn element(inner: &str) -> Option<(usize, Mark)> {
    let (body, _) = inner.split_once('>')?;
    let name = body.trim_start_matches('/').split([' ', '/']).next()?;
    let is_known =
        ELEMENTS.contains(&name) || (name.len() > 1 && ELEMENTS.contains(&name.to_ascii_lowercase().as_str()));
    is_known.then_some((body.len() + 2, if name.eq_ignore_ascii_case("br") { Mark::Break } else { Mark::Element }))
}
