//! What can go wrong, and what the person at the keyboard can do about it.

use std::path::PathBuf;

/// Why there is no private PostgreSQL, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No server programs, too old ones, or no PostGIS for them.
    #[error(
        "PostgreSQL 15 以上と PostGIS が見つかりません（{found}）。Debian/Ubuntu では `sudo apt-get install postgresql postgresql-postgis postgresql-postgis-scripts` を実行するか、DATABASE_URL に既存のデータベースを指定してください。 / \
         PostgreSQL 15 or newer with PostGIS was not found ({found}). On Debian/Ubuntu run `sudo apt-get install postgresql postgresql-postgis postgresql-postgis-scripts`, or set DATABASE_URL to a database you have."
    )]
    NoPrograms {
        /// What was looked at instead.
        found: String,
    },
    /// The data was written by a major version that is not installed any more.
    #[error(
        "{} のデータは PostgreSQL {version} のものですが、そのプログラムがありません（{found}）。`sudo apt-get install postgresql-{version} postgresql-{version}-postgis-3` を実行してください。データが不要なら {} を移動または削除してください。 / \
         The data in {} belongs to PostgreSQL {version}, which is not installed ({found}). Run `sudo apt-get install postgresql-{version} postgresql-{version}-postgis-3`, or move the folder away if its data is not needed.",
        .home.display(), .home.display(), .home.display()
    )]
    OtherVersion {
        /// The cluster's folder.
        home: PathBuf,
        /// What `PG_VERSION` says.
        version: u32,
        /// What was looked at instead.
        found: String,
    },
    /// PostgreSQL refuses to run as root, and there is nobody else to run it as.
    #[error(
        "PostgreSQL は root では動きません。利用者 postgres も nobody も見つかりません。`sudo useradd --system postgres` を実行するか、一般利用者で実行してください。 / \
         PostgreSQL refuses to run as root and there is neither a user `postgres` nor `nobody`. Run `sudo useradd --system postgres`, or start as a normal user."
    )]
    NoUser,
    /// Somebody else's cluster.
    #[error(
        "{} は別の利用者（uid {owner}）のものです。その利用者で（root なら sudo を付けて）実行するか、MACHIKURA_VAR に別のフォルダーを指定してください。 / \
         {} belongs to another user (uid {owner}). Run as that user (for root: with sudo), or set MACHIKURA_VAR to another folder.",
        .path.display(), .path.display()
    )]
    NotOurs {
        /// The folder in question.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// The user that runs the server may not enter the folder.
    #[error(
        "利用者 uid {user} は {} に入れません。上位フォルダーの権限を見直すか（`chmod a+x`）、MACHIKURA_VAR に別のフォルダーを指定してください。 / \
         The user with uid {user}, who runs PostgreSQL, cannot enter {}. Let others pass through the folders above it (`chmod a+x`), or set MACHIKURA_VAR to another folder.",
        .home.display(), .home.display()
    )]
    Unreachable {
        /// The cluster's folder.
        home: PathBuf,
        /// Who would have to enter it.
        user: u32,
    },
    /// Another process has been starting or stopping the server for too long.
    #[error(
        "別の machikura がデータベースを起動または停止したまま終わりません（{}）。そのプロセスを確認してください。 / \
         Another machikura has been starting or stopping this database for too long ({}). Look for that process.",
        .lock.display(), .lock.display()
    )]
    Busy {
        /// The lock it holds.
        lock: PathBuf,
    },
    /// A program of PostgreSQL failed.
    #[error(
        "{program} が失敗しました。次の出力を確認してください（空き容量や権限の不足が主な原因です）。 / \
         {program} failed; see its output (the usual causes are a full disk and missing permissions):\n{output}"
    )]
    Program {
        /// Its name.
        program: &'static str,
        /// What it wrote, with the end of the server's log where that tells more.
        output: String,
    },
    /// The server runs and does not answer.
    #[error(
        "PostgreSQL（pid {pid}）が応答しません。{} を確認し、`kill -INT {pid}` で停止してから再度実行してください。 / \
         PostgreSQL (pid {pid}) does not answer. Read {}, stop it with `kill -INT {pid}` and start again.",
        .log.display(), .log.display()
    )]
    Silent {
        /// The postmaster.
        pid: u32,
        /// Where it says why.
        log: PathBuf,
    },
    /// A file, a folder or a program could not be used.
    #[error(
        "{} を使えません: {source}。権限と空き容量を確認してください。 / \
         {} cannot be used: {source}. Check the permissions and the free space.",
        .path.display(), .path.display()
    )]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
