//! The engine: cores, connections, HTTP. It knows nothing of ERPs.
//!
//! Each core has a thread, a single-threaded runtime and a listening socket of its own
//! (`SO_REUSEPORT`: the kernel spreads connections), so that requests share nothing they need
//! not share. hyper's bounds are set here, all of them, for its defaults are generous.

mod connections;
mod wire;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use tokio::sync::{Semaphore, watch};

use crate::gateway::Gateway;
use crate::listener::{Body, RawRequest};
pub use connections::Bounds;
pub(crate) use connections::{Connections, Place};
use wire::Wire;

/// How long a request's head may take, and a kept connection may be silent.
const HEAD_TIME: Duration = Duration::from_secs(20);

/// The most header lines of a request.
const HEADERS: usize = 64;

/// More connections than one core can have; they are counted so that their end can be awaited.
const CONNECTIONS: usize = 1 << 20;

/// How long a caller may take nothing of an answer.
const STALLED: Duration = Duration::from_secs(30);

/// How long requests may go on once the gateway is told to stop.
const FAREWELL: Duration = Duration::from_secs(10);

/// How often closed records are written that no opened one took along.
const FLUSH: Duration = Duration::from_millis(150);

/// Binds one socket for each core, all to the same address. Port 0 takes any free port.
///
/// # Errors
/// When the address cannot be bound.
pub fn bind(address: SocketAddr, cores: usize) -> io::Result<Vec<TcpListener>> {
    let mut sockets = Vec::with_capacity(cores);
    let mut address = address;
    for _ in 0..cores.max(1) {
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(address),
            socket2::Type::STREAM,
            Some(socket2::Protocol::TCP),
        )?;
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(4096)?;
        let listener = TcpListener::from(socket);
        address = listener.local_addr()?;
        sockets.push(listener);
    }
    Ok(sockets)
}

/// Runs one core: accepts connections on its socket and serves them, until `stop` says so.
///
/// # Errors
/// When the runtime cannot be made, or the socket cannot be used.
pub fn run(listener: TcpListener, gateway: Gateway, stop: watch::Receiver<bool>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // What is dropped at the end is dropped within the runtime: a transaction needs it.
    let _within = runtime.enter();
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, accept(listener, Rc::new(gateway), stop))
}

async fn accept(
    listener: TcpListener,
    gateway: Rc<Gateway>,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let running = Arc::new(Semaphore::new(CONNECTIONS));
    let flusher = Rc::clone(&gateway);
    tokio::task::spawn_local(async move {
        let mut tick = tokio::time::interval(FLUSH);
        loop {
            tick.tick().await;
            flusher.flush();
        }
    });
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, mostly: wait for some to come back.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Some(place) = gateway.place(peer.ip()) else {
            tracing::debug!(%peer, "a connection was closed: there are too many");
            continue;
        };
        let Ok(runs) = Arc::clone(&running).try_acquire_owned() else {
            continue;
        };
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        let gateway = Rc::clone(&gateway);
        let stop = stop.clone();
        tokio::task::spawn_local(async move {
            connection(stream, peer, gateway, stop).await;
            drop((place, runs));
        });
    }
    let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    if tokio::time::timeout(FAREWELL, running.acquire_many(all))
        .await
        .is_err()
    {
        tracing::warn!("some requests were still running when the gateway stopped");
    }
    gateway.flush();
    Ok(())
}

async fn connection(
    stream: tokio::net::TcpStream,
    peer: SocketAddr,
    gateway: Rc<Gateway>,
    mut stop: watch::Receiver<bool>,
) {
    let wire = Wire::new(stream, STALLED);
    let seen = wire.seen();
    let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let gateway = Rc::clone(&gateway);
        let seen = seen.clone();
        async move {
            let (head, body) = request.into_parts();
            let framing = seen.judge(&head);
            let response = gateway
                .serve(RawRequest {
                    head,
                    body: Body::Stream(body),
                    peer,
                    framing,
                    of_batch: false,
                })
                .await;
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_headers(HEADERS)
        .max_header_size(crate::listener::HEAD)
        .max_buf_size(64 << 10)
        .keep_alive(true)
        .pipeline_flush(false)
        .half_close(false);
    let served = builder.serve_connection(wire, service);
    tokio::pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        _ = stop.wait_for(|stop| *stop) => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}
