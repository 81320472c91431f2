//! What each edge population is in a simulation: the inner connectivity of a node population, or a projection.
//!
//! The rule is neurodamus': the first population of chemical or point-process edges from a node population to itself, or one
//! called `P__P__chemical`, is the inner connectivity of `P`; the rest are projections.

use super::{EdgePopulation, EdgeType, NodePopulation, NodeType};

/// The node populations that an edge population joins, which its HDF5 file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeEnds {
    /// The population of the sources.
    pub source: String,
    /// The population of the targets.
    pub target: String,
}

/// How edges become connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionKind {
    /// Chemical synapses
    Synaptic,
    /// Gap junctions
    GapJunction,
    /// Astrocytes that listen to synapses
    NeuroGlial,
    /// Astrocytes' endfeet on vessels
    GlioVascular,
    /// Neuromodulatory events
    NeuroModulation,
    /// Events to point processes
    PointProcess,
    /// `Exp2Syn` synapses
    Exp2Syn,
}

impl ConnectionKind {
    /// The kind of an edge type; none for a type that is not known.
    #[must_use]
    pub fn of(edge_type: &EdgeType) -> Option<Self> {
        Some(match edge_type {
            EdgeType::Chemical => Self::Synaptic,
            EdgeType::Electrical => Self::GapJunction,
            EdgeType::SynapseAstrocyte => Self::NeuroGlial,
            EdgeType::Endfoot => Self::GlioVascular,
            EdgeType::Neuromodulatory => Self::NeuroModulation,
            EdgeType::PointProcess => Self::PointProcess,
            EdgeType::Exp2Syn => Self::Exp2Syn,
            EdgeType::Brian2Synapse | EdgeType::Other(_) => return None,
        })
    }
}

/// The role of an edge population.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EdgeRole {
    /// The inner connectivity of the node population of this name.
    Inner(String),
    /// A projection.
    Projection {
        /// `<edge population>__<source>-<target>`, with the ends as in the file
        name: String,
        /// How its edges become connections.
        kind: ConnectionKind,
        /// Where its edges come from; for `synapse_astrocyte` the target in the file.
        source: String,
        /// Where its edges go to; for `synapse_astrocyte` the source in the file.
        target: String,
    },
    /// Of a type that cannot be simulated.
    Unsupported,
}

/// The role of each edge population; `ends` holds the ends of each, in the same order.
#[must_use]
pub fn edge_roles(nodes: &[NodePopulation], edges: &[EdgePopulation], ends: &[EdgeEnds]) -> Vec<EdgeRole> {
    let mut roles: Vec<Option<EdgeRole>> = vec![None; edges.len()];
    for population in nodes.iter().filter(|population| population.node_type != NodeType::Vasculature) {
        let name = &population.name.value;
        let inner = edges.iter().zip(ends).position(|(edge, ends)| is_inner(name, edge, ends));
        if let Some(role) = inner.and_then(|index| roles.get_mut(index)) {
            *role = Some(EdgeRole::Inner(name.clone()));
        }
    }
    let projection = |(edge, ends): (&EdgePopulation, &EdgeEnds)| match ConnectionKind::of(&edge.edge_type) {
        None => EdgeRole::Unsupported,
        Some(kind) => {
            let (source, target) = match kind {
                ConnectionKind::NeuroGlial => (&ends.target, &ends.source),
                _ => (&ends.source, &ends.target),
            };
            EdgeRole::Projection {
                name: format!("{}__{}-{}", edge.name.value, ends.source, ends.target),
                kind,
                source: source.clone(),
                target: target.clone(),
            }
        }
    };
    let projections = edges.iter().zip(ends).map(projection);
    roles.into_iter().zip(projections).map(|(inner, projection)| inner.unwrap_or(projection)).collect()
}

fn is_inner(name: &str, edge: &EdgePopulation, ends: &EdgeEnds) -> bool {
    let by_name = edge.name.value == format!("{name}__{name}__chemical");
    let by_ends = ends.source == name && ends.target == name;
    by_name || by_ends && matches!(edge.edge_type, EdgeType::Chemical | EdgeType::PointProcess)
}
