//! What the preprocessor of C makes of the `VERBATIM` blocks of a file.
//!
//! All blocks are one text to it: a macro of one holds in the next, and an `#if` of one may end in another, so that it
//! guards the NMODL text between. Files that `#include` names are not read: what NEURON's headers declare is known to
//! later passes by name. Conditions have the answers of NEURON 9.0.2 on a CPU without extras: `CORENEURON_BUILD`,
//! `NRNBBCORE`, `ENABLE_SAVE_STATE` and whatever else no header of NEURON defines are not defined.

use std::collections::BTreeMap;

use super::condition::evaluate;
use super::macros::Macros;
use super::token::Scanner;
use crate::syntax::lexer::{CKind, Token, TokenKind, line_end, token, verbatim_text};
use crate::syntax::{Span, SyntaxProblem};

/// What the headers of NEURON 9.0.2 define of what models ask for, and constants of `math.h`.
const PREDEFINED: &str = "\
#define NRN_VERSION_MAJOR 9
#define NRN_VERSION_MINOR 0
#define NRN_VERSION_PATCH 2
#define NRN_VERSION_INT(a, b, c) (10000 * a + 100 * b + c)
#define NRN_VERSION NRN_VERSION_INT(9, 0, 2)
#define NRN_VERSION_EQ(a, b, c) (NRN_VERSION == NRN_VERSION_INT(a, b, c))
#define NRN_VERSION_NE(a, b, c) (NRN_VERSION != NRN_VERSION_INT(a, b, c))
#define NRN_VERSION_GT(a, b, c) (NRN_VERSION > NRN_VERSION_INT(a, b, c))
#define NRN_VERSION_LT(a, b, c) (NRN_VERSION < NRN_VERSION_INT(a, b, c))
#define NRN_VERSION_GTEQ(a, b, c) (NRN_VERSION >= NRN_VERSION_INT(a, b, c))
#define NRN_VERSION_LTEQ(a, b, c) (NRN_VERSION <= NRN_VERSION_INT(a, b, c))
#define NRN_VERSION_GTEQ_8_2_0
#define NRN_MECHANISM_DATA_IS_SOA
#define M_E 2.7182818284590452354
#define M_LOG2E 1.4426950408889634074
#define M_LN2 0.69314718055994530942
#define M_LN10 2.30258509299404568402
#define M_PI 3.14159265358979323846
#define M_PI_2 1.57079632679489661923
#define M_PI_4 0.78539816339744830962
#define M_SQRT2 1.41421356237309504880
";

/// What is left of one `VERBATIM` block.
#[derive(Debug, Default)]
pub(crate) struct Region<'t> {
    /// Its tokens, with macros replaced.
    pub tokens: Vec<Token<'t>>,
    /// Where the NMODL text goes on: after the block, or at the next one if an `#if` drops what is between.
    pub resume: u32,
}

/// All `VERBATIM` blocks of a file, by the position of the word.
pub(crate) type Regions<'t> = BTreeMap<u32, Region<'t>>;

/// Problems with their places and remedies.
pub(crate) type Problems = Vec<(SyntaxProblem, Span, Option<String>)>;

/// An `#if` that is open.
struct Conditional {
    place: Span,
    /// Whether the text around it counts.
    outside: bool,
    /// Whether a branch was taken.
    taken: bool,
    /// Whether the present branch counts.
    live: bool,
    /// Whether its `#else` was met.
    last: bool,
}

struct Preprocessor<'t> {
    macros: Macros<'t>,
    conditionals: Vec<Conditional>,
    /// Tokens whose macros are not replaced yet.
    pending: Vec<Token<'t>>,
    out: Vec<Token<'t>>,
    problems: Problems,
}

/// Reads all `VERBATIM` blocks of `text`.
pub(crate) fn preprocess(text: &str) -> (Regions<'_>, Problems) {
    let mut preprocessor = Preprocessor {
        macros: Macros::default(),
        conditionals: Vec::new(),
        pending: Vec::new(),
        out: Vec::new(),
        problems: Vec::new(),
    };
    let whole = Span { start: 0, end: PREDEFINED.len() as u32 };
    preprocessor.block(Scanner::new(PREDEFINED, whole));
    let mut regions = Regions::new();
    let mut position = 0;
    while let Some((start, body, end)) = next_block(text, position) {
        preprocessor.block(Scanner::new(text, body));
        let mut resume = end;
        if !preprocessor.is_live() {
            resume = next_block(text, end).map_or(text.len(), |(start, _, _)| start);
        }
        let tokens = std::mem::take(&mut preprocessor.out);
        regions.insert(start as u32, Region { tokens, resume: resume as u32 });
        position = end;
    }
    for open in &preprocessor.conditionals {
        preprocessor.problems.push((SyntaxProblem::OpenDirective, open.place, None));
    }
    preprocessor.problems.append(&mut preprocessor.macros.problems);
    (regions, preprocessor.problems)
}

/// Where the C text of `text` stands, in order.
pub(super) fn blocks(text: &str) -> Vec<Span> {
    let mut blocks = Vec::new();
    let mut position = 0;
    while let Some((_, body, end)) = next_block(text, position) {
        blocks.push(body);
        position = end;
    }
    blocks
}

