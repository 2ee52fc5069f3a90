//! A code in the file's name that is not the code in its rows.

use std::collections::HashMap;

use crate::municipality::{self, Municipality};
use crate::schema::Role;
use crate::text::{Text, narrow};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule, TableCheck, TableRow, value};

/// See the module.
pub struct FileNameCode;

impl Rule for FileNameCode {
    fn id(&self) -> &'static str {
        "file-name-code"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text {
            ja: "ファイル名のコードは {0} ですが、中の行の多くは {1} です。ファイルを取り違えていませんか。",
            en: "The file name carries the code of {0}, but most rows that of {1}; is it the right file?",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "ファイル名は「団体コード_データ名」で付けます（共通ルール 3）。",
            en: "Files are named by the body's code and the data set (common rules, section 3).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let column = intake.column_with(Role::PublisherCode)?;
        Some(Box::new(FileNameCodeCheck { named: named(intake.upload.name()?)?, column, rows: HashMap::new() }))
    }
}

struct FileNameCodeCheck {
    named: &'static Municipality,
    column: usize,
    /// Rows by the code of a body that exists, so there are never many.
    rows: HashMap<&'static str, u64>,
}

/// The body whose code a file name begins with, unless the digits may be a year and month.
fn named(file_name: &str) -> Option<&'static Municipality> {
    let name = file_name.rsplit(['/', '\\']).next()?;
    let (digits, rest) = name.split_at_checked(6)?;
    let is_month = digits.starts_with("20") && ("01"..="12").contains(&&digits[4..]);
    (!is_month && !rest.starts_with(|next: char| next.is_ascii_digit())).then(|| municipality::find(digits))?
}

impl TableCheck for FileNameCodeCheck {
    fn row(&mut self, row: &TableRow<'_>, _findings: &mut Findings) {
        if let Some(body) = municipality::find_any(&narrow(value(row, Some(self.column)))) {
            *self.rows.entry(&body.code).or_default() += 1;
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        let most = self.rows.iter().max_by_key(|(code, rows)| (**rows, **code));
        let Some(body) = most.and_then(|(code, _)| municipality::find(code)) else { return };
        if !self.named.covers(body) && !body.covers(self.named) {
            let label = |body: &Municipality| format!("{}（{}）", body.code, body.full_name());
            let finding = Finding::new(&FileNameCode, Severity::Warning).at_column(self.column);
            findings.add(finding.with_value(&body.code).with_details([label(self.named), label(body)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn the_name_must_agree_with_most_rows() {
        let table = "全国地方公共団体コード,名称\n38201,A\n382019,B\n302015,C\n";
        for (file_name, expected) in [
            ("302015_care_service.csv", &["0 warning 382019"][..]),
            ("382019_care_service.csv", &[]),
            ("380008_care_service.csv", &[]),
            ("3020150_care_service.csv", &[]),
            ("202011_care_service.csv", &[]),
            ("介護サービス.csv", &[]),
        ] {
            let outcome = Trial { file_name, ..Trial::of("care_service", table) }.run(&FileNameCode);
            assert_eq!(outcome.findings, expected, "{file_name}");
        }
    }
}
