//! A file corrected aside: the corrected table and the list of changed cells in temporary files, and the verdict on it.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::municipality::{self, Municipality};
use crate::standard::{Registry, Standard};
use crate::tabular::{ReadOptions, Upload};
use crate::validate::report::patches;
use crate::validate::{self, Checked, Patch, PlanEntry, Recipe, RepairError, Repaired, Request, Sink, repair};

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
    /// Whether the reports name the SHA-256 of their files, without which nothing can be published.
    pub digest: bool,
    /// How the file is read.
    pub reading: ReadOptions<'a>,
}

/// Corrects a file by a recipe and checks the result.
///
/// # Errors
/// [`RepairError`].
pub fn mend(upload: &Upload, task: &Task<'_>, recipe: &Recipe, folder: &Path) -> Result<Mended, RepairError> {
    let Task { registry, standard, organization, max_issues, digest, reading } = *task;
    let request = Request {
        standard: standard.or_else(|| registry.find(recipe.standard.as_deref()?)),
        organization: organization.or_else(|| municipality::find_any(recipe.organization.as_deref()?)),
        max_issues,
        digest,
        reading,
        ..Request::new(registry)
    };
    let aside = || NamedTempFile::new_in(folder).map_err(RepairError::Write);
    let mut patches = aside()?;
    patches.write_all(&patches::heading()).map_err(RepairError::Write)?;
    let (mut corrected, mut repaired) = round(upload, &request, recipe, aside()?, &mut patches, None)?;
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
        // Only the reports that are kept name it.
        let without_digest = Request { digest: false, ..request };
        let numbers = Some(&repaired.row_numbers[..]);
        let (better, again) = round(&open(&corrected), &without_digest, recipe, aside()?, &mut patches, numbers)?;
        if again.cells == 0 {
            break;
        }
        repaired.cells += again.cells;
        corrected = better;
        after = validate::check(&open(&corrected), &request)?;
    }
    Ok(Mended { correction: Correction { corrected, patches, repaired }, after })
}

/// How often the corrected table is looked at again; real files need one further round.
const FURTHER_ROUNDS: usize = 3;

/// Corrects a file once.
fn round(
    upload: &Upload,
    request: &Request<'_>,
    recipe: &Recipe,
    mut table: NamedTempFile,
    patches: &mut NamedTempFile,
    row_numbers: Option<&[u64]>,
) -> Result<(NamedTempFile, Repaired), RepairError> {
    let begin = patches.stream_position().map_err(RepairError::Write)?;
    let mut files = Files { table: table.as_file_mut(), patches: patches.as_file_mut(), begin, row_numbers };
    let repaired = repair(upload, request, recipe, &mut files)?;
    Ok((table, repaired))
}

/// Files for a corrected table and its patches.
struct Files<'a> {
    table: &'a mut File,
    patches: &'a mut File,
    /// Where the patches of this round begin.
    begin: u64,
    /// For a table that was corrected before, the rows of the file that it was made from.
    row_numbers: Option<&'a [u64]>,
}

impl Sink for Files<'_> {
    fn write(&mut self, table: &[u8], mut patches: Vec<Patch<'_>>) -> io::Result<()> {
        if let Some(numbers) = self.row_numbers {
            for patch in &mut patches {
                // Behind the heading in row 1.
                let index = patch.row.checked_sub(2).and_then(|index| usize::try_from(index).ok());
                patch.row = index.and_then(|index| numbers.get(index)).copied().unwrap_or(patch.row);
                patch.cell.clear();
            }
        }
        self.table.write_all(table)?;
        self.patches.write_all(&patches::lines(&patches))
    }

    fn clear(&mut self) -> io::Result<()> {
        for (file, length) in [(&mut *self.table, 0), (&mut *self.patches, self.begin)] {
            file.set_len(length)?;
            file.seek(SeekFrom::Start(length))?;
        }
        Ok(())
    }
}

fn csv_name(name: &str) -> String {
    format!("{}.csv", name.rsplit_once('.').map_or(name, |(stem, _)| stem))
}

/// Writes a temporary file to where it is wanted.
///
/// # Errors
/// The operating system's.
pub fn copy_to(file: &NamedTempFile, out: &mut dyn Write) -> io::Result<()> {
    io::copy(&mut file.reopen()?, out)?;
    out.flush()
}

/// Makes a temporary file the file at a path. It is moved where nothing stands there yet and that is on the same disk,
/// and else copied.
///
/// # Errors
/// The operating system's.
pub fn move_to(file: NamedTempFile, path: &Path) -> io::Result<()> {
    let (file, mut out) = match File::create_new(path) {
        Ok(new) => {
            file.as_file().set_permissions(new.metadata()?.permissions())?;
            match file.persist(path) {
                Ok(_) => return Ok(()),
                Err(error) => (error.file, new),
            }
        }
        Err(_) => (file, File::create(path)?),
    };
    io::copy(&mut file.reopen()?, &mut out).map(|_| ())
}
