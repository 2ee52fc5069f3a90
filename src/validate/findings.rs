//! What the rules found: counted in full, listed up to a limit for each rule.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::cells::{CellFindings, Enough, Sort};
use super::plan::{Plan, PlanEntry};
use super::rule::{Class, Level, Rule};
use crate::text::{Lang, Text};

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The standard is broken beyond doubt, and the data would mislead or could not be read by a machine.
    Error,
    /// A departure that a reader survives.
    Warning,
    /// Something that was tidied, or is good to know.
    Info,
}

impl Severity {
    /// Every one, the gravest first.
    pub const ALL: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Info];

    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }

    /// What people call it.
    pub fn title(self) -> Text {
        match self {
            Severity::Error => Text { ja: "エラー", en: "error" },
            Severity::Warning => Text { ja: "警告", en: "warning" },
            Severity::Info => Text { ja: "情報", en: "note" },
        }
    }
}

/// One result of one rule at one place.
#[derive(Clone)]
pub struct Finding {
    /// The rule.
    pub rule: &'static dyn Rule,
    /// How grave it is.
    pub severity: Severity,
    /// Index of its table in the report.
    pub table: usize,
    /// Row in Excel, from 1.
    pub row: Option<u64>,
    /// Column, from 0.
    pub column: Option<usize>,
    /// What the finding is about where that is no column of the file: a missing field, a sheet, a table.
    pub subject: Option<String>,
    /// The cell as it stands.
    pub value: Option<String>,
    /// The value meant, where that is beyond doubt.
    pub suggestion: Option<String>,
    /// The value probably meant, where there is some doubt.
    pub proposal: Option<String>,
    /// How many cells the correction would change; for a finding about a column or table, all of them.
    pub cells: u64,
    /// Details for the message.
    pub details: Vec<Cow<'static, str>>,
}

impl std::fmt::Debug for Finding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {:?} at {:?}:{:?} {:?}", self.rule.id(), self.severity, self.row, self.column, self.value)
    }
}

impl Finding {
    /// A finding about the whole file.
    pub fn new(rule: &'static dyn Rule, severity: Severity) -> Finding {
        Finding {
            rule,
            severity,
            table: 0,
            row: None,
            column: None,
            subject: None,
            value: None,
            suggestion: None,
            proposal: None,
            cells: 1,
            details: Vec::new(),
        }
    }

    /// At a row.
    #[must_use]
    pub fn at_row(mut self, row: u64) -> Finding {
        self.row = Some(row);
        self
    }

    /// At a column.
    #[must_use]
    pub fn at_column(mut self, column: usize) -> Finding {
        self.column = Some(column);
        self
    }

    /// About something that is no column of the file.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Finding {
        self.subject = Some(subject.into());
        self
    }

    /// With the value that stands there.
    #[must_use]
    pub fn with_value(mut self, value: impl Into<String>) -> Finding {
        self.value = Some(value.into());
        self
    }

    /// With the value meant.
    #[must_use]
    pub fn with_suggestion(mut self, suggestion: impl Into<String>) -> Finding {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// With the value probably meant.
    #[must_use]
    pub fn with_proposal(mut self, proposal: impl Into<String>) -> Finding {
        self.proposal = Some(proposal.into());
        self
    }

    /// About so many cells.
    #[must_use]
    pub fn affecting(mut self, cells: u64) -> Finding {
        self.cells = cells;
        self
    }

    /// With details for the message.
    #[must_use]
    pub fn with_details(mut self, details: impl IntoIterator<Item = String>) -> Finding {
        self.details = details.into_iter().map(Cow::Owned).collect();
        self
    }

    /// Bytes that it takes, its texts included.
    fn bytes(&self) -> usize {
        let texts =
            [&self.subject, &self.value, &self.suggestion, &self.proposal].into_iter().flatten().map(String::len);
        size_of::<Finding>() + texts.chain(self.details.iter().map(|detail| detail.len())).sum::<usize>()
    }

    /// How far its correction can be trusted; `None` where only the municipality can mend it.
    pub(super) fn class(&self) -> Option<Class> {
        match (&self.suggestion, &self.proposal) {
            (Some(_), _) => Some(Class::Lossless),
            (None, Some(_)) => Some(Class::Likely),
            (None, None) => self.rule.vanishes_when_rewritten().then_some(Class::Lossless),
        }
    }

    /// The message in one language. `label` names the column it stands in.
    pub fn message(&self, lang: Lang, label: &str) -> String {
        const SHOWN: usize = 60;
        let value = self.value.as_deref().unwrap_or_default();
        let shown: String = value.chars().take(SHOWN).map(|c| if c == '\n' { '⏎' } else { c }).collect();
        let shown = if value.chars().nth(SHOWN).is_some() { format!("{shown}…") } else { shown };
        let mut message = self.rule.message().get(lang).to_owned();
        // Details first: a rule with several messages has them there, with placeholders of their own.
        for (index, detail) in self.details.iter().enumerate() {
            message = message.replace(&format!("{{{index}}}"), detail);
        }
        message.replace("{field}", label).replace("{value}", &shown)
    }
}

