//! Experiments with one mechanism: cells, clamps and events, and everything that is recorded of them.
//!
//! | cell | stimulus | steps of 0.025 ms |
//! |---|---|---|
//! | one compartment, three instances of a point process | current steps | 2,000 |
//! | the same | voltage steps | 2,000 |
//! | soma and dendrite, three compartments with different conductances | current steps | 2,000 |
//! | the same, with changing concentrations of ions that the mechanism reads | voltage steps | 2,000 |
//!
//! Mechanisms that take events get them in all four, from regular sources and from the soma's spikes.

use neurodamus::model::RunOptions;
use nmodl::{IonUse, IonVariable, Kind, Role};

use crate::companions::Companion;
use crate::mechanism::{EventArgument, Mechanism};
use crate::recipes;
use crate::support::{Operation, Owner, Source};

/// What is asked of both models.
pub struct Experiment {
    pub name: &'static str,
    pub operations: Vec<Operation>,
    /// Mechanisms it needs beside the one that is tested.
    pub companions: Vec<Companion>,
}

/// How all experiments run: 2,000 steps.
pub fn options() -> RunOptions {
    RunOptions { tstop: 50.0, v_init: -70.0, celsius: 34.0, ..RunOptions::default() }
}

/// All experiments with a mechanism.
pub fn experiments(mechanism: &Mechanism) -> Vec<Experiment> {
    if mechanism.description.kind == Kind::ArtificialCell {
        return vec![artificial_cell(mechanism)];
    }
    let all = [
        ("one, current", 1, Clamp::Current),
        ("one, voltage", 1, Clamp::Voltage),
        ("three, current", 3, Clamp::Current),
        ("three, voltage", 3, Clamp::Voltage),
    ];
    all.map(|(name, compartments, clamp)| membrane(mechanism, name, compartments, clamp)).into()
}

#[derive(Clone, Copy, PartialEq)]
enum Clamp {
    Current,
    Voltage,
}

/// Operations under way.
#[derive(Default)]
struct Builder {
    operations: Vec<Operation>,
    companions: Vec<Companion>,
    sections: usize,
    points: usize,
}

type Place = (usize, f64);

impl Builder {
    fn ask(&mut self, operation: Operation) {
        self.operations.push(operation);
    }

    fn cylinder(&mut self, name: &str, length: f64, diameter: f64, nseg: usize) -> usize {
        self.ask(Operation::Section { name: name.into() });
        self.sections += 1;
        let section = self.sections - 1;
        for (name, value) in [("L", length), ("nseg", nseg as f64), ("diam", diameter), ("Ra", 150.0)] {
            self.set(section, name, value);
        }
        self.insert(section, "pas");
        self.set(section, "g_pas", 1e-4);
        self.set(section, "e_pas", -70.0);
        section
    }

    fn set(&mut self, section: usize, name: &str, value: f64) {
        self.ask(Operation::Set { section, name: name.into(), value });
    }

    fn insert(&mut self, section: usize, mechanism: &str) {
        self.ask(Operation::Insert { section, mechanism: mechanism.into() });
    }

    fn variables(&mut self, values: &[(&str, f64)]) -> usize {
        self.points += 1;
        let point = self.points - 1;
        for &(name, value) in values {
            self.ask(Operation::Variable { point, name: name.into(), value });
        }
        point
    }

    fn point(&mut self, mechanism: &str, (section, x): Place, values: &[(&str, f64)]) -> usize {
        self.ask(Operation::Point { mechanism: mechanism.into(), section, x });
        self.variables(values)
    }

    fn artificial_cell(&mut self, mechanism: &str, values: &[(&str, f64)]) -> usize {
        self.ask(Operation::ArtificialCell { mechanism: mechanism.into() });
        self.variables(values)
    }

    fn record(&mut self, (section, x): Place, name: String) {
        self.ask(Operation::Record { section, x, name });
    }

    fn net_con(&mut self, source: Source, target: usize, delay: f64, weights: Vec<f64>) {
        self.ask(Operation::NetCon { source, target, delay, weights });
    }

    /// Another mechanism in all sections.
    fn companion(&mut self, companion: Companion) {
        if !self.companions.contains(&companion) {
            (0..self.sections).for_each(|section| self.insert(section, &companion.name()));
            self.companions.push(companion);
        }
    }

    /// What a new instance needs before it can run: streams, pointers, settings.
    fn prepare(&mut self, mechanism: &Mechanism, owner: &Owner, number: usize) {
        for (index, variable) in mechanism.randoms.iter().enumerate() {
            let ids = [1 + number as u32, 2, 3 + index as u32];
            self.ask(Operation::Random { owner: owner.clone(), variable: variable.clone(), ids });
        }
        let pointers = mechanism.pointers.iter().filter(|name| !recipes::sets_pointer(mechanism, name));
        for (index, name) in pointers.enumerate() {
            let variable = if name.contains('v') {
                "v".to_owned()
            } else {
                self.companion(Companion::Slots);
                if number == 0 {
                    self.record((0, 0.5), format!("s{index}_slots"));
                }
                format!("s{index}_slots")
            };
            let name = name.clone();
            self.ask(Operation::Pointer { owner: owner.clone(), name, section: 0, x: 0.5, variable });
        }
        self.operations.extend(recipes::preparation(mechanism, owner, number));
    }

