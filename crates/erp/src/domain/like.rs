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
        let pattern = if whole { text.to_owned() } else { format!("%{text}%") };
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
        Self { parts, folds, unsure_accents }
    }

    /// Whether it asks for a character that no date and no number has.
    pub(super) fn needs_letters(&self) -> bool {
        self.parts.iter().any(|part| {
            matches!(part, Part::One(character)
                if !character.is_ascii_digit() && !matches!(character, '-' | ':' | '.' | ' '))
        })
    }

    /// Whether the text matches.
    pub(super) fn matches(&self, text: &str) -> Answer3 {
        if self.parts.contains(&Part::Broken) {
            return Answer3::Unknown;
        }
        if self.unsure_accents {
            let plain = |part: &Part| !matches!(part, Part::One(character) if !character.is_ascii());
            if self.parts == [Part::Rest] {
                return Answer3::Yes;
            }
            if !text.is_ascii() || !self.parts.iter().all(plain) {
                return Answer3::Unknown;
            }
        }
        let text: Vec<char> = text.chars().map(|character| fold(character, self.folds)).collect();
        if matches(&self.parts, &text) { Answer3::Yes } else { Answer3::No }
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
    fn accents_are_unsure_unless_the_server_is_known() {
        let pattern = Pattern::new("e", false, true, None);
        assert_eq!(pattern.matches("É"), Answer3::Unknown);
        assert_eq!(pattern.matches("E"), Answer3::Yes);
        assert_eq!(Pattern::new("e", false, true, Some(false)).matches("É"), Answer3::No);
    }
}
