//! The log: a line for each request, whatever it holds.

use std::io::{self, Write};
use std::sync::Mutex;

use crate::support::app::TestApp;
use crate::support::verbatim;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_request_is_one_line_without_values() {
    tracing_subscriber::fmt().with_env_filter("machikura=info").with_ansi(false).with_writer(|| Log).init();
    let app = TestApp::spawn();
    for (target, shown, hidden) in [
        ("/api/v1/datasets?q=秘密&limit=1", r#"path="/api/v1/datasets" parameters="q&limit" status=200"#, "秘密"),
        ("/%0Afaked%1B[31m?%0A%1B[31m%00=%0Afaked", r"%0Afaked", "faked%00"),
        ("/api/v1/fixes/0123456789/patches.csv", "fixes/{id}/{file}.csv", "0123456789"),
        ("/a\"b c", "/a%22b%20c", "c status=200"),
    ] {
        let answer = verbatim::get(&app, target);
        let id = answer.header("x-request-id");
        let log = String::from_utf8(LOG.lock().expect("not poisoned").clone()).expect("UTF-8");
        let lines: Vec<&str> = log.split('\n').filter(|line| line.contains(id)).collect();
        let [line] = lines[..] else { panic!("{target}: {lines:?}") };
        assert!(line.contains(shown) && line.contains("127.0.0.1") && line.contains("GET"), "{line}");
        assert!(!line.contains(hidden) && !line.contains(char::is_control), "{line:?}");
    }
    let log = LOG.lock().expect("not poisoned").clone();
    assert!(!String::from_utf8_lossy(&log).lines().any(|line| line.starts_with("faked")));
}