/// The next `VERBATIM` block at or after `position`: its start, its C text and where the text after it begins.
fn next_block(text: &str, mut position: usize) -> Option<(usize, Span, usize)> {
    loop {
        let (found, _) = token(text, position);
        let end = found.span.end as usize;
        match found.kind {
            TokenKind::End => return None,
            TokenKind::Verbatim => {
                let (inner, offset) = verbatim_text(found.text);
                let start = found.span.start + offset as u32;
                let body = Span { start, end: start + inner.len() as u32 };
                return Some((found.span.start as usize, body, end));
            }
            TokenKind::Word if matches!(found.text, "TITLE" | "REPRESENTS") => position = line_end(text, end),
            // A quote within a unit or comment of other kind need not open a string: none goes over its line
            TokenKind::Text => position = end.min(line_end(text, found.span.start as usize)),
            _ => position = end,
        }
    }
}

impl<'t> Preprocessor<'t> {
    fn is_live(&self) -> bool {
        self.conditionals.last().is_none_or(|conditional| conditional.live)
    }

    fn block(&mut self, mut scanner: Scanner<'t>) {
        loop {
            let known = scanner.problems.len();
            let Some(token) = scanner.token() else { break };
            let directive = token.starts_line && token.text == "#";
            let line = if directive { scanner.line() } else { Vec::new() };
            if !self.is_live() || directive {
                scanner.problems.truncate(known);
            }
            if directive {
                self.flush();
                self.directive(token.span, &line);
            } else if self.is_live() {
                self.pending.push(token);
            }
        }
        self.flush();
        self.problems.extend(scanner.problems.into_iter().map(|(problem, span)| (problem, span, None)));
    }

    fn flush(&mut self) {
        let expanded = self.macros.expand(&self.pending);
        self.out.extend(expanded);
        self.pending.clear();
    }

    fn directive(&mut self, hash: Span, line: &[Token<'t>]) {
        let Some((word, rest)) = line.split_first() else { return };
        let place = hash.to(line.last().map_or(hash, |last| last.span));
        match word.text {
            "if" | "ifdef" | "ifndef" => {
                let outside = self.is_live();
                let live = outside && self.condition(word.text, rest, place);
                self.conditionals.push(Conditional { place, outside, taken: live, live, last: false });
            }
            "elif" | "else" => self.branch(word.text == "else", rest, place),
            "endif" => {
                if self.conditionals.pop().is_none() {
                    self.stray(place);
                }
            }
            _ if !self.is_live() => {}
            "define" => {
                if !self.macros.define(rest) {
                    self.refuse(
                        "such a `#define`",
                        place,
                        "write `#define NAME value` or `#define NAME(a, b) value`",
                    );
                }
            }
            "undef" => {
                if let Some(name) = rest.first() {
                    self.macros.remove(name.text);
                }
            }
            "include" | "pragma" | "line" | "warning" => {}
            "error" => {
                self.refuse("`#error`", place, "the conditions around it are those of NEURON 9.0.2");
            }
            other => {
                let construct = format!("`#{other}`");
                self.refuse(&construct, place, "remove the line");
            }
        }
    }

    fn branch(&mut self, is_else: bool, rest: &[Token<'t>], place: Span) {
        let Some(conditional) = self.conditionals.last() else { return self.stray(place) };
        if conditional.last {
            return self.stray(place);
        }
        let possible = conditional.outside && !conditional.taken;
        let live = possible && (is_else || self.condition("if", rest, place));
        if let Some(conditional) = self.conditionals.last_mut() {
            conditional.live = live;
            conditional.taken |= live;
            conditional.last = is_else;
        }
    }

    fn condition(&mut self, word: &str, line: &[Token<'t>], place: Span) -> bool {
        if word != "if" {
            let Some(name) = line.first() else { return self.no_condition(place) };
            return self.macros.is_known(name.text) == (word == "ifdef");
        }
        let tokens = self.without_defined(line);
        let tokens = self.macros.expand(&tokens);
        evaluate(&tokens).map_or_else(|| self.no_condition(place), |value| value != 0)
    }

    fn no_condition(&mut self, place: Span) -> bool {
        self.refuse(
            "such a condition of `#if`",
            place,
            "the condition is an expression of integers, macros and `defined(NAME)`",
        );
        false
    }

    /// `line` with `defined NAME` and `defined(NAME)` replaced by 1 or 0.
    fn without_defined(&self, line: &[Token<'t>]) -> Vec<Token<'t>> {
        let mut out = Vec::new();
        let mut position = 0;
        while let Some(&token) = line.get(position) {
            position += 1;
            if token.text != "defined" {
                out.push(token);
                continue;
            }
            let parenthesis = line.get(position).is_some_and(|next| next.text == "(");
            position += usize::from(parenthesis);
            let known = line.get(position).is_some_and(|name| self.macros.is_known(name.text));
            position += 1 + usize::from(parenthesis);
            out.push(Token {
                kind: TokenKind::C(CKind::Integer),
                text: if known { "1" } else { "0" },
                ..token
            });
        }
        out
    }

    fn stray(&mut self, place: Span) {
        let problem = SyntaxProblem::StrayDirective;
        self.problems.push((problem, place, Some("an `#if`, `#ifdef` or `#ifndef` comes first".to_string())));
    }

    fn refuse(&mut self, construct: &str, place: Span, help: &str) {
        let problem = SyntaxProblem::OutsideC(construct.to_string());
        self.problems.push((problem, place, Some(help.to_string())));
    }
}
