//! Stops a run whose voltages have left the range of what a membrane can have.

use bevy_ecs::system::{Res, ResMut};
use components::{Instances, MechanismName, Voltage};

use super::{EpochClock, Failure, Groups};
use crate::Error;
use crate::group::{Group, locate};

/// Beyond this (mV) a voltage is taken for a numerical failure.
pub const VOLTAGE_LIMIT: f64 = 1e6;

/// Checks the voltages of all groups at the end of an epoch.
pub fn voltages(clock: Res<EpochClock>, mut groups: ResMut<Groups>, mut failure: ResMut<Failure>) {
    for group in &mut groups.0 {
        let bad = {
            let mut query = group.world.query::<&Voltage>();
            let voltages = query.iter(&group.world).flat_map(|voltage| voltage.0.iter().copied());
            let numbered = (0_u32..).zip(voltages);
            numbered.filter(|(_, v)| v.is_nan() || v.abs() >= VOLTAGE_LIMIT).collect::<Vec<_>>()
        };
        if !bad.is_empty() {
            let error = explain(group, bad, clock.t);
            failure.0.get_or_insert(error);
        }
    }
}

/// Finds out which cell, section, segment and mechanism a bad voltage belongs to: the worst one where there is a
/// mechanism, since the ends of sections have none.
fn explain(group: &mut Group, mut bad: Vec<(u32, f64)>, t: f64) -> Error {
    let size = |voltage: f64| if voltage.is_nan() { f64::INFINITY } else { voltage.abs() };
    bad.sort_by(|(_, one), (_, other)| size(*other).total_cmp(&size(*one)));
    let with_culprit = bad.iter().find_map(|&(node, voltage)| Some((node, voltage, culprit(group, node)?)));
    let nobody = || "no mechanism is there, so look at its neighbours".to_owned();
    let (node, voltage, culprit) = with_culprit.unwrap_or_else(|| (bad[0].0, bad[0].1, nobody()));
    if let Some(place) = locate(&mut group.world, node) {
        return Error::RunawayVoltage {
            t,
            gid: place.gid,
            population: place.population,
            node_id: place.node_id,
            section: place.section,
            segment: place.segment,
            voltage,
            culprit,
        };
    }
    Error::Other(format!("a voltage is {voltage} mV at t = {t} ms"))
}

/// The mechanism with a variable that is no number at the node, else the one with the largest current.
fn culprit(group: &mut Group, node: u32) -> Option<String> {
    let mut mechanisms = group.world.query::<(&MechanismName, &Instances)>();
    let mut largest: Option<(f64, &str)> = None;
    for (name, instances) in mechanisms.iter(&group.world) {
        for (instance, _) in instances.nodes.iter().enumerate().filter(|(_, place)| **place == node) {
            let mut columns = 0..instances.columns.len();
            if columns.any(|column| !instances.value(column, instance).is_finite()) {
                return Some(format!("a variable of mechanism `{}` is no finite number there", name.0));
            }
            let factor = instances.per_area.get(instance).copied().unwrap_or(1.0);
            let current = (instances.current[instance] * factor).abs();
            if largest.is_none_or(|(before, _)| current > before) {
                largest = Some((current, &name.0));
            }
        }
    }
    let (_, name) = largest?;
    Some(format!("the largest current there is that of mechanism `{name}`"))
}
