//! Times of day: `hh:mm`, 00:00 to 24:00 (24:00 is one of the three ways in which offices write "all day").

use crate::schema::ValueError;

pub(super) fn check(text: &str) -> Result<(), ValueError> {
    let &[ten, hour, b':', minutes, minute] = text.as_bytes() else { return Err(ValueError::Form) };
    if ![ten, hour, minutes, minute].iter().all(u8::is_ascii_digit) {
        return Err(ValueError::Form);
    }
    match (ten, hour, minutes, minute) {
        (b'2', b'4', b'0', b'0') | (b'0' | b'1', _, ..b'6', _) | (b'2', ..b'4', ..b'6', _) => Ok(()),
        _ => Err(ValueError::NotReal),
    }
}

/// `9:00`, `9:00:00`, `9時`, `9時30分`, `8時半`, `午後5時`, `5:30 PM`, and a time that Excel gave the day before its first.
pub(super) fn normalise(text: &str) -> Option<String> {
    let text = without_first_day(text.trim());
    let (half, rest) = half(text);
    let rest = rest.strip_suffix('分').unwrap_or(rest);
    let (hour, minute) = match rest.split_once([':', '時']) {
        Some((hour, "")) if rest.ends_with('時') => (hour, "00"),
        Some((hour, "半")) => (hour, "30"),
        Some((hour, minute)) => (hour, minute.strip_suffix(":00").unwrap_or(minute)),
        None => return None,
    };
    let (hour, minute) = (hour.trim(), minute.trim());
    if !(1..=2).contains(&hour.len()) || !(1..=2).contains(&minute.len()) || (minute.len() == 1 && !rest.contains('時'))
    {
        return None;
    }
    let hour = half.map_or_else(|| number(hour), |half| half.hour(number(hour)?))?;
    value(hour, number(minute)?)
}

/// `0900`, `9` and the fraction of a day that Excel keeps; a mark that points to a note (`17:00※`) is left out.
pub(super) fn propose(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(bare) = text.strip_suffix(['※', '*', '＊']) {
        return if check(bare).is_ok() { Some(bare.to_owned()) } else { normalise(bare) };
    }
    match (text.len(), text.find('.')) {
        (_, Some(1)) => fraction(text),
        (1..=2, None) => value(number(text)?, 0),
        (3..=4, None) => {
            let (hour, minute) = text.split_at_checked(text.len() - 2)?;
            value(number(hour)?, number(minute)?)
        }
        _ => None,
    }
}

/// Minutes are looked for to a fiftieth, so that `0.354166667` is 08:30 and `0.123` is nothing.
fn fraction(text: &str) -> Option<String> {
    let day: f64 = text.parse().ok().filter(|day| (0.0..1.0).contains(day))?;
    let minutes = day * 1440.0;
    if (minutes - minutes.round()).abs() > 0.02 {
        return None;
    }
    let minutes: u16 = format!("{minutes:.0}").parse().ok().filter(|minutes| *minutes < 1440)?;
    value(u8::try_from(minutes / 60).ok()?, u8::try_from(minutes % 60).ok()?)
}

/// A cell with a time only has the day before the first in Excel's calendar.
fn without_first_day(text: &str) -> &str {
    ["1899-12-30", "1899-12-31", "1899/12/30", "1899/12/31", "1900-01-00", "1900/1/0"]
        .iter()
        .find_map(|day| text.strip_prefix(day)?.strip_prefix([' ', 'T']))
        .unwrap_or(text)
}

/// Half of a day, on a clock of twelve hours.
#[derive(Clone, Copy)]
enum Half {
    Gozen,
    Gogo,
    Am,
    Pm,
}

impl Half {
    fn hour(self, hour: u8) -> Option<u8> {
        match (self, hour) {
            // 午前12時 is noon by the law of 1872 and midnight to many.
            (Half::Gozen, 12) | (_, 13..) => None,
            (Half::Am, 12) => Some(0),
            (Half::Gogo | Half::Pm, 12) => Some(12),
            (Half::Gozen | Half::Am, hour) => Some(hour),
            (Half::Gogo | Half::Pm, hour) => Some(hour + 12),
        }
    }
}

fn half(text: &str) -> (Option<Half>, &str) {
    const HALVES: [(&str, Half); 6] = [
        ("午前", Half::Gozen),
        ("午後", Half::Gogo),
        ("AM", Half::Am),
        ("PM", Half::Pm),
        ("am", Half::Am),
        ("pm", Half::Pm),
    ];
    HALVES
        .iter()
        .find_map(|(name, half)| {
            let rest = text.strip_prefix(name).or_else(|| text.strip_suffix(name))?;
            Some((Some(*half), rest.trim()))
        })
        .unwrap_or((None, text))
}

fn value(hour: u8, minute: u8) -> Option<String> {
    let value = format!("{hour:02}:{minute:02}");
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
            ("24:00:00", Some("24:00")),
            ("9時", Some("09:00")),
            ("9時5分", Some("09:05")),
            ("8時半", Some("08:30")),
            ("午後5時30分", Some("17:30")),
            ("午前9:00", Some("09:00")),
            ("午後0時", Some("12:00")),
            ("午後12時", Some("12:00")),
            ("午前12時", None),
            ("午後17時", None),
            ("5:30 PM", Some("17:30")),
            ("AM9:00", Some("09:00")),
            ("12:15 AM", Some("00:15")),
            ("1899-12-30 09:00:00", Some("09:00")),
            ("8:30:15", None),
            ("9:00～", None),
            ("0900", None),
            ("25:00", None),
            ("翌1:00", None),
            ("9:0", None),
            ("随時", None),
        ] {
            assert_eq!(normalise(found).as_deref(), meant, "{found}");
        }
    }

    #[test]
    fn digits_alone_are_proposed() {
        for (found, meant) in [
            ("0900", Some("09:00")),
            ("930", Some("09:30")),
            ("9", Some("09:00")),
            ("0.375", Some("09:00")),
            ("0.354166666666667", Some("08:30")),
            ("0.999988", None),
            ("0.123", None),
            ("2500", None),
            ("0960", None),
            ("25", None),
            ("1.5", None),
            ("9時頃", None),
            ("25:00", None),
        ] {
            assert_eq!(propose(found).as_deref(), meant, "{found}");
        }
    }
}
