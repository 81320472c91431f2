//! The time of a group.

use bevy_ecs::resource::Resource;

/// Where a group is in time. All groups of a simulation step through the same values.
#[derive(Resource, Clone, Copy, Debug)]
pub struct Clock {
    /// Time (ms); within a step it passes the middle of the step, as NEURON's does.
    pub t: f64,
    /// Time step (ms).
    pub dt: f64,
    /// Number of completed steps.
    pub step: u64,
    /// Temperature (degrees Celsius).
    pub celsius: f64,
    /// 1/dt for the implicit Euler method, 2/dt for Crank-Nicolson (1/ms).
    pub cj: f64,
    /// 0 implicit Euler, 1 Crank-Nicolson, 2 Crank-Nicolson with corrected ion currents.
    pub second_order: u8,
}
