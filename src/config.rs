//! Every setting: its flag, environment variable, key in the TOML file, default and unit. The only reader of the
//! environment. A flag goes before the environment, the environment before the file, the file before the default.

mod limits;
mod networks;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use crate::tabular::Limits;

pub use limits::GivenLimits;
pub use networks::Networks;

/// Settings as they were given, by flag, environment or file; what was not given is `None`.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// 待ち受けるアドレス（既定 127.0.0.1:8080） / address to listen on
    #[arg(long, env = "MACHIKURA_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// データベースと一時ファイルの置き場所（既定 var） / folder of the private database and of spooled uploads
    #[arg(long, env = "MACHIKURA_VAR", value_name = "FOLDER")]
    pub var: Option<PathBuf>,
    /// 使う PostgreSQL。なければ専用のものを起動 / PostgreSQL to use; without it a private one is started
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// 利用者から見たアドレス（既定 要求の Host） / address under which clients reach this server (default: the request's Host)
    #[arg(long, env = "MACHIKURA_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// 追加の標準を読むフォルダー / folder of further standards
    #[arg(long, env = "MACHIKURA_DATASETS", value_name = "FOLDER")]
    pub datasets: Option<PathBuf>,
    /// HTTP の処理スレッド数（既定 CPU の数） / HTTP threads (default: processors)
    #[arg(long, env = "MACHIKURA_WORKERS", value_name = "COUNT")]
    pub workers: Option<usize>,
    /// データベース接続の上限（既定 16） / database connections at most
    #[arg(long, env = "MACHIKURA_POOL_SIZE", value_name = "COUNT")]
    pub pool_size: Option<u32>,
    /// 1 回の問い合わせの制限時間、秒（既定 10） / seconds one query may take
    #[arg(long, env = "MACHIKURA_STATEMENT_TIMEOUT", value_name = "SECONDS")]
    pub statement_timeout: Option<u64>,
    /// アップロードの上限、バイト（既定 1073741824） / bytes of an upload at most
    #[arg(long, env = "MACHIKURA_MAX_UPLOAD", value_name = "BYTES")]
    pub max_upload: Option<u64>,
    /// 本文の途中で何も届かない、または受け取られないまま待つ時間、秒（既定 30） / seconds without a byte of a body, either way
    #[arg(long, env = "MACHIKURA_BODY_TIMEOUT", value_name = "SECONDS")]
    pub body_timeout: Option<u64>,
    /// 要求のはじめ（アドレスとヘッダー）を待つ時間、秒（既定 10） / seconds in which the head of a request must come
    #[arg(long, env = "MACHIKURA_HEAD_TIMEOUT", value_name = "SECONDS")]
    pub head_timeout: Option<u64>,
    /// 使われていない接続を保つ時間、秒（既定 75） / seconds that an idle connection is kept
    #[arg(long, env = "MACHIKURA_KEEP_ALIVE", value_name = "SECONDS")]
    pub keep_alive: Option<u64>,
    /// 同時に開ける接続の上限（既定 16384。開けるファイルの上限の半分まで） / connections at most; never more than half of the open files that the system allows
    #[arg(long, env = "MACHIKURA_CONNECTIONS", value_name = "COUNT")]
    pub connections: Option<usize>,
    /// 1 つのアドレスから同時に開ける接続の上限（既定 4096。全体の 4 分の 3 まで） / connections from one address at most; never more than three quarters of all
    #[arg(long, env = "MACHIKURA_CONNECTIONS_PER_ADDRESS", value_name = "COUNT")]
    pub connections_per_address: Option<usize>,
    /// まだ受け取られていない答えに使うメモリ、MB。それより多い分はファイルに置く（既定 128） / megabytes of memory for answers that are not taken yet; more go to files
    #[arg(long, env = "MACHIKURA_ANSWERS_MEMORY_MB", value_name = "MEGABYTES")]
    pub answers_memory_mb: Option<u32>,
    /// 同時に処理するアップロードの数（既定 4） / uploads worked on at once
    #[arg(long, env = "MACHIKURA_UPLOADS", value_name = "COUNT")]
    pub uploads: Option<usize>,
    /// 1 つのアドレスから 1 分間に受け付ける検査の数（既定 600） / checks a minute from one address
    #[arg(long, env = "MACHIKURA_CHECKS_PER_MINUTE", value_name = "COUNT")]
    pub checks_per_minute: Option<u32>,
    /// 検査の数を数えないネットワーク、カンマ区切り（このマシン自身は数えない） / networks whose checks are not counted, separated by commas (this machine's never are)
    #[arg(long, env = "MACHIKURA_LIMIT_EXEMPT", value_name = "NETWORKS")]
    pub limit_exempt: Option<Networks>,
    /// 転送元の申告を信じる中継（プロキシ）のネットワーク、カンマ区切り / networks of proxies whose forwarding headers count, separated by commas
    #[arg(long, env = "MACHIKURA_TRUSTED_PROXIES", value_name = "NETWORKS")]
    pub trusted_proxies: Option<Networks>,
    /// その中継が書くヘッダー（既定 x-forwarded-for） / header that those proxies write; the other is ignored
    #[arg(long, env = "MACHIKURA_FORWARDED", value_name = "HEADER")]
    pub forwarded: Option<ForwardedHeader>,
    /// 読み取り用の複製、カンマ区切り / streaming replicas for reading, separated by commas
    #[arg(long, env = "DATABASE_READ_URLS", value_name = "URLS", hide_env_values = true)]
    pub database_read_urls: Option<String>,
    /// 作った答えを取っておくメモリ、MB。0 は取っておかない（既定 64） / megabytes of answers kept aside; 0: none
    #[arg(long, env = "MACHIKURA_CACHE_MB", value_name = "MEGABYTES")]
    pub cache_mb: Option<u32>,
    /// ダウンロードと検索のために作っておくファイルの上限、メガバイト（既定 2048） / megabytes of files kept ready for download and search
    #[arg(long, env = "MACHIKURA_PREPARED_MB", value_name = "MEGABYTES")]
    pub prepared_mb: Option<u32>,
    /// データベースに届かないとき、前の答えを返し続ける秒数。0 は返さない（既定 86400） / seconds for which earlier answers are given while the database cannot be reached; 0: none
    #[arg(long, env = "MACHIKURA_STALE", value_name = "SECONDS")]
    pub stale: Option<u64>,
    /// 空のカタログに見本データを入れるか（既定 true） / whether an empty catalogue gets sample data
    #[arg(long, env = "MACHIKURA_SAMPLE", value_name = "BOOL")]
    pub sample: Option<bool>,
    /// 同時に読むすべてのファイルのためのメモリーの上限、MB（既定 1024） / megabytes that all files read at once may take
    #[arg(long, env = "MACHIKURA_UPLOADS_MEMORY_MB", value_name = "MEGABYTES")]
    pub uploads_memory_mb: Option<u64>,
    #[command(flatten)]
    #[serde(skip)]
    pub limits: GivenLimits,
}

