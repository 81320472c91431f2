//! From C text to tokens.

use crate::syntax::lexer::{CKind, Token, TokenKind};
use crate::syntax::{Span, SyntaxProblem};

/// Marks of more than one character, longest first.
const LONG_MARKS: [&str; 24] = [
    "<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=",
    "/=", "%=", "&=", "|=", "^=", "::", "##",
];
const SHORT_MARKS: &[u8] = b"{}()[],;=<>!~+-*/%^&|?:.#";

/// Tokens of a piece of C text, from its start to its end.
pub(super) struct Scanner<'t> {
    text: &'t str,
    position: usize,
    end: usize,
    /// Whether nothing but blanks stood on the line so far.
    line_start: bool,
    /// What could not be read.
    pub problems: Vec<(SyntaxProblem, Span)>,
}

impl<'t> Scanner<'t> {
    /// The part of `text` that `span` gives.
    pub fn new(text: &'t str, span: Span) -> Scanner<'t> {
        let end = (span.end as usize).min(text.len());
        let position = (span.start as usize).min(end);
        Scanner { text, position, end, line_start: true, problems: Vec::new() }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.position..self.end]
    }

    /// Goes past blanks, comments and continued line ends.
    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let Some(first) = rest.chars().next() else { return };
            if first == '\n' || first == '\r' {
                self.line_start = true;
                self.position += 1;
            } else if first.is_whitespace() {
                self.position += first.len_utf8();
            } else if rest.starts_with("//") {
                self.position += rest.find(['\n', '\r']).unwrap_or(rest.len());
            } else if let Some(comment) = rest.strip_prefix("/*") {
                match comment.find("*/") {
                    Some(length) => self.position += length + 4,
                    None => {
                        let span = self.span(self.position, self.position + 2);
                        self.problems.push((SyntaxProblem::OpenText { open: "/*", close: "*/" }, span));
                        self.position = self.end;
                    }
                }
            } else if let Some(length) = continued_line(rest) {
                self.position += length;
            } else {
                return;
            }
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { start: start as u32, end: end as u32 }
    }

    /// The next token; its `starts_line` tells whether it is the first of its line.
    pub fn token(&mut self) -> Option<Token<'t>> {
        self.skip_blank();
        let rest = self.rest();
        let first = *rest.as_bytes().first()?;
        let start = self.position;
        let (kind, length) = self.classify(rest, first);
        self.position += length;
        let starts_line = std::mem::take(&mut self.line_start);
        let span = self.span(start, start + length);
        Some(Token { kind: TokenKind::C(kind), text: &rest[..length], span, starts_line })
    }

    fn classify(&mut self, rest: &str, first: u8) -> (CKind, usize) {
        let bytes = rest.as_bytes();
        if first.is_ascii_alphabetic() || first == b'_' {
            let length = bytes.iter().take_while(|&&byte| is_name_byte(byte)).count();
            return (CKind::Word, length);
        }
        if first.is_ascii_digit() || (first == b'.' && bytes.get(1).is_some_and(u8::is_ascii_digit)) {
            return number(bytes);
        }
        if first == b'"' || first == b'\'' {
            let kind = if first == b'"' { CKind::Text } else { CKind::Character };
            let length = quoted_length(bytes);
            if length < 2 || bytes[length - 1] != first {
                let span = self.span(self.position, self.position + length);
                self.problems.push((SyntaxProblem::OpenString, span));
            }
            return (kind, length);
        }
        if let Some(mark) = LONG_MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            return (CKind::Mark, mark.len());
        }
        if SHORT_MARKS.contains(&first) {
            return (CKind::Mark, 1);
        }
        (CKind::Unknown, rest.chars().next().map_or(1, char::len_utf8))
    }

    /// The tokens that are left on the present line, which belong to a directive.
    pub fn line(&mut self) -> Vec<Token<'t>> {
        let mut tokens = Vec::new();
        loop {
            let position = self.position;
            self.skip_blank();
            if self.line_start || self.position == self.end {
                self.position = self.position.max(position);
                return tokens;
            }
            tokens.extend(self.token());
        }
    }
}

/// The length of a backslash and the line end after it, with blanks between.
fn continued_line(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('\\')?;
    let blank = after.len() - after.trim_start_matches([' ', '\t']).len();
    let line_end = &after[blank..];
    if line_end.starts_with("\r\n") {
        Some(1 + blank + 2)
    } else if line_end.starts_with(['\n', '\r']) {
        Some(1 + blank + 1)
    } else {
        None
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A number with its suffix: digits, letters and points, and signs after the letter of an exponent.
fn number(bytes: &[u8]) -> (CKind, usize) {
    let hexadecimal = bytes.len() > 1 && bytes[0] == b'0' && matches!(bytes[1], b'x' | b'X');
    let mut kind = CKind::Integer;
    let mut length = 0;
    while let Some(&byte) = bytes.get(length) {
        let exponent = !hexadecimal && matches!(byte, b'e' | b'E');
        if byte == b'.' || exponent {
            kind = CKind::Real;
        } else if !is_name_byte(byte) {
            break;
        }
        length += 1;
        if exponent && matches!(bytes.get(length), Some(b'+' | b'-')) {
            length += 1;
        }
    }
    (kind, length)
}

/// The length of a text or character with its quotes; up to the line end where it is not closed.
fn quoted_length(bytes: &[u8]) -> usize {
    let mut position = 1;
    while let Some(&byte) = bytes.get(position) {
        if byte == b'\n' || byte == b'\r' {
            return position;
        }
        position += if byte == b'\\' { 2 } else { 1 };
        if byte == bytes[0] {
            return position;
        }
    }
    bytes.len()
}
