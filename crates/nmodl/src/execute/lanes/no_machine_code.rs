//! Machine code on CPUs for which there is none.

use std::sync::Arc;

use super::code::{Operation, Slot};
use super::steps::Bank;
use crate::math::Level;

/// The code of segments, which can be run.
#[derive(Debug)]
pub(super) enum Segments {}

/// Segments while they are made.
#[derive(Debug, Default)]
pub(super) struct Writer;

impl Writer {
    /// No code.
    pub(super) fn add(&mut self, _: &[Operation], _: impl Fn(Slot) -> bool, _: Level) -> Option<u32> {
        None
    }

    /// None.
    pub(super) fn finish(self) -> Option<Arc<Segments>> {
        None
    }
}

/// Whether there can be code for an operation.
pub(super) fn can_do(_: &Operation) -> bool {
    false
}

/// One.
pub(super) fn parts(operations: &[Operation]) -> Vec<usize> {
    vec![operations.len()]
}

impl Segments {
    /// Never runs.
    ///
    /// # Safety
    /// None is needed.
    pub(super) unsafe fn run(&self, _: u32, _: &Bank, _: impl Fn(&Bank)) {
        match *self {}
    }
}
