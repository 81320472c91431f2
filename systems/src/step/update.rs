//! The new voltage, and what follows from the voltage step.

use bevy_ecs::system::{Query, Res, ResMut};
use components::{
    Area, Clock, IonColumns, MembraneCurrent, RightHandSide, SavedDiagonal, SavedRightHandSide, Voltage,
};

/// `v += step` (implicit Euler), `v += 2 step` (Crank-Nicolson).
pub fn voltage(clock: Res<Clock>, mut compartments: Query<(&RightHandSide, &mut Voltage)>) {
    let factor = if clock.second_order == 0 { 1.0 } else { 2.0 };
    for (rhs, mut voltage) in &mut compartments {
        for (voltage, step) in voltage.0.iter_mut().zip(rhs.0.iter()) {
            *voltage += factor * step;
        }
    }
}

/// Membrane current (nA): `(saved_d · step + saved_rhs) · area / 100`.
pub fn membrane_current(
    mut compartments: Query<(
        &RightHandSide,
        &SavedRightHandSide,
        &SavedDiagonal,
        &Area,
        &mut MembraneCurrent,
    )>,
) {
    for (rhs, saved_rhs, saved_diagonal, area, mut current) in &mut compartments {
        for (node, current) in current.0.iter_mut().enumerate() {
            *current = (saved_diagonal.0[node] * rhs.0[node] + saved_rhs.0[node]) * area.0[node] * 0.01;
        }
    }
}

/// Ion currents at the middle of the step: `i += di/dv · step`, for Crank-Nicolson with corrected ion currents.
pub fn ion_currents(compartments: Query<&RightHandSide>, mut ions: Query<&mut IonColumns>) {
    let Ok(rhs) = compartments.single() else { return };
    for mut ion in &mut ions {
        let ion = &mut *ion;
        for (index, &node) in ion.nodes.iter().enumerate() {
            ion.current[index] += ion.derivative[index] * rhs.0[node as usize];
        }
    }
}

/// Time moves on by half a step; two halves make a step, each rounded as NEURON does.
pub fn first_half(mut clock: ResMut<Clock>) {
    clock.t += 0.5 * clock.dt;
}

/// The second half of [`first_half`]: the step is complete.
pub fn second_half(mut clock: ResMut<Clock>) {
    clock.t += 0.5 * clock.dt;
    clock.step += 1;
}
