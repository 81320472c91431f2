//! The mechanisms that tests use, and interpreters that know them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cell::Catalogue;
use hoc::{Interpreter, Options};
use nmodl::{Description, IonUse, IonVariable, Kind, Role, Variable};

fn mechanism(
    name: &str,
    kind: Kind,
    parameters: &[(&str, f64)],
    ions: &[&str],
    events: Option<usize>,
) -> Arc<Description> {
    let variable = |&(name, default): &(&str, f64)| Variable {
        name: name.into(),
        role: Role::Parameter,
        default,
        unit: String::new(),
        visible: true,
    };
    let ion = |name: &&str| IonUse {
        ion: (*name).into(),
        reads: vec![IonVariable::Reversal],
        writes: vec![IonVariable::Current],
        valence: None,
    };
    Arc::new(Description {
        name: name.into(),
        kind,
        variables: parameters.iter().map(variable).collect(),
        globals: Vec::new(),
        ions: ions.iter().map(ion).collect(),
        event_arguments: events,
        source: "built-in".into(),
    })
}

/// Some of NEURON's mechanisms with their parameters.
pub fn catalogue() -> Arc<Catalogue> {
    let hh = [("gnabar", 0.12), ("gkbar", 0.036), ("gl", 0.0003), ("el", -54.3)];
    let mechanisms = [
        mechanism("pas", Kind::Density, &[("g", 0.001), ("e", -70.0)], &[], None),
        mechanism("hh", Kind::Density, &hh, &["na", "k"], None),
        mechanism("Stoch", Kind::Density, &[("gbar", 0.0)], &["k"], None),
        mechanism("ExpSyn", Kind::PointProcess, &[("tau", 0.1), ("e", 0.0)], &[], Some(1)),
        mechanism("IClamp", Kind::PointProcess, &[("del", 0.0), ("dur", 0.0), ("amp", 0.0)], &[], None),
    ];
    Arc::new(Catalogue::new(mechanisms).expect("a sound catalogue"))
}

/// The folder with the templates of the tests.
pub fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/templates")
}

/// An interpreter that may read the templates of the tests.
pub fn interpreter() -> Interpreter {
    Interpreter::new(catalogue(), Options { roots: vec![templates()], ..Options::default() })
}
