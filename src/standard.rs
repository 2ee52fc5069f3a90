//! The registry of data sets: every folder of `datasets/` that holds a `datapackage.json`, embedded in the binary, and
//! those of a further folder read at start. Knows no data set by name.

mod older;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};

use crate::schema::{Schema, SchemaError};
use crate::text::{Bilingual, fold_label};

pub use older::Older;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/datasets");

/// One data set type of 自治体標準オープンデータセット: a title and one or more tables.
#[derive(Clone, Debug)]
pub struct Standard {
    /// The standard's own file name, e.g. `aed`.
    pub slug: String,
    /// The standard's number, where it gives one.
    pub number: Option<String>,
    /// Title.
    pub title: Bilingual,
    /// What the data set is for.
    pub description: Bilingual,
    /// Words that betray the data set where the header does not.
    pub keywords: Vec<String>,
    /// Its tables, the main one first.
    pub tables: Vec<Table>,
}

/// One table of a data set, in its current form and in older or municipal ones.
#[derive(Clone, Debug)]
pub struct Table {
    /// Lower-case name; the slug of the data set where it has one table only.
    pub name: String,
    /// Title.
    pub title: Bilingual,
    /// Whether a file of all tables must have this one.
    pub required: bool,
    /// The current edition's form first.
    pub forms: Vec<Form>,
}

/// One form of a table: the columns of one edition.
#[derive(Clone, Debug)]
pub struct Form {
    /// The edition.
    pub edition: Edition,
    /// Name of the Data Package resource that it was read from.
    pub name: String,
    /// The columns.
    pub schema: Schema,
    /// For each column, how telling its heading is: one that many data sets share says less.
    pub weights: Vec<f64>,
    /// The sample file's text, where there is one.
    pub sample: Option<String>,
}

/// An edition of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Edition {
    /// 自治体標準オープンデータセット, current.
    Standard,
    /// 推奨データセット, 2017 to 2022.
    Recommended,
    /// A form of the current table that municipalities use (flat, longer or shorter).
    Variant,
}

impl Edition {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Edition::Standard => "standard",
            Edition::Recommended => "recommended",
            Edition::Variant => "variant",
        }
    }
}

impl Standard {
    /// The main table.
    pub fn main_table(&self) -> &Table {
        &self.tables[0]
    }

    /// The table with this name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

impl Table {
    /// The current form, into which older ones are lifted.
    pub fn current(&self) -> &Form {
        &self.forms[0]
    }

    /// The columns of the current form.
    pub fn schema(&self) -> &Schema {
        &self.current().schema
    }
}

/// Every data set known to this process.
#[derive(Clone, Debug)]
pub struct Registry {
    standards: Vec<Standard>,
    by_slug: HashMap<String, usize>,
}

/// Why a folder is not a data set.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A file could not be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// `datapackage.json` is not a descriptor.
    #[error("{path}: {source}")]
    Descriptor {
        /// The file.
        path: String,
        /// Why.
        source: serde_json::Error,
    },
    /// A schema is not sound.
    #[error("{path}: {source}")]
    Schema {
        /// The file.
        path: String,
        /// Why.
        source: SchemaError,
    },
    /// A file that the descriptor names is not there, a table has no current form, or a target column does not exist.
    #[error("{path}: {detail}")]
    Inconsistent {
        /// The descriptor.
        path: String,
        /// What is wrong.
        detail: String,
    },
}

impl Registry {
    /// The data sets in the binary.
    pub fn embedded() -> &'static Registry {
        static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
            let standards = EMBEDDED
                .dirs()
                .filter_map(|folder| {
                    let descriptor = folder.get_file(folder.path().join("datapackage.json"))?.contents_utf8()?;
                    let name = folder.path().display().to_string();
                    Some(read_standard(&name, descriptor, &|file| {
                        folder.get_file(folder.path().join(file))?.contents_utf8().map(str::to_owned)
                    }))
                })
                .collect::<Result<Vec<_>, _>>()
                .expect("tests read every embedded data set");
            Registry::new(standards)
        });
        &REGISTRY
    }

    /// The embedded data sets and those in the folders of a directory; one of the same slug replaces the embedded one.
    ///
    /// # Errors
    /// [`RegistryError`] naming the file that is unsound.
    pub fn with_directory(directory: &Path) -> Result<Registry, RegistryError> {
        let read = |path: &Path| {
            std::fs::read_to_string(path)
                .map_err(|source| RegistryError::Read { path: path.display().to_string(), source })
        };
        let mut standards = Registry::embedded().standards.clone();
        let entries = std::fs::read_dir(directory)
            .map_err(|source| RegistryError::Read { path: directory.display().to_string(), source })?;
        for folder in entries.flatten().map(|entry| entry.path()).filter(|path| path.join("datapackage.json").is_file())
        {
            let descriptor = read(&folder.join("datapackage.json"))?;
            let standard =
                read_standard(&folder.display().to_string(), &descriptor, &|file| read(&folder.join(file)).ok())?;
            standards.retain(|known| known.slug != standard.slug);
            standards.push(standard);
        }
        Ok(Registry::new(standards))
    }

    /// Every data set, in the standard's order.
    pub fn standards(&self) -> &[Standard] {
        &self.standards
    }

    /// The data set with this slug.
    pub fn find(&self, slug: &str) -> Option<&Standard> {
        self.by_slug.get(slug).map(|index| &self.standards[*index])
    }

    /// Every form of every table, with the data set it belongs to.
    pub fn forms(&self) -> impl Iterator<Item = (&Standard, &Table, &Form)> {
        self.standards.iter().flat_map(|standard| {
            standard.tables.iter().flat_map(move |table| table.forms.iter().map(move |form| (standard, table, form)))
        })
    }

    fn new(mut standards: Vec<Standard>) -> Registry {
        standards.sort_by(|one, other| {
            let rank =
                |standard: &Standard| (standard.number.is_none(), standard.number.clone(), standard.slug.clone());
            rank(one).cmp(&rank(other))
        });
        weigh_headings(&mut standards);
        let by_slug = standards.iter().enumerate().map(|(index, standard)| (standard.slug.clone(), index)).collect();
        Registry { standards, by_slug }
    }
}