/// The header by which proxies say whose requests they pass on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, with `X-Forwarded-Proto` beside it.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Settings with nothing left open.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Folder of the private database and of spooled uploads.
    pub var: PathBuf,
    /// PostgreSQL to use; `None`: the private one.
    pub database_url: Option<String>,
    /// Address under which clients reach this server; `None`: what they say in `Host`.
    pub public_url: Option<String>,
    /// Folder of further standards.
    pub datasets: Option<PathBuf>,
    /// HTTP threads; `None`: as many as processors.
    pub workers: Option<usize>,
    /// Database connections at most.
    pub pool_size: u32,
    /// How long one query may take.
    pub statement_timeout: Duration,
    /// Bytes of an upload at most.
    pub max_upload: u64,
    /// How long a body is waited for without a byte, either way.
    pub body_timeout: Duration,
    /// How long the head of a request may take.
    pub head_timeout: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// Connections at most.
    pub connections: usize,
    /// Connections from one address at most.
    pub connections_per_address: usize,
    /// Megabytes of memory for answers that are not taken yet.
    pub answers_memory_mb: u32,
    /// Uploads worked on at once.
    pub uploads: usize,
    /// Checks a minute from one address.
    pub checks_per_minute: u32,
    /// Networks whose checks are not counted.
    pub limit_exempt: Networks,
    /// Networks of proxies whose forwarding headers count.
    pub trusted_proxies: Networks,
    /// The header that they write.
    pub forwarded: ForwardedHeader,
    /// Streaming replicas for reading.
    pub database_read_urls: Vec<String>,
    /// Megabytes of answers kept aside; 0: none.
    pub cache_mb: u32,
    /// Megabytes that files kept ready for download and search may take.
    pub prepared_mb: u32,
    /// How long earlier answers are given while the database cannot be reached; zero: not at all.
    pub stale: Duration,
    /// Whether an empty catalogue gets sample data.
    pub sample: bool,
    /// Megabytes that all files read at once may take.
    pub uploads_memory_mb: u64,
    /// Limits of a table.
    pub limits: Limits,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("設定ファイル {path} を読めません / cannot read the settings file: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML, or has a key that there is not.
    #[error("設定ファイル {path} に誤りがあります / the settings file is wrong: {source}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What.
        source: Box<toml::de::Error>,
    },
}

