//! The parser's state, its error recovery and its entry point.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ast::{BlockKind, Body, Literal, Module, Name, Unit, UnitSwitch};
use super::lexer::{CKind, Token, TokenKind, line_end, token};
use super::source::{Source, Span, SyntaxError, SyntaxProblem};
use super::words;
use crate::verbatim::preprocess::{Problems, Regions};

/// Nesting of statements, parentheses and signs that the parser follows.
const MAXIMUM_DEPTH: usize = 120;
/// After so many problems the rest of a text tells nothing more.
const MAXIMUM_PROBLEMS: usize = 25;
/// Bytes that positions of 32 bits and a patient user allow.
const MAXIMUM_LENGTH: usize = 1 << 26;

/// The result of parsing: a tree in any case, and what was wrong.
#[derive(Debug)]
pub struct Parsed {
    /// What could be read.
    pub module: Module,
    /// What was wrong, in the order of the text.
    pub errors: Vec<SyntaxError>,
}

/// Parses `source`; never panics, always returns a tree.
pub fn parse(source: &Arc<Source>) -> Parsed {
    read(source, |_| None)
}

/// Parses `source` with the C text that `preprocess` finds in its `VERBATIM` blocks, where it finds any.
pub(crate) fn read(
    source: &Arc<Source>,
    preprocess: impl for<'t> FnOnce(&'t str) -> Option<(Regions<'t>, Problems)>,
) -> Parsed {
    let too_large = source.text.len() > MAXIMUM_LENGTH;
    let text = if too_large { "" } else { &*source.text };
    let mut parser = Parser::new(text);
    if too_large {
        parser.problem(SyntaxProblem::TooLarge, Span::default(), None);
    }
    if let Some((regions, problems)) = preprocess(text) {
        parser.regions = Some(regions);
        parser.unit_switches.clear();
        for (problem, span, help) in problems {
            parser.problem(problem, span, help);
        }
        parser.jump(0);
    }
    let items = parser.items();
    let unit_switches = std::mem::take(&mut parser.unit_switches);
    let errors = errors(source, parser.problems);
    Parsed { module: Module { source: source.clone(), items, unit_switches }, errors }
}

/// Problems of `source` as errors, in the order of the text.
pub(crate) fn errors(source: &Source, mut problems: Problems) -> Vec<SyntaxError> {
    problems.sort_by_key(|(_, span, _)| span.start);
    let source_code = source.named();
    problems
        .into_iter()
        .map(|(problem, span, help)| SyntaxError {
            problem,
            source_code: source_code.clone(),
            span: span.into(),
            help,
        })
        .collect()
}

/// A place in the text to return to.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    place: Option<(u32, usize)>,
}

/// Marks that an error was recorded and the construct is given up.
pub(crate) struct Abandoned;

pub(crate) type Result<T> = std::result::Result<T, Abandoned>;

