//! One reading of a request's path.

use percent_encoding::percent_decode_str;

/// A path, decoded segment by segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    segments: Vec<String>,
    /// Whether the path ended in one `/` behind its last segment.
    trailing: bool,
}

/// Why a path is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathError {
    /// Two readers could read it differently.
    Malformed(&'static str),
    /// It has a segment that no path here has, however it is read.
    Nowhere,
}

/// The longest path that is read, in bytes.
const LONGEST: usize = 2048;

impl Path {
    /// Reads the path of a request target.
    ///
    /// # Errors
    /// When it is too long, has an empty, `.` or `..` segment, a backslash, a control
    /// character, or bytes that are not UTF-8 once decoded. Whether a decoded segment may hold
    /// a `/` depends on the route, so that is judged there.
    pub fn read(path: &str) -> Result<Self, PathError> {
        if path.len() > LONGEST {
            return Err(PathError::Malformed("the path is too long"));
        }
        let Some(rest) = path.strip_prefix('/') else {
            return Err(PathError::Malformed("the request target must be a path"));
        };
        if rest.is_empty() {
            return Ok(Self {
                segments: Vec::new(),
                trailing: false,
            });
        }
        let (rest, trailing) = match rest.strip_suffix('/') {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let mut segments = Vec::with_capacity(4);
        for raw in rest.split('/') {
            if raw.is_empty() {
                return Err(PathError::Nowhere);
            }
            check_escapes(raw)?;
            let segment = percent_decode_str(raw)
                .decode_utf8()
                .map_err(|_| PathError::Malformed("the path is not UTF-8"))?
                .into_owned();
            if segment == "." || segment == ".." {
                return Err(PathError::Nowhere);
            }
            if segment.contains(|c: char| c.is_control() || c == '\\') {
                return Err(PathError::Nowhere);
            }
            segments.push(segment);
        }
        Ok(Self { segments, trailing })
    }

    /// The decoded segments.
    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    /// Whether the path ended in `/`.
    pub fn has_trailing_slash(&self) -> bool {
        self.trailing
    }

    /// The same path without its first `count` segments.
    pub(crate) fn without_first(mut self, count: usize) -> Self {
        self.segments.drain(..count.min(self.segments.len()));
        self
    }
}

/// A `%` must be followed by two hexadecimal digits; lenient readers differ on the rest.
fn check_escapes(raw: &str) -> Result<(), PathError> {
    let broken = PathError::Malformed("the path has a broken escape");
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = (bytes.next(), bytes.next());
            let (Some(high), Some(low)) = digits else {
                return Err(broken);
            };
            if !high.is_ascii_hexdigit() || !low.is_ascii_hexdigit() {
                return Err(broken);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_path_is_read() {
        let path = Path::read("/api/resource/Sales%20Order").unwrap();
        assert_eq!(path.segments(), ["api", "resource", "Sales Order"]);
        assert!(!path.has_trailing_slash());
        assert!(Path::read("/api/method/x/").unwrap().has_trailing_slash());
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for path in [
            "//jsonrpc",
            "/json//2",
            "/a/../b",
            "/a/%2e%2e/b",
            "/a/./b",
            "/a\\b",
            "/a%5cb",
            "/a%00",
            "/a%0a",
            "/%zz",
            "/a%",
            "/a%2",
            "/%ff",
            "jsonrpc",
            "",
            "*",
            "//",
            "/jsonrpc//",
        ] {
            assert!(Path::read(path).is_err(), "{path}");
        }
    }
}
