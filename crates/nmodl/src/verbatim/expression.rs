//! Expressions of C.
//!
//! From loose to tight: `=` and `+=`, `? :`, `||`, `&&`, `|`, `^`, `&`, `== !=`, `< <= > >=`, `<< >>`, `+ -`, `* / %`,
//! operators before their operand and casts, then calls, subscripts and `++ --` after it.

use super::condition::{character, integer};
use super::words::{TYPES, is_reserved};
use crate::syntax::SyntaxProblem;
use crate::syntax::ast::{
    BinaryOperator, CType, Call, Expression, ExpressionKind, Name, Number, UnaryOperator, Variable,
};
use crate::syntax::lexer::{CKind, TokenKind};
use crate::syntax::parser::{Parser, Result};

/// How tight an operator binds.
fn binding(mark: &str) -> Option<(BinaryOperator, u8)> {
    Some(match mark {
        "||" => (BinaryOperator::Or, 1),
        "&&" => (BinaryOperator::And, 2),
        "|" => (BinaryOperator::BitOr, 3),
        "^" => (BinaryOperator::BitXor, 4),
        "&" => (BinaryOperator::BitAnd, 5),
        "==" => (BinaryOperator::Equal, 6),
        "!=" => (BinaryOperator::NotEqual, 6),
        "<" => (BinaryOperator::Less, 7),
        "<=" => (BinaryOperator::LessOrEqual, 7),
        ">" => (BinaryOperator::Greater, 7),
        ">=" => (BinaryOperator::GreaterOrEqual, 7),
        "<<" => (BinaryOperator::ShiftLeft, 8),
        ">>" => (BinaryOperator::ShiftRight, 8),
        "+" => (BinaryOperator::Add, 9),
        "-" => (BinaryOperator::Subtract, 9),
        "*" => (BinaryOperator::Multiply, 10),
        "/" => (BinaryOperator::Divide, 10),
        "%" => (BinaryOperator::Remainder, 10),
        _ => return None,
    })
}

/// The operator of `+=` and the like, and of `=`.
fn assignment(mark: &str) -> Option<Option<BinaryOperator>> {
    let operator = mark.strip_suffix('=')?;
    match operator {
        "" => Some(None),
        "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>" => {
            binding(operator).map(|(operator, _)| Some(operator))
        }
        _ => None,
    }
}

/// Whether a value can be given to what `target` names.
fn is_place(target: &Expression) -> bool {
    matches!(
        target.kind,
        ExpressionKind::Variable(_) | ExpressionKind::Index(..) | ExpressionKind::Dereference(_)
    )
}

