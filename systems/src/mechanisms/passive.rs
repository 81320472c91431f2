//! `pas`: a constant leak, `i = g (v - e)`.

use std::sync::Arc;

use components::Instances;
use nmodl::Kind;

use super::BuiltIn;
use super::describe::{assigned, description, parameter};
use crate::mechanism::{Kernels, Outbox, Phases, Surroundings};

const G: usize = 0;
const E: usize = 1;
const I: usize = 2;

/// The mechanism with NEURON's defaults.
pub fn mechanism() -> BuiltIn {
    let variables =
        vec![parameter("g", 0.001, "S/cm2"), parameter("e", -70.0, "mV"), assigned("i", "mA/cm2")];
    BuiltIn::new(description("pas", Kind::Density, variables), |_| Arc::new(PassiveKernels))
}

struct PassiveKernels;

impl Kernels for PassiveKernels {
    fn phases(&self) -> Phases {
        Phases { current: true, ..Phases::default() }
    }

    fn initialize(&self, _instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {}

    fn current(&self, instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {
        let count = instances.count;
        let Ok([g, e, i]) = instances.columns.get_disjoint_mut([G, E, I]) else { return };
        let (g, e, i) = (&g[..count], &e[..count], &mut i[..count]);
        let voltage = &instances.voltage[..count];
        let (current, conductance) = (&mut instances.current[..count], &mut instances.conductance[..count]);
        for k in 0..count {
            let shifted = g[k] * (voltage[k] + 0.001 - e[k]);
            i[k] = g[k] * (voltage[k] - e[k]);
            current[k] = i[k];
            conductance[k] = (shifted - i[k]) / 0.001;
        }
    }
}
