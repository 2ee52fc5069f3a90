//! iCalendar (RFC 5545): each record with a first day is an event, in Japanese time.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};

use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, ToSpan};

use super::{Columns, Encoder, Format, Head, Options, columns::Tokens};
use crate::{
    schema::{Record, Role, Schema, token_text},
    text::Text,
};

/// Bytes of a line at most, without its end (section 3.1).
const MOST_BYTES: usize = 75;
/// What stands before the events. Japan has no summer time.
const HEAD: [&str; 13] = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//machikura//machikura//JA",
    "CALSCALE:GREGORIAN",
    "BEGIN:VTIMEZONE",
    "TZID:Asia/Tokyo",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0900",
    "TZOFFSETTO:+0900",
    "TZNAME:JST",
    "END:STANDARD",
    "END:VTIMEZONE",
];

pub(super) struct Ics;

impl Format for Ics {
    fn id(&self) -> &'static str {
        "ics"
    }

    fn media_type(&self) -> &'static str {
        "text/calendar; charset=utf-8"
    }

    fn title(&self) -> Text {
        Text { ja: "iCalendar（カレンダー用）", en: "iCalendar" }
    }

    fn lack(&self, schema: &Schema) -> Option<Text> {
        let is_missing = schema.with_role(Role::EventStartDate).next().is_none();
        is_missing.then_some(Text { ja: "催しの開始日", en: "dates of events" })
    }

    fn encoder<'a>(&self, columns: &'a Columns<'a>, _: &Options) -> Box<dyn Encoder + 'a> {
        Box::new(Events {
            schema: columns.schema(),
            tokens: Tokens::default(),
            stamp: Timestamp::UNIX_EPOCH,
            told: HashMap::new(),
        })
    }
}

struct Events<'a> {
    schema: &'a Schema,
    tokens: Tokens,
    /// When what is told was published.
    stamp: Timestamp,
    /// How many events of an ID were told, by its fingerprint.
    told: HashMap<u64, u32>,
}

impl Encoder for Events<'_> {
    fn begin(&mut self, head: &Head, out: &mut Vec<u8>) {
        self.stamp = head.published_at.unwrap_or(self.stamp);
        HEAD.iter().for_each(|line| push_line(line, out));
    }

    fn record(&mut self, record: &Record, out: &mut Vec<u8>) {
        self.tokens.find(&record.values);
        let Some(lines) = self.event(record) else { return };
        push_line("BEGIN:VEVENT", out);
        for (name, value) in lines {
            push_line(&format!("{name}:{value}"), out);
        }
        push_line("END:VEVENT", out);
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"END:VCALENDAR\r\n")
    }
}

impl Events<'_> {
    /// The properties of an event; `None` without a first day.
    fn event(&mut self, record: &Record) -> Option<Vec<(&'static str, String)>> {
        let text = |field: usize| token_text(self.tokens.get(&record.values, field)).into_owned();
        let all = |role: Role| {
            let texts = self.schema.with_role(role).map(text).filter(|text| !text.is_empty());
            texts.collect::<Vec<_>>()
        };
        let first = |role: Role| all(role).into_iter().next().unwrap_or_default();
        let moments = moments(
            &first(Role::EventStartDate),
            &first(Role::EventEndDate),
            &first(Role::EventStartTime),
            &first(Role::EventEndTime),
        )?;
        let mut lines = vec![("DTSTAMP", self.stamp.strftime("%Y%m%dT%H%M%SZ").to_string())];
        lines.extend(moments);
        let place = [all(Role::EventPlace), all(Role::JoinedAddress)].concat().join(" ");
        for (name, value) in [
            ("SUMMARY", self.schema.record_name().map(text).unwrap_or_default()),
            ("LOCATION", place),
            ("DESCRIPTION", first(Role::EventDescription)),
        ] {
            if !value.is_empty() {
                lines.push((name, escaped(&value)));
            }
        }
        let page = first(Role::EventPage);
        if !page.is_empty() {
            // An address is not escaped, so nothing may stand in it that ends the line.
            lines.push(("URL", page.chars().filter(|character| !character.is_control()).collect()));
        }
        if let Some((latitude, longitude)) = self.schema.coordinates() {
            let (latitude, longitude) = (text(latitude), text(longitude));
            if !latitude.is_empty() && !longitude.is_empty() {
                lines.push(("GEO", format!("{latitude};{longitude}")));
            }
        }
        let publisher = first(Role::PublisherCode);
        lines.push(("UID", self.uid(record, &publisher)));
        Some(lines)
    }

    /// The same for the same event in every version: its data set, or its publisher, and its ID. A table with errors may
    /// have an ID more than once, and calendars keep only one event of each.
    fn uid(&mut self, record: &Record, publisher: &str) -> String {
        let of = record.dataset.as_deref().map_or(publisher, |dataset| dataset.split('_').next().unwrap_or(dataset));
        let id = match self.schema.record_id() {
            Some(field) => token_text(self.tokens.get(&record.values, field)).into_owned(),
            None => String::new(),
        };
        let id = if id.is_empty() { record.values.replace('\n', "/") } else { id };
        let mut fingerprint = DefaultHasher::new();
        (of, &id).hash(&mut fingerprint);
        let told = self.told.entry(fingerprint.finish()).or_default();
        *told += 1;
        match *told {
            1 => escaped(&format!("{of}-{id}@machikura")),
            number => escaped(&format!("{of}-{id}-{number}@machikura")),
        }
    }
}

