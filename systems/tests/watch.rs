//! WATCH conditions: an event at the time of the look that finds the condition true, once per crossing.

use std::collections::BTreeMap;
use std::sync::Arc;

use cell::CellModel;
use cell::model::{MechanismModel, NO_PARENT, Nodes, SectionModel};
use components::Instances;
use nmodl::{Description, Kind, Role, Variable};
use systems::Registry;
use systems::group::{self, CellPlan, Group, GroupOptions, PointProcess};
use systems::mechanism::{Delivery, Environment, Kernels, Mechanism, Outbox, Phases, Surroundings};

const COUNT: usize = 0;
const LAST: usize = 1;
const LEVEL: usize = 2;
const START: usize = 3;

/// A point process that counts the upward crossings of its level (mV) from `start` (ms) on and remembers the time of
/// the last.
struct Counter(Arc<Description>);

impl Counter {
    fn new() -> Self {
        let variable = |name: &str, role, default| Variable {
            name: name.into(),
            role,
            default,
            unit: String::new(),
            visible: true,
        };
        Self(Arc::new(Description {
            name: "Counter".into(),
            kind: Kind::PointProcess,
            variables: vec![
                variable("count", Role::Assigned, 0.0),
                variable("last", Role::Assigned, 0.0),
                variable("level", Role::Parameter, -60.0),
                variable("start", Role::Parameter, 0.0),
            ],
            globals: vec![],
            ions: vec![],
            event_arguments: Some(1),
            source: "test".into(),
        }))
    }
}

impl Mechanism for Counter {
    fn description(&self) -> &Arc<Description> {
        &self.0
    }

    fn kernels(&self, _environment: &Environment) -> Arc<dyn Kernels> {
        Arc::new(CounterKernels)
    }
}

struct CounterKernels;

impl Kernels for CounterKernels {
    fn phases(&self) -> Phases {
        Phases { watch: true, ..Phases::default() }
    }

    fn initialize(&self, instances: &mut Instances, _surroundings: &Surroundings, outbox: &mut Outbox) {
        for instance in 0..instances.count {
            instances.columns[COUNT][instance] = 0.0;
            outbox.send(instance, instances.columns[START][instance], 1.0);
        }
    }

    fn receive(&self, instances: &mut Instances, delivery: &mut Delivery, outbox: &mut Outbox) {
        let instance = delivery.instance;
        match delivery.flag {
            1.0 => outbox.watch(instance, 0, 2.0, true),
            _ => {
                instances.columns[COUNT][instance] += 1.0;
                instances.columns[LAST][instance] = delivery.t;
            }
        }
    }

    fn watch(&self, instances: &mut Instances, instance: usize, _condition: u32, _t: f64) -> f64 {
        instances.voltage[instance] - instances.columns[LEVEL][instance]
    }
}

/// A sphere-like cell of one compartment with a leak towards -50 mV.
fn leaky_cell(registry: &Registry, level: f64, start: f64) -> CellPlan {
    let leak = registry.get("pas").expect("`pas` is built in").description();
    let value = |name: &str| match name {
        "e" => -50.0,
        "g" => 1e-4,
        _ => 0.0,
    };
    let columns = leak.variables.iter().map(|variable| vec![value(&variable.name)]).collect();
    let model = CellModel {
        nodes: Nodes {
            parent: vec![NO_PARENT, 0, 1],
            a: vec![0.0, -1.0, -1.0],
            b: vec![0.0, -1.0, -1.0],
            area: vec![100.0, 1000.0, 100.0],
            diameter: vec![0.0, 10.0, 0.0],
            capacitance: vec![0.0, 1.0, 0.0],
            is_segment: vec![false, true, false],
            section: vec![0; 3],
        },
        sections: vec![SectionModel {
            name: "soma[0]".into(),
            segments: vec![1],
            start: 0,
            end: 2,
            length: 30.0,
            axial_resistivity: 100.0,
            rall_branch: 1.0,
            reversed: false,
            points: vec![],
        }],
        mechanisms: vec![MechanismModel { description: Arc::clone(leak), nodes: vec![1], columns }],
        ..CellModel::default()
    };
    let counter = registry.get("Counter").expect("added").description();
    let counter = PointProcess::new(counter, Some(1)).with("level", level).with("start", start);
    CellPlan { point_processes: vec![counter], ..CellPlan::new("test", 0, 0, Arc::new(model)) }
}

/// A group of one cell at -70 mV, with time steps of 0.1 ms.
fn leaky_group(level: f64, start: f64) -> Group {
    let mut registry = Registry::with_built_ins();
    registry.add(Arc::new(Counter::new()));
    let options =
        GroupOptions { dt: 0.1, v_init: -70.0, globals: BTreeMap::new(), ..GroupOptions::default() };
    let mut group =
        group::build(&[leaky_cell(&registry, level, start)], &registry, &options, &[]).expect("it builds");
    group.initialize();
    group
}

/// The counter's count and time of the last crossing after 400 steps of 0.1 ms from -70 mV.
fn crossings(level: f64, start: f64) -> (f64, f64) {
    let mut group = leaky_group(level, start);
    group.advance(400);
    counted(&mut group)
}

/// The counter's count and time of the last crossing.
fn counted(group: &mut Group) -> (f64, f64) {
    let mut instances = group.world.query::<(&components::MechanismName, &Instances)>();
    let (_, counter) =
        instances.iter(&group.world).find(|(name, _)| name.0 == "Counter").expect("the counter is there");
    (counter.columns[COUNT][0], counter.columns[LAST][0])
}

#[test]
fn a_crossing_is_found_once_at_the_start_of_the_step_after_it() {
    let (count, time) = crossings(-60.0, 0.0);
    assert_eq!(count, 1.0);
    // v = -50 - 20 exp(-t / 10 ms) reaches -60 mV at 6.93 ms; the implicit Euler method is a little slower.
    assert!((6.9..7.1).contains(&time), "{time}");
    let steps = time / 0.1;
    assert!((steps - steps.round()).abs() < 1e-9, "{time} is no multiple of the step");
}

#[test]
fn a_condition_that_holds_when_it_is_activated_does_not_trigger() {
    assert_eq!(crossings(-80.0, 0.0).0, 0.0);
}

#[test]
fn an_activation_at_the_end_of_a_step_sees_the_new_voltage() {
    let (_, found) = crossings(-60.0, 0.0);
    // The voltage crosses in the step before the look that finds it; there the condition holds already.
    assert_eq!(crossings(-60.0, found - 0.025).0, 0.0);
    assert_eq!(crossings(-60.0, found - 0.125).0, 1.0);
}

#[test]
fn a_condition_that_never_holds_does_not_trigger() {
    assert_eq!(crossings(0.0, 0.0).0, 0.0);
}

#[test]
fn a_condition_is_watched_on_after_the_state_was_kept() {
    let mut before = leaky_group(-60.0, 0.0);
    before.advance(50);
    let (states, clock) = (before.states().expect("a state"), before.clock().expect("a clock"));
    let mut after = leaky_group(-60.0, 0.0);
    after.set_states(clock.t, clock.step, &states).expect("it is of this cell");
    after.advance(350);
    assert_eq!(counted(&mut after), crossings(-60.0, 0.0));
}
