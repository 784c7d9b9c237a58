//! Puts a look-alike on a socket: HTTP/1 by hyper, on a runtime of its own.
//!
//! The runtime is its own so that neither the gateway's threads nor a test's decide how the
//! upstream behaves. Odoo closes the connection after each answer, ERPNext keeps it.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};

use crate::http::{Handler, Request, Response};
use crate::upstream_log::UpstreamLog;

/// The largest body that is taken; the real servers take as much.
const LARGEST_BODY: usize = 160 * 1024 * 1024;

/// A look-alike that is being served. It ends when this is dropped.
pub struct Running {
    address: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL, without a final slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Serves a look-alike on this listener until the returned handle is dropped.
///
/// # Errors
/// When the threads cannot be started or the listener cannot be used.
pub fn serve<H: Handler>(
    listener: std::net::TcpListener,
    handler: Arc<H>,
    log: UpstreamLog,
) -> io::Result<Running> {
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(H::ERP)
        .enable_all()
        .build()?;
    let listener = {
        let _inside = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    runtime.spawn(accept(listener, handler, log));
    Ok(Running {
        address,
        runtime: Some(runtime),
    })
}

async fn accept<H: Handler>(listener: tokio::net::TcpListener, handler: Arc<H>, log: UpstreamLog) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: wait for some to be given back.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            continue;
        };
        if stream.set_nodelay(true).is_err() {
            continue; // The caller has gone already.
        }
        let (handler, log) = (Arc::clone(&handler), log.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| one(&*handler, &log, request));
            let ended = http1::Builder::new()
                .timer(TokioTimer::new())
                .keep_alive(H::KEEP_ALIVE)
                .half_close(true)
                .title_case_headers(true)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = ended {
                tracing::debug!(erp = H::ERP, %error, "a connection ended early");
            }
        });
    }
}

async fn one<H: Handler>(
    handler: &H,
    log: &UpstreamLog,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY)
        .collect()
        .await
        .map(|body| body.to_bytes());
    let request = Request {
        verb: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: body.as_ref().map(Bytes::clone).unwrap_or_default(),
    };
    let mut response = match body {
        Ok(_) => handler.answer(&request),
        Err(_) => Response::new(400, "text/plain", "the body ended early"),
    };
    if let Err(error) = log.note(H::ERP, &request, &response) {
        tracing::error!(erp = H::ERP, %error, "the upstream log cannot be written");
        response = Response::new(500, "text/plain", "the upstream log cannot be written");
    }
    Ok(written(response))
}

fn written(response: Response) -> hyper::Response<Full<Bytes>> {
    let mut builder = hyper::Response::builder().status(response.status).header(
        "X-Portcullis-Sandbox",
        "embedded look-alike for demonstration and tests",
    );
    for (name, value) in response.headers {
        builder = builder.header(name, value);
    }
    builder.body(Full::new(response.body)).unwrap_or_else(|_| {
        let mut broken = hyper::Response::new(Full::new(Bytes::new()));
        *broken.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        broken
    })
}
