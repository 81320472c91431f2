//! Declarations and functions of C.

use super::types::Specifiers;
use super::words::is_reserved;
use crate::syntax::SyntaxProblem;
use crate::syntax::ast::{
    CFunction, CParameter, CType, Declaration, Expression, ExpressionKind, Initializer, Item, ItemKind, Name,
    Statement, StatementKind,
};
use crate::syntax::lexer::{CKind, TokenKind};
use crate::syntax::parser::{Abandoned, Parser, Result};

/// Functions that only write instances to a file, or read them from one: what they save is all part of the state that
/// this program keeps by itself, the streams and vectors of every instance.
const SERIALIZATION: [&str; 2] = ["bbcore_write", "bbcore_read"];
/// Elements that an array of C may have.
const MAXIMUM_LENGTH: i64 = 1 << 20;

impl Parser<'_> {
    /// Reads one item of C at the top level of the file, which may become several of the tree or none.
    pub fn c_items(&mut self, items: &mut Vec<Item>) {
        let begin = self.mark_c();
        if let Err(Abandoned) = self.nested(|parser| parser.c_item(items)) {
            self.recover_c(begin);
            // A brace that closes nothing
            if self.at_c_mark("}") {
                self.advance();
            }
        }
    }

    fn c_item(&mut self, items: &mut Vec<Item>) -> Result<()> {
        let begin = self.current.span;
        if self.eat_c(";") {
            return Ok(());
        }
        if self.current.kind != TokenKind::C(CKind::Word) {
            return self.unexpected("a declaration or a function of C", None);
        }
        let word = self.current.text;
        let external = word == "extern";
        if external && self.c_ahead(1).is_some_and(|token| token.kind == TokenKind::C(CKind::Text)) {
            return self.c_linkage(items);
        }
        if matches!(word, "class" | "namespace" | "template" | "using") {
            return self.outside_c(word);
        }
        let specifiers = self.c_specifiers()?;
        loop {
            let kind = self.c_pointers(specifiers.kind.clone())?;
            if external && self.at_c_mark("(") {
                // A pointer to a function
                while self.at_c() && !self.at_c_mark(";") {
                    self.advance();
                }
                break;
            }
            let name = self.c_name()?;
            if self.at_c_mark("(") {
                if self.c_after_parentheses() == "{" {
                    if let Some(function) = self.c_function(kind, name)? {
                        items.push(Item { kind: ItemKind::CFunction(function), span: self.span_from(begin) });
                    }
                    return Ok(());
                }
                self.c_skip_parentheses();
            } else {
                let declaration = self.c_declarator(&specifiers, kind, name)?;
                if !external {
                    let kind = ItemKind::CVariable(Declaration { shared: true, ..declaration });
                    items.push(Item { kind, span: self.span_from(begin) });
                }
            }
            if !self.eat_c(",") {
                break;
            }
        }
        self.expect_c(";", "after the declaration")
    }

    /// `extern "C" { … }`, or `extern "C"` before one declaration.
    fn c_linkage(&mut self, items: &mut Vec<Item>) -> Result<()> {
        self.advance();
        self.advance();
        if !self.eat_c("{") {
            // A variable that is defined elsewhere, or a prototype
            return self.c_item(items);
        }
        while self.at_c() && !self.at_c_mark("}") {
            self.c_items(items);
        }
        self.expect_c("}", "to close `extern \"C\" {`")
    }

    /// A name of C that is declared.
    fn c_name(&mut self) -> Result<Name> {
        if self.current.kind == TokenKind::C(CKind::Word) && !is_reserved(self.current.text) {
            let name = Name { text: self.current.text.into(), span: self.current.span };
            self.advance();
            return Ok(name);
        }
        match self.current.text {
            "operator" | "::" | "<" if self.at_c() => self.outside_c(self.current.text),
            _ => self.unexpected("a name after the type", None),
        }
    }

    /// The mark after the parentheses that begin here.
    fn c_after_parentheses(&self) -> &str {
        let mut depth = 0usize;
        let mut count = 0;
        while let Some(token) = self.c_ahead(count) {
            count += 1;
            match token.text {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        self.c_ahead(count).map_or("", |token| token.text)
    }

    fn c_skip_parentheses(&mut self) {
        let mut depth = 0usize;
        while self.at_c() {
            match self.current.text {
                "(" | "{" => depth += 1,
                ")" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.advance();
            if depth == 0 {
                return;
            }
        }
    }

    /// A function from its arguments on; none if it only writes or reads instances.
    fn c_function(&mut self, result: CType, name: Name) -> Result<Option<CFunction>> {
        if SERIALIZATION.contains(&&*name.text) {
            self.c_skip_parentheses();
            self.c_skip_parentheses();
            return Ok(None);
        }
        let parameters = self.c_parameters(&name.text)?;
        let body = self.body(&format!("{}(…)", name.text))?;
        Ok(Some(CFunction { result, name, parameters, body }))
    }

    /// `(double a, int b[])`; what NEURON passes on to find the instance is left out.
    fn c_parameters(&mut self, function: &str) -> Result<Vec<CParameter>> {
        self.advance();
        let mut parameters = Vec::new();
        while !self.eat_c(")") {
            let begin = self.current.span;
            let word = self.current.text;
            if matches!(word, "_threadargsprotocomma_" | "_internalthreadargsprotocomma_") {
                self.advance();
                continue;
            }
            if matches!(word, "_threadargsproto_" | "_internalthreadargsproto_") {
                self.advance();
            } else {
                let specifiers = self.c_specifiers()?;
                let mut kind = self.c_pointers(specifiers.kind)?;
                let mut name = Name { text: "".into(), span: begin };
                if !matches!(self.current.text, "," | ")") {
                    name = self.c_name()?;
                }
                while self.eat_c("[") {
                    if !self.at_c_mark("]") {
                        self.c_expression()?;
                    }
                    self.expect_c("]", "after the length of the array")?;
                    kind = kind.pointer();
                }
                if kind != CType::Void {
                    parameters.push(CParameter { kind, name, span: self.span_from(begin) });
                }
            }
            if !self.eat_c(",") && !self.at_c_mark(")") {
                return self.unexpected(&format!("`)` or `,` after an argument of `{function}`"), None);
            }
        }
        Ok(parameters)
    }

    /// `static double a, *b = c, d[3];` in a body. Prototypes are passed over.
    pub fn c_declaration(&mut self, out: &mut Vec<Statement>) -> Result<()> {
        let external = self.at_c_word("extern");
        let specifiers = self.c_specifiers()?;
        loop {
            let begin = self.current.span;
            let kind = self.c_pointers(specifiers.kind.clone())?;
            let name = self.c_name()?;
            if self.at_c_mark("(") {
                self.c_prototype()?;
            } else {
                let declaration = self.c_declarator(&specifiers, kind, name)?;
                if !external {
                    let kind = StatementKind::Declaration(declaration);
                    out.push(Statement { kind, span: self.span_from(begin) });
                }
            }
            if !self.eat_c(",") {
                return self.expect_c(";", "after the declaration");
            }
        }
    }

    /// One variable with its value, as in `if (auto* a = b)`.
    pub fn c_single_declaration(&mut self) -> Result<Declaration> {
        let specifiers = self.c_specifiers()?;
        let kind = self.c_pointers(specifiers.kind.clone())?;
        let name = self.c_name()?;
        self.c_declarator(&specifiers, kind, name)
    }

    fn c_prototype(&mut self) -> Result<()> {
        let first = self.c_ahead(1);
        let typed = first.is_some_and(|token| token.text == ")" || token.kind == TokenKind::C(CKind::Word));
        if !typed || !matches!(self.c_after_parentheses(), "," | ";") {
            return self.outside_c("a value in parentheses after a name");
        }
        self.c_skip_parentheses();
        Ok(())
    }

    fn c_declarator(&mut self, specifiers: &Specifiers, kind: CType, name: Name) -> Result<Declaration> {
        let mut length = None;
        let mut open = false;
        if self.eat_c("[") {
            open = self.at_c_mark("]");
            if !open {
                length = Some(self.c_length()?);
            }
            self.expect_c("]", "after the length of the array")?;
            if self.at_c_mark("[") {
                return self.outside_c("a table of several subscripts");
            }
        }
        let is_array = open || length.is_some();
        let initial =
            if self.eat_c("=") || self.at_c_mark("{") { Some(self.c_initializer(is_array)?) } else { None };
        if open {
            length = match &initial {
                Some(Initializer::List(values)) => u32::try_from(values.len()).ok(),
                Some(Initializer::Value(Expression { kind: ExpressionKind::Text(text), .. })) => {
                    u32::try_from(text.len() + 1).ok()
                }
                _ => return self.unexpected("the values of the array between braces", None),
            };
        }
        let (shared, constant) = (specifiers.shared, specifiers.constant);
        Ok(Declaration { kind, name, length, initial, shared, constant })
    }

    fn c_length(&mut self) -> Result<u32> {
        let value = self.c_expression()?;
        match whole(&value).filter(|length| (1..=MAXIMUM_LENGTH).contains(length)) {
            Some(length) => Ok(length as u32),
            None => {
                let help = format!("write a whole number from 1 to {MAXIMUM_LENGTH}");
                let construct = "an array whose length is not written as a number";
                let problem = SyntaxProblem::OutsideC(construct.to_string());
                self.fail(problem, value.span, Some(help))
            }
        }
    }

    fn c_initializer(&mut self, is_array: bool) -> Result<Initializer> {
        if !self.eat_c("{") {
            return self.c_expression().map(Initializer::Value);
        }
        let mut values = Vec::new();
        while !self.eat_c("}") {
            values.push(self.c_expression()?);
            if !self.eat_c(",") && !self.at_c_mark("}") {
                return self.unexpected("`}` or `,` after a value", None);
            }
        }
        if is_array {
            return Ok(Initializer::List(values));
        }
        match (values.pop(), values.pop()) {
            (Some(value), None) => Ok(Initializer::Value(value)),
            (None, _) => {
                let span = self.previous;
                Ok(Initializer::Value(Expression { kind: ExpressionKind::Integer(0), span }))
            }
            _ => self.unexpected("one value between braces", None),
        }
    }
}

/// The value of an integer that is written as numbers.
fn whole(value: &Expression) -> Option<i64> {
    use crate::syntax::ast::BinaryOperator::{Add, Multiply, Subtract};
    match &value.kind {
        ExpressionKind::Integer(value) => Some(*value),
        ExpressionKind::Binary(operator, left, right) => {
            let (left, right) = (whole(left)?, whole(right)?);
            match operator {
                Add => left.checked_add(right),
                Subtract => left.checked_sub(right),
                Multiply => left.checked_mul(right),
                _ => None,
            }
        }
        _ => None,
    }
}