impl Given {
    /// Fills what was not given from a TOML file and then from the defaults.
    ///
    /// # Errors
    /// [`ConfigError`] for a file that cannot be read or understood.
    pub fn resolve(self, file: Option<&Path>) -> Result<Settings, ConfigError> {
        let filed = file.map(read).transpose()?.unwrap_or_default();
        Ok(Settings {
            listen: self.listen.or(filed.listen).unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            var: self.var.or(filed.var).unwrap_or_else(|| PathBuf::from("var")),
            database_url: self.database_url.or(filed.database_url),
            public_url: self.public_url.or(filed.public_url).map(|url| url.trim_end_matches('/').to_owned()),
            datasets: self.datasets.or(filed.datasets),
            workers: self.workers.or(filed.workers),
            pool_size: self.pool_size.or(filed.pool_size).unwrap_or(16),
            statement_timeout: Duration::from_secs(self.statement_timeout.or(filed.statement_timeout).unwrap_or(10)),
            max_upload: self.max_upload.or(filed.max_upload).unwrap_or(1 << 30),
            database_read_urls: list(self.database_read_urls.or(filed.database_read_urls).as_deref()),
            cache_mb: self.cache_mb.or(filed.cache_mb).unwrap_or(64),
            body_timeout: Duration::from_secs(self.body_timeout.or(filed.body_timeout).unwrap_or(30)),
            head_timeout: Duration::from_secs(self.head_timeout.or(filed.head_timeout).unwrap_or(10)),
            keep_alive: Duration::from_secs(self.keep_alive.or(filed.keep_alive).unwrap_or(75)),
            connections: self.connections.or(filed.connections).unwrap_or(16_384),
            connections_per_address: self.connections_per_address.or(filed.connections_per_address).unwrap_or(4_096),
            answers_memory_mb: self.answers_memory_mb.or(filed.answers_memory_mb).unwrap_or(128),
            uploads: self.uploads.or(filed.uploads).unwrap_or(4),
            checks_per_minute: self.checks_per_minute.or(filed.checks_per_minute).unwrap_or(600),
            limit_exempt: self.limit_exempt.or(filed.limit_exempt).unwrap_or_default(),
            trusted_proxies: self.trusted_proxies.or(filed.trusted_proxies).unwrap_or_default(),
            forwarded: self.forwarded.or(filed.forwarded).unwrap_or_default(),
            prepared_mb: self.prepared_mb.or(filed.prepared_mb).unwrap_or(2_048),
            stale: Duration::from_secs(self.stale.or(filed.stale).unwrap_or(86_400)),
            sample: self.sample.or(filed.sample).unwrap_or(true),
            uploads_memory_mb: self.uploads_memory_mb.or(filed.uploads_memory_mb).unwrap_or(1_024),
            limits: self.limits.resolve(&filed.limits, Limits::SERVER),
        })
    }
}

/// The parts of a text between commas.
fn list(text: Option<&str>) -> Vec<String> {
    let parts = text.unwrap_or_default().split(',').map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn read(path: &Path) -> Result<Given, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    parse(&text).map_err(|source| ConfigError::Parse { path: path.to_owned(), source: Box::new(source) })
}

fn parse(text: &str) -> Result<Given, toml::de::Error> {
    let (limits, others): (toml::Table, toml::Table) =
        toml::from_str::<toml::Table>(text)?.into_iter().partition(|(key, _)| GivenLimits::KEYS.contains(&&**key));
    Ok(Given { limits: limits.try_into()?, ..others.try_into()? })
}

/// What the log shows, in the syntax of `tracing`'s filter, from `MACHIKURA_LOG`. Malformed requests are left out unless
/// asked for: anybody could fill the log with them.
#[expect(clippy::disallowed_methods, reason = "this module is where the environment is read")]
pub fn log_filter() -> String {
    std::env::var("MACHIKURA_LOG").unwrap_or_else(|_| "warn,actix_http=off".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_goes_before_the_file_and_the_file_before_the_default() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "listen = \"127.0.0.1:1\"\npool_size = 3\nmax_rows = 7\n").expect("written");
        let given = Given { listen: Some(SocketAddr::from(([127, 0, 0, 1], 2))), ..Given::default() };
        let settings = given.resolve(Some(file.path())).expect("sound");
        assert_eq!((settings.listen.port(), settings.pool_size, settings.uploads), (2, 3, 4));
        assert_eq!(settings.limits, Limits { rows: 7, ..Limits::SERVER });
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "listens = 1\n").expect("written");
        let error = Given::default().resolve(Some(file.path())).expect_err("unknown key");
        assert!(error.to_string().contains("listens"), "{error}");
    }
}
