//! The mechanisms that are built in, in the order NEURON registers them.
//!
//! Each file holds one mechanism: its description, and its kernels with every expression associated as in the
//! code that NEURON generates, so that results have NEURON's bits. `PatternStim` is not among them: what it does
//! is [`crate::group::inject_spikes`].

mod alpha_synapse;
mod current_clamp;
mod decay;
mod describe;
mod double_exponential_synapse;
mod exponential_synapse;
mod hodgkin_huxley;
mod int_fire1;
mod int_fire2;
mod int_fire4;
mod membrane_current_source;
mod net_stim;
mod passive;
mod vec_stim;
mod voltage_clamp;

use std::sync::Arc;

use nmodl::Description;

use crate::mechanism::{Environment, Kernels, Mechanism};

/// A mechanism that is built in.
struct BuiltIn {
    description: Arc<Description>,
    streams: Vec<String>,
    vectors: Vec<String>,
    functions: &'static [&'static str],
    kernels: fn(&Environment) -> Arc<dyn Kernels>,
}

impl BuiltIn {
    fn new(description: Description, kernels: fn(&Environment) -> Arc<dyn Kernels>) -> Self {
        Self {
            description: Arc::new(description),
            streams: Vec::new(),
            vectors: Vec::new(),
            functions: &[],
            kernels,
        }
    }

    /// The same with a random stream in each instance.
    fn with_stream(self, name: &str) -> Self {
        Self { streams: vec![name.to_owned()], ..self }
    }

    /// The same with functions that HOC can call.
    fn with_functions(self, functions: &'static [&'static str]) -> Self {
        Self { functions, ..self }
    }

    /// The same with a vector in each instance.
    fn with_vector(self, name: &str) -> Self {
        Self { vectors: vec![name.to_owned()], ..self }
    }
}

impl Mechanism for BuiltIn {
    fn description(&self) -> &Arc<Description> {
        &self.description
    }

    fn streams(&self) -> &[String] {
        &self.streams
    }

    fn vectors(&self) -> &[String] {
        &self.vectors
    }

    fn functions(&self) -> Vec<String> {
        self.functions.iter().map(|&name| name.to_owned()).collect()
    }

    fn kernels(&self, environment: &Environment) -> Arc<dyn Kernels> {
        (self.kernels)(environment)
    }
}

/// All built-in mechanisms, in the order of registration.
pub fn built_in() -> Vec<Arc<dyn Mechanism>> {
    let mechanisms = [
        passive::mechanism(),
        current_clamp::mechanism(),
        alpha_synapse::mechanism(),
        exponential_synapse::mechanism(),
        double_exponential_synapse::mechanism(),
        voltage_clamp::mechanism(),
        hodgkin_huxley::mechanism(),
        net_stim::mechanism(),
        int_fire1::mechanism(),
        int_fire2::mechanism(),
        int_fire4::mechanism(),
        vec_stim::mechanism(),
        membrane_current_source::mechanism(),
    ];
    mechanisms.into_iter().map(|mechanism| Arc::new(mechanism) as Arc<dyn Mechanism>).collect()
}

/// NEURON's exponential in mechanisms: 0 below -700, exp(700) above 700.
fn exp(x: f64) -> f64 {
    if x < -700.0 { 0.0 } else { x.min(700.0).exp() }
}

/// The weight that an event brings, 0 if it came without a connection.
fn weight(weights: &[f64]) -> f64 {
    weights.first().copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::{built_in, exp};

    #[test]
    fn exponential_is_guarded() {
        assert_eq!(exp(-700.1), 0.0);
        assert_eq!(exp(-700.0), (-700.0_f64).exp());
        assert_eq!(exp(800.0), 700.0_f64.exp());
    }

    /// The order decides in which order currents are summed.
    #[test]
    fn order_is_that_of_neuron() {
        let mechanisms = built_in();
        let names: Vec<&str> = mechanisms.iter().map(|m| m.description().name.as_str()).collect();
        let first = ["pas", "IClamp", "AlphaSynapse", "ExpSyn", "Exp2Syn", "SEClamp", "hh", "NetStim"];
        assert_eq!(names[..8], first);
        assert_eq!(names[8..], ["IntFire1", "IntFire2", "IntFire4", "VecStim", "MembraneCurrentSource"]);
    }
}
