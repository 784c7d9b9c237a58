//! A relay between gateway and ERP that keeps what the gateway sends, byte for byte.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use portcullis_testkit::recorded::wire;

/// A running relay; it ends with the process.
pub(crate) struct Relay {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    /// A relay before the ERP at this URL.
    pub(crate) fn before(url: &str) -> Self {
        let erp: SocketAddr = url
            .trim_start_matches("http://")
            .parse()
            .expect("an address");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || pass(stream, erp, &kept));
            }
        });
        Self { address, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was sent since this was asked last, but the gateway's own questions.
    pub(crate) fn seen(&self) -> Vec<String> {
        let mut seen = std::mem::take(&mut *self.seen.lock().expect("a list"));
        let own = ["/web/version", "fields_get", "context_get"];
        seen.retain(|request| !own.iter().any(|name| request.contains(name)));
        seen
    }
}

/// Reads one request, keeps it, and brings the answer back.
fn pass(mut stream: TcpStream, erp: SocketAddr, kept: &Mutex<Vec<String>>) {
    let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = stream.read(&mut chunk) {
        request.extend_from_slice(&chunk[..count]);
        let (head, body) = wire::split(&request);
        let told = head.lines().find_map(|line| {
            let line = line.to_lowercase();
            line.strip_prefix("content-length:")?.trim().parse().ok()
        });
        if request.windows(4).any(|four| four == b"\r\n\r\n") && body.len() >= told.unwrap_or(0) {
            break;
        }
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    kept.lock().expect("a list").push(text);
    let answer = wire::exchange(erp, &request);
    drop(stream.write_all(&answer));
}
