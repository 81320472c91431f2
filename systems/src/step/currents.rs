//! Membrane and electrode currents of one mechanism, into the matrix.

use std::sync::Arc;

use bevy_ecs::entity::Entity;
use bevy_ecs::system::{Local, Query, Res, ResMut};
use components::{
    Area, Clock, Diagonal, Diameter, Instances, IonBinding, IonColumns, RightHandSide, SavedDiagonal,
    SavedRightHandSide, Voltage,
};

use super::Complaints;
use super::gather::{At, add, gather};
use super::ions::{read_ions, write_back};
use crate::mechanism::{Kernels, Outbox, Phase, Surroundings, VoltageOf};

/// Empties the matrix before currents are added.
pub fn clear(mut compartments: Query<(&mut RightHandSide, &mut Diagonal)>) {
    for (mut rhs, mut diagonal) in &mut compartments {
        rhs.0.fill(0.0);
        diagonal.0.fill(0.0);
    }
}

/// Empties what the electrodes contribute.
pub fn clear_saved(mut compartments: Query<(&mut SavedRightHandSide, &mut SavedDiagonal)>) {
    for (mut rhs, mut diagonal) in &mut compartments {
        rhs.0.fill(0.0);
        diagonal.0.fill(0.0);
    }
}

/// Keeps the right-hand side of the membrane alone: `saved = electrodes - rhs`.
pub fn save_right_hand_side(mut compartments: Query<(&RightHandSide, &mut SavedRightHandSide)>) {
    for (rhs, mut saved) in &mut compartments {
        for (saved, rhs) in saved.0.iter_mut().zip(rhs.0.iter()) {
            *saved -= rhs;
        }
    }
}

/// The compartment columns that membrane currents touch.
pub type Compartments<'a> = (&'a Voltage, &'a Area, &'a Diameter, &'a mut RightHandSide, &'a mut Diagonal);

/// The current of a mechanism in the membrane: `rhs -= i`, `d += g`.
pub fn membrane_system(
    mechanism: Entity,
    kernels: Arc<dyn Kernels>,
) -> impl FnMut(
    Res<Clock>,
    Query<&mut Instances>,
    Query<&mut IonColumns>,
    Query<Compartments>,
    ResMut<Complaints>,
    Local<Outbox>,
) {
    move |clock, mut instances, mut ions, mut compartments, mut complaints, mut outbox| {
        let (Ok(mut instances), Ok((voltage, area, diameter, mut rhs, mut diagonal))) =
            (instances.get_mut(mechanism), compartments.single_mut())
        else {
            return;
        };
        let instances = &mut *instances;
        let surroundings = Surroundings { clock: *clock, area: &area.0, diameter: &diameter.0 };
        evaluate(instances, &*kernels, &voltage.0, &surroundings, &mut ions, &mut outbox);
        complaints.collect(mechanism, clock.t, &mut outbox);
        scatter(instances, &mut rhs.0, |rhs, current| rhs - current, &mut diagonal.0, |d, g| d + g);
    }
}

/// The current of an electrode: `rhs += i`, `d -= g`; also into what is kept of electrodes, if it is kept.
pub fn electrode_system(
    mechanism: Entity,
    kernels: Arc<dyn Kernels>,
) -> impl FnMut(
    Res<Clock>,
    Query<&mut Instances>,
    Query<&mut IonColumns>,
    Query<Compartments>,
    Query<(&mut SavedRightHandSide, &mut SavedDiagonal)>,
    ResMut<Complaints>,
    Local<Outbox>,
) {
    move |clock, mut instances, mut ions, mut compartments, mut saved, mut complaints, mut outbox| {
        let (Ok(mut instances), Ok((voltage, area, diameter, mut rhs, mut diagonal))) =
            (instances.get_mut(mechanism), compartments.single_mut())
        else {
            return;
        };
        let instances = &mut *instances;
        let surroundings = Surroundings { clock: *clock, area: &area.0, diameter: &diameter.0 };
        evaluate(instances, &*kernels, &voltage.0, &surroundings, &mut ions, &mut outbox);
        complaints.collect(mechanism, clock.t, &mut outbox);
        let add = |rhs, current| rhs + current;
        let subtract = |diagonal, conductance| diagonal - conductance;
        scatter(instances, &mut rhs.0, add, &mut diagonal.0, subtract);
        if let Ok((mut saved_rhs, mut saved_diagonal)) = saved.single_mut() {
            scatter(instances, &mut saved_rhs.0, add, &mut saved_diagonal.0, subtract);
        }
    }
}

