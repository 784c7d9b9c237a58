//! Parts of the lists that the API tells, and by what the next part is asked for.
//!
//! A list may have a million rows, so no answer has all of them. `next` of an answer says where
//! it ended; it is a text that only this module reads, and nothing that is secret.

use std::str::FromStr;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use portcullis_audit::RequestId;
use portcullis_identity::{AdminKeyId, ErpLogin, KeyId, SessionDigest, Timestamp, UpstreamName};
use portcullis_storage::Part;
use serde_json::{Value, json};

use crate::refusal::Refusal;

/// How many rows an answer has if nothing is said.
const USUAL: u32 = 100;

/// How many it has at the most.
const MOST: u32 = 1_000;

/// Where in a list something stands.
pub trait Place: Sized {
    /// As it is written.
    fn written(&self) -> String;
    /// Read back; none: it was not written here.
    fn read(text: &str) -> Option<Self>;
}

/// What comes of asking for a part.
pub struct Parted<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// What the next part comes after; none: there is no more.
    pub next: Option<String>,
}

impl<T> Parted<T> {
    /// Of rows that were found, one more than were wanted if there are more.
    pub fn of<P: Place>(mut rows: Vec<T>, most: u32, place: impl Fn(&T) -> P) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let is_more = rows.len() > most;
        rows.truncate(most);
        let last = rows.last().filter(|_| is_more);
        let next = last.map(|row| BASE64URL_NOPAD.encode(place(row).written().as_bytes()));
        Self { rows, next }
    }

    /// It as JSON, its rows under a name.
    pub fn told(&self, name: &str, told: impl Fn(&T) -> Value) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(told).collect();
        json!({ name: rows, "next": self.next })
    }
}

/// The part that is asked for.
///
/// # Errors
/// When there is no such part.
pub fn asked<P: Place>(limit: Option<u32>, after: Option<&str>) -> Result<Part<P>, Refusal> {
    let most = limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&most) {
        let wrong = format!("`limit`: say a number from 1 to {MOST}");
        return Err(Refusal::Malformed(wrong));
    }
    let after = after.map(|text| {
        let read = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        let read = read.and_then(|bytes| String::from_utf8(bytes).ok());
        let place = read.and_then(|text| P::read(&text));
        place.ok_or_else(|| {
            let wrong = "`after`: give what the `next` of this list's answer was";
            Refusal::Malformed(wrong.to_owned())
        })
    });
    let after = after.transpose()?;
    Ok(Part { after, most })
}

/// A part that has one row more, which tells whether there are more.
pub fn and_one<P>(part: Part<P>) -> Part<P> {
    Part {
        most: part.most.saturating_add(1),
        ..part
    }
}

fn moment<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<(Timestamp, T)> {
    let (micros, rest) = text.split_once(' ')?;
    Some((Timestamp(micros.parse().ok()?), read(rest)?))
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

impl Place for (Timestamp, KeyId) {
    fn written(&self) -> String {
        format!("{} {}", self.0.micros(), self.1)
    }
    fn read(text: &str) -> Option<Self> {
        moment(text, parsed)
    }
}

impl Place for (Timestamp, AdminKeyId) {
    fn written(&self) -> String {
        format!("{} {}", self.0.micros(), self.1)
    }
    fn read(text: &str) -> Option<Self> {
        moment(text, parsed)
    }
}

impl Place for (Timestamp, RequestId) {
    fn written(&self) -> String {
        format!("{} {}", self.0.micros(), self.1)
    }
    fn read(text: &str) -> Option<Self> {
        moment(text, RequestId::parse)
    }
}

impl Place for (Timestamp, SessionDigest) {
    fn written(&self) -> String {
        format!("{} {}", self.0.micros(), HEXLOWER.encode(self.1.as_bytes()))
    }
    fn read(text: &str) -> Option<Self> {
        moment(text, |digest| {
            let bytes = HEXLOWER.decode(digest.as_bytes()).ok()?;
            Some(SessionDigest::from_bytes(bytes.try_into().ok()?))
        })
    }
}

/// An ERP user: whether the store has it, and who it is. No upstream's name has a space.
impl Place for (bool, UpstreamName, ErpLogin) {
    fn written(&self) -> String {
        let from = if self.0 { "store" } else { "file" };
        format!("{from} {} {}", self.1, self.2)
    }
    fn read(text: &str) -> Option<Self> {
        let (from, rest) = text.split_once(' ')?;
        let (upstream, login) = rest.split_once(' ')?;
        let is_stored = match from {
            "store" => true,
            "file" => false,
            _ => return None,
        };
        Some((is_stored, upstream.parse().ok()?, login.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_read_back<P: Place + PartialEq>(place: P) {
        let next = Parted::of(vec![(), ()], 1, |()| P::read(&place.written()).unwrap()).next;
        let part = asked::<P>(None, next.as_deref()).unwrap();
        assert_eq!(part.most, USUAL);
        assert!(part.after == Some(place));
    }

    #[test]
    fn each_place_is_read_back_as_what_it_was() {
        let then = Timestamp(-7);
        is_read_back((then, KeyId::new("pck_aaaaaaaaaaaaaaaa").unwrap()));
        is_read_back((then, AdminKeyId::new("pca_aaaaaaaaaaaaaaaa").unwrap()));
        is_read_back((then, SessionDigest::from_bytes([0xa7; 32])));
        for login in ["anna", "anna b", "ä/b@c"] {
            let login = ErpLogin::new(login).unwrap();
            is_read_back((login.as_str() == "anna", "odoo".parse().unwrap(), login));
        }
    }

    #[test]
    fn what_is_no_place_and_what_is_too_much_is_refused() {
        type Of = (Timestamp, KeyId);
        let other = Parted::of(vec![(), ()], 1, |()| {
            (Timestamp(1), SessionDigest::from_bytes([1; 32]))
        });
        for after in ["", "x", "????", "MQ", other.next.as_deref().unwrap()] {
            assert!(asked::<Of>(None, Some(after)).is_err(), "{after}");
        }
        assert!(asked::<Of>(Some(0), None).is_err());
        assert!(asked::<Of>(Some(MOST + 1), None).is_err());
        assert_eq!(asked::<Of>(Some(MOST), None).unwrap().most, MOST);
    }

    #[test]
    fn there_is_a_next_part_only_where_there_are_more_rows() {
        let id = KeyId::new("pck_aaaaaaaaaaaaaaaa").unwrap();
        let parted = |rows| Parted::of(rows, 2, |row: &i64| (Timestamp(*row), id));
        assert!(parted(vec![1, 2]).next.is_none());
        let more = parted(vec![1, 2, 3]);
        assert_eq!(more.rows, [1, 2]);
        let part: Part<(Timestamp, KeyId)> = asked(None, more.next.as_deref()).unwrap();
        assert_eq!(part.after, Some((Timestamp(2), id)));
    }
}
