//! What `machikura` does when called: `serve`, and operations without a browser.

mod administer;
mod fix;
mod serve;
mod standards;
mod target;
mod validate;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use machikura::cluster::{self, Cluster};
use machikura::config::{Given, Settings};
use machikura::reader;
use machikura::store::{Db, Settings as StoreSettings, migrate};

/// 街蔵: 自治体標準オープンデータセットを検査し、公開し、検索できるようにする
///
/// machikura checks, publishes and serves the standard open data of Japanese municipalities.
#[derive(Parser)]
#[command(version, about, long_about)]
pub struct Commands {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// サーバーを動かす / run the server
    Serve(Common),
    /// ファイルを検査する（サーバーもデータベースも不要） / check files, without server or database
    Validate(validate::Validate),
    /// ファイルを直し、標準に適合した CSV を書き出す（元のファイルはそのまま） / write a corrected copy of a file
    Fix(fix::Fix),
    /// 標準の一覧と項目 / list the standards, or one with its fields
    Standards(standards::Standards),
    /// 団体を登録する / register organizations
    Organization(administer::Organization),
    /// トークンを発行する / issue tokens
    Token(administer::Token),
    /// データベースを現在の形に移行する / bring the database up to date
    Migrate(Common),
    /// OpenAPI の文書を標準出力に書く / write the OpenAPI document to standard output
    Openapi,
    /// Unpacks standard input to standard output, confined; only this program itself calls it.
    #[command(name = reader::COMMAND, hide = true)]
    Unpack { limits: String },
}

/// Settings of the commands that need the database.
#[derive(Args)]
pub struct Common {
    /// 設定ファイル（TOML） / settings file (TOML)
    #[arg(long, env = "MACHIKURA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    given: Given,
}

impl Commands {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        let filter = machikura::config::log_filter();
        let is_terminal = std::io::stderr().is_terminal();
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(is_terminal).with_writer(std::io::stderr).init();
        let done = match self.command {
            Command::Validate(command) => return command.run(),
            Command::Fix(command) => return command.run(),
            Command::Serve(common) => serve::run(common),
            Command::Standards(command) => command.run(),
            Command::Organization(command) => command.run(),
            Command::Token(command) => command.run(),
            Command::Migrate(common) => administer::migrate_database(common),
            Command::Openapi => {
                print!("{}", machikura::http::openapi::json(machikura::standard::Registry::embedded()));
                Ok(())
            }
            Command::Unpack { limits } => return reader::child::run(&limits),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("machikura: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

/// Why a command failed, in words for the person at the terminal.
pub type CommandError = Box<dyn std::error::Error>;

/// The database that the settings name, or the private one, brought up to date; and the private one's handle.
fn open(common: Common) -> Result<(Db, Settings, Option<Cluster>), CommandError> {
    let settings = common.given.resolve(common.config.as_deref())?;
    let (url, cluster) = match &settings.database_url {
        Some(url) => (url.clone(), None),
        None => {
            std::fs::create_dir_all(&settings.var)?;
            let cluster = Cluster::start(&settings.var, &cluster::Options::default())?;
            (cluster.url(cluster::DATABASE), Some(cluster))
        }
    };
    migrate(&url)?;
    let db = Db::connect(StoreSettings {
        pool_size: settings.pool_size,
        read_urls: settings.database_read_urls.clone(),
        statement_timeout: settings.statement_timeout,
        ..StoreSettings::new(url)
    })?;
    Ok((db, settings, cluster))
}
