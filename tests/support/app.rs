//! The real server on a free port.

use std::net::TcpListener;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use actix_web::dev::ServerHandle;
use machikura::catalog::AccessRole;
use machikura::config::{Given, Settings};
use machikura::http::{self, App};
use machikura::reader::Subprocess;
use machikura::standard::Registry;
use machikura::store::tokens::NewToken;
use machikura::store::{self, Db, catalog, tokens};
use machikura::{municipality, publish, sample};
use serde_json::Value;
use tempfile::TempDir;
use ureq::Agent;
use ureq::http::Method;

use super::call::{Call, agent};
use super::database::TestDatabase;

/// A server that runs until the value is dropped.
pub struct TestApp {
    base: String,
    agent: Agent,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
    pub db: Db,
    _var: TempDir,
    /// `None` where another server's database is used too. Last, so that it is dropped when nobody uses it any more.
    _database: Option<TestDatabase>,
}

impl TestApp {
    pub fn spawn() -> TestApp {
        TestApp::spawn_with(|_| {})
    }

    /// With other settings.
    pub fn spawn_with(change: impl FnOnce(&mut Settings)) -> TestApp {
        TestApp::spawn_with_standards(Registry::embedded().clone(), change)
    }

    /// With other standards.
    pub fn spawn_with_standards(registry: Registry, change: impl FnOnce(&mut Settings)) -> TestApp {
        let database = TestDatabase::new();
        let db = store::Settings { pool_size: 4, ..store::Settings::new(database.url()) };
        let mut app = TestApp::spawn_on(db, registry, change);
        app._database = Some(database);
        app
    }

    /// On a database that is somebody else's.
    pub fn spawn_on(db: store::Settings, registry: Registry, change: impl FnOnce(&mut Settings)) -> TestApp {
        let var = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let mut settings = Given::default().resolve(None).expect("defaults");
        settings.var = var.path().to_owned();
        settings.workers = Some(2);
        change(&mut settings);
        let db = Db::connect(db).expect("connect");
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let unpacker = Subprocess::of(env!("CARGO_BIN_EXE_machikura"), var.path().join("spool"));
        let app = App::new(registry, db.clone(), settings, unpacker);
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = http::serve(app, listener).expect("serve");
                sender.send(server.handle()).expect("the test waits");
                server.await.expect("served to the end");
            });
        });
        let handle = receiver.recv().expect("the server starts");
        TestApp { base, agent: agent(), handle, thread: Some(thread), db, _var: var, _database: None }
    }

    pub fn call(&self, method: &str, path: &str) -> Call {
        Call::new(&self.agent, Method::from_bytes(method.as_bytes()).expect("a method"), &self.base, path)
    }

    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    pub fn put(&self, path: &str, body: impl Into<Vec<u8>>) -> Call {
        self.call("PUT", path).body(body)
    }

    pub fn post(&self, path: &str, body: impl Into<Vec<u8>>) -> Call {
        self.call("POST", path).body(body)
    }

    /// The address without a path.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Registers an organization; once more does nothing.
    pub fn add_organization(&self, code: &str) {
        let organization = publish::organization(municipality::find(code).expect("a known code"));
        self.db.write_blocking(|c| catalog::add_organization(c, &organization)).expect("registered");
    }

    /// A new publisher's token for an organization, which is registered if need be.
    pub fn token_for(&self, code: &str) -> String {
        self.add_organization(code);
        self.token(NewToken {
            organization: Some(code.to_owned()),
            role: AccessRole::Publisher,
            label: "試験".to_owned(),
            expires_at: None,
        })
    }

    pub fn token(&self, new: NewToken) -> String {
        self.db.write_blocking(|c| tokens::create(c, &new, sample::random())).expect("a token").0
    }

    /// A publication with everything that it needs.
    pub fn publication(&self, id: &str, table: impl Into<Vec<u8>>) -> Call {
        let token = self.token_for(&id[..6]);
        self.put(&format!("/api/v1/datasets/{id}"), table).token(&token)
    }

    /// Publishes, which must succeed, and answers what the server said.
    #[track_caller]
    pub fn publish(&self, id: &str, table: impl Into<Vec<u8>>) -> Value {
        let answer = self.publication(id, table).send();
        assert!(matches!(answer.status, 200 | 201), "{}: {}", answer.status, answer.text());
        answer.json()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // The message is sent at once; only its completion would have to be awaited.
        drop(self.handle.stop(false));
        let ended = self.thread.take().is_none_or(|thread| thread.join().is_ok());
        assert!(ended || thread::panicking(), "the server panicked");
    }
}
