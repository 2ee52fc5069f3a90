//! A house number that a spreadsheet took for a day.

use jiff::ToSpan;
use jiff::civil::date;

use crate::schema::Role;
use crate::text::{Text, narrow, trim};
use crate::validate::address::{AddressColumns, fold_address, is_day};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Amendment, Intake, Level, Repair, Rule, TableCheck, TableRow};

/// See the module.
pub struct HouseNumberDate;

impl Rule for HouseNumberDate {
    fn id(&self) -> &'static str {
        "house-number-date"
    }

    fn level(&self) -> Level {
        Level::Row
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」が「{value}」と日付になっています。番地（1-1 など）を表計算ソフトが日付に変えたようです。元の番地に戻してください。",
            en: "\"{field}\" is a day, \"{value}\"; a spreadsheet seems to have changed a house number (such as 1-1). Restore it.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "表計算ソフトは「1-1」と入力すると日付と見なします。セルの書式を「文字列」にしてから入力してください（共通ルール 5）。",
            en: "A spreadsheet takes 1-1 for a day; set the cells to text before typing (common rules, section 5).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        intake.column_with(Role::Block)?;
        Some(Box::new(HouseNumberDateCheck { columns: AddressColumns::of(intake)?, can_restore: false }))
    }
}

struct HouseNumberDateCheck {
    columns: AddressColumns,
    can_restore: bool,
}

impl HouseNumberDateCheck {
    /// Whether the cell of the house number is a day, and the number that the joined address still holds. Cells are trimmed.
    fn look<'a>(&self, cell: impl Fn(usize) -> &'a str) -> Option<Option<String>> {
        let block = cell(self.columns.block);
        let tail = || self.tail(&cell);
        if is_day(block) {
            return Some(tail());
        }
        // Some house numbers have five digits, so a serial number counts only where the whole address betrays the day.
        let is_serial = block.len() == 5 && block.bytes().all(|digit| digit.is_ascii_digit());
        let tail = is_serial.then(tail)??;
        is_day_of(block, &tail).then_some(Some(tail))
    }

    /// What the joined address has behind the town, if that is a house number.
    fn tail<'a>(&self, cell: &impl Fn(usize) -> &'a str) -> Option<String> {
        let cell = |column: Option<usize>| column.map_or("", cell);
        let joined = narrow(cell(self.columns.joined));
        let before = [self.columns.town, Some(self.columns.municipality)].map(|column| narrow(cell(column)));
        let before = before.into_iter().find(|part| !part.is_empty())?;
        let rest = &joined[joined.rfind(&*before)? + before.len()..];
        let building = narrow(cell(self.columns.building));
        let rest = rest.trim().trim_end_matches(&*building).split_whitespace().next()?;
        let is_number = rest.starts_with(|first: char| first.is_ascii_digit()) && !is_day(rest) && !rest.contains('/');
        is_number.then(|| rest.to_owned())
    }
}

/// Whether a spreadsheet's serial number is the day that it makes of a house number.
fn is_day_of(serial: &str, house_number: &str) -> bool {
    let Ok(days) = serial.parse::<i64>() else { return false };
    // A spreadsheet's day 0, as its days are counted since 1900-03-01.
    let Ok(day) = date(1899, 12, 30).checked_add(days.days()) else { return false };
    let (year, month, day) = (day.year(), day.month(), day.day());
    let number = fold_address(house_number);
    [format!("{month}-{day}"), format!("{year}-{month}-{day}"), format!("{}-{month}-{day}", year % 100)]
        .contains(&number)
}

impl TableCheck for HouseNumberDateCheck {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        let Some(restored) = self.look(|column| row.trimmed(column)) else { return };
        let column = self.columns.block;
        let finding = Finding::new(&HouseNumberDate, Severity::Error).at_row(row.number).at_column(column);
        let finding = finding.with_value(row.cell(column));
        self.can_restore |= restored.is_some();
        findings.add(match restored {
            Some(number) => finding.with_proposal(number),
            None => finding,
        });
    }

    fn repair(self: Box<Self>) -> Option<Box<dyn Repair>> {
        self.can_restore.then_some(self)
    }
}

impl Repair for HouseNumberDateCheck {
    fn amend(&self, row: &mut Amendment<'_>) {
        if let Some(Some(number)) = self.look(|column| trim(row.cell(column))) {
            row.set(self.columns.block, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn house_numbers_are_restored_from_the_whole_address() {
        let table = "名称,所在地_連結表記,所在地_市区町村,所在地_町字,所在地_番地以下,建物名等(方書)\n\
                     A,石川県金沢市広坂1-1,金沢市,広坂,1月1日,\n\
                     B,石川県金沢市広坂3-3-1ビル,金沢市,広坂,2003/3/1,ビル\n\
                     C,石川県金沢市広坂1-1,金沢市,広坂,44927,\n\
                     D,石川県金沢市広坂44927,金沢市,広坂,44927,\n\
                     E,,金沢市,広坂,1月1日,\n\
                     F,石川県金沢市広坂1月1日,金沢市,広坂,1月1日,\n\
                     G,石川県金沢市広坂1番1号,金沢市,広坂,1番1号,\n\
                     H,石川県金沢市広坂２－４　３階,金沢市,広坂,2月4日,\n";
        let outcome = Trial::of("aed", table).run(&HouseNumberDate);
        assert_eq!(
            outcome.findings,
            [
                "2 error 1月1日 => 1-1",
                "3 error 2003/3/1 => 3-3-1",
                "4 error 44927 => 1-1",
                "6 error 1月1日",
                "7 error 1月1日",
                "9 error 2月4日 => 2-4"
            ]
        );
        assert_eq!(outcome.rows[0], "A,石川県金沢市広坂1-1,金沢市,広坂,1-1,");
        assert_eq!(outcome.rows[3], "D,石川県金沢市広坂44927,金沢市,広坂,44927,");
    }
}
