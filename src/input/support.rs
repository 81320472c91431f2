//! Valid keys whose feature is not there yet, refused by name before anything runs.

use sonata::circuit::{CircuitConfig, EdgeType, NodeType};
use sonata::config::{Module, SimulationConfig, SpikesSortOrder, TargetSimulator};
use sonata::diagnostics::Problem;
use systems::Registry;

/// Globals that `conditions.mechanisms` sets but no mechanism has.
pub fn unknown_globals(config: &SimulationConfig, registry: &Registry) -> Vec<Problem> {
    let mut problems = Vec::new();
    for global in &config.conditions.mechanisms {
        let (mechanism, variable) = (global.mechanism.as_str(), global.variable.as_str());
        let path = ["conditions", "mechanisms", mechanism, variable];
        let ion =
            mechanism.strip_suffix("_ion").filter(|ion| registry.ions().iter().any(|known| known == ion));
        if ion.is_some_and(|ion| variable == format!("{ion}i0") || variable == format!("{ion}o0")) {
            continue;
        }
        let Some(known) = registry.get(mechanism) else {
            let names = registry.names();
            let remedy = closest(mechanism, names).map(|name| format!("did you mean `{name}`?"));
            let what = format!("mechanism `{mechanism}`");
            problems.push(config.document.refuse(&path[..3], &what, remedy.as_deref()));
            continue;
        };
        let globals = || known.description().globals.iter().map(|global| global.name.as_str());
        if !globals().any(|name| name == variable) {
            let remedy = match closest(variable, globals()) {
                Some(name) => format!("did you mean `{name}`?"),
                None if globals().next().is_none() => format!("`{mechanism}` has no globals"),
                None => format!("its globals are {}", globals().collect::<Vec<_>>().join(", ")),
            };
            let what = format!("global `{variable}` of mechanism `{mechanism}`");
            problems.push(config.document.refuse(&path, &what, Some(&remedy)));
        }
    }
    problems
}

/// The known name most like one that is not known, if any is like it.
fn closest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    scored
        .filter(|(score, _)| *score > 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}

/// What a simulation config asks for that cannot be done.
pub fn unsupported(config: &SimulationConfig) -> Vec<Problem> {
    let document = &config.document;
    let mut problems = Vec::new();
    let mut refuse = |path: &[&str], what: &str, remedy: &str| {
        problems.push(document.refuse(path, what, Some(remedy)));
    };
    match config.target_simulator {
        None | Some(TargetSimulator::Neuron | TargetSimulator::CoreNeuron | TargetSimulator::Unspecified) => {
        }
        Some(other) => refuse(
            &["target_simulator"],
            &format!("target simulator `{other:?}`"),
            "use `NEURON` or `CORENEURON`: both mean this program",
        ),
    }
    if config.output.spikes_sort_order == SpikesSortOrder::ById {
        refuse(
            &["output", "spikes_sort_order"],
            "spikes sorted by id",
            "use `by_time`, the order in which spikes are written",
        );
    }
    for input in &config.inputs {
        let path = ["inputs", input.name.value.as_str(), "module"];
        match input.module {
            Module::SpatiallyUniformEField { .. } => refuse(
                &path,
                "input module `spatially_uniform_e_field`",
                "leave the input out: there are no extracellular potentials",
            ),
            Module::Poisson { .. } => refuse(
                &path,
                "input module `poisson`",
                "write the spikes into a file and use `synapse_replay`, as for neurodamus, which has no such module",
            ),
            _ => {}
        }
    }
    problems
}

/// What a circuit config asks for that cannot be done.
pub fn unsupported_circuit(circuit: &CircuitConfig) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |span, what: String, remedy: &str| {
        let kind = sonata::diagnostics::ProblemKind::NotSupported { what, remedy: Some(remedy.into()) };
        problems.push(Problem::error(&circuit.document.source, span, kind));
    };
    for population in &circuit.nodes {
        match &population.node_type {
            NodeType::Biophysical | NodeType::PointProcess | NodeType::Virtual => {}
            other => refuse(
                population.name.span,
                format!("node population `{}` of type `{}`", population.name.value, other.as_str()),
                "use populations of type `biophysical`, `point_process` and `virtual`",
            ),
        }
    }
    for population in circuit.nodes.iter().filter(|population| population.detailed_axon) {
        refuse(
            population.name.span,
            format!("`DetailedAxon` of node population `{}`", population.name.value),
            "leave the key out: templates replace the axon when they are built",
        );
    }
    for population in &circuit.edges {
        match &population.edge_type {
            EdgeType::Chemical
            | EdgeType::Electrical
            | EdgeType::Exp2Syn
            | EdgeType::PointProcess
            | EdgeType::Neuromodulatory => {}
            other => refuse(
                population.name.span,
                format!("edge population `{}` of type `{}`", population.name.value, other.as_str()),
                "use populations of type `chemical`, `electrical`, `point_process`, `neuromodulatory` or `Exp2Syn_synapse`",
            ),
        }
    }
    problems
}
