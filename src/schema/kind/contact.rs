//! Addresses: postal codes, addresses on the web and of mail.

use crate::schema::ValueError;

pub(super) fn check_postal(text: &str) -> Result<(), ValueError> {
    if text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit()) { Ok(()) } else { Err(ValueError::Form) }
}

/// `700-0001` and `〒700-0001`.
pub(super) fn normalise_postal(text: &str) -> Option<String> {
    let value = text.trim().trim_start_matches('〒').trim();
    let (head, tail) = value.split_once('-').unwrap_or((value, ""));
    if !tail.is_empty() && (head.len() != 3 || tail.len() != 4) {
        return None;
    }
    let joined = format!("{head}{tail}");
    check_postal(&joined).is_ok().then_some(joined)
}

/// An absolute `http` or `https` address without blanks; one or several with `;` or blanks between.
pub(super) fn check_url(text: &str) -> Result<(), ValueError> {
    // Without a branch, so that many bytes are looked at together.
    let is_unusual = text.bytes().fold(false, |found, byte| found | (byte <= b' ') | (byte == b';') | (byte >= 0x80));
    let is_sound = !is_unusual
        || (!text.contains(char::is_whitespace) && text.split(';').all(|one| !one.contains("://") || is_url(one)));
    if is_sound && is_url(text) { Ok(()) } else { Err(ValueError::Form) }
}

/// Whether a scheme and a host with a point inside stand in front.
fn is_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
    let end = memchr::memchr3(b'/', b'?', b'#', rest.as_bytes()).unwrap_or(rest.len());
    let host = &rest.as_bytes()[..end];
    host.contains(&b'.') && !host.starts_with(b".") && !host.ends_with(b".")
}

/// Capitals in the scheme.
pub(super) fn normalise_url(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    Some(format!("{}://{rest}", scheme.to_ascii_lowercase()))
}

/// A scheme that was misspelt, or left out before `www.`.
pub(super) fn propose_url(text: &str) -> Option<String> {
    if text.starts_with("www.") {
        return Some(format!("https://{text}"));
    }
    let (word, rest) = text.split_at(text.find(['/', ':', ';'])?);
    let scheme = match word.to_ascii_lowercase().as_str() {
        "https" | "ttps" | "htps" | "htttps" | "htpps" => "https",
        "http" | "ttp" | "htp" | "htttp" | "htpp" => "http",
        _ => return None,
    };
    Some(format!("{scheme}://{}", rest.trim_start_matches(['/', ':', ';', '.'])))
}

/// One address, or several with `;` between.
pub(super) fn check_email(text: &str) -> Result<(), ValueError> {
    let is_fine = match memchr::memchr(b';', text.as_bytes()) {
        Some(_) => text.split(';').all(|one| is_email(one.trim())),
        None => is_email(text.trim()),
    };
    if is_fine { Ok(()) } else { Err(ValueError::Form) }
}

/// Whether a part with a point inside stands behind the only at sign, and another one in front of it.
fn is_email(text: &str) -> bool {
    let Some(at) = memchr::memchr(b'@', text.as_bytes()) else { return false };
    let (name, host) = (&text.as_bytes()[..at], &text.as_bytes()[at + 1..]);
    // To the end, so that no byte waits for the one before.
    let are_fine = |bytes: &[u8]| bytes.iter().fold(true, |fine, byte| fine & MAIL[usize::from(*byte)]);
    !name.is_empty()
        && are_fine(name)
        && are_fine(host)
        && host.contains(&b'.')
        && !host.starts_with(b".")
        && !host.ends_with(b".")
}

/// The bytes that stand in an address of mail beside the at sign.
const MAIL: [bool; 256] = {
    let mut fine = [false; 256];
    let mut at = 0_usize;
    while at < 256 {
        let byte = at.to_le_bytes()[0];
        let is_sign =
            matches!(byte, b'@' | b'(' | b')' | b'<' | b'>' | b'[' | b']' | b':' | b';' | b',' | b'\\' | b'"');
        fine[at] = byte.is_ascii_graphic() && !is_sign;
        at += 1;
    }
    fine
};

/// `mailto:` before the address.
pub(super) fn normalise_email(text: &str) -> Option<String> {
    text.strip_prefix("mailto:").map(str::to_owned)
}

/// An at sign that was written otherwise to keep machines from finding it.
pub(super) fn propose_email(text: &str) -> Option<String> {
    let spelt = ["[at]", "(at)", "[アットマーク]", "(アットマーク)", "アットマーク", "★", "☆"];
    let found = spelt.iter().find(|sign| text.contains(**sign))?;
    Some(text.replacen(found, "@", 1).replace(' ', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postal_codes() {
        assert_eq!(check_postal("7000001"), Ok(()));
        assert_eq!(check_postal("700-0001"), Err(ValueError::Form));
        assert_eq!(normalise_postal("〒700-0001").as_deref(), Some("7000001"));
        assert_eq!(normalise_postal("70-00001"), None);
    }

    #[test]
    fn addresses_on_the_web() {
        for text in ["https://www.city.okayama.jp/", "http://例え.jp/表?a=b", "https://a.jp/x;y=1"] {
            assert_eq!(check_url(text), Ok(()), "{text}");
        }
        for text in ["www.city.okayama.jp", "http//a.jp", "ATTACH/a.JPG", "https://", "https://a.jp/ 観光", "a@b.jp"]
        {
            assert_eq!(check_url(text), Err(ValueError::Form), "{text}");
        }
    }

    #[test]
    fn addresses_on_the_web_in_other_forms() {
        for (found, meant) in [
            ("www.city.okayama.jp", Some("https://www.city.okayama.jp")),
            ("http//a.jp/b", Some("http://a.jp/b")),
            ("https:/a.jp", Some("https://a.jp")),
            ("ttps://a.jp", Some("https://a.jp")),
            ("http:://a.jp", Some("http://a.jp")),
            ("city.okayama.jp", None),
            ("ATTACH/a.JPG", None),
            ("info@a.jp", None),
            ("", None),
        ] {
            assert_eq!(propose_url(found).as_deref(), meant, "{found}");
        }
        assert_eq!(normalise_url("HTTPS://a.jp/B").as_deref(), Some("https://a.jp/B"));
    }

    #[test]
    fn addresses_of_mail() {
        assert_eq!(check_email("info@city.okayama.lg.jp"), Ok(()));
        for text in ["info", "a@b", "a b@c.jp", "a@b@c.jp", "問合せ@c.jp"] {
            assert_eq!(check_email(text), Err(ValueError::Form), "{text}");
        }
        assert_eq!(normalise_email("mailto:a@b.jp").as_deref(), Some("a@b.jp"));
        assert_eq!(propose_email("info[at]city.lg.jp").as_deref(), Some("info@city.lg.jp"));
    }
}
