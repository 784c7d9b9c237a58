//! `Forwarded` (RFC 7239), as far as it says for whom a proxy asks, and by which protocol.

/// What one proxy says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hop {
    /// `for`.
    pub(super) client: Option<String>,
    /// `proto`.
    pub(super) protocol: Option<String>,
}

/// What the proxies say, in the order in which the request passed them; several lines are one
/// list. What cannot be read is a hop that says nothing; none at all where a quote is not
/// closed, for then nobody knows where a hop ends.
pub(super) fn hops<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Vec<Hop>> {
    let mut hops = Vec::new();
    for line in lines {
        if !is_closed(line) {
            return None;
        }
        hops.extend(apart(line, ',').into_iter().map(hop));
    }
    Some(hops)
}

/// Whether every quote of a line is closed.
fn is_closed(line: &str) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    for letter in line.chars() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match letter {
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
    }
    !quoted
}

/// One element: pairs apart by `;`. A pair that stands twice or cannot be read takes all of it.
fn hop(element: &str) -> Hop {
    read(element).unwrap_or_default()
}

fn read(element: &str) -> Option<Hop> {
    let mut hop = Hop::default();
    for pair in apart(element, ';') {
        let (name, value) = pair.trim().split_once('=')?;
        let value = unquoted(value)?;
        let place = match name.to_ascii_lowercase().as_str() {
            "for" => &mut hop.client,
            "proto" => &mut hop.protocol,
            _ => continue,
        };
        if place.replace(value).is_some() {
            return None;
        }
    }
    Some(hop)
}

/// Takes a text apart at a separator that stands in no quoted string.
fn apart(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |letter: char| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        match letter {
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return letter == separator && !quoted,
        }
        false
    })
    .collect()
}

/// A token, or what a quoted string holds.
fn unquoted(value: &str) -> Option<String> {
    let Some(rest) = value.strip_prefix('"') else {
        let is_token = !value.is_empty() && !value.contains(['"', '\\', ' ', '\t', ',', ';']);
        return is_token.then(|| value.to_owned());
    };
    let inner = rest.strip_suffix('"')?;
    let (mut text, mut letters) = (String::new(), inner.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return None,
            '\\' => text.push(letters.next()?),
            other => text.push(other),
        }
    }
    Some(text)
}
