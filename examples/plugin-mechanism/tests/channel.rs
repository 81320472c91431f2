//! The channel does what its equations say, and what NEURON makes of the same equations.

use std::sync::Arc;

use cell::{Catalogue, Cell, Selection};
use components::{Clock, Column, Instances, SampleTimes, Voltage};
use plugin_mechanism::highest_voltage::{add_measurement, highest_voltage};
use plugin_mechanism::m_current::KM;
use systems::communicator::Solo;
use systems::epoch::Groups;
use systems::group::{self, CellPlan, CellProbe, CellProbeSource, Group, GroupOptions, PointProcess};
use systems::mechanism::{Environment, Mechanism, Outbox, Surroundings};
use systems::{Registry, Simulation, SimulationOptions};

const DT: f64 = 0.025;

fn registry() -> Registry {
    let mut registry = Registry::with_built_ins();
    registry.add(Arc::new(KM::new()));
    registry
}

/// A cylinder with three segments: `hh` or `pas`, and the M-current.
fn cylinder(registry: &Registry, membrane: &str, gbar: f64) -> CellPlan {
    let catalogue = Catalogue::new(registry.descriptions().cloned()).unwrap();
    let mut cell = Cell::new(Arc::new(catalogue));
    let section = cell.create_section(None, "dend");
    cell.set_length(section, 100.0).unwrap();
    cell.set_range(section, "diam", 2.0).unwrap();
    cell.set_axial_resistance(section, 100.0).unwrap();
    cell.set_nseg(section, 3).unwrap();
    cell.insert(section, membrane).unwrap();
    cell.insert(section, "KM").unwrap();
    cell.set_range(section, "gbar_KM", gbar).unwrap();
    CellPlan::new("cells", 0, 0, Arc::new(cell.to_model(&Selection::All, &[]).unwrap()))
}

/// The same with a current into its middle.
fn stimulated(registry: &Registry) -> CellPlan {
    let mut cell = cylinder(registry, "hh", 3e-3);
    let clamp = registry.get("IClamp").unwrap().description();
    let middle = cell.model.sections[0].node(0.5);
    let clamp = PointProcess::new(clamp, Some(middle));
    cell.point_processes.push(clamp.with("del", 1.0).with("dur", 20.0).with("amp", 0.1));
    cell
}

/// Voltage and gate of the middle segment.
fn middle(group: &mut Group) -> (f64, f64) {
    let voltage = group.world.query::<&Voltage>().single(&group.world).unwrap().0[2];
    let mut mechanisms = group.world.query::<(&components::MechanismName, &Instances)>();
    let (_, channel) = mechanisms.iter(&group.world).find(|(name, _)| name.0 == "KM").unwrap();
    (voltage, channel.columns[2][1])
}

/// Voltage and gate at some steps, from NEURON 9.0.2 with the same equations in NMODL.
#[test]
fn has_the_numbers_of_neuron() {
    let registry = registry();
    let cells = [stimulated(&registry)];
    let mut group = group::build(&cells, &registry, &GroupOptions::default(), &[]).unwrap();
    group.initialize();
    let neuron = [
        (0, -65.0, 0.0024726231566347748),
        (40, -65.04650468568892, 0.002470322395025269),
        (200, -71.89048923810793, 0.9066757912266971),
        (400, -66.29529230980974, 0.13870412832688447),
        (800, -73.35189650626354, 0.4023989395854441),
        (1000, -71.74623629819891, 0.04215795955060138),
    ];
    for (step, v, m) in neuron {
        let done = group.clock().unwrap().step;
        group.advance(step - done);
        assert_eq!(middle(&mut group), (v, m), "step {step}");
    }
}

