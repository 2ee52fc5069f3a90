//! Which format an `Accept` header asks for (RFC 9110, section 12.5.1).

use std::cmp::Reverse;

use super::{FORMATS, Format};
use crate::schema::Schema;

/// The format that an `Accept` header prefers among those that apply to a table; the first of [`FORMATS`] where the
/// header says nothing, and where a page is all that it takes: browsers show JSON. `None`: there is none that it takes
/// (406).
pub fn by_media_type(schema: &Schema, accept: &str) -> Option<&'static dyn Format> {
    let formats = || FORMATS.iter().copied().filter(|format| format.applies_to(schema));
    let ranges: Vec<Range> = accept.split(',').filter_map(Range::parse).collect();
    if ranges.is_empty() {
        return formats().next();
    }
    let best = formats()
        .enumerate()
        .filter_map(|(place, format)| Some((preference(&ranges, format)?, Reverse(place), format)))
        .max_by_key(|(preference, place, _)| (*preference, *place))
        .map(|(_, _, format)| format);
    best.or_else(|| formats().next().filter(|_| ranges.iter().any(Range::takes_pages)))
}

/// How much a format is wanted: quality first; then a format that is named beats one that is merely allowed; then the
/// order in the header.
fn preference(ranges: &[Range], format: &dyn Format) -> Option<(u16, u8, Reverse<usize>)> {
    let media_type = format.media_type().split(';').next().unwrap_or_default();
    ranges
        .iter()
        .enumerate()
        .filter(|(_, range)| range.covers(media_type))
        // The most precise range decides, even if it says no.
        .max_by_key(|(place, range)| (range.precision(), range.quality, Reverse(*place)))
        .filter(|(_, range)| range.quality > 0)
        .map(|(place, range)| (range.quality, range.precision(), Reverse(place)))
}

/// One media range, such as `text/*;q=0.5`.
struct Range {
    kind: String,
    subtype: String,
    /// Thousandths.
    quality: u16,
}

impl Range {
    fn parse(text: &str) -> Option<Range> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        if kind.is_empty() || subtype.is_empty() || (kind == "*" && subtype != "*") {
            return None;
        }
        let quality = parts
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(Some(1000), |(_, value)| quality(value.trim()))?;
        Some(Range { kind: kind.to_ascii_lowercase(), subtype: subtype.to_ascii_lowercase(), quality })
    }

    fn covers(&self, media_type: &str) -> bool {
        match media_type.split_once('/') {
            Some((kind, subtype)) => {
                (self.kind == "*" || self.kind == kind) && (self.subtype == "*" || self.subtype == subtype)
            }
            None => false,
        }
    }

    fn takes_pages(&self) -> bool {
        self.quality > 0 && (self.kind == "text" && self.subtype == "html" || self.subtype == "xhtml+xml")
    }

    fn precision(&self) -> u8 {
        u8::from(self.kind != "*") + u8::from(self.subtype != "*")
    }
}

/// `0`, `0.5`, `1.000`: at most three decimals count.
fn quality(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match whole {
        "1" => Some(1000),
        "0" => format!("{:0<3}", fraction.get(..3).unwrap_or(fraction)).parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::tests::{schema, texts};

    #[test]
    fn the_format_that_is_wanted_most() {
        for (accept, id) in [
            ("", Some("json")),
            ("*/*", Some("json")),
            ("application/json", Some("json")),
            ("application/json; charset=utf-8", Some("json")),
            ("TEXT/CSV", Some("csv")),
            ("text/csv; header=present", Some("csv")),
            ("text/*", Some("csv")),
            ("text/plain", Some("txt")),
            ("text/plain, text/csv", Some("txt")),
            ("text/plain;q=0.5, text/csv;q=0.8", Some("csv")),
            ("text/plain;q=0.799, text/csv;q=0.8", Some("csv")),
            ("application/geo+json", Some("geojson")),
            ("application/*", Some("json")),
            ("*/*, application/geo+json", Some("geojson")),
            ("application/json;q=0, */*", Some("csv")),
            ("application/*;q=0.1, text/plain;q=0.2", Some("txt")),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some("json")),
            ("text/html", Some("json")),
            ("text/html, application/xhtml+xml;q=0.5, image/png", Some("json")),
            ("text/html, text/csv;q=0.1", Some("csv")),
            ("text/html;q=0", None),
            ("image/png", None),
            ("*/*;q=0", None),
            ("text/csv;q=0", None),
            ("nonsense", Some("json")),
            ("text/csv;q=2, text/plain;q=0.1", Some("txt")),
        ] {
            assert_eq!(by_media_type(&schema(), accept).map(|format| format.id()), id, "{accept}");
        }
    }

    #[test]
    fn a_table_without_coordinates_is_no_map() {
        let flat = texts(&["名称"]);
        assert_eq!(by_media_type(&schema(), "application/geo+json").map(|format| format.id()), Some("geojson"));
        assert!(by_media_type(&flat, "application/geo+json").is_none());
        assert_eq!(by_media_type(&flat, "application/geo+json, */*;q=0.1").map(|format| format.id()), Some("json"));
    }

    proptest! {
        #[test]
        fn any_header_is_read(accept in ".{0,60}") {
            let _ = by_media_type(&schema(), &accept);
        }
    }
}
