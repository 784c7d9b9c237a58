//! How MariaDB compares texts under `utf8mb4_unicode_ci`: letter case, accents and trailing
//! blanks do not count.
//!
//! Only characters whose place is known for certain are compared: the printable ones of
//! ASCII and the accented letters of Western Europe. Where another one would decide, nobody
//! can say.

use std::cmp::Ordering;

/// The characters of ASCII in their order; letters stand for both cases.
const ORDER: &str =
    "\t\n\u{b}\u{c}\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz";

/// What a character weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// Its place in the order.
    Place(usize),
    /// Nobody can say.
    Unknown(char),
}

/// The plain letter under an accented one.
fn plain(character: char) -> char {
    match character {
        'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' | 'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'Ç' | 'ç' | 'Ć' | 'ć' | 'Č' | 'č' => 'c',
        'È' | 'É' | 'Ê' | 'Ë' | 'è' | 'é' | 'ê' | 'ë' | 'Ě' | 'ě' => 'e',
        'Ì' | 'Í' | 'Î' | 'Ï' | 'ì' | 'í' | 'î' | 'ï' => 'i',
        'Ñ' | 'ñ' | 'Ń' | 'ń' => 'n',
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' | 'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'Ù' | 'Ú' | 'Û' | 'Ü' | 'ù' | 'ú' | 'û' | 'ü' => 'u',
        'Ý' | 'ý' | 'ÿ' | 'Ÿ' => 'y',
        'Ś' | 'ś' | 'Š' | 'š' => 's',
        'Ź' | 'ź' | 'Ž' | 'ž' | 'Ż' | 'ż' => 'z',
        other => other.to_ascii_lowercase(),
    }
}

fn weight(character: char) -> Weight {
    let plain = plain(character);
    match ORDER.find(plain) {
        Some(place) => Weight::Place(place),
        None => Weight::Unknown(character),
    }
}

/// The order of two texts; none where nobody can say.
pub(super) fn compare(one: &str, other: &str) -> Option<Ordering> {
    if one == other {
        return Some(Ordering::Equal);
    }
    let mut one = one.trim_end_matches(' ').chars();
    let mut other = other.trim_end_matches(' ').chars();
    loop {
        let (left, right) = (one.next(), other.next());
        if left.is_none() && right.is_none() {
            return Some(Ordering::Equal);
        }
        // The shorter one is compared as if blanks followed.
        match (weight(left.unwrap_or(' ')), weight(right.unwrap_or(' '))) {
            (Weight::Place(left), Weight::Place(right)) if left != right => {
                return Some(left.cmp(&right));
            }
            (Weight::Place(_), Weight::Place(_)) => {}
            (left, right) if left == right => {}
            _ => return None,
        }
    }
}

/// Whether a text is like a pattern of `%` and `_`, where a backslash means itself; none
/// where nobody can say.
pub(super) fn like(text: &str, pattern: &str) -> Option<bool> {
    let text: Vec<char> = text.chars().collect();
    let mut pattern: Vec<char> = pattern.chars().collect();
    pattern.dedup_by(|one, other| *one == '%' && *other == '%');
    let sure =
        |character: &char| matches!(weight(*character), Weight::Place(_)) && *character != '\t';
    if !text.iter().all(sure) || !pattern.iter().all(sure) {
        // Text of other scripts: only a pattern that takes everything is sure.
        return (pattern == ['%']).then_some(true);
    }
    let (mut part, mut at) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        let fits = match (pattern.get(part), text.get(at)) {
            (None, None) => return Some(true),
            (Some('%'), _) => {
                back = Some((part + 1, at));
                part += 1;
                continue;
            }
            (Some('_'), Some(_)) => true,
            (Some(asked), Some(found)) => weight(*asked) == weight(*found),
            (Some(_), None) | (None, Some(_)) => false,
        };
        if fits {
            part += 1;
            at += 1;
            continue;
        }
        match back {
            Some((behind, from)) if from < text.len() => {
                back = Some((behind, from + 1));
                part = behind;
                at = from + 1;
            }
            _ => return Some(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_trailing_blanks_do_not_count() {
        assert_eq!(compare("Réunion", "REUNION  "), Some(Ordering::Equal));
        assert_eq!(compare("Åland", "Albania"), Some(Ordering::Less));
        assert_eq!(compare("a-b", "ab"), Some(Ordering::Less));
        assert_eq!(compare("日", "a"), None);
        assert_eq!(compare("日", "日"), Some(Ordering::Equal));
    }

    #[test]
    fn a_backslash_in_a_pattern_means_itself() {
        assert_eq!(like("Lab Customer 001", "%CUSTOMER%"), Some(true));
        assert_eq!(like("a%b", "a\\%b"), Some(false));
        assert_eq!(like("a\\xb", "a\\%b"), Some(true));
        assert_eq!(like("Côte", "c_te"), Some(true));
    }
}
