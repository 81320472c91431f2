//! The value of the condition of `#if`.

use crate::syntax::lexer::{CKind, Token, TokenKind};

/// Nesting that conditions have.
const MAXIMUM_DEPTH: usize = 60;

/// The value of `tokens`, in which all macros are replaced; names that are left count as 0, as in C. `None` where it
/// is no expression.
pub(super) fn evaluate(tokens: &[Token<'_>]) -> Option<i64> {
    let mut reader = Reader { tokens, position: 0, depth: 0 };
    let value = reader.conditional()?;
    (reader.position == tokens.len()).then_some(value)
}

struct Reader<'r, 't> {
    tokens: &'r [Token<'t>],
    position: usize,
    depth: usize,
}

fn level(mark: &str) -> Option<u8> {
    Some(match mark {
        "||" => 1,
        "&&" => 2,
        "|" => 3,
        "^" => 4,
        "&" => 5,
        "==" | "!=" => 6,
        "<" | "<=" | ">" | ">=" => 7,
        "<<" | ">>" => 8,
        "+" | "-" => 9,
        "*" | "/" | "%" => 10,
        _ => return None,
    })
}

fn compute(mark: &str, left: i64, right: i64) -> Option<i64> {
    let shift = u32::try_from(right).unwrap_or(64);
    Some(match mark {
        "||" => i64::from(left != 0 || right != 0),
        "&&" => i64::from(left != 0 && right != 0),
        "|" => left | right,
        "^" => left ^ right,
        "&" => left & right,
        "==" => i64::from(left == right),
        "!=" => i64::from(left != right),
        "<" => i64::from(left < right),
        "<=" => i64::from(left <= right),
        ">" => i64::from(left > right),
        ">=" => i64::from(left >= right),
        "<<" => left.checked_shl(shift)?,
        ">>" => left.checked_shr(shift)?,
        "+" => left.wrapping_add(right),
        "-" => left.wrapping_sub(right),
        "*" => left.wrapping_mul(right),
        "/" => left.checked_div(right)?,
        "%" => left.checked_rem(right)?,
        _ => return None,
    })
}

impl<'t> Reader<'_, 't> {
    fn mark(&self) -> &'t str {
        match self.tokens.get(self.position) {
            Some(token) if token.kind == TokenKind::C(CKind::Mark) => token.text,
            _ => "",
        }
    }

    fn eat(&mut self, mark: &str) -> Option<()> {
        (self.mark() == mark).then(|| self.position += 1)
    }

    fn conditional(&mut self) -> Option<i64> {
        let condition = self.binary(1)?;
        if self.eat("?").is_none() {
            return Some(condition);
        }
        let yes = self.deeper(Self::conditional)?;
        self.eat(":")?;
        let no = self.deeper(Self::conditional)?;
        Some(if condition != 0 { yes } else { no })
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Option<i64>) -> Option<i64> {
        if self.depth >= MAXIMUM_DEPTH {
            return None;
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn binary(&mut self, least: u8) -> Option<i64> {
        let mut left = self.unary()?;
        while let Some(level) = level(self.mark()).filter(|&level| level >= least) {
            let mark = self.mark();
            self.position += 1;
            let right = self.deeper(|reader| reader.binary(level + 1))?;
            // A side that does not count may divide by 0
            left = match compute(mark, left, right) {
                Some(value) => value,
                None if matches!(mark, "/" | "%") => 0,
                None => return None,
            };
        }
        Some(left)
    }

    fn unary(&mut self) -> Option<i64> {
        let token = self.tokens.get(self.position)?;
        self.position += 1;
        match token.kind {
            TokenKind::C(CKind::Integer) => integer(token.text).map(|(value, _)| value),
            TokenKind::C(CKind::Character) => character(token.text),
            TokenKind::C(CKind::Word) => Some(i64::from(token.text == "true")),
            TokenKind::C(CKind::Mark) => match token.text {
                "!" => self.deeper(Self::unary).map(|value| i64::from(value == 0)),
                "-" => self.deeper(Self::unary).map(i64::wrapping_neg),
                "+" => self.deeper(Self::unary),
                "~" => self.deeper(Self::unary).map(|value| !value),
                "(" => {
                    let value = self.deeper(Self::conditional)?;
                    self.eat(")")?;
                    Some(value)
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// The value of an integer of C, and whether its suffix says that it has no sign.
pub(super) fn integer(text: &str) -> Option<(i64, bool)> {
    let hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    let digits = text.trim_end_matches(['u', 'U', 'l', 'L']);
    let unsigned = text[digits.len()..].contains(['u', 'U']);
    let value = if hexadecimal {
        i64::from_str_radix(&digits[2..], 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(&digits[1..], 8)
    } else {
        digits.parse()
    };
    Some((value.ok()?, unsigned))
}

/// The value of a character between its quotes.
pub(super) fn character(text: &str) -> Option<i64> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut characters = inner.chars();
    let value = match (characters.next()?, characters.as_str()) {
        ('\\', "n") => '\n',
        ('\\', "t") => '\t',
        ('\\', "r") => '\r',
        ('\\', "0") => '\0',
        ('\\', "\\") => '\\',
        ('\\', "'") => '\'',
        ('\\', "\"") => '"',
        (plain, "") if plain.is_ascii() && plain != '\\' => plain,
        _ => return None,
    };
    Some(i64::from(u32::from(value)))
}
