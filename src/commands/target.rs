//! What `validate` and `fix` are told about a file: its data set, its publisher, and further standards.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use machikura::config::GivenLimits;
use machikura::http::problem::Problem;
use machikura::municipality;
use machikura::reader::Subprocess;
use machikura::standard::Registry;
use machikura::tabular::{Limits, ReadError, ReadOptions, Upload};
use machikura::text::Lang;
use machikura::validate::Request;

#[derive(Args)]
pub struct Target {
    /// 標準（省くと見出しから判定） / standard; recognised from the heading if left out
    #[arg(long, value_name = "SLUG")]
    pub standard: Option<String>,
    /// 公開する団体のコード / code of the publishing organization
    #[arg(long, value_name = "CODE")]
    pub organization: Option<String>,
    /// 報告の言語 / language of the report
    #[arg(long, value_enum, default_value_t = Language::Ja)]
    lang: Language,
    /// 列挙する指摘の上限（既定 1000、csv と xlsx では 100000、html では 10000） / findings listed at most
    #[arg(long)]
    max_issues: Option<usize>,
    /// 追加の標準を読むフォルダー / folder of further standards
    #[arg(long, env = "MACHIKURA_DATASETS", value_name = "FOLDER")]
    datasets: Option<PathBuf>,
    #[command(flatten)]
    limits: GivenLimits,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    Ja,
    En,
}

impl Target {
    /// The embedded standards and those of the folder.
    ///
    /// # Errors
    /// What is unsound in the folder.
    pub fn registry(&self) -> Result<Cow<'static, Registry>, String> {
        match self.datasets.as_deref() {
            None => Ok(Cow::Borrowed(Registry::embedded())),
            Some(folder) => Registry::with_directory(folder).map(Cow::Owned).map_err(|error| error.to_string()),
        }
    }

    /// How files are read.
    pub fn reading<'a>(&self, unpacker: &'a Subprocess) -> ReadOptions<'a> {
        ReadOptions { limits: self.limits.resolve(&GivenLimits::default(), Limits::COMMAND_LINE), unpacker }
    }

    /// The request for a check that lists so many findings unless told otherwise.
    ///
    /// # Errors
    /// There is no such standard or organization.
    pub fn request<'a>(
        &self,
        registry: &'a Registry,
        reading: ReadOptions<'a>,
        listed: usize,
    ) -> Result<Request<'a>, String> {
        let max_issues = self.max_issues.unwrap_or(listed);
        let mut request = Request { max_issues, reading, ..Request::new(registry) };
        if let Some(slug) = &self.standard {
            request.standard = Some(registry.find(slug).ok_or_else(|| {
                format!("標準「{slug}」はありません。machikura standards で一覧を表示します / no such standard")
            })?);
        }
        if let Some(code) = &self.organization {
            request.organization = Some(municipality::find_any(code).ok_or_else(|| {
                format!("全国地方公共団体コード「{code}」はありません / no such local government code")
            })?);
        }
        Ok(request)
    }

    /// The language of reports.
    pub fn lang(&self) -> Lang {
        match self.lang {
            Language::Ja => Lang::Ja,
            Language::En => Lang::En,
        }
    }
}

/// Reads workbooks in child processes.
///
/// # Errors
/// The operating system does not tell where the program is.
pub fn unpacker() -> Result<Subprocess, String> {
    Subprocess::new(std::env::temp_dir()).map_err(|error| error.to_string())
}

/// The file to read; `-` is standard input.
///
/// # Errors
/// Standard input could not be read.
pub fn upload(file: &Path) -> std::io::Result<Upload> {
    if file.as_os_str() == "-" {
        let mut spooled = tempfile::NamedTempFile::new()?;
        std::io::copy(&mut std::io::stdin().lock(), &mut spooled)?;
        return Ok(Upload::from_temporary(spooled.into_temp_path(), None));
    }
    Ok(Upload::from_file(file, file.file_name().and_then(|name| name.to_str())))
}

/// Why a file could not be read, in both languages.
pub fn unreadable(error: ReadError) -> String {
    match error {
        ReadError::Io(error) if error.kind() == std::io::ErrorKind::NotFound => {
            "ファイルがありません / there is no such file".to_owned()
        }
        ReadError::Io(error) => error.to_string(),
        error => in_both_languages(error),
    }
}

/// An error as the server would tell it.
pub fn in_both_languages(error: impl Into<Problem>) -> String {
    let problem = error.into();
    format!("{} / {}", problem.detail(Lang::Ja), problem.detail(Lang::En))
}
