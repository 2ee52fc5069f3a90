//! The checks of one column's cells. What most cells are, nothing any rule could object to, is seen at a glance: by their
//! marks (see [`super::marks`]), or because the same cell was fine before.

use std::borrow::Cow;

use super::correct::{correct, is_half_width};
use super::findings::Finding;
use super::marks::Marks;
use super::remembered::Remembered;
use super::rule::{Cell, CellCheck, Class, Fault, Rule};
use super::rules::RULES;
use crate::schema::Field;
use crate::text::{narrow, trim};

/// A rule and its check of a column's cells.
type Bound = (&'static dyn Rule, Box<dyn CellCheck>);

/// The checks of one column.
pub(super) struct ColumnChecks {
    field: Field,
    half_width: bool,
    /// Asked about every cell, blank ones too.
    always: Vec<Bound>,
    /// Asked about filled cells.
    filled: Vec<Bound>,
    /// Those that look for no marks, once more: they alone are asked about a filled cell without an alarming mark.
    unmarked: Vec<Box<dyn CellCheck>>,
    alarming: Marks,
    /// Whether an empty cell is fine.
    may_be_empty: bool,
}

impl ColumnChecks {
    pub(super) fn new(field: Field) -> ColumnChecks {
        let half_width = is_half_width(&field);
        // Narrowed, a cell is another text than the one whose marks are known.
        let mut alarming = if half_width { Marks::NOT_ASCII } else { Marks::NONE };
        let (mut always, mut filled): (Vec<Bound>, Vec<Bound>) = Default::default();
        let mut unmarked = Vec::new();
        for rule in RULES {
            let Some(check) = rule.bind_cell(&field) else { continue };
            if rule.looks_at_blank_cells() { &mut always } else { &mut filled }.push((*rule, check));
            match rule.looks_for() {
                Some(marks) => alarming = alarming.or(marks),
                None => unmarked.extend(rule.bind_cell(&field)),
            }
        }
        let empty = Cell { raw: "", trimmed: "", text: "" };
        let may_be_empty = always.iter().all(|(_, check)| check.check(empty).is_none());
        ColumnChecks { half_width, alarming, may_be_empty, field, always, filled, unmarked }
    }

    /// Checks one cell and tells whether it is filled.
    pub(super) fn check(
        &self,
        raw: &str,
        row: u64,
        column: usize,
        seen: &mut Remembered,
        told: &mut dyn FnMut(Finding),
    ) -> bool {
        if raw.is_empty() && self.may_be_empty {
            return false;
        }
        if let Some(findings) = seen.find(raw) {
            findings.iter().for_each(|finding| told(finding.clone().at_row(row)));
            return !raw.is_empty();
        }
        let trimmed = trim(raw);
        let findings =
            if self.is_fine_at_a_glance(raw, trimmed) { Vec::new() } else { self.find(raw, trimmed, column) };
        // A blank cell that is not empty is rare.
        if raw.is_empty() || !trimmed.is_empty() {
            seen.keep(raw, &findings);
        }
        findings.into_iter().for_each(|finding| told(finding.at_row(row)));
        !trimmed.is_empty()
    }

    /// Whether no rule can have anything to say about a filled cell. What this says yes to, [`ColumnChecks::find`] finds
    /// nothing in.
    fn is_fine_at_a_glance(&self, raw: &str, trimmed: &str) -> bool {
        if trimmed.is_empty() || raw.len() != trimmed.len() || Marks::of(raw).has_any(self.alarming) {
            return false;
        }
        let cell = Cell { raw, trimmed, text: trimmed };
        self.unmarked.iter().all(|check| check.check(cell).is_none())
    }

    /// Asks every rule. The findings do not say in which row they are.
    fn find(&self, raw: &str, trimmed: &str, column: usize) -> Vec<Finding> {
        let text = self.text(trimmed);
        let cell = Cell { raw, trimmed, text: &text };
        let filled: &[_] = if trimmed.is_empty() { &[] } else { &self.filled };
        let mut faults = Vec::new();
        for (rule, check) in self.always.iter().chain(filled) {
            if let Some(fault) = check.check(cell) {
                faults.push((*rule, check.as_ref(), fault));
                if rule.settles_the_cell() {
                    break;
                }
            }
        }
        let masked = faults.iter().find_map(|(_, _, fault)| fault.masked.clone());
        let finding = |(rule, check, fault): (&'static dyn Rule, &dyn CellCheck, Fault)| {
            let (suggestion, proposal) = if masked.is_some() { (None, None) } else { self.offers(rule, check, raw) };
            Finding {
                rule,
                severity: fault.severity,
                table: 0,
                row: None,
                column: Some(column),
                subject: None,
                value: Some(masked.clone().unwrap_or_else(|| raw.to_owned())),
                suggestion,
                proposal,
                cells: 1,
                details: fault.details,
            }
        };
        faults.into_iter().map(finding).collect()
    }

    /// The cell with the corrections of the rules that complain about it and are allowed, and those rules.
    pub(super) fn correct(
        &self,
        raw: &str,
        is_allowed: impl Fn(&str, Class) -> bool,
    ) -> Option<(String, Vec<&'static str>)> {
        let trimmed = trim(raw);
        let text = self.text(trimmed);
        let cell = Cell { raw, trimmed, text: &text };
        let filled: &[_] = if trimmed.is_empty() { &[] } else { &self.filled };
        let mut is_wrong = false;
        for fault in self.always.iter().chain(filled).filter_map(|(_, check)| check.check(cell)) {
            // What must not be repeated must not stand in a list of changes either.
            if fault.masked.is_some() {
                return None;
            }
            is_wrong = true;
        }
        is_wrong.then(|| correct(&self.field, raw, is_allowed))?
    }

    fn text<'c>(&self, trimmed: &'c str) -> Cow<'c, str> {
        if self.half_width { narrow(trimmed) } else { Cow::Borrowed(trimmed) }
    }

    /// The value meant beyond doubt, or else the one probably meant, if it no longer draws this finding.
    fn offers(&self, rule: &dyn Rule, check: &dyn CellCheck, raw: &str) -> (Option<String>, Option<String>) {
        let meant = |allowed: Class| {
            let (value, _) = correct(&self.field, raw, |_, class| class <= allowed)?;
            self.passes(rule, check, &value).then_some(value)
        };
        match meant(Class::Lossless) {
            Some(sure) => (Some(sure), None),
            None => (None, meant(Class::Likely)),
        }
    }

    /// Whether a corrected value no longer draws this finding.
    fn passes(&self, rule: &dyn Rule, check: &dyn CellCheck, value: &str) -> bool {
        let text = self.text(value);
        let is_asked = !value.is_empty() || rule.looks_at_blank_cells();
        !is_asked || check.check(Cell { raw: value, trimmed: value, text: &text }).is_none()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::standard::Registry;

    /// What cells are made of here: good values, and all that rules about characters look for.
    const PARTS: [&str; 48] = [
        "市役所",
        "ヤクショ",
        "やくしょ",
        "ABC",
        "e",
        "E",
        "第1",
        "12",
        "090",
        "1234",
        "5678",
        "-",
        "ー",
        "−",
        "(",
        ")",
        ".",
        ":",
        "/",
        ";",
        "@",
        "http://",
        "2024-04-01",
        "09:00",
        "月火",
        "有",
        "なし",
        "n/a",
        "１２３",
        "Ｅ",
        "＋",
        "+",
        " ",
        "　",
        "\n",
        "\t",
        "\0",
        "\u{85}",
        "\u{200b}",
        "\u{feff}",
        "\u{fffd}",
        "\u{e000}",
        "😀",
        "ｱﾟ",
        "<br>",
        "&amp;",
        "#",
        "[sanitize]",
    ];
    const WHOLE: [&str; 14] = [
        "#REF!",
        "###",
        "5.22E+12",
        "市?所",
        "123456789018",
        "1234 5678 9018",
        "011-222-3333",
        "331007",
        "34.655100",
        "0860000000",
        "https://www.example.lg.jp/",
        "a@example.lg.jp",
        "…",
        "*",
    ];

    /// The checks of every column of every data set.
    static CHECKS: LazyLock<Vec<ColumnChecks>> = LazyLock::new(|| {
        let forms = Registry::embedded().forms();
        forms.flat_map(|(_, _, form)| form.schema.fields()).map(|field| ColumnChecks::new(field.clone())).collect()
    });

    fn cell() -> impl Strategy<Value = String> {
        let part = prop_oneof![4 => prop::sample::select(&PARTS[..]), 1 => prop::sample::select(&WHOLE[..])];
        let parts = prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat());
        prop_oneof![8 => parts, 1 => any::<String>(), 1 => "[0-9]{1,13}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn what_is_fine_at_a_glance_is_fine(cell in cell(), column in any::<prop::sample::Index>()) {
            let checks = &CHECKS[column.index(CHECKS.len())];
            let trimmed = trim(&cell);
            if checks.is_fine_at_a_glance(&cell, trimmed) {
                prop_assert!(!trimmed.is_empty());
                let found = checks.find(&cell, trimmed, 0);
                prop_assert!(found.is_empty(), "{:?}", found);
            }
        }

        #[test]
        fn rules_find_nothing_without_the_marks_that_they_look_for(cell in cell(), column in any::<prop::sample::Index>()) {
            let checks = &CHECKS[column.index(CHECKS.len())];
            let trimmed = trim(&cell);
            let is_narrow = checks.half_width && !cell.is_ascii();
            let is_told_by_marks = !trimmed.is_empty() && trimmed.len() == cell.len() && !is_narrow;
            for (rule, check) in checks.always.iter().chain(&checks.filled) {
                if is_told_by_marks && rule.looks_for().is_some_and(|marks| !Marks::of(&cell).has_any(marks)) {
                    let fault = check.check(Cell { raw: &cell, trimmed, text: trimmed });
                    prop_assert!(fault.is_none(), "{} {:?}", rule.id(), fault);
                }
            }
        }

        #[test]
        fn what_is_remembered_is_what_is_found(cells in prop::collection::vec(cell(), 1..20), column in any::<prop::sample::Index>()) {
            let checks = &CHECKS[column.index(CHECKS.len())];
            let mut seen = Remembered::new();
            for cell in cells.iter().chain(&cells) {
                let (mut told, mut again) = (Vec::new(), Vec::new());
                let is_filled = checks.check(cell, 2, 0, &mut seen, &mut |finding| told.push(format!("{finding:?}")));
                checks.check(cell, 2, 0, &mut Remembered::new(), &mut |finding| again.push(format!("{finding:?}")));
                prop_assert_eq!(is_filled, !trim(cell).is_empty());
                prop_assert_eq!(told, again);
            }
        }
    }

    #[test]
    fn a_glance_suffices_for_most_good_cells() {
        let sample = Registry::embedded().find("aed").expect("a data set").main_table().current();
        let text = sample.sample.as_deref().expect("a sample");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let checks: Vec<ColumnChecks> =
            sample.schema.fields().iter().map(|field| ColumnChecks::new(field.clone())).collect();
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("sound")).collect();
        let cells = || rows.iter().flat_map(|row| row.iter().zip(&checks)).filter(|(cell, _)| !cell.is_empty());
        let fine = cells().filter(|(cell, checks)| checks.is_fine_at_a_glance(cell, cell)).count();
        assert!(10 * fine > 9 * cells().count(), "{fine}");
    }
}
