//! The `Step` schedule of a group holds what the group needs, in NEURON's order, and nothing that is left to luck.

mod toys;

use std::sync::Arc;

use bevy_ecs::schedule::IntoScheduleConfigs;
use bevy_ecs::system::{IntoSystem, Query};
use components::{Playback, SampleTimes, SourceId, Voltage};
use nmodl::IonVariable::{Current, Inside, Outside, Reversal};
use systems::group::{
    CellPlan, CellProbe, CellProbeSource, Connection, Group, GroupOptions, PointProcess, Signal, SpikeSource,
    StepPlugin, build,
};
use systems::mechanism::Phases;
use systems::schedule::{Named, StepSet, Timings};
use systems::{Error, Registry};
use toys::{Toy, cell};

fn current() -> Phases {
    Phases { current: true, ..Phases::default() }
}

fn state() -> Phases {
    Phases { state: true, ..Phases::default() }
}

fn group(registry: &Registry, cells: &[CellPlan]) -> Group {
    build(cells, registry, &GroupOptions::default(), &[]).expect("the plan is valid")
}

/// Names of the systems of the schedule, those of a few sets only.
fn names(group: &Group, sets: &[StepSet]) -> Vec<String> {
    let sets: Vec<String> = sets.iter().map(|set| format!("{set:?}")).collect();
    let systems = group.describe_step().systems;
    systems.into_iter().filter(|system| sets.contains(&system.set)).map(|system| system.name).collect()
}

#[test]
fn a_passive_cell_gets_nothing_it_does_not_need() {
    let registry = Registry::with_built_ins();
    let group = group(&registry, &[cell(&registry, 3, &["pas"])]);
    let expected = [
        "time:first-half",
        "current:clear",
        "current:pas",
        "current:capacitance",
        "current:axial",
        "solve:hines",
        "update:voltage",
        "time:second-half",
    ];
    assert_eq!(names(&group, &StepSet::ALL), expected);
}

/// Each thing a cell can have brings its own systems and no others.
#[test]
fn systems_come_with_what_needs_them() {
    let registry = Registry::with_built_ins();
    let plain = cell(&registry, 1, &["pas"]);
    let before = names(&group(&registry, std::slice::from_ref(&plain)), &StepSet::ALL);
    let brings = |change: &dyn Fn(&mut CellPlan)| {
        let mut changed = plain.clone();
        change(&mut changed);
        let after = names(&group(&registry, &[changed]), &StepSet::ALL);
        assert!(before.iter().all(|name| after.contains(name)), "{after:?}");
        after.into_iter().filter(|name| !before.contains(name)).collect::<Vec<_>>()
    };
    let point = |name: &str| {
        let description = registry.get(name).expect("built in").description();
        PointProcess::new(description, Some(1))
    };
    let times = SampleTimes { first: 0, last: 10, period: 1 };
    let probe = |source| CellProbe::new(0, source, vec![1], times);

    let spikes = brings(&|cell| cell.spike_source = Some(SpikeSource::Voltage { node: 1, threshold: 0.0 }));
    assert_eq!(spikes, ["detect:threshold"]);
    let clamp = brings(&|cell| cell.point_processes.push(point("IClamp")));
    assert_eq!(clamp, ["current:IClamp"]);
    let synapse = brings(&|cell| {
        cell.point_processes.push(point("ExpSyn"));
        let (source, weights) = (SourceId::cell(9), vec![1.0]);
        cell.connections.push(Connection { source, target: 0, delay: 1.0, weights, active: true });
    });
    assert_eq!(synapse, ["deliver:start", "current:ExpSyn", "state:ExpSyn", "deliver:end"]);
    let played = brings(&|cell| {
        cell.point_processes.push(point("IClamp"));
        let (times, values) = (vec![0.0, 1.0], vec![0.0, 1.0]);
        cell.signals.push(Signal {
            target: 0,
            variable: "amp".to_owned(),
            times,
            values,
            playback: Playback::Linear,
        });
    });
    assert_eq!(played, ["play:waveforms", "current:IClamp", "play:waveforms-again"]);
    assert_eq!(brings(&|cell| cell.probes.push(probe(CellProbeSource::Voltage))), ["report:sample"]);
    assert_eq!(
        brings(&|cell| cell.probes.push(probe(CellProbeSource::MembraneCurrent))),
        [
            "current:clear-electrodes",
            "current:save-right-hand-side",
            "current:save-diagonal",
            "update:membrane-current",
            "report:sample"
        ]
    );
}

