//! A relay between gateway and ERP that keeps what the gateway sends, byte for byte, and that
//! can be in the way.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use portcullis_testkit::recorded::wire;

/// A running relay; it ends with the process.
pub(crate) struct Relay {
    address: SocketAddr,
    road: Arc<Road>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

struct Road {
    erp: SocketAddr,
    seen: Mutex<Vec<String>>,
    /// Nobody is let in any more.
    is_closed: AtomicBool,
    /// The ERP does what is asked, and the gateway hears nothing of it.
    swallows: AtomicBool,
    /// How long each request waits before it goes on, in milliseconds.
    slow: AtomicU64,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Relay {
    /// A relay before the ERP at this URL.
    pub(crate) fn before(url: &str) -> Self {
        let erp = url.trim_start_matches("http://").parse();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let relay = Self {
            address: listener.local_addr().expect("an address"),
            road: Arc::new(Road {
                erp: erp.expect("an address"),
                seen: Mutex::default(),
                is_closed: AtomicBool::new(false),
                swallows: AtomicBool::new(false),
                slow: AtomicU64::new(0),
                now: AtomicUsize::new(0),
                most: AtomicUsize::new(0),
            }),
            accepting: Mutex::default(),
        };
        relay.accept(listener);
        relay
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was sent since this was asked last, but the gateway's own questions.
    pub(crate) fn seen(&self) -> Vec<String> {
        let mut seen = std::mem::take(&mut *self.road.seen.lock().expect("a list"));
        let own = [
            "/web/version",
            "fields_get",
            "context_get",
            "has_group",
            "get_logged_user",
            "get_roles",
        ];
        seen.retain(|request| !own.iter().any(|name| request.contains(name)));
        seen
    }

    /// From now on connections are refused.
    pub(crate) fn close(&self) {
        self.road.is_closed.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        let accepting = self.accepting.lock().expect("a thread").take();
        accepting.expect("it is open").join().expect("its end");
    }

    /// Connections are taken again.
    pub(crate) fn open(&self) {
        self.road.is_closed.store(false, Ordering::SeqCst);
        self.accept(TcpListener::bind(self.address).expect("the same port"));
    }

    /// Whether answers are lost from now on.
    pub(crate) fn swallow(&self, answers: bool) {
        self.road.swallows.store(answers, Ordering::SeqCst);
    }

    /// From now on each request takes so much longer.
    pub(crate) fn slow_down(&self, milliseconds: u64) {
        self.road.slow.store(milliseconds, Ordering::SeqCst);
    }

    /// How many requests there were at once, at the most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.road.most.load(Ordering::SeqCst)
    }

    fn accept(&self, listener: TcpListener) {
        let road = Arc::clone(&self.road);
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if road.is_closed.load(Ordering::SeqCst) {
                    return;
                }
                let road = Arc::clone(&road);
                std::thread::spawn(move || road.pass(stream));
            }
        });
        *self.accepting.lock().expect("a thread") = Some(accepting);
    }
}

impl Road {
    /// Reads one request, keeps it, and brings the answer back.
    fn pass(&self, mut stream: TcpStream) {
        let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = stream.read(&mut chunk) {
            request.extend_from_slice(&chunk[..count]);
            let (head, body) = wire::split(&request);
            let told = head.lines().find_map(|line| {
                let line = line.to_lowercase();
                line.strip_prefix("content-length:")?.trim().parse().ok()
            });
            if request.windows(4).any(|four| four == b"\r\n\r\n") && body.len() >= told.unwrap_or(0)
            {
                break;
            }
        }
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        crate::pause(self.slow.load(Ordering::SeqCst));
        let text = String::from_utf8_lossy(&request).into_owned();
        self.seen.lock().expect("a list").push(text);
        let answer = wire::exchange(self.erp, &request);
        self.now.fetch_sub(1, Ordering::SeqCst);
        if !self.swallows.load(Ordering::SeqCst) {
            drop(stream.write_all(&answer));
        }
    }
}
