//! `IntFire2`: a leaky integrator of a current that inputs raise and that decays to a bias (Hines and Carnevale,
//! The NEURON Book, 2006, chapter 10). The time of the next spike is found ahead by Newton's method.

use std::sync::Arc;

use components::Instances;
use nmodl::Kind;

use super::describe::{assigned, description, parameter};
use super::{BuiltIn, exp, weight};
use crate::mechanism::{Delivery, Kernels, Outbox, Phases, Surroundings};

const TAU_SYNAPSE: usize = 0;
const TAU_MEMBRANE: usize = 1;
const BIAS: usize = 2;
const CURRENT: usize = 3;
const M: usize = 4;
const LAST_TIME: usize = 5;

/// What stands for "never" (ms).
const NEVER: f64 = 1e9;

/// The mechanism with NEURON's defaults.
pub fn mechanism() -> BuiltIn {
    let variables = vec![
        parameter("taus", 20.0, "ms"),
        parameter("taum", 10.0, "ms"),
        parameter("ib", 0.0, ""),
        assigned("i", ""),
        assigned("m", ""),
        assigned("t0", "ms"),
    ];
    let mut description = description("IntFire2", Kind::ArtificialCell, variables);
    description.event_arguments = Some(1);
    BuiltIn::new(description, |_| Arc::new(IntFire2))
}

struct IntFire2;

impl Kernels for IntFire2 {
    fn phases(&self) -> Phases {
        Phases::default()
    }

    fn initialize(&self, instances: &mut Instances, surroundings: &Surroundings, outbox: &mut Outbox) {
        let t = surroundings.clock.t;
        for k in 0..instances.count {
            let bias = instances.columns[BIAS][k];
            let membrane = instances.columns[TAU_MEMBRANE][k];
            if instances.columns[TAU_SYNAPSE][k] <= membrane {
                instances.columns[TAU_SYNAPSE][k] = membrane + 0.1;
            }
            instances.columns[CURRENT][k] = bias;
            instances.columns[M][k] = 0.0;
            instances.columns[LAST_TIME][k] = t;
            let taus = (instances.columns[TAU_SYNAPSE][k], membrane);
            outbox.send(k, t + fire_time(taus, bias, 0.0, 0.0), 1.0);
        }
    }

    fn receive(&self, instances: &mut Instances, delivery: &mut Delivery, outbox: &mut Outbox) {
        let (k, t) = (delivery.instance, delivery.t);
        let value = |column: usize| instances.columns[column][k];
        let (taus, taum) = (value(TAU_SYNAPSE), value(TAU_MEMBRANE));
        let (bias, i, elapsed) = (value(BIAS), value(CURRENT), t - value(LAST_TIME));
        let f = taus / (taus - taum);
        let x = (i - bias) * exp(-elapsed / taus);
        let mut current = bias + x;
        let m;
        if delivery.flag == 1.0 {
            outbox.fire(k, t);
            m = 0.0;
            outbox.send(k, t + fire_time((taus, taum), bias, (current - bias) * f, 0.0), 1.0);
        } else {
            m = bias + f * x + (value(M) - (bias + (i - bias) * f)) * exp(-elapsed / taum);
            current += weight(delivery.weights);
            let next = if m >= 1.0 { t } else { fire_time((taus, taum), bias, (current - bias) * f, m) + t };
            outbox.move_to(k, next);
        }
        instances.columns[M][k] = m;
        instances.columns[LAST_TIME][k] = t;
        instances.columns[CURRENT][k] = current;
    }
}

/// Time (ms) until `1 = a + b exp(-t/taus) + (c - a - b) exp(-t/taum)`, for c < 1 and taum < taus.
fn fire_time((taus, taum): (f64, f64), a: f64, b: f64, c: f64) -> f64 {
    let r = taum / taus;
    if a <= 1.0 && a + b <= 1.0 {
        return NEVER;
    }
    let rest = c - a - b;
    let slope = r * b + rest;
    let from_one = (1.0 - c + slope) / slope;
    if a > 1.0 && b <= 0.0 {
        return if slope >= 0.0 || from_one <= 0.0 {
            -taus * newton(a, rest, b, 1.0 / r, 0.0).ln()
        } else {
            -taum * newton(a, b, rest, r, from_one).ln()
        };
    }
    // where the sum is largest: no spike if that lies ahead of now or is too low
    let x = (-rest / (r * b)).powf(1.0 / (r - 1.0));
    let largest = a + b * x.powf(r) + rest * x;
    if x >= 1.0 || largest <= 1.0 { NEVER } else { -taum * newton(a, b, rest, r, from_one).ln() }
}

/// Solution of `1 = a + b x^r + c x` in 0 < x <= 1, from a start value.
fn newton(a: f64, b: f64, c: f64, r: f64, mut x: f64) -> f64 {
    let (mut dx, mut f, mut iterations) = (1.0_f64, 0.0_f64, 0);
    while dx.abs() > 1e-6 || (f - 1.0).abs() > 1e-6 {
        f = a + b * x.powf(r) + c * x;
        let slope = r * b * x.powf(r - 1.0) + c;
        dx = (1.0 - f) / slope;
        x += dx;
        if x <= 0.0 {
            x = 1e-4;
        } else if x > 1.0 {
            x = 1.0;
        }
        iterations += 1;
        if iterations > 10 {
            break;
        }
    }
    x
}
