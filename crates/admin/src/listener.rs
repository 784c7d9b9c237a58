//! Where administrators connect: a socket of its own, on a runtime of its own. hyper's bounds are
//! set here, all of them, for its defaults are generous.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use portcullis_administrators::Desk;
use portcullis_gateway::clock;
use portcullis_gateway::engine::{Bounds, Connections};
use portcullis_gateway::tls::Tls;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use crate::api::{Api, Over};

/// How long a request's head may take, and a kept connection may be silent.
const HEAD_TIME: Duration = Duration::from_secs(20);

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a connection may last: whoever takes nothing of an answer keeps no place for ever.
const LIFE: Duration = Duration::from_secs(600);

/// How long requests may go on once the gateway is told to stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// How often it is looked whether something that was counted is to be written.
const WRITE: Duration = Duration::from_secs(5);

/// How often what is over of log-ins is removed.
const TIDY: Duration = Duration::from_secs(300);

/// Administrators are few.
const CONNECTIONS: Bounds = Bounds { each: 32, all: 256 };

/// The socket that administrators connect to, and what is spoken there.
pub struct Door {
    socket: TcpListener,
    tls: Option<Arc<Tls>>,
}

impl Door {
    /// Takes an address, which nobody else may have.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn open(address: SocketAddr, tls: Option<Arc<Tls>>) -> io::Result<Self> {
        let socket = TcpListener::bind(address)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, tls })
    }

    /// Where it is.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Whether TLS is spoken.
    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Serves until `stop` says otherwise.
    ///
    /// # Errors
    /// When the runtime cannot be made, or the socket not be used.
    pub fn serve(self, api: Arc<Api>, stop: watch::Receiver<bool>) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("admin")
            .enable_all()
            .build()?;
        // What is dropped at the end is dropped within the runtime: a transaction needs it.
        let _within = runtime.enter();
        if let Some(desk) = api.desk() {
            runtime.spawn(tidied(desk));
        }
        runtime.spawn(written(Arc::clone(&api)));
        let ended = runtime.block_on(self.accept(Arc::clone(&api), stop));
        api.write_due(true);
        ended
    }

    async fn accept(self, api: Arc<Api>, mut stop: watch::Receiver<bool>) -> io::Result<()> {
        let router = Arc::clone(&api).router();
        let listener = tokio::net::TcpListener::from_std(self.socket)?;
        let connections = Connections::new(CONNECTIONS);
        let mut open = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                Some(_) = open.join_next() => continue,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection of the administration could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            // Many clients come by one proxy.
            let counted = (!api.trusts(peer.ip())).then_some(peer.ip());
            let Some(place) = connections.enter(counted) else {
                continue;
            };
            let (router, tls, stop) = (router.clone(), self.tls.clone(), stop.clone());
            open.spawn(async move {
                let talk = connection(stream, peer, tls, router, stop);
                if tokio::time::timeout(LIFE, talk).await.is_err() {
                    tracing::debug!(%peer, "a connection of the administration lasted too long");
                }
                drop(place);
            });
        }
        let ended = tokio::time::timeout(FAREWELL, open.join_all()).await;
        if ended.is_err() {
            tracing::warn!(
                "some administrative requests were still running when the gateway stopped"
            );
        }
        Ok(())
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<Arc<Tls>>,
    router: Router,
    stop: watch::Receiver<bool>,
) {
    let is_encrypted = tls.is_some();
    let over = Over { peer, is_encrypted };
    let Some(tls) = tls else {
        return speak(stream, over, router, stop).await;
    };
    let accepted = TlsAcceptor::from(tls.current()).accept(stream);
    match tokio::time::timeout(HANDSHAKE, accepted).await {
        Ok(Ok(stream)) => speak(stream, over, router, stop).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => {}
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    over: Over,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let service = service_fn(move |request: http::Request<Incoming>| {
        let mut router = router.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(over);
        async move {
            let answer: Result<_, Infallible> = router.call(request).await;
            answer
        }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_headers(64)
        .max_header_size(32 << 10)
        .max_buf_size(64 << 10)
        .half_close(false);
    let served = builder.serve_connection(TokioIo::new(stream), service);
    let stopped = async { stop.wait_for(|stop| *stop).await.is_ok() };
    tokio::pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        _ = stopped => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection of the administration ended");
    }
}

/// Writes down what is counted, from time to time.
async fn written(api: Arc<Api>) {
    let mut ticks = tokio::time::interval(WRITE);
    loop {
        ticks.tick().await;
        api.write_due(false);
    }
}

/// Removes sessions and slips that are over, from time to time.
async fn tidied(desk: Arc<Desk>) {
    let mut ticks = tokio::time::interval(TIDY);
    loop {
        ticks.tick().await;
        if let Err(error) = desk.sweep(clock::now()).await {
            tracing::warn!(%error, "log-ins of administrators that are over could not be removed");
        }
    }
}