#[test]
fn ion_currents_are_corrected_only_in_the_second_order_method_that_does() {
    let registry = Registry::with_built_ins();
    for (second_order, expected) in [(0, false), (1, false), (2, true)] {
        let options = GroupOptions { second_order, ..GroupOptions::default() };
        let group = build(&[cell(&registry, 1, &["hh"])], &registry, &options, &[]).expect("a valid plan");
        let has = names(&group, &[StepSet::Update]).contains(&"update:ion-currents".to_owned());
        assert_eq!(has, expected, "second_order {second_order}");
    }
}

/// NEURON 9.0.2 ran the mechanisms of the neurodamus library in this order, when their files were registered in
/// the order below: `pas`, all ions, what writes concentrations (latest first), the rest.
#[test]
fn order_of_mechanisms_is_that_of_neuron() {
    let mut registry = Registry::with_built_ins();
    let channel: (&[_], &[_]) = (&[Reversal], &[Current]);
    let pump: (&[_], &[_]) = (&[Current], &[Inside]);
    let dynamics = Phases { current: true, ..state() };
    for toy in [
        Toy::new("CaDynamics_DC0", dynamics.clone(), &[("ca", pump.0, pump.1)]),
        Toy::new("CaDynamics_E2", dynamics, &[("ca", pump.0, pump.1)]),
        Toy::new("Ca_HVA2", current(), &[("ca", channel.0, channel.1)]),
        Toy::new("Ih", current(), &[]),
        Toy::new("NaTg", current(), &[("na", channel.0, channel.1), ("ttx", &[Inside, Outside], &[])]),
        Toy::new("SK_E2", current(), &[("k", channel.0, channel.1), ("ca", &[Inside], &[])]),
    ] {
        registry.add(Arc::new(toy));
    }
    // inserted in yet another order, which must not matter
    let inserted = ["SK_E2", "NaTg", "pas", "Ca_HVA2", "Ih", "CaDynamics_E2", "CaDynamics_DC0"];
    let mut cell = cell(&registry, 2, &inserted);
    let clamp = registry.get("IClamp").expect("built in").description();
    cell.point_processes.push(PointProcess::new(clamp, Some(1)));
    let group = group(&registry, &[cell]);
    let expected = [
        "current:clear",
        "current:pas",
        "current:na_ion",
        "current:k_ion",
        "current:ca_ion",
        "current:ttx_ion",
        "current:CaDynamics_E2",
        "current:CaDynamics_DC0",
        "current:IClamp",
        "current:Ca_HVA2",
        "current:Ih",
        "current:NaTg",
        "current:SK_E2",
        "current:capacitance",
        "current:axial",
    ];
    assert_eq!(names(&group, &[StepSet::Currents]), expected);
    assert_eq!(names(&group, &[StepSet::State]), ["state:CaDynamics_E2", "state:CaDynamics_DC0"]);
}

fn disturb(mut voltage: Query<&mut Voltage>) {
    for mut voltage in &mut voltage {
        voltage.0.fill(0.0);
    }
}

type Configs = bevy_ecs::schedule::ScheduleConfigs<bevy_ecs::system::ScheduleSystem>;

/// A plug-in that changes the voltage, in the order that `order` gives it.
fn plug_in(order: fn(Configs) -> Configs) -> StepPlugin {
    Arc::new(move |schedule, _| {
        let system = IntoSystem::into_system(disturb).with_name("mine:disturb");
        schedule.add_systems(order(system.in_set(StepSet::Update)));
    })
}

#[test]
fn a_conflict_without_an_order_is_an_error_that_names_both_systems_and_the_data() {
    let registry = Registry::with_built_ins();
    let cells = [cell(&registry, 1, &["pas"])];
    let options = GroupOptions::default();
    let error = build(&cells, &registry, &options, &[plug_in(|system| system)]).err();
    assert!(matches!(error, Some(Error::AmbiguousSchedule { schedule: "Step", .. })), "{error:?}");
    insta::assert_snapshot!(
        error.expect("an error"),
        @"the `Step` schedule is ambiguous: `mine:disturb` and `update:voltage` share `Voltage` and no order is given"
    );

    let ordered = plug_in(|system| system.after(Named::new("update:voltage")));
    let group = build(&cells, &registry, &options, &[ordered]).expect("the order is given");
    let expected = ["update:voltage", "mine:disturb", "time:second-half"];
    let mut found = names(&group, &[StepSet::Update]);
    // `time:second-half` shares nothing with the other two
    found.sort_by_key(|name| expected.iter().position(|known| known == name));
    assert_eq!(found, expected);
}

