//! One description, two models: everything asked of a [`Twin`] is done to a model and noted for NEURON.
//!
//! [`Twin::compare`] runs both and wants all that was recorded to have the same bits.

use std::path::Path;
use std::sync::Arc;

use neurodamus::model::{Model, Recorded, Recordings, RunOptions};
use systems::communicator::run_on_simulated_ranks;

use crate::support::{Operation, Own, Source, first_difference, neuron};

/// What was recorded, the model's values and NEURON's.
pub type Pair = (String, Vec<f64>, Vec<f64>);

/// A model and its description for NEURON.
pub struct Twin {
    pub own: Own,
    operations: Vec<Operation>,
}

/// A section of both models.
#[derive(Clone, Copy)]
pub struct SectionOf(usize);
/// A point process or artificial cell of both models.
#[derive(Clone, Copy)]
pub struct PointOf(usize);
/// A source of spikes in both models.
#[derive(Clone, Copy)]
pub enum SourceOf {
    /// Voltage at a place above a threshold (mV).
    Voltage(SectionOf, f64, f64),
    /// An artificial cell.
    Point(PointOf),
}

impl From<SourceOf> for Source {
    fn from(source: SourceOf) -> Self {
        match source {
            SourceOf::Voltage(SectionOf(section), x, threshold) => Source::Voltage { section, x, threshold },
            SourceOf::Point(PointOf(point)) => Source::Point { point },
        }
    }
}

impl Twin {
    pub fn new() -> Self {
        Self { own: Own::new(Model::new()), operations: Vec::new() }
    }

    fn ask(&mut self, operation: Operation) {
        self.own.apply(&operation).expect("the model takes what the test asks of it");
        self.operations.push(operation);
    }

    pub fn section(&mut self, name: &str) -> SectionOf {
        self.ask(Operation::Section { name: name.into() });
        SectionOf(self.own.sections.len() - 1)
    }

    /// A section with length and diameter (um) and number of segments.
    pub fn cylinder(&mut self, name: &str, length: f64, diameter: f64, nseg: i64) -> SectionOf {
        let section = self.section(name);
        self.set(section, "L", length);
        self.set(section, "nseg", nseg as f64);
        self.set(section, "diam", diameter);
        section
    }

    pub fn set(&mut self, section: SectionOf, name: &str, value: f64) {
        self.ask(Operation::Set { section: section.0, name: name.into(), value });
    }

    pub fn set_at(&mut self, section: SectionOf, x: f64, name: &str, value: f64) {
        self.ask(Operation::SetAt { section: section.0, x, name: name.into(), value });
    }

    pub fn ramp(&mut self, section: SectionOf, name: &str, first: f64, last: f64) {
        self.ask(Operation::Ramp { section: section.0, name: name.into(), first, last });
    }

    pub fn points(&mut self, section: SectionOf, points: &[[f64; 4]]) {
        self.ask(Operation::Points { section: section.0, points: points.to_vec() });
    }

    pub fn connect(&mut self, child: SectionOf, end: f64, parent: SectionOf, x: f64) {
        self.ask(Operation::Connect { child: child.0, end, parent: parent.0, x });
    }

    pub fn insert(&mut self, section: SectionOf, mechanism: &str) {
        self.ask(Operation::Insert { section: section.0, mechanism: mechanism.into() });
    }

    pub fn point(&mut self, mechanism: &str, section: SectionOf, x: f64, values: &[(&str, f64)]) -> PointOf {
        self.ask(Operation::Point { mechanism: mechanism.into(), section: section.0, x });
        self.with_values(values)
    }

    pub fn artificial_cell(&mut self, mechanism: &str, values: &[(&str, f64)]) -> PointOf {
        self.ask(Operation::ArtificialCell { mechanism: mechanism.into() });
        self.with_values(values)
    }

    /// Sets variables of the newest point process.
    fn with_values(&mut self, values: &[(&str, f64)]) -> PointOf {
        let point = self.own.points.len() - 1;
        for &(name, value) in values {
            self.ask(Operation::Variable { point, name: name.into(), value });
        }
        PointOf(point)
    }

    pub fn stream(&mut self, point: PointOf, ids: [u32; 3]) {
        self.ask(Operation::Stream { point: point.0, ids });
    }

    pub fn play(&mut self, point: PointOf, name: &str, times: &[f64], values: &[f64]) {
        let (times, values) = (times.to_vec(), values.to_vec());
        self.ask(Operation::Play { point: point.0, name: name.into(), times, values });
    }

    /// Lets a variable of a point process follow the voltage at a place.
    pub fn follow(&mut self, point: PointOf, name: &str, section: SectionOf, x: f64) {
        self.ask(Operation::Follow { point: point.0, name: name.into(), section: section.0, x });
    }

    pub fn net_con(&mut self, source: SourceOf, target: PointOf, delay: f64, weight: f64) {
        let (source, weights) = (source.into(), vec![weight]);
        self.ask(Operation::NetCon { source, target: target.0, delay, weights });
    }

    pub fn record(&mut self, section: SectionOf, x: f64, name: &str) {
        self.ask(Operation::Record { section: section.0, x, name: name.into() });
    }

