//! A joined address that is not what its parts make up.

use crate::municipality;
use crate::text::{Text, trim};
use crate::validate::address::{AddressColumns, fold_address, is_day};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::repeated::Columns;
use crate::validate::rule::{Amendment, Class, Intake, Level, Repair, Rule, TableCheck, TableRow};

/// See the module.
pub struct AddressJoined;

impl Rule for AddressJoined {
    fn id(&self) -> &'static str {
        "address-joined"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text { ja: "{0}", en: "{1}" }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "連結表記は、都道府県、市区町村、町字、番地以下をこの順に続けたものです（共通ルール 5）。",
            en: "The joined address is prefecture, municipality, town and house number in a row (common rules, section 5).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let columns = AddressColumns::of(intake)?;
        let joined = columns.joined?;
        let field = intake.fields().iter().enumerate().find(|(index, _)| intake.place_of(*index) == joined)?;
        Some(Box::new(AddressJoinedCheck {
            columns,
            joined,
            name: field.1.name.clone(),
            is_absent: joined >= intake.columns().len(),
            prefectures: columns.prefecture.map(|column| Columns::of([column])),
            has_prefecture: false,
            empty: Group::default(),
            headless: Group::default(),
        }))
    }
}

struct AddressJoinedCheck {
    columns: AddressColumns,
    joined: usize,
    name: String,
    is_absent: bool,
    /// The column of the prefecture, and whether the last row names one there.
    prefectures: Option<Columns>,
    has_prefecture: bool,
    /// Rows without a joined address of which the parts are known.
    empty: Group,
    /// Rows whose joined address lacks the prefecture.
    headless: Group,
}

/// Rows with one fault: how many, how many of them can be mended, and the first of these before and after.
#[derive(Default)]
struct Group {
    rows: u64,
    mended: u64,
    first: Option<(String, String)>,
}

impl Group {
    fn add(&mut self, value: &str, meant: Option<String>) {
        self.rows += 1;
        if let Some(meant) = meant {
            self.mended += 1;
            self.first.get_or_insert_with(|| (value.to_owned(), meant));
        }
    }

    fn finding(&self, severity: Severity, details: [String; 2]) -> Finding {
        let finding = Finding::new(&AddressJoined, severity).with_details(details);
        match &self.first {
            Some((value, meant)) => finding.with_value(value).with_suggestion(meant).affecting(self.mended),
            None => finding,
        }
    }
}

/// The parts from prefecture to house number, and the joined address.
struct Address<'a> {
    parts: [&'a str; 4],
    joined: &'a str,
}

impl<'a> Address<'a> {
    /// Of trimmed cells.
    fn of(columns: &AddressColumns, joined: usize, cell: impl Fn(usize) -> &'a str) -> Address<'a> {
        let cell = |column: Option<usize>| column.map_or("", &cell);
        let parts = [columns.prefecture, Some(columns.municipality), columns.town, Some(columns.block)].map(cell);
        Address { parts, joined: cell(Some(joined)) }
    }

    /// The parts in a row, where there is no joined address and they say enough.
    fn parts_in_one(&self) -> Option<String> {
        let [_, municipality, town, block] = self.parts;
        let is_known = self.joined.is_empty() && !municipality.is_empty() && !(town.is_empty() && block.is_empty());
        (is_known && !is_day(block)).then(|| self.parts.concat())
    }

    /// Whether there is a prefecture beside the joined address.
    fn has_prefecture(&self) -> bool {
        let [prefecture, ..] = self.parts;
        !prefecture.is_empty() && municipality::split(prefecture) == (prefecture, "")
    }

    /// Whether the joined address does not begin with a prefecture.
    fn is_headless(&self) -> bool {
        municipality::split(self.joined).0.is_empty()
    }

    /// The joined address with its prefecture, where that is known and the address goes on with the municipality.
    fn with_prefecture(&self) -> Option<String> {
        let [prefecture, municipality, ..] = self.parts;
        let is_known = prefecture.ends_with(['都', '道', '府', '県']) && !municipality.is_empty();
        (is_known && self.joined.starts_with(municipality)).then(|| format!("{prefecture}{}", self.joined))
    }

    /// The first part that the joined address does not have, all in their order.
    fn lacking(&self) -> Option<&'a str> {
        // Most addresses agree to the letter, and of those most have nothing between the parts.
        let [prefecture, ..] = self.parts;
        let mut rest = self.joined.strip_prefix(prefecture).unwrap_or(self.joined);
        if self.parts[1..].iter().all(|part| rest.strip_prefix(part).map(|behind| rest = behind).is_some()) {
            return None;
        }
        let mut rest = self.joined;
        let mut goes_on_with = |part: &str| {
            let end = memchr::memmem::find(rest.as_bytes(), part.as_bytes()).map(|at| at + part.len());
            end.map(|end| rest = &rest[end..]).is_some()
        };
        if self.parts[1..].iter().all(|part| goes_on_with(part)) {
            return None;
        }
        let joined = fold_address(self.joined);
        let mut rest = joined.as_str();
        for part in &self.parts[1..] {
            let folded = fold_address(part);
            // A county may be written in one place only.
            let in_county = folded.split_once('郡').map_or(folded.as_str(), |(_, town)| town);
            let found = [folded.as_str(), in_county].iter().find_map(|part| Some(rest.find(part)? + part.len()));
            match found {
                Some(end) => rest = &rest[end..],
                None if is_day(part) => {}
                None => return Some(part),
            }
        }
        None
    }
}