/// What findings of one kind have in common: to people they are one entry with several cells. Ordered by what matters
/// first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alike {
    /// How grave they are.
    pub severity: Severity,
    /// Where their rule looks.
    pub level: Level,
    /// Index of their table in the report.
    pub table: usize,
    /// Their column, from 0.
    pub column: Option<usize>,
    /// Their rule.
    pub rule: &'static str,
}

impl Alike {
    /// What a finding is counted by.
    pub fn of(finding: &Finding) -> Alike {
        let Finding { rule, severity, table, column, .. } = *finding;
        Alike { severity, level: rule.level(), table, column, rule: rule.id() }
    }
}

/// How many findings of one kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub count: u64,
    /// Those with a suggestion.
    pub fixable: u64,
}

/// Collects findings.
#[derive(Debug)]
pub struct Findings {
    listed_per_rule: usize,
    listed: BTreeMap<(Level, &'static str), Vec<Finding>>,
    /// Bytes that listed findings may still take.
    room: usize,
    by_code: BTreeMap<&'static str, u64>,
    tallies: BTreeMap<Alike, Tally>,
    table: usize,
    errors: u64,
    warnings: u64,
    infos: u64,
    fixable: u64,
    plan: Plan,
    is_unusable: bool,
    rows_with_errors: RowCounter,
    rows_with_warnings: RowCounter,
}

/// Bytes that all listed findings take at most: a report in words takes some times as much.
const LISTED_BYTES: usize = 16 << 20;

/// An error of one of these leaves no table of a data set.
const FATAL: [&str; 3] = ["unknown-data-set", "no-rows", "missing-column"];

/// Counts rows, each once, in whatever order they come.
#[derive(Debug, Default)]
struct RowCounter {
    /// A bit for every row.
    seen: Vec<u64>,
    count: u64,
}

impl RowCounter {
    fn add(&mut self, row: u64) {
        let word = usize::try_from(row / 64).expect("a file has fewer rows than memory has bytes");
        if self.seen.len() <= word {
            self.seen.resize(word + 1, 0);
        }
        let bit = 1 << (row % 64);
        self.count += u64::from(self.seen[word] & bit == 0);
        self.seen[word] |= bit;
    }
}

impl Findings {
    /// An empty collection that lists so many findings of each rule.
    pub fn new(listed_per_rule: usize) -> Findings {
        Findings {
            listed_per_rule,
            listed: BTreeMap::new(),
            room: LISTED_BYTES,
            by_code: BTreeMap::new(),
            tallies: BTreeMap::new(),
            table: 0,
            errors: 0,
            warnings: 0,
            infos: 0,
            fixable: 0,
            plan: Plan::default(),
            is_unusable: false,
            rows_with_errors: RowCounter::default(),
            rows_with_warnings: RowCounter::default(),
        }
    }

    /// From here on findings belong to this table of the report.
    pub fn begin_table(&mut self, index: usize) {
        self.table = index;
        self.rows_with_errors.seen.clear();
        self.rows_with_warnings.seen.clear();
    }

