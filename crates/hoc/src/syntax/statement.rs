//! Statements, declarations and definitions.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ast::{
    Declarator, ExpressionKind, Procedure, ProcedureKind, Statement, StatementKind, TemplateBody,
};
use super::expression::may_be_section;
use super::lexer::{Keyword, TokenKind};
use super::parser::{Abandoned, End, Parser, Result};
use super::source::{Span, SyntaxProblem};
use super::symbol::Symbol;

impl Parser<'_> {
    /// Statements up to what `end` names, which is left in place.
    pub fn statements_until(&mut self, end: End) -> Vec<Statement> {
        let mut statements = Vec::new();
        loop {
            self.skip_newlines();
            match self.peek() {
                TokenKind::End => return statements,
                TokenKind::Punctuation("}") if end == End::Brace => return statements,
                TokenKind::Keyword(Keyword::EndTemplate) if end != End::Text => return statements,
                TokenKind::Keyword(Keyword::Proc | Keyword::Func | Keyword::ObFunc)
                    if end == End::Brace && self.too_many_problems() =>
                {
                    return statements;
                }
                _ => {}
            }
            if self.too_many_problems() {
                self.position = self.tokens.len().saturating_sub(1);
                return statements;
            }
            let before = self.position;
            match self.statement() {
                Ok(statement) => statements.push(statement),
                Err(Abandoned) => {
                    self.recover();
                    if end == End::Brace && self.at_definition() {
                        // the brace was never closed: the definition belongs to the level above
                        return statements;
                    }
                }
            }
            if self.position == before {
                // a stray closing brace or `endtemplate`
                if !matches!(self.peek(), TokenKind::End) && !self.too_many_problems() {
                    let _: Result<()> = self.unexpected("a statement");
                }
                self.advance();
            }
        }
    }

    fn at_definition(&self) -> bool {
        matches!(
            self.peek(),
            TokenKind::Keyword(Keyword::Proc | Keyword::Func | Keyword::ObFunc | Keyword::BeginTemplate)
        )
    }

    fn statement(&mut self) -> Result<Statement> {
        self.deeper(Self::statement_here)
    }

    fn statement_here(&mut self) -> Result<Statement> {
        let start = self.span();
        let kind = match self.peek().clone() {
            TokenKind::Punctuation("{") => self.block()?,
            TokenKind::Keyword(keyword) => self.keyword_statement(keyword)?,
            _ => self.expression_statement()?,
        };
        Ok(Statement { kind, span: start.to(self.previous_span()) })
    }

    fn block(&mut self) -> Result<StatementKind> {
        let open = self.span();
        self.advance();
        let statements = self.statements_until(End::Brace);
        self.close_brace(open)?;
        Ok(StatementKind::Block(statements))
    }

    fn close_brace(&mut self, open: Span) -> Result<()> {
        if self.eat("}") {
            return Ok(());
        }
        let problem = SyntaxProblem::Unclosed { open: "{".into(), close: "}" };
        self.problem(problem, open, Some("every `{` needs a `}`".into()));
        Err(Abandoned)
    }

    /// The one statement that belongs to `owner`.
    fn body(&mut self, owner: &'static str) -> Result<Box<Statement>> {
        if matches!(self.peek(), TokenKind::Newline | TokenKind::End) {
            let span = self.previous_span();
            let help = Some("put it on this line, or open a brace `{` on this line".to_string());
            self.problem(SyntaxProblem::StatementOnNextLine(owner), span, help);
            return Err(Abandoned);
        }
        Ok(Box::new(self.statement()?))
    }

    fn keyword_statement(&mut self, keyword: Keyword) -> Result<StatementKind> {
        match keyword {
            Keyword::If => self.if_statement(),
            Keyword::While => {
                self.advance();
                self.expect("(", "after `while`")?;
                let condition = self.expression()?;
                self.expect(")", "after the condition")?;
                Ok(StatementKind::While(condition, self.body("while")?))
            }
            Keyword::For => self.for_statement(),
            Keyword::ForAll => {
                self.advance();
                Ok(StatementKind::ForAll(self.body("forall")?))
            }
            Keyword::ForSec | Keyword::IfSec => {
                self.advance();
                let list = self.postfix()?;
                Ok(if keyword == Keyword::ForSec {
                    StatementKind::ForSections(list, self.body("forsec")?)
                } else {
                    StatementKind::IfSection(list, self.body("ifsec")?)
                })
            }
            Keyword::Print => self.print(),
            Keyword::Return => self.return_statement(),
            Keyword::Break => self.word(StatementKind::Break),
            Keyword::Continue => self.word(StatementKind::Continue),
            Keyword::Stop => self.word(StatementKind::Stop),
            Keyword::IteratorStatement => self.word(StatementKind::IteratorStatement),
            Keyword::Help | Keyword::Debug => self.word(StatementKind::Ignored),
            Keyword::Proc => self.procedure(ProcedureKind::Procedure, "proc"),
            Keyword::Func => self.procedure(ProcedureKind::Function, "func"),
            Keyword::ObFunc => self.procedure(ProcedureKind::ObjectFunction, "obfunc"),
            Keyword::Iterator => self.procedure(ProcedureKind::Iterator, "iterator"),
            Keyword::BeginTemplate => self.template(),
            Keyword::New => self.expression_statement(),
            Keyword::Local => self.late_local("local"),
            Keyword::LocalObj => self.late_local("localobj"),
            Keyword::Else => self.stray_else(),
            _ => self.declaration(keyword),
        }
    }

    fn word(&mut self, kind: StatementKind) -> Result<StatementKind> {
        self.advance();
        Ok(kind)
    }

    fn late_local(&mut self, word: &'static str) -> Result<StatementKind> {
        let span = self.span();
        let help = Some("move the declaration to the opening brace of the procedure".into());
        self.problem(SyntaxProblem::LateLocal(word), span, help);
        self.advance();
        Err(Abandoned)
    }

    fn stray_else(&mut self) -> Result<StatementKind> {
        let span = self.span();
        let help = Some("write `} else {`".into());
        self.problem(SyntaxProblem::ElseOnNextLine, span, help);
        self.advance();
        Err(Abandoned)
    }

    fn declaration(&mut self, keyword: Keyword) -> Result<StatementKind> {
        self.advance();
        Ok(match keyword {
            Keyword::Public => StatementKind::Public(self.names("the name of a member")?),
            Keyword::External => StatementKind::External(self.names("the name of a top-level variable")?),
            Keyword::ObjRef | Keyword::ObjectVar => StatementKind::Objects(self.declarators()?),
            Keyword::StrDef => StatementKind::Texts(self.declarators()?),
            Keyword::Double => StatementKind::Arrays(self.declarators()?),
            Keyword::Create => StatementKind::Create(self.declarators()?),
            Keyword::Access => StatementKind::Access(self.postfix()?),
            Keyword::Insert => StatementKind::Insert(self.name("the name of a mechanism after `insert`")?),
            Keyword::Uninsert => {
                StatementKind::Uninsert(self.name("the name of a mechanism after `uninsert`")?)
            }
            Keyword::Connect => {
                let child = self.postfix()?;
                if !matches!(&child.kind, ExpressionKind::Call(_, arguments) if arguments.len() == 1) {
                    return self.unexpected("the end that is connected, as in `connect dend(0), soma(1)`");
                }
                self.expect(",", "between the child and its parent")?;
                StatementKind::Connect(child, self.expression()?)
            }
            Keyword::SetPointer => {
                let pointer = self.postfix()?;
                self.expect(",", "between the pointer and its target")?;
                StatementKind::SetPointer(pointer, self.postfix()?)
            }
            _ => {
                self.position -= 1;
                return self.unexpected("a statement");
            }
        })
    }

    fn names(&mut self, what: &str) -> Result<Vec<Symbol>> {
        let mut names = vec![self.name(what)?];
        while self.eat(",") {
            names.push(self.name(what)?);
        }
        Ok(names)
    }

    fn declarators(&mut self) -> Result<Vec<Declarator>> {
        let mut declarators = Vec::new();
        loop {
            let start = self.span();
            let name = self.name("the name that is declared")?;
            let mut dimensions = Vec::new();
            while self.eat("[") {
                dimensions.push(self.expression()?);
                self.expect("]", "after the dimension")?;
            }
            declarators.push(Declarator { name, dimensions, span: start.to(self.previous_span()) });
            if !self.eat(",") {
                return Ok(declarators);
            }
        }
    }

    fn if_statement(&mut self) -> Result<StatementKind> {
        self.advance();
        self.expect("(", "after `if`")?;
        let condition = self.expression()?;
        self.expect(")", "after the condition")?;
        let then = self.body("if")?;
        let otherwise = if self.eat_keyword(Keyword::Else) { Some(self.body("else")?) } else { None };
        Ok(StatementKind::If(condition, then, otherwise))
    }

    fn for_statement(&mut self) -> Result<StatementKind> {
        self.advance();
        if self.eat("(") {
            return self.for_in_parentheses();
        }
        let target = self.postfix()?;
        // an iterator of an object may stand without parentheses
        if !self.at("=") && (matches!(target.kind, ExpressionKind::Call(..)) || self.at("{")) {
            return Ok(StatementKind::ForIterator(target, self.body("for")?));
        }
        self.expect("=", "after the variable of `for`")?;
        let first = self.expression()?;
        self.expect(",", "between the bounds, as in `for i = 0, 9`")?;
        let last = self.expression()?;
        Ok(StatementKind::ForRange(target, first, last, self.body("for")?))
    }

    fn for_in_parentheses(&mut self) -> Result<StatementKind> {
        let mut start = Vec::new();
        if !self.at(";") {
            start.push(self.expression()?);
            let is_name = matches!(start[0].kind, ExpressionKind::Name(_) | ExpressionKind::Local(_));
            if is_name && self.at(")") {
                self.advance();
                let variable = start.remove(0);
                return Ok(StatementKind::ForSegments(variable, None, self.body("for")?));
            }
            while self.eat(",") {
                start.push(self.expression()?);
            }
            if is_name && start.len() == 2 && self.at(")") {
                self.advance();
                let ends = start.pop();
                let variable = start.remove(0);
                return Ok(StatementKind::ForSegments(variable, ends, self.body("for")?));
            }
        }
        self.expect(";", "after the start of `for`")?;
        let condition = if self.at(";") { None } else { Some(self.expression()?) };
        self.expect(";", "after the condition of `for`")?;
        let mut step = Vec::new();
        if !self.at(")") {
            step.push(self.expression()?);
            while self.eat(",") {
                step.push(self.expression()?);
            }
        }
        self.expect(")", "after the step of `for`")?;
        Ok(StatementKind::For(start, condition, step, self.body("for")?))
    }

    fn print(&mut self) -> Result<StatementKind> {
        self.advance();
        let mut values = Vec::new();
        if self.ends_statement() {
            return Ok(StatementKind::Print(values));
        }
        loop {
            values.push(self.expression()?);
            if !self.eat(",") {
                return Ok(StatementKind::Print(values));
            }
        }
    }

    fn ends_statement(&self) -> bool {
        matches!(
            self.peek(),
            TokenKind::Newline
                | TokenKind::End
                | TokenKind::Punctuation("}")
                | TokenKind::Keyword(Keyword::Else | Keyword::EndTemplate)
        )
    }

    fn return_statement(&mut self) -> Result<StatementKind> {
        self.advance();
        if self.ends_statement() {
            return Ok(StatementKind::Return(None));
        }
        Ok(StatementKind::Return(Some(self.expression()?)))
    }

    fn expression_statement(&mut self) -> Result<StatementKind> {
        let unary = matches!(self.peek(), TokenKind::Punctuation("-" | "!" | "&" | "("));
        let starts = unary
            || matches!(
                self.peek(),
                TokenKind::Name(_)
                    | TokenKind::Number(_)
                    | TokenKind::Text(_)
                    | TokenKind::Argument(..)
                    | TokenKind::Keyword(Keyword::New)
            );
        if !starts {
            return self.unexpected("a statement");
        }
        if unary {
            return Ok(StatementKind::Expression(self.expression()?));
        }
        let first = self.postfix()?;
        if may_be_section(&first.kind) && self.begins_statement() {
            let body = Box::new(self.statement()?);
            return Ok(StatementKind::Prefix(first, body));
        }
        let expression = self.expression_from(first)?;
        let late = self.at_keyword(Keyword::Local) || self.at_keyword(Keyword::LocalObj);
        if !self.ends_statement() && !self.begins_statement() && !late {
            return self.unexpected("the end of the statement");
        }
        Ok(StatementKind::Expression(expression))
    }

    /// Whether the present token, on the line of an expression, begins another statement.
    fn begins_statement(&self) -> bool {
        match self.peek() {
            TokenKind::Punctuation(text) => *text == "{",
            TokenKind::Keyword(keyword) => !matches!(
                keyword,
                Keyword::Else
                    | Keyword::Local
                    | Keyword::LocalObj
                    | Keyword::EndTemplate
                    | Keyword::Proc
                    | Keyword::Func
                    | Keyword::ObFunc
            ),
            TokenKind::Name(_) | TokenKind::Argument(..) | TokenKind::Text(_) | TokenKind::Number(_) => true,
            TokenKind::Newline | TokenKind::End => false,
        }
    }

    fn procedure(&mut self, kind: ProcedureKind, word: &'static str) -> Result<StatementKind> {
        let start = self.span();
        if self.in_procedure {
            let help = Some("close the procedure before with `}`".into());
            self.problem(SyntaxProblem::NestedDefinition(word), start, help);
        }
        self.advance();
        let name = self.name("the name of the procedure")?;
        self.expect("(", "after the name of the procedure")?;
        self.expect(")", "after `(`: parameters are not named but used as `$1`, `$s2`, `$o3`")?;
        let open = self.span();
        self.expect("{", "on the same line")?;
        let outer =
            (std::mem::take(&mut self.locals), std::mem::take(&mut self.local_objects), self.in_procedure);
        self.in_procedure = true;
        let body = self.procedure_body(open);
        let locals = std::mem::replace(&mut self.locals, outer.0);
        let local_objects = std::mem::replace(&mut self.local_objects, outer.1);
        self.in_procedure = outer.2;
        let source = self.source.clone();
        let span = start.to(self.previous_span());
        let procedure = Procedure { kind, name, locals, local_objects, body: body?, span, source };
        Ok(StatementKind::Procedure(Arc::new(procedure)))
    }

    fn procedure_body(&mut self, open: Span) -> Result<Vec<Statement>> {
        loop {
            self.skip_newlines();
            let numeric = self.at_keyword(Keyword::Local);
            if !numeric && !self.at_keyword(Keyword::LocalObj) {
                break;
            }
            self.advance();
            let names = self.names("the name of a local variable")?;
            if numeric {
                self.locals.extend(names);
            } else {
                self.local_objects.extend(names);
            }
        }
        let body = self.statements_until(End::Brace);
        self.close_brace(open)?;
        Ok(body)
    }

    fn template(&mut self) -> Result<StatementKind> {
        let start = self.span();
        if self.in_procedure {
            let help = Some("close what stands before it first".into());
            self.problem(SyntaxProblem::NestedDefinition("begintemplate"), start, help);
            self.advance();
            return Err(Abandoned);
        }
        self.advance();
        let name = self.name("the name of the template")?;
        let span = self.previous_span();
        let first = self.position;
        let body = self.deeper(|parser| Ok(parser.statements_until(End::Template)))?;
        let mut seen = BTreeSet::new();
        let mentioned = self.tokens[first..self.position]
            .iter()
            .filter_map(|token| match token.kind {
                TokenKind::Name(symbol) => Some(symbol),
                _ => None,
            })
            .filter(|symbol| seen.insert(*symbol))
            .collect();
        if !self.eat_keyword(Keyword::EndTemplate) {
            let problem = SyntaxProblem::Unclosed {
                open: format!("begintemplate {}", self.symbols.name(name)),
                close: "endtemplate",
            };
            self.problem(problem, start.to(span), None);
            return Err(Abandoned);
        }
        let end = self.name("the name of the template after `endtemplate`")?;
        if end != name {
            let (begin, end) = (self.symbols.name(name).to_string(), self.symbols.name(end).to_string());
            let span = self.previous_span();
            self.problem(SyntaxProblem::TemplateName { begin, end }, span, None);
        }
        let source = self.source.clone();
        Ok(StatementKind::Template(Arc::new(TemplateBody { name, body, span, mentioned, source })))
    }
}
