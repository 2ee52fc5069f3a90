//! The private PostgreSQL of `make run`, of `serve` without `DATABASE_URL`, and of the tests.
//!
//! It uses the server programs that the system's packages installed. Crates that bring a PostgreSQL of their own
//! (`postgresql_embedded`, `pg-embed-setup-unpriv`) download it when run and have no PostGIS, so they are of no use on
//! a closed network.
//!
//! Everything is in `<directory>/postgres`: `data/` with `data/log`, `run/` with the socket, `machikura.conf`, and two
//! lock files. `in_use.lock` is held, shared, by every process that uses the server; whoever leaves last, and so gets it
//! exclusively, stops the server. `starting.lock` is held, exclusively, while somebody starts or stops.
//!
//! A process that is killed cannot stop anything. A small shell, the guardian, waits for the end of a pipe that only
//! this process holds, and then does the same as the last one to leave. Should the guardian be killed too, then the next
//! start finds the server and adopts it. A server that dies while it is used is started again by the [`Supervisor`].

mod error;
mod orphans;
mod place;
mod programs;
mod supervisor;

use std::fs::{self, File, TryLockError};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

pub use error::ClusterError;
use place::Place;
use programs::Programs;
pub use supervisor::Supervisor;

/// The database that every cluster has.
pub const DATABASE: &str = "machikura";

/// The only role: nobody but the owner of the socket's folder can get as far as choosing one.
const ROLE: &str = "machikura";
/// Part of the socket's file name; nothing listens on a network port.
const PORT: &str = "5432";
/// How long another process may take to start (recovery included) or to stop the server.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long open transactions are given to end before the server is stopped without a checkpoint.
const SECONDS_TO_STOP: &str = "30";
/// A log file larger than this is set aside at the next start.
const LOG_BYTES: u64 = 10_000_000;

/// A PostgreSQL server that runs at least as long as this value lives.
#[derive(Debug)]
pub struct Cluster {
    place: Place,
    programs: Programs,
    in_use: Option<File>,
    guardian: Option<Child>,
}

/// What may differ from one cluster to another.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Published data survives a power cut. Tests do without it and are several times faster.
    pub durable: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { durable: true }
    }
}

impl Cluster {
    /// Starts the PostgreSQL of `directory`, creating it first where there is none, or joins the one that runs.
    ///
    /// # Errors
    ///
    /// When PostgreSQL is missing, may not run here or does not start; the message says what to do.
    pub fn start(directory: &Path, options: &Options) -> Result<Cluster, ClusterError> {
        let place = Place::prepare(directory)?;
        let programs = Programs::find(&place)?;
        let mut cluster = Cluster { place, programs, in_use: None, guardian: None };
        // Declared after `cluster`, so that on an error it is released before the cluster is dropped.
        let starting = cluster.lock_starting()?;
        cluster.join()?;
        cluster.create_data(options, &starting)?;
        let changed = cluster.configure(options)?;
        cluster.bring_up(&starting)?;
        if changed {
            cluster.query("postgres", "SELECT pg_reload_conf()")?;
        }
        cluster.create_database()?;
        drop(starting);
        Ok(cluster)
    }

