//! Ions: reversal potentials, and the exchange of ion variables with mechanisms.

use bevy_ecs::entity::Entity;
use bevy_ecs::system::{Local, Query, Res};
use components::{Clock, Instances, IonBinding, IonColumns};
use nmodl::math::log_in_place;

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
    potential(inside, outside, valence, celsius, (outside / inside).ln())
}

/// Nernst potential (mV) for concentrations in mM, of which the logarithm of the ratio is known.
fn potential(inside: f64, outside: f64, valence: f64, celsius: f64, logarithm: f64) -> f64 {
    if valence == 0.0 {
        return 0.0;
    }
    if inside <= 0.0 {
        return 1e6;
    }
    if outside <= 0.0 {
        return -1e6;
    }
    let thermal = 1000.0 * GAS_CONSTANT * (celsius + 273.15) / FARADAY;
    thermal / valence * logarithm
}

/// The ion's turn among the currents: its current starts at 0, its reversal potential follows the
/// concentrations where the style says so.
pub fn ion_system(ion: Entity) -> impl FnMut(Res<Clock>, Query<&mut IonColumns>, Local<Vec<f64>>) {
    move |clock, mut ions, mut logarithms| {
        let Ok(mut ion) = ions.get_mut(ion) else { return };
        let ion = &mut *ion;
        ion.current.fill(0.0);
        ion.derivative.fill(0.0);
        let concentrations = |index: u32| (ion.inside[index as usize], ion.outside[index as usize]);
        logarithms.clear();
        logarithms.extend(ion.advancing.iter().map(|&index| {
            let (inside, outside) = concentrations(index);
            outside / inside
        }));
        log_in_place(&mut logarithms);
        for (&index, &logarithm) in ion.advancing.iter().zip(&*logarithms) {
            let (inside, outside) = concentrations(index);
            let reversal = potential(inside, outside, ion.valence, clock.celsius, logarithm);
            ion.reversal[index as usize] = reversal;
        }
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

/// Copies the ion's values at the places of a mechanism's instances into `column`.
fn gather(column: &mut [f64], source: &[f64], binding: &IonBinding) {
    if let Some(range) = &binding.range {
        column.copy_from_slice(&source[range.clone()]);
        return;
    }
    for (value, &index) in column.iter_mut().zip(&binding.index) {
        *value = source[index as usize];
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
                gather(&mut instances.columns[column], source, binding);
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
        if let Some(range) = &binding.range {
            return destination[range.clone()].copy_from_slice(&instances.columns[column]);
        }
        for (value, &index) in instances.columns[column].iter().zip(&binding.index) {
            destination[index as usize] = *value;
        }
    }
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