/// Changes two columns of nodes by the currents and conductances of instances, one after the other; those of point
/// processes become densities.
#[inline(always)]
fn scatter(
    instances: &Instances,
    rhs: &mut [f64],
    with_current: impl Fn(f64, f64) -> f64,
    diagonal: &mut [f64],
    with_conductance: impl Fn(f64, f64) -> f64,
) {
    for run in &instances.runs {
        let (node, count) = (run.node as usize, run.count as usize);
        let range = run.start as usize..run.start as usize + count;
        let (currents, conductances) =
            (&instances.current[range.clone()], &instances.conductance[range.clone()]);
        let factors = instances.per_area.get(range).unwrap_or_default();
        if run.is_one_node {
            let (mut total, mut total_conductance) = (rhs[node], diagonal[node]);
            for ((current, conductance), factor) in currents.iter().zip(conductances).zip(factors) {
                total = with_current(total, current * factor);
                total_conductance = with_conductance(total_conductance, conductance * factor);
            }
            (rhs[node], diagonal[node]) = (total, total_conductance);
            continue;
        }
        let (rhs, diagonal) = (&mut rhs[node..node + count], &mut diagonal[node..node + count]);
        let sums = rhs.iter_mut().zip(diagonal).zip(currents.iter().zip(conductances));
        if factors.is_empty() {
            for ((rhs, diagonal), (current, conductance)) in sums {
                *rhs = with_current(*rhs, *current);
                *diagonal = with_conductance(*diagonal, *conductance);
            }
        } else {
            for (((rhs, diagonal), (current, conductance)), factor) in sums.zip(factors) {
                *rhs = with_current(*rhs, current * factor);
                *diagonal = with_conductance(*diagonal, conductance * factor);
            }
        }
    }
}

/// Runs the current kernel, between the exchanges with ions.
fn evaluate(
    instances: &mut Instances,
    kernels: &dyn Kernels,
    voltage: &[f64],
    surroundings: &Surroundings,
    ions: &mut Query<&mut IonColumns>,
    outbox: &mut Outbox,
) {
    gather_voltage(instances, voltage, kernels.voltage(Phase::Current));
    read_ions(instances, ions);
    kernels.current(instances, surroundings, outbox);
    add_ion_currents(instances, ions, true);
    write_back(instances, ions, false, surroundings.clock.celsius);
}

/// Adds the currents that the mechanism wrote to the ions', and their derivatives.
pub fn add_ion_currents(instances: &Instances, ions: &mut Query<&mut IonColumns>, with_derivatives: bool) {
    let is_point = !instances.per_area.is_empty();
    for (binding, derivatives) in instances.ions.iter().zip(&instances.ion_derivatives) {
        let (Ok(mut ion), Some(column)) = (ions.get_mut(binding.ion), binding.current_written) else {
            continue;
        };
        let IonColumns { current, derivative, .. } = &mut *ion;
        let totals = (&mut **current, &mut **derivative);
        let derivatives = if with_derivatives { &derivatives[..] } else { &[] };
        let written = (&*instances.columns[column], derivatives);
        if is_point {
            add_point_currents(totals, written, &instances.area, &binding.index);
        } else {
            add_densities(totals, written, binding);
        }
    }
}

/// Adds current densities and, as far as given, their derivatives to the ion's.
fn add_densities(
    (total, total_derivative): (&mut [f64], &mut [f64]),
    (current, derivative): (&[f64], &[f64]),
    binding: &IonBinding,
) {
    let at = At { index: &binding.index, runs: &binding.runs };
    add(current, total, at);
    if !derivative.is_empty() {
        add(derivative, total_derivative, at);
    }
}

/// Adds currents (nA) of point processes on nodes of an area (um2), of which several can be in one place.
fn add_point_currents(
    (total, total_derivative): (&mut [f64], &mut [f64]),
    (current, derivative): (&[f64], &[f64]),
    area: &[f64],
    index: &[u32],
) {
    for ((&index, area), current) in index.iter().zip(area).zip(current) {
        total[index as usize] += current * 1e2 / area;
    }
    for ((&index, area), derivative) in index.iter().zip(area).zip(derivative) {
        total_derivative[index as usize] += derivative * 1e2 / area;
    }
}

/// Copies voltages of nodes to where kernels read them: those of every instance's node, or of each node once.
pub fn gather_voltage(instances: &mut Instances, voltage: &[f64], of: VoltageOf) {
    match (of, &mut instances.distinct) {
        (VoltageOf::Nothing, _) => {}
        (VoltageOf::Nodes, Some(distinct)) => {
            for (value, &node) in distinct.voltage.iter_mut().zip(&distinct.nodes) {
                *value = voltage[node as usize];
            }
        }
        _ => {
            let at = At { index: &instances.nodes, runs: &instances.runs };
            gather(&mut instances.voltage, voltage, at);
        }
    }
}
