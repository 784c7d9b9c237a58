//! Cursors: where a list goes on. Opaque, and good for the list they were made for only.
//!
//! A cursor is the number of rows that were passed and a tag over it, the resource, the filter
//! and the order. The tag is made with a secret of the gateway ([`Seal`]), so that a cursor
//! that was altered, or belongs to another list, is refused instead of giving other rows.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::listing::Listing;
use super::malformed;
use crate::fault::Fault;

/// What makes tags that nobody else can make.
pub trait Seal: Send + Sync {
    /// The tag of these parts, in this order, each told apart from the next.
    fn tag(&self, parts: &[&[u8]]) -> [u8; 16];
}

/// Makes the cursor of a list after so many rows.
pub(super) fn make(seal: &dyn Seal, resource: &str, list: &Listing, passed: u64) -> String {
    let passed = passed.to_be_bytes();
    let mut bytes = tag(seal, resource, list, &passed).to_vec();
    bytes.extend_from_slice(&passed);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// How many rows a cursor has passed.
pub(super) fn read(
    seal: &dyn Seal,
    resource: &str,
    list: &Listing,
    text: &str,
) -> Result<u64, Fault> {
    let wrong =
        || malformed("the cursor is not one of this list; begin again without it").about("cursor");
    if text.len() != 32 {
        return Err(wrong());
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
    let (told, passed) = bytes.split_first_chunk::<16>().ok_or_else(wrong)?;
    let passed: [u8; 8] = passed.try_into().map_err(|_| wrong())?;
    let right = tag(seal, resource, list, &passed);
    let differs = told
        .iter()
        .zip(right)
        .fold(0, |seen, (one, other)| seen | (one ^ other));
    if differs != 0 {
        return Err(wrong());
    }
    Ok(u64::from_be_bytes(passed))
}

fn tag(seal: &dyn Seal, resource: &str, list: &Listing, passed: &[u8]) -> [u8; 16] {
    let asked = list.told_apart_by();
    let mut parts: Vec<&[u8]> = vec![b"rest cursor 1", resource.as_bytes(), passed];
    parts.extend(asked.iter().map(|part| part.as_bytes()));
    seal.tag(&parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dialect::rest::tests::Sum;

    proptest! {
        #[test]
        fn a_cursor_says_how_many_rows_were_passed_of_its_own_list(
            passed: u64,
            resource in "[a-z.]{1,12}",
            order in "[a-z]{1,6}",
        ) {
            let by = |order: &str| Listing {
                again: vec![("order".to_owned(), order.to_owned())],
                ..Listing::default()
            };
            let cursor = make(&Sum, &resource, &by(&order), passed);
            prop_assert_eq!(read(&Sum, &resource, &by(&order), &cursor).ok(), Some(passed));
            let (down, elsewhere) = (format!("-{order}"), format!("{resource}x"));
            prop_assert!(read(&Sum, &resource, &by(&down), &cursor).is_err());
            prop_assert!(read(&Sum, &elsewhere, &by(&order), &cursor).is_err());
        }
    }
}
