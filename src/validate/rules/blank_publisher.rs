//! Rows that do not say which body publishes them.

use super::scientific_notation::is_scientific;
use crate::municipality::{self, Municipality, MunicipalityKind};
use crate::schema::Role;
use crate::text::{Text, narrow, trim};
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::repeated::Columns;
use crate::validate::rule::{Amendment, Intake, Level, Repair, Rule, TableCheck, TableRow, value};

/// See the module.
pub struct BlankPublisher;

impl Rule for BlankPublisher {
    fn id(&self) -> &'static str {
        "blank-publisher"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」が空の行が {0} 行あります。公開する団体が分かっているので「{1}」を補えます。",
            en: "\"{field}\" is empty in {0} rows; the publishing body is known, so \"{1}\" can be filled in.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "ほかの団体のデータと合わせて使うときに、どの団体のデータかが行ごとに必要です（共通ルール 4）。",
            en: "Where the data of many bodies are used together, every row must say whose it is (common rules, section 4).",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        let current = intake.header.subject?.table.schema();
        let blanks = |role| {
            let fields = intake.fields().iter().enumerate().filter(move |(_, field)| field.role == Some(role));
            fields.map(|(index, field)| {
                let now = field.becomes.as_ref().and_then(|name| current.field(name)).unwrap_or(field);
                Blank {
                    place: intake.place_of(index),
                    column: intake.column_of(index),
                    name: field.name.clone(),
                    is_municipal: now.role == Some(Role::MunicipalityCode),
                    columns: Columns::of(intake.column_of(index)),
                    is_missing: true,
                    empty: 0,
                    said: Said::Nothing,
                }
            })
        };
        let codes: Vec<Blank> = blanks(Role::PublisherCode).chain(blanks(Role::MunicipalityCode)).collect();
        let name = blanks(Role::PublisherName).next();
        (!codes.is_empty() || name.is_some()).then(|| -> Box<dyn TableCheck> {
            Box::new(BlankPublisherCheck { organization: intake.organization.cloned(), codes, name })
        })
    }
}

struct BlankPublisherCheck {
    organization: Option<Municipality>,
    codes: Vec<Blank>,
    name: Option<Blank>,
}

/// One of the columns.
struct Blank {
    place: usize,
    column: Option<usize>,
    name: String,
    /// Whether a municipality belongs there and not a prefecture.
    is_municipal: bool,
    columns: Columns,
    /// Whether the cell of the last row says nothing. A column that is not there never does.
    is_missing: bool,
    empty: u64,
    said: Said,
}

/// What the filled cells of a column say.
enum Said {
    Nothing,
    Alike(String),
    Differently,
}

impl Blank {
    fn see(&mut self, row: &TableRow<'_>) {
        if !row.facts.repeated.has_all(self.columns) {
            let cell = value(row, self.column);
            self.is_missing = is_missing(cell);
            match &self.said {
                _ if self.is_missing => {}
                Said::Nothing => self.said = Said::Alike(cell.to_owned()),
                Said::Alike(said) if said == cell => {}
                Said::Alike(_) | Said::Differently => self.said = Said::Differently,
            }
        }
        self.empty += u64::from(self.is_missing);
    }

    fn alike(&self) -> Option<&str> {
        match &self.said {
            Said::Alike(said) => Some(said),
            Said::Nothing | Said::Differently => None,
        }
    }
}

impl BlankPublisherCheck {
    /// The body whose code all rows that have one agree on.
    fn by_code(&self) -> Option<&'static Municipality> {
        self.codes.iter().find_map(|blank| municipality::find_any(&narrow(blank.alike()?)))
    }

    /// The columns with empty cells, and what belongs there.
    fn meant(&self) -> impl Iterator<Item = (&Blank, String)> {
        let body = self.organization.as_ref();
        let codes = self.codes.iter().filter_map(move |blank| {
            let said = || self.by_code().filter(|_| !matches!(blank.said, Said::Differently));
            let body = body.or_else(said)?;
            let fits = !blank.is_municipal || body.kind != MunicipalityKind::Prefecture;
            fits.then(|| (blank, body.code.clone()))
        });
        let name = self.name.as_ref().and_then(|blank| {
            let of_code = || Some(body.or_else(|| self.by_code())?.full_name());
            let is_mixed = matches!(blank.said, Said::Differently) && body.is_none();
            let name = blank.alike().map(str::to_owned).or_else(of_code).filter(|_| !is_mixed)?;
            Some((blank, name))
        });
        codes.chain(name).filter(|(blank, _)| blank.empty > 0)
    }
}

impl TableCheck for BlankPublisherCheck {
    fn row(&mut self, row: &TableRow<'_>, _findings: &mut Findings) {
        for blank in self.codes.iter_mut().chain(&mut self.name) {
            blank.see(row);
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        for (blank, meant) in self.meant() {
            let finding = Finding::new(&BlankPublisher, Severity::Warning).with_proposal(&meant);
            let finding = finding.affecting(blank.empty).with_details([blank.empty.to_string(), meant]);
            findings.add(match blank.column {
                Some(column) => finding.at_column(column),
                None => finding.about(&blank.name),
            });
        }
    }

    fn repair(self: Box<Self>) -> Option<Box<dyn Repair>> {
        let filling: Vec<(usize, String)> = self.meant().map(|(blank, meant)| (blank.place, meant)).collect();
        (!filling.is_empty()).then(|| -> Box<dyn Repair> { Box::new(Filling(filling)) })
    }
}

/// Whether a cell says nothing: it is empty, or Excel has made of it what nobody can read (`3.00002E+12`).
fn is_missing(cell: &str) -> bool {
    cell.is_empty() || is_scientific(cell)
}

/// Places and what to write where they are empty.
struct Filling(Vec<(usize, String)>);

impl Repair for Filling {
    fn amend(&self, row: &mut Amendment<'_>) {
        for (place, meant) in &self.0 {
            if is_missing(trim(row.cell(*place))) {
                row.set(*place, meant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::trial::Trial;

    #[test]
    fn the_publisher_is_filled_in_where_it_is_known() {
        let agreed = "全国地方公共団体コード,ID,地方公共団体名,名称\n331007,1,,A\n,2,,B\n";
        let outcome = Trial::of("aed", agreed).run(&BlankPublisher);
        assert_eq!(outcome.findings, ["0 warning  => 331007", "0 warning  => 岡山県岡山市"]);
        assert_eq!(outcome.rows, ["331007,1,岡山県岡山市,A", "331007,2,岡山県岡山市,B"]);

        let told = Trial { publisher: Some("331007"), ..Trial::of("aed", "ID,名称,所在地_町字\n1,A,大供\n") }
            .run(&BlankPublisher);
        assert_eq!(told.rows, ["1,A,大供,全国地方公共団体コード=331007,地方公共団体名=岡山県岡山市"]);

        // Two columns of codes, of which a prefecture belongs in one only.
        let sites = "ID,名称,市区町村コード\n1,A,\n";
        for (publisher, row) in [
            ("331007", "1,A,331007,全国地方公共団体コード=331007,地方公共団体名=岡山県岡山市"),
            ("330001", "1,A,,全国地方公共団体コード=330001,地方公共団体名=岡山県"),
        ] {
            let told = Trial { publisher: Some(publisher), ..Trial::of("evacuation_space", sites) };
            assert_eq!(told.run(&BlankPublisher).rows, [row]);
        }

        let unknown = "全国地方公共団体コード,ID,地方公共団体名,名称\n331007,1,,A\n332020,2,,B\n,3,,C\n";
        assert!(Trial::of("aed", unknown).run(&BlankPublisher).findings.is_empty());
    }
}