    /// Adds one.
    pub fn add(&mut self, mut finding: Finding) {
        finding.table = self.table;
        let class = finding.class();
        self.count(Alike::of(&finding), finding.suggestion.is_some(), 1);
        self.plan.count(finding.rule, finding.severity, class, finding.cells);
        self.plan.show(&finding, class);
        if let Some(row) = finding.row {
            self.add_row(finding.severity, row);
        }
        let listed = self.listed.entry((finding.rule.level(), finding.rule.id())).or_default();
        if listed.len() < self.listed_per_rule {
            // A table of long cells could fill the memory with what is said of them.
            self.room = self.room.saturating_sub(finding.bytes());
            if self.room > 0 {
                listed.push(finding);
            }
        }
    }

    /// Adds what was found in the cells of a block, and says of which there are now enough.
    pub(super) fn add_cells(&mut self, cells: CellFindings, enough: &Enough) {
        for (_, finding) in cells.told {
            let (rule, class) = (finding.rule, finding.class());
            self.add(finding);
            let listed = self.listed[&(rule.level(), rule.id())].len();
            let is_full = listed >= self.listed_per_rule || self.room == 0;
            if is_full && self.plan.is_shown_enough(rule, class) {
                enough.reach(rule, class);
            }
        }
        for (sort, count) in cells.counted {
            let Sort { severity, column, class, .. } = sort;
            let (rule, column) = (sort.rule(), Some(column));
            let alike = Alike { severity, level: rule.level(), table: self.table, column, rule: rule.id() };
            self.count(alike, class == Some(Class::Lossless), count);
            self.plan.count(rule, severity, class, count);
        }
        for (severity, row) in cells.rows {
            self.add_row(severity, row);
        }
    }

    fn count(&mut self, alike: Alike, is_fixable: bool, count: u64) {
        let fixable = if is_fixable { count } else { 0 };
        let tally = self.tallies.entry(alike).or_default();
        tally.count += count;
        tally.fixable += fixable;
        self.fixable += fixable;
        *self.by_code.entry(alike.rule).or_default() += count;
        match alike.severity {
            Severity::Error => {
                self.errors += count;
                self.is_unusable |= FATAL.contains(&alike.rule);
            }
            Severity::Warning => self.warnings += count,
            Severity::Info => self.infos += count,
        }
    }

    fn add_row(&mut self, severity: Severity, row: u64) {
        match severity {
            Severity::Error => self.rows_with_errors.add(row),
            Severity::Warning => self.rows_with_warnings.add(row),
            Severity::Info => {}
        }
    }

    /// How many of each rule.
    pub fn by_code(&self) -> &BTreeMap<&'static str, u64> {
        &self.by_code
    }

    /// How many of each kind.
    pub fn tallies(&self) -> &BTreeMap<Alike, Tally> {
        &self.tallies
    }

    /// How many errors, warnings and pieces of information.
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.errors, self.warnings, self.infos)
    }

    /// How many have a suggestion.
    pub fn fixable(&self) -> u64 {
        self.fixable
    }

    /// Whether the file cannot be used as a table of its data set at all.
    pub fn is_unusable(&self) -> bool {
        self.is_unusable
    }

    /// How many rows have an error, and how many a warning.
    pub fn rows(&self) -> (u64, u64) {
        (self.rows_with_errors.count, self.rows_with_warnings.count)
    }

    /// What a repair would do about them.
    pub(super) fn take_plan(&mut self) -> Vec<PlanEntry> {
        std::mem::take(&mut self.plan).into_entries()
    }

    /// At most `limit` findings, every rule having its share: those of the file and heading first, then by row and
    /// column.
    pub fn into_listed(self, limit: usize) -> Vec<Finding> {
        let mut queues: Vec<std::vec::IntoIter<Finding>> = self.listed.into_values().map(Vec::into_iter).collect();
        let mut chosen = Vec::new();
        while chosen.len() < limit {
            let before = chosen.len();
            for queue in &mut queues {
                if chosen.len() < limit {
                    chosen.extend(queue.next());
                }
            }
            if chosen.len() == before {
                break;
            }
        }
        chosen.sort_by_key(|finding| (finding.table, finding.row, finding.column, finding.severity));
        chosen
    }
}
