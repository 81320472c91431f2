//! The edge populations of a circuit, put together as neurodamus does it.

use sonata::circuit::{
    ConnectionKind, EdgeEnds, EdgePopulation as CircuitEdges, EdgeRole, NodeType, edge_roles,
};
use sonata::edges::EdgePopulation;

use crate::failure::Failure;
use crate::input::Input;
use crate::plan::Plan;

/// All edges of one kind from one population to another. The connections of several edge populations between them are
/// one set.
pub struct Manager<'a> {
    /// What the edges are.
    pub kind: ConnectionKind,
    /// Index of the source population in the plan; `None` for one that only the edges name.
    pub source: Option<usize>,
    /// Its name.
    pub source_name: String,
    /// Index of the target population in the plan.
    pub target: usize,
    /// The edge populations, in the order in which they are read.
    pub edges: Vec<Edges<'a>>,
}

/// An edge population, as the circuit config names it and as it is in its file.
pub struct Edges<'a> {
    /// Its entry in the circuit config.
    pub circuit: &'a CircuitEdges,
    /// Its file.
    pub population: EdgePopulation,
}

/// The managers, in the order in which their synapses are made: those within a population, by the kind and the name of
/// the population, then all others as the circuit lists them.
///
/// # Errors
///
/// An edges file that cannot be read, edges that need a source population which the circuit does not have.
pub fn managers<'a>(input: &'a Input, plan: &Plan) -> Result<Vec<Manager<'a>>, Failure> {
    let circuit = &input.circuit;
    let mut opened = Vec::new();
    for edges in &circuit.edges {
        opened.push(EdgePopulation::open(&edges.file.value, &edges.name.value).map_err(Failure::bad_input)?);
    }
    let ends = opened.iter().map(|population| EdgeEnds {
        source: population.source_population().to_owned(),
        target: population.target_population().to_owned(),
    });
    let roles = edge_roles(&circuit.nodes, &circuit.edges, &ends.collect::<Vec<_>>());
    let mut ordered: Vec<_> = roles.iter().zip(circuit.edges.iter().zip(opened)).collect();
    let rank = |name: &str| {
        let population = circuit.nodes.iter().find(|population| population.name.value == name);
        match population.map(|population| &population.node_type) {
            Some(NodeType::Astrocyte) => 1,
            Some(NodeType::Biophysical) => 0,
            _ => 2,
        }
    };
    // The sort is stable, so that projections keep their order.
    ordered.sort_by_key(|(role, _)| match role {
        EdgeRole::Inner(name) => (0, rank(name), name.clone()),
        _ => (1, 0, String::new()),
    });
    let mut managers: Vec<Manager> = Vec::new();
    for (_, (circuit, population)) in ordered {
        let Some(kind) = ConnectionKind::of(&circuit.edge_type) else { continue };
        let Some((target, _)) = plan.population(population.target_population()) else { continue };
        let source_name = population.source_population().to_owned();
        let source = plan.population(&source_name).map(|(index, _)| index);
        if source.is_none() && kind != ConnectionKind::Synaptic {
            let what = format!(
                "edges `{}` of type `{}` come from node population `{source_name}`, which the circuit does not have",
                circuit.name.value,
                circuit.edge_type.as_str()
            );
            let help = "add the population to `networks.nodes`: only chemical edges may come from one that is not there";
            return Err(Failure::bad_input(super::EdgesProblem::new(&population, what, help)));
        }
        let same = |manager: &&mut Manager| {
            (manager.kind, &manager.source_name, manager.target) == (kind, &source_name, target)
        };
        let edges = Edges { circuit, population };
        match managers.iter_mut().find(same) {
            Some(manager) => manager.edges.push(edges),
            None => managers.push(Manager { kind, source, source_name, target, edges: vec![edges] }),
        }
    }
    Ok(managers)
}
