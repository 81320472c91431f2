//! What is inside of statements and expressions. All kinds are named, so that none can be forgotten.

use crate::syntax::ast::*;

/// The bodies of a statement.
pub(super) fn bodies(kind: &StatementKind) -> Vec<&Body> {
    match kind {
        StatementKind::If { branches, otherwise } => {
            branches.iter().map(|(_, body)| body).chain(otherwise).collect()
        }
        StatementKind::While { body, .. }
        | StatementKind::From { body, .. }
        | StatementKind::ForNetCons { body, .. }
        | StatementKind::For { body, .. }
        | StatementKind::DoWhile { body, .. }
        | StatementKind::Within { body, .. }
        | StatementKind::Newton { body, .. }
        | StatementKind::Nested(body)
        | StatementKind::Initial(body) => vec![body],
        StatementKind::Local(_)
        | StatementKind::Assign { .. }
        | StatementKind::Call(_)
        | StatementKind::Protect { .. }
        | StatementKind::Verbatim(_)
        | StatementKind::Solve { .. }
        | StatementKind::Conductance { .. }
        | StatementKind::Reaction { .. }
        | StatementKind::Conserve { .. }
        | StatementKind::Compartment(_)
        | StatementKind::LongitudinalDiffusion(_)
        | StatementKind::Equation { .. }
        | StatementKind::Table(_)
        | StatementKind::Watch(_)
        | StatementKind::Lag { .. }
        | StatementKind::MutexLock
        | StatementKind::MutexUnlock
        | StatementKind::Declaration(_)
        | StatementKind::Expression(_)
        | StatementKind::Break
        | StatementKind::Continue
        | StatementKind::Return(_)
        | StatementKind::LinearSystem { .. } => Vec::new(),
    }
}

/// Calls `see` with every statement of `body`, also those of bodies inside, in the order of the text.
pub(super) fn each_statement<'b>(body: &'b Body, see: &mut dyn FnMut(&'b Statement)) {
    for statement in &body.statements {
        see(statement);
        for inner in bodies(&statement.kind) {
            each_statement(inner, see);
        }
    }
}

/// Whether a statement that `test` accepts is in `body` or in bodies inside.
pub(super) fn any_statement(body: &Body, test: &dyn Fn(&StatementKind) -> bool) -> bool {
    let holds = |statement: &Statement| {
        test(&statement.kind) || bodies(&statement.kind).into_iter().any(|inner| any_statement(inner, test))
    };
    body.statements.iter().any(holds)
}

/// The operands of an expression, with subscripts and arguments.
pub(super) fn operands(tree: &Expression) -> Vec<&Expression> {
    match &tree.kind {
        ExpressionKind::Number(_)
        | ExpressionKind::Text(_)
        | ExpressionKind::Integer(_)
        | ExpressionKind::Null
        | ExpressionKind::Slot(_) => Vec::new(),
        ExpressionKind::Variable(variable) => variable.index.as_deref().into_iter().collect(),
        ExpressionKind::Call(call) => call.arguments.iter().collect(),
        ExpressionKind::Parenthesis(operand)
        | ExpressionKind::Unary(_, operand)
        | ExpressionKind::Cast(_, operand)
        | ExpressionKind::Dereference(operand)
        | ExpressionKind::AddressOf(operand)
        | ExpressionKind::Step { target: operand, .. } => vec![operand],
        ExpressionKind::Binary(_, left, right)
        | ExpressionKind::Index(left, right)
        | ExpressionKind::Assign { target: left, value: right, .. } => vec![left, right],
        ExpressionKind::Conditional(condition, yes, no) => vec![condition, yes, no],
    }
}

/// Whether a variable that `test` accepts is in `tree`.
pub(super) fn any_variable(tree: &Expression, test: &dyn Fn(&Variable) -> bool) -> bool {
    if let ExpressionKind::Variable(variable) = &tree.kind
        && test(variable)
    {
        return true;
    }
    operands(tree).into_iter().any(|operand| any_variable(operand, test))
}

/// Replaces statements of `body`, and of bodies inside, by what `change` makes of them.
pub(super) fn replace(body: &mut Body, change: &mut dyn FnMut(&Statement) -> Option<Statement>) {
    for statement in &mut body.statements {
        match change(statement) {
            Some(changed) => *statement = changed,
            None => bodies_mut(&mut statement.kind).into_iter().for_each(|inner| replace(inner, change)),
        }
    }
}

fn bodies_mut(kind: &mut StatementKind) -> Vec<&mut Body> {
    match kind {
        StatementKind::If { branches, otherwise } => {
            branches.iter_mut().map(|(_, body)| body).chain(otherwise).collect()
        }
        StatementKind::While { body, .. }
        | StatementKind::From { body, .. }
        | StatementKind::ForNetCons { body, .. }
        | StatementKind::For { body, .. }
        | StatementKind::DoWhile { body, .. }
        | StatementKind::Within { body, .. }
        | StatementKind::Newton { body, .. }
        | StatementKind::Nested(body)
        | StatementKind::Initial(body) => vec![body],
        _ => Vec::new(),
    }
}
