//! Expressions.
//!
//! From loose to tight: `||`, `&&`, `== !=`, `< <= > >=`, `+ -`, `* /`, unary `- !`, `^` (right associative). NEURON's
//! grammar gives all comparisons one level, but what runs is C, where `==` is looser than `<`.

use super::ast::{BinaryOperator, Call, Expression, ExpressionKind, Name, Number, UnaryOperator, Variable};
use super::lexer::TokenKind;
use super::parser::{Parser, Result};
use super::source::SyntaxProblem;
use super::words;

/// Operators of one expression; every one may deepen the tree by one level.
const MAXIMUM_OPERATORS: usize = 2000;
const UNARY: u8 = 7;

/// How tight an operator binds, and whether it groups to the right.
fn binding(mark: &str) -> Option<(BinaryOperator, u8, bool)> {
    let (operator, level) = match mark {
        "||" => (BinaryOperator::Or, 1),
        "&&" => (BinaryOperator::And, 2),
        "==" => (BinaryOperator::Equal, 3),
        "!=" => (BinaryOperator::NotEqual, 3),
        "<" => (BinaryOperator::Less, 4),
        "<=" => (BinaryOperator::LessOrEqual, 4),
        ">" => (BinaryOperator::Greater, 4),
        ">=" => (BinaryOperator::GreaterOrEqual, 4),
        "+" => (BinaryOperator::Add, 5),
        "-" => (BinaryOperator::Subtract, 5),
        "*" => (BinaryOperator::Multiply, 6),
        "/" => (BinaryOperator::Divide, 6),
        "^" => return Some((BinaryOperator::Power, 8, true)),
        _ => return None,
    };
    Some((operator, level, false))
}

impl Parser<'_> {
    /// An expression of any operators.
    pub fn expression(&mut self) -> Result<Expression> {
        self.operators = 0;
        self.binary(0)
    }

    /// An expression without comparisons, such as a side of a condition of `WATCH`.
    pub fn arithmetic(&mut self) -> Result<Expression> {
        self.operators = 0;
        self.binary(5)
    }

    fn binary(&mut self, least: u8) -> Result<Expression> {
        let mut left = self.unary()?;
        while self.current.kind == TokenKind::Mark
            && let Some((operator, level, to_right)) = binding(self.current.text)
            && level >= least
        {
            self.count_operator()?;
            self.advance();
            let next = if to_right { level } else { level + 1 };
            let right = self.nested(|parser| parser.binary(next))?;
            let span = left.span.to(right.span);
            left =
                Expression { kind: ExpressionKind::Binary(operator, Box::new(left), Box::new(right)), span };
        }
        Ok(left)
    }

    pub fn count_operator(&mut self) -> Result<()> {
        self.operators += 1;
        if self.operators > MAXIMUM_OPERATORS {
            return self.fail(SyntaxProblem::TooDeep, self.current.span, None);
        }
        Ok(())
    }

    fn unary(&mut self) -> Result<Expression> {
        let begin = self.current.span;
        let operator = match self.current.text {
            "-" => UnaryOperator::Negate,
            "!" => UnaryOperator::Not,
            _ => return self.primary(),
        };
        self.count_operator()?;
        self.advance();
        let operand = self.nested(|parser| parser.binary(UNARY))?;
        let span = begin.to(operand.span);
        Ok(Expression { kind: ExpressionKind::Unary(operator, Box::new(operand)), span })
    }

    fn primary(&mut self) -> Result<Expression> {
        let begin = self.current.span;
        let kind = match self.current.kind {
            TokenKind::Integer | TokenKind::Real => ExpressionKind::Number(self.number()?),
            TokenKind::Text => {
                let text = self.current.text.trim_matches('"').into();
                self.advance();
                ExpressionKind::Text(text)
            }
            TokenKind::Prime(_) => ExpressionKind::Variable(self.variable("")?),
            TokenKind::Word if !words::is_reserved(self.current.text) => {
                let next = self.next();
                if next.kind == TokenKind::Mark && next.text == "(" {
                    ExpressionKind::Call(self.call()?)
                } else {
                    ExpressionKind::Variable(self.variable("")?)
                }
            }
            TokenKind::Mark if self.current.text == "(" => {
                self.advance();
                let inner = self.nested(|parser| parser.binary(0))?;
                self.expect(")", "to close the parenthesis")?;
                ExpressionKind::Parenthesis(Box::new(inner))
            }
            _ => return self.unexpected("an expression", None),
        };
        Ok(Expression { kind, span: self.span_from(begin) })
    }

    fn number(&mut self) -> Result<Number> {
        let integer = self.current.kind == TokenKind::Integer;
        let Ok(value) = self.current.text.parse() else {
            return self.unexpected("a number", None);
        };
        self.advance();
        Ok(Number { value, integer, unit: self.optional_unit()? })
    }

    /// A name, with primes or without.
    pub fn primed_name(&mut self, purpose: &str) -> Result<(Name, u8)> {
        let TokenKind::Prime(primes) = self.current.kind else { return Ok((self.name(purpose)?, 0)) };
        let text = self.current.text.trim_end_matches('\'').into();
        let name = Name { text, span: self.current.span };
        self.advance();
        Ok((name, primes))
    }

    /// A variable, an element of an array, or a derivative.
    pub fn variable(&mut self, purpose: &str) -> Result<Variable> {
        let begin = self.current.span;
        let (name, primes) = self.primed_name(purpose)?;
        let mut index = None;
        if self.eat("[") {
            index = Some(Box::new(self.nested(|parser| parser.binary(0))?));
            self.expect("]", "after the subscript")?;
        }
        Ok(Variable { name, primes, index, span: self.span_from(begin) })
    }

    /// `f(a, b)`
    pub fn call(&mut self) -> Result<Call> {
        let begin = self.current.span;
        let name = self.name("of a function")?;
        self.expect("(", "before the arguments")?;
        let mut arguments = Vec::new();
        if !self.eat(")") {
            loop {
                arguments.push(self.nested(|parser| parser.binary(0))?);
                if !self.eat(",") {
                    break;
                }
            }
            self.expect(")", &format!("or `,` after an argument of `{}`", name.text))?;
        }
        Ok(Call { name, arguments, span: self.span_from(begin) })
    }
}
