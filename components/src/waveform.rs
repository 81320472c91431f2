//! A signal that is played into a variable of an instance.

use bevy_ecs::component::Component;

use crate::Target;

/// What a played signal does between its points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Playback {
    /// It goes from point to point on straight lines (NEURON's `Vector.play(variable, times, 1)`).
    #[default]
    Linear,
    /// It keeps the value of each point until the next; before the first one the variable keeps its own
    /// (`Vector.play(variable, times, 0)`).
    Stepwise,
}

/// A signal that is played into a variable.
#[derive(Component, Clone, Debug)]
pub struct Waveform {
    /// Times (ms), not decreasing; of points at one time the later counts from then on.
    pub times: Vec<f64>,
    /// Value at each time.
    pub values: Vec<f64>,
    /// What it does between its points.
    pub playback: Playback,
    /// The instance whose variable is set.
    pub target: Target,
    /// Column of the variable.
    pub variable: usize,
    /// Index of the first point later than the time of the last look.
    pub next: usize,
}
