//! `open_at`, `open`, `open_status` and `as_of`.

use jiff::Timestamp;

use super::{Given, Parameter, QueryError, Scope, both, error::Errors, names::meant};
use crate::{
    holiday,
    query::instant::{self, Instant},
    query::{OpenAt, OpenStatus},
    schema::{Schema, nearest},
    text::{Bilingual, narrow, nfkc, trim},
};

/// The word for the time of the question.
const NOW: &str = "now";

pub(super) fn read(schema: &Schema, given: &Given, scope: Scope, errors: &mut Errors) -> Option<OpenAt> {
    let status = status(given, errors);
    let asked = [Parameter::OpenAt, Parameter::Open, Parameter::OpenStatus];
    let first = asked.into_iter().find(|parameter| given.has(*parameter))?;
    let texts = [Parameter::OpenAt, Parameter::Open].map(|parameter| given.one(parameter, errors));
    if schema.opening().is_none() {
        let message = both(
            "このデータには、開いている曜日や時間の項目がありません。",
            "This data has no fields for the days or hours of opening.",
        );
        let text = given.one(first, errors).unwrap_or_default();
        errors.add(first.name(), text, message, None);
        return None;
    }
    let (parameter, text) = match texts {
        [Some(_), Some(text)] => {
            let message = both("open_at と open は同じ意味です。", "open_at and open mean the same.");
            let hint = both("どちらか一つにしてください。", "Keep one of them.");
            errors.add(Parameter::Open.name(), text, message, Some(hint));
            return None;
        }
        [Some(text), None] => (Parameter::OpenAt, text),
        [None, Some(text)] => (Parameter::Open, text),
        [None, None] => {
            let message =
                both("open_status は open_at と一緒に使います。", "open_status is used together with open_at.");
            let value = given.one(Parameter::OpenStatus, errors).unwrap_or_default();
            errors.add(Parameter::OpenStatus.name(), value, message, Some(example()));
            return None;
        }
    };
    let at = if narrow(trim(text)) == NOW {
        Some(instant::in_japan(scope.now))
    } else {
        match instant::read(text) {
            Some(Instant::Time(time)) => Some(time),
            Some(Instant::Day(_)) | None => None,
        }
    };
    let known = holiday::FIRST_YEAR..=holiday::LAST_YEAR;
    let Some(at) = at.filter(|at| known.contains(&at.year())) else {
        let message = match at {
            Some(_) => both(
                format!("祝日が分かるのは {} 年から {} 年までです。", known.start(), known.end()),
                format!("Public holidays are known from {} to {}.", known.start(), known.end()),
            ),
            None => both("日付と時刻として読めません。", "Cannot be read as a date and a time."),
        };
        errors.add(parameter.name(), text, message, Some(example()));
        return None;
    };
    let at = at.date().at(at.hour(), at.minute(), 0, 0);
    Some(OpenAt { at, status })
}

fn status(given: &Given, errors: &mut Errors) -> OpenStatus {
    let Some(text) = given.one(Parameter::OpenStatus, errors) else { return OpenStatus::default() };
    if let Some(status) = OpenStatus::ALL.into_iter().find(|status| status.name() == text) {
        return status;
    }
    let message = both("open、closed、unknown のどれかにしてください。", "Must be open, closed or unknown.");
    let near = nearest(text, OpenStatus::ALL.map(OpenStatus::name));
    errors.add(Parameter::OpenStatus.name(), text, message, near.map(meant));
    OpenStatus::default()
}

fn example() -> Bilingual {
    both(
        "例: open_at=2026-11-22T10:00（日本時間）、open_at=now",
        "For example open_at=2026-11-22T10:00 (Japan time), open_at=now",
    )
}

/// The parameters with the time of the question in place of `now`: the next page must ask the same.
pub fn pinned(pairs: &[(String, String)], open: Option<OpenAt>) -> Vec<(String, String)> {
    let pin = |(name, value): &(String, String)| {
        let is_open = matches!(nfkc(name).as_str(), "open_at" | "open");
        match open.filter(|_| is_open && narrow(trim(value)) == NOW) {
            Some(open) => (name.clone(), open.at.strftime("%Y-%m-%dT%H:%M").to_string()),
            None => (name.clone(), value.clone()),
        }
    };
    pairs.iter().map(pin).collect()
}

/// `as_of`: what was current at the end of a day, or at a time, in Japan. Read before everything else, since it says
/// which table the other parameters are asked of.
///
/// # Errors
/// What is wrong with it.
pub fn as_of(pairs: &[(String, String)]) -> Result<Option<Timestamp>, Vec<QueryError>> {
    let mut errors = Errors::default();
    let mut given = Given::default();
    let is_as_of = |(name, _): &&(String, String)| nfkc(name) == Parameter::AsOf.name();
    given.pairs.extend(pairs.iter().filter(is_as_of).map(|(_, value)| (Parameter::AsOf, value.as_str())));
    let text = given.one(Parameter::AsOf, &mut errors);
    let time = text.map(|text| {
        let time = match instant::read(text)? {
            Instant::Time(time) => time,
            Instant::Day(day) => day.date().at(23, 59, 59, 999_999_999),
        };
        // The end of all time is a day that forms use for "for ever".
        instant::of_japan(time).or((time.year() > 0).then_some(Timestamp::MAX))
    });
    if let (Some(text), Some(None)) = (text, time) {
        let message = both("日付か日時として読めません。", "Cannot be read as a date or a date and time.");
        let hint = both(
            "例: as_of=2026-04-01（その日の終わり）、as_of=2026-04-01T12:00（日本時間）",
            "For example as_of=2026-04-01 (the end of that day), as_of=2026-04-01T12:00 (Japan time)",
        );
        errors.add(Parameter::AsOf.name(), text, message, Some(hint));
    }
    if errors.is_empty() { Ok(time.flatten()) } else { Err(errors.into_list()) }
}