    /// Steps of about +15, -10 and +50 mV in one passive compartment, times `scale`.
    fn current_steps(&mut self, place: Place, scale: f64) {
        for (delay, duration, amplitude) in [(2.0, 8.0, 0.02), (14.0, 5.0, -0.012), (24.0, 20.0, 0.06)] {
            let amplitude = scale * amplitude;
            self.point("IClamp", place, &[("delay", delay), ("dur", duration), ("amp", amplitude)]);
        }
    }

    fn voltage_steps(&mut self, place: Place) {
        let steps = [("amp1", -85.0), ("dur1", 6.0), ("amp2", -25.0), ("dur2", 17.0), ("amp3", 20.0)];
        self.point("SEClamp", place, &[&steps[..], &[("dur3", 19.0), ("rs", 0.1)]].concat());
    }
}

fn membrane(mechanism: &Mechanism, name: &'static str, compartments: usize, clamp: Clamp) -> Experiment {
    let mut builder = Builder::default();
    let soma = builder.cylinder("soma", 20.0, 20.0, 1);
    let mut places = vec![(soma, 0.5)];
    if compartments > 1 {
        let dendrite = builder.cylinder("dend", 200.0, 2.0, 2);
        builder.ask(Operation::Connect { child: dendrite, end: 0.0, parent: soma, x: 1.0 });
        places.extend([(dendrite, 0.25), (dendrite, 0.75)]);
    }
    let spikes = mechanism.event_arguments.is_some() && compartments > 1;
    if spikes && mechanism.name() != "hh" {
        builder.insert(soma, "hh");
    }
    ions(&mut builder, mechanism, compartments > 1 && clamp == Clamp::Voltage);
    // What makes a soma with `hh` spike would drive passive compartments out of any range
    let scale = match (spikes, compartments) {
        (true, _) => 8.0,
        (false, 1) => 1.0,
        (false, _) => 2.0,
    };
    let targets = instances(&mut builder, mechanism, &places);
    match clamp {
        Clamp::Current => builder.current_steps((soma, 0.5), scale),
        Clamp::Voltage => builder.voltage_steps((soma, 0.5)),
    }
    if let Some(arguments) = &mechanism.event_arguments {
        events(&mut builder, mechanism, arguments, &targets, spikes.then_some(soma));
    }
    for &place in &places {
        builder.record(place, "v".into());
        record_ions(&mut builder, mechanism, place);
    }
    builder.ask(Operation::run(&options()));
    Experiment { name, operations: builder.operations, companions: builder.companions }
}

/// Inserts the mechanism or puts three instances of the point process at the places, whose numbers it returns.
fn instances(builder: &mut Builder, mechanism: &Mechanism, places: &[Place]) -> Vec<usize> {
    if mechanism.description.kind == Kind::Density {
        for section in 0..builder.sections {
            builder.insert(section, mechanism.name());
        }
        for (number, &(section, x)) in places.iter().enumerate() {
            for (name, value) in settings(mechanism, number) {
                let name = format!("{name}_{}", mechanism.name());
                builder.ask(Operation::SetAt { section, x, name, value });
            }
            let owner = Owner::Density { section, x, mechanism: mechanism.name().into() };
            builder.prepare(mechanism, &owner, number);
            for name in elements(mechanism) {
                builder.record((section, x), suffixed(&name, mechanism.name()));
            }
        }
        return Vec::new();
    }
    let mut targets = Vec::new();
    for number in 0..3 {
        let place = places[number % places.len()];
        let target = builder.point(mechanism.name(), place, &[]);
        for (name, value) in settings(mechanism, number) {
            builder.ask(Operation::Variable { point: target, name, value });
        }
        builder.prepare(mechanism, &Owner::Point { point: target }, number);
        for name in elements(mechanism) {
            builder.ask(Operation::RecordVariable { point: target, name });
        }
        targets.push(target);
    }
    targets
}

/// Values for parameters that are 0 in a new instance and without which a mechanism does nothing; conductances differ
/// between instances.
fn settings(mechanism: &Mechanism, number: usize) -> Vec<(String, f64)> {
    let factor = [1.0, 0.5, 1.7][number % 3];
    let parameters = mechanism.description.variables.iter().filter(|one| one.role == Role::Parameter);
    let is_visible =
        |name: &str| mechanism.visible.iter().any(|one| one.name == name && one.length.is_none());
    let value = |name: &str, unit: &str, default: f64| {
        let lower = name.to_lowercase();
        let is_conductance = lower.starts_with('g') && (unit.contains("/cm2") || lower.contains("bar"));
        let is_permeability = lower.starts_with('p') && (unit.contains("/s") || lower.contains("bar"));
        match (default == 0.0, lower.as_str()) {
            (false, _) if is_conductance || is_permeability => Some(default * factor),
            (true, _) if is_conductance => Some(1e-3 * factor),
            (true, _) if is_permeability => Some(1e-5 * factor),
            // Of clamps, whose steps are numbered
            (true, "dur" | "dur1" | "dur2" | "dur3") => Some(12.0),
            (true, "amp" | "amp1" | "amp2" | "amp3") if unit == "mV" => Some(-60.0 * factor),
            (true, "amp" | "amp1" | "amp2" | "amp3") => Some(0.03 * factor),
            (true, "del" | "delay") => Some(3.0),
            _ => None,
        }
    };
    let set = parameters.filter(|one| is_visible(&one.name));
    let set = set.filter_map(|one| Some((one.name.clone(), value(&one.name, &one.unit, one.default)?)));
    set.chain(recipes::settings(mechanism).iter().map(|&(name, value)| (name.to_owned(), value))).collect()
}

