//! A total that is not the sum of its parts.

use crate::schema::Kind;
use crate::text::{Text, narrow, trim};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule, TableCheck, TableRow};

/// See the module.
pub struct SumRule;

impl Rule for SumRule {
    fn id(&self) -> &'static str {
        "sum"
    }

    fn level(&self) -> Level {
        Level::Row
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」は {value} ですが、内訳（{1}）の合計は {0} です。",
            en: "\"{field}\" is {value}, but its parts ({1}) add up to {0}.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "合計と内訳が合わないと、どちらが正しいか利用者には分かりません（共通ルール 5）。",
            en: "Where total and parts disagree, nobody can tell which is right (common rules, section 5).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let schema = &intake.header.subject?.form.schema;
        let sums: Vec<SumColumns> = schema
            .sums()
            .iter()
            .filter_map(|sum| {
                let parts = sum.parts.iter().map(|part| intake.column_of(*part)).collect::<Option<_>>()?;
                let name = |part: usize| schema.fields()[part].name.as_str();
                let (first, last) = (name(*sum.parts.first()?), name(*sum.parts.last()?));
                let between = if sum.parts.len() > 2 { " … " } else { " + " };
                Some(SumColumns {
                    total: intake.column_of(sum.total)?,
                    parts,
                    names: format!("{first}{between}{last}"),
                })
            })
            .collect();
        (!sums.is_empty()).then(|| -> Box<dyn TableCheck> { Box::new(SumCheck(sums)) })
    }
}

struct SumCheck(Vec<SumColumns>);

struct SumColumns {
    total: usize,
    parts: Vec<usize>,
    /// The parts for people.
    names: String,
}

/// The whole number that a cell means.
fn number(cell: &str) -> Option<i64> {
    let cell = trim(cell);
    cell.parse().ok().or_else(|| Kind::Integer.normalise(&narrow(cell))?.parse().ok())
}

impl TableCheck for SumCheck {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        for sum in &self.0 {
            let Some(total) = number(row.cell(sum.total)) else { continue };
            let added = sum.parts.iter().try_fold(0_i64, |added, part| added.checked_add(number(row.cell(*part))?));
            if let Some(added) = added.filter(|added| *added != total) {
                let finding = Finding::new(&SumRule, Severity::Warning).at_row(row.number).at_column(sum.total);
                let finding = finding.with_value(trim(row.cell(sum.total)));
                findings.add(finding.with_details([added.to_string(), sum.names.clone()]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn totals_are_added_up_where_all_parts_are_numbers() {
        let table = "地域名,総人口,男性,女性\nA,10,4,6\nB,10,4,5\nC,10,4,\nD,\"1,000\",４００,600\nE,10,4,不明\n";
        assert_eq!(Trial::of("population", table).run(&SumRule).findings, ["3 warning 10"]);
    }
}
