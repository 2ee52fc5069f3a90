//! A code of another municipality than the one named beside it.

use crate::municipality::{self, Municipality, MunicipalityKind};
use crate::schema::Role;
use crate::text::{Text, narrow};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::repeated::Columns;
use crate::validate::rule::{Intake, Level, Rule, TableCheck, TableRow, value};

/// See the module.
pub struct CodeName;

impl Rule for CodeName {
    fn id(&self) -> &'static str {
        "code-name"
    }

    fn level(&self) -> Level {
        Level::Row
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」の「{value}」は{0}のコードですが、名称は「{1}」です。どちらかを直してください。",
            en: "\"{value}\" in \"{field}\" is the code of {0}, but the name is \"{1}\"; correct one of them.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "コードと名称が違う団体を指すと、どちらのデータか決められません（共通ルール 4）。",
            en: "Where code and name mean different bodies, nobody can tell whose data it is (common rules, section 4).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let location = intake.column_with(Role::LocationCode);
        let municipality = intake.column_with(Role::Municipality);
        let own = if location.is_none() { municipality } else { None };
        let pairs: Vec<Pair> = [
            (location, municipality),
            (intake.column_with(Role::PublisherCode), intake.column_with(Role::PublisherName).or(own)),
        ]
        .into_iter()
        .filter_map(|(code, name)| Some(Pair::new(code?, name?)))
        .collect();
        (!pairs.is_empty()).then(|| -> Box<dyn TableCheck> { Box::new(CodeNameCheck(pairs)) })
    }
}

struct CodeNameCheck(Vec<Pair>);

struct Pair {
    code: usize,
    name: usize,
    columns: Columns,
    /// The body of the code in the last row, if the name did not agree.
    last: Option<&'static Municipality>,
}

impl Pair {
    fn new(code: usize, name: usize) -> Pair {
        Pair { code, name, columns: Columns::of([code, name]), last: None }
    }
}

/// The body of a code, where the name is that of another municipality. A name that begins with none is no contradiction.
fn other(code: &str, name: &str) -> Option<&'static Municipality> {
    let body = municipality::find_any(&narrow(code)).filter(|body| body.kind != MunicipalityKind::Prefecture)?;
    let name = name.strip_prefix(&body.prefecture).unwrap_or(name);
    if name.contains(&body.municipality) || body.municipality.contains(name) {
        return None;
    }
    let (named, _) = municipality::at_start_of(name, &body.prefecture)?;
    (!named.covers(body) && !body.covers(named)).then_some(body)
}

impl TableCheck for CodeNameCheck {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        for pair in &mut self.0 {
            let cells = || (value(row, Some(pair.code)), value(row, Some(pair.name)));
            if !row.facts.repeated.has_all(pair.columns) {
                let (code, name) = cells();
                pair.last = other(code, name);
            }
            if let Some(body) = pair.last {
                let (code, name) = cells();
                let finding = Finding::new(&CodeName, Severity::Warning).at_row(row.number).at_column(pair.code);
                findings.add(finding.with_value(code).with_details([body.full_name(), name.to_owned()]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn code_and_name_of_different_municipalities_are_found() {
        let table = "全国地方公共団体コード,地方公共団体名,名称,所在地_全国地方公共団体コード,所在地_市区町村\n\
                     331007,岡山県岡山市,A,331015,岡山市北区\n\
                     331007,岡山市,B,331007,岡山市北区\n\
                     331007,倉敷市,C,331015,岡山市\n\
                     331007,消防組合,D,332020,岡山市北区\n\
                     331007,,E,353213,玖珂郡和木町\n";
        let outcome = Trial::of("aed", table).run(&CodeName);
        assert_eq!(outcome.findings, ["4 warning 331007", "5 warning 332020"]);
    }
}