/// When an event is: with times of day, or whole days, of which the end is the day after the last (section 3.6.1).
fn moments(start_date: &str, end_date: &str, start: &str, end: &str) -> Option<Vec<(&'static str, String)>> {
    let first: Date = start_date.parse().ok()?;
    let last: Date = end_date.parse().ok().filter(|last| *last >= first).unwrap_or(first);
    let day = |date: Date| date.strftime("%Y%m%d").to_string();
    let Some(begin) = moment(first, start) else {
        let behind = last.checked_add(1.day()).ok()?;
        return Some(vec![("DTSTART;VALUE=DATE", day(first)), ("DTEND;VALUE=DATE", day(behind))]);
    };
    let local = |moment: DateTime| moment.strftime("%Y%m%dT%H%M%S").to_string();
    let mut lines = vec![("DTSTART;TZID=Asia/Tokyo", local(begin))];
    if let Some(end) = moment(last, end).filter(|end| *end > begin) {
        lines.push(("DTEND;TZID=Asia/Tokyo", local(end)));
    }
    Some(lines)
}

/// A time of day on a day; 24:00 is the next day's 00:00.
fn moment(date: Date, time: &str) -> Option<DateTime> {
    if time == "24:00" {
        return Some(date.checked_add(1.day()).ok()?.to_datetime(Time::midnight()));
    }
    let (hour, minute) = time.split_once(':')?;
    Some(date.to_datetime(Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()?))
}

/// A value of type TEXT (section 3.3.11).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut previous = ' ';
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' if previous == '\r' => {}
            '\n' | '\r' => escaped.push_str("\\n"),
            _ if character.is_control() && character != '\t' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
        previous = character;
    }
    escaped
}

