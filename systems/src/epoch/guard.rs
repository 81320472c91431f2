//! Stops a run whose voltages have left the range of what a membrane can have.

use bevy_ecs::system::{Res, ResMut};
use components::{
    CompartmentRange, Gid, Instances, MechanismName, NodeId, Population, SectionTable, Voltage,
};

use super::{EpochClock, Failure, Groups};
use crate::Error;
use crate::group::Group;

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
    let mut cells = group.world.query::<(&Gid, &Population, &NodeId, &CompartmentRange, &SectionTable)>();
    for (gid, population, node_id, range, table) in cells.iter(&group.world) {
        if !(range.start..range.end).contains(&node) {
            continue;
        }
        let local = (node - range.start) as usize;
        let number = table.section.get(local).copied().unwrap_or(0);
        let first = table.section.iter().position(|section| *section == number).unwrap_or(local);
        // The root of a cell is the beginning of its first section, before the segments
        let first = if first == 0 { 1 } else { first };
        return Error::RunawayVoltage {
            t,
            gid: gid.0,
            population: population.0.to_string(),
            node_id: node_id.0,
            section: table.names.get(number as usize).cloned().unwrap_or_default(),
            segment: local - first.min(local),
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
            if instances.columns.iter().any(|column| !column[instance].is_finite()) {
                return Some(format!("a variable of mechanism `{}` is no finite number there", name.0));
            }
            let current = instances.current[instance].abs();
            if largest.is_none_or(|(before, _)| current > before) {
                largest = Some((current, &name.0));
            }
        }
    }
    let (_, name) = largest?;
    Some(format!("the largest current there is that of mechanism `{name}`"))
}
