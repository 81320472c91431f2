//! `IntFire4`: a leaky integrator of a fast excitatory current and a slow inhibitory one (Hines and Carnevale;
//! van Elburg and van Ooyen, Neural Computation 21, 2009). Self events at a lower bound of the next spike's time
//! approach the spike.

use std::sync::Arc;

use components::Instances;
use nmodl::Kind;

use super::describe::{assigned, description, global, parameter};
use super::{BuiltIn, exp, weight};
use crate::mechanism::{Delivery, Environment, Kernels, Outbox, Phases, Surroundings};

const TAUE: usize = 0;
const TAUI1: usize = 1;
const TAUI2: usize = 2;
const TAUM: usize = 3;
const E: usize = 4;
const I1: usize = 5;
const I2: usize = 6;
const M: usize = 7;
const SELF_EVENTS: usize = 8;
const EXCITATIONS: usize = 9;
const INHIBITIONS: usize = 10;
const AE: usize = 11;
const AI1: usize = 12;
const AI2: usize = 13;
const LAST_TIME: usize = 14;
const KE: usize = 15;
const KI1: usize = 16;
const KI2: usize = 17;
const KM: usize = 18;
const BE: usize = 19;
const BI1: usize = 20;
const BI2: usize = 21;
const A: usize = 22;
const B: usize = 23;

/// Positions of the globals in the description.
const EPSILON: usize = 1;
const TAU_EPSILON: usize = 2;

/// The mechanism with NEURON's defaults.
pub fn mechanism() -> BuiltIn {
    let mut variables = vec![
        parameter("taue", 5.0, "ms"),
        parameter("taui1", 10.0, "ms"),
        parameter("taui2", 20.0, "ms"),
        parameter("taum", 50.0, "ms"),
    ];
    let plain = ["e", "i1", "i2", "m", "nself", "nexcite", "ninhibit"];
    variables.extend(plain.map(|name| assigned(name, "")));
    variables.extend(["ae", "ai1", "ai2"].map(|name| assigned(name, "1/ms")));
    variables.push(assigned("t0", "ms"));
    variables.extend(["ke", "ki1", "ki2", "km"].map(|name| assigned(name, "1/ms")));
    variables.extend(["be", "bi1", "bi2", "a", "b"].map(|name| assigned(name, "")));
    let mut description = description("IntFire4", Kind::ArtificialCell, variables);
    description.globals = vec![global("ib", 0.0, ""), global("eps", 1e-6, ""), global("taueps", 0.01, "")];
    description.event_arguments = Some(1);
    BuiltIn::new(description, |environment: &Environment| {
        let global = |index: usize, default| environment.globals.get(index).copied().unwrap_or(default);
        Arc::new(IntFire4 { epsilon: global(EPSILON, 1e-6), tau_epsilon: global(TAU_EPSILON, 0.01) })
    })
}

struct IntFire4 {
    /// How near to 1 is the threshold.
    epsilon: f64,
    /// Least difference between time constants (ms).
    tau_epsilon: f64,
}

/// Membrane state and currents.
#[derive(Clone, Copy)]
struct State {
    e: f64,
    i1: f64,
    i2: f64,
    m: f64,
}

/// Rates (1/ms) and normalising factors that follow from the time constants.
#[derive(Clone, Copy)]
struct Factors {
    ke: f64,
    ki1: f64,
    ki2: f64,
    km: f64,
    ae: f64,
    ai1: f64,
    ai2: f64,
    be: f64,
    bi1: f64,
    bi2: f64,
    a: f64,
    b: f64,
}

const FACTOR_COLUMNS: [usize; 12] = [KE, KI1, KI2, KM, AE, AI1, AI2, BE, BI1, BI2, A, B];

