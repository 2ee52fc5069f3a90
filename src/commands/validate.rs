//! `validate`: checks files with neither server nor database.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap::builder::PossibleValuesParser;
use machikura::validate::report::{self, REPORT_FORMATS, ReportError, ReportFormat, Wording};
use machikura::validate::{self, Checked, Request};

use super::target::{self, Target};

#[derive(Args)]
pub struct Validate {
    /// ファイル。- は標準入力 / files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    target: Target,
    /// 報告の形式。csv は一覧、html は閲覧用、xlsx は元の表に印を付けたもの / format of the report
    #[arg(long, default_value = "text", value_parser = PossibleValuesParser::new(REPORT_FORMATS.iter().map(|format| format.id())))]
    format: String,
    /// 色を付けない / no colours (<https://no-color.org>)
    #[arg(long, env = "NO_COLOR", num_args = 0..=1, require_equals = true, default_missing_value = "1", hide_env_values = true)]
    no_color: Option<String>,
}

/// Exit status where a file could not be read or the command was misused.
pub(super) const UNREADABLE: u8 = 2;

impl Validate {
    /// Checks every file: 0 if all conform, 1 if one does not, 2 if one could not be read.
    pub fn run(self) -> ExitCode {
        let format = report::by_id(&self.format).expect("the parser of arguments knows the formats");
        if let Err(message) = self.suits(format) {
            return refuse(&message);
        }
        let registry = match self.target.registry() {
            Ok(registry) => registry,
            Err(message) => return refuse(&message),
        };
        let unpacker = match target::unpacker() {
            Ok(unpacker) => unpacker,
            Err(message) => return refuse(&message),
        };
        let request = match self.target.request(&registry, self.target.reading(&unpacker), format.listed()) {
            Ok(request) => Request { digest: format.names_digest(), ..request },
            Err(message) => return refuse(&message),
        };
        let is_plain = self.no_color.as_ref().is_some_and(|value| !value.is_empty());
        let in_colour = !is_plain && io::stdout().is_terminal();
        let wording = Wording { registry: &registry, lang: self.target.lang(), in_colour };
        let mut out = io::stdout().lock();
        let mut status = 0;
        for (index, file) in self.files.iter().enumerate() {
            let written = check(file, &request).and_then(|checked| {
                if index > 0 && format.id() == "text" {
                    writeln!(out).map_err(|error| error.to_string())?;
                }
                match format.write(&checked, &wording, &mut out) {
                    // Who reads it has seen enough, such as `head`.
                    Err(ReportError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
                    written => written.map_err(unwritable)?,
                }
                Ok(checked.report.is_valid())
            });
            match written {
                Ok(is_valid) => status = status.max(u8::from(!is_valid)),
                Err(message) => {
                    eprintln!("{}: {message}", file.display());
                    status = UNREADABLE;
                }
            }
        }
        ExitCode::from(status)
    }

    /// Whether the format can be written for these files to where they go.
    fn suits(&self, format: &dyn ReportFormat) -> Result<(), String> {
        let (id, extension) = (format.id(), format.extension());
        if self.files.len() > 1 && !format.is_chainable() {
            return Err(format!(
                "--format {id} は 1 回に 1 つのファイルだけです。ファイルごとに実行してください / --format {id} takes one file at a time"
            ));
        }
        if format.is_binary() && io::stdout().is_terminal() {
            return Err(format!(
                "--format {id} は端末には出せません。> report.{extension} を付けてください / add > report.{extension}"
            ));
        }
        Ok(())
    }
}

fn check(file: &Path, request: &Request<'_>) -> Result<Checked, String> {
    let upload = target::upload(file).map_err(|error| error.to_string())?;
    let is_long = std::fs::metadata(file).is_ok_and(|metadata| metadata.len() > 20_000_000);
    if is_long && io::stderr().is_terminal() {
        eprintln!("{} を検査しています… / checking", file.display());
    }
    validate::check(&upload, request).map_err(target::unreadable)
}

fn unwritable(error: ReportError) -> String {
    match error {
        ReportError::Unfit(reason) => format!("{} / {}", reason.ja, reason.en),
        ReportError::Read(error) => target::unreadable(error),
        ReportError::Io(error) => error.to_string(),
    }
}

/// Says why a command cannot be done.
pub(super) fn refuse(message: &str) -> ExitCode {
    eprintln!("machikura: {message}");
    ExitCode::from(UNREADABLE)
}
