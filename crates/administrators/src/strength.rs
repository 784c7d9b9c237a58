//! Whether a password is good enough for somebody who administers.
//!
//! Length and guessability (zxcvbn), no rules about kinds of characters: NIST SP 800-63B says
//! why. The name and the gateway's own words count as guessed.

use portcullis_identity::{AdministratorName, Secret};
use zxcvbn::Score;

/// The fewest characters.
const LEAST: usize = 12;
/// The most characters, so that nobody makes the gateway hash a book.
const MOST: usize = 128;
/// The least score of zxcvbn, of 0 to 4: 10^8 guesses and more.
const SCORE: Score = Score::Three;

/// Why a password is not good enough.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// It is short.
    #[error("the password is too short: it needs at least {LEAST} characters")]
    Short,
    /// It is long.
    #[error("the password is too long: it may have {MOST} characters")]
    Long,
    /// It has a character that cannot be typed again.
    #[error("the password has a control character, which cannot be typed again")]
    Control,
    /// It is guessed easily.
    #[error("the password is too easy to guess{}", advice(.0))]
    Guessable(Vec<String>),
}

/// Judges a password for an administrator of this name.
///
/// # Errors
/// When it is not good enough; the message says what would be.
pub fn judge(password: &Secret<String>, name: &AdministratorName) -> Result<(), Weakness> {
    password.expose(|plain| {
        let length = plain.chars().count();
        if length < LEAST {
            return Err(Weakness::Short);
        }
        if length > MOST {
            return Err(Weakness::Long);
        }
        if plain.chars().any(char::is_control) {
            return Err(Weakness::Control);
        }
        let parts: Vec<&str> = name.as_str().split(['@', '.', '-', '_', '+']).collect();
        let (local, _) = name.as_str().split_once('@').unwrap_or((name.as_str(), ""));
        let together: String = local.chars().filter(char::is_ascii_alphanumeric).collect();
        let mut words = vec![name.as_str(), &together, "portcullis", "administrator"];
        words.extend(parts);
        let found = zxcvbn::zxcvbn(plain, &words);
        if found.score() >= SCORE {
            return Ok(());
        }
        let feedback = found.feedback();
        let warning = feedback.and_then(|feedback| feedback.warning());
        let suggestions = feedback.map(|feedback| feedback.suggestions());
        let told = warning.map(|warning| warning.to_string());
        let more = suggestions.into_iter().flatten().map(ToString::to_string);
        Err(Weakness::Guessable(told.into_iter().chain(more).collect()))
    })
}

fn advice(told: &[String]) -> String {
    if told.is_empty() {
        return String::new();
    }
    format!(": {}", told.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str) -> Result<(), Weakness> {
        let anna = AdministratorName::new("anna.schmidt@example.com").unwrap();
        judge(&Secret::from(text), &anna)
    }

    #[test]
    fn a_good_one_is_taken() {
        assert_eq!(judged("four rather odd giraffes"), Ok(()));
        assert_eq!(judged("Zürich-Öl 7 Tassen Tee"), Ok(()), "in any alphabet");
    }

    #[test]
    fn short_and_endless_ones_are_refused() {
        assert_eq!(judged("xK9#qL2!vB7"), Err(Weakness::Short), "11 characters");
        assert_eq!(judged("xK9#qL2!vB7&"), Ok(()), "12 characters");
        let longest: String = "xK9#qL2!vB7&".chars().cycle().take(128).collect();
        assert_ne!(judged(&longest), Err(Weakness::Long));
        assert_eq!(judged(&format!("{longest}a")), Err(Weakness::Long));
        assert_eq!(judged("xK9#qL2!vB7\u{7}&"), Err(Weakness::Control));
    }

    #[test]
    fn what_is_guessed_is_refused_with_advice() {
        for weak in [
            "passwordpassword",
            "aaaaaaaaaaaaaaaa",
            "qwertyuiop123",
            "portcullis123",
            "annaschmidt12",
            "anna.schmidt@example.com",
        ] {
            let Err(Weakness::Guessable(advice)) = judged(weak) else {
                panic!("{weak} is taken");
            };
            assert!(!advice.is_empty(), "{weak}");
        }
        let text = judged("passwordpassword").unwrap_err().to_string();
        assert!(!text.contains("passwordpassword"), "it is not told: {text}");
    }
}
