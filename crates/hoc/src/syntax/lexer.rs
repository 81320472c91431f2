//! From text to tokens. Newlines are tokens: in HOC they end statements.

use std::sync::Arc;

use super::ast::ArgumentKind;
use super::source::{Span, SyntaxProblem};
use super::symbol::{Symbol, Symbols};

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// Kinds of tokens.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind {
    /// A name.
    Name(Symbol),
    /// A reserved word.
    Keyword(Keyword),
    /// A number.
    Number(f64),
    /// A string, escapes resolved.
    Text(Arc<str>),
    /// `$…` with its number, or `None` for `$i`.
    Argument(ArgumentKind, Option<u16>),
    /// An operator or bracket.
    Punctuation(&'static str),
    /// The end of a line.
    Newline,
    /// The end of the text.
    End,
}

macro_rules! keywords {
    ($($variant:ident $text:literal),* $(,)?) => {
        /// Reserved words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Keyword { $($variant),* }

        impl Keyword {
            /// The word.
            pub fn text(self) -> &'static str {
                match self { $(Keyword::$variant => $text),* }
            }

            /// The reserved word `text` is, if any.
            pub fn find(text: &str) -> Option<Keyword> {
                match text { $($text => Some(Keyword::$variant),)* _ => None }
            }
        }
    };
}

keywords! {
    Proc "proc", Func "func", ObFunc "obfunc", Iterator "iterator", IteratorStatement "iterator_statement",
    BeginTemplate "begintemplate", EndTemplate "endtemplate", Public "public", External "external",
    Local "local", LocalObj "localobj", ObjRef "objref", ObjectVar "objectvar", StrDef "strdef", Double "double",
    Create "create", Access "access", Connect "connect", Insert "insert", Uninsert "uninsert",
    SetPointer "setpointer", If "if", Else "else", While "while", For "for", ForAll "forall", ForSec "forsec",
    IfSec "ifsec", Return "return", Break "break", Continue "continue", Stop "stop", Print "print", New "new",
    Help "help", Debug "debug",
}

const SINGLE: [&str; 21] =
    ["(", ")", "{", "}", "[", "]", ",", ";", ".", ":", "=", "<", ">", "+", "-", "*", "/", "%", "^", "!", "&"];

/// All tokens of `text`, always ended by [`TokenKind::End`], and what could not be read.
pub fn tokens(text: &str, symbols: &mut Symbols) -> (Vec<Token>, Vec<(SyntaxProblem, Span)>) {
    let mut lexer =
        Lexer { text, position: 0, tokens: Vec::with_capacity(text.len() / 4 + 2), problems: Vec::new() };
    while lexer.position < text.len() {
        lexer.next(symbols);
    }
    lexer.push(TokenKind::End, text.len());
    (lexer.tokens, lexer.problems)
}

struct Lexer<'t> {
    text: &'t str,
    position: usize,
    tokens: Vec<Token>,
    problems: Vec<(SyntaxProblem, Span)>,
}

