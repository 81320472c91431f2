//! The mechanisms that are built in: those of NEURON itself, in the order in which it registers them, and those that
//! circuits expect neurodamus to bring along.
//!
//! They are NMODL files like any other, in the folder `mechanisms/` of the repository. `PatternStim` is not among them:
//! what it does is [`crate::group::inject_spikes`].

use std::sync::{Arc, OnceLock};

use nmodl::syntax::Source;

use crate::program::ProgramMechanism;

/// Name and text of files in `mechanisms/`.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$((concat!($name, ".mod"), include_str!(concat!("../../../mechanisms/", $name, ".mod")))),*]
    };
}

/// Those of NEURON, in the order of registration.
const OF_NEURON: [(&str, &str); 11] = files![
    "pas",
    "IClamp",
    "AlphaSynapse",
    "ExpSyn",
    "Exp2Syn",
    "SEClamp",
    "hh",
    "NetStim",
    "IntFire1",
    "IntFire2",
    "IntFire4",
];

/// Those of neurodamus, in the order of their names, in which a user's files have their places, too.
const OF_NEURODAMUS: [(&str, &str); 10] = files![
    "ConductanceSource",
    "DetAMPANMDA",
    "DetGABAAB",
    "Gap",
    "InhPoissonStim",
    "MembraneCurrentSource",
    "ProbAMPANMDA_EMS",
    "ProbGABAAB_EMS",
    "TTXDynamicsSwitch",
    "VecStim",
];

/// The mechanisms of NEURON, in the order of registration.
pub fn of_neuron() -> &'static [Arc<ProgramMechanism>] {
    static MECHANISMS: OnceLock<Vec<Arc<ProgramMechanism>>> = OnceLock::new();
    MECHANISMS.get_or_init(|| OF_NEURON.into_iter().filter_map(compile).collect())
}

/// The mechanisms of neurodamus, in the order of the names of their files.
pub fn of_neurodamus() -> &'static [Arc<ProgramMechanism>] {
    static MECHANISMS: OnceLock<Vec<Arc<ProgramMechanism>>> = OnceLock::new();
    MECHANISMS.get_or_init(|| OF_NEURODAMUS.into_iter().filter_map(compile).collect())
}

/// A test shows that all of them compile.
fn compile((name, text): (&str, &str)) -> Option<Arc<ProgramMechanism>> {
    let source = Arc::new(Source::new(format!("built-in {name}"), text));
    let program = nmodl::compile(&source, None).program?;
    Some(Arc::new(ProgramMechanism::new(program, source)))
}

#[cfg(test)]
mod tests {
    use crate::mechanism::Mechanism;

    use super::{OF_NEURODAMUS, OF_NEURON, of_neurodamus, of_neuron};

    #[test]
    fn all_compile_under_the_names_of_their_files() {
        for (files, mechanisms) in [(&OF_NEURON[..], of_neuron()), (&OF_NEURODAMUS[..], of_neurodamus())] {
            let names: Vec<String> =
                mechanisms.iter().map(|m| format!("{}.mod", m.description().name)).collect();
            let wanted: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, wanted);
        }
    }

    #[test]
    fn those_of_neurodamus_are_in_the_order_of_their_names() {
        assert!(OF_NEURODAMUS.is_sorted_by_key(|(name, _)| name));
    }
}
