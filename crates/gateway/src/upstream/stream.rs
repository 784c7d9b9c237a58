//! A file on its way from an ERP to a caller.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;

use super::link::Sender;

/// The bytes of a file, as the ERP sends them. It ends where the ERP is silent for too long,
/// and it keeps its place among the calls that may run there at once.
pub struct Stream {
    body: Incoming,
    patience: Duration,
    silence: Pin<Box<Sleep>>,
    _sender: Sender,
    _places: Places,
}

/// A place among the files that may be on their way, and one among the calls that may run.
type Places = (OwnedSemaphorePermit, OwnedSemaphorePermit);

/// The file did not come to its end; neither does the response.
#[derive(Debug, thiserror::Error)]
#[error("the file broke off")]
pub struct BrokenOff;

impl Stream {
    pub(super) fn new(body: Incoming, patience: Duration, sender: Sender, places: Places) -> Self {
        Self {
            body,
            patience,
            silence: Box::pin(tokio::time::sleep(patience)),
            _sender: sender,
            _places: places,
        }
    }
}

impl http_body::Body for Stream {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = self.get_mut();
        loop {
            match Pin::new(&mut this.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    let until = tokio::time::Instant::now() + this.patience;
                    this.silence.as_mut().reset(until);
                    // Trailers are headers of the ERP's: they stay behind.
                    if frame.is_data() {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Some(Err(BrokenOff))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => {
                    let late = this.silence.as_mut();
                    return late.poll(context).map(|()| Some(Err(BrokenOff)));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
