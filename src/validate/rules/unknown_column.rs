//! A column that the standard does not know, perhaps misspelt.

use crate::schema::nearest;
use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule};

/// See the module.
pub struct UnknownColumn;

impl Rule for UnknownColumn {
    fn id(&self) -> &'static str {
        "unknown-column"
    }

    fn level(&self) -> Level {
        Level::Header
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」は標準にない列です。追加の列としてそのまま公開します。{0}",
            en: "\"{field}\" is no column of the standard; it is published as an extra column. {1}",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "独自の列を右に加えることは認められています。項目名の書き誤りなら直してください（共通ルール 3）。",
            en: "Municipalities may add columns of their own. If the name is only misspelt, mend it (common rules, section 3).",
        }
    }

    fn examine(&self, intake: &Intake<'_>, findings: &mut Findings) {
        let Some(subject) = intake.header.subject else { return };
        for (index, column) in intake.columns().iter().enumerate() {
            if column.field.is_some() || column.repeats.is_some() || column.label.is_empty() {
                continue;
            }
            let schema = &subject.form.schema;
            let free = schema.fields().iter().enumerate().filter(|(field, _)| intake.column_of(*field).is_none());
            let near = nearest(&column.label, free.map(|(_, field)| field.name.as_str()));
            let details = match near {
                Some(near) => [format!("「{near}」の誤りではありませんか。"), format!("Did you mean \"{near}\"?")],
                None => [String::new(), String::new()],
            };
            let finding = Finding::new(&UnknownColumn, Severity::Info).at_row(intake.header.row).at_column(index);
            findings.add(finding.with_value(&column.label).with_details(details));
        }
    }
}
