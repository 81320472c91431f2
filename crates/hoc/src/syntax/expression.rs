//! Expressions, by precedence climbing.

use super::ast::{ArgumentIndex, ArgumentKind, AssignOperator, BinaryOperator, Expression, ExpressionKind};
use super::lexer::{Keyword, TokenKind};
use super::parser::{Parser, Result};
use super::source::SyntaxProblem;
use super::symbol::Symbol;

/// Terms in one row, such as `a + b + c`, that the parser takes.
const MAXIMUM_ROW: usize = 400;

const UNARY_POWER: u8 = 6;

impl Parser<'_> {
    /// An expression, assignments included.
    pub fn expression(&mut self) -> Result<Expression> {
        self.deeper(|parser| {
            let target = parser.operation(1)?;
            parser.assignment(target)
        })
    }

    /// An expression whose first operand was read already.
    pub fn expression_from(&mut self, first: Expression) -> Result<Expression> {
        self.deeper(|parser| {
            let target = parser.operation_from(first, 1)?;
            parser.assignment(target)
        })
    }

    fn assignment(&mut self, target: Expression) -> Result<Expression> {
        let operator = match self.peek() {
            TokenKind::Punctuation("=") => AssignOperator::Set,
            TokenKind::Punctuation("+=") => AssignOperator::Add,
            TokenKind::Punctuation("-=") => AssignOperator::Subtract,
            TokenKind::Punctuation("*=") => AssignOperator::Multiply,
            TokenKind::Punctuation("/=") => AssignOperator::Divide,
            _ => return Ok(target),
        };
        if !is_assignable(&target.kind) {
            self.problem(
                SyntaxProblem::NotAssignable,
                target.span,
                Some("only variables, arguments and members of objects can be assigned to".into()),
            );
        }
        self.advance();
        let mut value = self.expression()?;
        if self.at(":") && matches!(target.kind, ExpressionKind::Call(..)) {
            self.advance();
            let end = self.expression()?;
            let span = value.span.to(end.span);
            value = Expression { kind: ExpressionKind::Ramp(Box::new(value), Box::new(end)), span };
        }
        let span = target.span.to(value.span);
        Ok(Expression { kind: ExpressionKind::Assign(operator, Box::new(target), Box::new(value)), span })
    }

    fn operation(&mut self, minimum: u8) -> Result<Expression> {
        let first = self.unary()?;
        self.operation_from(first, minimum)
    }

    fn operation_from(&mut self, first: Expression, minimum: u8) -> Result<Expression> {
        let mut left = first;
        let mut row = 0;
        while let Some((operator, strength)) = self.binary_operator() {
            if strength < minimum {
                break;
            }
            row += 1;
            if row > MAXIMUM_ROW {
                let span = self.span();
                self.problem(SyntaxProblem::TooDeep, span, Some("split the expression".into()));
                return Err(super::parser::Abandoned);
            }
            self.advance();
            // `^` groups from the right, all others from the left
            let next = if operator == BinaryOperator::Power { strength } else { strength + 1 };
            let right = self.deeper(|parser| parser.operation(next))?;
            let span = left.span.to(right.span);
            left =
                Expression { kind: ExpressionKind::Binary(operator, Box::new(left), Box::new(right)), span };
        }
        Ok(left)
    }

    fn binary_operator(&self) -> Option<(BinaryOperator, u8)> {
        let TokenKind::Punctuation(text) = self.peek() else { return None };
        Some(match *text {
            "||" => (BinaryOperator::Or, 1),
            "&&" => (BinaryOperator::And, 2),
            ">" => (BinaryOperator::Greater, 3),
            ">=" => (BinaryOperator::GreaterEqual, 3),
            "<" => (BinaryOperator::Less, 3),
            "<=" => (BinaryOperator::LessEqual, 3),
            "==" => (BinaryOperator::Equal, 3),
            "!=" => (BinaryOperator::NotEqual, 3),
            "+" => (BinaryOperator::Add, 4),
            "-" => (BinaryOperator::Subtract, 4),
            "*" => (BinaryOperator::Multiply, 5),
            "/" => (BinaryOperator::Divide, 5),
            "%" => (BinaryOperator::Remainder, 5),
            "^" => (BinaryOperator::Power, 7),
            _ => return None,
        })
    }

    fn unary(&mut self) -> Result<Expression> {
        let start = self.span();
        let TokenKind::Punctuation(text) = self.peek() else { return self.postfix() };
        match *text {
            "-" | "!" => {
                let negate = *text == "-";
                self.advance();
                let operand = self.deeper(|parser| parser.operation(UNARY_POWER))?;
                let span = start.to(operand.span);
                // a negative literal is one number
                let kind = match (negate, operand.kind) {
                    (true, ExpressionKind::Number(value)) => ExpressionKind::Number(-value),
                    (true, kind) => ExpressionKind::Negate(Box::new(Expression { kind, span: operand.span })),
                    (false, kind) => ExpressionKind::Not(Box::new(Expression { kind, span: operand.span })),
                };
                Ok(Expression { kind, span })
            }
            "&" => {
                self.advance();
                let operand = self.postfix()?;
                let span = start.to(operand.span);
                Ok(Expression { kind: ExpressionKind::AddressOf(Box::new(operand)), span })
            }
            _ => self.postfix(),
        }
    }

    /// A name, number, … with the subscripts, arguments and members after it.
    pub fn postfix(&mut self) -> Result<Expression> {
        let mut base = self.primary()?;
        let mut row = 0;
        loop {
            row += 1;
            if row > MAXIMUM_ROW {
                let span = self.span();
                self.problem(SyntaxProblem::TooDeep, span, None);
                return Err(super::parser::Abandoned);
            }
            match self.peek() {
                TokenKind::Punctuation("[") if can_be_indexed(&base.kind) => {
                    let mut subscripts = Vec::new();
                    while self.eat("[") {
                        subscripts.push(self.expression()?);
                        self.expect("]", "after the subscript")?;
                    }
                    let span = base.span.to(self.previous_span());
                    base = Expression { kind: ExpressionKind::Index(Box::new(base), subscripts), span };
                }
                TokenKind::Punctuation("(") if can_be_called(&base.kind) => {
                    let arguments = self.arguments()?;
                    let span = base.span.to(self.previous_span());
                    base = Expression { kind: ExpressionKind::Call(Box::new(base), arguments), span };
                }
                TokenKind::Punctuation(".") => {
                    self.advance();
                    let name = self.member_name()?;
                    let span = base.span.to(self.previous_span());
                    base = Expression { kind: ExpressionKind::Member(Box::new(base), name), span };
                }
                _ => return Ok(base),
            }
        }
    }

    fn member_name(&mut self) -> Result<Symbol> {
        if let TokenKind::Keyword(keyword) = self.peek() {
            let symbol = self.symbols.intern(keyword.text());
            self.advance();
            return Ok(symbol);
        }
        self.name("the name of a member after `.`")
    }

    /// `(a, b, …)`, where `a` may be a ramp `x1:x2`.
    fn arguments(&mut self) -> Result<Vec<Expression>> {
        self.expect("(", "before the arguments")?;
        let mut arguments = Vec::new();
        if self.eat(")") {
            return Ok(arguments);
        }
        loop {
            let mut argument = self.expression()?;
            if self.eat(":") {
                let end = self.expression()?;
                let span = argument.span.to(end.span);
                argument = Expression { kind: ExpressionKind::Ramp(Box::new(argument), Box::new(end)), span };
            }
            arguments.push(argument);
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")", "or `,` after the argument")?;
        Ok(arguments)
    }

    fn primary(&mut self) -> Result<Expression> {
        let start = self.span();
        let kind = match self.peek().clone() {
            TokenKind::Number(value) => {
                self.advance();
                ExpressionKind::Number(value)
            }
            TokenKind::Text(text) => {
                self.advance();
                ExpressionKind::Text(text)
            }
            TokenKind::Argument(kind, index) => {
                self.advance();
                self.argument(kind, index)
            }
            TokenKind::Name(symbol) => {
                self.advance();
                self.resolve(symbol)
            }
            TokenKind::Punctuation("(") => {
                self.advance();
                let mut inner = self.expression()?;
                self.expect(")", "to close the parenthesis")?;
                inner.span = start.to(self.previous_span());
                return Ok(inner);
            }
            TokenKind::Keyword(Keyword::New) => {
                self.advance();
                let class = self.name("the name of a class after `new`")?;
                let arguments = if self.at("(") { self.arguments()? } else { Vec::new() };
                ExpressionKind::New(class, arguments)
            }
            _ => return self.unexpected("an expression"),
        };
        Ok(Expression { kind, span: start.to(self.previous_span()) })
    }

    fn argument(&mut self, kind: ArgumentKind, index: Option<u16>) -> ExpressionKind {
        let index = match index {
            Some(index) => ArgumentIndex::Fixed(index),
            None => {
                let local =
                    self.symbols.get("i").and_then(|i| self.locals.iter().position(|&name| name == i));
                ArgumentIndex::Variable(local.map(|position| position as u16))
            }
        };
        ExpressionKind::Argument(kind, index)
    }

    pub fn resolve(&self, symbol: Symbol) -> ExpressionKind {
        if let Some(position) = self.locals.iter().position(|&name| name == symbol) {
            return ExpressionKind::Local(position as u16);
        }
        if let Some(position) = self.local_objects.iter().position(|&name| name == symbol) {
            return ExpressionKind::LocalObject(position as u16);
        }
        ExpressionKind::Name(symbol)
    }
}

