//! Parameters as a query string, for `next` links.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::text::nfkc;

/// Everything but the unreserved characters of RFC 3986, and comma and colon, which may stand in a query and keep
/// lists, boxes and times readable.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',').remove(b':');

/// The parameters as a query string, percent-encoded UTF-8.
///
/// ```
/// let pairs = [("名称".to_owned(), "A&B".to_owned()), ("bbox".to_owned(), "133,34,134,35".to_owned())];
/// assert_eq!(machikura::query::query_string(&pairs), "%E5%90%8D%E7%A7%B0=A%26B&bbox=133,34,134,35");
/// ```
pub fn query_string(pairs: &[(String, String)]) -> String {
    let encode = |text| utf8_percent_encode(text, ENCODED);
    pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

/// The address of the next page: the parameters of this one with the new cursor. An `offset` has done its work.
pub fn next_link(path: &str, pairs: &[(String, String)], cursor: &str) -> String {
    let mut next: Vec<(String, String)> =
        pairs.iter().filter(|(name, _)| !matches!(nfkc(name).as_str(), "cursor" | "offset")).cloned().collect();
    next.push(("cursor".to_owned(), cursor.to_owned()));
    format!("{path}?{}", query_string(&next))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_next_page_is_the_same_question_further_on() {
        let this = pairs(&[("定員__gte", "10"), ("offset", "20"), ("cursor", "old"), ("limit", "10")]);
        assert_eq!(
            next_link("/api/v1/datasets/331007_aed/records", &this, "new"),
            "/api/v1/datasets/331007_aed/records?%E5%AE%9A%E5%93%A1__gte=10&limit=10&cursor=new"
        );
        assert_eq!(next_link("/x", &[], "new"), "/x?cursor=new");
    }

    proptest! {
        #[test]
        fn a_query_string_holds_exactly_the_pairs(list in prop::collection::vec((".{0,8}", ".{0,8}"), 0..4)) {
            let text = query_string(&list);
            let decode = |part: &str| percent_encoding::percent_decode_str(part).decode_utf8().unwrap().into_owned();
            let back: Vec<(String, String)> = text
                .split('&')
                .filter(|part| !part.is_empty())
                .map(|part| part.split_once('=').unwrap())
                .map(|(name, value)| (decode(name), decode(value)))
                .collect();
            prop_assert_eq!(back, list);
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'<' && byte != b'>'));
        }
    }
}
