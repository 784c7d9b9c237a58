//! A request's body, read within bounds.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use portcullis_erp::{Fault, FaultKind};

/// A body that may still be on its way.
pub enum Body {
    /// All of it is here.
    Whole(Bytes),
    /// It comes from a connection.
    Stream(Incoming),
}

impl Body {
    /// Whether it is known to have no more bytes than this.
    pub(crate) fn is_within(&self, most: usize) -> bool {
        match self {
            Self::Whole(bytes) => bytes.len() <= most,
            Self::Stream(stream) => {
                let told = stream.size_hint().upper();
                told.is_some_and(|told| u64::try_from(most).is_ok_and(|most| told <= most))
            }
        }
    }

    /// Reads all of it. Of one that is too large, up to `passed` bytes are read and kept
    /// nowhere: most clients listen to an answer only when they have sent everything.
    ///
    /// # Errors
    /// When it is larger than `most` bytes (known from its length, before a byte is read, or
    /// while reading), or ends too early.
    pub(crate) async fn collect(self, most: usize, passed: usize) -> Result<Bytes, Fault> {
        let mut stream = match self {
            Self::Whole(bytes) if bytes.len() <= most => return Ok(bytes),
            Self::Whole(_) => return Err(too_large(most)),
            Self::Stream(stream) => stream,
        };
        let declared = stream.size_hint();
        let is_more_than =
            |bytes: usize| declared.lower() > u64::try_from(bytes).unwrap_or(u64::MAX);
        if is_more_than(most) {
            if !is_more_than(passed) {
                pass_over(&mut stream, passed).await;
            }
            return Err(too_large(most));
        }
        if stream.is_end_stream() {
            return Ok(Bytes::new());
        }
        let mut first: Option<Bytes> = None;
        let mut joined = BytesMut::new();
        while let Some(frame) = stream.frame().await {
            let Ok(data) = frame.map_err(|_| cut_short())?.into_data() else {
                continue;
            };
            let have = first.as_ref().map_or(joined.len(), Bytes::len);
            let have = have.saturating_add(data.len());
            if have > most {
                drop((data, first, joined));
                pass_over(&mut stream, passed.saturating_sub(have)).await;
                return Err(too_large(most));
            }
            match first.take() {
                None if joined.is_empty() => first = Some(data),
                None => joined.extend_from_slice(&data),
                Some(head) => {
                    joined.reserve(head.len().saturating_add(data.len()));
                    joined.extend_from_slice(&head);
                    joined.extend_from_slice(&data);
                }
            }
        }
        Ok(first.unwrap_or_else(|| joined.freeze()))
    }
}

/// Reads on to the end, or until so many bytes have come.
async fn pass_over(stream: &mut Incoming, mut most: usize) {
    while most > 0
        && let Some(Ok(frame)) = stream.frame().await
    {
        let come = frame.data_ref().map_or(0, Bytes::len);
        most = most.saturating_sub(come);
    }
}

fn too_large(most: usize) -> Fault {
    Fault::new(
        FaultKind::TooLarge,
        format!("the body is larger than the {most} bytes allowed"),
    )
}

fn cut_short() -> Fault {
    Fault::new(
        FaultKind::Malformed,
        "the body ended before its declared length",
    )
}
