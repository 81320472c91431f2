//! Node sets as lists of nodes.

use sonata::node_sets::NodeAttributes;

use super::Plan;
use crate::failure::Failure;
use crate::input::Input;

/// The nodes that a node set selects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Index of a population in the plan, and its nodes in the set, ascending.
    pub nodes: Vec<(usize, Vec<u64>)>,
}

impl Target {
    /// Whether a node is in the set.
    pub fn contains(&self, population: usize, node_id: u64) -> bool {
        self.in_population(population).binary_search(&node_id).is_ok()
    }

    /// Whether the sets have a node in common.
    pub fn intersects(&self, other: &Self) -> bool {
        self.nodes.iter().any(|(population, node_ids)| {
            let others = other.in_population(*population);
            node_ids.iter().any(|node_id| others.binary_search(node_id).is_ok())
        })
    }

    /// The nodes of one population in the set, ascending.
    pub fn in_population(&self, population: usize) -> &[u64] {
        let found = self.nodes.iter().find(|(index, _)| *index == population);
        found.map(|(_, node_ids)| node_ids.as_slice()).unwrap_or_default()
    }
}

impl Plan {
    /// The nodes of the node set called `name`.
    ///
    /// # Errors
    ///
    /// An unknown set, or conditions that do not fit the nodes' attributes.
    pub fn target(&self, input: &Input, name: &str) -> Result<Target, Failure> {
        let populations: Vec<&dyn NodeAttributes> =
            self.populations.iter().map(|population| &population.nodes as &dyn NodeAttributes).collect();
        let (selected, warnings) = input
            .node_sets
            .resolve_all(name, &populations)
            .map_err(|problems| Failure::bad_inputs(problems.0))?;
        for warning in warnings {
            tracing::debug!("node set `{name}`: {warning}");
        }
        let mut nodes: Vec<(usize, Vec<u64>)> =
            selected.into_iter().map(|selected| (selected.population, selected.node_ids)).collect();
        for (_, node_ids) in &mut nodes {
            node_ids.sort_unstable();
        }
        Ok(Target { nodes })
    }

    /// The nodes of the node set called `name`, or all simulated cells without a name.
    ///
    /// # Errors
    ///
    /// As [`Plan::target`].
    pub fn target_or_all(&self, input: &Input, name: Option<&str>) -> Result<Target, Failure> {
        match name {
            Some(name) => self.target(input, name),
            None => {
                let all = self.populations.iter().enumerate();
                Ok(Target {
                    nodes: all.map(|(index, population)| (index, population.node_ids.clone())).collect(),
                })
            }
        }
    }
}
