//! One description, two models: everything asked of a [`Twin`] is done to a [`Model`] and noted for NEURON.
//!
//! [`Twin::compare`] runs both and wants all that was recorded to have the same bits.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use neurodamus::model::{Model, NetCon, Point, Recorded, RecordedSpikes, RunOptions, Section, Source};
use serde_json::{Value, json};

/// Something recorded on both sides.
enum Record {
    Trace(String, Recorded),
    Spikes(String, RecordedSpikes),
    Numbers(String, Vec<f64>),
}

/// What was recorded, the model's values and NEURON's.
pub type Pair = (String, Vec<f64>, Vec<f64>);

/// A model and its description for NEURON.
pub struct Twin {
    pub model: Model,
    operations: Vec<Value>,
    sections: Vec<Section>,
    points: Vec<Point>,
    records: Vec<Record>,
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

const MADE: &str = "the model takes what the test asks of it";

impl Twin {
    pub fn new() -> Self {
        Self {
            model: Model::new(),
            operations: Vec::new(),
            sections: Vec::new(),
            points: Vec::new(),
            records: Vec::new(),
        }
    }

    pub fn section(&mut self, name: &str) -> SectionOf {
        self.operations.push(json!(["section", name]));
        self.sections.push(self.model.section(name));
        SectionOf(self.sections.len() - 1)
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
        self.operations.push(json!(["set", section.0, name, value]));
        let own = self.sections[section.0];
        match name {
            "L" => self.model.set_length(own, value),
            "Ra" => self.model.set_axial_resistivity(own, value),
            "nseg" => self.model.set_segments(own, value as i64),
            _ => self.model.set(own, name, value),
        }
        .expect(MADE);
    }

    pub fn set_at(&mut self, section: SectionOf, x: f64, name: &str, value: f64) {
        self.operations.push(json!(["set_at", section.0, x, name, value]));
        self.model.set_at((self.sections[section.0], x), name, value).expect(MADE);
    }

    pub fn ramp(&mut self, section: SectionOf, name: &str, first: f64, last: f64) {
        self.operations.push(json!(["ramp", section.0, name, 0.0, 1.0, first, last]));
        self.model.set_ramp(self.sections[section.0], name, 0.0..=1.0, (first, last)).expect(MADE);
    }

    pub fn points(&mut self, section: SectionOf, points: &[[f64; 4]]) {
        self.operations.push(json!(["points", section.0, points]));
        self.model.set_points(self.sections[section.0], points).expect(MADE);
    }

    pub fn connect(&mut self, child: SectionOf, end: f64, parent: SectionOf, x: f64) {
        self.operations.push(json!(["connect", child.0, end, parent.0, x]));
        let (child, parent) = (self.sections[child.0], self.sections[parent.0]);
        self.model.connect_end(child, end, (parent, x)).expect(MADE);
    }

    pub fn insert(&mut self, section: SectionOf, mechanism: &str) {
        self.operations.push(json!(["insert", section.0, mechanism]));
        self.model.insert(self.sections[section.0], mechanism).expect(MADE);
    }

    pub fn point(&mut self, mechanism: &str, section: SectionOf, x: f64, values: &[(&str, f64)]) -> PointOf {
        self.operations.push(json!(["point", mechanism, section.0, x]));
        let point = self.model.point_process(mechanism, (self.sections[section.0], x)).expect(MADE);
        self.with_values(point, values)
    }

    pub fn artificial_cell(&mut self, mechanism: &str, values: &[(&str, f64)]) -> PointOf {
        self.operations.push(json!(["artificial_cell", mechanism]));
        let point = self.model.artificial_cell(mechanism).expect(MADE);
        self.with_values(point, values)
    }

    fn with_values(&mut self, point: Point, values: &[(&str, f64)]) -> PointOf {
        self.points.push(point);
        let number = self.points.len() - 1;
        for &(name, value) in values {
            self.operations.push(json!(["variable", number, name, value]));
        }
        self.model.set_variables(point, values).expect(MADE);
        PointOf(number)
    }

    pub fn stream(&mut self, point: PointOf, ids: [u32; 3]) {
        self.operations.push(json!(["stream", point.0, ids[0], ids[1], ids[2]]));
        self.model.set_random_stream(self.points[point.0], ids).expect(MADE);
    }

