//! The path of a route: words, and parameters whose values are bounded.

use std::collections::BTreeMap;
use std::fmt;

use portcullis_erp::visit::owned;
use regex::{Regex, RegexBuilder};

use crate::listener::Path;

/// The longest value of a parameter, in bytes.
const LONGEST: usize = 128;

/// How large an expression may become once compiled, in bytes.
const COMPILED: usize = 256 << 10;

/// A parameter that has no expression of its own.
const USUAL: &str = "[A-Za-z0-9_-]{1,64}";

/// The values of a path's parameters, by name.
pub(crate) type Parameters = Vec<(String, String)>;

/// A path with parameters.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    pieces: Vec<Piece>,
    trailing: bool,
}

#[derive(Debug, Clone)]
enum Piece {
    Word(String),
    Parameter(String, Regex),
}

/// An expression that must hold for the whole of a parameter's value.
pub(crate) fn bounded(expression: &str) -> Result<Regex, String> {
    let compiled = |text: &str| RegexBuilder::new(text).size_limit(COMPILED).build();
    // By itself first: one that closes our bracket would no longer hold for the whole.
    compiled(expression)
        .and_then(|_| compiled(&format!("^(?:{expression})$")))
        .map_err(|_| "this is no regular expression, or one that grows too large".to_owned())
}

impl Pattern {
    /// Reads a path such as `/api/orders/{id}`.
    pub(crate) fn new(text: &str, expressions: &BTreeMap<String, Regex>) -> Result<Self, String> {
        let rest = text.strip_prefix('/').ok_or("a path begins with `/`")?;
        let (rest, trailing) = match rest.strip_suffix('/') {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let mut pieces: Vec<Piece> = Vec::new();
        for part in rest.split('/') {
            let name = part
                .strip_prefix('{')
                .and_then(|part| part.strip_suffix('}'));
            let piece = match name {
                Some(name) if is_name(name) => {
                    if names(&pieces).any(|other| other == name) {
                        return Err(format!("`{{{name}}}` stands twice in the path"));
                    }
                    let expression = match expressions.get(name) {
                        Some(expression) => expression.clone(),
                        None => bounded(USUAL)?,
                    };
                    Piece::Parameter(name.to_owned(), expression)
                }
                None if is_word(part) => Piece::Word(part.to_owned()),
                Some(_) | None => {
                    return Err(format!(
                        "`{part}` is neither a word of A-Z, a-z, 0-9, `-`, `_`, `.`, `~` nor a `{{parameter}}`"
                    ));
                }
            };
            pieces.push(piece);
        }
        let pattern = Self { pieces, trailing };
        match pattern.owner() {
            None => Ok(pattern),
            Some(path) => Err(format!(
                "`{path}` belongs to a dialect or to the gateway; a route cannot lead there"
            )),
        }
    }

    /// The values of the parameters, if this is such a path.
    pub(crate) fn read(&self, path: &Path) -> Option<Parameters> {
        let segments = path.segments();
        if path.has_trailing_slash() != self.trailing || segments.len() != self.pieces.len() {
            return None;
        }
        let mut found = Parameters::new();
        for (piece, segment) in self.pieces.iter().zip(segments) {
            match piece {
                Piece::Word(word) if word == segment => {}
                Piece::Parameter(name, expression)
                    if segment.len() <= LONGEST
                        && !segment.contains('/')
                        && expression.is_match(segment) =>
                {
                    found.push((name.clone(), segment.clone()));
                }
                Piece::Word(_) | Piece::Parameter(..) => return None,
            }
        }
        Some(found)
    }

    /// The segments with these values in the places of the parameters.
    pub(crate) fn fill(&self, parameters: &Parameters) -> Vec<String> {
        let value = |name: &str| {
            let found = parameters.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Word(word) => word.clone(),
                Piece::Parameter(name, _) => value(name),
            })
            .collect()
    }

    /// Whether the path ends in `/`.
    pub(crate) fn has_trailing_slash(&self) -> bool {
        self.trailing
    }

