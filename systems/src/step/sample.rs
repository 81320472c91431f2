//! Probes take their samples.

use bevy_ecs::system::{Query, Res};
use components::{Clock, Instances, MembraneCurrent, Probe, ProbeSource, SampleBuffer, Voltage};

use super::MechanismTable;

/// Appends a row to the buffer of every probe that is due after the completed step.
pub fn sample(
    clock: Res<Clock>,
    table: Res<MechanismTable>,
    voltage: Query<&Voltage>,
    membrane_current: Query<&MembraneCurrent>,
    instances: Query<&Instances>,
    mut probes: Query<(&Probe, &mut SampleBuffer)>,
) {
    for (probe, mut buffer) in &mut probes {
        if !probe.times.is_due(clock.step) {
            continue;
        }
        let values: Option<&[f64]> = match probe.source {
            ProbeSource::Voltage => voltage.single().ok().map(|column| &*column.0),
            ProbeSource::MembraneCurrent => membrane_current.single().ok().map(|column| &*column.0),
            ProbeSource::Variable { mechanism, column } => table
                .entities
                .get(mechanism)
                .and_then(|&entity| instances.get(entity).ok())
                .map(|instances| &*instances.columns[column]),
        };
        if let Some(values) = values {
            buffer.0.extend(probe.indices.iter().map(|&index| values[index as usize] as f32));
        }
    }
}
