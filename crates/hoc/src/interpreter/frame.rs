//! One running procedure, file or executed string.

use std::sync::Arc;

use super::object::ObjectRef;
use super::value::Argument;
use crate::syntax::ast::{Procedure, Statement};
use crate::syntax::{Source, Span};

/// The loop body that `iterator_statement` runs, and where.
#[derive(Clone)]
pub(crate) struct IteratorBody {
    pub body: Arc<Statement>,
    pub frame: usize,
}

#[derive(Clone)]
pub(crate) struct Frame {
    /// Class whose names are visible.
    pub class: u32,
    /// Heap index of the object whose members are visible.
    pub object: u32,
    pub procedure: Option<Arc<Procedure>>,
    pub numbers: Vec<f64>,
    pub objects: Vec<Option<ObjectRef>>,
    pub arguments: Vec<Argument>,
    pub source: Arc<Source>,
    /// The statement or expression that runs.
    pub at: Span,
    pub iterator: Option<IteratorBody>,
}

impl Frame {
    pub fn of(class: u32, object: u32, source: Arc<Source>) -> Self {
        Self {
            class,
            object,
            procedure: None,
            numbers: Vec::new(),
            objects: Vec::new(),
            arguments: Vec::new(),
            source,
            at: Span::default(),
            iterator: None,
        }
    }
}
