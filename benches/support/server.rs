//! `machikura serve` as a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// `machikura serve`, until it is dropped.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts it with the private database in this folder and so much memory for answers.
    pub fn start(folder: &Path, cache_mb: u32) -> Server {
        let mut process = Command::new(env!("CARGO_BIN_EXE_machikura"))
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--sample",
                "false",
                "--cache-mb",
                &cache_mb.to_string(),
                "--var",
            ])
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().expect("piped")).read_line(&mut line).expect("it says where it is");
        let address = line.trim().rsplit('/').next().and_then(|address| address.parse().ok()).expect("an address");
        Server { process, address }
    }

    /// Runs another command beside it.
    pub fn command(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_machikura")).args(arguments).arg("--var").arg(folder).output();
        let output = output.expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Memory in megabytes, as far as Linux tells.
    pub fn memory(&self) -> f64 {
        std::thread::sleep(Duration::from_secs(1));
        self.status("VmRSS:")
    }

    /// The most memory so far, in megabytes.
    pub fn peak(&self) -> f64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1e3
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(Command::new("kill").arg(self.process.id().to_string()).status());
        drop(self.process.wait());
    }
}
