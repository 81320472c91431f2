//! Makes pieces of trees, all at one place of the text.

use crate::syntax::Span;
use crate::syntax::ast::*;

/// Makes pieces of trees that stand at one place of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Make {
    /// The place.
    pub span: Span,
}

impl Make {
    pub fn expression(self, kind: ExpressionKind) -> Expression {
        Expression { kind, span: self.span }
    }

    pub fn number(self, value: f64) -> Expression {
        self.expression(ExpressionKind::Number(Number { value, integer: false, unit: None }))
    }

    pub fn integer(self, value: i64) -> Expression {
        self.expression(ExpressionKind::Number(Number { value: value as f64, integer: true, unit: None }))
    }

    pub fn name(self, text: &str) -> Name {
        Name { text: text.into(), span: self.span }
    }

    pub fn variable(self, name: &str, index: Option<u32>, primes: u8) -> Variable {
        let index = index.map(|index| Box::new(self.integer(index.into())));
        Variable { name: self.name(name), primes, index, span: self.span }
    }

    /// The value of the variable `name`.
    pub fn value(self, name: &str) -> Expression {
        self.read(self.variable(name, None, 0))
    }

    pub fn read(self, variable: Variable) -> Expression {
        self.expression(ExpressionKind::Variable(variable))
    }

    pub fn binary(self, operator: BinaryOperator, left: Expression, right: Expression) -> Expression {
        self.expression(ExpressionKind::Binary(operator, Box::new(left), Box::new(right)))
    }

    pub fn add(self, left: Expression, right: Expression) -> Expression {
        self.binary(BinaryOperator::Add, left, right)
    }

    pub fn subtract(self, left: Expression, right: Expression) -> Expression {
        self.binary(BinaryOperator::Subtract, left, right)
    }

    pub fn multiply(self, left: Expression, right: Expression) -> Expression {
        self.binary(BinaryOperator::Multiply, left, right)
    }

    pub fn divide(self, left: Expression, right: Expression) -> Expression {
        self.binary(BinaryOperator::Divide, left, right)
    }

    pub fn negate(self, operand: Expression) -> Expression {
        self.expression(ExpressionKind::Unary(UnaryOperator::Negate, Box::new(operand)))
    }

    pub fn parenthesis(self, inner: Expression) -> Expression {
        self.expression(ExpressionKind::Parenthesis(Box::new(inner)))
    }

    /// A call of a function with one argument.
    pub fn call(self, function: &str, argument: Expression) -> Expression {
        let call = Call { name: self.name(function), arguments: vec![argument], span: self.span };
        self.expression(ExpressionKind::Call(call))
    }

    pub fn statement(self, kind: StatementKind) -> Statement {
        Statement { kind, span: self.span }
    }

    pub fn assign(self, target: Variable, value: Expression) -> Statement {
        self.statement(StatementKind::Assign { target, value })
    }

    /// Assigns to the variable `name`.
    pub fn set(self, name: &str, value: Expression) -> Statement {
        self.assign(self.variable(name, None, 0), value)
    }

    pub fn locals(self, names: impl IntoIterator<Item = String>) -> Statement {
        let local = |name: String| LocalVariable { name: self.name(&name), length: None };
        self.statement(StatementKind::Local(names.into_iter().map(local).collect()))
    }

    pub fn body(self, statements: Vec<Statement>) -> Body {
        Body { statements, spliced: false, span: self.span }
    }

    pub fn nested(self, statements: Vec<Statement>) -> Statement {
        self.statement(StatementKind::Nested(self.body(statements)))
    }

    pub fn when(
        self,
        condition: Expression,
        then: Vec<Statement>,
        otherwise: Option<Vec<Statement>>,
    ) -> Statement {
        self.statement(StatementKind::If {
            branches: vec![(condition, self.body(then))],
            otherwise: otherwise.map(|statements| self.body(statements)),
        })
    }

    pub fn repeat(self, condition: Expression, statements: Vec<Statement>) -> Statement {
        self.statement(StatementKind::While { condition, body: self.body(statements) })
    }

    pub fn within(self, variable: &str, value: Expression, statements: Vec<Statement>) -> Statement {
        let (variable, body) = (self.name(variable), self.body(statements));
        self.statement(StatementKind::Within { variable, value, body })
    }

    /// One turn of a loop: in the statements, `counter` is the integer `value`.
    pub fn turn(self, counter: &Name, value: i64, statements: Vec<Statement>) -> Statement {
        self.statement(StatementKind::From {
            variable: counter.clone(),
            first: self.integer(value),
            last: self.integer(value),
            step: None,
            body: self.body(statements),
        })
    }
}

/// `tree * factor` as text would be understood that has no parentheses around `tree`: in `a + b`, only `b` gets the
/// factor.
pub(super) fn append_factor(make: Make, tree: Expression, factor: Expression) -> Expression {
    match tree.kind {
        ExpressionKind::Binary(operator, left, right) if !is_tight(operator) => {
            make.binary(operator, *left, append_factor(make, *right, factor))
        }
        ExpressionKind::Conditional(condition, yes, no) => {
            let no = Box::new(append_factor(make, *no, factor));
            make.expression(ExpressionKind::Conditional(condition, yes, no))
        }
        kind => make.multiply(Expression { kind, span: tree.span }, factor),
    }
}

/// Whether `append_factor` multiplies only a part of `tree`.
pub(super) fn takes_factor_in_part(tree: &Expression) -> bool {
    match &tree.kind {
        ExpressionKind::Binary(operator, ..) => !is_tight(*operator),
        ExpressionKind::Conditional(..) => true,
        _ => false,
    }
}

fn is_tight(operator: BinaryOperator) -> bool {
    use BinaryOperator::{Divide, Multiply, Power, Remainder};
    matches!(operator, Multiply | Divide | Power | Remainder)
}

/// `term + tree` as text would be understood that has no parentheses around `tree`: in `a - b`, `term + a` is
/// computed first.
pub(super) fn prepend_term(make: Make, term: Expression, tree: Expression) -> Expression {
    match tree.kind {
        ExpressionKind::Binary(operator, left, right) if !is_tight(operator) => {
            make.binary(operator, prepend_term(make, term, *left), *right)
        }
        ExpressionKind::Conditional(condition, yes, no) => {
            let condition = Box::new(prepend_term(make, term, *condition));
            make.expression(ExpressionKind::Conditional(condition, yes, no))
        }
        kind => make.add(term, Expression { kind, span: tree.span }),
    }
}
