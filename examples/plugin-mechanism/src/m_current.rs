//! `KM`: the M-current, a slow potassium current without inactivation (Adams, Brown and Constanti, J. Physiol. 330,
//! 1982), with the rates of the pyramidal cell of Hay et al., PLoS Comput. Biol. 7(7):e1002107, 2011.

use std::sync::Arc;

use components::Instances;
use neurodamus::{App, Plugin};
use nmodl::math::{Level, guarded_exp};
use nmodl::{Description, Global, IonUse, IonVariable, Kind, Role, Variable};
use systems::mechanism::{Environment, Kernels, Mechanism, Outbox, Phases, Surroundings};

/// The plug-in that brings the M-current.
pub struct MCurrent;

impl Plugin for MCurrent {
    fn build(&self, app: &mut App) {
        app.add_mechanism(KM::new());
    }
}

// Columns, in the order of the description's variables
const MAXIMUM: usize = 0;
const CONDUCTANCE: usize = 1;
const M: usize = 2;
const REVERSAL: usize = 3;
const CURRENT: usize = 4;

/// The mechanism `KM`.
pub struct KM(Arc<Description>);

impl KM {
    /// With its defaults.
    pub fn new() -> Self {
        let variable = |name: &str, role, default, unit: &str| Variable {
            name: name.to_owned(),
            role,
            default,
            unit: unit.to_owned(),
            visible: true,
        };
        Self(Arc::new(Description {
            name: "KM".to_owned(),
            kind: Kind::Density,
            variables: vec![
                variable("gbar", Role::Parameter, 1e-5, "S/cm2"),
                variable("g", Role::Assigned, 0.0, "S/cm2"),
                variable("m", Role::State, 0.0, ""),
                variable("ek", Role::Assigned, 0.0, "mV"),
                variable("ik", Role::Assigned, 0.0, "mA/cm2"),
            ],
            globals: vec![Global { name: "vhalf".to_owned(), default: -35.0, unit: "mV".to_owned() }],
            ions: vec![IonUse {
                ion: "k".to_owned(),
                reads: vec![IonVariable::Reversal],
                writes: vec![IonVariable::Current],
                valence: Some(1.0),
            }],
            event_arguments: None,
            source: file!().to_owned(),
        }))
    }
}

impl Default for KM {
    fn default() -> Self {
        Self::new()
    }
}

impl Mechanism for KM {
    fn description(&self) -> &Arc<Description> {
        &self.0
    }

    fn kernels(&self, environment: &Environment) -> Arc<dyn Kernels> {
        let half = environment.globals.first().copied().unwrap_or(-35.0);
        Arc::new(KMKernels { half, q10: 2.3_f64.powf((34.0 - 21.0) / 10.0) })
    }
}

/// The kernels for a run.
struct KMKernels {
    /// Voltage (mV) at which half of the channels are open.
    half: f64,
    /// How much faster the channel is at 34 degrees than at the 21 of the experiments.
    q10: f64,
}

/// Steady state, and time constant (ms), of the gate at a voltage (mV).
#[inline(always)]
fn rates<const FMA: bool>(v: f64, half: f64, q10: f64) -> (f64, f64) {
    let alpha = 3.3e-3 * guarded_exp::<FMA>(0.1 * (v - half));
    let beta = 3.3e-3 * guarded_exp::<FMA>(-0.1 * (v - half));
    (alpha / (alpha + beta), 1.0 / (alpha + beta) / q10)
}

nmodl::dispatch! {
    /// The gate at its steady state.
    fn settle(voltage: &[f64], m: &mut [f64], half: f64, q10: f64) = settle_lanes;
}

#[inline(always)]
fn settle_lanes<const FMA: bool>(voltage: &[f64], m: &mut [f64], half: f64, q10: f64) {
    for (m, v) in m.iter_mut().zip(voltage) {
        *m = rates::<FMA>(*v, half, q10).0;
    }
}

nmodl::dispatch! {
    /// `m' = (m_inf - m) / tau` over `dt` (ms), solved exactly for a constant voltage as NEURON's `cnexp` does.
    fn advance(voltage: &[f64], m: &mut [f64], half: f64, q10: f64, dt: f64) = advance_lanes;
}

#[inline(always)]
fn advance_lanes<const FMA: bool>(voltage: &[f64], m: &mut [f64], half: f64, q10: f64, dt: f64) {
    for (m, v) in m.iter_mut().zip(voltage) {
        let (steady, tau) = rates::<FMA>(*v, half, q10);
        let rate = -1.0 / tau;
        *m += (1.0 - guarded_exp::<FMA>(dt * rate)) * (-(steady / tau) / rate - *m);
    }
}

impl Kernels for KMKernels {
    fn phases(&self) -> Phases {
        Phases { current: true, state: true, ..Phases::default() }
    }

    fn initialize(&self, instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {
        settle(Level::best(), &instances.voltage, &mut instances.columns[M], self.half, self.q10);
    }

    fn current(&self, instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {
        for k in 0..instances.count {
            let (v, ek) = (instances.voltage[k], instances.columns[REVERSAL][k]);
            let g = instances.columns[MAXIMUM][k] * instances.columns[M][k];
            let current = g * (v - ek);
            instances.columns[CONDUCTANCE][k] = g;
            instances.columns[CURRENT][k] = current;
            instances.current[k] = current;
            // NEURON takes derivatives as differences over 0.001 mV
            let slope = (g * (v + 0.001 - ek) - current) / 0.001;
            instances.conductance[k] = slope;
            for derivative in &mut instances.ion_derivatives {
                derivative[k] = slope;
            }
        }
    }

    fn state(&self, instances: &mut Instances, surroundings: &Surroundings, _outbox: &mut Outbox) {
        let dt = surroundings.clock.dt;
        advance(Level::best(), &instances.voltage, &mut instances.columns[M], self.half, self.q10, dt);
    }
}
