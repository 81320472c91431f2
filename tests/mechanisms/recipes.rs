//! What particular mechanisms need before they run, and which files have no experiments and why.

use crate::mechanism::Mechanism;
use crate::support::{Argument, Operation, Owner};

/// Files that NEURON itself cannot compile or run, with the reason: package, path inside it (or the beginning of it).
pub const WITHOUT_REFERENCE: &[(&str, &str, &str)] = &[
    ("dbbs-catalogue", "dbbs_catalogue/mods/arbor/", "written for Arbor"),
    ("neuron", "nmodl/ext/example/", "NEURON has other mechanisms of the same names built in"),
    (
        "emodelrunner",
        "examples/synplas_sample_dir/mechanisms/optimized/",
        "its C declarations contradict those of NEURON 9",
    ),
    ("snudda", "snudda/data/neurons/mechanisms.OLD/", "older versions of the files in `mechanisms/`"),
];

/// Why a file has no experiments in NEURON, if so.
pub fn without_reference(package: &str, inside: &str) -> Option<&'static str> {
    let is_it = |known: &&(&str, &str, &str)| known.0 == package && inside.starts_with(known.1);
    WITHOUT_REFERENCE.iter().find(is_it).map(|known| known.2)
}

/// Variables, other than parameters, that whoever uses the mechanism has to set.
pub fn settings(mechanism: &Mechanism) -> &'static [(&'static str, f64)] {
    match mechanism.name() {
        // The resistance (megohm) and the height (um) of a segment
        "dipole" | "Dipole" => &[("ri", 120.0), ("ztan", 35.0)],
        "Gfluct3" => &[("on", 1.0)],
        _ => &[],
    }
}

/// Pointers that the mechanism's own `VERBATIM` sets.
pub fn sets_pointer(mechanism: &Mechanism, pointer: &str) -> bool {
    let is_vector = ["play", "setup_delay_vecs", "setTbins"];
    is_vector.iter().any(|function| mechanism.functions.contains(*function))
        || (mechanism.functions.contains("add_electrode_source") && pointer != "e_ext")
}

/// What is asked of a new instance before the run.
pub fn preparation(mechanism: &Mechanism, owner: &Owner, number: usize) -> Vec<Operation> {
    let call = |function: &str, arguments: &[f64]| Operation::Call {
        owner: owner.clone(),
        function: function.into(),
        arguments: arguments.iter().copied().map(Argument::Number).collect(),
    };
    let has = |function| mechanism.functions.contains(function);
    let mut operations = Vec::new();
    // Random123 streams by their ids, as the files of the Blue Brain Project take them
    let text = &mechanism.file.text;
    let takes_ids = ["nrnran123_newstream3", "random_setids(rng, id1"];
    if has("setRNG") && takes_ids.iter().any(|how| text.contains(how)) {
        operations.push(call("setRNG", &[11.0 + number as f64, 22.0, 33.0]));
    }
    if has("noiseFromRandom123") {
        operations.push(call("noiseFromRandom123", &[11.0 + number as f64, 22.0, 33.0]));
    }
    let vectors = |function: &str, vectors: &[&[f64]]| Operation::Call {
        owner: owner.clone(),
        function: function.into(),
        arguments: vectors.iter().map(|vector| Argument::Vector(vector.to_vec())).collect(),
    };
    // A Poisson process whose rate (Hz) changes at given times (ms)
    if has("setRNGs") && has("setTbins") && has("setRate") {
        operations.push(call("setRNGs", &[11.0 + number as f64, 22.0, 33.0, 44.0, 55.0, 66.0]));
        operations.push(vectors("setTbins", &[&[1.0, 20.0, 35.0]]));
        operations.push(vectors("setRate", &[&[150.0, 400.0, 80.0]]));
    }
    // Fields of one source with ramps: delay, duration, ramps up and down (ms), peak (mV), phase, frequency (Hz)
    if has("add_electrode_source")
        && let Owner::Point { point } = owner
    {
        let source: [&[f64]; 7] = [&[3.0], &[25.0], &[4.0], &[6.0], &[2.0], &[0.3], &[40.0]];
        operations.push(vectors("add_electrode_source", &source));
        operations.push(Operation::Variable { point: *point, name: "enabled".into(), value: 1.0 });
    }
    if let (true, Owner::Point { point }) = (has("play"), owner) {
        let times = (0..20).map(|index| 1.5 + number as f64 + 1.9 * f64::from(index)).collect();
        operations.push(Operation::Times { point: *point, times });
    }
    operations
}

/// Mechanisms whose values may differ from NEURON's: the largest relative difference, never above 1e-12, and why.
pub const BOUNDS: &[(&str, f64, &str)] = &[];

/// How much the values of a mechanism may differ from NEURON's, relative to the largest of each variable.
pub fn bound(mechanism: &str) -> f64 {
    BOUNDS.iter().find(|known| known.0 == mechanism).map_or(0.0, |known| known.1)
}

/// Mechanisms that do nothing by themselves, and why that is so.
pub const SILENT: &[(&str, &str)] = &[
    ("ALU", "works on variables that HOC hands to it"),
    ("SonataReport", "works on variables that HOC hands to it"),
    ("SonataReportHelper", "serves SonataReport"),
    ("concDAfile", "holds a concentration that HOC plays into it"),
    ("PatternStim", "plays spikes that HOC hands to it"),
    ("TTXDynamicsSwitch", "sets concentrations that stay as they are"),
    ("CoreNEURONArtificialCell", "a place for connections"),
];

pub fn is_silent(mechanism: &str) -> bool {
    SILENT.iter().any(|known| known.0 == mechanism)
}
