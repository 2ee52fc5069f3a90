//! A whole address in the column of the municipality.

use crate::municipality::{self, Municipality};
use crate::schema::Role;
use crate::text::{Text, narrow, trim};
use crate::validate::address::AddressColumns;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Amendment, Intake, Level, Repair, Rule, TableCheck, TableRow};

/// See the module.
pub struct WholeAddress;

impl Rule for WholeAddress {
    fn id(&self) -> &'static str {
        "whole-address"
    }

    fn level(&self) -> Level {
        Level::Row
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」に「{value}」と住所全体が入っています。市区町村名「{0}」、町字「{1}」、番地以下「{2}」に分けてください。",
            en: "\"{field}\" holds a whole address, \"{value}\"; split it into municipality \"{0}\", town \"{1}\" and house number \"{2}\".",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "市区町村の項目には市区町村名（郡、政令指定都市の区を含む）だけを書きます（共通ルール 5）。",
            en: "The column of the municipality holds its name only, with the county or ward (common rules, section 5).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        intake.column_with(Role::Municipality)?;
        Some(Box::new(WholeAddressCheck {
            columns: AddressColumns::of(intake)?,
            codes: [Role::LocationCode, Role::PublisherCode].map(|role| intake.column_with(role)),
            organization: intake.organization.cloned(),
            is_found: false,
        }))
    }
}

struct WholeAddressCheck {
    columns: AddressColumns,
    /// Columns of codes that tell the prefecture.
    codes: [Option<usize>; 2],
    organization: Option<Municipality>,
    is_found: bool,
}

/// The parts of an address.
struct Parts<'a> {
    municipality: &'a str,
    town: &'a str,
    block: &'a str,
}

impl WholeAddressCheck {
    /// The address in the column of the municipality in its parts, if it is one and the other columns are empty. Cells are
    /// trimmed.
    fn split<'a>(&self, cell: impl Fn(usize) -> &'a str) -> Option<Parts<'a>> {
        let cell = |column: Option<usize>| column.map_or("", &cell);
        let text = cell(Some(self.columns.municipality));
        let is_name = || text.ends_with(['市', '区', '町', '村']) && !text.contains(char::is_numeric);
        if text.is_empty()
            || !cell(self.columns.town).is_empty()
            || !cell(Some(self.columns.block)).is_empty()
            || is_name()
        {
            return None;
        }
        let by_code = || {
            let mut codes = self.codes.iter().map(|column| narrow(cell(*column)));
            codes.find_map(|code| municipality::find_any(&code)).map(|body| body.prefecture.as_str())
        };
        let prefecture = match cell(self.columns.prefecture) {
            "" => by_code().or_else(|| Some(self.organization.as_ref()?.prefecture.as_str()))?,
            prefecture => prefecture,
        };
        let address = text.strip_prefix(prefecture).unwrap_or(text);
        let (_, rest) = municipality::at_start_of(address, prefecture)?;
        let municipality = address[..address.len() - rest.len()].trim();
        let rest = trim(rest);
        let end = rest
            .find("丁目")
            .map(|at| at + "丁目".len())
            .or_else(|| rest.find(|character: char| character.is_ascii_digit() || ('０'..='９').contains(&character)))
            .unwrap_or(rest.len());
        (!rest.is_empty()).then(|| Parts { municipality, town: trim(&rest[..end]), block: trim(&rest[end..]) })
    }
}

impl TableCheck for WholeAddressCheck {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        let Some(parts) = self.split(|column| row.trimmed(column)) else { return };
        let column = self.columns.municipality;
        let finding = Finding::new(&WholeAddress, Severity::Warning).at_row(row.number).at_column(column);
        let finding = finding.with_value(row.cell(column)).with_proposal(parts.municipality).affecting(3);
        findings.add(finding.with_details([parts.municipality, parts.town, parts.block].map(str::to_owned)));
        self.is_found = true;
    }

    fn repair(self: Box<Self>) -> Option<Box<dyn Repair>> {
        (self.is_found && self.columns.town.is_some()).then_some(self)
    }
}

impl Repair for WholeAddressCheck {
    fn amend(&self, row: &mut Amendment<'_>) {
        let Some(town) = self.columns.town else { return };
        let Some(parts) = self.split(|column| trim(row.cell(column))) else { return };
        let cells = [parts.municipality, parts.town, parts.block].map(str::to_owned);
        for (column, cell) in [self.columns.municipality, town, self.columns.block].into_iter().zip(cells) {
            row.set(column, cell);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn a_whole_address_is_split_behind_the_municipality() {
        let table = "全国地方公共団体コード,名称,所在地_市区町村,所在地_町字\n\
                     352080,A,岩国市岩国1-1-7,\n\
                     352080,B,岩国市,岩国\n\
                     352080,C,山口県岩国市今津町１丁目１４－５１,\n\
                     352080,D,玖珂郡和木町瀬田二丁目,\n\
                     352080,E,岩国市由宇町,\n\
                     331007,F,岡山市北区大供1-1,\n\
                     ,G,岡山市北区大供1-1,\n";
        let outcome = Trial::of("aed", table).run(&WholeAddress);
        let expected = [(2, "岩国市"), (4, "岩国市"), (5, "玖珂郡和木町"), (7, "岡山市北区")];
        assert_eq!(outcome.findings.len(), expected.len());
        for (finding, (row, name)) in outcome.findings.iter().zip(expected) {
            assert!(
                finding.starts_with(&format!("{row} warning")) && finding.ends_with(&format!("=> {name}")),
                "{finding}"
            );
        }
        assert_eq!(outcome.rows[0], "352080,A,岩国市,岩国,所在地_番地以下=1-1-7");
        assert_eq!(outcome.rows[2], "352080,C,岩国市,今津町１丁目,所在地_番地以下=１４－５１");
        assert_eq!(outcome.rows[3], "352080,D,玖珂郡和木町,瀬田二丁目");
        assert_eq!(outcome.rows[5], "331007,F,岡山市北区,大供,所在地_番地以下=1-1");
    }
}
