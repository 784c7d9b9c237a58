//! A connection as hyper reads it, with a look at the bytes that arrive.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::time::Sleep;

use super::line::Line;
use crate::listener::Seen;

/// How much is read at once.
const CHUNK: usize = 16 << 10;

/// For how long, and how much, is read of a request that was answered before it was read, when
/// the connection ends. A socket that is closed with bytes unread is reset by the system, and an
/// answer that the other side has not taken yet is lost with it.
const LINGERS: Duration = Duration::from_secs(1);
const LEFT: usize = 8 << 20;

/// A connection that hands its bytes on message by message.
pub(super) struct Wire {
    stream: Line,
    seen: Seen,
    /// What arrived with the end of a message and belongs to the next.
    rest: Vec<u8>,
    /// How long the other side may take nothing of an answer.
    patience: Duration,
    /// Until when the caller must take something of the answer that waits.
    until: Option<Pin<Box<Sleep>>>,
    /// Until when, and how much, is read on of what nobody wants, once the end was said.
    lingers: Option<(Pin<Box<Sleep>>, usize)>,
}

impl Wire {
    pub(super) fn new(stream: Line, patience: Duration) -> Self {
        Self {
            stream,
            seen: Seen::default(),
            rest: Vec::new(),
            patience,
            until: None,
            lingers: None,
        }
    }

    pub(super) fn seen(&self) -> Seen {
        self.seen.clone()
    }

    /// Hands on what belongs to the message that is arriving; the rest waits.
    fn hand(&mut self, bytes: &[u8], to: &mut ReadBufCursor<'_>) {
        let (now, later) = bytes
            .split_at_checked(self.seen.arrived(bytes))
            .unwrap_or((bytes, &[]));
        to.put_slice(now);
        self.rest.extend_from_slice(later);
    }

    /// Ends a connection whose other side takes nothing for too long: it would keep its place,
    /// and its answer in memory, for as long as it likes.
    fn watched<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.until = None;
            return written;
        }
        let patience = self.patience;
        let until = self
            .until
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        std::task::ready!(until.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut to: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let room = to.remaining().min(CHUNK);
        if !self.rest.is_empty() {
            let mut rest = std::mem::take(&mut self.rest);
            let later = rest.split_off(room.min(rest.len()));
            self.hand(&rest, &mut to);
            self.rest.extend_from_slice(&later);
            return Poll::Ready(Ok(()));
        }
        // hyper's buffer may be uninitialised memory, which only `unsafe` code could lend out;
        // one copy of at most a chunk is what that costs.
        let mut chunk = [0_u8; CHUNK];
        let Some(space) = chunk.get_mut(..room) else {
            return Poll::Ready(Ok(()));
        };
        let mut buffer = ReadBuf::new(space);
        std::task::ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
        self.hand(buffer.filled(), &mut to);
        Poll::Ready(Ok(()))
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, from);
        self.watched(written, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingers.is_none() {
            std::task::ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        }
        let Self {
            stream, lingers, ..
        } = &mut *self;
        let (until, left) =
            lingers.get_or_insert_with(|| (Box::pin(tokio::time::sleep(LINGERS)), LEFT));
        let mut chunk = [0_u8; CHUNK];
        while *left > 0 && until.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut chunk);
            let read = Pin::new(&mut *stream).poll_read(context, &mut buffer);
            let taken = buffer.filled().len();
            match std::task::ready!(read) {
                Ok(()) if taken > 0 => *left = left.saturating_sub(taken),
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, from);
        self.watched(written, context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::AsyncReadExt as _;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(400);

    /// Writes an answer that no buffer holds; the caller takes it as `caller` does.
    async fn answered(caller: impl AsyncFnOnce(TcpStream)) -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let other = TcpStream::connect(listener.local_addr()?).await?;
        let mut wire = Wire::new(Line::Clear(listener.accept().await?.0), PATIENCE);
        let write = async {
            let piece = [b'x'; 64 << 10];
            let mut left = 32_usize << 20;
            while left > 0 {
                let written = poll_fn(|context| Pin::new(&mut wire).poll_write(context, &piece));
                left = left.saturating_sub(written.await?);
            }
            drop(wire);
            Ok(())
        };
        tokio::join!(write, caller(other)).0
    }

    #[tokio::test]
    async fn an_answer_is_not_lost_to_whoever_still_sends_what_nobody_reads() {
        use tokio::io::AsyncWriteExt as _;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut other = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let mut wire = Wire::new(Line::Clear(listener.accept().await.unwrap().0), PATIENCE);
        other.write_all(&[b'x'; 100 << 10]).await.unwrap();
        let answered = async {
            poll_fn(|context| Pin::new(&mut wire).poll_write(context, b"no"))
                .await
                .unwrap();
            poll_fn(|context| Pin::new(&mut wire).poll_shutdown(context))
                .await
                .unwrap();
            drop(wire);
        };
        let taken = async {
            // It is sent on for a while before anybody looks at the answer.
            for _ in 0..4 {
                other.write_all(&[b'x'; 100 << 10]).await.unwrap();
                tokio::time::sleep(PATIENCE / 8).await;
            }
            let mut answer = [0; 2];
            other.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"no");
            drop(other);
        };
        let begun = tokio::time::Instant::now();
        tokio::join!(answered, taken);
        assert!(begun.elapsed() < LINGERS, "it ends with the other side");
    }

    #[tokio::test]
    async fn who_takes_nothing_of_an_answer_loses_the_connection() {
        let slow = answered(async |mut other| {
            // Slower in all than anybody may be silent.
            let mut room = vec![0; 4 << 20];
            loop {
                tokio::time::sleep(PATIENCE / 8).await;
                if matches!(other.read(&mut room).await, Ok(0) | Err(_)) {
                    break;
                }
            }
        });
        let begun = tokio::time::Instant::now();
        slow.await.unwrap();
        assert!(begun.elapsed() > PATIENCE, "it took its time");
        let silent = answered(async |other| {
            tokio::time::sleep(PATIENCE * 3).await;
            drop(other);
        });
        let error = silent.await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
