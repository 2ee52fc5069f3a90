//! A file corrected aside: the corrected table and the list of changed cells in temporary files, and the verdict on it.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::municipality::{self, Municipality};
use crate::standard::{Registry, Standard};
use crate::tabular::{ReadOptions, Upload};
use crate::validate::report::patches::Log;
use crate::validate::{self, Checked, Patch, PlanEntry, Recipe, RepairError, Repaired, Request, repair};

/// A corrected file, and the verdict on it.
#[derive(Debug)]
pub struct Mended {
    /// What was corrected.
    pub correction: Correction,
    /// The verdict on the corrected table. It reads the correction's file, which must stay as long.
    pub after: Checked,
}

/// A correction. Its temporary files go when this value goes.
#[derive(Debug)]
pub struct Correction {
    /// The corrected table as CSV.
    pub corrected: NamedTempFile,
    /// The changed cells as CSV.
    pub patches: NamedTempFile,
    /// What was found and done.
    pub repaired: Repaired,
}

/// What is said about a file to be corrected. What is left out here is taken from the recipe.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// The data sets to recognise.
    pub registry: &'a Registry,
    /// The data set.
    pub standard: Option<&'a Standard>,
    /// Who publishes.
    pub organization: Option<&'a Municipality>,
    /// How many findings the reports list.
    pub max_issues: usize,
    /// How the file is read.
    pub reading: ReadOptions<'a>,
}

/// Corrects a file by a recipe and checks the result.
///
/// # Errors
/// [`RepairError`].
pub fn mend(upload: &Upload, task: &Task<'_>, recipe: &Recipe, folder: &Path) -> Result<Mended, RepairError> {
    let Task { registry, standard, organization, max_issues, reading } = *task;
    let request = Request {
        standard: standard.or_else(|| registry.find(recipe.standard.as_deref()?)),
        organization: organization.or_else(|| municipality::find_any(recipe.organization.as_deref()?)),
        max_issues,
        reading,
        ..Request::new(registry)
    };
    let aside = || NamedTempFile::new_in(folder).map_err(RepairError::Write);
    let mut patches = aside()?;
    let mut log = Log::new(BufWriter::new(&mut patches)).map_err(RepairError::Write)?;
    let round = |upload: &Upload, request: &Request<'_>, told: &mut Told<'_>| {
        let mut corrected = aside()?;
        let mut out = BufWriter::new(&mut corrected);
        let repaired = repair(upload, request, recipe, &mut out, told)?;
        out.flush().map_err(RepairError::Write)?;
        drop(out);
        Ok::<_, RepairError>((corrected, repaired))
    };
    let (mut corrected, mut repaired) = round(upload, &request, &mut |patch| log.add(patch))?;
    // What was recognised in the file as it came is not to be guessed anew; what was said is not to be forgotten.
    let recognised = || repaired.recipe.standard.as_deref().and_then(|slug| registry.find(slug));
    let request = Request { standard: request.standard.or_else(recognised), ..request };
    // The corrected table is a CSV of its own, whatever the name of the file it was made from.
    let name = upload.name().map(csv_name);
    let open = |corrected: &NamedTempFile| Upload::from_file(corrected.path(), name.as_deref());
    let mut after = validate::check(&open(&corrected), &request)?;
    // The current edition has fields, and limits, that an older form lacks: they are looked at once the table is lifted.
    for _ in 0..FURTHER_ROUNDS {
        let is_open = |entry: &PlanEntry| entry.class.is_some_and(|class| recipe.allows(entry.rule, class));
        if !after.report.fix_plan.iter().any(is_open) {
            break;
        }
        let (better, again) = round(&open(&corrected), &request, &mut |patch: &Patch<'_>| {
            let row = usize::try_from(patch.row).ok().and_then(|row| repaired.row_numbers.get(row - 2));
            log.add(&Patch { row: row.copied().unwrap_or(patch.row), cell: String::new(), ..patch.clone() })
        })?;
        if again.cells == 0 {
            break;
        }
        repaired.cells += again.cells;
        corrected = better;
        after = validate::check(&open(&corrected), &request)?;
    }
    log.finish().map_err(RepairError::Write)?;
    Ok(Mended { correction: Correction { corrected, patches, repaired }, after })
}

/// How often the corrected table is looked at again; real files need one further round.
const FURTHER_ROUNDS: usize = 3;

/// What hears of patches.
type Told<'a> = dyn FnMut(&Patch<'_>) -> io::Result<()> + 'a;

fn csv_name(name: &str) -> String {
    format!("{}.csv", name.rsplit_once('.').map_or(name, |(stem, _)| stem))
}

/// Copies a temporary file to where it is wanted.
///
/// # Errors
/// The operating system's.
pub fn copy_to(file: &NamedTempFile, out: &mut dyn Write) -> io::Result<()> {
    io::copy(&mut file.reopen()?, out)?;
    out.flush()
}
