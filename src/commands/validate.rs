//! `validate`: checks files with neither server nor database.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use machikura::validate::report::{json, text};
use machikura::validate::{self, Report, Request};

use super::target::{self, Target};

#[derive(Args)]
pub struct Validate {
    /// ファイル。- は標準入力 / files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    target: Target,
    /// 報告の形式 / format of the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum ReportFormat {
    Text,
    Json,
}

/// Exit status where a file could not be read or the command was misused.
pub(super) const UNREADABLE: u8 = 2;

impl Validate {
    /// Checks every file: 0 if all conform, 1 if one does not, 2 if one could not be read.
    pub fn run(self) -> ExitCode {
        let registry = match self.target.registry() {
            Ok(registry) => registry,
            Err(message) => return refuse(&message),
        };
        let request = match self.target.request(&registry) {
            Ok(request) => request,
            Err(message) => return refuse(&message),
        };
        let lang = self.target.lang();
        let mut status = 0;
        for (index, file) in self.files.iter().enumerate() {
            match check(file, &request) {
                Ok(report) => {
                    status = status.max(u8::from(!report.is_valid()));
                    match self.format {
                        ReportFormat::Text => {
                            if index > 0 {
                                println!();
                            }
                            print!("{}", text::text(&report, lang));
                        }
                        ReportFormat::Json => {
                            let body = serde_json::to_string_pretty(&json::body(&report, lang));
                            println!("{}", body.expect("a report has only string keys"));
                        }
                    }
                }
                Err(message) => {
                    eprintln!("{}: {message}", file.display());
                    status = UNREADABLE;
                }
            }
        }
        ExitCode::from(status)
    }
}

fn check(file: &Path, request: &Request<'_>) -> Result<Report, String> {
    let upload = target::upload(file).map_err(|error| error.to_string())?;
    let is_long = std::fs::metadata(file).is_ok_and(|metadata| metadata.len() > 20_000_000);
    if is_long && std::io::stderr().is_terminal() {
        eprintln!("{} を検査しています… / checking", file.display());
    }
    validate::check(&upload, request).map(|checked| checked.report).map_err(target::unreadable)
}

/// Says why a command cannot be done.
pub(super) fn refuse(message: &str) -> ExitCode {
    eprintln!("machikura: {message}");
    ExitCode::from(UNREADABLE)
}
