//! From text to tokens, one at a time, from any position: the parser decides where a token starts, because units
//! in parentheses, titles and ontology identifiers are raw text that no token rule fits.

use super::source::{Span, SyntaxProblem};

/// Kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A name or reserved word.
    Word,
    /// A name with so many primes.
    Prime(u8),
    /// Digits only.
    Integer,
    /// A number with point or exponent.
    Real,
    /// A string with its quotes.
    Text,
    /// An operator or bracket.
    Mark,
    /// `VERBATIM … ENDVERBATIM`, all of it.
    Verbatim,
    /// A token of C, from a `VERBATIM` block that is spliced into the text.
    C(CKind),
    /// A character that belongs to no token.
    Unknown,
    /// The end of the text.
    End,
}

/// Kinds of tokens of C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CKind {
    /// A name or reserved word.
    Word,
    /// A number without point and exponent.
    Integer,
    /// A number with point or exponent.
    Real,
    /// A string with its quotes.
    Text,
    /// A character with its quotes.
    Character,
    /// An operator or bracket.
    Mark,
    /// A character that belongs to no token.
    Unknown,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'t> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text.
    pub text: &'t str,
    /// Where it stands.
    pub span: Span,
    /// Whether it is the first of its line.
    pub starts_line: bool,
}

/// Marks of more than one character, longest first.
const LONG_MARKS: [&str; 9] = ["<->", "->", "~+", ">=", "<=", "==", "!=", "&&", "||"];
const SHORT_MARKS: &str = "{}()[],=<>!~+-*/%^@;";

/// The token at or after `position`, and what could not be read on the way.
pub(crate) fn token(text: &str, position: usize) -> (Token<'_>, Option<(SyntaxProblem, Span)>) {
    let mut problem = None;
    let start = skip_blank(text, position, &mut problem);
    let before = text.as_bytes()[..start].iter().rev().find(|&&byte| !matches!(byte, b' ' | b'\t'));
    let starts_line = before.is_none_or(|&byte| byte == b'\n' || byte == b'\r');
    let rest = &text[start..];
    let (kind, length) = classify(rest, start, &mut problem);
    let token = Token { kind, text: &rest[..length], span: span(start, start + length), starts_line };
    (token, problem)
}

fn span(start: usize, end: usize) -> Span {
    Span { start: start as u32, end: end as u32 }
}

fn classify(rest: &str, start: usize, problem: &mut Option<(SyntaxProblem, Span)>) -> (TokenKind, usize) {
    let bytes = rest.as_bytes();
    let Some(&first) = bytes.first() else { return (TokenKind::End, 0) };
    if first.is_ascii_alphabetic() || first == b'_' {
        let length = run(bytes, 0, is_name_byte);
        if &rest[..length] == "VERBATIM" {
            let Some((_, end)) = block_end(rest, length, "ENDVERBATIM") else {
                let open = SyntaxProblem::OpenText { open: "VERBATIM", close: "ENDVERBATIM" };
                *problem = Some((open, span(start, start + length)));
                return (TokenKind::Verbatim, rest.len());
            };
            return (TokenKind::Verbatim, line_end(rest, end));
        }
        let primes = run(bytes, length, |byte| byte == b'\'') - length;
        return match u8::try_from(primes) {
            Ok(0) => (TokenKind::Word, length),
            Ok(order) => (TokenKind::Prime(order), length + primes),
            Err(_) => (TokenKind::Unknown, length + primes),
        };
    }
    if first.is_ascii_digit() || (first == b'.' && bytes.get(1).is_some_and(u8::is_ascii_digit)) {
        return number(bytes);
    }
    if first == b'"' {
        return match rest[1..].find('"') {
            Some(length) => (TokenKind::Text, length + 2),
            None => {
                let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
                *problem = Some((SyntaxProblem::OpenString, span(start, start + length)));
                (TokenKind::Text, length)
            }
        };
    }
    if let Some(mark) = LONG_MARKS.iter().find(|mark| rest.starts_with(**mark)) {
        return (TokenKind::Mark, mark.len());
    }
    if SHORT_MARKS.as_bytes().contains(&first) {
        return (TokenKind::Mark, 1);
    }
    (TokenKind::Unknown, rest.chars().next().map_or(0, char::len_utf8))
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn run(bytes: &[u8], from: usize, belongs: impl Fn(u8) -> bool) -> usize {
    from + bytes.iter().skip(from).take_while(|&&byte| belongs(byte)).count()
}

fn number(bytes: &[u8]) -> (TokenKind, usize) {
    let mut end = run(bytes, 0, |byte| byte.is_ascii_digit());
    let mut kind = TokenKind::Integer;
    if bytes.get(end) == Some(&b'.') {
        kind = TokenKind::Real;
        end = run(bytes, end + 1, |byte| byte.is_ascii_digit());
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let digits = end + 1 + sign;
        let exponent = run(bytes, digits, |byte| byte.is_ascii_digit());
        if exponent > digits {
            kind = TokenKind::Real;
            end = exponent;
        }
    }
    (kind, end)
}

/// The position of the next token: after blanks, `:` and `?` comments and `COMMENT … ENDCOMMENT`.
fn skip_blank(text: &str, from: usize, problem: &mut Option<(SyntaxProblem, Span)>) -> usize {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at = run(bytes, at, |byte| byte.is_ascii_whitespace() || byte == 0x0b);
        match bytes.get(at) {
            Some(b':' | b'?') => at = line_end(text, at),
            Some(b'C') if run(bytes, at, is_name_byte) == at + 7 && text[at..].starts_with("COMMENT") => {
                let Some((_, end)) = block_end(text, at + 7, "ENDCOMMENT") else {
                    let open = SyntaxProblem::OpenText { open: "COMMENT", close: "ENDCOMMENT" };
                    *problem = Some((open, span(at, at + 7)));
                    return text.len();
                };
                // As NEURON does, the rest of the line of `ENDCOMMENT` belongs to the comment
                at = line_end(text, end);
            }
            _ => return at,
        }
    }
}

/// The end of the line that `position` is in: a newline, a carriage return (which ends lines of old files on its
/// own) or the end of the text.
pub(crate) fn line_end(text: &str, position: usize) -> usize {
    text[position..].find(['\n', '\r']).map_or(text.len(), |length| position + length)
}

/// Start and end of `word` where it is the first of a line; `from` counts as the start of one.
fn block_end(text: &str, from: usize, word: &str) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        let line = text.get(at..)?;
        let blank = run(line.as_bytes(), 0, |byte| byte == b' ' || byte == b'\t');
        let found = &line[blank..];
        if found.starts_with(word) && !found.as_bytes().get(word.len()).is_some_and(u8::is_ascii_alphabetic) {
            return Some((at + blank, at + blank + word.len()));
        }
        at = line_end(text, at) + 1;
    }
}

/// The C text of a [`TokenKind::Verbatim`] token, and its offset in the token.
pub(crate) fn verbatim_text(token: &str) -> (&str, usize) {
    let start = "VERBATIM".len().min(token.len());
    let end = block_end(token, start, "ENDVERBATIM").map_or(token.len(), |(position, _)| position);
    (&token[start..end], start)
}