impl Factors {
    /// An excitatory weight of 1 gives a peak of the membrane state of 1, an inhibitory one of -1 gives -1.
    fn new([taue, taui1, taui2, taum]: [f64; 4]) -> Self {
        let (ke, ki1, ki2, km) = (1.0 / taue, 1.0 / taui1, 1.0 / taui2, 1.0 / taum);
        let peak = (km / ke).ln() / (km - ke);
        let be = 1.0 / (exp(-km * peak) - exp(-ke * peak));
        let ae = be * (ke - km);
        let peak = (ki2 / ki1).ln() / (ki2 - ki1);
        let bi1 = 1.0 / (exp(-ki2 * peak) - exp(-ki1 * peak));
        let ai1 = bi1 * (ki1 - ki2);
        let normalised = |bi2: f64| {
            let a = bi2 * bi1;
            let (ai2, b) = (bi2 * (ki2 - km), a * (ki2 - km) / (ki1 - km));
            Self { ke, ki1, ki2, km, ae, ai1, ai2, be, bi1, bi2, a, b }
        };
        let factors = normalised(1.0);
        let inhibited = State { e: 0.0, i1: 1.0, i2: 0.0, m: 0.0 };
        normalised(1.0 / factors.advance(inhibited, factors.peak_of_inhibition()).m)
    }

    fn of(instances: &Instances, k: usize) -> Self {
        let [ke, ki1, ki2, km, ae, ai1, ai2, be, bi1, bi2, a, b] =
            FACTOR_COLUMNS.map(|column| instances.columns[column][k]);
        Self { ke, ki1, ki2, km, ae, ai1, ai2, be, bi1, bi2, a, b }
    }

    fn store(&self, instances: &mut Instances, k: usize) {
        let Self { ke, ki1, ki2, km, ae, ai1, ai2, be, bi1, bi2, a, b } = *self;
        let values = [ke, ki1, ki2, km, ae, ai1, ai2, be, bi1, bi2, a, b];
        for (column, value) in FACTOR_COLUMNS.into_iter().zip(values) {
            instances.columns[column][k] = value;
        }
    }

    /// The state after `elapsed` (ms).
    fn advance(&self, State { e, i1, i2, m }: State, elapsed: f64) -> State {
        let [ee, ei1, ei2, em] = [self.ke, self.ki1, self.ki2, self.km].map(|rate| exp(-rate * elapsed));
        State {
            e: e * ee,
            i1: i1 * ei1,
            i2: i2 * ei2 + self.bi1 * i1 * (ei2 - ei1),
            m: m * em + self.be * e * (em - ee) + (self.bi2 * i2 + self.a * i1) * (em - ei2)
                - self.b * i1 * (em - ei1),
        }
    }

    /// Lower bound (ms) of the time until the membrane state reaches 1.
    fn bound(&self, state: &State) -> f64 {
        let slope = -self.km * state.m + self.ae * state.e + self.ai2 * state.i2;
        if slope <= 1e-9 { 1e9 } else { (1.0 - state.m) / slope }
    }

    /// Something with the sign of the slope of the membrane state `d` (ms) after an inhibitory input of weight 1.
    fn slope_of_inhibition(&self, d: f64) -> f64 {
        let Self { ki1, ki2, km, .. } = *self;
        (-km * exp(-d * km) + ki2 * exp(-d * ki2)) / (ki2 - km)
            - (-km * exp(-d * km) + ki1 * exp(-d * ki1)) / (ki1 - km)
    }

