//! The engine: cores, connections, HTTP. It knows nothing of ERPs.
//!
//! Each core has a thread, a single-threaded runtime and a listening socket of its own
//! (`SO_REUSEPORT`: the kernel spreads connections), so that requests share nothing they need
//! not share. hyper's bounds are set here, all of them, for its defaults are generous.

mod connections;
mod door;
mod line;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use tokio::sync::{Semaphore, watch};

use crate::gateway::Gateway;
use crate::listener::{Arrival, Body, RawRequest};
pub use connections::Bounds;
pub use connections::{Connections, Place};
pub use door::{Door, Spoken, bind};
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

/// Runs one core: accepts connections at its doors and serves them, until `stop` says so.
///
/// # Errors
/// When the runtime cannot be made, or a socket cannot be used.
pub fn run(doors: Vec<Door>, gateway: Gateway, stop: watch::Receiver<bool>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // What is dropped at the end is dropped within the runtime: a transaction needs it.
    let _within = runtime.enter();
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, serve(doors, Rc::new(gateway), stop))
}

async fn serve(
    doors: Vec<Door>,
    gateway: Rc<Gateway>,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let running = Arc::new(Semaphore::new(CONNECTIONS));
    let flusher = Rc::clone(&gateway);
    tokio::task::spawn_local(async move {
        let mut tick = tokio::time::interval(FLUSH);
        loop {
            tick.tick().await;
            flusher.flush();
        }
    });
    let mut open = tokio::task::JoinSet::new();
    for Door { socket, spoken } in doors {
        let listener = tokio::net::TcpListener::from_std(socket)?;
        let (gateway, running, stop) = (Rc::clone(&gateway), Arc::clone(&running), stop.clone());
        open.spawn_local(accept(listener, spoken, gateway, running, stop));
    }
    open.join_all().await;
    let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    if tokio::time::timeout(FAREWELL, running.acquire_many(all))
        .await
        .is_err()
    {
        tracing::warn!("some requests were still running when the gateway stopped");
    }
    gateway.finish();
    Ok(())
}

/// Accepts connections at one door.
async fn accept(
    listener: tokio::net::TcpListener,
    spoken: Spoken,
    gateway: Rc<Gateway>,
    running: Arc<Semaphore>,
    mut stop: watch::Receiver<bool>,
) {
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
        let (gateway, spoken) = (Rc::clone(&gateway), spoken.clone());
        let stop = stop.clone();
        tokio::task::spawn_local(async move {
            connection(stream, peer, &spoken, gateway, stop).await;
            drop((place, runs));
        });
    }
}

async fn connection(
    stream: tokio::net::TcpStream,
    peer: SocketAddr,
    spoken: &Spoken,
    gateway: Rc<Gateway>,
    mut stop: watch::Receiver<bool>,
) {
    let Some((line, over)) = spoken.open(stream).await else {
        return;
    };
    let wire = Wire::new(line, STALLED);
    let seen = wire.seen();
    let strict = spoken.strict().map(strict);
    let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let gateway = Rc::clone(&gateway);
        let (seen, strict) = (seen.clone(), strict.clone());
        async move {
            let (head, body) = request.into_parts();
            let framing = seen.judge(&head);
            let mut response = gateway
                .serve(RawRequest {
                    head,
                    body: Body::Stream(body),
                    arrival: Arrival { peer, over },
                    framing,
                    batch: None,
                })
                .await;
            if let Some(strict) = strict {
                let headers = response.headers_mut();
                headers.insert(http::header::STRICT_TRANSPORT_SECURITY, strict);
            }
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

/// Tells browsers to come encrypted only, for so many seconds (RFC 6797).
fn strict(seconds: u32) -> http::HeaderValue {
    http::HeaderValue::try_from(format!("max-age={seconds}"))
        .unwrap_or(http::HeaderValue::from_static("max-age=0"))
}
