//! `NetStim`: a source of spikes at regular or random intervals, which events can start and stop.

use std::sync::Arc;

use components::Instances;
use nmodl::Kind;
use random::{Generator, Stream};

use super::describe::{assigned, description, parameter};
use super::{BuiltIn, weight};
use crate::mechanism::{Argument, Delivery, Kernels, Outbox, Phases, Surroundings};

const INTERVAL: usize = 0;
const NUMBER: usize = 1;
const START: usize = 2;
const NOISE: usize = 3;
const EVENT: usize = 4;
const ON: usize = 5;
const SPIKES: usize = 6;

/// Flag of the self event that starts a sequence, sent at initialisation.
const BEGIN: f64 = 3.0;
/// Flag of the self event at which the instance spikes.
const SPIKE: f64 = 1.0;

/// The mechanism with NEURON's defaults.
pub fn mechanism() -> BuiltIn {
    let variables = vec![
        parameter("interval", 10.0, "ms"),
        parameter("number", 10.0, ""),
        parameter("start", 50.0, "ms"),
        parameter("noise", 0.0, ""),
        assigned("event", "ms"),
        assigned("on", ""),
        assigned("ispike", ""),
    ];
    let mut description = description("NetStim", Kind::ArtificialCell, variables);
    description.event_arguments = Some(1);
    BuiltIn::new(description, |_| Arc::new(NetStim))
        .with_stream("ranvar")
        .with_functions(&["noiseFromRandom", "noiseFromRandom123"])
}

struct NetStim;

impl NetStim {
    /// A random interval (ms).
    fn draw_interval(instances: &mut Instances, k: usize) -> f64 {
        let mean = instances.columns[INTERVAL][k];
        let mean = if mean <= 0.0 { 0.01 } else { mean };
        let noise = instances.columns[NOISE][k];
        if noise == 0.0 {
            mean
        } else {
            (1.0 - noise) * mean + noise * mean * Self::stream(instances, k).negexp()
        }
    }

    /// The random stream of an instance: its own, or the one that NEURON starts with.
    fn stream(instances: &mut Instances, k: usize) -> &mut Stream {
        let streams = &mut instances.own.streams;
        if streams.is_empty() {
            streams.push(vec![None; instances.count]);
        }
        streams[0][k].get_or_insert_with(|| Stream::new(0, 0, 0, 0))
    }

    fn begin(instances: &mut Instances, k: usize) {
        if instances.columns[NUMBER][k] > 0.0 {
            instances.columns[ON][k] = 1.0;
            instances.columns[EVENT][k] = 0.0;
            instances.columns[SPIKES][k] = 0.0;
        }
    }

    fn prepare_next(instances: &mut Instances, k: usize) {
        if instances.columns[NUMBER][k] > 0.0 {
            instances.columns[EVENT][k] = Self::draw_interval(instances, k);
        }
        if instances.columns[SPIKES][k] >= instances.columns[NUMBER][k] {
            instances.columns[ON][k] = 0.0;
        }
    }
}

impl Kernels for NetStim {
    fn phases(&self) -> Phases {
        Phases::default()
    }

    fn initialize(&self, instances: &mut Instances, surroundings: &Surroundings, outbox: &mut Outbox) {
        let t = surroundings.clock.t;
        for k in 0..instances.count {
            Self::stream(instances, k).set_position(0.0);
            instances.columns[ON][k] = 0.0;
            instances.columns[SPIKES][k] = 0.0;
            let noise = instances.columns[NOISE][k].clamp(0.0, 1.0);
            instances.columns[NOISE][k] = noise;
            let start = instances.columns[START][k];
            if start >= 0.0 && instances.columns[NUMBER][k] > 0.0 {
                instances.columns[ON][k] = 1.0;
                let interval = instances.columns[INTERVAL][k];
                let event = start + Self::draw_interval(instances, k) - interval * (1.0 - noise);
                let event = if event < 0.0 { 0.0 } else { event };
                instances.columns[EVENT][k] = event;
                outbox.send(k, t + event, BEGIN);
            }
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
        let given = match arguments {
            [Argument::Random(random)] => match random.generator() {
                Generator::Random123(stream) => Some(*stream),
                Generator::MCellRan4(_) => None,
            },
            [Argument::Stream(stream)] => Some(*stream),
            _ => None,
        };
        let stream = match (function, arguments) {
            ("noiseFromRandom", _) if let Some(stream) = given => stream,
            ("noiseFromRandom123", [Argument::Number(id1), Argument::Number(id2), Argument::Number(id3)]) => {
                let [id1, id2, id3] = [id1, id2, id3].map(|id| *id as u32);
                Stream::new(instances.own.random_seed, id1, id2, id3)
            }
            ("noiseFromRandom" | "noiseFromRandom123", _) => {
                let message = format!("`{function}` takes a `Random` with Random123, or three ids");
                outbox.fail(instance, message, Default::default());
                return Some(0.0);
            }
            _ => return None,
        };
        *Self::stream(instances, instance) = stream;
        Some(1.0)
    }

    fn receive(&self, instances: &mut Instances, delivery: &mut Delivery, outbox: &mut Outbox) {
        let (k, t) = (delivery.instance, delivery.t);
        let is_on = instances.columns[ON][k] != 0.0;
        if delivery.flag == 0.0 {
            let weight = weight(delivery.weights);
            if weight > 0.0 && !is_on {
                Self::begin(instances, k);
                Self::prepare_next(instances, k);
                let deterministic = instances.columns[INTERVAL][k] * (1.0 - instances.columns[NOISE][k]);
                let event = instances.columns[EVENT][k] - deterministic;
                instances.columns[EVENT][k] = event;
                outbox.send(k, t + event, SPIKE);
            } else if weight < 0.0 {
                instances.columns[ON][k] = 0.0;
            }
        } else if delivery.flag == BEGIN && is_on {
            Self::begin(instances, k);
            outbox.send(k, t, SPIKE);
        } else if delivery.flag == SPIKE && is_on {
            instances.columns[SPIKES][k] += 1.0;
            outbox.fire(k, t);
            Self::prepare_next(instances, k);
            if instances.columns[ON][k] != 0.0 {
                outbox.send(k, t + instances.columns[EVENT][k], SPIKE);
            }
        }
    }
}
