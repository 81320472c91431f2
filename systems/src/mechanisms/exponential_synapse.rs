//! `ExpSyn`: a conductance that an event raises at once and that decays exponentially.

use std::sync::Arc;

use components::Instances;
use nmodl::Kind;

use super::decay::decay;
use super::describe::{assigned, description, parameter, state};
use super::{BuiltIn, weight};
use crate::mechanism::{Delivery, Kernels, Outbox, Phases, Surroundings};

const TAU: usize = 0;
const REVERSAL: usize = 1;
const CURRENT: usize = 2;
const CONDUCTANCE: usize = 3;

/// The mechanism with NEURON's defaults.
pub fn mechanism() -> BuiltIn {
    let variables =
        vec![parameter("tau", 0.1, "ms"), parameter("e", 0.0, "mV"), assigned("i", "nA"), state("g", "uS")];
    let mut description = description("ExpSyn", Kind::PointProcess, variables);
    description.event_arguments = Some(1);
    BuiltIn::new(description, |_| Arc::new(ExponentialSynapse))
}

struct ExponentialSynapse;

impl Kernels for ExponentialSynapse {
    fn phases(&self) -> Phases {
        Phases { current: true, state: true, ..Phases::default() }
    }

    fn initialize(&self, instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {
        instances.columns[CONDUCTANCE].fill(0.0);
    }

    fn current(&self, instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {
        let count = instances.count;
        let Ok([e, i, g]) = instances.columns.get_disjoint_mut([REVERSAL, CURRENT, CONDUCTANCE]) else {
            return;
        };
        let (e, i, g) = (&e[..count], &mut i[..count], &g[..count]);
        let voltage = &instances.voltage[..count];
        let (current, conductance) = (&mut instances.current[..count], &mut instances.conductance[..count]);
        for k in 0..count {
            let shifted = g[k] * (voltage[k] + 0.001 - e[k]);
            i[k] = g[k] * (voltage[k] - e[k]);
            current[k] = i[k];
            conductance[k] = (shifted - i[k]) / 0.001;
        }
    }

    fn state(&self, instances: &mut Instances, surroundings: &Surroundings, _outbox: &mut Outbox) {
        if let Ok([tau, g]) = instances.columns.get_disjoint_mut([TAU, CONDUCTANCE]) {
            decay(g, tau, surroundings.clock.dt);
        }
    }

    fn receive(&self, instances: &mut Instances, delivery: &mut Delivery, _outbox: &mut Outbox) {
        instances.columns[CONDUCTANCE][delivery.instance] += weight(delivery.weights);
    }
}
