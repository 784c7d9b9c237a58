//! A batch of the façade: one request in, several on the road.
//!
//! The batch itself is read and its caller identified, and no further: each of its requests
//! then enters the road at its beginning, as if it had come by itself, with the credential and
//! the host of the batch. So each is judged, limited, recorded and answered singly. A batch
//! within a batch ends in `authorize`; a path that is not the façade's ends in `route`, for a
//! file would keep its place at the ERP until the last request of the batch is done.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_body::Body as _;
use portcullis_erp::dialect::rest::Item;
use portcullis_erp::{Asked, Dialect, Fault, FaultKind, Reply};
use portcullis_identity::Timestamp;

use super::Gateway;
use super::caught::Caught;
use crate::authorize;
use crate::clock;
use crate::decode::{self, Wish};
use crate::denial::{Denial, Why};
use crate::dry_run;
use crate::identify::{self, Voucher};
use crate::listener::{self, Arrival, Batch, Body, Framing, Length, RawRequest};
use crate::nonces;
use crate::origin::Origin;
use crate::respond::{self, Response};
use crate::route;
use crate::throttle;
use crate::trail::Trail;

/// How many bytes the answers of a batch may have before what follows is not done any more.
const MOST: u64 = 16 << 20;

/// The headers that the requests of a batch have in common with it: which ERP, who, and what
/// proxies say of where it came from.
const COMMON: &[&str] = &[
    "host",
    "authorization",
    "cookie",
    "x-api-key",
    "api-key",
    "x-openerp-session-id",
    "x-odoo-database",
    "x-dry-run",
    "user-agent",
    "origin",
    "sec-fetch-site",
    "sec-fetch-mode",
    "x-csrf-token",
    "x-frappe-csrf-token",
    "x-forwarded-for",
    "x-forwarded-proto",
    "forwarded",
];

/// Whether a request is a batch.
pub(super) fn is_one(head: &Parts) -> bool {
    let path = head.uri.path();
    path.ends_with("/-/batch") && prefix(path).is_some()
}

/// What stands before `/api/v1/-/batch` in a path.
fn prefix(path: &str) -> Option<&str> {
    path.strip_suffix("/api/v1/-/batch")
}

/// What the requests of a batch are made of, besides themselves.
struct Common {
    base: String,
    headers: HeaderMap,
    arrival: Arrival,
}

impl Common {
    fn of(raw: &RawRequest) -> Self {
        let mut headers = HeaderMap::new();
        for name in COMMON {
            for value in raw.head.headers.get_all(*name) {
                headers.append(HeaderName::from_static(name), value.clone());
            }
        }
        Self {
            base: prefix(raw.head.uri.path()).unwrap_or_default().to_owned(),
            headers,
            arrival: raw.arrival,
        }
    }

    /// An item as a request; none if it cannot be one.
    fn request(&self, item: Item, voucher: Option<&Voucher>) -> Option<RawRequest> {
        let target = format!("{}{}", self.base, item.target);
        let request = http::Request::builder()
            .method(item.verb.as_str())
            .uri(target);
        let (mut head, ()) = request.body(()).ok()?.into_parts();
        head.headers = self.headers.clone();
        if !item.body.is_empty() {
            let json = HeaderValue::from_static("application/json");
            head.headers.insert(header::CONTENT_TYPE, json);
        }
        for (name, value) in &item.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            head.headers
                .insert(name, HeaderValue::from_str(value).ok()?);
        }
        let length = u64::try_from(item.body.len()).ok()?;
        Some(RawRequest {
            head,
            body: Body::Whole(Bytes::from(item.body)),
            arrival: self.arrival,
            framing: Framing::Plain(Length::Told(length)),
            batch: Some(Batch {
                voucher: voucher.cloned(),
            }),
        })
    }
}

