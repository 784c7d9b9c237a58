//! A panic in a room ends one request, not the gateway.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::denial::{Denial, Why};

/// A future whose panics become denials. The rooms own their values, so what a panic leaves
/// half-done is dropped with them.
pub(super) struct Caught<F>(Pin<Box<F>>);

impl<F> Caught<F> {
    pub(super) fn new(future: F) -> Self {
        Self(Box::pin(future))
    }
}

impl<T, F: Future<Output = Result<T, Denial>>> Future for Caught<F> {
    type Output = Result<T, Denial>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.0.as_mut();
        catch_unwind(AssertUnwindSafe(|| future.poll(context)))
            .unwrap_or_else(|_| Poll::Ready(Err(Denial::plain(Why::Panicked))))
    }
}
