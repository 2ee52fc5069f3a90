//! `organization`, `token`, `migrate`: administration beside a running server or without one.

use clap::{Args, Subcommand, ValueEnum};
use machikura::catalog::AccessRole;
use machikura::municipality;
use machikura::sample::random;
use machikura::store::tokens::{self, NewToken};
use machikura::store::{StoreError, catalog};

use super::{CommandError, Common};

#[derive(Args)]
pub struct Organization {
    #[command(subcommand)]
    action: OrganizationAction,
}

#[derive(Subcommand)]
enum OrganizationAction {
    /// 団体を登録する。名称は内蔵のコード表から / register an organization by its code
    Add {
        /// 全国地方公共団体コード（6 桁または 5 桁） / local government code
        code: String,
        #[command(flatten)]
        common: Common,
    },
}

impl Organization {
    pub fn run(self) -> Result<(), CommandError> {
        let OrganizationAction::Add { code, common } = self.action;
        let municipality = find(&code)?;
        let (db, _settings, _cluster) = super::open(common)?;
        let organization = machikura::publish::organization(municipality);
        let is_new = db.write_blocking(|connection| catalog::add_organization(connection, &organization))?;
        let done = if is_new {
            "登録しました / registered"
        } else {
            "すでに登録されています / already registered"
        };
        println!("{} {} {done}", municipality.code, municipality.full_name());
        Ok(())
    }
}

#[derive(Args)]
pub struct Token {
    #[command(subcommand)]
    action: TokenAction,
}

#[derive(Subcommand)]
enum TokenAction {
    /// トークンを発行し、それだけを標準出力に書く / issue a token and write it alone to standard output
    Create {
        /// 団体のコード（operator には不要） / code of the organization; none for operators
        #[arg(long, value_name = "CODE", required_unless_present = "role", required_if_eq_any = [("role", "publisher"), ("role", "manager")])]
        organization: Option<String>,
        /// できること / what it allows
        #[arg(long, value_enum, default_value_t = Role::Publisher)]
        role: Role,
        /// 使う人や用途の名前 / what it is called
        #[arg(long, default_value = "")]
        label: String,
        /// 有効な日数（省くと無期限） / days until it expires; never if left out
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=36_500))]
        days: Option<i64>,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    Publisher,
    Manager,
    Operator,
}

impl Token {
    pub fn run(self) -> Result<(), CommandError> {
        let TokenAction::Create { organization, role, label, days, common, .. } = self.action;
        let organization = organization.as_deref().map(find).transpose()?;
        let role = match role {
            Role::Publisher => AccessRole::Publisher,
            Role::Manager => AccessRole::Manager,
            Role::Operator => AccessRole::Operator,
        };
        let expires_at = days.map(|days| jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days));
        let (db, _settings, _cluster) = super::open(common)?;
        let new = NewToken {
            organization: organization.filter(|_| role != AccessRole::Operator).map(|found| found.code.clone()),
            role,
            label,
            expires_at,
        };
        let made = db.write_blocking(|connection| tokens::create(connection, &new, random()));
        let (token, _) = made.map_err(|error| match error {
            StoreError::UnknownOrganization(code) => CommandError::from(format!(
                "団体 {code} は登録されていません。先に machikura organization add {code} を実行してください / register the organization first"
            )),
            error => error.into(),
        })?;
        println!("{token}");
        Ok(())
    }
}

pub fn migrate_database(common: Common) -> Result<(), CommandError> {
    let _opened = super::open(common)?;
    println!("データベースは現在の形です / the database is up to date");
    Ok(())
}

fn find(code: &str) -> Result<&'static municipality::Municipality, CommandError> {
    let found = municipality::find_any(code);
    found.ok_or_else(|| format!("全国地方公共団体コード「{code}」はありません / no such local government code").into())
}