/// Gives every column its weight: the logarithm of how few data sets know its heading.
fn weigh_headings(standards: &mut [Standard]) {
    let mut data_sets: HashMap<String, f64> = HashMap::new();
    for standard in standards.iter() {
        let forms = standard.tables.iter().flat_map(|table| &table.forms);
        let names: HashSet<String> =
            forms.flat_map(|form| form.schema.fields()).map(|field| fold_label(&field.name)).collect();
        for name in names {
            *data_sets.entry(name).or_default() += 1.0;
        }
    }
    let total = f64::from(u32::try_from(standards.len()).unwrap_or(u32::MAX));
    for form in standards.iter_mut().flat_map(|standard| &mut standard.tables).flat_map(|table| &mut table.forms) {
        let weight = |name: &str| (1.0 + total / data_sets[&fold_label(name)]).ln();
        form.weights = form.schema.fields().iter().map(|field| weight(&field.name)).collect();
    }
}

/// The names and bytes of the embedded files of a folder of `datasets/`, by name.
pub fn embedded_folder(path: &str) -> Vec<(&'static str, &'static [u8])> {
    EMBEDDED.get_dir(path).map_or_else(Vec::new, |folder| {
        folder.files().filter_map(|file| Some((file.path().file_name()?.to_str()?, file.contents()))).collect()
    })
}

#[derive(Deserialize)]
struct PackageDescriptor {
    name: String,
    number: Option<String>,
    title: String,
    title_en: String,
    description: String,
    description_en: String,
    #[serde(default)]
    keywords: Vec<String>,
    resources: Vec<ResourceDescriptor>,
}

#[derive(Deserialize)]
struct ResourceDescriptor {
    name: String,
    table: String,
    edition: Edition,
    title: String,
    title_en: String,
    path: Option<String>,
    schema: String,
    #[serde(default)]
    required: bool,
}

/// Reads one data set. `read` gives the text of a file of its folder.
fn read_standard(
    folder: &str,
    descriptor: &str,
    read: &dyn Fn(&str) -> Option<String>,
) -> Result<Standard, RegistryError> {
    let path = format!("{folder}/datapackage.json");
    let package: PackageDescriptor =
        serde_json::from_str(descriptor).map_err(|source| RegistryError::Descriptor { path: path.clone(), source })?;
    let inconsistent = |detail: String| RegistryError::Inconsistent { path: path.clone(), detail };
    let mut tables: Vec<Table> = Vec::new();
    for resource in package.resources {
        let schema_path = format!("{folder}/{}", resource.schema);
        let json = read(&resource.schema).ok_or_else(|| inconsistent(format!("{} is not there", resource.schema)))?;
        let schema = Schema::from_json(&json).map_err(|source| RegistryError::Schema { path: schema_path, source })?;
        let sample = resource.path.and_then(|path| read(&path));
        let form = Form { edition: resource.edition, name: resource.name, schema, weights: Vec::new(), sample };
        match tables.iter_mut().find(|table| table.name == resource.table) {
            Some(table) => table.forms.push(form),
            None => tables.push(Table {
                name: resource.table,
                title: Bilingual { ja: resource.title, en: resource.title_en },
                required: resource.required,
                forms: vec![form],
            }),
        }
    }
    for table in &mut tables {
        table.forms.sort_by_key(|form| form.edition != Edition::Standard);
        if table.forms[0].edition != Edition::Standard {
            return Err(inconsistent(format!("the table {} has no form of the current edition", table.name)));
        }
        for form in &table.forms[1..] {
            for field in form.schema.fields() {
                if let Some(target) = field.becomes.as_deref().filter(|name| table.schema().index_of(name).is_none()) {
                    return Err(inconsistent(format!(
                        "{} becomes {target}, which {} does not have",
                        field.name, table.name
                    )));
                }
            }
        }
    }
    if tables.is_empty() {
        return Err(inconsistent("there is no table".to_owned()));
    }
    Ok(Standard {
        slug: package.name,
        number: package.number,
        title: Bilingual { ja: package.title, en: package.title_en },
        description: Bilingual { ja: package.description, en: package.description_en },
        keywords: package.keywords,
        tables,
    })
}