    /// Returns the URL of one of the cluster's databases, as libpq and diesel take it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let sockets = percent_encode(self.place.sockets().as_os_str().as_encoded_bytes(), NON_ALPHANUMERIC);
        let database = percent_encode(database.as_bytes(), NON_ALPHANUMERIC);
        format!("postgresql://{ROLE}@{sockets}:{PORT}/{database}")
    }

    /// Starts the server again whenever it ends, until the value that this answers is stopped.
    #[must_use]
    pub fn supervise(self) -> Supervisor {
        Supervisor::new(self)
    }

    /// Stops the server, unless another process uses it too. Dropping the value does the same.
    ///
    /// # Errors
    ///
    /// When the server could not be stopped.
    pub fn stop(mut self) -> Result<(), ClusterError> {
        self.leave()
    }

    /// Counts this process among the users, and has the guardian leave in its place should it die.
    fn join(&mut self) -> Result<(), ClusterError> {
        let path = self.place.in_use_lock();
        let in_use = open_lock(&path)?;
        in_use.lock_shared().map_err(|source| ClusterError::Io { path, source })?;
        self.in_use = Some(in_use);
        self.guardian = Some(self.set_guardian()?);
        Ok(())
    }

    fn set_guardian(&self) -> Result<Child, ClusterError> {
        // Without flock(1), outside Linux, there is no guardian: the next start adopts what is left.
        const SCRIPT: &str = r#"
            trap '' INT HUP
            command -v flock >/dev/null || exit 0
            read -r _
            exec 8<"$1" 9<"$2"
            flock -w 60 8 && flock -n 9 && exec "$3" stop -D "$4" -m fast -w -t 60 -s"#;
        self.programs
            .shell(SCRIPT)
            .args([
                &self.place.starting_lock(),
                &self.place.in_use_lock(),
                &self.programs.path("pg_ctl"),
                &self.place.data(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|source| ClusterError::Io { path: "/bin/sh".into(), source })
    }

    /// Creates the data folder aside and renames it, so that an interrupted attempt leaves nothing half done.
    fn create_data(&self, options: &Options, starting: &File) -> Result<(), ClusterError> {
        let data = self.place.data();
        if data.join("PG_VERSION").exists() {
            return Ok(());
        }
        let fresh = self.place.fresh_data()?;
        // Code-point order, on every machine the same; letters and digits known beyond ASCII where the system can.
        let initialize = |character_types| self.initialize(&fresh, character_types, options, starting);
        initialize("C.UTF-8").or_else(|_| initialize("C"))?;
        let include = self
            .programs
            .shell(r#"echo "include_if_exists = '../machikura.conf'" >>"$1"/postgresql.conf"#)
            .arg(&fresh)
            .output();
        programs::succeed("sh", include)?;
        fs::rename(&fresh, &data).map_err(|source| ClusterError::Io { path: data, source })
    }

    fn initialize(
        &self,
        data: &Path,
        character_types: &str,
        options: &Options,
        starting: &File,
    ) -> Result<String, ClusterError> {
        let mut initdb = self.programs.command("initdb");
        initdb.stdin(self.outliving(starting)?);
        initdb.arg("--pgdata").arg(data).args(["--username", ROLE, "--encoding=UTF8", "--locale-provider=libc"]);
        initdb.args(["--locale=C", "--lc-ctype", character_types, "--no-instructions"]);
        // The socket's folder lets nobody in but the server's user and root: that is the authentication.
        initdb.args(["--auth-local=trust", "--auth-host=reject"]);
        if !options.durable {
            initdb.arg("--no-sync");
        }
        programs::succeed("initdb", initdb.output())
    }

    /// Writes our settings and says whether they changed; one's own go to the end of `data/postgresql.conf`.
    fn configure(&self, options: &Options) -> Result<bool, ClusterError> {
        self.place.create_sockets()?;
        let path = self.place.configuration();
        let text = settings(self.place.sockets(), options);
        let as_before = fs::read_to_string(&path).is_ok_and(|present| present == text);
        // Whoever runs the server already may want their data to last.
        if as_before || (!options.durable && self.place.postmaster().is_some()) {
            return Ok(false);
        }
        fs::write(&path, text).map_err(|source| ClusterError::Io { path, source })?;
        Ok(true)
    }

    /// Adopts the server that runs, or starts one.
    fn bring_up(&self, starting: &File) -> Result<(), ClusterError> {
        let deadline = Instant::now() + PATIENCE;
        // Asked first, because from within a container the process may not be visible.
        while !self.answers() {
            let Some(pid) = self.place.postmaster() else { return self.start_server(starting) };
            if Instant::now() > deadline {
                return Err(ClusterError::Silent { pid, log: self.place.log() });
            }
            sleep(Duration::from_millis(100)); // It recovers, or it is stopping and will be gone.
        }
        Ok(())
    }

    /// Starts the server that has died, unless somebody else does.
    fn restart(&self) -> Result<(), ClusterError> {
        let starting = self.lock_starting()?;
        self.bring_up(&starting)
    }

    fn start_server(&self, starting: &File) -> Result<(), ClusterError> {
        orphans::end(&self.place.data());
        self.place.clear_stale()?;
        if fs::metadata(self.place.log()).is_ok_and(|log| log.len() > LOG_BYTES) {
            let aside = self.place.log().with_extension("old");
            fs::rename(self.place.log(), &aside).map_err(|source| ClusterError::Io { path: aside, source })?;
        }
        // pg_ctl gives the postmaster a session of its own, which Ctrl-C in a terminal does not reach.
        let mut start = self.programs.command("pg_ctl");
        start.stdin(self.outliving(starting)?);
        start.args(["start", "-s", "-w", "-t"]).arg(PATIENCE.as_secs().to_string());
        start.arg("-D").arg(self.place.data()).arg("-l").arg(self.place.log());
        match programs::succeed("pg_ctl", start.output()) {
            Err(ClusterError::Program { program, output }) => {
                Err(ClusterError::Program { program, output: format!("{output}{}", self.place.end_of_log()) })
            }
            other => other.map(drop),
        }
    }

    /// Lends a program the lock as its input, which it does not read: should this process be killed, the lock is held
    /// until that program has ended too.
    fn outliving(&self, starting: &File) -> Result<Stdio, ClusterError> {
        let lent =
            starting.try_clone().map_err(|source| ClusterError::Io { path: self.place.starting_lock(), source })?;
        Ok(Stdio::from(lent))
    }

    fn answers(&self) -> bool {
        self.query("postgres", "SELECT 1").is_ok()
    }

    fn create_database(&self) -> Result<(), ClusterError> {
        let present = self.query("postgres", &format!("SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"))?;
        if present.trim().is_empty() {
            self.query("postgres", &format!("CREATE DATABASE {DATABASE}"))?;
        }
        Ok(())
    }

    fn query(&self, database: &str, sql: &str) -> Result<String, ClusterError> {
        let mut psql = self.programs.command("psql");
        psql.args(["--no-psqlrc", "--no-password", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1"]);
        psql.arg("-h").arg(self.place.sockets()).args(["-p", PORT, "-U", ROLE, "-d", database, "-c", sql]);
        programs::succeed("psql", psql.output())
    }

    /// Gives up this process's share, and stops the server if that was the last one.
    fn leave(&mut self) -> Result<(), ClusterError> {
        let Some(in_use) = self.in_use.take() else { return Ok(()) };
        let _starting = self.lock_starting()?;
        if let Some(mut guardian) = self.guardian.take() {
            // It may have ended by itself; either way nothing of it must be left.
            let _ = guardian.kill();
            let _ = guardian.wait();
        }
        match in_use.try_lock() {
            Ok(()) => self.stop_server(),
            Err(TryLockError::WouldBlock) => Ok(()), // Somebody else still uses it.
            Err(TryLockError::Error(source)) => Err(ClusterError::Io { path: self.place.in_use_lock(), source }),
        }
    }

    fn stop_server(&self) -> Result<(), ClusterError> {
        if self.place.postmaster().is_none() {
            return Ok(());
        }
        let stop = |mode| {
            let mut stop = self.programs.command("pg_ctl");
            stop.args(["stop", "-s", "-w", "-t", SECONDS_TO_STOP, "-m", mode, "-D"])
                .arg(self.place.data())
                .process_group(0);
            programs::succeed("pg_ctl", stop.output()).map(drop)
        };
        stop("fast").or_else(|_| stop("immediate"))
    }

    fn lock_starting(&self) -> Result<File, ClusterError> {
        let path = self.place.starting_lock();
        let lock = open_lock(&path)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(lock),
                Err(TryLockError::WouldBlock) if Instant::now() > deadline => {
                    return Err(ClusterError::Busy { lock: path });
                }
                Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(50)),
                Err(TryLockError::Error(source)) => return Err(ClusterError::Io { path, source }),
            }
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.leave() {
            tracing::warn!(%error, "the private PostgreSQL could not be stopped");
        }
    }
}

fn open_lock(path: &Path) -> Result<File, ClusterError> {
    let opened = File::options().read(true).write(true).create(true).truncate(false).open(path);
    opened.map_err(|source| ClusterError::Io { path: path.into(), source })
}

/// Sized for a municipality's small machine: two cores, two gigabytes.
fn settings(sockets: &Path, options: &Options) -> String {
    let sockets = sockets.display().to_string().replace('\'', "''");
    let durable = if options.durable { "on" } else { "off" };
    format!(
        "# Written by machikura at each start. Your own settings go to the end of data/postgresql.conf.\n\
         listen_addresses = ''\n\
         unix_socket_directories = '\"{sockets}\"'\n\
         unix_socket_permissions = 0700\n\
         port = {PORT}\n\
         cluster_name = 'machikura'\n\
         max_connections = 100\n\
         max_locks_per_transaction = 256\n\
         shared_buffers = 128MB\n\
         work_mem = 16MB\n\
         maintenance_work_mem = 128MB\n\
         effective_cache_size = 1GB\n\
         random_page_cost = 1.1\n\
         max_parallel_workers_per_gather = 1\n\
         jit = off\n\
         fsync = {durable}\n\
         synchronous_commit = {durable}\n\
         full_page_writes = {durable}\n\
         checkpoint_timeout = 15min\n\
         max_wal_size = 4GB\n\
         log_checkpoints = off\n\
         log_line_prefix = '%m [%p] '\n\
         log_timezone = 'Asia/Tokyo'\n\
         timezone = 'Asia/Tokyo'\n"
    )
}

#[cfg(test)]
mod tests;
