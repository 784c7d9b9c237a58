//! Reads an expression.

use std::iter::Peekable;
use std::str::Chars;

use portcullis_erp::value::Value;

use super::{Comparison, Expression};

/// The longest expression, in bytes.
const LONGEST: usize = 200_000;
/// How deep one may lie in another.
const DEEPEST: usize = 24;

pub(super) fn expression(text: &str) -> Result<Expression, String> {
    if text.len() > LONGEST {
        return Err("it is too long".to_owned());
    }
    let mut reader = Reader {
        tokens: tokens(text)?.into_iter().peekable(),
    };
    let read = reader.expression(DEEPEST)?;
    match reader.tokens.next() {
        None => Ok(read),
        Some(token) => Err(format!("{token:?} is too much")),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Literal(Value),
    Word(String),
    Sign(&'static str),
}

const SIGNS: &[&str] = &["==", "!=", "[", "]", "(", ")", ",", ".", "+", "-"];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut left = text.chars().peekable();
    while let Some(&first) = left.peek() {
        match first {
            ' ' | '\t' | '\n' | '\r' => {
                left.next();
            }
            '#' => while left.next_if(|letter| *letter != '\n').is_some() {},
            '\'' | '"' => {
                left.next();
                found.push(Token::Literal(Value::Text(quoted(&mut left, first)?)));
            }
            '0'..='9' => found.push(Token::Literal(number(&mut left)?)),
            'a'..='z' | 'A'..='Z' | '_' => {
                let is_part = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
                let mut word = String::new();
                while let Some(letter) = left.next_if(is_part) {
                    word.push(letter);
                }
                found.push(match word.as_str() {
                    "True" => Token::Literal(Value::Bool(true)),
                    "False" => Token::Literal(Value::Bool(false)),
                    "None" => Token::Literal(Value::Null),
                    _ => Token::Word(word),
                });
            }
            _ => {
                left.next();
                let two = left.peek().map(|second| format!("{first}{second}"));
                let sign = SIGNS.iter().find(|sign| Some(**sign) == two.as_deref());
                if sign.is_some() {
                    left.next();
                }
                let one = first.to_string();
                let sign = sign.or_else(|| SIGNS.iter().find(|sign| **sign == one));
                found.push(Token::Sign(sign.ok_or("a sign is not known")?));
            }
        }
    }
    Ok(found)
}

/// A text behind its opening quote. Three quotes are none that is read here.
fn quoted(left: &mut Peekable<Chars<'_>>, quote: char) -> Result<String, String> {
    const OPEN: &str = "a text has no end";
    let mut plain = String::new();
    loop {
        match left.next().ok_or(OPEN)? {
            '\\' => {
                let escaped = left.next().ok_or(OPEN)?;
                let digits = match escaped {
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    _ => 0,
                };
                plain.push(match escaped {
                    '\\' | '\'' | '"' => escaped,
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    _ if digits > 0 => {
                        let digits: String = left.take(digits).collect();
                        let number = u32::from_str_radix(&digits, 16).ok();
                        let letter = number.and_then(char::from_u32);
                        letter.ok_or("a letter is none")?
                    }
                    _ => return Err("an escape is not known".to_owned()),
                });
            }
            '\n' => return Err(OPEN.to_owned()),
            letter if letter == quote => return Ok(plain),
            letter => plain.push(letter),
        }
    }
}

fn number(left: &mut Peekable<Chars<'_>>) -> Result<Value, String> {
    let mut digits = String::new();
    loop {
        let signed = digits.ends_with('e');
        let is_part = |letter: &char| {
            letter.is_ascii_digit()
                || matches!(letter, '.' | 'e')
                || (signed && matches!(letter, '+' | '-'))
        };
        match left.next_if(is_part) {
            Some(letter) => digits.push(letter),
            None => break,
        }
    }
    if digits.contains(['.', 'e']) {
        let number: f64 = digits.parse().map_err(|_| "a number is none")?;
        return Ok(Value::Float(number));
    }
    Ok(digits
        .parse()
        .map_or_else(|_| Value::Big(digits.into()), Value::Int))
}

struct Reader {
    tokens: Peekable<std::vec::IntoIter<Token>>,
}

impl Reader {
    fn sign(&mut self, sign: &'static str) -> bool {
        self.tokens.next_if_eq(&Token::Sign(sign)).is_some()
    }

    fn word(&mut self, word: &str) -> bool {
        let is_it = |token: &Token| matches!(token, Token::Word(found) if found == word);
        self.tokens.next_if(is_it).is_some()
    }

    fn expression(&mut self, depth: usize) -> Result<Expression, String> {
        let depth = depth.checked_sub(1).ok_or("it is too deep")?;
        let then = self.either(depth)?;
        if !self.word("if") {
            return Ok(then);
        }
        let condition = self.either(depth)?;
        if !self.word("else") {
            return Err("`if` without `else`".to_owned());
        }
        let otherwise = self.expression(depth)?;
        Ok(Expression::If(
            condition.into(),
            then.into(),
            otherwise.into(),
        ))
    }

    fn either(&mut self, depth: usize) -> Result<Expression, String> {
        let mut left = self.both(depth)?;
        while self.word("or") {
            left = Expression::Or(left.into(), self.both(depth)?.into());
        }
        Ok(left)
    }

    fn both(&mut self, depth: usize) -> Result<Expression, String> {
        let mut left = self.negated(depth)?;
        while self.word("and") {
            left = Expression::And(left.into(), self.negated(depth)?.into());
        }
        Ok(left)
    }

    fn negated(&mut self, depth: usize) -> Result<Expression, String> {
        let depth = depth.checked_sub(1).ok_or("it is too deep")?;
        if self.word("not") {
            return Ok(Expression::Not(self.negated(depth)?.into()));
        }
        let left = self.sum(depth)?;
        let comparison = if self.sign("==") {
            Comparison::Equal
        } else if self.sign("!=") {
            Comparison::NotEqual
        } else if self.word("in") {
            Comparison::In
        } else if self.word("not") {
            if !self.word("in") {
                return Err("`not` without `in`".to_owned());
            }
            Comparison::NotIn
        } else {
            return Ok(left);
        };
        Ok(Expression::Compared(
            left.into(),
            comparison,
            self.sum(depth)?.into(),
        ))
    }

    fn sum(&mut self, depth: usize) -> Result<Expression, String> {
        let mut left = self.part(depth)?;
        while self.sign("+") {
            left = Expression::Sum(left.into(), self.part(depth)?.into());
        }
        Ok(left)
    }

    fn part(&mut self, depth: usize) -> Result<Expression, String> {
        let mut part = self.atom(depth)?;
        while self.sign(".") {
            let Some(Token::Word(name)) = self.tokens.next() else {
                return Err("a name is missing".to_owned());
            };
            part = if self.sign("(") {
                let argument = self.expression(depth)?;
                if !self.sign(")") {
                    return Err("a call has more than one argument".to_owned());
                }
                Expression::Call(part.into(), name, argument.into())
            } else {
                Expression::Attribute(part.into(), name)
            };
        }
        Ok(part)
    }

    fn atom(&mut self, depth: usize) -> Result<Expression, String> {
        match self.tokens.next().ok_or("it ends too early")? {
            Token::Literal(value) => Ok(Expression::Literal(value)),
            Token::Word(name) => Ok(Expression::Name(name)),
            Token::Sign("-") => match self.tokens.next() {
                Some(Token::Literal(Value::Int(number))) => {
                    Ok(Expression::Literal(Value::Int(-number)))
                }
                Some(Token::Literal(Value::Float(number))) => {
                    Ok(Expression::Literal(Value::Float(-number)))
                }
                Some(Token::Literal(Value::Big(digits))) => {
                    // The least number of 64 bits has no opposite.
                    let digits = format!("-{digits}");
                    let value = digits.parse().map(Value::Int);
                    Ok(Expression::Literal(
                        value.unwrap_or_else(|_| Value::Big(digits.into())),
                    ))
                }
                _ => Err("`-` without a number".to_owned()),
            },
            Token::Sign("[") => Ok(Expression::List(self.items("]", depth)?.0)),
            Token::Sign("(") => match self.items(")", depth)? {
                (mut items, false) if items.len() == 1 => {
                    items.pop().ok_or_else(|| "it is empty".to_owned())
                }
                (items, _) => Ok(Expression::List(items)),
            },
            Token::Sign(sign) => Err(format!("`{sign}` stands where nothing may")),
        }
    }

    /// The items up to the closing sign, and whether a comma stood among them.
    fn items(
        &mut self,
        close: &'static str,
        depth: usize,
    ) -> Result<(Vec<Expression>, bool), String> {
        let (mut items, mut commas) = (Vec::new(), false);
        loop {
            if self.sign(close) {
                return Ok((items, commas));
            }
            items.push(self.expression(depth)?);
            let comma = self.sign(",");
            commas |= comma;
            if !comma {
                return if self.sign(close) {
                    Ok((items, commas))
                } else {
                    Err("a list has no end".to_owned())
                };
            }
        }
    }
}
