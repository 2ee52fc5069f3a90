//! The server as a process of its own, and the memory that it and its children take.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

pub struct Server {
    child: Child,
    /// Open, so that the server can go on writing to it.
    _stdout: BufReader<ChildStdout>,
    address: String,
    _var: TempDir,
    peak: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    watch: Option<JoinHandle<()>>,
}

pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Server {
    pub fn start(settings: &[(&str, &str)]) -> Server {
        let var = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_machikura"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--sample", "false", "--var"]).arg(var.path());
        #[expect(clippy::disallowed_methods, reason = "what the shell would give the program")]
        let inherited = std::env::vars().filter(|(name, _)| matches!(name.as_str(), "PATH" | "HOME" | "TMPDIR"));
        command.env_clear().envs(inherited).envs(settings.iter().copied());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it runs");
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        stdout.read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening on http://").expect("it listens").to_owned();
        let (peak, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let watch = std::thread::spawn({
            let (peak, is_over, process) = (Arc::clone(&peak), Arc::clone(&is_over), child.id());
            move || {
                while !is_over.load(Ordering::Relaxed) {
                    peak.fetch_max(memory_kb(process), Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        });
        Server { child, _stdout: stdout, address, _var: var, peak, is_over, watch: Some(watch) }
    }

    /// Sends a file to be checked.
    #[track_caller]
    pub fn check(&self, bytes: &[u8]) -> Answer {
        let head = format!(
            "POST /api/v1/validate?max_issues=20 HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.address,
            bytes.len()
        );
        self.send(&head, bytes)
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address), b"")
    }

    #[track_caller]
    fn send(&self, head: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).expect("the server lives");
        stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a timeout");
        stream.write_all(head.as_bytes()).expect("sent");
        // The server may answer before it has read everything.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:.200}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let body = if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
            unchunked(body)
        } else {
            body.to_owned()
        };
        Answer { status, body }
    }

    /// Megabytes of the server and its children now.
    pub fn memory_mb(&self) -> u64 {
        memory_kb(self.child.id()) >> 10
    }

    /// Megabytes of both together at most, since the start or the last [`Server::forget_peak`].
    pub fn peak_mb(&self) -> u64 {
        self.peak.load(Ordering::Relaxed) >> 10
    }

    pub fn forget_peak(&self) {
        self.peak.store(0, Ordering::Relaxed);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.watch.take().into_iter().for_each(|watch| drop(watch.join()));
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn unchunked(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, behind)) = rest.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size, 16) else { break };
        let Some((piece, behind)) = behind.split_at_checked(size) else { break };
        body.push_str(piece);
        rest = behind.strip_prefix("\r\n").unwrap_or(behind);
    }
    body
}

/// Resident memory of a process and its children, the database left out.
fn memory_kb(process: u32) -> u64 {
    let status = |process: u32| std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let of = |process: u32| {
        let status = status(process);
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0)
    };
    let mut kb = of(process);
    for task in std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten() {
        let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|child| child.parse().ok()) {
            if status(child).starts_with("Name:\tmachikura") || status(child).starts_with("Name:\texe") {
                kb += of(child);
            }
        }
    }
    kb
}
