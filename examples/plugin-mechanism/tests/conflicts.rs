//! A plug-in that leaves an order to luck is refused.

use std::sync::Arc;

use bevy_ecs::schedule::{IntoScheduleConfigs, Schedule};
use bevy_ecs::system::{IntoSystem, Query};
use bevy_ecs::world::World;
use cell::{Catalogue, Cell, Selection};
use components::Voltage;
use systems::Registry;
use systems::group::{self, CellPlan, GroupOptions};
use systems::schedule::{Named, StepSet};

/// Keeps voltages below a limit, for no good reason.
fn limit(mut voltage: Query<&mut Voltage>) {
    for mut voltage in &mut voltage {
        voltage.0.iter_mut().for_each(|v| *v = v.min(40.0));
    }
}

fn without_order(schedule: &mut Schedule, _world: &mut World) {
    let system = IntoSystem::into_system(limit).with_name("limit:voltage");
    schedule.add_systems(system.in_set(StepSet::Update));
}

fn with_order(schedule: &mut Schedule, _world: &mut World) {
    let system = IntoSystem::into_system(limit).with_name("limit:voltage");
    schedule.add_systems(system.in_set(StepSet::Update).after(Named::new("update:voltage")));
}

fn soma(registry: &Registry) -> CellPlan {
    let mut cell = Cell::new(Arc::new(Catalogue::new(registry.descriptions().cloned()).unwrap()));
    cell.create_section(None, "soma");
    CellPlan::new("cells", 0, 0, Arc::new(cell.to_model(&Selection::All, &[]).unwrap()))
}

#[test]
fn a_conflict_names_both_systems_and_the_component() {
    let registry = Registry::with_built_ins();
    let (cells, options) = ([soma(&registry)], GroupOptions::default());
    let refused = group::build(&cells, &registry, &options, &[Arc::new(without_order)]);
    let message = refused.err().unwrap().to_string();
    for named in ["limit:voltage", "update:voltage", "`Voltage`"] {
        assert!(message.contains(named), "{message}");
    }
    assert!(group::build(&cells, &registry, &options, &[Arc::new(with_order)]).is_ok());
}
