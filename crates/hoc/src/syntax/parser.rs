//! The parser's state, its error recovery and its entry point.

use std::sync::Arc;

use super::ast::Statement;
use super::lexer::{Keyword, Token, TokenKind, tokens};
use super::source::{Source, Span, SyntaxError, SyntaxProblem};
use super::symbol::{Symbol, Symbols};

/// Nesting of statements, parentheses and signs that the parser follows.
const MAXIMUM_DEPTH: usize = 120;
/// After so many problems the rest of a text tells nothing more.
const MAXIMUM_PROBLEMS: usize = 25;

/// The result of parsing: a tree in any case, and what was wrong.
#[derive(Debug)]
pub struct Parsed {
    /// The statements that could be read.
    pub statements: Vec<Statement>,
    /// What was wrong, in the order of the text.
    pub errors: Vec<SyntaxError>,
}

/// Parses `source`; never panics, always returns a tree.
pub fn parse(source: &Arc<Source>, symbols: &mut Symbols) -> Parsed {
    if source.text.len() > 1 << 28 {
        let span = Span::default();
        return Parsed {
            statements: Vec::new(),
            errors: vec![error(source, SyntaxProblem::TooLarge, span, None)],
        };
    }
    let (tokens, problems) = tokens(&source.text, symbols);
    let mut parser = Parser {
        tokens,
        position: 0,
        symbols,
        source: source.clone(),
        problems: Vec::new(),
        depth: 0,
        locals: Vec::new(),
        local_objects: Vec::new(),
        in_procedure: false,
    };
    for (problem, span) in problems {
        parser.problem(problem, span, None);
    }
    let statements = parser.statements_until(End::Text);
    parser.problems.sort_by_key(|(_, span, _)| span.start);
    let errors =
        parser.problems.drain(..).map(|(problem, span, help)| error(source, problem, span, help)).collect();
    Parsed { statements, errors }
}

fn error(source: &Source, problem: SyntaxProblem, span: Span, help: Option<String>) -> SyntaxError {
    SyntaxError { problem, source_code: source.named(), span: span.into(), help }
}

/// What ends a list of statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Text,
    Brace,
    Template,
}

/// Marks that an error was recorded and the statement is given up.
pub(super) struct Abandoned;

pub(super) type Result<T> = std::result::Result<T, Abandoned>;

pub(super) struct Parser<'s> {
    pub tokens: Vec<Token>,
    pub position: usize,
    pub symbols: &'s mut Symbols,
    pub source: Arc<Source>,
    problems: Vec<(SyntaxProblem, Span, Option<String>)>,
    depth: usize,
    pub locals: Vec<Symbol>,
    pub local_objects: Vec<Symbol>,
    pub in_procedure: bool,
}

impl Parser<'_> {
    pub fn peek(&self) -> &TokenKind {
        self.peek_at(0)
    }

    pub fn peek_at(&self, offset: usize) -> &TokenKind {
        self.tokens.get(self.position + offset).map_or(&TokenKind::End, |token| &token.kind)
    }

    pub fn span(&self) -> Span {
        self.tokens.get(self.position).or(self.tokens.last()).map_or(Span::default(), |token| token.span)
    }

    /// Span of the token before the present one.
    pub fn previous_span(&self) -> Span {
        self.position
            .checked_sub(1)
            .and_then(|index| self.tokens.get(index))
            .map_or(Span::default(), |token| token.span)
    }

    pub fn advance(&mut self) {
        if self.position < self.tokens.len() {
            self.position += 1;
        }
    }

    pub fn at(&self, text: &str) -> bool {
        matches!(self.peek(), TokenKind::Punctuation(found) if *found == text)
    }

    pub fn eat(&mut self, text: &str) -> bool {
        let found = self.at(text);
        if found {
            self.advance();
        }
        found
    }

    pub fn at_keyword(&self, keyword: Keyword) -> bool {
        matches!(self.peek(), TokenKind::Keyword(found) if *found == keyword)
    }

    pub fn eat_keyword(&mut self, keyword: Keyword) -> bool {
        let found = self.at_keyword(keyword);
        if found {
            self.advance();
        }
        found
    }

    pub fn skip_newlines(&mut self) {
        while matches!(self.peek(), TokenKind::Newline) {
            self.advance();
        }
    }

    pub fn expect(&mut self, text: &'static str, purpose: &str) -> Result<()> {
        if self.eat(text) {
            return Ok(());
        }
        self.unexpected(&format!("`{text}` {purpose}"))
    }

    pub fn name(&mut self, what: &str) -> Result<Symbol> {
        match self.peek() {
            TokenKind::Name(symbol) => {
                let symbol = *symbol;
                self.advance();
                Ok(symbol)
            }
            _ => self.unexpected(what),
        }
    }

    /// Records that the present token cannot stand here.
    pub fn unexpected<T>(&mut self, expected: &str) -> Result<T> {
        let found = self.describe();
        let help = match self.peek() {
            TokenKind::Newline => {
                Some("a statement ends with its line; end the line with `\\` to continue it".into())
            }
            TokenKind::Keyword(word) if expected.contains("name") => {
                Some(format!("`{}` is a reserved word of HOC", word.text()))
            }
            _ => None,
        };
        let span = self.span();
        self.problem(SyntaxProblem::Unexpected { expected: expected.to_string(), found }, span, help);
        Err(Abandoned)
    }

    fn describe(&self) -> String {
        match self.peek() {
            TokenKind::Name(symbol) => format!("`{}`", self.symbols.name(*symbol)),
            TokenKind::Keyword(keyword) => format!("`{}`", keyword.text()),
            TokenKind::Number(_) | TokenKind::Argument(..) => {
                let span = self.span();
                format!("`{}`", self.source.text.get(span.start as usize..span.end as usize).unwrap_or(""))
            }
            TokenKind::Text(_) => "a string".into(),
            TokenKind::Punctuation(text) => format!("`{text}`"),
            TokenKind::Newline => "the end of the line".into(),
            TokenKind::End => "the end of the text".into(),
        }
    }

    pub fn problem(&mut self, problem: SyntaxProblem, span: Span, help: Option<String>) {
        if self.problems.len() < MAXIMUM_PROBLEMS {
            self.problems.push((problem, span, help));
        }
    }

    pub fn too_many_problems(&self) -> bool {
        self.problems.len() >= MAXIMUM_PROBLEMS
    }

    /// Runs `parse` one level deeper; refuses to go deeper than the stack allows.
    pub fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAXIMUM_DEPTH {
            let span = self.span();
            self.problem(SyntaxProblem::TooDeep, span, None);
            // nothing sensible follows
            self.position = self.tokens.len().saturating_sub(1);
            return Err(Abandoned);
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// Skips to where the next statement may begin: past the end of the line, before a closing brace.
    pub fn recover(&mut self) {
        let mut open = 0usize;
        loop {
            match self.peek() {
                TokenKind::End => return,
                TokenKind::Newline if open == 0 => return,
                TokenKind::Punctuation("{") => open += 1,
                TokenKind::Punctuation("}") => {
                    if open == 0 {
                        return;
                    }
                    open -= 1;
                }
                TokenKind::Keyword(Keyword::EndTemplate | Keyword::BeginTemplate) => return,
                // an opening brace without end must not swallow the procedures after it
                TokenKind::Keyword(Keyword::Proc | Keyword::Func | Keyword::ObFunc) => return,
                _ => {}
            }
            self.advance();
        }
    }
}