    /// The names of the parameters, in their order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        names(&self.pieces)
    }

    /// Whether some path fits both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.trailing == other.trailing
            && self.pieces.len() == other.pieces.len()
            && self
                .pieces
                .iter()
                .zip(&other.pieces)
                .all(|pair| match pair {
                    (Piece::Word(one), Piece::Word(other)) => one == other,
                    (Piece::Word(word), Piece::Parameter(_, expression))
                    | (Piece::Parameter(_, expression), Piece::Word(word)) => {
                        expression.is_match(word)
                    }
                    (Piece::Parameter(..), Piece::Parameter(..)) => true,
                })
    }

    /// Whether a resource of the façade would no longer be reached.
    pub(crate) fn hides(&self, resource: &str) -> bool {
        let words = ["api", "v1", resource];
        let fits = |(piece, word): (&Piece, &str)| match piece {
            Piece::Word(own) => own == word,
            Piece::Parameter(_, expression) => expression.is_match(word),
        };
        self.pieces.len() >= words.len() && self.pieces.iter().zip(words).all(fits)
    }

    /// A path of a dialect that this one can become, if it can.
    fn owner(&self) -> Option<String> {
        let plain: Vec<String> = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Word(word) => word.clone(),
                Piece::Parameter(name, _) => format!("{{{name}}}"),
            })
            .collect();
        if owned::owned(&plain) {
            return Some(format!("/{}", plain.join("/")));
        }
        for (at, piece) in self.pieces.iter().enumerate() {
            let Piece::Parameter(_, expression) = piece else {
                continue;
            };
            for word in owned::words().filter(|word| expression.is_match(word)) {
                let mut filled = plain.clone();
                if let Some(segment) = filled.get_mut(at) {
                    word.clone_into(segment);
                }
                if owned::owned(&filled) {
                    return Some(format!("/{}", filled.join("/")));
                }
            }
        }
        None
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Word(word) => write!(f, "/{word}")?,
                Piece::Parameter(name, _) => write!(f, "/{{{name}}}")?,
            }
        }
        if self.trailing {
            f.write_str("/")
        } else {
            Ok(())
        }
    }
}

fn names(pieces: &[Piece]) -> impl Iterator<Item = &str> {
    pieces.iter().filter_map(|piece| match piece {
        Piece::Word(_) => None,
        Piece::Parameter(name, _) => Some(name.as_str()),
    })
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Letters that no reader of a path writes in another way.
fn is_word(word: &str) -> bool {
    !matches!(word, "" | "." | "..")
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str, expressions: &[(&str, &str)]) -> Result<Pattern, String> {
        let expressions = expressions
            .iter()
            .map(|(name, text)| ((*name).to_owned(), bounded(text).unwrap()))
            .collect();
        Pattern::new(text, &expressions)
    }

    fn read(pattern: &Pattern, path: &str) -> Option<Parameters> {
        pattern.read(&Path::read(path).ok()?)
    }

    #[test]
    fn a_parameter_holds_what_its_expression_says_and_nothing_else() {
        let orders = pattern("/api/orders/{id}", &[("id", "[0-9]{1,9}")]).unwrap();
        let found = read(&orders, "/api/orders/17").unwrap();
        assert_eq!(orders.fill(&found), ["api", "orders", "17"]);
        for path in [
            "/api/orders/",
            "/api/orders",
            "/api/orders/x",
            "/api/orders/17/",
            "/api/orders/17/x",
            "/api/orders/17%2Fx",
            "/api/orders/17%0A",
            "/API/orders/17",
            "/api/orders/1234567890",
        ] {
            assert_eq!(read(&orders, path), None, "{path}");
        }
        let usual = pattern("/shop/{name}", &[]).unwrap();
        assert!(read(&usual, "/shop/a-b_7").is_some());
        for path in ["/shop/a.b", "/shop/a%20b", "/shop/a%2e%2e", "/shop/%C3%A4"] {
            assert_eq!(read(&usual, path), None, "{path}");
        }
    }

    #[test]
    fn no_pattern_can_become_a_path_of_a_dialect() {
        assert!(pattern("/api/orders", &[]).is_ok());
        for text in [
            "/{all}",
            "/{first}/2/object",
            "/api/{what}",
            "/api/v1/{model}",
            "/de/{page}",
            "/web/x",
            "/WEB/x",
            "/api/v2/x",
            "/",
            "//a",
            "/a/../b",
            "/a%2fb",
            "a",
        ] {
            assert!(pattern(text, &[]).is_err(), "{text}");
        }
        assert!(pattern("/api/{id}", &[("id", "[0-9]+")]).is_ok());
    }

    #[test]
    fn an_expression_holds_for_the_whole_value() {
        assert!(bounded("a|b").unwrap().is_match("a"));
        assert!(!bounded("a|b").unwrap().is_match("ax"));
        assert!(!bounded("[0-9]+").unwrap().is_match("1\n"));
        for broken in ["a)|(b", "(", "a{1000}{1000}{1000}"] {
            assert!(bounded(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn paths_overlap_where_one_request_fits_both() {
        let numbered = pattern("/orders/{id}", &[("id", "[0-9]+")]).unwrap();
        let named = pattern("/orders/{name}", &[]).unwrap();
        let new = pattern("/orders/new", &[]).unwrap();
        assert!(numbered.overlaps(&named));
        assert!(named.overlaps(&new));
        assert!(!numbered.overlaps(&new));
        assert!(!new.overlaps(&pattern("/orders/new/", &[]).unwrap()));
    }
}
