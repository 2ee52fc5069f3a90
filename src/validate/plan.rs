//! What a repair would do: per rule and class how many cells, with samples.

use std::collections::BTreeMap;

use super::findings::{Finding, Severity};
use super::rule::{Class, Rule};
use super::rules::RULES;

/// How many samples an entry shows.
const SAMPLES: usize = 3;

/// What would be done about the findings of one rule.
#[derive(Clone, Debug)]
pub struct PlanEntry {
    /// The rule.
    pub rule: &'static str,
    /// The gravest of the findings.
    pub severity: Severity,
    /// How far the correction can be trusted; `None` where only the municipality can mend it.
    pub class: Option<Class>,
    /// How many cells it changes, or how many findings are left to people.
    pub cells: u64,
    /// The first few.
    pub samples: Vec<Sample>,
}

impl PlanEntry {
    /// Whether all of it is good to know and nothing that anybody must do.
    pub fn is_only_told(&self) -> bool {
        self.class.is_none() && self.severity == Severity::Info
    }
}

/// One cell before and after.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Row in Excel, from 1.
    pub row: Option<u64>,
    /// Column, from 0.
    pub column: Option<usize>,
    /// The cell as it stands.
    pub before: String,
    /// The cell as it would be.
    pub after: Option<String>,
}

/// Collects entries while findings come in.
#[derive(Debug, Default)]
pub(super) struct Plan(BTreeMap<(&'static str, Option<Class>), PlanEntry>);

impl Plan {
    /// Counts cells that findings of a rule are about.
    pub(super) fn count(&mut self, rule: &dyn Rule, severity: Severity, class: Option<Class>, cells: u64) {
        let rule = rule.id();
        let entry = self.0.entry((rule, class)).or_insert_with(|| PlanEntry {
            rule,
            severity,
            class,
            cells: 0,
            samples: Vec::new(),
        });
        entry.severity = entry.severity.min(severity);
        entry.cells += cells;
    }

    /// Shows a finding that was counted, where there is room.
    pub(super) fn show(&mut self, finding: &Finding, class: Option<Class>) {
        let Some(entry) = self.0.get_mut(&(finding.rule.id(), class)) else { return };
        if entry.samples.len() < SAMPLES {
            entry.samples.push(Sample {
                row: finding.row,
                column: finding.column,
                before: finding.value.clone().unwrap_or_default(),
                after: finding.suggestion.as_ref().or(finding.proposal.as_ref()).cloned(),
            });
        }
    }

    /// Whether no more findings of a rule and class will be shown.
    pub(super) fn is_shown_enough(&self, rule: &dyn Rule, class: Option<Class>) -> bool {
        self.0.get(&(rule.id(), class)).is_some_and(|entry| entry.samples.len() >= SAMPLES)
    }

    /// The entries in the order of the rules, the surest first.
    pub(super) fn into_entries(self) -> Vec<PlanEntry> {
        let place = |rule: &str| RULES.iter().position(|known| known.id() == rule);
        let mut entries: Vec<PlanEntry> = self.0.into_values().collect();
        entries.sort_by_key(|entry| (entry.class.is_none(), entry.class, place(entry.rule)));
        entries
    }
}
