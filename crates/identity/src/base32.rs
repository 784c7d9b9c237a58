//! Base32 in lower case without padding (RFC 4648 alphabet), for keys.
//!
//! Written here because keys need one canonical text for each value: capitals, padding and
//! left-over bits are refused, and no branch depends on the value of a character.

/// Appends the text of `bytes` to `out`.
pub(crate) fn encode(bytes: &[u8], out: &mut String) {
    let mut bits: u32 = 0;
    let mut held: u32 = 0;
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            out.push(symbol((bits >> held) & 31));
        }
        bits &= (1 << held) - 1;
    }
    if held > 0 {
        out.push(symbol((bits << (5 - held)) & 31));
    }
}

/// The `N` bytes that `text` stands for, if it is their one text.
pub(crate) fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != (N * 8).div_ceil(5) {
        return None;
    }
    let mut out = [0; N];
    let mut slots = out.iter_mut();
    let mut bits: u32 = 0;
    let mut held: u32 = 0;
    let mut bad: u32 = 0;
    for character in text {
        let value = value(*character);
        bad |= value & !31;
        bits = (bits << 5) | (value & 31);
        held += 5;
        if held >= 8 {
            held -= 8;
            if let Some(slot) = slots.next() {
                *slot = u8::try_from((bits >> held) & 255).unwrap_or_default();
            }
            bits &= (1 << held) - 1;
        }
    }
    (bad == 0 && bits == 0).then_some(out)
}

/// `a`…`z`, `2`…`7`, by arithmetic: no table that a cache could tell of.
fn symbol(value: u32) -> char {
    let letter = u32::from(b'a') + value;
    let digit = u32::from(b'2').wrapping_add(value).wrapping_sub(26);
    let is_digit = u32::from(value >= 26);
    let code = is_digit * digit + (1 - is_digit) * letter;
    char::from(u8::try_from(code & 127).unwrap_or_default())
}

/// The value of a symbol; above 31 for what is none.
fn value(character: u8) -> u32 {
    let code = u32::from(character);
    let letter = code.wrapping_sub(u32::from(b'a'));
    let digit = code.wrapping_sub(u32::from(b'2'));
    let is_letter = u32::from(letter < 26);
    let is_digit = u32::from(digit < 6);
    let neither = 1 - is_letter - is_digit;
    (is_letter * (letter & 31)) | (is_digit * ((digit & 7) + 26)) | (neither << 5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_texts() {
        let mut text = String::new();
        encode(b"foobar", &mut text);
        assert_eq!(text, "mzxw6ytboi");
        assert_eq!(decode::<6>(b"mzxw6ytboi"), Some(*b"foobar"));
    }

    #[test]
    fn capitals_padding_and_left_over_bits_are_refused() {
        assert_eq!(decode::<1>(b"my"), Some(*b"f"));
        assert_eq!(decode::<1>(b"MY"), None);
        assert_eq!(decode::<1>(b"mz"), None);
        assert_eq!(decode::<1>(b"my======"), None);
        assert_eq!(decode::<1>(b"m1"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bytes: [u8; 32]) {
            let mut text = String::new();
            encode(&bytes, &mut text);
            prop_assert_eq!(text.len(), 52);
            prop_assert_eq!(decode::<32>(text.as_bytes()), Some(bytes));
        }

        #[test]
        fn one_text_for_each_value(text in "[a-z2-7]{52}") {
            if let Some(bytes) = decode::<32>(text.as_bytes()) {
                let mut again = String::new();
                encode(&bytes, &mut again);
                prop_assert_eq!(again, text);
            }
        }
    }
}
