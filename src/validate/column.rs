//! The checks of one column's cells. Most cells are nothing that any rule could object to, which is seen at a glance (see
//! [`super::glance`]), or because the same cell was fine before, or by its marks (see [`super::marks`]).

use std::borrow::Cow;

use super::cells::{CellFault, CellFindings, Enough, Sort};
use super::correct::{Steps, correct, is_half_width};
use super::findings::Finding;
use super::glance::Glance;
use super::marks::Marks;
use super::remembered::Remembered;
use super::rule::{Cell, CellCheck, Class, Fault, Rule};
use super::rules::RULES;
use crate::schema::Field;
use crate::tabular::Row;
use crate::text::{narrow, trim};

/// A rule and its check of a column's cells.
struct Bound {
    /// The place of the rule in [`RULES`].
    place: usize,
    rule: &'static dyn Rule,
    looks_for: Option<Marks>,
    check: Box<dyn CellCheck>,
}

/// Some rows of a block.
#[derive(Clone, Copy)]
pub(super) struct Batch<'r, 't> {
    /// The row before them.
    pub above: Option<Row<'t>>,
    /// With their indices in the block.
    pub rows: &'r [(usize, Row<'t>)],
}

/// The checks of one column.
pub(super) struct ColumnChecks {
    field: Field,
    glance: Glance,
    steps: Steps,
    half_width: bool,
    /// In the order of the rules, those first that are asked about blank cells too.
    checks: Vec<Bound>,
    /// How many are asked about blank cells.
    always: usize,
    /// The places of those that look for no marks: they alone are asked about a filled cell without an alarming mark.
    unmarked: Vec<usize>,
    alarming: Marks,
    /// Whether an empty cell is fine.
    may_be_empty: bool,
}

impl ColumnChecks {
    pub(super) fn new(field: Field) -> ColumnChecks {
        let half_width = is_half_width(&field);
        let bound = RULES.iter().enumerate().filter_map(|(place, rule)| {
            Some(Bound { place, rule: *rule, looks_for: rule.looks_for(), check: rule.bind_cell(&field)? })
        });
        let (mut checks, filled): (Vec<Bound>, Vec<Bound>) = bound.partition(|bound| bound.rule.looks_at_blank_cells());
        let always = checks.len();
        checks.extend(filled);
        // Narrowed, a cell is another text than the one whose marks are known.
        let narrowed = if half_width { Marks::NOT_ASCII } else { Marks::NONE };
        let alarming = checks.iter().filter_map(|bound| bound.looks_for).fold(narrowed, Marks::or);
        let unmarked = (0..checks.len()).filter(|check| checks[*check].looks_for.is_none()).collect();
        let empty = Cell { raw: "", trimmed: "", text: "" };
        let may_be_empty = checks[..always].iter().all(|bound| bound.check.check(empty).is_none());
        let (glance, steps) = (Glance::of(&field), Steps::of(&field));
        ColumnChecks { field, glance, steps, half_width, checks, always, unmarked, alarming, may_be_empty }
    }

    /// Checks the cells of the column in some rows of a block.
    pub(super) fn check(
        &self,
        column: usize,
        batch: Batch<'_, '_>,
        enough: &Enough,
        seen: &mut Remembered,
        found: &mut CellFindings,
    ) {
        let (mut filled, mut repeated) = (0, 0);
        let mut above = batch.above.filter(|_| seen.looks_above()).map(|row| row.look(column).0);
        // How much the cell above counts as filled, if it is known to be fine.
        let mut fine = None;
        for (index, row) in batch.rows {
            let (bytes, is_plain) = row.look(column);
            if above == Some(bytes) {
                repeated += 1;
                found.repeated[*index].add(column);
                if let Some(count) = fine {
                    filled += count;
                    continue;
                }
            } else if seen.looks_above() {
                above = Some(bytes);
            }
            let (count, is_fine) = if bytes.is_empty() && self.may_be_empty {
                (0, true)
            } else if is_plain && self.glance.is_fine(bytes, || row.cell(column)) {
                (1, true)
            } else {
                self.look_closely(column, (*index, row), enough, seen, found)
            };
            filled += count;
            fine = is_fine.then_some(count);
        }
        found.filled[column] += filled;
        seen.looked_above(batch.rows.len(), repeated);
    }