    /// Records a variable at the middle of `count` equal parts of a section.
    pub fn record_along(&mut self, section: SectionOf, count: usize, name: &str) {
        for index in 0..count {
            self.record(section, (index as f64 + 0.5) / count as f64, name);
        }
    }

    pub fn record_variable(&mut self, point: PointOf, name: &str) {
        self.ask(Operation::RecordVariable { point: point.0, name: name.into() });
    }

    pub fn record_spikes(&mut self, source: SourceOf) {
        self.ask(Operation::RecordSpikes { source: source.into() });
    }

    /// Imports a morphology, and returns its sections in the order of all sections.
    pub fn import(&mut self, file: &Path) -> Vec<SectionOf> {
        self.ask(Operation::Import { file: file.display().to_string() });
        (0..self.own.sections.len()).map(SectionOf).collect()
    }

    /// Length (um) of a section.
    pub fn length(&mut self, section: SectionOf) -> f64 {
        let section = self.own.sections[section.0];
        self.own.model.cell_mut().length(section).expect("the section exists")
    }

    /// The recorded variables.
    pub fn traces(&self) -> impl Iterator<Item = (&str, Recorded)> {
        self.own.traces()
    }

    /// Compares areas, resistances and diameters of all nodes.
    pub fn record_geometry(&mut self) {
        self.ask(Operation::Geometry {});
    }

    /// Runs the model and NEURON, and returns both sides of everything recorded; `None` without NEURON.
    pub fn run_both(&mut self, options: &RunOptions) -> Option<Vec<Pair>> {
        let own = self.own.run(options).expect("the model runs");
        let mut operations = self.operations.clone();
        operations.push(Operation::run(options));
        let reference = neuron::run(&[], &[operations])?.remove(0).expect("NEURON runs the model");
        assert_eq!(reference.len(), own.len(), "NEURON recorded something else");
        let pairs = own.into_iter().zip(reference);
        Some(pairs.map(|((what, own), reference)| (what, own, reference)).collect())
    }

    /// Runs the model and NEURON, and wants all that was recorded to have the same bits.
    pub fn compare(&mut self, options: &RunOptions) {
        let Some(pairs) = self.run_both(options) else { return };
        for (what, own, reference) in &pairs {
            assert_same_bits(what, options.dt, own, reference);
        }
        // A silent model would agree with anything.
        let reference = |kind| {
            let values = pairs.iter().map(|pair| &pair.2);
            self.own.kinds().zip(values).filter(move |of| of.0 == kind).map(|of| of.1)
        };
        let moves = |values: &Vec<f64>| values.iter().any(|value| *value != values[0]);
        assert!(reference("trace").next().is_none() || reference("trace").any(moves), "nothing moves");
        let mut spikes = reference("spikes").peekable();
        assert!(spikes.peek().is_none() || spikes.any(|times| !times.is_empty()), "nothing spikes");
    }
}

/// Fails at the first number that differs from NEURON's.
pub fn assert_same_bits(what: &str, dt: f64, own: &[f64], reference: &[f64]) {
    let Some(index) = first_difference(own, reference) else { return };
    let (Some(own), Some(reference)) = (own.get(index), reference.get(index)) else {
        panic!("{what}: {} values, NEURON {}", own.len(), reference.len());
    };
    let ulps = (own.to_bits() as i64).wrapping_sub(reference.to_bits() as i64);
    let t = index as f64 * dt;
    panic!("{what}, value {index} (t = {t} ms if a trace): {own:?}, NEURON {reference:?}, {ulps} ulps");
}

/// Runs a model, which must spike more often than it has cells, with several numbers of threads, ranks and cells per group:
/// all that it records must have the same bits.
pub fn assert_grouping_changes_nothing(make: impl Fn() -> Twin + Sync, options: &RunOptions) {
    let mut reference = make();
    let expected = reference.own.model.run(options).expect("the model runs");
    assert!(expected.all_spikes.len() > 8, "it is silent");
    let sizes = [(1, 1), (1, 2), (2, 1), (2, 2), (4, 1), (4, 2), (100, 1), (100, 2)];
    for (group_size, threads) in sizes {
        let options = RunOptions { group_size, threads, ..options.clone() };
        let found = reference.own.model.run(&options).expect("the model runs");
        assert!(found == expected, "{group_size} cells per group, {threads} threads");
    }
    for (ranks, group_size, threads) in [(2, 0, 1), (2, 1, 2), (3, 0, 2), (3, 2, 1), (4, 1, 1), (7, 0, 1)] {
        let options = RunOptions { group_size, threads, ..options.clone() };
        let parts = run_on_simulated_ranks(ranks, |communicator| {
            make().own.model.run_on(&options, Arc::new(communicator))
        });
        let parts: Vec<Recordings> = parts.into_iter().map(|part| part.expect("all ranks run")).collect();
        let mut spikes: Vec<(f64, u64)> = parts.iter().flat_map(|part| part.all_spikes.clone()).collect();
        spikes.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        assert_eq!(spikes, expected.all_spikes, "{ranks} ranks");
        for (what, recorded) in reference.traces() {
            let found = parts.iter().map(|part| part.trace(recorded)).find(|trace| !trace.is_empty());
            assert!(found == Some(expected.trace(recorded)), "{what} on {ranks} ranks");
        }
    }
}
