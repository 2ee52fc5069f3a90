//! nginx, where it is installed: how fast a file can be served.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use crate::load::free_address;

/// nginx over one folder, until it is dropped.
pub struct Nginx {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Nginx {
    /// Starts it; `None` where it is not installed.
    pub fn start(folder: &Path) -> Option<Nginx> {
        let address = free_address();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};", folder.join(name).display()))
            .join(" ");
        let settings = format!(
            "daemon off; worker_processes 2; pid {pid}; error_log {log}; events {{ worker_connections 256; }}
             http {{ sendfile on; tcp_nopush on; keepalive_requests 1000000; access_log off; {temporary}
             server {{ listen {address}; root {root}; }} }}",
            pid = folder.join("nginx.pid").display(),
            log = folder.join("nginx.log").display(),
            root = folder.display(),
        );
        let file = folder.join("nginx.conf");
        std::fs::write(&file, settings).expect("room for the settings");
        let process = Command::new("nginx").arg("-p").arg(folder).arg("-c").arg(&file).spawn().ok()?;
        let nginx = Nginx { process, address };
        for _ in 0..50 {
            if TcpStream::connect(address).is_ok() {
                return Some(nginx);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        None
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        drop(Command::new("kill").arg(self.process.id().to_string()).status());
        drop(self.process.wait());
    }
}
