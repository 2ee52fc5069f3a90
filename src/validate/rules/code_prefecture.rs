//! A code of another prefecture than the one named beside it.

use crate::municipality::{self, Municipality};
use crate::schema::Role;
use crate::text::{Text, narrow, trim};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::repeated::Columns;
use crate::validate::rule::{Amendment, Intake, Level, Repair, Rule, TableCheck, TableRow, value};

/// See the module.
pub struct CodePrefecture;

impl Rule for CodePrefecture {
    fn id(&self) -> &'static str {
        "code-prefecture"
    }

    fn level(&self) -> Level {
        Level::Row
    }

    fn message(&self) -> Text {
        Text { ja: "{0}", en: "{1}" }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "検査数字のない 5 桁のコードの頭に 0 を付けて 6 桁にすると、別の都道府県のコードになり、検査数字まで合ってしまうことがあります（共通ルール 4）。",
            en: "A five-digit code filled up with a zero in front becomes a code of another prefecture, at times even with a right check digit (common rules, section 4).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let prefecture = intake.column_with(Role::Prefecture);
        let publisher = intake.column_with(Role::PublisherCode);
        let location = intake.column_with(Role::LocationCode);
        let mut pairs = Vec::new();
        pairs.extend(location.zip(prefecture).map(|(code, name)| Pair::new(code, name, true)));
        // Where there is no code of the place, the prefecture beside the publisher's code is the publisher's.
        let own = if location.is_none() { prefecture } else { None };
        let name = intake.column_with(Role::PublisherName).or(own);
        pairs.extend(publisher.zip(name).map(|(code, name)| Pair::new(code, name, location.is_none())));
        // A publisher may write of places in other prefectures, but not under a padded code.
        pairs.extend(publisher.zip(prefecture).map(|(code, name)| Pair::new(code, name, false)));
        pairs.dedup_by_key(|pair| (pair.code, pair.name));
        (!pairs.is_empty())
            .then(|| -> Box<dyn TableCheck> { Box::new(CodePrefectureCheck { pairs, is_padded: false }) })
    }
}

struct CodePrefectureCheck {
    pairs: Vec<Pair>,
    is_padded: bool,
}

struct Pair {
    code: usize,
    name: usize,
    /// Whether the prefecture must be that of the code.
    is_place: bool,
    columns: Columns,
    /// Whether those of the last row agreed.
    agreed: bool,
}

impl Pair {
    fn new(code: usize, name: usize, is_place: bool) -> Pair {
        Pair { code, name, is_place, columns: Columns::of([code, name]), agreed: false }
    }
}

/// The body meant by a five-digit code that was filled up with a zero in front: the prefecture beside it tells.
fn padded(code: &str, name: &str) -> Option<&'static Municipality> {
    let code = narrow(trim(code));
    let five = code.strip_prefix('0').filter(|five| five.len() == 5)?;
    let meant = municipality::find_any(five)?;
    let is_right = municipality::find(&code).is_some_and(|body| trim(name).starts_with(&body.prefecture));
    (!is_right && trim(name).starts_with(&meant.prefecture)).then_some(meant)
}

/// The body of a code, where the name beside it is another prefecture's.
fn other(code: &str, name: &str) -> Option<&'static Municipality> {
    let body = municipality::find_any(&narrow(code))?;
    (name.ends_with(['都', '道', '府', '県']) && !name.starts_with(&body.prefecture)).then_some(body)
}

impl TableCheck for CodePrefectureCheck {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        let mut done = None;
        for pair in &mut self.pairs {
            if pair.agreed && row.facts.repeated.has_all(pair.columns) {
                continue;
            }
            pair.agreed = false;
            let (code, name) = (value(row, Some(pair.code)), value(row, Some(pair.name)));
            if done == Some(pair.code) || code.is_empty() || name.is_empty() {
                continue;
            }
            let finding = |severity| {
                Finding::new(&CodePrefecture, severity).at_row(row.number).at_column(pair.code).with_value(code)
            };
            if let Some(meant) = padded(code, name) {
                self.is_padded = true;
                done = Some(pair.code);
                findings.add(finding(Severity::Error).with_proposal(&meant.code).with_details([
                    format!(
                        "「{{field}}」の「{code}」は「{name}」のコードではありません。5 桁のコードの頭に 0 が付いたもののようです。{} は {} です。",
                        meant.full_name(), meant.code
                    ),
                    format!(
                        "\"{code}\" in \"{{field}}\" is no code of {name}; it seems to be a five-digit code with a zero in front. {} has {}.",
                        meant.full_name(), meant.code
                    ),
                ]));
            } else if let Some(body) = other(code, name).filter(|_| pair.is_place) {
                findings.add(finding(Severity::Warning).with_details([
                    format!(
                        "「{{field}}」の「{code}」は{}のコードですが、都道府県は「{name}」です。",
                        body.full_name()
                    ),
                    format!(
                        "\"{code}\" in \"{{field}}\" is the code of {}, but the prefecture is \"{name}\".",
                        body.full_name()
                    ),
                ]));
            } else {
                pair.agreed = true;
            }
        }
    }

    fn repair(self: Box<Self>) -> Option<Box<dyn Repair>> {
        self.is_padded.then_some(self)
    }
}

impl Repair for CodePrefectureCheck {
    fn amend(&self, row: &mut Amendment<'_>) {
        for pair in &self.pairs {
            if let Some(meant) = padded(row.cell(pair.code), row.cell(pair.name)) {
                row.set(pair.code, &meant.code);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn a_padded_code_is_mended_and_another_prefecture_reported() {
        let table = "全国地方公共団体コード,地方公共団体名,施設名称,所在地_全国地方公共団体コード,施設所在地_都道府県\n\
                     018201,福井県福井市,A,182010,福井県\n\
                     182010,福井県福井市,B,018201,福井県\n\
                     182010,福井市,C,331007,福井県\n\
                     182010,,D,,富山県\n\
                     011002,北海道札幌市,E,011011,北海道\n";
        let outcome = Trial::of("food_business", table).run(&CodePrefecture);
        assert_eq!(outcome.findings, ["2 error 018201 => 182010", "3 error 018201 => 182010", "4 warning 331007"]);
        assert_eq!(outcome.rows[0], "182010,福井県福井市,A,182010,福井県");
        assert_eq!(outcome.rows[1], "182010,福井県福井市,B,182010,福井県");
    }
}
