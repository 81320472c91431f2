//! Bodies and their statements.

use super::ast::{BlockKind, Body, Expression, Statement, StatementKind, Table, Verbatim, WatchCondition};
use super::lexer::{TokenKind, verbatim_text};
use super::parser::{Abandoned, Parser, Result};
use super::source::{Span, SyntaxProblem};
use super::verbatim::is_complete;
use super::words;

impl Parser<'_> {
    /// Statements between braces, after the word `open`.
    pub fn body(&mut self, open: &str) -> Result<Body> {
        let start = self.current.span;
        if self.at_c_mark("{") {
            self.advance();
        } else {
            self.expect("{", &format!("before the statements of `{open}`"))?;
        }
        let mut body = Body::default();
        while !self.eat_closing_brace() {
            if self.at_end() || self.at_item() {
                self.unclosed(open, start, body.spliced);
                break;
            }
            let begin = self.current.span;
            if self.at_c() {
                self.c_statements(&mut body.statements);
                continue;
            }
            match self.nested(|parser| parser.statement(body.statements.is_empty())) {
                Ok(kind) => {
                    if let StatementKind::Verbatim(verbatim) = &kind {
                        body.spliced |= !verbatim.complete;
                    }
                    body.statements.push(Statement { kind, span: self.span_from(begin) });
                }
                Err(Abandoned) => self.recover_line(begin),
            }
        }
        body.span = self.span_from(start);
        Ok(body)
    }

    /// Passes `}` of NMODL or C, which close each other's braces.
    fn eat_closing_brace(&mut self) -> bool {
        let found = self.at("}") || self.at_c_mark("}");
        if found {
            self.advance();
        }
        found
    }

    fn unclosed(&mut self, open: &str, start: Span, spliced: bool) {
        let here = self.here();
        let help = if spliced {
            format!("close the block with `}}` {here}; braces in `VERBATIM` do not close braces of NMODL")
        } else {
            format!("close the block with `}}` {here}")
        };
        let problem = SyntaxProblem::Unclosed { open: format!("{open} {{"), found: self.found() };
        self.problem(problem, start, Some(help));
    }

    /// `VERBATIM … ENDVERBATIM`
    pub fn verbatim(&mut self) -> Verbatim {
        let (text, offset) = verbatim_text(self.current.text);
        let start = self.current.span.start + offset as u32;
        let span = Span { start, end: start + text.len() as u32 };
        let verbatim = Verbatim { text: text.into(), span, complete: is_complete(text) };
        if self.regions.is_some() {
            let help = "put the word at the start of a line, outside of strings and titles";
            let problem = SyntaxProblem::Misplaced { statement: "VERBATIM".to_string(), block: "other text" };
            self.problem(problem, self.current.span, Some(help.to_string()));
        }
        self.advance();
        verbatim
    }

    /// Refuses the statement that begins here unless it stands in one of `blocks`.
    fn only_in(&mut self, blocks: &[BlockKind]) -> Result<()> {
        match self.block {
            Some(block) if !blocks.contains(&block) => {
                let list: Vec<String> = blocks.iter().map(|block| format!("`{}`", block.word())).collect();
                let problem = SyntaxProblem::Misplaced {
                    statement: self.current.text.to_string(),
                    block: block.word(),
                };
                let help = format!("it belongs in {}", list.join(" or "));
                self.fail(problem, self.current.span, Some(help))
            }
            _ => Ok(()),
        }
    }

    pub fn statement(&mut self, first: bool) -> Result<StatementKind> {
        match self.current.kind {
            TokenKind::Verbatim => return Ok(StatementKind::Verbatim(self.verbatim())),
            TokenKind::Prime(_) => return self.assignment(),
            TokenKind::Mark if self.at("{") => return Ok(StatementKind::Nested(self.body("{")?)),
            TokenKind::Mark if self.at("~") || self.at("~+") => return self.tilde(),
            TokenKind::Word => {}
            _ => return self.unexpected("a statement", None),
        }
        let word = self.current.text;
        if !words::is_reserved(word) {
            let next = self.next();
            return if next.kind == TokenKind::Mark && next.text == "(" {
                Ok(StatementKind::Call(self.call_statement()?))
            } else {
                self.assignment()
            };
        }
        match word {
            "if" | "IF" => self.if_statement(),
            "while" | "WHILE" => {
                self.advance();
                let condition = self.condition(word)?;
                Ok(StatementKind::While { condition, body: self.body(word)? })
            }
            "FROM" => self.counted_loop(),
            "LOCAL" => {
                if !first {
                    let help = "move it to the opening brace of the block, before all other statements";
                    self.problem(SyntaxProblem::LateLocal, self.current.span, Some(help.to_string()));
                }
                Ok(StatementKind::Local(self.locals()?))
            }
            "SOLVE" => self.solve(),
            "CONDUCTANCE" => {
                self.advance();
                let variable = self.name("of a conductance")?;
                let ion = if self.eat_word("USEION") { Some(self.name("of an ion")?) } else { None };
                Ok(StatementKind::Conductance { variable, ion })
            }
            "PROTECT" => {
                self.advance();
                let (target, value) = self.target_and_value()?;
                Ok(StatementKind::Protect { target, value })
            }
            "MUTEXLOCK" | "MUTEXUNLOCK" => {
                self.advance();
                Ok(if word == "MUTEXLOCK" { StatementKind::MutexLock } else { StatementKind::MutexUnlock })
            }
            "LAG" => {
                self.advance();
                let variable = self.name("of the variable that lags")?;
                self.expect_word("BY", "after the variable")?;
                Ok(StatementKind::Lag { variable, delay: self.name("of the delay")? })
            }
            "TABLE" => self.table(),
            "WATCH" => self.watch(),
            "FOR_NETCONS" => {
                self.only_in(&[BlockKind::NetReceive])?;
                self.advance();
                let arguments = self.arguments(word)?;
                Ok(StatementKind::ForNetCons { arguments, body: self.body(word)? })
            }
            "INITIAL" => {
                self.only_in(&[BlockKind::NetReceive])?;
                self.advance();
                Ok(StatementKind::Initial(self.body(word)?))
            }
            "CONSERVE" | "COMPARTMENT" | "LONGITUDINAL_DIFFUSION" => {
                self.only_in(&[BlockKind::Kinetic])?;
                self.kinetic_statement(word)
            }
            "else" | "ELSE" => self.unexpected("a statement", Some("`else` follows the `}` of an `if`")),
            _ => self.unexpected("a statement", None),
        }
    }

    fn tilde(&mut self) -> Result<StatementKind> {
        if self.block == Some(BlockKind::Kinetic) {
            return self.reaction();
        }
        self.only_in(&[BlockKind::Kinetic, BlockKind::Linear, BlockKind::Nonlinear, BlockKind::Derivative])?;
        self.advance();
        let left = self.expression()?;
        self.expect("=", "between the sides of the equation")?;
        Ok(StatementKind::Equation { left, right: self.expression()? })
    }

    fn call_statement(&mut self) -> Result<super::ast::Call> {
        self.operators = 0;
        self.call()
    }

    fn target_and_value(&mut self) -> Result<(super::ast::Variable, Expression)> {
        self.operators = 0;
        let target = self.variable("to assign to")?;
        if !self.eat("=") {
            let near = words::nearest(&target.name.text, &words::STATEMENTS)
                .filter(|near| !near.eq_ignore_ascii_case(&target.name.text) || near.len() > 2)
                .map(|near| format!("did you mean `{near}`?"));
            let name = &target.name.text;
            let operator = self.current.text;
            let help = match operator {
                "==" => Some("write `=` to assign".to_string()),
                "+" | "-" | "*" | "/" if self.next().text == "=" => {
                    Some(format!("NMODL has no `{operator}=`: write `{name} = {name} {operator} …`"))
                }
                "'" if target.index.is_some() => {
                    Some(format!("the prime stands before the subscript, as in `{name}'[0]`"))
                }
                _ => near,
            };
            let expected = format!("`=` or `(` after `{}`", target.name.text);
            return self.unexpected(&expected, help.as_deref());
        }
        let value = self.expression()?;
        if self.at("%") || self.at(";") {
            return self.unexpected("the next statement", None);
        }
        Ok((target, value))
    }

    fn assignment(&mut self) -> Result<StatementKind> {
        let (target, value) = self.target_and_value()?;
        Ok(StatementKind::Assign { target, value })
    }

    fn condition(&mut self, word: &str) -> Result<Expression> {
        self.expect("(", &format!("before the condition of `{word}`"))?;
        let condition = self.expression()?;
        self.expect(")", &format!("after the condition of `{word}`"))?;
        Ok(condition)
    }

    fn if_statement(&mut self) -> Result<StatementKind> {
        let mut branches = Vec::new();
        loop {
            self.advance();
            let condition = self.condition("if")?;
            if !self.at("{") {
                return self.unexpected(
                    "`{` before the statements of `if`",
                    Some("NMODL has no `if` without braces"),
                );
            }
            let body = self.body_or_empty("if");
            branches.push((condition, body));
            if !(self.eat_word("else") || self.eat_word("ELSE")) {
                let otherwise = if self.at_c_word("else") { Some(self.c_else()?) } else { None };
                return Ok(StatementKind::If { branches, otherwise });
            }
            if !(self.at_word("if") || self.at_word("IF")) {
                let otherwise = Some(self.body_or_empty("else"));
                return Ok(StatementKind::If { branches, otherwise });
            }
        }
    }

    fn counted_loop(&mut self) -> Result<StatementKind> {
        self.advance();
        let variable = self.name("of the counter after `FROM`")?;
        self.expect("=", "after the counter")?;
        let first = self.expression()?;
        self.expect_word("TO", "after the first value")?;
        let last = self.expression()?;
        let step = if self.eat_word("BY") { Some(self.expression()?) } else { None };
        Ok(StatementKind::From { variable, first, last, step, body: self.body("FROM")? })
    }

    fn solve(&mut self) -> Result<StatementKind> {
        self.advance();
        let block = self.name("of a block after `SOLVE`")?;
        let steady_state = self.at_word("STEADYSTATE");
        let method = if steady_state || self.at_word("METHOD") {
            self.advance();
            Some(self.name("of a method, such as `cnexp`")?)
        } else {
            None
        };
        Ok(StatementKind::Solve { block, method, steady_state })
    }

    fn table(&mut self) -> Result<StatementKind> {
        self.only_in(&[BlockKind::Function, BlockKind::Procedure])?;
        self.advance();
        let plain = self.at_word("DEPEND") || self.at_word("FROM");
        let variables =
            if plain { Vec::new() } else { self.names("of a variable, or `FROM`, after `TABLE`")? };
        let depends = if self.eat_word("DEPEND") { self.names("after `DEPEND`")? } else { Vec::new() };
        self.expect_word("FROM", "in `TABLE a DEPEND b FROM low TO high WITH n`")?;
        let from = self.expression()?;
        self.expect_word("TO", "after the first argument")?;
        let to = self.expression()?;
        self.expect_word("WITH", "after the last argument")?;
        let intervals = self.expression()?;
        Ok(StatementKind::Table(Table { variables, depends, from, to, intervals }))
    }

    fn watch(&mut self) -> Result<StatementKind> {
        self.only_in(&[BlockKind::NetReceive])?;
        self.advance();
        let mut conditions = Vec::new();
        loop {
            self.expect("(", "before the condition of `WATCH`")?;
            let left = self.arithmetic()?;
            let rising = self.at(">");
            if !(rising || self.at("<")) {
                let help = "a condition of `WATCH` is one comparison by `>` or `<`";
                return self.unexpected("`>` or `<`", Some(help));
            }
            self.advance();
            let right = self.arithmetic()?;
            self.expect(")", "after the condition of `WATCH`")?;
            let flag = self.arithmetic()?;
            conditions.push(WatchCondition { left, rising, right, flag });
            if !self.eat(",") {
                return Ok(StatementKind::Watch(conditions));
            }
        }
    }
}