impl Gateway {
    /// Serves the requests of a batch one after the other, and answers all of them at once.
    pub(super) async fn batch(&self, raw: RawRequest) -> Response {
        let now = clock::now();
        let watch = clock::stopwatch();
        let common = Common::of(&raw);
        let origin = self.origin(&raw);
        let address = origin.address;
        let is_tried = dry_run::is_named(&raw.head.headers);
        let mut trail = Trail::begin(self.ids.next(), now);
        let opened = Caught::new(self.open(raw, &common, origin, now, &mut trail)).await;
        let requests = match opened {
            Ok(requests) => requests,
            Err(denial) => {
                let mut response = self.settle(Err(denial), &trail.tell(), address, watch);
                if is_tried {
                    respond::tried(&mut response, false);
                }
                return response;
            }
        };
        let mut answers = Vec::with_capacity(requests.len());
        let mut bytes: u64 = 0;
        for request in requests {
            let answer = if bytes < MOST {
                self.one(request).await
            } else {
                let trail = Trail::begin(self.ids.next(), now);
                let watch = clock::stopwatch();
                self.settle(Err(left_out()), &trail.tell(), address, watch)
            };
            bytes = bytes.saturating_add(answer.body().size_hint().lower());
            answers.push(answer);
        }
        let is_allowed = answers.iter().all(respond::is_allowed);
        let mut response = respond::batch(answers).await;
        if is_tried {
            respond::tried(&mut response, is_allowed);
        }
        response
    }

    /// The first rooms, for the batch as a whole: is it one, and whose?
    async fn open(
        &self,
        raw: RawRequest,
        common: &Common,
        origin: Origin,
        now: Timestamp,
        trail: &mut Trail,
    ) -> Result<Vec<RawRequest>, Denial> {
        let shared = &*self.shared;
        let snapshot = shared.snapshot.load_full();
        trail.judged_by(snapshot.policy.version());
        let desk = shared.desk();
        let received = listener::receive(raw, origin)?;
        let routed = route::find(&snapshot.routes, received)?;
        let paced = throttle::by_address(&shared.throttle, &shared.ways, routed, now)?;
        let decoded = decode::read(paced, &snapshot, &desk, now, trail).await?;
        let identified = identify::caller(&desk, decoded, now, trail).await?;
        // Whoever comes by Basic comes in once, for all that is in it.
        let asker = self.asker();
        let with = (&asker, &shared.sessions);
        let inside = authorize::enter(&snapshot, with, identified, now, trail).await?;
        let identified = inside.identified;
        // One key cannot mean several calls, and one that means nothing would be relied upon.
        if identified.sending.once.is_some() {
            let fault = Fault::new(
                FaultKind::Malformed,
                "give each request of a batch an Idempotency-Key of its own, in its `headers`",
            );
            return Err(Denial::to(identified.reply, Why::Unreadable(fault)));
        }
        let Wish::Asked(Asked::Batch(items)) = identified.wish else {
            return Err(Denial::plain(Why::NotServed));
        };
        // Of an older signature it is not known whether it was seen before, and each of the
        // requests may change something.
        let reply = &identified.reply;
        if let Some(nonce) = &identified.nonce {
            nonces::spend(&*shared.archive.store, nonce)
                .await
                .map_err(|why| Denial::to(reply.clone(), why))?;
        }
        let voucher = identified.voucher.as_ref();
        let requests = items.into_iter().map(|item| common.request(item, voucher));
        let requests: Option<Vec<RawRequest>> = requests.collect();
        requests.ok_or_else(|| {
            let fault = Fault::new(
                FaultKind::Malformed,
                "a request of the batch has a path or a header that none can have",
            );
            Denial::to(identified.reply, Why::Unreadable(fault))
        })
    }
}

/// What is told of requests that were not begun.
fn left_out() -> Denial {
    let fault = Fault::new(
        FaultKind::TooLarge,
        "the answers of the batch have become too large; this request was not done",
    );
    Denial::to(Reply::plain(Dialect::Rest), Why::Unreadable(fault))
}