/// Appends a line, folded so that no part of it is too long, and never inside a character.
fn push_line(line: &str, out: &mut Vec<u8>) {
    let mut used = 0;
    for character in line.chars() {
        if used + character.len_utf8() > MOST_BYTES {
            out.extend_from_slice(b"\r\n ");
            used = 1;
        }
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        used += character.len_utf8();
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::tests::{record, write};

    fn schema() -> Schema {
        let field = |position: usize, name: &str, kind: &str, role: &str| {
            let mut field = serde_json::json!({"position": position, "name": name, "name_en": name, "kind": kind});
            field["type"] = if kind.ends_with("itude") { "number".into() } else { "string".into() };
            if !role.is_empty() {
                field["role"] = role.into();
            }
            field
        };
        let descriptor = serde_json::json!({"recordId": "ID", "recordName": "イベント名", "fields": [
            field(1, "団体", "municipality_code", "publisher_code"),
            field(2, "ID", "string", ""),
            field(3, "イベント名", "string", ""),
            field(4, "開始日", "date", "event_start_date"),
            field(5, "終了日", "date", "event_end_date"),
            field(6, "開始時間", "time", "event_start_time"),
            field(7, "終了時間", "time", "event_end_time"),
            field(8, "場所", "string", "event_place"),
            field(9, "URL", "url", "event_page"),
            field(10, "緯度", "latitude", ""),
            field(11, "経度", "longitude", ""),
        ]});
        Schema::from_json(&descriptor.to_string()).unwrap()
    }

    #[test]
    fn a_page() {
        let schema = schema();
        let columns = Columns::new(&schema, Some(&[1]), false, false);
        let head = Head { published_at: Some("2026-11-22T01:02:03.456789Z".parse().unwrap()), ..Head::default() };
        let records = [
            record(
                &schema,
                &[
                    "331007",
                    "KK1",
                    "秋祭り, 夜の部; \"本\"",
                    "2024-10-12",
                    "2024-10-13",
                    "17:00",
                    "20:30",
                    "河川敷\n広場",
                    "https://example.jp/1",
                    "34.667",
                    "133.941",
                ],
            ),
            record(&schema, &["331007", "KK2", "日付なし"]),
        ];
        let text = write(&Ics, &columns, &head, &records);
        let expected = "BEGIN:VEVENT\r\nDTSTAMP:20261122T010203Z\r\n\
                        DTSTART;TZID=Asia/Tokyo:20241012T170000\r\nDTEND;TZID=Asia/Tokyo:20241013T203000\r\n\
                        SUMMARY:秋祭り\\, 夜の部\\; \"本\"\r\nLOCATION:河川敷\\n広場\r\n\
                        URL:https://example.jp/1\r\nGEO:34.667;133.941\r\nUID:331007-KK1@machikura\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(&text[text.find("BEGIN:VEVENT").unwrap()..], expected);
        assert!(text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
    }

    #[test]
    fn every_event_has_an_id_of_its_own() {
        let schema = schema();
        let columns = Columns::new(&schema, None, false, false);
        let day = |id: &str, day: &str| record(&schema, &["331007", id, "朝市", day]);
        let records =
            [day("KK1", "2024-10-12"), day("KK1", "2024-10-19"), day("", "2024-10-12"), day("", "2024-10-12")];
        let text = write(&Ics, &columns, &Head::default(), &records).replace("\r\n ", "");
        let ids: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("UID:")).collect();
        assert_eq!(ids[..2], ["331007-KK1@machikura", "331007-KK1-2@machikura"]);
        assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), 4, "{ids:?}");
    }

    #[test]
    fn days_and_times() {
        for (start_date, end_date, start, end, expected) in [
            ("2024-02-28", "2024-02-29", "", "", Some("20240228 20240301")),
            ("2024-02-28", "", "", "17:00", Some("20240228 20240229")),
            ("2024-02-28", "2024-02-27", "", "", Some("20240228 20240229")),
            ("2024-02-28", "", "09:00", "", Some("20240228T090000")),
            ("2024-02-28", "", "09:00", "09:00", Some("20240228T090000")),
            ("2024-02-28", "", "09:00", "24:00", Some("20240228T090000 20240229T000000")),
            ("2024-12-31", "2025-01-01", "23:30", "00:30", Some("20241231T233000 20250101T003000")),
            ("", "2024-02-28", "09:00", "10:00", None),
            ("9月", "", "", "", None),
        ] {
            let found = moments(start_date, end_date, start, end);
            let shown = found.map(|lines| lines.into_iter().map(|(_, value)| value).collect::<Vec<_>>().join(" "));
            assert_eq!(shown.as_deref(), expected, "{start_date} {end_date} {start} {end}");
        }
    }

    #[test]
    fn long_lines_are_folded_between_characters() {
        for text in ["あ".repeat(100), "a".repeat(75), "a".repeat(76), "👍a".repeat(60)] {
            let mut out = Vec::new();
            push_line(&text, &mut out);
            let folded = String::from_utf8(out).unwrap();
            assert!(folded.split("\r\n").all(|line| line.len() <= MOST_BYTES), "{folded}");
            assert_eq!(folded.replace("\r\n ", ""), format!("{text}\r\n"));
        }
    }
}
