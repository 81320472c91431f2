//! A signal that is played into a variable of an instance.

use bevy_ecs::component::Component;

use crate::Target;

/// A piecewise linear signal.
#[derive(Component, Clone, Debug)]
pub struct Waveform {
    /// Times (ms), not decreasing; of points at one time the later counts from then on.
    pub times: Vec<f64>,
    /// Value at each time.
    pub values: Vec<f64>,
    /// The instance whose variable is set.
    pub target: Target,
    /// Column of the variable.
    pub variable: usize,
    /// Index of the first point later than the time of the last look.
    pub next: usize,
}
