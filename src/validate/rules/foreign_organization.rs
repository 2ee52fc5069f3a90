//! A publisher code that is not the uploader's own.

use crate::municipality::{self, Municipality};
use crate::schema::Role;
use crate::text::{Text, narrow};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule, TableCheck, TableRow, value};

/// See the module.
pub struct ForeignOrganization;

impl Rule for ForeignOrganization {
    fn id(&self) -> &'static str {
        "foreign-organization"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」が「{value}」です。公開する団体（{0}）のコードと違います。",
            en: "\"{field}\" is \"{value}\", not the code of the publishing body ({0}).",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "ほかの団体のコードのまま公開すると、その団体のデータとして扱われます（共通ルール 4）。",
            en: "Published under another body's code, the rows would count as that body's data (common rules, section 4).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let organization = intake.organization?.clone();
        let column = intake.column_with(Role::PublisherCode)?;
        Some(Box::new(ForeignOrganizationCheck { organization, column }))
    }
}

struct ForeignOrganizationCheck {
    organization: Municipality,
    column: usize,
}

impl TableCheck for ForeignOrganizationCheck {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        let code = value(row, Some(self.column));
        // A code that is none has a finding of its own.
        let Some(publisher) = municipality::find_any(&narrow(code)) else { return };
        if !self.organization.covers(publisher) {
            let finding = Finding::new(&ForeignOrganization, Severity::Error).at_row(row.number).at_column(self.column);
            let own = format!("{} {}", self.organization.code, self.organization.full_name());
            findings.add(finding.with_value(code).with_details([own]));
        }
    }
}
