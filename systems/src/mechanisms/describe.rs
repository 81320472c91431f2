//! Short forms to describe built-in mechanisms.

use nmodl::{Description, Global, IonUse, IonVariable, Kind, Role, Variable};

/// A parameter with its default.
pub fn parameter(name: &str, default: f64, unit: &str) -> Variable {
    Variable { name: name.into(), role: Role::Parameter, default, unit: unit.into(), visible: true }
}

/// A computed variable.
pub fn assigned(name: &str, unit: &str) -> Variable {
    Variable { name: name.into(), role: Role::Assigned, default: 0.0, unit: unit.into(), visible: true }
}

/// A state.
pub fn state(name: &str, unit: &str) -> Variable {
    Variable { name: name.into(), role: Role::State, default: 0.0, unit: unit.into(), visible: true }
}

/// A global with its default.
pub fn global(name: &str, default: f64, unit: &str) -> Global {
    Global { name: name.into(), default, unit: unit.into() }
}

/// The use of an ion.
pub fn ion(name: &str, reads: &[IonVariable], writes: &[IonVariable]) -> IonUse {
    IonUse { ion: name.into(), reads: reads.to_vec(), writes: writes.to_vec(), valence: None }
}

/// A description of a built-in mechanism without globals, ions and events.
pub fn description(name: &str, kind: Kind, variables: Vec<Variable>) -> Description {
    Description {
        name: name.into(),
        kind,
        variables,
        globals: vec![],
        ions: vec![],
        event_arguments: None,
        source: "built-in".into(),
    }
}
