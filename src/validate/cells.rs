//! What is found in the cells of a block: told in words as long as a report has room for them, and only counted from then on.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use foldhash::fast::RandomState;

use super::findings::{Finding, Severity};
use super::repeated::Columns;
use super::rule::{Class, Rule};
use super::rules::RULES;

/// What findings about cells are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sort {
    /// The place of the rule in [`RULES`].
    pub rule: usize,
    pub severity: Severity,
    /// From 0.
    pub column: usize,
    /// How far the correction can be trusted; `None` where there is none.
    pub class: Option<Class>,
}

impl Sort {
    pub fn rule(self) -> &'static dyn Rule {
        RULES[self.rule]
    }
}

/// Something wrong with a cell, in whatever row it stands.
#[derive(Clone, Debug)]
pub(super) struct CellFault {
    pub sort: Sort,
    /// In words, where these are still wanted.
    pub finding: Option<Finding>,
}

/// Whether there are findings of a rule and class enough: a report has no room for more, so the next ones need no words.
/// Once there are, it stays so.
pub(super) struct Enough([[AtomicBool; 3]; RULES.len()]);

impl Enough {
    /// Of none yet.
    pub fn new() -> Enough {
        Enough([const { [const { AtomicBool::new(false) }; 3] }; RULES.len()])
    }

    /// Of every rule and class.
    pub fn of_all() -> Enough {
        Enough([const { [const { AtomicBool::new(true) }; 3] }; RULES.len()])
    }

    pub fn is_reached(&self, rule: usize, class: Option<Class>) -> bool {
        self.place(rule, class).load(Ordering::Relaxed)
    }

    pub fn reach(&self, rule: &dyn Rule, class: Option<Class>) {
        let place = RULES.iter().position(|known| known.id() == rule.id()).expect("the list has every rule");
        self.place(place, class).store(true, Ordering::Relaxed);
    }

    fn place(&self, rule: usize, class: Option<Class>) -> &AtomicBool {
        &self.0[rule][match class {
            None => 0,
            Some(Class::Lossless) => 1,
            Some(Class::Likely) => 2,
        }]
    }
}

/// Collects what is found in the cells of a block.
#[derive(Default)]
pub(super) struct CellFindings {
    /// Those in words, with the indices of their rows in the block.
    pub told: Vec<(usize, Finding)>,
    /// How many others there are.
    pub counted: HashMap<Sort, u64, RandomState>,
    /// The numbers of the rows in which they are.
    pub rows: Vec<(Severity, u64)>,
    /// The cells in which anything was found: the indices of their rows in the block, and their columns.
    pub wrong: Vec<(usize, usize)>,
    /// For each column, how many cells are filled.
    pub filled: Vec<u64>,
    /// For each row of the block, the cells that are known to repeat those of the row above.
    pub repeated: Vec<Columns>,
}

impl CellFindings {
    /// Of a block of so many rows and columns.
    pub fn of(rows: usize, columns: usize) -> CellFindings {
        CellFindings { filled: vec![0; columns], repeated: vec![Columns::NONE; rows], ..CellFindings::default() }
    }

    /// Adds what was found in the cell of a column, in the row of an index and number.
    pub fn add(&mut self, faults: &[CellFault], column: usize, (index, row): (usize, u64)) {
        if !faults.is_empty() {
            self.wrong.push((index, column));
            faults.iter().for_each(|fault| self.add_one(fault, index, row));
        }
    }

    fn add_one(&mut self, fault: &CellFault, index: usize, row: u64) {
        match &fault.finding {
            Some(finding) => self.told.push((index, finding.clone().at_row(row))),
            None => {
                *self.counted.entry(fault.sort).or_default() += 1;
                self.rows.push((fault.sort.severity, row));
            }
        }
    }

    /// Brings those in words, and the cells, into the order of the rows, and of the columns in each.
    pub fn order(&mut self) {
        self.wrong.sort_unstable();
        self.told.sort_by_key(|(index, finding)| (*index, finding.column));
    }
}
