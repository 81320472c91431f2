//! Words of a snippet.

use super::parser::SyntaxError;

/// A word with its place in the text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Word<'a> {
    /// What it is.
    pub token: Token<'a>,
    /// Where it begins (bytes).
    pub start: usize,
    /// Its length (bytes).
    pub length: usize,
}

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'a> {
    /// A number as Python writes decimal ones.
    Number(f64),
    /// A name.
    Name(&'a str),
    /// `%s`, the section.
    Wildcard,
    /// An operator or bracket.
    Symbol(&'static str),
    /// `;` or the end of a line.
    Separator,
    /// The end of the text.
    End,
}

/// Operators and brackets; of several that fit the first is meant.
const SYMBOLS: [&str; 19] = [
    "**=", "//=", "**", "//", "+=", "-=", "*=", "/=", "%=", "==", "+", "-", "*", "/", "%", "=", ".", "(", ")",
];

/// The words of a text. Ends of lines inside brackets and comments are left out.
pub fn words(text: &str) -> Result<Vec<Word<'_>>, SyntaxError> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    while let Some(first) = text[start..].chars().next() {
        let rest = &text[start..];
        let (token, length) = if first == '#' {
            start += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if first == '\n' && depth == 0 || first == ';' {
            (Token::Separator, 1)
        } else if first.is_whitespace() {
            start += first.len_utf8();
            continue;
        } else if rest.starts_with("%s.") {
            (Token::Wildcard, 2)
        } else if first.is_ascii_digit() || is_fraction(rest) {
            number(rest, start)?
        } else if first.is_alphabetic() || first == '_' {
            let name = name(rest);
            (Token::Name(name), name.len())
        } else if let Some(symbol) = symbol(rest) {
            (Token::Symbol(symbol), symbol.len())
        } else {
            let remedy = "write assignments such as `NAME = 1.5`, separated by `;`";
            let what = format!("unexpected `{first}`");
            return Err(SyntaxError::new(start, first.len_utf8(), what, remedy));
        };
        match token {
            Token::Symbol("(" | "[") => depth += 1,
            Token::Symbol(")" | "]") => depth = depth.saturating_sub(1),
            _ => {}
        }
        words.push(Word { token, start, length });
        start += length;
    }
    words.push(Word { token: Token::End, start: text.len(), length: 0 });
    Ok(words)
}

fn symbol(rest: &str) -> Option<&'static str> {
    let brackets = ["[", "]"];
    SYMBOLS.into_iter().chain(brackets).find(|symbol| rest.starts_with(symbol))
}

fn is_fraction(rest: &str) -> bool {
    let mut characters = rest.chars();
    characters.next() == Some('.') && characters.next().is_some_and(|next| next.is_ascii_digit())
}

fn name(rest: &str) -> &str {
    let end = rest.find(|character: char| !(character.is_alphanumeric() || character == '_'));
    &rest[..end.unwrap_or(rest.len())]
}

/// A decimal number at the beginning of `rest`: `3`, `3.`, `.5`, `1_000`, `1e-3`.
fn number(rest: &str, start: usize) -> Result<(Token<'static>, usize), SyntaxError> {
    let digits = |text: &str| text.find(|c: char| !(c.is_ascii_digit() || c == '_')).unwrap_or(text.len());
    let mut length = digits(rest);
    if rest[length..].starts_with('.') {
        length += 1;
        length += digits(&rest[length..]);
    }
    if rest[length..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[length + 1..].starts_with(['+', '-']));
        let exponent = digits(&rest[length + 1 + sign..]);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    let tail = name(&rest[length..]).len();
    let text = &rest[..length + tail];
    let is_doubtful = tail > 0 || text.ends_with('_') || text.contains("__");
    match text.replace('_', "").parse::<f64>() {
        Ok(value) if !is_doubtful && value.is_finite() => Ok((Token::Number(value), length)),
        _ => {
            let remedy = "write a decimal number such as `0.25` or `2.5e-4`";
            Err(SyntaxError::new(start, text.len(), format!("`{text}` is not a number"), remedy))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        words(text).expect("it is right").into_iter().map(|word| word.token).collect()
    }

    #[test]
    fn numbers_are_pythons() {
        for (text, value) in
            [("3", 3.0), ("3.", 3.0), (".5", 0.5), ("1_000", 1000.0), ("1e-3", 1e-3), ("2.5E+2", 250.0)]
        {
            assert_eq!(tokens(text), [Token::Number(value), Token::End], "{text}");
        }
        for text in ["0x10", "1j", "1e999", "1__0", "12_", "3gbar"] {
            assert!(words(text).is_err(), "{text}");
        }
    }

    #[test]
    fn wildcard_and_remainder_differ() {
        use Token::{End, Name, Number, Symbol, Wildcard};
        assert_eq!(tokens("%s.a"), [Wildcard, Symbol("."), Name("a"), End]);
        assert_eq!(tokens("7%s"), [Number(7.0), Symbol("%"), Name("s"), End]);
        assert_eq!(tokens("a //= b"), [Name("a"), Symbol("//="), Name("b"), End]);
    }

    #[test]
    fn lines_end_outside_of_brackets_only() {
        use Token::{End, Number, Separator, Symbol};
        let expected = [Number(1.0), Separator, Number(2.0), End];
        assert_eq!(tokens("1 # one\n2"), expected);
        let expected = [Symbol("("), Number(1.0), Number(2.0), Symbol(")"), End];
        assert_eq!(tokens("(1\n2)"), expected);
    }
}
