//! Times of day: `hh:mm`, 00:00 to 24:00 (24:00 is one of the three ways in which offices write "all day").

use crate::schema::ValueError;

pub(super) fn check(text: &str) -> Result<(), ValueError> {
    let bytes = text.as_bytes();
    if bytes.len() != 5 || bytes[2] != b':' || ![0, 1, 3, 4].iter().all(|index: &usize| bytes[*index].is_ascii_digit())
    {
        return Err(ValueError::Form);
    }
    if text == "24:00" || (&text[..2] < "24" && &text[3..] < "60") { Ok(()) } else { Err(ValueError::NotReal) }
}

/// `9:00`, `9:00:00`, `9時`, `9時30分`, `午後5時`.
pub(super) fn normalise(text: &str) -> Option<String> {
    let text = text.trim();
    let (offset, rest) = match (text.strip_prefix("午後"), text.strip_prefix("午前")) {
        (Some(rest), _) => (12, rest.trim()),
        (_, Some(rest)) => (0, rest.trim()),
        (None, None) => (0, text),
    };
    let rest = rest.strip_suffix('分').unwrap_or(rest);
    let (hour, minute) = match rest.split_once([':', '時']) {
        Some((hour, "")) if rest.ends_with('時') => (hour, "00"),
        Some((hour, "半")) => (hour, "30"),
        Some((hour, minute)) => (hour, minute.strip_suffix(":00").unwrap_or(minute)),
        None => return None,
    };
    if !(1..=2).contains(&hour.len()) || !(1..=2).contains(&minute.len()) || (minute.len() == 1 && !rest.contains('時'))
    {
        return None;
    }
    let mut hour: u8 = number(hour)?;
    if offset == 12 {
        if hour > 12 {
            return None;
        }
        hour = if hour == 12 { 12 } else { hour + 12 };
    }
    let value = format!("{hour:02}:{:02}", number(minute)?);
    check(&value).is_ok().then_some(value)
}

fn number(digits: &str) -> Option<u8> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hours_and_minutes_with_two_digits_pass() {
        for text in ["00:00", "09:30", "23:59", "24:00"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in ["9:00", "09:00:00", "9時", "0900", "９：００", "終日"] {
            assert_eq!(check(text), Err(ValueError::Form), "{text}");
        }
        for text in ["25:00", "08:60", "24:01"] {
            assert_eq!(check(text), Err(ValueError::NotReal), "{text}");
        }
    }

    #[test]
    fn times_in_other_forms() {
        for (found, meant) in [
            ("9:00", Some("09:00")),
            ("8:30:00", Some("08:30")),
            ("9時", Some("09:00")),
            ("9時5分", Some("09:05")),
            ("8時半", Some("08:30")),
            ("午後5時30分", Some("17:30")),
            ("午後12時", Some("12:00")),
            ("8:30:15", None),
            ("9:00～", None),
            ("0900", None),
            ("25:00", None),
            ("9:0", None),
            ("随時", None),
        ] {
            assert_eq!(normalise(found).as_deref(), meant, "{found}");
        }
    }
}
