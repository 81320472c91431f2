//! `IntFire1`: a leaky integrator of instantaneous inputs that fires at 1 and then rests for a while.

use std::sync::Arc;

use components::Instances;
use nmodl::Kind;

use super::describe::{assigned, description, parameter};
use super::{BuiltIn, exp, weight};
use crate::mechanism::{Delivery, Kernels, Outbox, Phases, Surroundings};

const TAU: usize = 0;
const REFRACTORY_PERIOD: usize = 1;
const M: usize = 2;
const LAST_TIME: usize = 3;
const REFRACTORY: usize = 4;

/// The mechanism with NEURON's defaults.
pub fn mechanism() -> BuiltIn {
    let variables = vec![
        parameter("tau", 10.0, "ms"),
        parameter("refrac", 5.0, "ms"),
        assigned("m", ""),
        assigned("t0", "ms"),
        assigned("refractory", ""),
    ];
    let mut description = description("IntFire1", Kind::ArtificialCell, variables);
    description.event_arguments = Some(1);
    BuiltIn::new(description, |_| Arc::new(IntFire1))
}

struct IntFire1;

impl Kernels for IntFire1 {
    fn phases(&self) -> Phases {
        Phases::default()
    }

    fn initialize(&self, instances: &mut Instances, surroundings: &Surroundings, _outbox: &mut Outbox) {
        instances.columns[M].fill(0.0);
        instances.columns[LAST_TIME].fill(surroundings.clock.t);
        instances.columns[REFRACTORY].fill(0.0);
    }

    fn receive(&self, instances: &mut Instances, delivery: &mut Delivery, outbox: &mut Outbox) {
        let (k, t) = (delivery.instance, delivery.t);
        let value = |column: usize| instances.columns[column][k];
        if value(REFRACTORY) == 0.0 {
            let m = value(M) * exp(-(t - value(LAST_TIME)) / value(TAU)) + weight(delivery.weights);
            let end = t + value(REFRACTORY_PERIOD);
            let fires = m > 1.0;
            instances.columns[LAST_TIME][k] = t;
            instances.columns[M][k] = if fires { 2.0 } else { m };
            if fires {
                instances.columns[REFRACTORY][k] = 1.0;
                outbox.send(k, end, 1.0);
                outbox.fire(k, t);
            }
        } else if delivery.flag == 1.0 {
            instances.columns[LAST_TIME][k] = t;
            instances.columns[REFRACTORY][k] = 0.0;
            instances.columns[M][k] = 0.0;
        }
    }
}