impl Lexer<'_> {
    fn byte(&self, offset: usize) -> u8 {
        self.text.as_bytes().get(self.position + offset).copied().unwrap_or(0)
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        self.tokens.push(Token { kind, span: Span { start: start as u32, end: self.position as u32 } });
    }

    fn problem(&mut self, problem: SyntaxProblem, start: usize) {
        self.problems.push((problem, Span { start: start as u32, end: self.position as u32 }));
    }

    fn next(&mut self, symbols: &mut Symbols) {
        let start = self.position;
        match self.byte(0) {
            // 0x1a ends files of old editors
            b' ' | b'\t' | b'\r' | 0x0b | 0x0c | 0x1a => self.position += 1,
            b'\n' => {
                self.position += 1;
                self.push(TokenKind::Newline, start);
            }
            b'\\' if self.byte(1) == b'\n' => self.position += 2,
            b'\\' if self.byte(1) == b'\r' && self.byte(2) == b'\n' => self.position += 3,
            b'/' if self.byte(1) == b'/' => self.skip_line(),
            b'/' if self.byte(1) == b'*' => self.comment(),
            b'"' => self.string(),
            b'$' => self.argument(),
            b'0'..=b'9' => self.number(),
            b'.' if self.byte(1).is_ascii_digit() => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(symbols),
            _ => self.punctuation(),
        }
    }

    fn skip_line(&mut self) {
        let rest = &self.text.as_bytes()[self.position..];
        self.position += rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    }

    fn comment(&mut self) {
        let start = self.position;
        match self.text[self.position + 2..].find("*/") {
            Some(end) => self.position += end + 4,
            None => {
                self.position = self.text.len();
                self.problems
                    .push((SyntaxProblem::OpenComment, Span { start: start as u32, end: start as u32 + 2 }));
            }
        }
    }

    fn string(&mut self) {
        let start = self.position;
        self.position += 1;
        let mut value = String::new();
        loop {
            let Some(character) = self.text[self.position..].chars().next() else {
                return self.problem(SyntaxProblem::OpenString, start);
            };
            if character == '\n' {
                return self.problem(SyntaxProblem::OpenString, start);
            }
            self.position += character.len_utf8();
            match character {
                '"' => break,
                '\\' => match self.text[self.position..].chars().next() {
                    Some(escaped) => {
                        self.position += escaped.len_utf8();
                        match escaped {
                            'n' => value.push('\n'),
                            't' => value.push('\t'),
                            'r' => value.push('\r'),
                            'b' => value.push('\u{8}'),
                            'f' => value.push('\u{c}'),
                            '\n' => {}
                            other => value.push(other),
                        }
                    }
                    None => return self.problem(SyntaxProblem::OpenString, start),
                },
                other => value.push(other),
            }
        }
        self.push(TokenKind::Text(Arc::from(value)), start);
    }

    fn argument(&mut self) {
        let start = self.position;
        self.position += 1;
        let kind = match self.byte(0) {
            b's' => ArgumentKind::Text,
            b'o' => ArgumentKind::Object,
            b'&' => ArgumentKind::Reference,
            _ => ArgumentKind::Number,
        };
        if kind != ArgumentKind::Number {
            self.position += 1;
        }
        if self.byte(0) == b'i' && !is_word(self.byte(1)) {
            self.position += 1;
            return self.push(TokenKind::Argument(kind, None), start);
        }
        let digits = self.position;
        while self.byte(0).is_ascii_digit() {
            self.position += 1;
        }
        match self.text[digits..self.position].parse::<u16>() {
            Ok(index) if index > 0 => self.push(TokenKind::Argument(kind, Some(index)), start),
            _ => {
                self.problem(SyntaxProblem::Argument, start);
                self.push(TokenKind::Argument(kind, Some(1)), start);
            }
        }
    }

    fn number(&mut self) {
        let start = self.position;
        while self.byte(0).is_ascii_digit() {
            self.position += 1;
        }
        if self.byte(0) == b'.' {
            self.position += 1;
            while self.byte(0).is_ascii_digit() {
                self.position += 1;
            }
        }
        if matches!(self.byte(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
            if self.byte(1 + sign).is_ascii_digit() {
                self.position += 1 + sign;
                while self.byte(0).is_ascii_digit() {
                    self.position += 1;
                }
            }
        }
        let text = &self.text[start..self.position];
        match text.parse() {
            Ok(value) => self.push(TokenKind::Number(value), start),
            Err(_) => {
                self.problem(SyntaxProblem::Number(text.to_string()), start);
                self.push(TokenKind::Number(0.0), start);
            }
        }
    }

    fn word(&mut self, symbols: &mut Symbols) {
        let start = self.position;
        while is_word(self.byte(0)) {
            self.position += 1;
        }
        let text = &self.text[start..self.position];
        match Keyword::find(text) {
            // the rest of the line is for NEURON's help browser
            Some(Keyword::Help) => {
                self.skip_line();
                self.push(TokenKind::Keyword(Keyword::Help), start);
            }
            Some(keyword) => self.push(TokenKind::Keyword(keyword), start),
            None => {
                let symbol = symbols.intern(text);
                self.push(TokenKind::Name(symbol), start);
            }
        }
    }

    fn punctuation(&mut self) {
        let start = self.position;
        let pair = [self.byte(0), self.byte(1)];
        if let Some(found) = pairs(pair) {
            self.position += 2;
            return self.push(TokenKind::Punctuation(found), start);
        }
        if let Some(found) = SINGLE.iter().find(|candidate| candidate.as_bytes()[0] == pair[0]) {
            self.position += 1;
            return self.push(TokenKind::Punctuation(found), start);
        }
        // several unknown characters in a row are one problem
        let character = self.text[start..].chars().next().unwrap_or(' ');
        while let Some(next) = self.text[self.position..].chars().next() {
            if self.position > start && (next == '\n' || next.is_ascii_graphic() || next == ' ') {
                break;
            }
            self.position += next.len_utf8();
        }
        self.problem(SyntaxProblem::Character(character), start);
    }
}

fn pairs(pair: [u8; 2]) -> Option<&'static str> {
    Some(match &pair {
        b"==" => "==",
        b"!=" => "!=",
        b"<=" => "<=",
        b">=" => ">=",
        b"&&" => "&&",
        b"||" => "||",
        b"+=" => "+=",
        b"-=" => "-=",
        b"*=" => "*=",
        b"/=" => "/=",
        _ => return None,
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