impl TableCheck for AddressJoinedCheck {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        let address = Address::of(&self.columns, self.joined, |column| row.trimmed(column));
        if self.prefectures.is_some_and(|column| !row.facts.repeated.has_all(column)) {
            self.has_prefecture = address.has_prefecture();
        }
        if address.joined.is_empty() {
            if let Some(meant) = address.parts_in_one() {
                self.empty.add("", Some(meant));
            }
            return;
        }
        // Most addresses begin with the prefecture that stands beside them.
        let begins = self.has_prefecture && address.joined.starts_with(address.parts[0]);
        if !begins && address.is_headless() {
            self.headless.add(address.joined, address.with_prefecture());
        }
        if let Some(part) = address.lacking() {
            let finding = Finding::new(&AddressJoined, Severity::Warning).at_row(row.number).at_column(self.joined);
            findings.add(finding.with_value(address.joined).with_details([
                format!("「{{field}}」の「{{value}}」に「{part}」がありません。分けて書いた住所と合わせてください。"),
                format!(
                    "\"{{value}}\" in \"{{field}}\" lacks \"{part}\"; make it agree with the parts of the address."
                ),
            ]));
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        let place = |finding: Finding| {
            if self.is_absent { finding.about(&self.name) } else { finding.at_column(self.joined) }
        };
        let rows = self.empty.rows;
        if rows > 0 {
            findings.add(place(self.empty.finding(
                Severity::Warning,
                [
                    format!("「{{field}}」が空の行が {rows} 行あります。分けて書いた住所をつなげて補えます。"),
                    format!("\"{{field}}\" is empty in {rows} rows; it can be put together from the parts."),
                ],
            )));
        }
        let rows = self.headless.rows;
        if rows > 0 {
            findings.add(place(self.headless.finding(
                Severity::Info,
                [
                    format!("「{{field}}」が都道府県から始まっていない行が {rows} 行あります。"),
                    format!("\"{{field}}\" does not begin with the prefecture in {rows} rows."),
                ],
            )));
        }
    }

    fn repair(self: Box<Self>) -> Option<Box<dyn Repair>> {
        (self.empty.mended + self.headless.mended > 0).then_some(self)
    }
}

impl Repair for AddressJoinedCheck {
    fn class(&self) -> Class {
        Class::Lossless
    }

    fn amend(&self, row: &mut Amendment<'_>) {
        let address = Address::of(&self.columns, self.joined, |column| trim(row.cell(column)));
        let meant = match address.joined {
            "" => address.parts_in_one(),
            _ if address.is_headless() => address.with_prefecture(),
            _ => None,
        };
        if let Some(meant) = meant {
            row.set(self.joined, meant);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    const HEADING: &str =
        "名称,所在地_連結表記,所在地_都道府県,所在地_市区町村,所在地_町字,所在地_番地以下,建物名等(方書)\n";

    #[test]
    fn the_whole_agrees_with_its_parts() {
        let rows = "A,岡山県岡山市北区大供1丁目2番3号,岡山県,岡山市北区,大供一丁目,2-3,\n\
                    B,,岡山県,岡山市北区,大供一丁目,2-3,ビル\n\
                    C,岡山市北区大供一丁目2-3,岡山県,岡山市北区,大供一丁目,2-3,\n\
                    D,岡山県岡山市北区大供一丁目2-3,岡山県,岡山市北区,大供一丁目,5-1,\n\
                    E,岡山県岡山市北区大供一丁目2-3,岡山県,岡山市北区,大供一丁目,2月3日,\n\
                    F,大供一丁目2-3,岡山県,,,,\n\
                    G,山口県和木町瀬田1,山口県,玖珂郡和木町,瀬田,1,\n\
                    H,,岡山県,岡山市北区,,,\n";
        let outcome = Trial::of("aed", format!("{HEADING}{rows}")).run(&AddressJoined);
        assert_eq!(
            outcome.findings,
            [
                "0 warning  => 岡山県岡山市北区大供一丁目2-3",
                "0 info 岡山市北区大供一丁目2-3 => 岡山県岡山市北区大供一丁目2-3",
                "5 warning 岡山県岡山市北区大供一丁目2-3"
            ]
        );
        assert_eq!(outcome.rows[1], "B,岡山県岡山市北区大供一丁目2-3,岡山県,岡山市北区,大供一丁目,2-3,ビル");
        assert_eq!(outcome.rows[2], "C,岡山県岡山市北区大供一丁目2-3,岡山県,岡山市北区,大供一丁目,2-3,");
        assert_eq!(outcome.rows[5], "F,大供一丁目2-3,岡山県,,,,");
    }

    #[test]
    fn what_stands_beside_an_address_and_begins_it_need_not_be_a_prefecture() {
        let rows = "A,岡山県岡山市北区大供一丁目2-3,岡山県,岡山市北区,大供一丁目,2-3,\n\
                    B,岡山市北区大供一丁目2-3,岡山,岡山市北区,大供一丁目,2-3,\n";
        let outcome = Trial::of("aed", format!("{HEADING}{rows}")).run(&AddressJoined);
        assert_eq!(outcome.findings, ["0 info"]);
    }

    #[test]
    fn a_column_that_is_not_there_is_made() {
        let table =
            "名称,所在地_都道府県,所在地_市区町村,所在地_町字,所在地_番地以下\nA,岡山県,岡山市北区,大供一丁目,2-3\n";
        let outcome = Trial::of("aed", table).run(&AddressJoined);
        assert_eq!(outcome.findings, ["0 warning  => 岡山県岡山市北区大供一丁目2-3"]);
        assert_eq!(outcome.rows, ["A,岡山県,岡山市北区,大供一丁目,2-3,所在地_連結表記=岡山県岡山市北区大供一丁目2-3"]);
    }
}
