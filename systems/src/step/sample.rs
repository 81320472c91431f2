//! Probes take their samples.
//!
//! Currents are those of the last tree matrix, at the middle of the step; voltages and states are those at its end.

use bevy_ecs::system::{Query, Res, SystemParam};
use components::{
    Capacitance, Clock, Diameter, Instances, IonColumns, MembraneCurrent, Probe, ProbePart, ProbeSource,
    SampleBuffer, Sums, Voltage,
};

use super::pointers::quantity_of;

/// The columns that can be sampled.
#[derive(SystemParam)]
pub struct Sampled<'w, 's> {
    voltage: Query<'w, 's, &'static Voltage>,
    membrane_current: Query<'w, 's, &'static MembraneCurrent>,
    diameter: Query<'w, 's, &'static Diameter>,
    capacitance: Query<'w, 's, &'static Capacitance>,
    instances: Query<'w, 's, &'static Instances>,
    ions: Query<'w, 's, &'static IonColumns>,
}

impl Sampled<'_, '_> {
    /// The column of a source: a value for each index, a single one for all, or none where it is not kept.
    fn column(&self, source: ProbeSource) -> &[f64] {
        let found = match source {
            ProbeSource::Voltage => self.voltage.single().ok().map(|column| &*column.0),
            ProbeSource::MembraneCurrent => self.membrane_current.single().ok().map(|column| &*column.0),
            ProbeSource::Diameter => self.diameter.single().ok().map(|column| &*column.0),
            ProbeSource::Capacitance => self.capacitance.single().ok().map(|column| &*column.0),
            ProbeSource::Variable { mechanism, column } => {
                self.instances.get(mechanism).ok().map(|instances| &*instances.columns[column])
            }
            ProbeSource::Ion { ion, quantity } => {
                self.ions.get(ion).ok().map(|ion| quantity_of(ion, quantity))
            }
        };
        found.unwrap_or_default()
    }

    /// Hands each value of a part, with its place, to `put`.
    fn read(&self, part: &ProbePart, mut put: impl FnMut(usize, f64)) {
        let places = part.places.iter().map(|&place| place as usize);
        match self.column(part.source) {
            [] => places.for_each(|place| put(place, 0.0)),
            [uniform] => places.for_each(|place| put(place, *uniform)),
            values => {
                part.indices
                    .iter()
                    .zip(places)
                    .for_each(|(&index, place)| put(place, values[index as usize]));
            }
        }
    }
}

/// Appends a row to the buffer of every probe that is due after the completed step, and computes sums that are due.
pub fn sample(
    clock: Res<Clock>,
    sampled: Sampled,
    mut probes: Query<(&Probe, Option<&mut Sums>, &mut SampleBuffer)>,
) {
    for (probe, sums, mut buffer) in &mut probes {
        let buffer = &mut *buffer;
        let is_due = probe.times.is_due(clock.step);
        if let Some(mut sums) = sums {
            add_sums(probe, &mut sums, buffer, is_due, &clock, &sampled);
        } else if is_due {
            let start = buffer.rows.len();
            buffer.rows.resize(start + probe.count, 0.0);
            let row = &mut buffer.rows[start..];
            for part in &probe.parts {
                sampled.read(part, |place, value| row[place] = value as f32);
            }
        }
    }
}

/// Computes sums whose time has come, and appends those that were computed last to the buffer, if a row is due.
fn add_sums(
    probe: &Probe,
    sums: &mut Sums,
    buffer: &mut SampleBuffer,
    is_due: bool,
    clock: &Clock,
    sampled: &Sampled,
) {
    if clock.step == 0 {
        sums.next = 0.0;
    }
    let compute = |sums: &mut Sums, values: &mut [f64]| {
        for part in &probe.parts {
            sampled.read(part, |place, value| values[place] = value);
        }
        sums.compute(values);
    };
    let is_own_time = sums.interval.is_none() && is_due;
    if is_own_time || sums.are_due(clock.t) {
        compute(sums, &mut buffer.values);
    }
    if is_due {
        buffer.rows.extend(sums.latest.iter().map(|sum| *sum as f32));
    }
    // An event in the first half of the next step comes at its start, when nothing has changed yet
    if sums.are_due(clock.t + 0.5 * clock.dt) {
        compute(sums, &mut buffer.values);
    }
}
