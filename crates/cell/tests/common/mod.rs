//! Mechanisms for tests.

use std::sync::Arc;

use cell::Catalogue;
use nmodl::{Description, Global, IonUse, IonVariable, Kind, Role, Variable};

fn variables(list: &[(&str, f64)]) -> Vec<Variable> {
    let variable = |&(name, default): &(&str, f64)| Variable {
        name: name.to_owned(),
        role: Role::Parameter,
        default,
        unit: String::new(),
        visible: true,
    };
    list.iter().map(variable).collect()
}

/// How a mechanism uses an ion.
pub fn uses(ion: &str, reads: &[IonVariable], writes: &[IonVariable]) -> IonUse {
    IonUse { ion: ion.to_owned(), reads: reads.to_vec(), writes: writes.to_vec(), valence: None }
}

/// A mechanism without behaviour.
pub fn mechanism(name: &str, kind: Kind, values: &[(&str, f64)], ions: Vec<IonUse>) -> Description {
    Description {
        name: name.to_owned(),
        kind,
        variables: variables(values),
        globals: Vec::new(),
        ions,
        event_arguments: None,
        source: "test".to_owned(),
    }
}

/// Some of NEURON's own mechanisms and a few that use calcium.
pub fn catalogue() -> Arc<Catalogue> {
    use IonVariable::{Current, Inside, Outside, Reversal};
    let channel = |ion| uses(ion, &[Reversal], &[Current]);
    let mut hh = mechanism(
        "hh",
        Kind::Density,
        &[("gnabar", 0.12), ("gkbar", 0.036), ("gl", 0.0003), ("el", -54.3), ("m", 0.0)],
        vec![channel("na"), channel("k")],
    );
    hh.globals.push(Global { name: "minf".to_owned(), default: 0.0, unit: String::new() });
    let mut ttx = mechanism(
        "TTXDynamicsSwitch",
        Kind::Density,
        &[("ttxo_level", 0.0)],
        vec![uses("ttx", &[], &[Inside, Outside])],
    );
    ttx.ions[0].valence = Some(1.0);
    let list = [
        mechanism("pas", Kind::Density, &[("g", 0.001), ("e", -70.0)], vec![]),
        hh,
        mechanism("Nap_Et2", Kind::Density, &[("gNap_Et2bar", 1e-5)], vec![channel("na")]),
        mechanism("Ca_HVA2", Kind::Density, &[("gCa_HVAbar", 1e-5)], vec![channel("ca")]),
        mechanism(
            "SK_E2",
            Kind::Density,
            &[("gSK_E2bar", 1e-6)],
            vec![channel("k"), uses("ca", &[Inside], &[])],
        ),
        mechanism(
            "CaDynamics_DC0",
            Kind::Density,
            &[("decay", 80.0)],
            vec![uses("ca", &[Current], &[Inside])],
        ),
        mechanism(
            "NaTg",
            Kind::Density,
            &[("gNaTgbar", 1e-5)],
            vec![channel("na"), uses("ttx", &[Inside, Outside], &[])],
        ),
        ttx,
        mechanism("ExpSyn", Kind::PointProcess, &[("tau", 0.1), ("e", 0.0), ("i", 0.0), ("g", 0.0)], vec![]),
        mechanism("CaSyn", Kind::PointProcess, &[("gmax", 1.0)], vec![uses("ca", &[Inside], &[Current])]),
        mechanism("NetStim", Kind::ArtificialCell, &[("interval", 10.0), ("number", 10.0)], vec![]),
    ];
    Arc::new(Catalogue::new(list.into_iter().map(Arc::new)).unwrap())
}
