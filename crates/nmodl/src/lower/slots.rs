//! What the pointers of a mechanism point to, as their uses tell.

use std::collections::{BTreeMap, BTreeSet};

use super::runtime::{STREAM_FUNCTIONS, VECTOR_FUNCTIONS};
use super::walk;
use crate::model::SlotKind;
use crate::syntax::ast::{
    Body, CType, Call, Expression, ExpressionKind, Initializer, ItemKind, Module, NeuronList,
    NeuronStatementKind, StatementKind,
};

/// What the pointer `name` of `module` points to.
pub(super) fn classify(module: &Module, name: &str) -> SlotKind {
    let mut evidence = Evidence::default();
    for item in &module.items {
        match &item.kind {
            ItemKind::Block(block) => evidence.body(&block.body, name),
            ItemKind::CFunction(function) => evidence.body(&function.body, name),
            _ => {}
        }
    }
    if evidence.stream {
        SlotKind::Stream
    } else if evidence.vector {
        SlotKind::Vector
    } else if evidence.number || is_pointer(module, name) {
        SlotKind::Number
    } else {
        SlotKind::Unused
    }
}

/// Whether the name is one of `POINTER`.
fn is_pointer(module: &Module, name: &str) -> bool {
    module.items.iter().any(|item| match &item.kind {
        ItemKind::Neuron(statements) => statements.iter().any(|statement| {
            matches!(&statement.kind, NeuronStatementKind::Names(NeuronList::Pointer, names)
                if names.iter().any(|known| &*known.text == name))
        }),
        _ => false,
    })
}

#[derive(Default)]
struct Evidence {
    stream: bool,
    vector: bool,
    number: bool,
}

impl Evidence {
    fn body(&mut self, body: &Body, name: &str) {
        let mut aliases: BTreeSet<String> = [name.to_string()].into();
        let mut kinds: BTreeMap<String, CType> = BTreeMap::new();
        for _ in 0..3 {
            let mut found: Vec<String> = Vec::new();
            let mut assigned: Vec<(&Expression, &Expression)> = Vec::new();
            let (mut numbers, mut assigned_number) = (false, false);
            let mut calls: Vec<&Call> = Vec::new();
            let mut inner_calls: Vec<&Call> = Vec::new();
            walk::statements(
                body,
                &mut |statement| match &statement.kind {
                    StatementKind::Declaration(declaration) => {
                        let own = declaration.name.text.to_string();
                        kinds.insert(own.clone(), declaration.kind.clone());
                        if let Some(Initializer::Value(value)) = &declaration.initial
                            && root(value).is_some_and(|root| aliases.contains(root))
                            && matches!(declaration.kind, CType::Pointer(_) | CType::Auto)
                        {
                            found.push(own);
                        }
                    }
                    StatementKind::Assign { target, value } => {
                        assigned_number |= &*target.name.text == name;
                        if target.index.is_none()
                            && root(value).is_some_and(|root| aliases.contains(root))
                            && kinds
                                .get(&*target.name.text)
                                .is_some_and(|kind| matches!(kind, CType::Pointer(_)))
                        {
                            found.push(target.name.text.to_string());
                        }
                        if aliases.contains(&*target.name.text)
                            && let ExpressionKind::Call(call) = &unwrapped(value).kind
                        {
                            self.function(&call.name.text);
                        }
                    }
                    StatementKind::Call(call) => calls.push(call),
                    _ => {}
                },
                &mut |expression| match &expression.kind {
                    ExpressionKind::Variable(variable) => numbers |= &*variable.name.text == name,
                    ExpressionKind::Call(call) => inner_calls.push(call),
                    ExpressionKind::Assign { target, value, .. } => assigned.push((target, value)),
                    _ => {}
                },
            );
            self.number |= numbers || assigned_number;
            for (target, value) in assigned {
                let Some(target) = root(target) else { continue };
                if aliases.contains(target) {
                    if let ExpressionKind::Call(call) = &unwrapped(value).kind {
                        self.function(&call.name.text);
                    }
                } else if root(value).is_some_and(|root| aliases.contains(root))
                    && kinds.get(target).is_some_and(|kind| matches!(kind, CType::Pointer(_)))
                {
                    found.push(target.to_string());
                }
            }
            for call in calls.into_iter().chain(inner_calls) {
                let uses = call
                    .arguments
                    .iter()
                    .take(1)
                    .any(|argument| root(argument).is_some_and(|root| aliases.contains(root)));
                if uses {
                    self.function(&call.name.text);
                }
            }
            aliases.extend(found);
        }
        for (alias, kind) in kinds.iter().filter(|(alias, _)| aliases.contains(*alias)) {
            if *alias != name {
                self.kind(kind);
            }
        }
    }

    fn function(&mut self, name: &str) {
        self.stream |= STREAM_FUNCTIONS.contains(&name);
        self.vector |= VECTOR_FUNCTIONS.contains(&name);
    }

    fn kind(&mut self, kind: &CType) {
        match kind {
            CType::Pointer(inner) => self.kind(inner),
            CType::Opaque(name) => {
                self.stream |= matches!(&**name, "nrnran123_State" | "Rand");
                self.vector |= matches!(&**name, "IvocVect" | "Vect");
            }
            _ => {}
        }
    }
}

/// An expression without casts and parentheses.
fn unwrapped(expression: &Expression) -> &Expression {
    match &expression.kind {
        ExpressionKind::Parenthesis(inner) | ExpressionKind::Cast(_, inner) => unwrapped(inner),
        _ => expression,
    }
}

/// The variable that a pointer expression starts from.
fn root(expression: &Expression) -> Option<&str> {
    match &expression.kind {
        ExpressionKind::Variable(variable) => Some(&variable.name.text),
        ExpressionKind::Slot(name) => Some(&name.text),
        ExpressionKind::Parenthesis(inner)
        | ExpressionKind::Cast(_, inner)
        | ExpressionKind::Dereference(inner)
        | ExpressionKind::AddressOf(inner) => root(inner),
        _ => None,
    }
}

/// The names that C uses as slots.
pub(super) fn names(module: &Module) -> BTreeSet<std::sync::Arc<str>> {
    let mut names = BTreeSet::new();
    for item in &module.items {
        let body = match &item.kind {
            ItemKind::Block(block) => &block.body,
            ItemKind::CFunction(function) => &function.body,
            _ => continue,
        };
        walk::statements(body, &mut |_| {}, &mut |expression| {
            if let ExpressionKind::Slot(name) = &expression.kind {
                names.insert(name.text.clone());
            }
        });
    }
    names
}
