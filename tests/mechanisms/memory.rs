//! What is kept of each instance of a mechanism where all have the parameters of its file but their conductance, and
//! only ions are looked at: states, and what a kernel reads that another one, the cell or an ion left.

use std::path::Path;
use std::sync::Arc;

use nmodl::execute::{Constants, Demand, Storage};
use nmodl::syntax::Source;
use nmodl::{Description, IonVariable};

use crate::corpus;

/// A file of a package, its conductance, and the variables that are kept.
struct Kept {
    file: &'static str,
    conductance: &'static str,
    variables: &'static [&'static str],
}

const KEPT: [Kept; 5] = [
    Kept {
        file: "bluepyemodel/examples/L5PC/mechanisms/NaTg.mod",
        conductance: "gNaTgbar",
        variables: &["gNaTgbar", "m", "h", "ena", "ina", "ttxo", "ttxi"],
    },
    Kept {
        file: "bluepyemodel/examples/L5PC/mechanisms/Ca_HVA2.mod",
        conductance: "gCa_HVAbar",
        variables: &["gCa_HVAbar", "m", "h", "eca", "ica"],
    },
    Kept {
        file: "bluepyemodel/examples/L5PC/mechanisms/StochKv3.mod",
        conductance: "gkbar",
        variables: &["gkbar", "N", "n", "l", "scale_dens", "N1L0", "N0L1", "N1L1", "ek", "ik"],
    },
    Kept {
        file: "bluepyemodel/examples/L5PC/mechanisms/CaDynamics_DC0.mod",
        conductance: "gamma",
        variables: &["gamma", "surftovol", "ica", "cai"],
    },
    Kept {
        file: "obi-one/obi_one/scientific/blocks/synaptic_models/tsodyks_markram/mod/ProbAMPANMDA_EMS.mod",
        conductance: "conductance",
        variables: &[
            "conductance",
            "unoccupied",
            "occupied",
            "tsyn",
            "u",
            "next_delay",
            "A_AMPA",
            "B_AMPA",
            "A_NMDA",
            "B_NMDA",
        ],
    },
];

#[test]
fn instances_keep_states_and_what_kernels_read() {
    let Some(reference) = corpus::reference() else { return };
    for known in KEPT {
        let variables = kept(&reference.models.join(known.file), known.conductance);
        assert_eq!(variables, known.variables, "{}", known.file);
    }
}

/// The variables of a file's mechanism of which every instance keeps its own.
fn kept(file: &Path, conductance: &str) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("a file of a package");
    let source = Arc::new(Source::new(file.display().to_string(), text));
    let mut program = nmodl::compile(&source, file.parent()).program.expect("it compiles");
    // While a simulation runs, nobody calls functions
    Arc::make_mut(&mut program).functions.clear();
    let description = &program.description;
    let constants = Constants {
        dt: 0.025,
        celsius: 34.0,
        second_order: 0,
        globals: description.globals.iter().map(|global| global.default).collect(),
    };
    let variables = || description.variables.iter();
    let demand = Demand {
        uniform: variables().map(|one| one.name != conductance).collect(),
        observed: variables().map(|one| is_of_ion(description, &one.name)).collect(),
    };
    let specialised = program.specialise(&constants, &demand);
    let kept = variables().zip(specialised.storage()).filter(|(_, storage)| **storage == Storage::Instances);
    kept.map(|(variable, _)| variable.name.clone()).collect()
}

fn is_of_ion(description: &Description, name: &str) -> bool {
    description.ions.iter().any(|used| IonVariable::ALL.iter().any(|known| known.of(&used.ion) == name))
}
