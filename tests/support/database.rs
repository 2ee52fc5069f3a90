//! A database of its own for each test.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use machikura::cluster::{self, Cluster};
use machikura::store;

/// Schemas that are older were left by tests that were killed.
const LEFT_OVER_SECONDS: u64 = 3_600;

/// An empty, migrated database: a schema of its own in the one database of all tests, dropped at the end.
pub struct TestDatabase {
    schema: String,
    url: String,
}

impl TestDatabase {
    /// Makes one.
    pub fn new() -> TestDatabase {
        static PREPARED: OnceLock<()> = OnceLock::new();
        PREPARED.get_or_init(prepare);
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let schema = format!("test_{}_{}_{number}", now(), std::process::id());
        let base = base_url();
        connect(base).batch_execute(&format!("CREATE SCHEMA {schema}")).expect("create the schema");
        let mark = if base.contains('?') { '&' } else { '?' };
        let url = format!("{base}{mark}options=-csearch_path%3D{schema}%2Cpublic");
        store::migrate(&url).expect("migrate");
        TestDatabase { schema, url }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        drop_schema(&mut connect(base_url()), &self.schema);
    }
}

/// The database of all tests: the one that the environment names, else a private one that runs as long as this process.
#[expect(clippy::disallowed_methods, reason = "a setting of the tests, not of the program")]
pub fn base_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    URL.get_or_init(|| {
        std::env::var("MACHIKURA_TEST_DATABASE_URL").unwrap_or_else(|_| {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("database");
            let options = cluster::Options { durable: false };
            let cluster = CLUSTER.get_or_init(|| Cluster::start(&folder, &options).expect("start PostgreSQL"));
            cluster.url(cluster::DATABASE)
        })
    })
}

/// Installs the extensions where every schema finds them, and drops what earlier tests left behind.
fn prepare() {
    #[derive(QueryableByName)]
    struct Schema {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let mut connection = connect(base_url());
    connection
        .batch_execute(
            "BEGIN; SELECT pg_advisory_xact_lock(1296122698); \
             CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public; \
             CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public; COMMIT",
        )
        .expect("install the extensions");
    let schemas: Vec<Schema> =
        diesel::sql_query("SELECT nspname::text AS name FROM pg_namespace WHERE nspname LIKE 'test\\_%'")
            .load(&mut connection)
            .expect("list the schemas");
    for Schema { name } in schemas {
        let made = name.split('_').nth(1).and_then(|seconds| seconds.parse::<u64>().ok());
        if made.is_some_and(|seconds| seconds + LEFT_OVER_SECONDS < now()) {
            drop_schema(&mut connection, &name);
        }
    }
}

/// A failure leaves the schema to the next sweep.
fn drop_schema(connection: &mut PgConnection, schema: &str) {
    let _ = connection.batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE"));
}

pub fn connect(url: &str) -> PgConnection {
    let mut connection = PgConnection::establish(url).expect("connect to the test database");
    connection.batch_execute("SET client_min_messages = warning").expect("set the level of messages");
    connection
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs()
}
