//! Machine code on CPUs for which there is none.

use super::code::{Operation, Slot};
use super::steps::Bank;
use crate::math::Level;

/// The code of a segment.
#[derive(Clone, Debug)]
pub(super) enum Segment {}

impl Segment {
    /// No code.
    pub(super) fn compile(_: &[Operation], _: impl Fn(Slot) -> bool, _: Level) -> Option<Self> {
        None
    }

    /// Whether there can be code for an operation.
    pub(super) fn can_do(_: &Operation) -> bool {
        false
    }

    /// One.
    pub(super) fn parts(operations: &[Operation]) -> Vec<usize> {
        vec![operations.len()]
    }

    /// Never runs.
    ///
    /// # Safety
    /// None is needed.
    pub(super) unsafe fn run(&self, _: &Bank, _: impl Fn(&Bank)) {
        match *self {}
    }
}
