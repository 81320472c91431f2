//! Runs statements on named numbers: slow and obvious.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::dense::{Newton, solve_linear};
use super::super::{Options, Place, Rewritten, rewrite};
use crate::syntax::ast::*;
use crate::syntax::{Source, parse};

pub struct Machine {
    module: Module,
    values: BTreeMap<String, f64>,
}

impl Machine {
    /// All variables are 0 but those of `PARAMETER` with a value.
    pub fn new(text: &str) -> Machine {
        let parsed = parse(&Arc::new(Source::new("test.mod", text)));
        assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
        let mut machine = Machine { module: parsed.module, values: BTreeMap::new() };
        for item in &machine.module.items {
            match &item.kind {
                ItemKind::Parameter(lines) => {
                    for line in lines {
                        let value = line.value.map_or(0.0, |literal| literal.value);
                        machine.values.insert(line.name.text.to_string(), value);
                    }
                }
                ItemKind::Define { name, value } => {
                    machine.values.insert(name.text.to_string(), *value as f64);
                }
                _ => {}
            }
        }
        machine
    }

    pub fn set(&mut self, name: &str, value: f64) {
        self.values.insert(name.to_string(), value);
    }

    pub fn get(&self, name: &str) -> f64 {
        self.values.get(name).copied().unwrap_or(0.0)
    }

    pub fn all(&self, names: &[&str]) -> Vec<f64> {
        names.iter().map(|name| self.get(name)).collect()
    }

    /// Rewrites the first (or only) `SOLVE` of `INITIAL` or `BREAKPOINT`.
    pub fn rewrite(&self, place: Place, second_order: bool) -> Rewritten {
        let kind = if place == Place::Initial { BlockKind::Initial } else { BlockKind::Breakpoint };
        let solve = self.module.items.iter().find_map(|item| match &item.kind {
            ItemKind::Block(block) if block.kind == kind => block
                .body
                .statements
                .iter()
                .find(|statement| matches!(statement.kind, StatementKind::Solve { .. })),
            _ => None,
        });
        rewrite(&self.module, solve.expect("a SOLVE"), Options { place, second_order }).expect("rewritten")
    }

    pub fn run(&mut self, body: &Body) {
        for statement in &body.statements {
            self.step(&statement.kind);
        }
    }

    fn step(&mut self, kind: &StatementKind) {
        match kind {
            StatementKind::Local(_) => {}
            StatementKind::Assign { target, value } => {
                let value = self.value(value);
                let key = self.key(target);
                self.values.insert(key, value);
            }
            StatementKind::Call(call) => drop(self.call(call)),
            StatementKind::Nested(body) => self.run(body),
            StatementKind::If { branches, otherwise } => {
                let taken = branches.iter().find(|(condition, _)| self.value(condition) != 0.0);
                if let Some(body) = taken.map(|(_, body)| body).or(otherwise.as_ref()) {
                    self.run(body);
                }
            }
            StatementKind::While { condition, body } => {
                while self.value(condition) != 0.0 {
                    self.run(body);
                }
            }
            StatementKind::From { variable, first, last, body, .. } => {
                for value in self.value(first) as i64..=self.value(last) as i64 {
                    self.set(&variable.text, value as f64);
                    self.run(body);
                }
            }
            StatementKind::Within { variable, value, body } => {
                let before = self.get(&variable.text);
                let value = self.value(value);
                self.set(&variable.text, value);
                self.run(body);
                self.set(&variable.text, before);
            }
            StatementKind::Newton { unknowns, residuals, body } => {
                let keys: Vec<String> = unknowns.iter().map(|unknown| self.key(unknown)).collect();
                let mut numbers: Vec<f64> = keys.iter().map(|key| self.get(key)).collect();
                let solved = Newton::new(keys.len()).solve(&mut numbers, &mut |unknowns, results| {
                    keys.iter().zip(&*unknowns).for_each(|(key, &value)| self.set(key, value));
                    self.run(body);
                    unknowns.iter_mut().zip(&keys).for_each(|(unknown, key)| *unknown = self.get(key));
                    results.iter_mut().zip(residuals).for_each(|(to, name)| *to = self.get(&name.text));
                });
                solved.expect("convergence");
                keys.iter().zip(numbers).for_each(|(key, value)| self.set(key, value));
            }
            StatementKind::LinearSystem { unknowns, matrix, right } => {
                let numbers = |names: &[Name]| names.iter().map(|name| self.get(&name.text)).collect();
                let (mut matrix, mut right): (Vec<f64>, Vec<f64>) = (numbers(matrix), numbers(right));
                let mut solution = vec![0.0; unknowns.len()];
                solve_linear(&mut matrix, &mut right, &mut solution).expect("a solution");
                for (unknown, value) in unknowns.iter().zip(solution) {
                    let key = self.key(unknown);
                    self.values.insert(key, value);
                }
            }
            other => panic!("{other:?}"),
        }
    }

    fn key(&mut self, variable: &Variable) -> String {
        let primes = "'".repeat(variable.primes.into());
        match &variable.index {
            Some(index) => format!("{}{primes}[{}]", variable.name.text, self.value(index) as i64),
            None => format!("{}{primes}", variable.name.text),
        }
    }

    fn value(&mut self, tree: &Expression) -> f64 {
        match &tree.kind {
            ExpressionKind::Number(number) => number.value,
            ExpressionKind::Variable(variable) => {
                let key = self.key(variable);
                self.get(&key)
            }
            ExpressionKind::Call(call) => self.call(call),
            ExpressionKind::Parenthesis(inner) => self.value(inner),
            ExpressionKind::Unary(UnaryOperator::Negate, operand) => -self.value(operand),
            ExpressionKind::Binary(operator, left, right) => {
                let (left, right) = (self.value(left), self.value(right));
                let truth = |truth: bool| f64::from(u8::from(truth));
                match operator {
                    BinaryOperator::Add => left + right,
                    BinaryOperator::Subtract => left - right,
                    BinaryOperator::Multiply => left * right,
                    BinaryOperator::Divide => left / right,
                    BinaryOperator::Power => left.powf(right),
                    BinaryOperator::Less => truth(left < right),
                    BinaryOperator::LessOrEqual => truth(left <= right),
                    BinaryOperator::Greater => truth(left > right),
                    BinaryOperator::Equal => truth(left == right),
                    BinaryOperator::And => truth(left != 0.0 && right != 0.0),
                    other => panic!("{other:?}"),
                }
            }
            other => panic!("{other:?}"),
        }
    }

    fn call(&mut self, call: &Call) -> f64 {
        let arguments: Vec<f64> = call.arguments.iter().map(|argument| self.value(argument)).collect();
        match &*call.name.text {
            "exp" => return arguments[0].exp(),
            "fabs" => return arguments[0].abs(),
            _ => {}
        }
        let block = self.module.items.iter().find_map(|item| match &item.kind {
            ItemKind::Block(block) if block.name.as_ref().is_some_and(|name| name.text == call.name.text) => {
                Some(block.clone())
            }
            _ => None,
        });
        let block = block.expect("a function");
        let mut before = Vec::new();
        for (argument, value) in block.arguments.iter().zip(arguments) {
            before.push((argument.name.text.clone(), self.get(&argument.name.text)));
            self.set(&argument.name.text, value);
        }
        self.run(&block.body);
        for (name, value) in before {
            self.set(&name, value);
        }
        self.get(&call.name.text)
    }
}
