//! The exponential decay of a column of states over a time step, as NEURON's `cnexp` computes `x' = -x/tau`.

use nmodl::math::{Level, guarded_exp};

nmodl::dispatch! {
    fn decay_at(state: &mut [f64], tau: &[f64], dt: f64) = decay_lanes;
}

/// Advances the states by `dt` (ms) with the time constants `tau` (ms).
pub fn decay(state: &mut [f64], tau: &[f64], dt: f64) {
    decay_at(Level::best(), state, tau, dt);
}

#[inline(always)]
fn decay_lanes<const FMA: bool>(state: &mut [f64], tau: &[f64], dt: f64) {
    for (x, tau) in state.iter_mut().zip(tau) {
        // -(0)/((-1)/tau), the resting value, is +0
        *x += (1.0 - guarded_exp::<FMA>(dt * (-1.0 / tau))) * (0.0 - *x);
    }
}
