//! `fix`: writes the corrected table of a file and says what it changed. Never touches the file itself.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use machikura::publish::{Correction, Task, copy_to, mend, move_to};
use machikura::text::Bilingual;
use machikura::validate::report::repair as repair_report;
use machikura::validate::{Class, Recipe, RecipeError, RepairError, Request};

use super::target::{self, Target};
use super::validate::{UNREADABLE, refuse};

#[derive(Args)]
pub struct Fix {
    /// ファイル。- は標準入力 / file; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// 直した CSV の書き出し先（省くと標準出力） / where to write the corrected CSV; standard output if left out
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
    /// どこまで直すか。lossless は確実なものだけ、likely はおそらく正しいものも / how far to go
    #[arg(long, value_enum, value_name = "CLASS")]
    fix: Option<Depth>,
    /// 規則ごとの入・切。例 us-date,-kana / rules switched on, or with - off
    #[arg(long, value_name = "RULES", allow_hyphen_values = true)]
    rules: Option<String>,
    /// 前に保存したレシピ（JSON）に従う / follow a saved recipe
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// 今回の決定をレシピとして保存する / save this run's decisions as a recipe
    #[arg(long, value_name = "FILE")]
    save_recipe: Option<PathBuf>,
    /// 変更したセルの一覧（CSV）の書き出し先 / where to write the list of changed cells
    #[arg(long, value_name = "FILE")]
    patches: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Depth {
    Lossless,
    Likely,
}

impl Fix {
    /// Corrects the file: 0 if the result conforms, 1 if not, 2 if the file could not be read or the command was misused.
    pub fn run(self) -> ExitCode {
        match self.correct() {
            Ok(conforms) => ExitCode::from(u8::from(!conforms)),
            Err(message) => {
                let _ = refuse(&message);
                ExitCode::from(UNREADABLE)
            }
        }
    }

    fn correct(&self) -> Result<bool, String> {
        let output = self.output.as_deref();
        let written = [output, self.patches.as_deref(), self.save_recipe.as_deref()];
        if written.into_iter().flatten().any(|path| is_same_file(path, &self.file)) {
            return Err("元のファイルには上書きしません。-o に別の名前を付けてください / the file itself is never overwritten; give -o another name".to_owned());
        }
        if output.is_none() && io::stdout().is_terminal() {
            eprintln!("（-o で書き出し先を指定できます / -o names a file to write to）");
        }
        let recipe = self.recipe()?;
        let registry = self.target.registry()?;
        let unpacker = target::unpacker()?;
        let reading = self.target.reading(&unpacker);
        let Request { standard, organization, max_issues, .. } = self.target.request(&registry, reading, 1_000)?;
        let upload = target::upload(&self.file).map_err(|error| error.to_string())?;
        let task = Task { registry: &registry, standard, organization, max_issues, digest: false, reading };
        let mended = mend(&upload, &task, &recipe, &std::env::temp_dir()).map_err(|error| match error {
            RepairError::Read(error) => format!("{}: {}", self.file.display(), target::unreadable(error)),
            error => format!("{}: {}", self.file.display(), target::in_both_languages(error)),
        })?;
        let (Correction { corrected, patches, repaired }, after) = (mended.correction, mended.after.report);
        if let Some(path) = &self.patches {
            move_to(patches, path).map_err(|error| unwritable(path, &error))?;
        }
        if let Some(path) = &self.save_recipe {
            std::fs::write(path, repaired.recipe.to_json() + "\n").map_err(|error| unwritable(path, &error))?;
        }
        match &self.output {
            Some(path) => move_to(corrected, path).map_err(|error| unwritable(path, &error))?,
            None => copy_to(&corrected, &mut io::stdout().lock()).map_err(|error| error.to_string())?,
        }
        eprint!("{}", repair_report::text(&repaired, &after, self.target.lang()));
        Ok(after.is_valid())
    }

    fn recipe(&self) -> Result<Recipe, String> {
        let mut recipe = match &self.recipe {
            Some(path) => {
                let json = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
                Recipe::from_json(&json).map_err(|error| format!("{}: {}", path.display(), both(&error)))?
            }
            None => Recipe::default(),
        };
        match self.fix {
            Some(Depth::Lossless) => recipe.fix = Class::Lossless,
            Some(Depth::Likely) => recipe.fix = Class::Likely,
            None => {}
        }
        if let Some(rules) = &self.rules {
            recipe.switch(rules).map_err(|error| both(&error))?;
        }
        Ok(recipe)
    }
}

fn both(error: &RecipeError) -> String {
    let Bilingual { ja, en } = error.text();
    format!("{ja} / {en}")
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

fn unwritable(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}
