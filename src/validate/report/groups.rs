//! Findings of one rule in one column as one entry: what people read, where machines read every single one.

use std::collections::BTreeMap;

use super::Report;
use crate::tabular::column_letters;
use crate::text::{Lang, Text, harmless};
use crate::validate::findings::{Alike, Finding, Tally};
use crate::validate::rule::Rule;
use crate::validate::rules;

/// Findings of one kind.
pub(super) struct Group<'a> {
    report: &'a Report,
    /// What they have in common.
    pub alike: Alike,
    /// How many there are.
    pub tally: Tally,
    /// Those that the report lists, perhaps none.
    pub findings: Vec<&'a Finding>,
}

impl Report {
    /// All findings, those alike together, what matters first.
    pub(super) fn groups(&self) -> Vec<Group<'_>> {
        let mut listed: BTreeMap<Alike, Vec<&Finding>> = BTreeMap::new();
        for finding in &self.issues {
            listed.entry(Alike::of(finding)).or_default().push(finding);
        }
        let group = |(alike, tally): (&Alike, &Tally)| Group {
            report: self,
            alike: *alike,
            tally: *tally,
            findings: listed.remove(alike).unwrap_or_default(),
        };
        self.tallies.iter().map(group).collect()
    }
}

impl Group<'_> {
    /// Their rule.
    pub fn rule(&self) -> &'static dyn Rule {
        rules::find(self.alike.rule).expect("only rules find anything")
    }

    /// The columns they are about.
    pub fn label(&self, lang: Lang) -> String {
        if let Some(column) = self.alike.column {
            let label = self.report.column_label(self.alike.table, column);
            if !label.is_empty() {
                return label.to_owned();
            }
            let letters = column_letters(self.report.columns_before(self.alike.table) + column);
            return if lang == Lang::Ja { format!("{letters} 列") } else { format!("column {letters}") };
        }
        let mut subjects: Vec<&str> = self.findings.iter().filter_map(|finding| finding.subject.as_deref()).collect();
        subjects.dedup();
        subjects.join(if lang == Lang::Ja { "、" } else { ", " })
    }

    /// What is wrong, as the first of them says it.
    pub fn message(&self, lang: Lang) -> String {
        match self.findings.first() {
            Some(finding) => finding.message(lang, self.report.label(finding)),
            None => self.rule().explanation().get(lang).to_owned(),
        }
    }

    /// Where the first few of them stand, and how many more there are; empty for the whole file.
    pub fn places(&self, most: usize, lang: Lang) -> String {
        let places: Vec<String> =
            self.findings.iter().filter_map(|finding| place(self.report, finding, lang)).take(most).collect();
        let more = self.tally.count.saturating_sub(u64::try_from(places.len()).unwrap_or(u64::MAX));
        let shown = places.join(", ");
        match (places.is_empty(), more, lang) {
            (true, _, _) | (_, 0, _) => shown,
            (_, more, Lang::Ja) => format!("{shown} ほか {more} 件"),
            (_, more, Lang::En) => format!("{shown} and {more} more"),
        }
    }

    /// The first of them that has a correction.
    pub fn example(&self) -> Option<&Finding> {
        let has_more = |finding: &&&Finding| finding.suggestion.is_some() || finding.proposal.is_some();
        self.findings.iter().find(has_more).copied()
    }
}

/// What an empty cell is called.
pub(super) const BLANK: Text = Text { ja: "（空欄）", en: "(blank)" };

/// The better value of a cell, in words.
pub(super) struct Correction {
    /// On one line; what is to be blank is called so.
    pub better: String,
    /// Whether it is meant beyond doubt.
    pub is_sure: bool,
}

impl Correction {
    /// The one that a finding offers.
    pub fn of(finding: &Finding, lang: Lang) -> Option<Correction> {
        let better = finding.suggestion.as_deref().or(finding.proposal.as_deref())?;
        let better = if better.is_empty() { BLANK.get(lang).to_owned() } else { harmless(better) };
        Some(Correction { better, is_sure: finding.suggestion.is_some() })
    }
}

/// Where a finding stands: the cell, or else the row.
pub(super) fn place(report: &Report, finding: &Finding, lang: Lang) -> Option<String> {
    report.cell(finding).or_else(|| {
        let row = finding.row?;
        Some(if lang == Lang::Ja { format!("{row} 行目") } else { format!("row {row}") })
    })
}

#[cfg(test)]
mod tests {
    use crate::text::Lang;
    use crate::validate::report::format::tests::checked;

    #[test]
    fn findings_alike_are_one_entry_that_counts_them_all() {
        let mut table = "全国地方公共団体コード,ID,名称,緯度,経度,設置位置,開始時間\n".to_owned();
        for row in 1..=1_500 {
            table.push_str(&format!("331007,A{row},\u{540d},34.6,133.9,1階,9時\n"));
        }
        let report = checked(table, "331007_aed.csv").report;
        let groups = report.groups();
        let times = groups.iter().find(|group| group.alike.rule == "time-format").expect("times are wrong");
        assert_eq!(
            (times.tally.count, times.tally.fixable, times.label(Lang::Ja).as_str()),
            (1_500, 1_500, "開始時間")
        );
        assert_eq!(times.places(3, Lang::Ja), "G2, G3, G4 ほか 1497 件");
        assert_eq!(times.places(1, Lang::En), "G2 and 1499 more");
        assert_eq!(times.example().and_then(|finding| finding.suggestion.as_deref()), Some("09:00"));
        assert_eq!(groups.iter().map(|group| group.tally.count).sum::<u64>(), report.findings());
        assert!(groups.windows(2).all(|pair| pair[0].alike.severity <= pair[1].alike.severity), "errors first");
    }
}
