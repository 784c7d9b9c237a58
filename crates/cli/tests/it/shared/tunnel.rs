//! A tunnel between gateway and database that can lose what the database says.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A tunnel; it ends with the process.
pub(super) struct Tunnel {
    address: SocketAddr,
    loses: Arc<AtomicBool>,
}

impl Tunnel {
    /// A tunnel to this address.
    pub(super) fn to(address: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tunnel = Self {
            address: listener.local_addr().unwrap(),
            loses: Arc::default(),
        };
        let loses = Arc::clone(&tunnel.loses);
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let far = TcpStream::connect(address).unwrap();
                join(near, far, &loses);
            }
        });
        tunnel
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Of the next claim that is committed, the gateway hears nothing; what is said on other
    /// connections goes on.
    pub(super) fn lose_the_next_claim(&self) {
        self.loses.store(true, Ordering::SeqCst);
    }
}

fn join(near: TcpStream, far: TcpStream, loses: &Arc<AtomicBool>) {
    let is_mute = Arc::new(AtomicBool::new(false));
    let (mut from, mut to) = (near.try_clone().unwrap(), far.try_clone().unwrap());
    let (mute, loses) = (Arc::clone(&is_mute), Arc::clone(loses));
    std::thread::spawn(move || {
        let mut claims = false;
        pass(&mut from, &mut to, |bytes| {
            let says = |text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
            claims |= says(b"INSERT INTO claim");
            if claims && says(b"COMMIT") && loses.swap(false, Ordering::SeqCst) {
                mute.store(true, Ordering::SeqCst);
            }
            true
        });
    });
    let (mut from, mut to) = (far, near);
    std::thread::spawn(move || pass(&mut from, &mut to, |_| !is_mute.load(Ordering::SeqCst)));
}

/// Brings on what is said, as long as it may go on.
fn pass(from: &mut TcpStream, to: &mut TcpStream, mut goes_on: impl FnMut(&[u8]) -> bool) {
    let mut bytes = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        let said = &bytes[..count];
        if goes_on(said) && to.write_all(said).is_err() {
            break;
        }
    }
    to.shutdown(Shutdown::Both).ok();
    from.shutdown(Shutdown::Both).ok();
}
