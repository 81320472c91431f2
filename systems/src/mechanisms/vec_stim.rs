//! `VecStim`: spikes at given times, such as recorded ones.

use std::sync::Arc;

use components::Instances;
use nmodl::Kind;

use super::BuiltIn;
use super::describe::{assigned, description};
use crate::mechanism::{Argument, Delivery, Kernels, Outbox, Phases, Surroundings};

const INDEX: usize = 0;
const TIME: usize = 1;

/// The mechanism; the times belong to the instances.
pub fn mechanism() -> BuiltIn {
    let variables = vec![assigned("index", ""), assigned("etime", "ms")];
    let mut description = description("VecStim", Kind::ArtificialCell, variables);
    description.event_arguments = Some(1);
    BuiltIn::new(description, |_| Arc::new(VecStim)).with_vector("times").with_functions(&["play"])
}

struct VecStim;

impl VecStim {
    /// Sends itself an event at the next of its times; `index` is -1 after the last.
    fn schedule_next(instances: &mut Instances, k: usize, t: f64, outbox: &mut Outbox) {
        let index = instances.columns[INDEX][k];
        if index < 0.0 {
            return;
        }
        let times = instances.own.vectors.first().and_then(|vectors| vectors[k].as_ref());
        match times.and_then(|times| times.get(index as usize).copied()) {
            Some(time) => {
                instances.columns[TIME][k] = time;
                instances.columns[INDEX][k] = index + 1.0;
                // as NEURON associates `net_send(etime - t, 1)`, which rounds
                outbox.send(k, t + time - t, 1.0);
            }
            None => instances.columns[INDEX][k] = -1.0,
        }
    }
}

impl Kernels for VecStim {
    fn phases(&self) -> Phases {
        Phases::default()
    }

    fn initialize(&self, instances: &mut Instances, surroundings: &Surroundings, outbox: &mut Outbox) {
        for k in 0..instances.count {
            instances.columns[INDEX][k] = 0.0;
            Self::schedule_next(instances, k, surroundings.clock.t, outbox);
        }
    }

    fn call(
        &self,
        instances: &mut Instances,
        instance: usize,
        function: &str,
        arguments: &[Argument],
        outbox: &mut Outbox,
    ) -> Option<f64> {
        if function != "play" {
            return None;
        }
        if instances.own.vectors.is_empty() {
            instances.own.vectors.push(vec![None; instances.count]);
        }
        match arguments {
            [] => instances.own.vectors[0][instance] = None,
            [Argument::Vector(times)] => instances.own.vectors[0][instance] = Some(times.clone()),
            _ => outbox.fail(instance, "`play` takes a `Vector` of times".to_owned(), Default::default()),
        }
        Some(0.0)
    }

    fn receive(&self, instances: &mut Instances, delivery: &mut Delivery, outbox: &mut Outbox) {
        if delivery.flag == 1.0 {
            outbox.fire(delivery.instance, delivery.t);
            Self::schedule_next(instances, delivery.instance, delivery.t, outbox);
        }
    }
}
