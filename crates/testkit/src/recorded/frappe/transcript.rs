//! Reads `NN-title.http`: blocks of one raw request and its raw response.

/// One block of a file.
pub struct Exchange {
    /// Its number in the file, from 1, counting notes too.
    pub number: usize,
    pub title: String,
    /// None for blocks that are only a note.
    pub request: Option<Message>,
    pub response: Option<Message>,
}

/// A raw request or response.
#[derive(Clone)]
pub struct Message {
    /// Request line or status line.
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Message {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self
            .headers
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    }

    /// Of a request: verb and target without scheme and host.
    pub fn target(&self) -> (String, String) {
        let mut words = self.line.split(' ');
        let verb = words.next().unwrap_or_default().to_owned();
        let target = words.next().unwrap_or_default();
        let target = match target.strip_prefix("http://") {
            Some(rest) => rest
                .find('/')
                .map_or("/", |at| rest.get(at..).unwrap_or("/")),
            None => target,
        };
        (verb, target.to_owned())
    }

    /// Of a response.
    pub fn status(&self) -> u16 {
        self.line
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or(0)
    }
}

/// Reads a file.
pub fn read(bytes: &[u8]) -> Vec<Exchange> {
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"######## ") || line == b"########\n" {
            blocks.push(Vec::new());
        }
        if let Some(block) = blocks.last_mut() {
            block.extend_from_slice(line);
        }
    }
    blocks
        .iter()
        .enumerate()
        .map(|(at, block)| exchange(at + 1, block))
        .collect()
}

fn exchange(number: usize, block: &[u8]) -> Exchange {
    let end = block
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(block.len());
    let title = String::from_utf8_lossy(&block[..end])
        .trim_start_matches("########")
        .trim()
        .to_owned();
    let asked = find(block, b">>>> request\n");
    let answered = find(block, b"<<<< response\n");
    let (request, response) = match (asked, answered) {
        (Some(asked), Some(answered)) => (
            Some(message(&filled(&block[asked + 13..answered]))),
            Some(message(&block[answered + 14..])),
        ),
        _ => (None, None),
    };
    Exchange {
        number,
        title,
        request,
        response,
    }
}

/// A request of many equal letters that was cut off in the recording gets them back.
fn filled(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let cut = text.trim_end().split_once("aa\n...[");
    let Some((kept, rest)) = cut else {
        return bytes.to_vec();
    };
    let count = rest.split(' ').next().and_then(|count| count.parse().ok());
    format!("{kept}{}\n\n", "a".repeat(count.unwrap_or(0))).into_bytes()
}

fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}

/// Reads a raw request or response.
pub fn message(bytes: &[u8]) -> Message {
    let mut rest = bytes;
    let mut lines = Vec::new();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(&rest[..end])
            .trim_end_matches('\r')
            .to_owned();
        rest = &rest[end + 1..];
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut lines = lines.into_iter();
    let line = lines.next().unwrap_or_default();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| {
            line.split_once(':')
                .map(|(k, v)| (k.to_owned(), v.trim().to_owned()))
        })
        .collect();
    let mut message = Message {
        line,
        headers,
        body: Vec::new(),
    };
    let length = message
        .header("content-length")
        .and_then(|length| length.parse::<usize>().ok());
    message.body = match (length, message.header("transfer-encoding")) {
        (_, Some("chunked")) => unchunked(rest).unwrap_or_else(|| trimmed(rest)),
        (Some(length), None) if length <= rest.len() => rest[..length].to_vec(),
        _ => trimmed(rest),
    };
    message
}

fn trimmed(bytes: &[u8]) -> Vec<u8> {
    bytes.trim_ascii().to_vec()
}

fn unchunked(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes;
    let mut body = Vec::new();
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let size =
            usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?.trim(), 16).ok()?;
        rest = rest.get(end + 1..)?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?;
        rest = rest.strip_prefix(b"\r").unwrap_or(rest);
        rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    }
}
