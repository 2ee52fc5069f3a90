//! `validate`: checks files with neither server nor database.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use machikura::http::problem::Problem;
use machikura::municipality;
use machikura::standard::Registry;
use machikura::tabular::Upload;
use machikura::text::Lang;
use machikura::validate::report::{json, text};
use machikura::validate::{self, Report, Request};

#[derive(Args)]
pub struct Validate {
    /// ファイル。- は標準入力 / files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// 標準（省くと見出しから判定） / standard; recognised from the heading if left out
    #[arg(long, value_name = "SLUG")]
    standard: Option<String>,
    /// 公開する団体のコード / code of the publishing organization
    #[arg(long, value_name = "CODE")]
    organization: Option<String>,
    /// 報告の形式 / format of the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    /// 報告の言語 / language of the report
    #[arg(long, value_enum, default_value_t = Language::Ja)]
    lang: Language,
    /// 列挙する指摘の上限 / findings listed at most
    #[arg(long, default_value_t = 1_000)]
    max_issues: usize,
    /// 追加の標準を読むフォルダー / folder of further standards
    #[arg(long, env = "MACHIKURA_DATASETS", value_name = "FOLDER")]
    datasets: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ReportFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    Ja,
    En,
}

/// Exit status where a file could not be read or the command was misused.
const UNREADABLE: u8 = 2;

impl Validate {
    /// Checks every file: 0 if all conform, 1 if one does not, 2 if one could not be read.
    pub fn run(self) -> ExitCode {
        let registry = match self.datasets.as_deref().map(Registry::with_directory) {
            None => Registry::embedded().clone(),
            Some(Ok(registry)) => registry,
            Some(Err(error)) => return refuse(&error.to_string()),
        };
        let mut request = Request { max_issues: self.max_issues, ..Request::new(&registry) };
        if let Some(slug) = &self.standard {
            let Some(standard) = registry.find(slug) else {
                return refuse(&format!(
                    "標準「{slug}」はありません。machikura standards で一覧を表示します / no such standard"
                ));
            };
            request.standard = Some(standard);
        }
        if let Some(code) = &self.organization {
            let Some(organization) = municipality::find_any(code) else {
                return refuse(&format!(
                    "全国地方公共団体コード「{code}」はありません / no such local government code"
                ));
            };
            request.organization = Some(organization);
        }
        let mut status = 0;
        for (index, file) in self.files.iter().enumerate() {
            let lang = match self.lang {
                Language::Ja => Lang::Ja,
                Language::En => Lang::En,
            };
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

fn check(file: &PathBuf, request: &Request<'_>) -> Result<Report, String> {
    let upload = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        Upload::from_bytes(bytes, None)
    } else {
        Upload::from_file(file, file.file_name().and_then(|name| name.to_str()))
    };
    let is_long = std::fs::metadata(file).is_ok_and(|metadata| metadata.len() > 20_000_000);
    if is_long && std::io::stderr().is_terminal() {
        eprintln!("{} を検査しています… / checking", file.display());
    }
    validate::check(&upload, request).map(|checked| checked.report).map_err(|error| match error {
        machikura::tabular::ReadError::Io(error) => error.to_string(),
        error => {
            let english = error.to_string();
            format!("{} / {english}", Problem::from(error).detail(Lang::Ja))
        }
    })
}

fn refuse(message: &str) -> ExitCode {
    eprintln!("machikura: {message}");
    ExitCode::from(UNREADABLE)
}
