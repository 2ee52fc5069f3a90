//! `machikura serve` as a process of its own.

use std::collections::HashMap;
use std::fs::DirEntry;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::load::get;

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

    /// Asks each question once, waits for the files that the first one has made, and prints what that came to.
    pub fn settle<'a>(&self, folder: &Path, addresses: impl Iterator<Item = &'a String>) {
        addresses.for_each(|address| drop(get(self.address, address)));
        let files = || {
            let entries = std::fs::read_dir(folder.join("prepared")).into_iter().flatten().flatten();
            let file = |entry: DirEntry| (entry.file_name(), entry.metadata().map_or(0, |about| about.len()));
            entries.map(file).collect::<HashMap<_, _>>()
        };
        let (begin, mut seen) = (Instant::now(), files());
        let mut seconds = 0.0;
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let now = files();
            if now == seen {
                break;
            }
            (seen, seconds) = (now, begin.elapsed().as_secs_f64());
        }
        let megabytes = seen.values().sum::<u64>() as f64 / 1e6;
        println!(
            "{:<44} {:>9} files, {megabytes:.1} MB, made within {seconds:.0} s of the first questions",
            "beside the database",
            seen.len(),
        );
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
