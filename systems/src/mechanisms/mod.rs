//! The mechanisms that are built in, in the order NEURON registers them.

mod describe;
mod passive;

use std::sync::Arc;

use crate::mechanism::Mechanism;

/// All built-in mechanisms, in the order of registration.
pub fn built_in() -> Vec<Arc<dyn Mechanism>> {
    vec![Arc::new(passive::Passive::new())]
}