/// Whether a statement may follow the expression on the same line with the expression as its section.
pub(super) fn may_be_section(kind: &ExpressionKind) -> bool {
    match kind {
        ExpressionKind::Name(_) | ExpressionKind::Member(..) => true,
        ExpressionKind::Index(base, _) => may_be_section(&base.kind),
        // `object.method() statement`: NEURON's grammar makes the statement part of it
        ExpressionKind::Call(base, _) => matches!(base.kind, ExpressionKind::Member(..)),
        _ => false,
    }
}

fn is_assignable(kind: &ExpressionKind) -> bool {
    match kind {
        ExpressionKind::Name(_)
        | ExpressionKind::Local(_)
        | ExpressionKind::LocalObject(_)
        | ExpressionKind::Argument(..)
        | ExpressionKind::Member(..) => true,
        ExpressionKind::Index(base, _) => is_assignable(&base.kind),
        ExpressionKind::Call(base, arguments) => !arguments.is_empty() && is_assignable(&base.kind),
        _ => false,
    }
}

fn can_be_indexed(kind: &ExpressionKind) -> bool {
    matches!(kind, ExpressionKind::Name(_) | ExpressionKind::Member(..) | ExpressionKind::Argument(..))
}

fn can_be_called(kind: &ExpressionKind) -> bool {
    matches!(kind, ExpressionKind::Name(_) | ExpressionKind::Member(..) | ExpressionKind::Index(..))
}
