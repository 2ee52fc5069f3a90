//! A start that lies after its end.

use std::borrow::Cow;

use crate::schema::{Comparison, Kind};
use crate::text::{Text, narrow};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule, TableCheck, TableRow, value};

/// See the module.
pub struct StartAfterEnd;

impl Rule for StartAfterEnd {
    fn id(&self) -> &'static str {
        "start-after-end"
    }

    fn level(&self) -> Level {
        Level::Row
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{0}」（{1}）が「{field}」（{value}）より後です。",
            en: "\"{0}\" ({1}) lies after \"{field}\" ({value}).",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "開始が終了より後だと、期間として使えません。時刻は日付をまたぐことがあるので警告にとどめます（共通ルール 5）。",
            en: "A period that ends before it begins is of no use. Times may pass midnight, so they give a warning only (common rules, section 5).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let schema = &intake.header.subject?.form.schema;
        let pairs: Vec<Pair> = schema
            .ascending()
            .iter()
            .filter_map(|(first, second)| {
                Some(Pair {
                    first: intake.column_of(*first)?,
                    second: intake.column_of(*second)?,
                    kind: schema.fields()[*second].kind,
                    comparison: schema.fields()[*second].kind.comparison(),
                    first_name: schema.fields()[*first].name.clone(),
                })
            })
            .collect();
        (!pairs.is_empty()).then(|| -> Box<dyn TableCheck> { Box::new(Pairs(pairs)) })
    }
}

struct Pairs(Vec<Pair>);

struct Pair {
    first: usize,
    second: usize,
    kind: Kind,
    comparison: Comparison,
    first_name: String,
}

impl TableCheck for Pairs {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        for pair in &self.0 {
            let (first, second) = (value(row, Some(pair.first)), value(row, Some(pair.second)));
            if first.is_empty() || second.is_empty() || !pair.is_after(first, second) {
                continue;
            }
            let severity = if pair.kind == Kind::Time { Severity::Warning } else { Severity::Error };
            let finding = Finding::new(&StartAfterEnd, severity).at_row(row.number).at_column(pair.second);
            findings.add(finding.with_value(second).with_details([pair.first_name.clone(), first.to_owned()]));
        }
    }
}

impl Pair {
    /// Whether the first value lies after the second; values that are not of the kind have findings of their own.
    fn is_after(&self, first: &str, second: &str) -> bool {
        let (Some(first), Some(second)) = (meant(self.kind, first), meant(self.kind, second)) else { return false };
        match self.comparison {
            // What ends at midnight ends with the day. Open all day is 00:00 to 00:00, 08:30 to 08:30 and the like.
            Comparison::Text => first > second && !(self.kind == Kind::Time && second == "00:00"),
            Comparison::Number => match (first.parse::<f64>(), second.parse::<f64>()) {
                (Ok(first), Ok(second)) => first > second,
                _ => false,
            },
        }
    }
}

/// The value in the standard's form. A text that may hold anything is compared where it holds a day.
fn meant(kind: Kind, text: &str) -> Option<Cow<'_, str>> {
    let kind = if kind == Kind::String { Kind::Date } else { kind };
    if kind.check(text).is_ok() { Some(Cow::Borrowed(text)) } else { kind.normalise(&narrow(text)).map(Cow::Owned) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn all_day_is_no_contradiction() {
        let times = "0:00,0:00\n8:30,8:30\n00:00,24:00\n10:00,00:00\n17:00,9:00\n09:00,17:00\n9時,\n";
        let table = format!("開始時間,終了時間\n{times}");
        assert_eq!(Trial::of("aed", table).run(&StartAfterEnd).findings, ["6 warning 9:00"]);
        let table = "イベント名,開始日,終了日\nA,2024-05-02,2024/5/1\nB,2024/10/1,2024-10-01\n";
        assert_eq!(Trial::of("event", table).run(&StartAfterEnd).findings, ["2 error 2024/5/1"]);
    }
}