#[test]
fn an_order_with_a_cycle_is_an_error() {
    let registry = Registry::with_built_ins();
    let cells = [cell(&registry, 1, &["pas"])];
    let cycle =
        plug_in(|system| system.after(Named::new("update:voltage")).before(Named::new("current:clear")));
    let error = build(&cells, &registry, &GroupOptions::default(), &[cycle]).err();
    assert!(matches!(error, Some(Error::BadSchedule { schedule: "Step", .. })), "{error:?}");
}

#[test]
fn schedule_as_text_and_as_graph() {
    let registry = Registry::with_built_ins();
    let mut cell = cell(&registry, 1, &["hh"]);
    cell.spike_source = Some(SpikeSource::Voltage { node: 1, threshold: 0.0 });
    let description = group(&registry, &[cell]).describe_step();
    insta::assert_snapshot!(description.to_text(), @"
    Step
      Detect
          1  detect:threshold
               reads  Clock, Connections, Voltage
               writes EventQueue, OutgoingSpikes, SpikeSources
      Play
          2  time:first-half
               writes Clock
      Currents
          3  current:clear
               writes Diagonal, RightHandSide
          4  current:na_ion
               reads  Clock
               writes IonColumns
          5  current:k_ion
               reads  Clock
               writes IonColumns
          6  current:hh
               reads  Area, Clock, Diameter, Voltage
               writes Complaints, Diagonal, Instances, IonColumns, RightHandSide
          7  current:capacitance
               reads  Capacitance, Clock
               writes Diagonal
          8  current:axial
               reads  FromParent, Parent, ToParent, Trees, Voltage
               writes Diagonal, RightHandSide
      Solve
          9  solve:hines
               reads  FromParent, Parent, ToParent, Trees
               writes Diagonal, RightHandSide
      Update
         10  update:voltage
               reads  Clock, RightHandSide
               writes Voltage
         11  time:second-half
               writes Clock
      State
         12  state:hh
               reads  Area, Clock, Diameter, Voltage
               writes Complaints, Instances, IonColumns
    ");
    insta::assert_snapshot!(description.to_dot(), @r#"
    digraph "Step" {
      rankdir=LR;
      node [shape=box];
      subgraph "cluster_Detect" {
        label="Detect";
        "detect:threshold";
      }
      subgraph "cluster_Play" {
        label="Play";
        "time:first-half";
      }
      subgraph "cluster_Currents" {
        label="Currents";
        "current:clear";
        "current:na_ion";
        "current:k_ion";
        "current:hh";
        "current:capacitance";
        "current:axial";
      }
      subgraph "cluster_Solve" {
        label="Solve";
        "solve:hines";
      }
      subgraph "cluster_Update" {
        label="Update";
        "update:voltage";
        "time:second-half";
      }
      subgraph "cluster_State" {
        label="State";
        "state:hh";
      }
      "detect:threshold" -> "time:first-half";
      "time:first-half" -> "current:clear";
      "current:clear" -> "current:na_ion";
      "current:na_ion" -> "current:k_ion";
      "current:k_ion" -> "current:hh";
      "current:hh" -> "current:capacitance";
      "current:capacitance" -> "current:axial";
      "current:axial" -> "solve:hines";
      "solve:hines" -> "update:voltage";
      "update:voltage" -> "time:second-half";
      "time:second-half" -> "state:hh";
    }
    "#);
}

/// The profile counts every run of every system, and the instances or nodes that it worked on.
#[test]
fn profile_counts_runs_and_items() {
    const STEPS: u64 = 7;
    let registry = Registry::with_built_ins();
    let timings = Timings::default();
    // two groups: of 2 cells with 3 segments and 2 end nodes each, and of one such cell
    for cells in [2, 1] {
        let cells: Vec<CellPlan> =
            (1..=cells).map(|gid| CellPlan { gid, ..cell(&registry, 3, &["pas", "hh"]) }).collect();
        let mut group = group(&registry, &cells);
        group.execute(Some(timings.clone()), false);
        group.initialize();
        group.advance(STEPS);
    }
    let collected = timings.collect();
    assert!(collected.values().all(|timing| timing.runs == 2 * STEPS), "{collected:?}");
    let items = |name: &str| collected[name].items;
    for system in ["current:hh", "state:hh", "current:pas"] {
        assert_eq!(items(system), 3 * 3 * STEPS, "{system}");
    }
    for system in ["current:clear", "current:capacitance", "current:axial", "solve:hines", "update:voltage"] {
        assert_eq!(items(system), 3 * 5 * STEPS, "{system}");
    }
    assert!(collected["solve:hines"].total.as_nanos() > 0);
}
