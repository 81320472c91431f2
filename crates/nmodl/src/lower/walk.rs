//! Looks through statements and expressions.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::syntax::ast::{
    Body, Expression, ExpressionKind, Initializer, ItemKind, Module, Statement, StatementKind,
};

/// Calls `see` for every statement, outer ones first, and `look` for every expression in them.
pub(super) fn statements<'b>(
    body: &'b Body,
    see: &mut dyn FnMut(&'b Statement),
    look: &mut dyn FnMut(&'b Expression),
) {
    for statement in &body.statements {
        one(statement, see, look);
    }
}

fn one<'b>(
    statement: &'b Statement,
    see: &mut dyn FnMut(&'b Statement),
    look: &mut dyn FnMut(&'b Expression),
) {
    see(statement);
    match &statement.kind {
        StatementKind::Assign { target, value } | StatementKind::Protect { target, value } => {
            if let Some(index) = &target.index {
                expressions(index, look);
            }
            expressions(value, look);
        }
        StatementKind::Call(call) => call.arguments.iter().for_each(|value| expressions(value, look)),
        StatementKind::If { branches, otherwise } => {
            for (condition, body) in branches {
                expressions(condition, look);
                statements(body, see, look);
            }
            if let Some(body) = otherwise {
                statements(body, see, look);
            }
        }
        StatementKind::While { condition, body } | StatementKind::DoWhile { body, condition } => {
            expressions(condition, look);
            statements(body, see, look);
        }
        StatementKind::From { first, last, step, body, .. } => {
            expressions(first, look);
            expressions(last, look);
            step.iter().for_each(|step| expressions(step, look));
            statements(body, see, look);
        }
        StatementKind::For { start, condition, steps, body } => {
            start.iter().for_each(|statement| one(statement, see, look));
            condition.iter().chain(steps).for_each(|value| expressions(value, look));
            statements(body, see, look);
        }
        StatementKind::Nested(body)
        | StatementKind::ForNetCons { body, .. }
        | StatementKind::Initial(body)
        | StatementKind::Newton { body, .. } => statements(body, see, look),
        StatementKind::Within { value, body, .. } => {
            expressions(value, look);
            statements(body, see, look);
        }
        StatementKind::Declaration(declaration) => match &declaration.initial {
            Some(Initializer::Value(value)) => expressions(value, look),
            Some(Initializer::List(values)) => values.iter().for_each(|value| expressions(value, look)),
            None => {}
        },
        StatementKind::Expression(value) | StatementKind::Return(Some(value)) => expressions(value, look),
        StatementKind::Table(table) => {
            for value in [&table.from, &table.to, &table.intervals] {
                expressions(value, look);
            }
        }
        StatementKind::Watch(conditions) => {
            for condition in conditions {
                for value in [&condition.left, &condition.right, &condition.flag] {
                    expressions(value, look);
                }
            }
        }
        _ => {}
    }
}

/// Calls `look` for an expression and all in it.
pub(super) fn expressions<'b>(expression: &'b Expression, look: &mut dyn FnMut(&'b Expression)) {
    look(expression);
    match &expression.kind {
        ExpressionKind::Variable(variable) => {
            if let Some(index) = &variable.index {
                expressions(index, look);
            }
        }
        ExpressionKind::Call(call) => call.arguments.iter().for_each(|value| expressions(value, look)),
        ExpressionKind::Parenthesis(inner)
        | ExpressionKind::Unary(_, inner)
        | ExpressionKind::Cast(_, inner)
        | ExpressionKind::Dereference(inner)
        | ExpressionKind::AddressOf(inner)
        | ExpressionKind::Step { target: inner, .. } => expressions(inner, look),
        ExpressionKind::Binary(_, left, right)
        | ExpressionKind::Index(left, right)
        | ExpressionKind::Assign { target: left, value: right, .. } => {
            expressions(left, look);
            expressions(right, look);
        }
        ExpressionKind::Conditional(condition, accepted, rejected) => {
            for value in [condition, accepted, rejected] {
                expressions(value, look);
            }
        }
        _ => {}
    }
}

/// Whether a statement of `body` is as wanted; those of inner loops count for `break` and `continue` too, which does
/// no harm.
pub(super) fn contains(body: &Body, wanted: &dyn Fn(&StatementKind) -> bool) -> bool {
    let mut found = false;
    statements(body, &mut |statement| found |= wanted(&statement.kind), &mut |_| {});
    found
}

/// Whether statements of `body` change the variable `name`, as NMODL or C do.
pub(crate) fn assigns(body: &Body, name: &str) -> bool {
    let is_name = |text: &str| text == name || text.strip_prefix("_l") == Some(name);
    let mut found = false;
    let mut in_expressions = false;
    statements(
        body,
        &mut |statement| match &statement.kind {
            StatementKind::Assign { target, .. } | StatementKind::Protect { target, .. } => {
                found |= is_name(&target.name.text);
            }
            StatementKind::Newton { unknowns, .. } | StatementKind::LinearSystem { unknowns, .. } => {
                found |= unknowns.iter().any(|unknown| is_name(&unknown.name.text));
            }
            _ => {}
        },
        &mut |expression| {
            let target = match &expression.kind {
                ExpressionKind::Assign { target, .. }
                | ExpressionKind::Step { target, .. }
                | ExpressionKind::AddressOf(target) => target,
                _ => return,
            };
            let named = |kind: &ExpressionKind| matches!(kind, ExpressionKind::Variable(variable) if is_name(&variable.name.text));
            in_expressions |= named(&target.kind)
                || matches!(&target.kind, ExpressionKind::Parenthesis(inner) if named(&inner.kind));
        },
    );
    found || in_expressions
}

/// The names of states whose derivative is used as a variable: `x'` in an expression, or `Dx`.
pub(super) fn derivatives(module: &Module) -> BTreeSet<Arc<str>> {
    let mut names = BTreeSet::new();
    for item in &module.items {
        let body = match &item.kind {
            ItemKind::Block(block) => &block.body,
            ItemKind::CFunction(function) => &function.body,
            _ => continue,
        };
        statements(body, &mut |_| {}, &mut |expression| {
            if let ExpressionKind::Variable(variable) = &expression.kind {
                if variable.primes > 0 {
                    names.insert(variable.name.text.clone());
                } else if let Some(state) = variable.name.text.strip_prefix('D') {
                    names.insert(state.into());
                }
            }
        });
    }
    names
}