/// All visible variables, arrays element by element.
fn elements(mechanism: &Mechanism) -> Vec<String> {
    let of = |one: &crate::mechanism::Visible| match one.length {
        None => vec![one.name.clone()],
        Some(length) => (0..length).map(|index| format!("{}[{index}]", one.name)).collect(),
    };
    mechanism.visible.iter().flat_map(of).collect()
}

/// `ca[2]` of `cdp5` is `ca_cdp5[2]`.
fn suffixed(name: &str, suffix: &str) -> String {
    let (name, index) = name.split_at(name.find('[').unwrap_or(name.len()));
    format!("{name}_{suffix}{index}")
}

/// Currents of ions that the mechanism only reads, and where wanted, concentrations that it only reads change.
fn ions(builder: &mut Builder, mechanism: &Mechanism, pools: bool) {
    for used in &mechanism.description.ions {
        let only_reads = |what| used.reads.contains(&what) && !used.writes.contains(&what);
        let ion = used.ion.clone();
        if only_reads(IonVariable::Current) || (pools && only_reads(IonVariable::Inside)) {
            builder.companion(Companion::Drive { ion: ion.clone(), valence: used.valence });
        }
        if pools && only_reads(IonVariable::Inside) {
            builder.companion(Companion::Pool { ion, valence: used.valence });
        }
    }
}

fn record_ions(builder: &mut Builder, mechanism: &Mechanism, place: Place) {
    for IonUse { ion, .. } in &mechanism.description.ions {
        for name in [format!("e{ion}"), format!("i{ion}"), format!("{ion}i"), format!("{ion}o")] {
            builder.record(place, name);
        }
    }
}

/// Two regular sources, and the soma's spikes, for the targets.
fn events(
    builder: &mut Builder,
    mechanism: &Mechanism,
    arguments: &[EventArgument],
    targets: &[usize],
    soma: Option<usize>,
) {
    let slow = builder.artificial_cell("NetStim", &[("start", 1.0), ("interval", 4.3), ("number", 9.0)]);
    let fast = builder.artificial_cell("NetStim", &[("start", 3.1), ("interval", 2.7), ("number", 12.0)]);
    let weights = |scale| weights(mechanism, arguments, scale);
    for (number, &target) in targets.iter().enumerate() {
        if number != 2 {
            builder.net_con(Source::Point { point: slow }, target, 0.5, weights(1.0));
        }
        if number != 0 {
            builder.net_con(Source::Point { point: fast }, target, 1.0, weights(0.6));
        }
        if let Some(section) = soma {
            let source = Source::Voltage { section, x: 0.5, threshold: -20.0 };
            builder.net_con(source, target, 0.7, weights(1.3));
        }
    }
}

fn weights(mechanism: &Mechanism, arguments: &[EventArgument], scale: f64) -> Vec<f64> {
    let given = if mechanism.initializes_arguments { arguments.len().min(1) } else { arguments.len() };
    let value = |(index, argument): (usize, &EventArgument)| {
        let unit = argument.unit.to_lowercase();
        let whole = if unit == "us" || unit == "umho" || unit == "microsiemens" { 0.004 } else { 1.0 };
        whole * scale / (1 + index) as f64
    };
    arguments.iter().take(given).enumerate().map(value).collect()
}

/// Artificial cells that get events, make spikes, and excite a synapse.
fn artificial_cell(mechanism: &Mechanism) -> Experiment {
    let mut builder = Builder::default();
    let soma = builder.cylinder("soma", 20.0, 20.0, 1);
    let synapse = builder.point("ExpSyn", (soma, 0.5), &[]);
    let mut targets = Vec::new();
    for number in 0..2 {
        let target = builder.artificial_cell(mechanism.name(), &[]);
        builder.prepare(mechanism, &Owner::Point { point: target }, number);
        for name in elements(mechanism) {
            builder.ask(Operation::RecordVariable { point: target, name });
        }
        builder.ask(Operation::RecordSpikes { source: Source::Point { point: target } });
        builder.net_con(Source::Point { point: target }, synapse, 1.0, vec![0.002]);
        targets.push(target);
    }
    if let Some(arguments) = &mechanism.event_arguments {
        events(&mut builder, mechanism, arguments, &targets, None);
    }
    builder.record((soma, 0.5), "v".into());
    builder.ask(Operation::run(&options()));
    Experiment { name: "events", operations: builder.operations, companions: builder.companions }
}