    /// Time (ms) of the extremum of the membrane state after an inhibitory input: bracketed, then bisected.
    fn peak_of_inhibition(&self) -> f64 {
        let (mut low, mut high) = (1.0, 1.0);
        if self.slope_of_inhibition(low) < 0.0 {
            while self.slope_of_inhibition(low) < 0.0 && low > 1e-9 {
                high = low;
                low /= 10.0;
            }
            if self.slope_of_inhibition(low) < 0.0 {
                return 1e-9;
            }
        } else {
            while self.slope_of_inhibition(high) > 0.0 && high < 1e9 {
                low = high;
                high *= 10.0;
            }
            if self.slope_of_inhibition(high) > 0.0 {
                return 1e9;
            }
        }
        let mut middle = 0.0;
        while high - low > 1e-6 {
            middle = (low + high) / 2.0;
            if self.slope_of_inhibition(middle) > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        middle
    }
}

/// Moves time constants (ms: excitation, inhibition 1 and 2, membrane) apart by at least `least`, and inhibition 2
/// above the others.
fn repair([mut taue, mut taui1, mut taui2, mut taum]: [f64; 4], least: f64) -> [f64; 4] {
    let at_least = |tau: f64, limit: f64| if tau < limit { limit } else { tau };
    taui2 = at_least(taui2, 4.0 * least);
    taui1 = at_least(taui1, 3.0 * least);
    taue = at_least(taue, 2.0 * least);
    if taue > taui2 || taui2 - taue < least {
        taue = taui2 - least;
    }
    if taui1 > taui2 {
        std::mem::swap(&mut taui1, &mut taui2);
    }
    if taui2 - taui1 < least {
        taui1 = taui2 - least;
    }
    let is_close = |one: f64, other: f64| (one - other).abs() < least;
    if taum <= taui2 {
        if taui2 - taum < least {
            taum = taui2 - least;
        }
        if is_close(taui1, taum) {
            taum = taui1 - least;
        }
        if is_close(taui1, taum) {
            if taui1 - taum < 0.0 {
                taum = taui1 - least;
            } else {
                taui1 = taum - least;
            }
        }
        if is_close(taue, taum) {
            if taue - taum < 0.0 {
                taum = taue - least;
            } else {
                taue = taum - least;
            }
        }
        if is_close(taui1, taum) {
            taum = taui1 - least;
        }
    } else if taum - taui2 < least {
        taum = taui2 + least;
    }
    [taue, taui1, taui2, taum]
}

impl Kernels for IntFire4 {
    fn phases(&self) -> Phases {
        Phases::default()
    }

    fn initialize(&self, instances: &mut Instances, surroundings: &Surroundings, outbox: &mut Outbox) {
        let t = surroundings.clock.t;
        for column in [E, I1, I2, M, SELF_EVENTS, EXCITATIONS, INHIBITIONS] {
            instances.columns[column].fill(0.0);
        }
        instances.columns[LAST_TIME].fill(t);
        for k in 0..instances.count {
            let columns = [TAUE, TAUI1, TAUI2, TAUM];
            let taus = repair(columns.map(|column| instances.columns[column][k]), self.tau_epsilon);
            for (column, tau) in columns.into_iter().zip(taus) {
                instances.columns[column][k] = tau;
            }
            let factors = Factors::new(taus);
            factors.store(instances, k);
            let rest = State { e: 0.0, i1: 0.0, i2: 0.0, m: 0.0 };
            outbox.send(k, t + factors.bound(&rest), 1.0);
        }
    }

    fn receive(&self, instances: &mut Instances, delivery: &mut Delivery, outbox: &mut Outbox) {
        let (k, t) = (delivery.instance, delivery.t);
        let factors = Factors::of(instances, k);
        let [e, i1, i2, m] = [E, I1, I2, M].map(|column| instances.columns[column][k]);
        let mut state = factors.advance(State { e, i1, i2, m }, t - instances.columns[LAST_TIME][k]);
        if state.m > 1.0 - self.epsilon {
            outbox.fire(k, t);
            state.m = 0.0;
        }
        if delivery.flag == 1.0 {
            instances.columns[SELF_EVENTS][k] += 1.0;
            outbox.send(k, t + factors.bound(&state), 1.0);
        } else {
            let weight = weight(delivery.weights);
            if weight > 0.0 {
                instances.columns[EXCITATIONS][k] += 1.0;
                state.e += weight;
            } else {
                instances.columns[INHIBITIONS][k] += 1.0;
                state.i1 += weight;
            }
            outbox.move_to(k, factors.bound(&state) + t);
        }
        let State { e, i1, i2, m } = state;
        for (column, value) in [(E, e), (I1, i1), (I2, i2), (M, m), (LAST_TIME, t)] {
            instances.columns[column][k] = value;
        }
    }
}
