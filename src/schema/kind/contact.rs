//! How to reach someone: telephone numbers, postal codes, web and e-mail addresses.

use crate::schema::ValueError;

/// One number, or several with ` / ` or `;` between them.
pub(super) fn check_phone(text: &str) -> Result<(), ValueError> {
    if text.split(['/', ';']).all(|one| is_phone(one.trim())) { Ok(()) } else { Err(ValueError::Form) }
}

/// `0AA-BBBB-CCCC` or `(0AA)BBBB-CCCC`, ten or eleven digits.
fn is_phone(text: &str) -> bool {
    let (area, rest) = match text.strip_prefix('(') {
        Some(inner) => match inner.split_once(')') {
            Some(parts) => parts,
            None => return false,
        },
        None => match text.split_once('-') {
            Some(parts) => parts,
            None => return false,
        },
    };
    let Some((exchange, line)) = rest.split_once('-') else { return false };
    let digits = |part: &str, range: std::ops::RangeInclusive<usize>| {
        range.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    area.starts_with('0')
        && digits(area, 2..=5)
        && digits(exchange, 1..=4)
        && digits(line, 3..=4)
        && (10..=11).contains(&(area.len() + exchange.len() + line.len()))
}

/// A hyphen behind the closing bracket, and blanks inside one number.
pub(super) fn normalise_phone(text: &str) -> Option<String> {
    let value = text.trim().replace(")-", ")").replace(' ', "");
    check_phone(&value).is_ok().then_some(value)
}

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
    let is_url = |one: &str| {
        one.strip_prefix("https://")
            .or_else(|| one.strip_prefix("http://"))
            .and_then(|rest| rest.split(['/', '?', '#']).next())
            .is_some_and(|host| host.contains('.') && !host.starts_with('.') && !host.ends_with('.'))
    };
    if !text.contains(char::is_whitespace)
        && text.split(';').all(|one| !one.contains("://") || is_url(one))
        && is_url(text)
    {
        Ok(())
    } else {
        Err(ValueError::Form)
    }
}

pub(super) fn check_email(text: &str) -> Result<(), ValueError> {
    let is_email = |one: &str| match one.split_once('@') {
        Some((local, host)) => {
            !local.is_empty()
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
                && one.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>[]:;,\\\"".contains(&byte))
                && !host.contains('@')
        }
        None => false,
    };
    if text.split(';').all(|one| is_email(one.trim())) { Ok(()) } else { Err(ValueError::Form) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_with_area_code_pass_in_both_forms() {
        for text in [
            "086-803-1000",
            "(086)803-1000",
            "0120-123-456",
            "090-1234-5678",
            "086-803-1000 / 086-803-1001",
            "(0820)76-0007",
        ] {
            assert_eq!(check_phone(text), Ok(()), "{text}");
        }
        for text in
            ["803-1000", "868031000", "086-803", "０８６-803-1000", "086-803-1000（総務課）", "-", "(086 803-1000"]
        {
            assert_eq!(check_phone(text), Err(ValueError::Form), "{text}");
        }
        assert_eq!(normalise_phone("(083)-934-2873").as_deref(), Some("(083)934-2873"));
        assert_eq!(normalise_phone("934-2873"), None);
    }

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
    fn addresses_of_mail() {
        assert_eq!(check_email("info@city.okayama.lg.jp"), Ok(()));
        for text in ["info", "a@b", "a b@c.jp", "a@b@c.jp", "問合せ@c.jp"] {
            assert_eq!(check_email(text), Err(ValueError::Form), "{text}");
        }
    }
}
