//! Macros of C: object-like and function-like, with `__VA_ARGS__`, without `#` and `##`.

use std::collections::BTreeMap;

use crate::syntax::lexer::{CKind, Token, TokenKind};
use crate::syntax::{Span, SyntaxProblem};

/// Macros inside macros that are followed.
const MAXIMUM_DEPTH: usize = 40;
/// Tokens that all macros of a file may become.
const MAXIMUM_TOKENS: usize = 1 << 20;

/// What `#define` says.
#[derive(Clone, Debug)]
pub(super) struct Macro<'t> {
    /// Names of the arguments of a function-like macro.
    pub parameters: Option<Vec<&'t str>>,
    /// What stands for the name.
    pub body: Vec<Token<'t>>,
}

/// All macros that are known at one place of the file.
#[derive(Default)]
pub(super) struct Macros<'t> {
    known: BTreeMap<&'t str, Macro<'t>>,
    made: usize,
    depth: usize,
    /// What went wrong, with the remedy.
    pub problems: Vec<(SyntaxProblem, Span, Option<String>)>,
}

impl<'t> Macros<'t> {
    pub fn is_known(&self, name: &str) -> bool {
        self.known.contains_key(name)
    }

    pub fn remove(&mut self, name: &str) {
        self.known.remove(name);
    }

    /// Takes the tokens after `#define`. Says whether they could be read.
    pub fn define(&mut self, tokens: &[Token<'t>]) -> bool {
        let Some((name, rest)) = tokens.split_first() else { return false };
        if name.kind != TokenKind::C(CKind::Word) {
            return false;
        }
        let mut body = rest;
        let mut parameters = None;
        // Only `(` right after the name begins arguments
        if let Some(open) = rest.first()
            && open.text == "("
            && open.span.start == name.span.end
        {
            let Some(close) = rest.iter().position(|token| token.text == ")") else { return false };
            let names = rest[1..close].iter().filter(|token| token.text != ",");
            parameters = Some(
                names.map(|token| if token.text == "..." { "__VA_ARGS__" } else { token.text }).collect(),
            );
            body = &rest[close + 1..];
        }
        self.known.insert(name.text, Macro { parameters, body: body.to_vec() });
        true
    }

    /// `tokens` with all macros replaced.
    pub fn expand(&mut self, tokens: &[Token<'t>]) -> Vec<Token<'t>> {
        let mut out = Vec::with_capacity(tokens.len());
        self.expand_into(tokens, &mut Vec::new(), None, &mut out);
        out
    }

    fn refuse(&mut self, construct: &str, span: Span, help: &str) {
        self.problems.push((SyntaxProblem::OutsideC(construct.to_string()), span, Some(help.to_string())));
    }

    /// `hidden` are the macros that are being replaced; `place` is where the outermost of them is used.
    fn expand_into(
        &mut self,
        tokens: &[Token<'t>],
        hidden: &mut Vec<&'t str>,
        place: Option<Span>,
        out: &mut Vec<Token<'t>>,
    ) {
        if self.depth >= MAXIMUM_DEPTH || self.made > MAXIMUM_TOKENS {
            let span = place.or(tokens.first().map(|token| token.span)).unwrap_or_default();
            self.problems.push((SyntaxProblem::TooDeep, span, None));
            return;
        }
        self.depth += 1;
        self.replace(tokens, hidden, place, out);
        self.depth -= 1;
    }

    fn replace(
        &mut self,
        tokens: &[Token<'t>],
        hidden: &mut Vec<&'t str>,
        place: Option<Span>,
        out: &mut Vec<Token<'t>>,
    ) {
        let mut position = 0;
        while let Some(&token) = tokens.get(position) {
            position += 1;
            let found = match token.kind {
                TokenKind::C(CKind::Word) if !hidden.contains(&token.text) => {
                    self.known.get(token.text).cloned()
                }
                _ => None,
            };
            let Some(found) = found else {
                out.push(Token { span: place.unwrap_or(token.span), ..token });
                continue;
            };
            let mut span = place.unwrap_or(token.span);
            let mut body = found.body;
            if let Some(parameters) = &found.parameters {
                if tokens.get(position).is_none_or(|next| next.text != "(") {
                    out.push(Token { span, ..token });
                    continue;
                }
                let Some((arguments, after)) = arguments(tokens, position + 1) else {
                    let problem = SyntaxProblem::Unclosed {
                        open: format!("{}(", token.text),
                        found: "a directive or the end of the block".to_string(),
                    };
                    self.problems.push((problem, span, Some("close the arguments with `)`".to_string())));
                    return;
                };
                if place.is_none() {
                    span = span.to(tokens[after - 1].span);
                }
                position = after;
                let mut expanded = vec![Vec::new(); arguments.len()];
                for (argument, out) in arguments.iter().zip(&mut expanded) {
                    self.expand_into(argument, hidden, place, out);
                }
                body = self.substitute(&body, parameters, &expanded, span);
            }
            self.made += body.len();
            hidden.push(token.text);
            let first = out.len();
            self.expand_into(&body, hidden, Some(span), out);
            hidden.pop();
            if let Some(begin) = out.get_mut(first) {
                begin.starts_line = token.starts_line;
            }
        }
    }

    fn substitute(
        &mut self,
        body: &[Token<'t>],
        parameters: &[&str],
        arguments: &[Vec<Token<'t>>],
        span: Span,
    ) -> Vec<Token<'t>> {
        let mut out = Vec::new();
        for token in body {
            if matches!(token.text, "#" | "##") && token.kind == TokenKind::C(CKind::Mark) {
                self.refuse(
                    &format!("`{}` in `#define`", token.text),
                    span,
                    "write out what the macro stands for",
                );
                return Vec::new();
            }
            let place = parameters.iter().position(|name| *name == token.text);
            match place.filter(|_| token.kind == TokenKind::C(CKind::Word)) {
                Some(place) if token.text == "__VA_ARGS__" => {
                    for (index, argument) in arguments.iter().enumerate().skip(place) {
                        if index > place {
                            out.push(Token { kind: TokenKind::C(CKind::Mark), text: ",", ..*token });
                        }
                        out.extend_from_slice(argument);
                    }
                }
                Some(place) => out.extend(arguments.get(place).into_iter().flatten()),
                None => out.push(*token),
            }
            if out.len() > MAXIMUM_TOKENS {
                self.problems.push((SyntaxProblem::TooDeep, span, None));
                return Vec::new();
            }
        }
        out
    }
}

/// The arguments of a macro from after its `(`, and the position after its `)`.
fn arguments<'r, 't>(tokens: &'r [Token<'t>], from: usize) -> Option<(Vec<&'r [Token<'t>]>, usize)> {
    let mut arguments = Vec::new();
    let mut depth = 0usize;
    let mut start = from;
    for (offset, token) in tokens[from..].iter().enumerate() {
        let position = from + offset;
        if token.kind != TokenKind::C(CKind::Mark) {
            continue;
        }
        match token.text {
            "(" => depth += 1,
            ")" if depth > 0 => depth -= 1,
            ")" => {
                if position > start || !arguments.is_empty() {
                    arguments.push(&tokens[start..position]);
                }
                return Some((arguments, position + 1));
            }
            "," if depth == 0 => {
                arguments.push(&tokens[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    None
}
