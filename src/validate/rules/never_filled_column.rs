//! A column that is there and never filled.

use crate::schema::{Kind, Requirement, Role};
use crate::standard::Edition;
use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Counts, Intake, Level, Rule};

/// See the module.
pub struct NeverFilledColumn;

impl Rule for NeverFilledColumn {
    fn id(&self) -> &'static str {
        "never-filled-column"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text { ja: "{0}", en: "{1}" }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "見出しだけがあって値が 1 つもない項目は、利用者には「ない」のか「調べていない」のか分かりません（共通ルール 6）。",
            en: "Of a column without a single value nobody can tell whether there is nothing or nobody looked (common rules, section 6).",
        }
    }

    fn conclude(&self, intake: &Intake<'_>, counts: &Counts, findings: &mut Findings) {
        if counts.rows == 0 {
            return;
        }
        let column = |field: usize| intake.column_of(field).filter(|column| counts.filled[*column] == 0);
        let is_kind = |kind| intake.fields().iter().position(|field| field.kind == kind).and_then(column);
        if let (Some(latitude), Some(_)) = (is_kind(Kind::Latitude), is_kind(Kind::Longitude)) {
            findings.add(finding(Severity::Warning, latitude, COORDINATES));
        }
        let hazards: Vec<usize> = intake
            .fields()
            .iter()
            .enumerate()
            .filter(|(_, field)| field.role == Some(Role::Hazard))
            .filter_map(|(index, _)| intake.column_of(index))
            .collect();
        if let Some(first) = hazards.first().filter(|_| hazards.iter().all(|hazard| counts.filled[*hazard] == 0)) {
            findings.add(finding(Severity::Warning, *first, HAZARDS));
        }
        // The marks of older and municipal forms are not official ones.
        let is_current = intake.header.subject.is_some_and(|subject| subject.form.edition == Edition::Standard);
        for (index, field) in intake.fields().iter().enumerate().filter(|_| is_current) {
            // These have findings of their own.
            let is_told = field.constraints.required
                || field.advice.required
                || matches!(field.kind, Kind::Latitude | Kind::Longitude)
                || matches!(field.role, Some(Role::Hazard | Role::Serial | Role::JoinedAddress))
                || matches!(field.role, Some(Role::PublisherCode | Role::PublisherName) if intake.organization.is_some());
            if let Some(column) = column(index)
                && field.requirement != Requirement::Optional
                && !is_told
            {
                findings.add(finding(Severity::Info, column, EMPTY));
            }
        }
    }
}

fn finding(severity: Severity, column: usize, message: [&str; 2]) -> Finding {
    Finding::new(&NeverFilledColumn, severity).at_column(column).with_details(message.map(str::to_owned))
}

const EMPTY: [&str; 2] = [
    "「{field}」はどの行でも空です。推奨の項目なので、分かる場合は入れてください。",
    "\"{field}\" is empty in every row; it is recommended, so fill it in if you can.",
];
const COORDINATES: [&str; 2] = [
    "緯度と経度がどの行でも空です。このままでは地図に表示できません。住所から調べて入れてください。",
    "Latitude and longitude are empty in every row, so nothing can be shown on a map; look them up by address.",
];
const HAZARDS: [&str; 2] = [
    "災害種別がどの行でもすべて空です。空は「対象外」を意味するので、どの災害にも使えない避難場所になります。「対象外」か「未調査」か分かるように、対象の災害に 1 を入れてください。",
    "All kinds of disaster are empty in every row, which means that the places are for none of them; write 1 for those they are meant for.",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn empty_columns_are_found() {
        let table =
            "ID,名称,名称_カナ,所在地_町字,緯度,経度,備考,災害種別_洪水,災害種別_津波\n1,A,,あ,,,,,\n2,B,,,,,,,\n";
        let outcome = Trial::of("evacuation_space", table).run(&NeverFilledColumn);
        assert_eq!(outcome.findings, ["0 info", "0 warning", "0 warning"]);
        let filled =
            "ID,名称,名称_カナ,所在地_町字,緯度,経度,災害種別_洪水,災害種別_津波\n1,A,ア,あ,34.1,133.1,1,\n2,B,,,,,,\n";
        assert!(Trial::of("evacuation_space", filled).run(&NeverFilledColumn).findings.is_empty());
    }
}