    /// Checks one cell, and tells how much it counts as filled and whether it is fine.
    fn look_closely(
        &self,
        column: usize,
        (index, row): (usize, &Row<'_>),
        enough: &Enough,
        seen: &mut Remembered,
        found: &mut CellFindings,
    ) -> (u64, bool) {
        let (raw, trimmed) = (row.cell(column), row.trimmed(column));
        let alike = self.glance.alike(raw.as_bytes());
        if let Some(faults) = alike.and_then(|number| seen.find_alike(number)) {
            found.add(faults, column, (index, row.number));
            return (1, faults.is_empty());
        }
        if let Some(faults) = seen.find(raw) {
            found.add(faults, column, (index, row.number));
            return (u64::from(!raw.is_empty()), faults.is_empty());
        }
        let marks = self.marks(raw, trimmed, row.is_plain(column));
        let faults = self.find(raw, trimmed, marks, column, enough);
        found.add(&faults, column, (index, row.number));
        let is_fine = faults.is_empty();
        if let Some(number) = alike {
            seen.keep_alike(number, &faults);
        }
        // A blank cell that is not empty is rare.
        if raw.is_empty() || !trimmed.is_empty() {
            seen.keep(raw, faults);
        }
        (u64::from(!trimmed.is_empty()), is_fine)
    }

    /// What is known of a cell before any rule is asked.
    fn marks(&self, raw: &str, trimmed: &str, is_plain: bool) -> Marks {
        if trimmed.is_empty() || raw.len() != trimmed.len() {
            return Marks::ALL;
        }
        let marks = if is_plain { Marks::of_plain(raw) } else { Marks::of(raw) };
        let is_narrowed = self.half_width && marks.has_any(Marks::NOT_ASCII);
        if is_narrowed { Marks::ALL } else { marks }
    }

    /// Asks every rule that can have anything to say about a cell with these marks.
    fn find(&self, raw: &str, trimmed: &str, marks: Marks, column: usize, enough: &Enough) -> Vec<CellFault> {
        let text = self.text(trimmed);
        let cell = Cell { raw, trimmed, text: &text };
        let faults = if marks.has_any(self.alarming) {
            let asked = if trimmed.is_empty() { &self.checks[..self.always] } else { &self.checks };
            let may_find = |bound: &&Bound| bound.looks_for.is_none_or(|wanted| marks.has_any(wanted));
            ask(asked.iter().filter(may_find), cell)
        } else {
            ask(self.unmarked.iter().map(|check| &self.checks[*check]), cell)
        };
        if faults.is_empty() {
            return Vec::new();
        }
        let masked = faults.iter().find_map(|(_, fault)| fault.masked.clone());
        let may_be_bettered = masked.is_none() && self.steps.better(&self.field, raw, marks);
        let told = |(bound, fault): (&Bound, Fault)| {
            let (suggestion, proposal) = if may_be_bettered { self.offers(bound, raw) } else { (None, None) };
            let class = match (&suggestion, &proposal) {
                (Some(_), _) => Some(Class::Lossless),
                (None, Some(_)) => Some(Class::Likely),
                (None, None) => None,
            };
            let severity = fault.severity;
            let finding = (!enough.is_reached(bound.place, class)).then(|| Finding {
                rule: bound.rule,
                severity,
                table: 0,
                row: None,
                column: Some(column),
                subject: None,
                value: Some(masked.clone().unwrap_or_else(|| raw.to_owned())),
                suggestion,
                proposal,
                cells: 1,
                details: fault.into_details(&text),
            });
            CellFault { sort: Sort { rule: bound.place, severity, column, class }, finding }
        };
        faults.into_iter().map(told).collect()
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
        let asked = if trimmed.is_empty() { &self.checks[..self.always] } else { &self.checks };
        let mut is_wrong = false;
        for fault in asked.iter().filter_map(|bound| bound.check.check(cell)) {
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
    fn offers(&self, bound: &Bound, raw: &str) -> (Option<String>, Option<String>) {
        let meant = |allowed: Class| {
            let (value, _) = correct(&self.field, raw, |_, class| class <= allowed)?;
            self.passes(bound, &value).then_some(value)
        };
        match meant(Class::Lossless) {
            Some(sure) => (Some(sure), None),
            None => (None, meant(Class::Likely)),
        }
    }

    /// Whether a corrected value no longer draws this finding.
    fn passes(&self, bound: &Bound, value: &str) -> bool {
        let text = self.text(value);
        let is_asked = !value.is_empty() || bound.rule.looks_at_blank_cells();
        !is_asked || bound.check.check(Cell { raw: value, trimmed: value, text: &text }).is_none()
    }
}

/// What the checks find in a cell, up to one that says all there is to say.
fn ask<'c>(checks: impl Iterator<Item = &'c Bound>, cell: Cell<'_>) -> Vec<(&'c Bound, Fault)> {
    let mut faults = Vec::new();
    for bound in checks {
        if let Some(fault) = bound.check.check(cell) {
            faults.push((bound, fault));
            if bound.rule.settles_the_cell() {
                break;
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::schema::Kind;
    use crate::standard::Registry;
    use crate::validate::repeated::Columns;

    /// What cells are made of here: good values, and all that rules about characters look for.
    const PARTS: [&str; 49] = [
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
        "=",
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

    /// As [`Row::is_plain`] says of a cell of a text.
    fn is_plain(cell: &str) -> bool {
        let is_odd = |byte| matches!(byte, 0..0x20 | b'#' | b'&' | b'<' | b'?' | b'[' | 0x7F | 0xC0..0xE3 | 0xEE..);
        trim(cell) == cell && !cell.bytes().any(is_odd)
    }

    fn cell() -> impl Strategy<Value = String> {
        let part = prop_oneof![4 => prop::sample::select(&PARTS[..]), 1 => prop::sample::select(&WHOLE[..])];
        let parts = prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat());
        let numbers = prop_oneof![
            "[0-9]{1,13}",
            "[0-9.Ee+-]{1,12}",
            "0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}",
            "[0-9]{2,3}[.:][0-9]{1,9}"
        ];
        prop_oneof![8 => parts, 1 => any::<String>(), 3 => numbers, 1 => "[ァ-ヺー・a-c0-9]{1,20}", 1 => "[a-zA-Z][ -~]{15,30}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn marks_spare_rules_that_find_nothing(cell in cell(), column in any::<prop::sample::Index>()) {
            let checks = &CHECKS[column.index(CHECKS.len())];
            let trimmed = trim(&cell);
            let found = |marks| format!("{:?}", checks.find(&cell, trimmed, marks, 0, &Enough::new()));
            let all = found(Marks::ALL);
            prop_assert_eq!(&found(checks.marks(&cell, trimmed, false)), &all);
            if is_plain(&cell) {
                prop_assert_eq!(&found(checks.marks(&cell, trimmed, true)), &all);
            }
        }

        #[test]
        fn no_rule_objects_to_what_is_fine_at_a_glance(cell in cell(), column in any::<prop::sample::Index>()) {
            let checks = &CHECKS[column.index(CHECKS.len())];
            if !cell.is_empty() && is_plain(&cell) && checks.glance.is_fine(cell.as_bytes(), || &cell) {
                prop_assert!(checks.find(&cell, &cell, Marks::ALL, 0, &Enough::new()).is_empty());
            }
        }

        #[test]
        fn the_same_is_found_in_cells_that_are_alike(
            cell in "[0-9]{2,4}-?[0-9]{1,4}[0-9-]{4,7}",
            digits in "[0-9]{16}",
        ) {
            let checks = CHECKS.iter().find(|checks| checks.field.kind == Kind::Phone).expect("telephone numbers");
            let other = |(at, (own, other)): (usize, (char, char))| if at < 5 || own == '-' { own } else { other };
            let other: String = cell.chars().zip(digits.chars()).enumerate().map(other).collect();
            let enough = Enough::new();
            let classes = [None, Some(Class::Lossless), Some(Class::Likely)];
            RULES.iter().for_each(|rule| classes.iter().for_each(|class| enough.reach(*rule, *class)));
            let number = |cell: &str| checks.glance.alike(cell.as_bytes());
            prop_assert_eq!(number(&cell), number(&other));
            if number(&cell).is_some() {
                let found = |cell: &str| format!("{:?}", checks.find(cell, cell, Marks::ALL, 0, &enough));
                prop_assert_eq!(found(&cell), found(&other));
            }
        }

        #[test]
        fn what_is_remembered_is_what_is_found(cells in prop::collection::vec(cell(), 1..20), column in any::<prop::sample::Index>()) {
            let checks = &CHECKS[column.index(CHECKS.len())];
            let mut seen = Remembered::new();
            for cell in cells.iter().chain(&cells) {
                let check = |seen: &mut Remembered, enough: &Enough| {
                    let mut found = CellFindings::of(1, 1);
                    let rows = [(0, Row::of_strings(2, std::slice::from_ref(cell)))];
                    checks.check(0, Batch { above: None, rows: &rows }, enough, seen, &mut found);
                    found
                };
                let told = check(&mut seen, &Enough::new());
                prop_assert_eq!(told.filled[0], u64::from(!trim(cell).is_empty()));
                let again = check(&mut Remembered::new(), &Enough::new());
                prop_assert_eq!(format!("{:?}", &told.told), format!("{:?}", &again.told));
                // What is only counted is what would be told.
                let enough = Enough::new();
                for (_, finding) in &told.told {
                    enough.reach(finding.rule, finding.class());
                }
                let counted = check(&mut Remembered::new(), &enough);
                let kind = |finding: &Finding| (finding.rule.id(), finding.severity, finding.column, finding.class());
                let mut kinds: Vec<_> = told.told.iter().map(|(_, finding)| kind(finding)).collect();
                let sorts = counted.counted.iter().flat_map(|(sort, count)| (0..*count).map(|_| *sort));
                let mut sorts: Vec<_> = sorts.map(|sort| (sort.rule().id(), sort.severity, Some(sort.column), sort.class)).collect();
                kinds.sort_unstable();
                sorts.sort_unstable();
                prop_assert!(counted.told.is_empty());
                prop_assert_eq!(sorts, kinds);
            }
        }
    }

    proptest! {
        #[test]
        fn cells_that_repeat_those_above_are_counted_and_told_alike(cells in prop::collection::vec(prop::sample::select(vec!["", " ", "市役所", "1", "#REF!"]), 1..20), column in any::<prop::sample::Index>()) {
            let checks = &CHECKS[column.index(CHECKS.len())];
            let cells: Vec<String> = cells.into_iter().map(str::to_owned).collect();
            let rows: Vec<(usize, Row<'_>)> = (0..).zip(cells.iter().map(|cell| Row::of_strings(2, std::slice::from_ref(cell)))).collect();
            let check = |size: usize, looks_above: bool| {
                let (mut found, mut seen) = (CellFindings::of(rows.len(), 1), Remembered::new());
                for (start, batch) in (0..).step_by(size).zip(rows.chunks(size)) {
                    let above = rows[..start].last().map(|(_, row)| *row).filter(|_| looks_above);
                    checks.check(0, Batch { above, rows: batch }, &Enough::new(), &mut seen, &mut found);
                }
                found
            };
            let (all, one_by_one) = (check(7, true), check(1, false));
            prop_assert_eq!(&all.filled, &one_by_one.filled);
            prop_assert_eq!(format!("{:?}", &all.told), format!("{:?}", &one_by_one.told));
            for (index, repeated) in all.repeated.iter().enumerate() {
                prop_assert_eq!(repeated.has_all(Columns::of([0])), index > 0 && cells[index] == cells[index - 1]);
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
        let is_quiet = |cell: &str, checks: &ColumnChecks| !checks.marks(cell, cell, false).has_any(checks.alarming);
        let quiet = cells().filter(|(cell, checks)| is_quiet(cell, checks)).count();
        assert!(10 * quiet > 9 * cells().count(), "{quiet}");
        let fine =
            cells().filter(|(cell, checks)| is_plain(cell) && checks.glance.is_fine(cell.as_bytes(), || cell)).count();
        assert!(2 * fine > cells().count(), "{fine}");
    }
}