impl Parser<'_> {
    pub fn eat_c(&mut self, mark: &str) -> bool {
        let found = self.at_c_mark(mark);
        if found {
            self.advance();
        }
        found
    }

    pub fn expect_c(&mut self, mark: &str, purpose: &str) -> Result<()> {
        if self.eat_c(mark) { Ok(()) } else { self.unexpected(&format!("`{mark}` {purpose}"), None) }
    }

    /// The mark that stands here, or nothing.
    fn c_mark(&self) -> &str {
        if self.current.kind == TokenKind::C(CKind::Mark) { self.current.text } else { "" }
    }

    /// A whole expression, without commas.
    pub fn c_expression(&mut self) -> Result<Expression> {
        self.operators = 0;
        self.c_assignment()
    }

    fn c_assignment(&mut self) -> Result<Expression> {
        let target = self.c_conditional()?;
        let Some(operator) = assignment(self.c_mark()) else { return Ok(target) };
        if !is_place(&target) {
            return self.unexpected("`;`", Some("a value can be given to variables and elements alone"));
        }
        self.count_operator()?;
        self.advance();
        let value = self.nested(Self::c_assignment)?;
        let span = target.span.to(value.span);
        let kind = ExpressionKind::Assign { target: Box::new(target), operator, value: Box::new(value) };
        Ok(Expression { kind, span })
    }

    fn c_conditional(&mut self) -> Result<Expression> {
        let condition = self.c_binary(1)?;
        if !self.eat_c("?") {
            return Ok(condition);
        }
        let yes = self.nested(Self::c_assignment)?;
        self.expect_c(":", "between the values of `? :`")?;
        let no = self.nested(Self::c_conditional)?;
        let span = condition.span.to(no.span);
        let kind = ExpressionKind::Conditional(Box::new(condition), Box::new(yes), Box::new(no));
        Ok(Expression { kind, span })
    }

    fn c_binary(&mut self, least: u8) -> Result<Expression> {
        let mut left = self.c_unary()?;
        while let Some((operator, level)) = binding(self.c_mark())
            && level >= least
        {
            self.count_operator()?;
            self.advance();
            let right = self.nested(|parser| parser.c_binary(level + 1))?;
            let span = left.span.to(right.span);
            left =
                Expression { kind: ExpressionKind::Binary(operator, Box::new(left), Box::new(right)), span };
        }
        Ok(left)
    }

    fn c_unary(&mut self) -> Result<Expression> {
        let begin = self.current.span;
        if self.at_c_cast() {
            self.advance();
            let kind = self.c_type()?;
            self.expect_c(")", "after the type of the cast")?;
            let operand = self.nested(Self::c_unary)?;
            let span = self.span_from(begin);
            return Ok(Expression { kind: ExpressionKind::Cast(kind, Box::new(operand)), span });
        }
        let mark = self.c_mark().to_string();
        if !matches!(&*mark, "-" | "+" | "!" | "~" | "*" | "&" | "++" | "--") {
            return self.c_postfix();
        }
        self.count_operator()?;
        self.advance();
        let operand = Box::new(self.nested(Self::c_unary)?);
        let kind = match &*mark {
            "-" => ExpressionKind::Unary(UnaryOperator::Negate, operand),
            "!" => ExpressionKind::Unary(UnaryOperator::Not, operand),
            "~" => ExpressionKind::Unary(UnaryOperator::BitNot, operand),
            "*" => ExpressionKind::Dereference(operand),
            "&" => ExpressionKind::AddressOf(operand),
            "+" => return Ok(*operand),
            _ => return self.c_step(*operand, mark == "++", true, begin),
        };
        Ok(Expression { kind, span: self.span_from(begin) })
    }

    fn c_step(
        &mut self,
        target: Expression,
        increment: bool,
        prefix: bool,
        begin: crate::syntax::Span,
    ) -> Result<Expression> {
        if !is_place(&target) {
            let help = "`++` and `--` change variables and elements alone";
            return self.unexpected("an operator or `;`", Some(help));
        }
        let kind = ExpressionKind::Step { target: Box::new(target), increment, prefix };
        Ok(Expression { kind, span: self.span_from(begin) })
    }

    fn c_postfix(&mut self) -> Result<Expression> {
        let begin = self.current.span;
        let mut value = self.c_primary()?;
        loop {
            match self.c_mark() {
                "[" => {
                    self.count_operator()?;
                    self.advance();
                    let index = Box::new(self.nested(Self::c_assignment)?);
                    self.expect_c("]", "after the subscript")?;
                    let span = self.span_from(begin);
                    let kind = match value.kind {
                        ExpressionKind::Variable(Variable { name, primes: 0, index: None, .. }) => {
                            ExpressionKind::Variable(Variable { name, primes: 0, index: Some(index), span })
                        }
                        kind => ExpressionKind::Index(Box::new(Expression { kind, span: value.span }), index),
                    };
                    value = Expression { kind, span };
                }
                "++" | "--" => {
                    let increment = self.at_c_mark("++");
                    self.count_operator()?;
                    self.advance();
                    value = self.c_step(value, increment, false, begin)?;
                }
                "(" => return self.outside_c("a call through a pointer"),
                "->" | "." => return self.outside_c(self.current.text),
                "::" => return self.outside_c("::"),
                _ => return Ok(value),
            }
        }
    }

    fn c_primary(&mut self) -> Result<Expression> {
        let begin = self.current.span;
        let kind = match self.current.kind {
            TokenKind::C(CKind::Integer) => self.c_integer()?,
            TokenKind::C(CKind::Real) => self.c_real()?,
            TokenKind::C(CKind::Character) => match character(self.current.text) {
                Some(value) => {
                    self.advance();
                    ExpressionKind::Integer(value)
                }
                None => return self.unexpected("a character", None),
            },
            TokenKind::C(CKind::Text) => {
                let mut text = String::new();
                while self.current.kind == TokenKind::C(CKind::Text) {
                    let inner = self.current.text;
                    text.push_str(
                        inner.strip_prefix('"').unwrap_or(inner).strip_suffix('"').unwrap_or(inner),
                    );
                    self.advance();
                }
                ExpressionKind::Text(text.into())
            }
            TokenKind::C(CKind::Word) => return self.c_word(),
            TokenKind::C(CKind::Mark) if self.current.text == "(" => {
                self.advance();
                let inner = self.nested(Self::c_assignment)?;
                if self.at_c_mark(",") {
                    return self.outside_c("a comma between expressions");
                }
                self.expect_c(")", "to close the parenthesis")?;
                return Ok(inner);
            }
            _ if self.at_c_mark("[") => return self.outside_c("a lambda"),
            _ => return self.unexpected("an expression", None),
        };
        Ok(Expression { kind, span: self.span_from(begin) })
    }

    fn c_integer(&mut self) -> Result<ExpressionKind> {
        let span = self.current.span;
        let text = self.current.text;
        let Some((value, unsigned)) = integer(text) else {
            return self.fail(SyntaxProblem::Integer(text.chars().take(40).collect()), span, None);
        };
        self.advance();
        let kind = ExpressionKind::Integer(value);
        if !unsigned {
            return Ok(kind);
        }
        let wide = value > i64::from(u32::MAX);
        let target = if wide { CType::UnsignedLong } else { CType::Unsigned };
        Ok(ExpressionKind::Cast(target, Box::new(Expression { kind, span })))
    }

    fn c_real(&mut self) -> Result<ExpressionKind> {
        let span = self.current.span;
        let digits = self.current.text.trim_end_matches(['f', 'F', 'l', 'L']);
        let single = self.current.text[digits.len()..].contains(['f', 'F']);
        let Ok(value) = digits.parse::<f64>() else { return self.unexpected("a number", None) };
        self.advance();
        let kind = ExpressionKind::Number(Number { value, integer: false, unit: None });
        if !single {
            return Ok(kind);
        }
        Ok(ExpressionKind::Cast(CType::Float, Box::new(Expression { kind, span })))
    }

    /// What begins with a word: a name, a call, a cast or a constant.
    fn c_word(&mut self) -> Result<Expression> {
        let begin = self.current.span;
        let word = self.current.text;
        let constant = match word {
            "NULL" | "nullptr" => Some(ExpressionKind::Null),
            "true" | "TRUE" => Some(ExpressionKind::Integer(1)),
            "false" | "FALSE" => Some(ExpressionKind::Integer(0)),
            _ => None,
        };
        if let Some(kind) = constant {
            self.advance();
            return Ok(Expression { kind, span: begin });
        }
        if matches!(word, "static_cast" | "reinterpret_cast" | "const_cast") {
            self.advance();
            self.expect_c("<", "before the type of the cast")?;
            let kind = self.c_type()?;
            self.expect_c(">", "after the type of the cast")?;
            return self.c_cast_operand(kind, begin);
        }
        if TYPES.contains(&word) {
            let kind = self.c_specifiers()?.kind;
            return self.c_cast_operand(kind, begin);
        }
        if word == "_ppvar" {
            return self.c_own_point_process();
        }
        if is_reserved(word) {
            return self.outside_c(word);
        }
        let name = Name { text: word.into(), span: begin };
        self.advance();
        if self.at_c_mark("::") {
            return self.outside_c("::");
        }
        let kind = if self.at_c_mark("(") {
            let arguments = self.c_arguments(&name.text)?;
            ExpressionKind::Call(Call { name, arguments, span: self.span_from(begin) })
        } else {
            ExpressionKind::Variable(Variable { name, primes: 0, index: None, span: begin })
        };
        Ok(Expression { kind, span: self.span_from(begin) })
    }

    fn c_cast_operand(&mut self, kind: CType, begin: crate::syntax::Span) -> Result<Expression> {
        self.expect_c("(", "before the operand of the cast")?;
        let operand = self.nested(Self::c_assignment)?;
        self.expect_c(")", "after the operand of the cast")?;
        let span = self.span_from(begin);
        Ok(Expression { kind: ExpressionKind::Cast(kind, Box::new(operand)), span })
    }

    /// The arguments of a call. What NEURON passes on to find the instance is left out.
    fn c_arguments(&mut self, name: &str) -> Result<Vec<Expression>> {
        self.advance();
        let mut arguments = Vec::new();
        while !self.eat_c(")") {
            if self.at_c_word("_threadargscomma_") || self.at_c_word("_internalthreadargscomma_") {
                self.advance();
                continue;
            }
            if self.at_c_word("_threadargs_") || self.at_c_word("_internalthreadargs_") {
                self.advance();
            } else {
                arguments.push(self.nested(Self::c_assignment)?);
            }
            if !self.eat_c(",") && !self.at_c_mark(")") {
                return self.unexpected(&format!("`)` or `,` after an argument of `{name}`"), None);
            }
        }
        Ok(arguments)
    }

    /// `_ppvar[1].get<Point_process*>()` or `_ppvar[1]._pvoid`: the instance itself, as `_pnt`.
    fn c_own_point_process(&mut self) -> Result<Expression> {
        let begin = self.current.span;
        let shape: Vec<&str> =
            (1..12).map_while(|count| self.c_ahead(count)).map(|token| token.text).collect();
        let length =
            if shape.starts_with(&["[", "1", "]", ".", "get", "<", "Point_process", "*", ">", "(", ")"]) {
                12
            } else if shape.starts_with(&["[", "1", "]", ".", "_pvoid"]) {
                6
            } else {
                return self.outside_c("_ppvar");
            };
        for _ in 0..length {
            self.advance();
        }
        let span = self.span_from(begin);
        let name = Name { text: "_pnt".into(), span };
        Ok(Expression {
            kind: ExpressionKind::Variable(Variable { name, primes: 0, index: None, span }),
            span,
        })
    }
}
