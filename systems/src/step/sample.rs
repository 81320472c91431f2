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
        let row = probe.indices.iter().map(|&index| index as usize);
        match probe.source {
            ProbeSource::Voltage => {
                let Ok(column) = voltage.single() else { continue };
                buffer.0.extend(row.map(|index| column.0[index] as f32));
            }
            ProbeSource::MembraneCurrent => {
                let Ok(column) = membrane_current.single() else { continue };
                buffer.0.extend(row.map(|index| column.0[index] as f32));
            }
            ProbeSource::Variable { mechanism, column } => {
                let entity = table.entities.get(mechanism);
                let Some(instances) = entity.and_then(|&entity| instances.get(entity).ok()) else { continue };
                buffer.0.extend(row.map(|index| instances.value(column, index) as f32));
            }
        }
    }
}