    pub fn play(&mut self, point: PointOf, name: &str, times: &[f64], values: &[f64]) {
        self.operations.push(json!(["play", point.0, name, times, values]));
        self.model.play(self.points[point.0], name, times, values).expect(MADE);
    }

    pub fn net_con(&mut self, source: SourceOf, target: PointOf, delay: f64, weight: f64) {
        let (own, noted) = self.source(source);
        self.operations.push(json!(["net_con", noted, target.0, delay, weight]));
        let connection = NetCon::new(own, self.points[target.0]).delay(delay).weight(weight);
        self.model.net_con(connection).expect(MADE);
    }

    fn source(&self, source: SourceOf) -> (Source, Value) {
        match source {
            SourceOf::Voltage(section, x, threshold) => {
                let own = Source::voltage((self.sections[section.0], x), threshold);
                (own, json!([section.0, x, threshold]))
            }
            SourceOf::Point(point) => (self.points[point.0].into(), json!(point.0)),
        }
    }

    pub fn record(&mut self, section: SectionOf, x: f64, name: &str) {
        self.operations.push(json!(["record", section.0, x, name]));
        let recorded = self.model.record((self.sections[section.0], x), name).expect(MADE);
        self.records.push(Record::Trace(format!("section {} ({x}) {name}", section.0), recorded));
    }

    /// Records a variable at the middle of `count` equal parts of a section.
    pub fn record_along(&mut self, section: SectionOf, count: usize, name: &str) {
        for index in 0..count {
            self.record(section, (index as f64 + 0.5) / count as f64, name);
        }
    }

    pub fn record_variable(&mut self, point: PointOf, name: &str) {
        self.operations.push(json!(["record_variable", point.0, name]));
        let recorded = self.model.record_variable(self.points[point.0], name).expect(MADE);
        self.records.push(Record::Trace(format!("point process {} {name}", point.0), recorded));
    }

    pub fn record_spikes(&mut self, source: SourceOf) {
        let (own, noted) = self.source(source);
        let what = format!("spikes of {noted}");
        self.operations.push(json!(["record_spikes", noted]));
        let recorded = self.model.record_spikes(own).expect(MADE);
        self.records.push(Record::Spikes(what, recorded));
    }

    /// Imports a morphology, and returns its sections in the order of all sections.
    pub fn import(&mut self, file: &Path) -> Vec<SectionOf> {
        self.operations.push(json!(["import", file]));
        let morphology = self.model.import_morphology(file).expect("the morphology can be read");
        self.sections.extend(&morphology.sections);
        (0..self.sections.len()).map(SectionOf).collect()
    }

    /// Length (um) of a section.
    pub fn length(&mut self, section: SectionOf) -> f64 {
        self.model.cell_mut().length(self.sections[section.0]).expect(MADE)
    }

    /// The recorded variables.
    pub fn traces(&self) -> impl Iterator<Item = (&str, Recorded)> {
        self.records.iter().filter_map(|record| match record {
            Record::Trace(what, recorded) => Some((what.as_str(), *recorded)),
            _ => None,
        })
    }

    /// Compares areas, resistances and diameters of all nodes.
    pub fn record_geometry(&mut self) {
        self.operations.push(json!(["geometry"]));
        let cell = self.model.cell_mut();
        for (number, &section) in self.sections.iter().enumerate() {
            let nseg = cell.nseg(section).expect(MADE);
            let places = (0..nseg).map(|index| (index as f64 + 0.5) / nseg as f64);
            let places: Vec<f64> = std::iter::once(0.0).chain(places).chain([1.0]).collect();
            let area = places.iter().map(|&x| cell.area(section, x).expect(MADE)).collect();
            let ri = places.iter().map(|&x| cell.axial_resistance_to_parent(section, x).expect(MADE));
            let ri = ri.collect();
            let diameter = places.iter().map(|&x| cell.range_value(section, "diam", x).expect(MADE));
            let diameter = diameter.collect();
            let whole = vec![cell.length(section).expect(MADE), nseg as f64];
            for (what, values) in [("area", area), ("ri", ri), ("diam", diameter), ("L and nseg", whole)] {
                self.records.push(Record::Numbers(format!("section {number} {what}"), values));
            }
        }
    }

