//! A database by itself, which can be closed without disturbing other tests.

use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;

use super::database::{base_url, connect};

/// Dropped at the end.
pub struct SeparateDatabase {
    name: String,
    url: String,
}

impl SeparateDatabase {
    /// Makes an empty one.
    pub fn new() -> SeparateDatabase {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("separate_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let base = base_url();
        // A process that was killed may have had the same number.
        let mut connection = connect(base);
        connection.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).expect("drop the database");
        connection.batch_execute(&format!("CREATE DATABASE {name}")).expect("create the database");
        let (address, options) =
            base.split_once('?').map_or((base, String::new()), |(address, options)| (address, format!("?{options}")));
        let (server, _) = address.rsplit_once('/').expect("the URL names a database");
        SeparateDatabase { url: format!("{server}/{name}{options}"), name }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Nobody is let in, and who is in is thrown out.
    pub fn close(&self) {
        let name = &self.name;
        let sql = format!(
            "ALTER DATABASE {name} ALLOW_CONNECTIONS false; \
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        connect(base_url()).batch_execute(&sql).expect("close the database");
    }

    pub fn open(&self) {
        let sql = format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name);
        connect(base_url()).batch_execute(&sql).expect("open the database");
    }
}

impl Drop for SeparateDatabase {
    fn drop(&mut self) {
        let _ = connect(base_url()).batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}
