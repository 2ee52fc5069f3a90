//! Days written as month/day/year, as a spreadsheet set to the United States does.

use crate::schema::Kind;
use crate::text::{Text, narrow, trim};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Amendment, Intake, Level, Repair, Rule, TableCheck, TableRow, value};

/// See the module.
pub struct UsDate;

impl Rule for UsDate {
    fn id(&self) -> &'static str {
        "us-date"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text { ja: "{0}", en: "{1}" }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "表計算ソフトの地域の設定が日本でないと、日付が 11/1/2018 のように保存されます。11 月 1 日か 1 月 11 日かは、列全体を見ないと分かりません（共通ルール 5）。",
            en: "A spreadsheet not set to Japan saves days as 11/1/2018; only the whole column tells which number is the month (common rules, section 5).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let fields = intake.fields().iter().enumerate().filter(|(_, field)| field.kind == Kind::Date);
        let columns: Vec<DateColumn> = fields
            .filter_map(|(index, _)| {
                Some(DateColumn { column: intake.column_of(index)?, count: 0, month_first: 0, first: None })
            })
            .collect();
        (!columns.is_empty()).then(|| -> Box<dyn TableCheck> { Box::new(UsDateCheck(columns)) })
    }
}

struct UsDateCheck(Vec<DateColumn>);

struct DateColumn {
    column: usize,
    /// Cells with slashes and the year at the end.
    count: u64,
    /// Those of them that are days if the month stands first.
    month_first: u64,
    first: Option<String>,
}

impl DateColumn {
    fn is_plain(&self) -> bool {
        self.count > 0 && self.count == self.month_first
    }
}

/// Whether two short numbers and a year are parted by slashes.
fn is_year_last(text: &str) -> bool {
    let is_number = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit())
    };
    let mut parts = text.split('/');
    parts.next().is_some_and(|part| is_number(part, 1..=2))
        && parts.next().is_some_and(|part| is_number(part, 1..=2))
        && parts.next().is_some_and(|part| is_number(part, 4..=4))
        && parts.next().is_none()
}

/// The day that a cell means if the month stands first.
fn day(cell: &str) -> Option<String> {
    let text = narrow(trim(cell));
    if !is_year_last(&text) {
        return None;
    }
    let parts: Vec<&str> = text.split('/').collect();
    let day = format!("{}-{:0>2}-{:0>2}", parts[2], parts[0], parts[1]);
    Kind::Date.check(&day).is_ok().then_some(day)
}

impl TableCheck for UsDateCheck {
    fn row(&mut self, row: &TableRow<'_>, _findings: &mut Findings) {
        for dates in &mut self.0 {
            let cell = value(row, Some(dates.column));
            if cell.ends_with(|last: char| last.is_numeric()) && is_year_last(&narrow(cell)) {
                dates.count += 1;
                dates.month_first += u64::from(day(cell).is_some());
                dates.first.get_or_insert_with(|| cell.to_owned());
            }
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        for dates in &self.0 {
            let Some(first) = &dates.first else { continue };
            let finding = Finding::new(&UsDate, Severity::Error).at_column(dates.column).with_value(first);
            let count = dates.count;
            findings.add(match day(first) {
                Some(day) if dates.is_plain() => {
                    let ja = format!(
                        "「{{field}}」の {count} 行が「{first}」のような月/日/年の順です。すべて月/日/年として読めるので、{day} の形に直せます。"
                    );
                    let en = format!(
                        "{count} rows of \"{{field}}\" are written month/day/year, like {first}; all of them can be read that way, so they become {day} and so on."
                    );
                    finding.with_proposal(day).affecting(count).with_details([ja, en])
                }
                _ => finding.with_details([
                    format!(
                        "「{{field}}」の {count} 行が「{first}」のように年が最後です。月と日の順がそろっていないため、どちらが月か決められません。元の表で確かめてください。"
                    ),
                    format!(
                        "{count} rows of \"{{field}}\" have the year last, like {first}, but not all with the month first; look at the original."
                    ),
                ]),
            });
        }
    }

    fn repair(mut self: Box<Self>) -> Option<Box<dyn Repair>> {
        self.0.retain(DateColumn::is_plain);
        (!self.0.is_empty()).then_some(self)
    }
}

impl Repair for UsDateCheck {
    fn amend(&self, row: &mut Amendment<'_>) {
        for dates in &self.0 {
            if let Some(day) = day(row.cell(dates.column)) {
                row.set(dates.column, day);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn a_column_of_months_first_is_turned_and_a_mixed_one_reported() {
        let plain = Trial::of("event", "イベント名,開始日\nA,11/1/2018\nB,2018-12-01\nC,2/28/2019\n").run(&UsDate);
        assert_eq!(plain.findings, ["0 error 11/1/2018 => 2018-11-01"]);
        assert_eq!(plain.rows, ["A,2018-11-01", "B,2018-12-01", "C,2019-02-28"]);

        let mixed = Trial::of("event", "イベント名,開始日\nA,11/1/2018\nB,28/2/2019\nC,2019/2/1\n").run(&UsDate);
        assert_eq!(mixed.findings, ["0 error 11/1/2018"]);
        assert_eq!(mixed.rows, ["A,11/1/2018", "B,28/2/2019", "C,2019/2/1"]);
    }
}