pub(crate) struct Parser<'t> {
    pub text: &'t str,
    pub current: Token<'t>,
    /// The token before the present one.
    pub previous: Span,
    /// The block whose body is read.
    pub block: Option<BlockKind>,
    /// What `DEFINE` said so far.
    pub defines: BTreeMap<&'t str, i64>,
    /// Operators of the expression that is read.
    pub operators: usize,
    /// The C text of `VERBATIM` blocks, if it is to be spliced in.
    pub regions: Option<Regions<'t>>,
    /// Whether C text is dropped: the body only saves and restores the state of an instance.
    pub without_c: bool,
    /// The `VERBATIM` block that the present token is of, and which of its tokens that is.
    place: Option<(u32, usize)>,
    problems: Problems,
    unit_switches: Vec<UnitSwitch>,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Parser<'t> {
        let start = Token { kind: TokenKind::End, text: "", span: Span::default(), starts_line: true };
        let mut parser = Parser {
            text,
            current: start,
            previous: Span::default(),
            block: None,
            defines: BTreeMap::new(),
            operators: 0,
            regions: None,
            without_c: false,
            place: None,
            problems: Vec::new(),
            unit_switches: Vec::new(),
            depth: 0,
        };
        parser.jump(0);
        parser
    }

    /// Makes the token at or after `position` the present one. `UNITSON` and `UNITSOFF` are passed over.
    pub fn jump(&mut self, mut position: usize) {
        self.place = None;
        loop {
            let (token, problem) = token(self.text, position);
            if let Some((problem, span)) = problem {
                self.problem(problem, span, None);
            }
            position = token.span.end as usize;
            self.current = token;
            if token.kind == TokenKind::Verbatim
                && let Some(resume) = self.enter(token.span.start)
            {
                position = resume;
                continue;
            }
            if token.kind != TokenKind::Word || !matches!(token.text, "UNITSON" | "UNITSOFF") {
                return;
            }
            self.unit_switches.push(UnitSwitch { on: token.text == "UNITSON", span: token.span });
        }
    }

    /// Makes the first token of C of the block at `start` the present one, or says where the text goes on after it.
    fn enter(&mut self, start: u32) -> Option<usize> {
        let region = self.regions.as_ref()?.get(&start)?;
        match region.tokens.first() {
            Some(&first) if !self.without_c => {
                self.current = first;
                self.place = Some((start, 0));
                None
            }
            _ => Some(region.resume as usize),
        }
    }

    /// Goes to the next token.
    pub fn advance(&mut self) {
        self.previous = self.current.span;
        if let Some((start, index)) = self.place
            && let Some(region) = self.regions.as_ref().and_then(|regions| regions.get(&start))
        {
            let resume = region.resume as usize;
            match region.tokens.get(index + 1) {
                Some(&token) => {
                    self.current = token;
                    self.place = Some((start, index + 1));
                }
                None => self.jump(resume),
            }
        } else if self.current.kind != TokenKind::End {
            self.jump(self.current.span.end as usize);
        }
    }

    /// The present place, to return to.
    pub fn mark_c(&self) -> Place {
        Place { place: self.place }
    }

    /// Returns to a token of C, if `mark` was one of the block that is read.
    pub fn return_to(&mut self, mark: Place) {
        if let (Some((start, index)), Some((present, _))) = (mark.place, self.place)
            && start == present
            && let Some(token) =
                self.regions.as_ref().and_then(|regions| regions.get(&start)?.tokens.get(index))
        {
            self.current = *token;
            self.place = mark.place;
        }
    }

    /// The token of C that comes `count` after the present one in its block.
    pub fn c_ahead(&self, count: usize) -> Option<Token<'t>> {
        let (start, index) = self.place?;
        self.regions.as_ref()?.get(&start)?.tokens.get(index + count).copied()
    }

    /// Whether the present token is of C.
    pub fn at_c(&self) -> bool {
        matches!(self.current.kind, TokenKind::C(_))
    }

    /// Whether the present token is the mark `mark` of C.
    pub fn at_c_mark(&self, mark: &str) -> bool {
        self.current.kind == TokenKind::C(CKind::Mark) && self.current.text == mark
    }

    /// Whether the present token is the word `word` of C.
    pub fn at_c_word(&self, word: &str) -> bool {
        self.current.kind == TokenKind::C(CKind::Word) && self.current.text == word
    }

    /// The token after the present one.
    pub fn next(&self) -> Token<'t> {
        token(self.text, self.current.span.end as usize).0
    }

    /// Reads on from the end of the last token that was passed, after `without_c` has changed.
    pub fn read_again(&mut self) {
        let position = self.previous.end;
        self.unit_switches.retain(|switch| switch.span.start < position);
        self.jump(position as usize);
    }

    pub fn at_end(&self) -> bool {
        self.current.kind == TokenKind::End
    }

    pub fn at(&self, mark: &str) -> bool {
        self.current.kind == TokenKind::Mark && self.current.text == mark
    }

    pub fn at_word(&self, word: &str) -> bool {
        self.current.kind == TokenKind::Word && self.current.text == word
    }

    pub fn eat(&mut self, mark: &str) -> bool {
        let found = self.at(mark);
        if found {
            self.advance();
        }
        found
    }

    pub fn eat_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.advance();
        }
        found
    }

    pub fn expect(&mut self, mark: &str, purpose: &str) -> Result<()> {
        if self.eat(mark) { Ok(()) } else { self.unexpected(&format!("`{mark}` {purpose}"), None) }
    }

    pub fn expect_word(&mut self, word: &str, purpose: &str) -> Result<()> {
        if self.eat_word(word) { Ok(()) } else { self.unexpected(&format!("`{word}` {purpose}"), None) }
    }

    /// From the start of `start` to the end of the last token that was passed.
    pub fn span_from(&self, start: Span) -> Span {
        start.to(self.previous)
    }

    /// Whether the present token begins an item of the file, so that a body left open ends here.
    pub fn at_item(&self) -> bool {
        let word = self.current.text;
        let inner = match self.block {
            Some(BlockKind::NetReceive) => words::STATEMENTS.contains(&word),
            Some(_) => word != "INITIAL" && words::STATEMENTS.contains(&word),
            None => matches!(word, "VERBATIM"),
        };
        self.current.starts_line
            && self.current.kind == TokenKind::Word
            && words::ITEMS.contains(&word)
            && !inner
    }

    pub fn problem(&mut self, problem: SyntaxProblem, span: Span, help: Option<String>) {
        let known = self.problems.iter().any(|(_, other, _)| other.start == span.start);
        if !known && self.problems.len() < MAXIMUM_PROBLEMS {
            self.problems.push((problem, span, help));
        }
    }

    pub fn fail<T>(&mut self, problem: SyntaxProblem, span: Span, help: Option<String>) -> Result<T> {
        self.problem(problem, span, help);
        Err(Abandoned)
    }

    /// Records that something else was expected than the present token.
    pub fn unexpected<T>(&mut self, expected: &str, help: Option<&str>) -> Result<T> {
        let help = help.map(str::to_string).or_else(|| self.usual_remedy(expected));
        let problem = SyntaxProblem::Unexpected { expected: expected.to_string(), found: self.found() };
        self.fail(problem, self.current.span, help)
    }

    /// The present token in words.
    pub fn found(&self) -> String {
        let text: String = self.current.text.chars().take(40).collect();
        match self.current.kind {
            TokenKind::End => "the end of the text".to_string(),
            TokenKind::Verbatim => "`VERBATIM`".to_string(),
            TokenKind::Text => {
                format!("the string {}", text.escape_debug().to_string().replace("\\\"", "\""))
            }
            TokenKind::Unknown if text == "'" => "the character `'`".to_string(),
            TokenKind::Unknown => format!("the character `{}`", text.escape_debug()),
            TokenKind::Word if words::is_reserved(&text) => format!("the keyword `{text}`"),
            _ => format!("`{text}`"),
        }
    }

    fn usual_remedy(&self, expected: &str) -> Option<String> {
        let text = self.current.text;
        if self.at_c() {
            return None;
        }
        let remedy = match text {
            "%" => "NMODL has no operator `%`: call `fmod(a, b)`",
            ";" => "statements of NMODL end without `;`: remove it",
            "=" if expected.contains("condition") => "write `==` to compare",
            _ if expected.starts_with("a name") && words::is_reserved(text) => {
                return Some(format!("`{text}` is a word of the language: choose another name"));
            }
            _ => return None,
        };
        Some(remedy.to_string())
    }

    /// Reads with `read` one level deeper, unless that is too deep.
    pub fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAXIMUM_DEPTH {
            return self.fail(SyntaxProblem::TooDeep, self.current.span, None);
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Reads lines between braces with `read`, each on its own: a line that is wrong is left out.
    pub fn lines<T>(
        &mut self,
        open: &str,
        mut read: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<(Vec<T>, Span)> {
        let start = self.current.span;
        self.expect("{", &format!("after `{open}`"))?;
        let mut lines = Vec::new();
        while !self.eat("}") {
            if self.at_end() || self.at_item() {
                let problem = SyntaxProblem::Unclosed { open: format!("{open} {{"), found: self.found() };
                let help = Some(format!("close the `{open}` block with `}}` {}", self.here()));
                self.problem(problem, start, help);
                break;
            }
            let begin = self.current.span;
            match read(self) {
                Ok(line) => lines.push(line),
                Err(Abandoned) => self.recover_line(begin),
            }
        }
        Ok((lines, self.span_from(start)))
    }

    /// Where the present token stands, in words.
    pub fn here(&self) -> String {
        if self.at_end() {
            return "at the end of the text".to_string();
        }
        let before = &self.text[..self.current.span.start as usize];
        format!("before line {}", 1 + before.bytes().filter(|&byte| byte == b'\n').count())
    }

    /// Goes to the next line, or to a brace.
    pub fn recover_line(&mut self, begin: Span) {
        if self.current.span.start == begin.start && !self.at_end() {
            self.advance();
        }
        while !(self.at_end() || self.current.starts_line || self.at("}") || self.at("{")) {
            self.advance();
        }
        if self.at("{") && self.block.is_none() {
            self.skip_braces();
        }
    }

    /// Goes past a block in braces that may begin on this line.
    pub fn skip_braces(&mut self) {
        while !(self.at("{") || self.at_end() || self.current.starts_line) {
            self.advance();
        }
        let mut depth = 0usize;
        while !self.at_end() {
            if self.at("{") {
                depth += 1;
            } else if self.at("}") {
                depth = depth.saturating_sub(1);
            } else if depth == 0 {
                return;
            }
            self.advance();
            if depth == 0 {
                return;
            }
        }
    }

    /// A name that is not reserved.
    pub fn name(&mut self, purpose: &str) -> Result<Name> {
        if self.current.kind == TokenKind::Word && !words::is_reserved(self.current.text) {
            let name = Name { text: self.current.text.into(), span: self.current.span };
            self.advance();
            return Ok(name);
        }
        self.unexpected(&format!("a name {purpose}"), None)
    }

    /// Names with commas between them.
    pub fn names(&mut self, purpose: &str) -> Result<Vec<Name>> {
        let mut names = vec![self.name(purpose)?];
        while self.eat(",") {
            names.push(self.name("after `,`")?);
        }
        Ok(names)
    }

    /// A number with its sign, or a name of `DEFINE`.
    pub fn literal(&mut self, purpose: &str) -> Result<Literal> {
        let start = self.current.span;
        let sign = if self.eat("-") { -1.0 } else { 1.0 };
        let value = match self.current.kind {
            TokenKind::Integer | TokenKind::Real => self.current.text.parse().ok(),
            TokenKind::Word => self.defines.get(self.current.text).map(|&value| value as f64),
            _ => None,
        };
        let Some(value) = value else { return self.unexpected(&format!("a number {purpose}"), None) };
        self.advance();
        Ok(Literal { value: sign * value, span: self.span_from(start) })
    }

    /// A number without sign, point and exponent.
    pub fn integer(&mut self, purpose: &str) -> Result<i64> {
        if self.current.kind != TokenKind::Integer {
            return self.unexpected(&format!("an integer {purpose}"), None);
        }
        let Ok(value) = self.current.text.parse::<i32>() else {
            let problem = SyntaxProblem::Integer(self.current.text.chars().take(40).collect());
            return self.fail(problem, self.current.span, None);
        };
        self.advance();
        Ok(value.into())
    }

    /// A unit between parentheses, if one begins here.
    pub fn optional_unit(&mut self) -> Result<Option<Unit>> {
        if self.at("(") { self.unit("").map(Some) } else { Ok(None) }
    }

    /// A unit between parentheses: all text up to `)`.
    pub fn unit(&mut self, purpose: &str) -> Result<Unit> {
        if !self.at("(") {
            return self.unexpected(&format!("a unit between parentheses {purpose}"), None);
        }
        let open = self.current.span;
        let start = open.end as usize;
        let line = line_end(self.text, start);
        let Some(length) = self.text[start..line].find(')') else {
            self.problem(
                SyntaxProblem::OpenUnit,
                open,
                Some(
                    "after a number or a name that is declared, `(` begins a unit such as `(mV)`".to_string(),
                ),
            );
            self.jump(line);
            return Err(Abandoned);
        };
        let end = start + length;
        let span = Span { start: open.start, end: end as u32 + 1 };
        let unit = Unit { text: self.text[start..end].trim().into(), span };
        self.jump(end + 1);
        self.previous = span;
        Ok(unit)
    }

    /// The statements of `body`, or an empty body where none could be read.
    pub fn body_or_empty(&mut self, open: &str) -> Body {
        let begin = self.current.span;
        self.body(open).unwrap_or_else(|Abandoned| {
            self.recover_line(begin);
            Body::default()
        })
    }
}
