//! Statements of C, which may hold statements of NMODL and end in another block than they begin in.

use crate::syntax::Span;
use crate::syntax::ast::{Body, Expression, ExpressionKind, Statement, StatementKind, Variable};
use crate::syntax::lexer::{CKind, TokenKind};
use crate::syntax::parser::{Abandoned, Parser, Place, Result};

impl Parser<'_> {
    /// Reads one statement of C, which may become several of the tree (`int i, j;`).
    pub fn c_statements(&mut self, out: &mut Vec<Statement>) {
        let begin = self.mark_c();
        if let Err(Abandoned) = self.nested(|parser| parser.c_statement(out)) {
            self.recover_c(begin);
        }
    }

    fn c_statement(&mut self, out: &mut Vec<Statement>) -> Result<()> {
        let begin = self.current.span;
        if self.eat_c(";") {
            return Ok(());
        }
        let kind = if self.at_c_mark("{") {
            StatementKind::Nested(self.body("{")?)
        } else if self.current.kind == TokenKind::C(CKind::Word) {
            let word = self.current.text;
            match word {
                "if" => self.c_if()?,
                "for" => self.c_for()?,
                "while" => {
                    self.advance();
                    let condition = self.c_condition(word)?;
                    StatementKind::While { condition, body: self.c_substatement()? }
                }
                "do" => self.c_do_while()?,
                "break" | "continue" => {
                    self.advance();
                    self.expect_c(";", &format!("after `{word}`"))?;
                    if word == "break" { StatementKind::Break } else { StatementKind::Continue }
                }
                "return" => {
                    self.advance();
                    let value = if self.at_c_mark(";") { None } else { Some(self.c_expression()?) };
                    self.expect_c(";", "after `return`")?;
                    StatementKind::Return(value)
                }
                "else" => return self.unexpected("a statement", Some("`else` follows an `if`")),
                _ if self.at_c_declaration() => return self.c_declaration(out),
                _ => return self.c_expressions(out),
            }
        } else {
            return self.c_expressions(out);
        };
        out.push(Statement { kind, span: self.span_from(begin) });
        Ok(())
    }

    /// `a = b, c();`
    fn c_expressions(&mut self, out: &mut Vec<Statement>) -> Result<()> {
        self.c_list(out)?;
        self.expect_c(";", "after the statement")
    }

    fn c_list(&mut self, out: &mut Vec<Statement>) -> Result<()> {
        loop {
            let value = self.c_expression()?;
            out.push(Statement { span: value.span, kind: StatementKind::Expression(value) });
            if !self.eat_c(",") {
                return Ok(());
            }
        }
    }

    fn c_condition(&mut self, word: &str) -> Result<Expression> {
        self.expect_c("(", &format!("before the condition of `{word}`"))?;
        let condition = self.c_expression()?;
        self.expect_c(")", &format!("after the condition of `{word}`"))?;
        Ok(condition)
    }

    /// What `if`, `else` or a loop governs: a body, or one statement, of C or NMODL.
    fn c_substatement(&mut self) -> Result<Body> {
        if self.at_c_mark("{") {
            return self.body("{");
        }
        let begin = self.current.span;
        let mut body = Body::default();
        if self.at_c() {
            self.nested(|parser| parser.c_statement(&mut body.statements))?;
        } else {
            let kind = self.nested(|parser| parser.statement(true))?;
            body.statements.push(Statement { kind, span: self.span_from(begin) });
        }
        body.span = self.span_from(begin);
        Ok(body)
    }

    fn c_if(&mut self) -> Result<StatementKind> {
        let begin = self.current.span;
        let mut branches = Vec::new();
        loop {
            self.advance();
            self.expect_c("(", "before the condition of `if`")?;
            if self.at_c_declaration() {
                if !branches.is_empty() {
                    return self.outside_c("a declaration in the condition of `else if`");
                }
                return self.c_if_declared(begin);
            }
            let condition = self.c_expression()?;
            self.expect_c(")", "after the condition of `if`")?;
            branches.push((condition, self.c_substatement()?));
            if !self.at_c_word("else") {
                return Ok(StatementKind::If { branches, otherwise: None });
            }
            if self.c_ahead(1).is_none_or(|token| token.text != "if") {
                return Ok(StatementKind::If { branches, otherwise: Some(self.c_else()?) });
            }
            self.advance();
        }
    }

    /// What follows `else`, which stands here.
    pub fn c_else(&mut self) -> Result<Body> {
        self.advance();
        self.c_substatement()
    }

    /// `if (auto* a = b) …`, from its declaration: a body of the declaration and an `if` of the variable.
    fn c_if_declared(&mut self, begin: Span) -> Result<StatementKind> {
        let mut statements = Vec::new();
        let declaration = self.c_single_declaration()?;
        let name = declaration.name.clone();
        let span = name.span;
        statements
            .push(Statement { kind: StatementKind::Declaration(declaration), span: self.span_from(span) });
        self.expect_c(")", "after the condition of `if`")?;
        let variable = Variable { name, primes: 0, index: None, span };
        let condition = Expression { kind: ExpressionKind::Variable(variable), span };
        let body = self.c_substatement()?;
        let otherwise = if self.at_c_word("else") { Some(self.c_else()?) } else { None };
        let span = self.span_from(begin);
        let kind = StatementKind::If { branches: vec![(condition, body)], otherwise };
        statements.push(Statement { kind, span });
        Ok(StatementKind::Nested(Body { statements, spliced: false, span }))
    }

    fn c_for(&mut self) -> Result<StatementKind> {
        self.advance();
        self.expect_c("(", "after `for`")?;
        let mut start = Vec::new();
        if self.at_c_declaration() {
            self.c_declaration(&mut start)?;
        } else if !self.eat_c(";") {
            self.c_expressions(&mut start)?;
        }
        let condition = if self.at_c_mark(";") { None } else { Some(self.c_expression()?) };
        self.expect_c(";", "after the condition of `for`")?;
        let mut last = Vec::new();
        if !self.at_c_mark(")") {
            self.c_list(&mut last)?;
        }
        self.expect_c(")", "after the steps of `for`")?;
        let steps = last
            .into_iter()
            .filter_map(|statement| match statement.kind {
                StatementKind::Expression(value) => Some(value),
                _ => None,
            })
            .collect();
        Ok(StatementKind::For { start, condition, steps, body: self.c_substatement()? })
    }

    fn c_do_while(&mut self) -> Result<StatementKind> {
        self.advance();
        let body = self.c_substatement()?;
        if !self.at_c_word("while") {
            return self.unexpected("`while` after the body of `do`", None);
        }
        self.advance();
        let condition = self.c_condition("while")?;
        self.expect_c(";", "after the condition of `do … while`")?;
        Ok(StatementKind::DoWhile { body, condition })
    }

    /// Goes past the statement or item that begins at `begin` and could not be read, within its block.
    pub fn recover_c(&mut self, begin: Place) {
        let end = self.current.span.start;
        self.return_to(begin);
        let mut depth = 0usize;
        while self.at_c() {
            let mark = if self.current.kind == TokenKind::C(CKind::Mark) { self.current.text } else { "" };
            let passed = self.current.span.start >= end;
            match mark {
                "(" | "[" | "{" => depth += 1,
                "}" if depth == 0 => {
                    if !passed {
                        self.advance();
                        continue;
                    }
                    return;
                }
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.advance();
            if depth == 0 && passed && matches!(mark, ";" | "}") && !self.at_c_word("else") {
                return;
            }
        }
    }
}