/// Without anything else that changes, the cell comes to rest where leak and M-current cancel and the gate is at
/// its steady state.
#[test]
fn rests_where_the_currents_cancel() {
    let (registry, gbar) = (registry(), 1e-3);
    let cells = [cylinder(&registry, "pas", gbar)];
    let mut group = group::build(&cells, &registry, &GroupOptions::default(), &[]).unwrap();
    group.initialize();
    group.advance((3000.0 / DT) as u64);
    let (v, m) = middle(&mut group);
    let steady = 1.0 / (1.0 + (-0.2 * (v + 35.0)).exp());
    let (leak, potassium) = (0.001 * (v + 70.0), gbar * m * (v + 77.0));
    assert!((m - steady).abs() < 1e-12, "{m} {steady}");
    assert!((leak + potassium).abs() < 1e-12, "{leak} {potassium}");
    assert!(v < -70.0, "potassium hyperpolarises");
}

/// At a constant voltage the gate relaxes exponentially, exactly for any time step.
#[test]
fn gate_relaxes_exponentially() {
    let environment =
        Environment { dt: DT, celsius: 34.0, second_order: 0, random_seed: 0, globals: vec![-35.0] };
    let kernels = KM::new().kernels(&environment);
    for (v, dt, steps) in [(-70.0, DT, 400), (-35.0, DT, 400), (-35.0, 10.0, 1), (20.0, 0.1, 100)] {
        let mut instances = Instances {
            count: 1,
            nodes: vec![0],
            columns: vec![Column::filled(1, 0.0); 5],
            voltage: Column::filled(1, v),
            ..Instances::default()
        };
        let clock = Clock { t: 0.0, dt, step: 0, celsius: 34.0, cj: 1.0 / dt, second_order: 0 };
        for _ in 0..steps {
            let surroundings = Surroundings { clock, area: &[100.0], diameter: &[1.0] };
            kernels.state(&mut instances, &surroundings, &mut Outbox::default());
        }
        let (alpha, beta) = (3.3e-3 * (0.1 * (v + 35.0)).exp(), 3.3e-3 * (-0.1 * (v + 35.0)).exp());
        let rate = (alpha + beta) * 2.3_f64.powf(1.3);
        let expected = alpha / (alpha + beta) * (1.0 - (-rate * dt * f64::from(steps)).exp());
        let found = instances.columns[2][0];
        assert!((found / expected - 1.0).abs() < 1e-11, "at {v} mV: {found} {expected}");
    }
}

/// The measurement agrees with a report of all voltages, but for the single precision of reports.
#[test]
fn highest_voltage_is_that_of_the_report() {
    let registry = registry();
    let mut cell = stimulated(&registry);
    let times = SampleTimes { first: 1, last: u64::MAX, period: 1 };
    let indices = (0..cell.model.nodes.parent.len() as u32).collect();
    cell.probes.push(CellProbe::new(0, CellProbeSource::Voltage, indices, times));
    let options =
        SimulationOptions { step_plugins: vec![Arc::new(add_measurement)], ..SimulationOptions::default() };
    let mut simulation = Simulation::new(vec![cell], &registry, &options, Arc::new(Solo)).unwrap();
    simulation.initialize().unwrap();
    simulation.run_until(25.0).unwrap();
    let mut sampled = f32::NEG_INFINITY;
    for group in simulation.groups_mut() {
        group.take_samples(|_, values| sampled = values.iter().copied().fold(sampled, f32::max));
    }
    let highest = highest_voltage(&mut simulation.world.resource_mut::<Groups>());
    assert!(highest > 20.0, "the cell spikes");
    assert_eq!(highest as f32, sampled);
}

/// The system is in the schedule, with what it reads and writes, after the sampling of reports.
#[test]
fn measurement_shows_in_the_schedule() {
    let registry = registry();
    let cells = [cylinder(&registry, "pas", 1e-3)];
    let options = GroupOptions::default();
    let group = group::build(&cells, &registry, &options, &[Arc::new(add_measurement)]).unwrap();
    let systems = group.describe_step().systems;
    let measurement = systems.last().unwrap();
    assert_eq!((measurement.name.as_str(), measurement.set.as_str()), ("measure:highest-voltage", "Report"));
    assert_eq!(
        (&*measurement.reads, &*measurement.writes),
        (&["Voltage".to_owned()][..], &["HighestVoltage".to_owned()][..])
    );
}
