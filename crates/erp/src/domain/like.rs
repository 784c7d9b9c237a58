//! SQL's `LIKE`: `%` for any text, `_` for one character, `\` before a character to mean it.

use super::Answer3;

/// One part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// This character.
    One(char),
    /// Any one character.
    Any,
    /// Any text.
    Rest,
    /// A lone `\` at the end: PostgreSQL refuses when it gets there.
    Broken,
}

/// A pattern, ready to be matched.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    parts: Vec<Part>,
    folds: bool,
    /// Whether accents may be looked past: a match of other than plain letters is unsure.
    unsure_accents: bool,
}

impl Pattern {
    /// A pattern for the whole text (`=like`), or for a part of it (`like`).
    pub(super) fn new(text: &str, whole: bool, folds: bool, ignores_accents: Option<bool>) -> Self {
        let pattern = if whole {
            text.to_owned()
        } else {
            format!("%{text}%")
        };
        let mut parts = Vec::with_capacity(pattern.len());
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            parts.push(match character {
                '%' => Part::Rest,
                '_' => Part::Any,
                '\\' => match characters.next() {
                    Some(meant) => Part::One(fold(meant, folds)),
                    None => Part::Broken,
                },
                _ => Part::One(fold(character, folds)),
            });
        }
        parts.dedup_by(|one, other| *one == Part::Rest && *other == Part::Rest);
        let unsure_accents = folds && ignores_accents != Some(false);
        Self {
            parts,
            folds,
            unsure_accents,
        }
    }

    /// Whether a text matches behind which there may be more: a dot and up to six digits.
    pub(super) fn matches_with_fraction(&self, text: &str) -> Answer3 {
        // Where in the pattern one may be, after each character.
        let mut places = vec![false; self.parts.len() + 1];
        if let Some(first) = places.first_mut() {
            *first = true;
        }
        let over_rest = |places: &mut Vec<bool>| {
            for (at, part) in self.parts.iter().enumerate() {
                let here = places.get(at) == Some(&true);
                if let (true, Part::Rest, Some(next)) = (here, part, places.get_mut(at + 1)) {
                    *next = true;
                }
            }
        };
        over_rest(&mut places);
        for character in text.chars() {
            let mut next = vec![false; places.len()];
            for (at, part) in self.parts.iter().enumerate() {
                if places.get(at) != Some(&true) {
                    continue;
                }
                let stays = *part == Part::Rest;
                let moves = match part {
                    Part::Any => true,
                    Part::One(meant) => *meant == fold(character, self.folds),
                    Part::Rest | Part::Broken => false,
                };
                if let (true, Some(place)) = (stays, next.get_mut(at)) {
                    *place = true;
                }
                if let (true, Some(place)) = (moves, next.get_mut(at + 1)) {
                    *place = true;
                }
            }
            over_rest(&mut next);
            places = next;
        }
        let reached = |at: &usize| places.get(*at) == Some(&true);
        // Whatever follows, a last `%` takes it.
        if self.parts.last() == Some(&Part::Rest) && reached(&(self.parts.len() - 1)) {
            return Answer3::Yes;
        }
        let may_follow = |at: &usize| {
            let left = self.parts.get(*at..).unwrap_or_default();
            let fits = left.iter().all(|part| match part {
                Part::One(character) => character.is_ascii_digit() || *character == '.',
                Part::Any | Part::Rest | Part::Broken => true,
            });
            fits && left.iter().filter(|part| **part != Part::Rest).count() <= 7
        };
        if (0..places.len()).any(|at| reached(&at) && may_follow(&at)) {
            Answer3::Unknown
        } else {
            Answer3::No
        }
    }

    /// Whether the text matches.
    pub(super) fn matches(&self, text: &str) -> Answer3 {
        if self.parts.contains(&Part::Broken) {
            return Answer3::Unknown;
        }
        if self.unsure_accents {
            let plain =
                |part: &Part| !matches!(part, Part::One(character) if !character.is_ascii());
            if self.parts == [Part::Rest] {
                return Answer3::Yes;
            }
            if !text.is_ascii() || !self.parts.iter().all(plain) {
                return Answer3::Unknown;
            }
        }
        let text: Vec<char> = text
            .chars()
            .map(|character| fold(character, self.folds))
            .collect();
        if matches(&self.parts, &text) {
            Answer3::Yes
        } else {
            Answer3::No
        }
    }
}

/// The lower case of a character, where that is one character.
fn fold(character: char, folds: bool) -> char {
    if !folds {
        return character;
    }
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

/// Matches with one point to come back to: the last `%`.
fn matches(parts: &[Part], text: &[char]) -> bool {
    let (mut part, mut at) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        let fits = match (parts.get(part), text.get(at)) {
            (None, None) => return true,
            (Some(Part::Rest), _) => {
                back = Some((part + 1, at));
                part += 1;
                continue;
            }
            (Some(Part::Any), Some(_)) => true,
            (Some(Part::One(meant)), Some(character)) => meant == character,
            (Some(Part::Any | Part::One(_) | Part::Broken), _) | (None, Some(_)) => false,
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
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(text: &str, pattern: &str, whole: bool) -> bool {
        Pattern::new(pattern, whole, false, Some(false)).matches(text) == Answer3::Yes
    }

    #[test]
    fn percent_and_underscore_and_backslash_mean_what_they_mean_in_sql() {
        assert!(like("Azure Interior", "ure I", false));
        assert!(like("abc", "a_c", true));
        assert!(!like("abc", "a_", true));
        assert!(like("a%c", "a\\%c", true));
        assert!(!like("abc", "a\\%c", true));
        assert!(like("abcabd", "%ab_", true));
        assert!(like("", "", false));
        assert!(!like("", "_", false));
    }

    #[test]
    fn a_hidden_fraction_is_thought_of() {
        let ask = |pattern: &str, whole| {
            Pattern::new(pattern, whole, false, Some(false))
                .matches_with_fraction("2026-11-22 13:28:37")
        };
        assert_eq!(ask("2026", false), Answer3::Yes);
        assert_eq!(ask("2026", true), Answer3::No);
        assert_eq!(ask("2026%", true), Answer3::Yes);
        assert_eq!(ask("%37", true), Answer3::Unknown);
        assert_eq!(ask("99", false), Answer3::Unknown);
        assert_eq!(ask("-13", false), Answer3::No);
    }

    #[test]
    fn accents_are_unsure_unless_the_server_is_known() {
        let pattern = Pattern::new("e", false, true, None);
        assert_eq!(pattern.matches("É"), Answer3::Unknown);
        assert_eq!(pattern.matches("E"), Answer3::Yes);
        assert_eq!(
            Pattern::new("e", false, true, Some(false)).matches("É"),
            Answer3::No
        );
    }
}
