//! `Exp2Syn`: a conductance that rises and decays exponentially after an event, normalised so that its peak is
//! the weight.

use std::sync::Arc;

use components::Instances;
use nmodl::Kind;

use super::decay::decay;
use super::describe::{assigned, description, parameter, state};
use super::{BuiltIn, exp, weight};
use crate::mechanism::{Delivery, Kernels, Outbox, Phases, Surroundings};

const RISE: usize = 0;
const DECAY: usize = 1;
const REVERSAL: usize = 2;
const CURRENT: usize = 3;
const CONDUCTANCE: usize = 4;
const A: usize = 5;
const B: usize = 6;
const FACTOR: usize = 7;

/// The mechanism with NEURON's defaults.
pub fn mechanism() -> BuiltIn {
    let variables = vec![
        parameter("tau1", 0.1, "ms"),
        parameter("tau2", 10.0, "ms"),
        parameter("e", 0.0, "mV"),
        assigned("i", "nA"),
        assigned("g", "uS"),
        state("A", "uS"),
        state("B", "uS"),
        assigned("factor", ""),
    ];
    let mut description = description("Exp2Syn", Kind::PointProcess, variables);
    description.event_arguments = Some(1);
    BuiltIn::new(description, |_| Arc::new(DoubleExponentialSynapse))
}

struct DoubleExponentialSynapse;

impl Kernels for DoubleExponentialSynapse {
    fn phases(&self) -> Phases {
        Phases { current: true, state: true, ..Phases::default() }
    }

    fn initialize(&self, instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {
        for k in 0..instances.count {
            let mut tau1 = instances.columns[RISE][k];
            let tau2 = instances.columns[DECAY][k];
            if tau1 / tau2 > 0.9999 {
                tau1 = 0.9999 * tau2;
            }
            if tau1 / tau2 < 1e-9 {
                tau1 = tau2 * 1e-9;
            }
            let peak = (tau1 * tau2) / (tau2 - tau1) * (tau2 / tau1).ln();
            instances.columns[RISE][k] = tau1;
            instances.columns[FACTOR][k] = 1.0 / (-exp(-peak / tau1) + exp(-peak / tau2));
        }
        instances.columns[A].fill(0.0);
        instances.columns[B].fill(0.0);
    }

    fn current(&self, instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {
        let count = instances.count;
        let Ok([e, i, g, a, b]) = instances.columns.get_disjoint_mut([REVERSAL, CURRENT, CONDUCTANCE, A, B])
        else {
            return;
        };
        let (e, i, g) = (&e[..count], &mut i[..count], &mut g[..count]);
        let (a, b, voltage) = (&a[..count], &b[..count], &instances.voltage[..count]);
        let (current, conductance) = (&mut instances.current[..count], &mut instances.conductance[..count]);
        for k in 0..count {
            g[k] = b[k] - a[k];
            let shifted = g[k] * (voltage[k] + 0.001 - e[k]);
            i[k] = g[k] * (voltage[k] - e[k]);
            current[k] = i[k];
            conductance[k] = (shifted - i[k]) / 0.001;
        }
    }

    fn state(&self, instances: &mut Instances, surroundings: &Surroundings, _outbox: &mut Outbox) {
        for (state, tau) in [(A, RISE), (B, DECAY)] {
            if let Ok([state, tau]) = instances.columns.get_disjoint_mut([state, tau]) {
                decay(state, tau, surroundings.clock.dt);
            }
        }
    }

    fn receive(&self, instances: &mut Instances, delivery: &mut Delivery, _outbox: &mut Outbox) {
        let added = weight(delivery.weights) * instances.columns[FACTOR][delivery.instance];
        instances.columns[A][delivery.instance] += added;
        instances.columns[B][delivery.instance] += added;
    }
}
