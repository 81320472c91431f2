//! Ions: reversal potentials, and the exchange of ion variables with mechanisms.

use bevy_ecs::entity::Entity;
use bevy_ecs::system::{Query, Res};
use components::{Clock, Instances, IonBinding, IonColumns};
use nmodl::dispatch;
use nmodl::math::{Level, log_in_place_at};

use super::gather::{self, At, gather};

/// Faraday constant (C/mol), CODATA 2018.
pub const FARADAY: f64 = 96_485.332_123_310_01;
/// Gas constant (J/K/mol), CODATA 2018.
pub const GAS_CONSTANT: f64 = 8.314_462_618_153_24;

/// Style bit: both concentrations are set from the ion's defaults at initialisation.
pub const STYLE_CONCENTRATION_INIT: u32 = 0o4;
/// Style bit: the reversal potential is computed at initialisation.
pub const STYLE_REVERSAL_INIT: u32 = 0o40;
/// Style bit: the reversal potential is computed in every step.
pub const STYLE_REVERSAL_ADVANCE: u32 = 0o100;

/// Nernst potential (mV) for concentrations in mM.
pub fn nernst(inside: f64, outside: f64, valence: f64, celsius: f64) -> f64 {
    if valence == 0.0 {
        0.0
    } else {
        potential(inside, outside, thermal(celsius) / valence * (outside / inside).ln())
    }
}

/// RT/F (mV)
fn thermal(celsius: f64) -> f64 {
    1000.0 * GAS_CONSTANT * (celsius + 273.15) / FARADAY
}

/// The potential (mV) that NEURON takes in place of `potential` where a concentration (mM) is not positive.
#[inline(always)]
fn potential(inside: f64, outside: f64, potential: f64) -> f64 {
    if inside <= 0.0 {
        1e6
    } else if outside <= 0.0 {
        -1e6
    } else {
        potential
    }
}

/// The ion's turn among the currents: its current starts at 0, its reversal potential follows the
/// concentrations where the style says so.
pub fn ion_system(ion: Entity) -> impl FnMut(Res<Clock>, Query<&mut IonColumns>) {
    move |clock, mut ions| {
        let Ok(mut ion) = ions.get_mut(ion) else { return };
        let IonColumns { advancing, valence, reversal, inside, outside, current, derivative, .. } = &mut *ion;
        current.fill(0.0);
        derivative.fill(0.0);
        for range in advancing.iter().cloned() {
            let reversal = &mut reversal[range.clone()];
            if *valence == 0.0 {
                reversal.fill(0.0);
            } else {
                let factor = thermal(clock.celsius) / *valence;
                reversals(reversal, &inside[range.clone()], &outside[range], factor);
            }
        }
    }
}

/// Concentrations whose logarithms are computed at once.
const BLOCK: usize = 256;

/// Nernst potentials (mV) for concentrations in mM and RT/zF (mV).
fn reversals(reversal: &mut [f64], inside: &[f64], outside: &[f64], factor: f64) {
    let level = Level::best();
    let blocks = reversal.chunks_mut(BLOCK).zip(inside.chunks(BLOCK).zip(outside.chunks(BLOCK)));
    for (reversal, (inside, outside)) in blocks {
        ratios(level, reversal, inside, outside);
        log_in_place_at(level, reversal);
        potentials(level, reversal, inside, outside, factor);
    }
}

dispatch! {
    /// Outside by inside.
    fn ratios(ratios: &mut [f64], inside: &[f64], outside: &[f64]) = ratios_of_lanes;
}

#[inline(always)]
fn ratios_of_lanes<const FMA: bool>(ratios: &mut [f64], inside: &[f64], outside: &[f64]) {
    for (ratio, (inside, outside)) in ratios.iter_mut().zip(inside.iter().zip(outside)) {
        *ratio = outside / inside;
    }
}

dispatch! {
    /// From logarithms of ratios to potentials.
    fn potentials(numbers: &mut [f64], inside: &[f64], outside: &[f64], factor: f64) = potentials_of_lanes;
}

#[inline(always)]
fn potentials_of_lanes<const FMA: bool>(numbers: &mut [f64], inside: &[f64], outside: &[f64], factor: f64) {
    for (number, (&inside, &outside)) in numbers.iter_mut().zip(inside.iter().zip(outside)) {
        *number = potential(inside, outside, factor * *number);
    }
}

