//! Tokens of an ASC file.
//!
//! Lines matter: a comment and a string end with the line, and on a line that holds an `@` nothing from there on
//! is seen once a token was taken from the line, because NEURON's scanner uses `@` as its end mark.

use crate::number::scan_f64;
use memchr::memchr;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Token {
    /// End of the file.
    End,
    /// A number.
    Number(f64),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// `|`
    Bar,
    /// `<`
    OpenSpine,
    /// `>`
    CloseSpine,
    /// `Set`, also as the start of a longer word
    Set,
    /// `RGB`
    Rgb,
    /// A quoted text
    Text,
    /// A word of letters, digits and underscores
    Label,
    /// A byte that starts no token
    Bad,
    /// A quote that is not closed on its line
    Unclosed,
}

/// A token with its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placed {
    /// What it is.
    pub token: Token,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line, from 1.
    pub line: usize,
}

/// Where the scanner stands; small, so that a parser can go back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lexer<'a> {
    bytes: &'a [u8],
    /// Next byte of the current line.
    at: usize,
    /// End of what is seen of the current line.
    end: usize,
    /// Whether the line's end mark is still there.
    newline: bool,
    /// Whether the line holds an `@`.
    marked: bool,
    /// Whether any line does.
    any_mark: bool,
    /// Start of the next line.
    next_line: usize,
    line: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let any_mark = memchr(b'@', bytes).is_some();
        Self { bytes, at: 0, end: 0, newline: false, marked: false, any_mark, next_line: 0, line: 0 }
    }

    /// The next token. A bad one is given again and again.
    pub(crate) fn next(&mut self) -> Placed {
        loop {
            if self.end - self.at + usize::from(self.newline) <= 1 && !self.load_line() {
                let end = self.bytes.len();
                return Placed { token: Token::End, start: end, end, line: self.line };
            }
            if self.end - self.at + usize::from(self.newline) <= 1 {
                continue;
            }
            let start = self.skip_space(self.at);
            if self.byte(start) == Some(b';') && self.more(start + 1) {
                (self.at, self.end, self.newline) = (start, start, false);
                continue;
            }
            let token = self.token(start);
            let end = if matches!(token, Token::Bad) { (start + 1).min(self.end) } else { self.at };
            return Placed { token, start, end: end.max(start), line: self.line };
        }
    }

    fn load_line(&mut self) -> bool {
        if self.next_line >= self.bytes.len() {
            return false;
        }
        let rest = &self.bytes[self.next_line..];
        let length = memchr(b'\n', rest).unwrap_or(rest.len());
        let text = &rest[..length];
        let trimmed = text.iter().rposition(|&b| !is_space(b)).map_or(0, |last| last + 1);
        self.at = self.next_line;
        self.end = self.at + trimmed;
        self.newline = true;
        self.marked = self.any_mark && text.contains(&b'@');
        self.next_line += length + 1;
        self.line += 1;
        true
    }

    fn byte(&self, at: usize) -> Option<u8> {
        if at < self.end { self.bytes.get(at).copied() } else { None }
    }

    fn skip_space(&self, mut at: usize) -> usize {
        while self.byte(at).is_some_and(is_space) {
            at += 1;
        }
        at
    }

    /// Whether something other than an `@` follows, as every token needs.
    fn more(&self, at: usize) -> bool {
        self.byte(at).map_or(self.newline, |byte| byte != b'@')
    }

    /// Moves behind a token if it is followed as it must be.
    fn take(&mut self, after: usize) -> bool {
        if !self.more(after) {
            return false;
        }
        if self.marked
            && let Some(mark) = self.bytes[after..self.end].iter().position(|&b| b == b'@')
        {
            (self.end, self.newline) = (after + mark, false);
        }
        self.at = after;
        true
    }

    fn token(&mut self, start: usize) -> Token {
        let Some(byte) = self.byte(start) else { return Token::Bad };
        let single = match byte {
            b'(' => Some(Token::Open),
            b')' => Some(Token::Close),
            b',' => Some(Token::Comma),
            b'|' => Some(Token::Bar),
            b'<' => Some(Token::OpenSpine),
            b'>' => Some(Token::CloseSpine),
            _ => None,
        };
        if let Some(token) = single {
            return if self.take(start + 1) { token } else { Token::Bad };
        }
        if let Some((value, length)) = scan_f64(&self.bytes[start..self.end])
            && self.take(start + length)
        {
            return Token::Number(value);
        }
        if byte == b'"' {
            return self.text(start);
        }
        for (word, token) in
            [("set", Token::Set), ("Set", Token::Set), ("SET", Token::Set), ("RGB", Token::Rgb)]
        {
            if self.bytes[start..self.end].starts_with(word.as_bytes()) {
                let after = self.skip_space(start + word.len());
                if after < self.end && self.take(after) {
                    return token;
                }
            }
        }
        let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        let length = self.bytes[start..self.end].iter().take_while(|b| is_word(b)).count();
        if length > 0 && self.take(start + length) { Token::Label } else { Token::Bad }
    }

    fn text(&mut self, start: usize) -> Token {
        let inside = start + 1;
        match self.bytes[inside..self.end].iter().position(|&b| b == b'"') {
            Some(length) if self.take(inside + length + 1) => Token::Text,
            _ => {
                let found = Token::Unclosed;
                self.at = self.end;
                found
            }
        }
    }
}

/// C's `isspace`.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}
