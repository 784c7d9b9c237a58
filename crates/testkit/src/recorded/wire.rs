//! One exchange over a socket, byte by byte as it was recorded.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Sends bytes and reads what comes back: until the answer is whole, the connection closed, or
/// three seconds passed in silence: a busy machine takes more than one for a large answer.
pub fn exchange(door: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(door).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(3)))
        .unwrap();
    // The server may answer and close before it has read everything.
    drop(stream.write_all(request));
    let mut answer = Vec::new();
    let mut chunk = [0; 1 << 16];
    while let Ok(count @ 1..) = stream.read(&mut chunk) {
        answer.extend_from_slice(&chunk[..count]);
        if is_whole(&answer) {
            break;
        }
    }
    answer
}

/// Head and body of an answer; an interim one is passed over.
pub fn split(answer: &[u8]) -> (String, &[u8]) {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = end else {
        return (String::from_utf8_lossy(answer).into_owned(), &[]);
    };
    if answer.starts_with(b"HTTP/1.1 100") {
        return split(&answer[end + 4..]);
    }
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    (head, &answer[end + 4..])
}

/// Whether an answer that tells its length is all there: who keeps a connection open closes
/// nothing.
fn is_whole(answer: &[u8]) -> bool {
    let (head, body) = split(answer);
    let head = head.to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    length.is_some_and(|length| {
        length
            .trim()
            .parse()
            .is_ok_and(|length: usize| body.len() >= length)
    })
}