/// The ion's turn at initialisation.
pub fn ion_initialize_system(ion: Entity) -> impl FnMut(Res<Clock>, Query<&mut IonColumns>) {
    move |clock, mut ions| {
        let Ok(mut ion) = ions.get_mut(ion) else { return };
        let ion = &mut *ion;
        ion.current.fill(0.0);
        ion.derivative.fill(0.0);
        for index in 0..ion.nodes.len() {
            if ion.style[index] & STYLE_CONCENTRATION_INIT != 0 {
                ion.inside[index] = ion.initial_inside;
                ion.outside[index] = ion.initial_outside;
            }
            if ion.style[index] & STYLE_REVERSAL_INIT != 0 {
                ion.reversal[index] =
                    nernst(ion.inside[index], ion.outside[index], ion.valence, clock.celsius);
            }
        }
    }
}

/// Copies the concentrations and currents that the mechanism uses into its columns, and reversal potentials that may
/// have changed since the currents of the step.
pub fn read_changing(instances: &mut Instances, ions: &mut Query<&mut IonColumns>) {
    read(instances, ions, false);
}

/// Copies all ion variables that the mechanism uses into its columns.
pub fn read_ions(instances: &mut Instances, ions: &mut Query<&mut IonColumns>) {
    read(instances, ions, true);
}

fn read(instances: &mut Instances, ions: &mut Query<&mut IonColumns>, all: bool) {
    for binding in &instances.ions {
        let with_reversal = binding.reads_reversal && (all || binding.reversal_changes);
        let reversal = if with_reversal { binding.reversal } else { None };
        let columns = [reversal, binding.inside, binding.outside, binding.current_read];
        if columns == [None; 4] {
            continue;
        }
        let Ok(ion) = ions.get_mut(binding.ion) else { continue };
        let sources = [&ion.reversal, &ion.inside, &ion.outside, &ion.current];
        for (column, source) in columns.into_iter().zip(sources) {
            if let Some(column) = column {
                gather(&mut instances.columns[column], source, at(binding));
            }
        }
    }
}

/// Copies the concentrations and reversal potentials that the mechanism writes back to the ions, as NEURON does after
/// each of its kernels; `initial` also recomputes reversal potentials whose style asks for it.
pub fn write_back(instances: &mut Instances, ions: &mut Query<&mut IonColumns>, initial: bool, celsius: f64) {
    for binding in &instances.ions {
        let writes_concentration = binding.writes_inside || binding.writes_outside;
        if !(writes_concentration || binding.writes_reversal) {
            continue;
        }
        let Ok(mut ion) = ions.get_mut(binding.ion) else { continue };
        let ion = &mut *ion;
        scatter(binding.writes_inside, binding.inside, &mut ion.inside, instances, binding);
        scatter(binding.writes_outside, binding.outside, &mut ion.outside, instances, binding);
        if initial && writes_concentration {
            for &index in &binding.index {
                let index = index as usize;
                if ion.style[index] & STYLE_REVERSAL_INIT != 0 {
                    ion.reversal[index] = nernst(ion.inside[index], ion.outside[index], ion.valence, celsius);
                }
            }
        }
        scatter(binding.writes_reversal, binding.reversal, &mut ion.reversal, instances, binding);
    }
}

/// Copies a column of the mechanism to the places of its instances.
fn scatter(
    is_written: bool,
    column: Option<usize>,
    destination: &mut [f64],
    instances: &Instances,
    binding: &IonBinding,
) {
    if let (true, Some(column)) = (is_written, column) {
        gather::scatter(&instances.columns[column], destination, at(binding));
    }
}

/// Where the instances of a mechanism are in the ion's columns.
fn at(binding: &IonBinding) -> At<'_> {
    At { index: &binding.index, runs: &binding.runs }
}

#[cfg(test)]
mod tests {
    use super::nernst;

    /// Values from NEURON 9.0.2.
    #[test]
    fn nernst_has_neurons_bits() {
        assert_eq!(nernst(5e-5, 2.0, 2.0, 34.0), 140.236_601_131_512_66);
        assert_eq!(nernst(6.5e-5, 2.0, 2.0, 34.0), 136.764_454_206_189_7);
        assert_eq!(nernst(5e-5, 2.0, 2.0, 6.3), 127.589_510_617_617_49);
        assert_eq!(nernst(0.0, 2.0, 2.0, 6.3), 1e6);
        assert_eq!(nernst(1.0, 2.0, 0.0, 6.3), 0.0);
    }
}
