//! The membrane's capacitance, into the diagonal.

use bevy_ecs::system::{Query, Res};
use components::{Capacitance, Clock, Diagonal, SavedDiagonal};

/// `d += 0.001 cj cm` for every node with membrane.
pub fn capacitance(clock: Res<Clock>, mut compartments: Query<(&Capacitance, &mut Diagonal)>) {
    let factor = 0.001 * clock.cj;
    for (capacitance, mut diagonal) in &mut compartments {
        for (diagonal, capacitance) in diagonal.0.iter_mut().zip(capacitance.0.iter()) {
            *diagonal += factor * capacitance;
        }
    }
}

/// Keeps the diagonal of the membrane alone: `saved = d - saved`, where saved holds the electrodes' part.
pub fn save_diagonal(mut compartments: Query<(&Diagonal, &mut SavedDiagonal)>) {
    for (diagonal, mut saved) in &mut compartments {
        for (saved, diagonal) in saved.0.iter_mut().zip(diagonal.0.iter()) {
            *saved = diagonal - *saved;
        }
    }
}
