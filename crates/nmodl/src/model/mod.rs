//! What the names of a mechanism mean.
//!
//! [`Model`] holds the tree of a file with all declarations resolved: which names are variables of every instance
//! and where they are stored, which are shared, which are functions. The checks here are of declarations; those of
//! statements happen where they are lowered.

mod build;
mod declarations;
pub mod problem;
mod sources;
mod unit;
mod unit_table;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use problem::{Fault, Problem};
pub use sources::{Sources, read};

use crate::description::Description;
use crate::ir::{FunctionTable, Place, PointerVariable, SharedVariable};
use crate::syntax::Span;
use crate::syntax::ast::{Block, BlockKind, CFunction, ItemKind, Module, NeuronList};

pub use build::{Built, Hints, SlotKind, build};

/// What a name of the file means.
#[derive(Clone, Debug, PartialEq)]
pub enum Symbol {
    /// A name of `DEFINE`.
    Integer(i64),
    /// A number outside registers.
    Place(Place),
    /// Consecutive numbers.
    Array {
        /// The first of them.
        first: Place,
        /// How many.
        length: u32,
    },
    /// `POINTER` or `BBCOREPOINTER` that holds an object: number in [`Model::slots`].
    Slot(usize),
    /// `RANDOM`: number in [`Model::streams`].
    Stream(u32),
    /// A function, procedure or block to solve: number in [`Model::blocks`].
    Block(usize),
    /// A function of C: number in [`Model::c_functions`].
    CFunction(usize),
    /// A `FUNCTION_TABLE`: number in [`Model::function_tables`].
    FunctionTable(u32),
}

/// A `POINTER` or `BBCOREPOINTER`.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// Its name.
    pub name: Arc<str>,
    /// What it points to.
    pub use_: SlotUse,
}

/// What a pointer points to, as far as its uses tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotUse {
    /// A number somewhere else: number in [`Model::pointers`].
    Number(u32),
    /// A random stream: number in [`Model::streams`].
    Stream(u32),
    /// A vector: number in [`Model::vectors`].
    Vector(u32),
    /// Nothing that a statement uses.
    Unused,
}

/// A current that the mechanism contributes to its node.
#[derive(Clone, Debug, PartialEq)]
pub struct Current {
    /// The variable.
    pub name: Arc<str>,
    /// The ion that it belongs to: number in the description.
    pub ion: Option<u32>,
}

/// A mechanism with its declarations resolved.
#[derive(Clone, Debug)]
pub struct Model {
    /// The tree.
    pub module: Module,
    /// Where it comes from.
    pub sources: Sources,
    /// What is known of the mechanism without running it.
    pub description: Description,
    /// All names of the file.
    pub symbols: BTreeMap<Arc<str>, Symbol>,
    /// Variables that instances share: those of the description first.
    pub globals: Vec<SharedVariable>,
    /// Names of the random streams.
    pub streams: Vec<String>,
    /// How many of them, the last ones, are `RANDOM` variables.
    pub random_variables: usize,
    /// Names of the vectors.
    pub vectors: Vec<String>,
    /// Pointers.
    pub slots: Vec<Slot>,
    /// Pointers to numbers.
    pub pointers: Vec<PointerVariable>,
    /// `FUNCTION_TABLE`s.
    pub function_tables: Vec<FunctionTable>,
    /// All blocks, in their order.
    pub blocks: Vec<Arc<Block>>,
    /// Functions of C.
    pub c_functions: Vec<Arc<CFunction>>,
    /// The states with the lengths of arrays, in the order of their declaration.
    pub states: Vec<(Arc<str>, Option<u32>)>,
    /// The currents in the order in which they are added up.
    pub currents: Vec<Current>,
    /// Whether one of them comes from an electrode.
    pub electrode: bool,
}

impl Model {
    /// The first block of a kind.
    pub fn block(&self, wanted: impl Fn(BlockKind) -> bool) -> Option<&Arc<Block>> {
        self.blocks.iter().find(|block| wanted(block.kind))
    }

    /// The declared name nearest to `name`, if one is near.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.symbols.keys().map(|known| &**known))
    }

    /// A problem at `span`.
    pub fn problem(&self, fault: Fault, span: Span, help: Option<String>) -> Problem {
        self.sources.problem(fault, span, help)
    }
}

/// The word of `candidates` nearest to `word`, if one is near.
pub fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    candidates
        .filter(|candidate| !candidate.contains('@') && *candidate != word)
        .map(|candidate| {
            let other_case = word.eq_ignore_ascii_case(candidate);
            let distance = if other_case { 0 } else { strsim::damerau_levenshtein(word, candidate) };
            (distance, candidate)
        })
        // Any letter is near any other
        .filter(|(distance, candidate)| {
            *distance == 0 || candidate.len().min(word.len()) > 1 && *distance <= candidate.len().max(3) / 3
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// The names of a list of the `NEURON` block, in their order.
fn listed(module: &Module, list: NeuronList) -> impl Iterator<Item = &crate::syntax::ast::Name> {
    use crate::syntax::ast::NeuronStatementKind;
    module
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Neuron(statements) => Some(statements),
            _ => None,
        })
        .flatten()
        .filter_map(move |statement| match &statement.kind {
            NeuronStatementKind::Names(kind, names) if *kind == list => Some(names),
            _ => None,
        })
        .flatten()
}

/// The number that `expression` is, if it has no names in it.
pub fn constant(expression: &crate::syntax::ast::Expression) -> Option<f64> {
    use crate::syntax::ast::{BinaryOperator, ExpressionKind, UnaryOperator};
    match &expression.kind {
        ExpressionKind::Number(number) => Some(number.value),
        ExpressionKind::Integer(number) => Some(*number as f64),
        ExpressionKind::Parenthesis(inner) => constant(inner),
        ExpressionKind::Unary(UnaryOperator::Negate, inner) => Some(-constant(inner)?),
        ExpressionKind::Binary(operator, left, right) => {
            let (left, right) = (constant(left)?, constant(right)?);
            match operator {
                BinaryOperator::Add => Some(left + right),
                BinaryOperator::Subtract => Some(left - right),
                BinaryOperator::Multiply => Some(left * right),
                BinaryOperator::Divide => Some(left / right),
                _ => None,
            }
        }
        _ => None,
    }
}
