//! What an Office Open XML workbook holds and does not show: hidden sheets, rows and columns, and comments on cells.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde::{Deserialize, Serialize};
use zip::ZipArchive;

use super::annotation;
use super::unpack::Archive;
use super::upload::ReadSeek;

/// Something in a workbook that is not seen at first sight. Each names its sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hidden {
    /// A hidden sheet.
    Sheet(String),
    /// So many hidden rows.
    Rows(String, u64),
    /// So many hidden columns.
    Columns(String, u64),
    /// So many comments on cells.
    Comments(String, u64),
}

/// What a workbook hides. A part that cannot be read says nothing: the sheets themselves are read elsewhere.
pub(super) fn find(input: Box<dyn ReadSeek>) -> Vec<Hidden> {
    let Ok(mut archive) = ZipArchive::new(BufReader::new(input)) else { return Vec::new() };
    let targets = relations(&mut archive, "xl/workbook.xml");
    let mut sheets = Vec::new();
    elements(&mut archive, "xl/workbook.xml", |element| {
        if element.local_name().as_ref() == "sheet" {
            let is_hidden = attribute(element, "state").is_some_and(|state| state != "visible");
            sheets.push((attribute(element, "name").unwrap_or_default(), attribute(element, "id"), is_hidden));
        }
    });
    let mut found = Vec::new();
    for (name, id, is_hidden) in sheets {
        if is_hidden {
            found.push(Hidden::Sheet(name));
            continue;
        }
        let Some(path) = id.and_then(|id| targets.get(&id).map(|(_, path)| path.clone())) else { continue };
        let (rows, columns) = hidden_lines(&mut archive, &path);
        found.extend((rows > 0).then(|| Hidden::Rows(name.clone(), rows)));
        found.extend((columns > 0).then(|| Hidden::Columns(name.clone(), columns)));
        let is_comments = |kind: &String| kind.ends_with("/comments");
        let parts = relations(&mut archive, &path);
        let comments: u64 =
            parts.values().filter(|(kind, _)| is_comments(kind)).map(|(_, path)| comments(&mut archive, path)).sum();
        found.extend((comments > 0).then_some(Hidden::Comments(name, comments)));
    }
    found
}

/// Hidden rows that hold a cell, and hidden columns within the first thousand: Excel also marks all columns behind a
/// table as hidden where somebody wanted to see no more than the table.
fn hidden_lines(archive: &mut Archive, path: &str) -> (u64, u64) {
    const SHOWN_COLUMNS: u64 = 1_000;
    let (mut rows, mut columns) = (0, 0);
    let mut is_in_hidden_row = false;
    elements(archive, path, |element| match element.local_name().as_ref() {
        "col" if is_true(attribute(element, "hidden")) => {
            let number = |name| attribute(element, name).and_then(|number| number.parse::<u64>().ok());
            if let (Some(first), Some(last)) = (number("min"), number("max"))
                && last < SHOWN_COLUMNS
            {
                columns += (last + 1).saturating_sub(first);
            }
        }
        "row" => is_in_hidden_row = is_true(attribute(element, "hidden")),
        "v" | "t" if is_in_hidden_row => {
            is_in_hidden_row = false;
            rows += 1;
        }
        _ => {}
    });
    (rows, columns)
}

/// Comments that are not ours.
fn comments(archive: &mut Archive, path: &str) -> u64 {
    let Ok(part) = archive.by_name(path) else { return 0 };
    let mut reader = Reader::from_reader(BufReader::new(part));
    let mut buffer = Vec::new();
    let mut authors: Vec<String> = Vec::new();
    let mut is_author = false;
    let mut count = 0;
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(element)) => {
                is_author = element.local_name().as_ref() == "author";
                if is_author {
                    authors.push(String::new());
                } else if element.local_name().as_ref() == "comment" {
                    let author =
                        attribute(&element, "authorId").and_then(|index| authors.get(index.parse::<usize>().ok()?));
                    count += u64::from(author.is_none_or(|author| author != annotation::AUTHOR));
                }
            }
            Ok(Event::Text(text)) if is_author => {
                authors.last_mut().into_iter().for_each(|author| author.push_str(&text))
            }
            Ok(Event::Eof) | Err(_) => return count,
            Ok(_) => {}
        }
    }
}

/// The parts that a part refers to: kind and path by identifier.
fn relations(archive: &mut Archive, path: &str) -> HashMap<String, (String, String)> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let mut found = HashMap::new();
    elements(archive, &format!("{folder}/_rels/{file}.rels"), |element| {
        let parts = (attribute(element, "Id"), attribute(element, "Type"), attribute(element, "Target"));
        if let (Some(id), Some(kind), Some(target)) = parts {
            found.insert(id, (kind, resolve(folder, &target)));
        }
    });
    found
}

/// A path relative to a folder, as a path in the archive.
fn resolve(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in target.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// Shows every element of a part; of one that is missing or damaged, those before the damage.
fn elements(archive: &mut Archive, path: &str, mut see: impl FnMut(&BytesStart<'_>)) {
    let Ok(part) = archive.by_name(path) else { return };
    let mut reader = Reader::from_reader(BufReader::new(part));
    let mut buffer = Vec::new();
    while let Some(element) = next_element(&mut reader, &mut buffer) {
        see(&element);
    }
}

fn next_element<'b, R: BufRead>(reader: &mut Reader<R>, buffer: &'b mut Vec<u8>) -> Option<BytesStart<'b>> {
    loop {
        buffer.clear();
        match reader.read_event_into(buffer) {
            Ok(Event::Start(element) | Event::Empty(element)) => return Some(element.into_owned()),
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(quick_xml::escape::unescape(&attribute.value).map_or(attribute.value.to_string(), |text| text.into_owned()))
}

fn is_true(value: Option<String>) -> bool {
    value.is_some_and(|value| value == "1" || value == "true")
}
