//! Reading from a streaming replica: a real primary, a real standby.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use machikura::cluster::{self, Cluster};
use machikura::store::{Cost, Db, Settings, StoreError, catalog};

use crate::common::*;

const OPTIONS: cluster::Options = cluster::Options { durable: false };

/// Copies a running cluster to a folder, from where it follows the changes.
fn copy(primary: &Path, url: &str, standby: &Path) {
    let data = primary.join("postgres/data");
    let owner = fs::metadata(&data).expect("the primary's data");
    let process = fs::read_to_string(data.join("postmaster.pid")).expect("it runs");
    let program = format!("/proc/{}/exe", process.lines().next().expect("its number"));
    let programs = fs::canonicalize(program).expect("the server's program");
    let home = standby.join("postgres");
    fs::create_dir(standby).expect("a folder");
    fs::DirBuilder::new().mode(0o700).create(&home).expect("a folder");
    chown(&home, Some(owner.uid()), Some(owner.gid())).expect("the server's own folder");
    let copied = Command::new(programs.with_file_name("pg_basebackup"))
        .args(["--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream", "--no-sync", "--dbname", url])
        .arg("--pgdata")
        .arg(home.join("data"))
        .current_dir("/")
        .uid(owner.uid())
        .gid(owner.gid())
        .output()
        .expect("pg_basebackup runs");
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
}

fn is_standby(connection: &mut PgConnection) -> Result<bool, StoreError> {
    Ok(diesel::select(diesel::dsl::sql::<diesel::sql_types::Bool>("pg_is_in_recovery()")).get_result(connection)?)
}

async fn asked_a_standby(db: &Db) -> bool {
    db.ask::<_, StoreError, _>(Cost::Short, is_standby).await.expect("an answer")
}

#[actix_web::test]
async fn what_was_published_is_read_from_the_replica_as_soon_as_it_has_it_and_never_before() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("open to all");
    let (first, second) = (folder.path().join("primary"), folder.path().join("standby"));
    let primary = Cluster::start(&first, &OPTIONS).expect("a primary");
    let url = primary.url(cluster::DATABASE);
    machikura::store::migrate(&url).expect("migrate");
    copy(&first, &url, &second);
    let standby = Cluster::start(&second, &OPTIONS).expect("a standby");
    let db = Db::connect(Settings { read_urls: vec![standby.url(cluster::DATABASE)], ..Settings::new(url.clone()) })
        .expect("connect");

    // Nobody publishes: sooner or later the standby has everything, and is asked.
    let begun = Instant::now();
    while !asked_a_standby(&db).await {
        assert!(begun.elapsed() < Duration::from_secs(30), "the standby never catches up");
        std::thread::sleep(Duration::from_millis(20));
    }

    // The standby stands still: what is committed is read all the same, from the primary.
    let mut behind = PgConnection::establish(&standby.url(cluster::DATABASE)).expect("connect to the standby");
    behind.batch_execute("SELECT pg_wal_replay_pause()").expect("pause");
    add_organizations(&db, &["331007"]);
    let found = |connection: &mut PgConnection| catalog::find_organization(connection, "331007");
    assert!(db.ask::<_, StoreError, _>(Cost::Short, found).await.expect("an answer").is_some());
    assert!(db.read::<_, StoreError, _>(found).await.expect("an answer").is_some());
    assert!(!asked_a_standby(&db).await, "it does not have the organization yet");

    // It goes on, and is asked again, with what it had missed.
    behind.batch_execute("SELECT pg_wal_replay_resume()").expect("resume");
    let begun = Instant::now();
    while !asked_a_standby(&db).await {
        assert!(begun.elapsed() < Duration::from_secs(30), "the standby never catches up");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(db.ask::<_, StoreError, _>(Cost::Short, found).await.expect("an answer").is_some());

    // It is gone: the primary answers.
    drop(behind);
    standby.stop().expect("stop the standby");
    assert!(!asked_a_standby(&db).await);
    assert!(db.ask::<_, StoreError, _>(Cost::Short, found).await.expect("an answer").is_some());
}