    /// Runs the model and NEURON, and returns both sides of everything recorded; `None` without NEURON.
    pub fn run_both(&mut self, options: &RunOptions) -> Option<Vec<Pair>> {
        let recordings = self.model.run(options).expect("the model runs");
        let mut operations = self.operations.clone();
        operations.push(json!([
            "run",
            options.dt,
            options.tstop,
            options.v_init,
            options.celsius,
            options.second_order
        ]));
        let reference = run_neuron(&operations)?;
        assert_eq!(reference.len(), self.records.len(), "NEURON recorded something else");
        let own = self.records.iter().map(|record| match record {
            Record::Trace(what, recorded) => (what.clone(), recordings.trace(*recorded).to_vec()),
            Record::Spikes(what, recorded) => (what.clone(), recordings.spikes(*recorded).to_vec()),
            Record::Numbers(what, values) => (what.clone(), values.clone()),
        });
        Some(own.zip(reference).map(|((what, own), reference)| (what, own, reference)).collect())
    }

    /// Runs the model and NEURON, and wants all that was recorded to have the same bits.
    pub fn compare(&mut self, options: &RunOptions) {
        let Some(pairs) = self.run_both(options) else { return };
        for (what, own, reference) in &pairs {
            assert_same_bits(what, options.dt, own, reference);
        }
        // A silent model would agree with anything.
        let reference = || self.records.iter().zip(pairs.iter().map(|pair| &pair.2));
        let mut traces = reference().filter(|(record, _)| matches!(record, Record::Trace(..))).peekable();
        let moves = |values: &Vec<f64>| values.iter().any(|value| *value != values[0]);
        assert!(traces.peek().is_none() || traces.any(|(_, values)| moves(values)), "nothing moves");
        let mut spikes = reference().filter(|(record, _)| matches!(record, Record::Spikes(..))).peekable();
        assert!(spikes.peek().is_none() || spikes.any(|(_, times)| !times.is_empty()), "nothing spikes");
    }
}

/// Fails at the first number that differs from NEURON's.
pub fn assert_same_bits(what: &str, dt: f64, own: &[f64], reference: &[f64]) {
    let pairs = own.iter().zip(reference).enumerate();
    if let Some((index, (own, reference))) = pairs.into_iter().find(|(_, (a, b))| a.to_bits() != b.to_bits())
    {
        let ulps = (own.to_bits() as i64).wrapping_sub(reference.to_bits() as i64);
        let t = index as f64 * dt;
        panic!("{what}, value {index} (t = {t} ms if a trace): {own:?}, NEURON {reference:?}, {ulps} ulps");
    }
    assert_eq!(own.len(), reference.len(), "{what}: number of values, NEURON's on the right");
}

/// The Python that has NEURON; `None`, with a note, where there is none and none is required.
fn reference_python() -> Option<PathBuf> {
    let python = std::env::var_os("NEURODAMUS_REFERENCE_PYTHON")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".reference/bin/python"), PathBuf::from);
    if python.exists() {
        return Some(python);
    }
    let required = std::env::var_os("NEURODAMUS_REQUIRE_REFERENCE").is_some_and(|value| value == "1");
    assert!(!required, "{} is required and does not exist; run tools/set-up reference", python.display());
    eprintln!("skipped: {} does not exist; run tools/set-up reference", python.display());
    None
}

fn run_neuron(operations: &[Value]) -> Option<Vec<Vec<f64>>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/against_neuron/reference/run.py");
    let mut child = Command::new(reference_python()?)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the reference Python starts");
    let text = serde_json::to_vec(operations).expect("operations are plain JSON");
    child.stdin.take().expect("its input is a pipe").write_all(&text).expect("it reads its input");
    let output = child.wait_with_output().expect("the reference ends");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the reference failed:\n{messages}");
    Some(vectors(&output.stdout))
}

/// Vectors of numbers, each as its length and its values.
fn vectors(bytes: &[u8]) -> Vec<Vec<f64>> {
    let words: Vec<[u8; 8]> = bytes.as_chunks::<8>().0.to_vec();
    let mut words = words.into_iter();
    let mut vectors = Vec::new();
    while let Some(length) = words.next() {
        let values = words.by_ref().take(u64::from_le_bytes(length) as usize);
        vectors.push(values.map(f64::from_le_bytes).collect());
    }
    vectors
}
