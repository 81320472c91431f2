//! Connections between groups of cells, switched off, on, or left out.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Node, WrongPhase};
use crate::failure::Failure;
use crate::plan::Plan;

/// Cells at one end of connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cells {
    /// All.
    All,
    /// Those with these gids: SONATA node ids plus the offset of their population (`populations_offset.dat`).
    Gids(BTreeSet<u64>),
    /// Those of a node population.
    Population(String),
}

/// The connections from some cells to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pathway {
    /// The postsynaptic cells.
    pub target: Cells,
    /// The presynaptic cells.
    pub source: Cells,
}

/// A pathway in gids.
pub struct Resolved {
    target: Resolution,
    source: Resolution,
}

enum Resolution {
    All,
    Gids(BTreeSet<u64>),
    Range(Range<u64>),
}

/// A population that a pathway names but the circuit does not have.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("there is no simulated node population `{name}`")]
#[diagnostic(help("the populations are {known}"))]
struct UnknownPopulation {
    name: String,
    known: String,
}

impl From<u64> for Cells {
    fn from(gid: u64) -> Self {
        Self::Gids(BTreeSet::from([gid]))
    }
}

impl FromIterator<u64> for Cells {
    fn from_iter<T: IntoIterator<Item = u64>>(gids: T) -> Self {
        Self::Gids(gids.into_iter().collect())
    }
}

impl Cells {
    fn resolve(&self, plan: &Plan) -> Result<Resolution, Failure> {
        Ok(match self {
            Self::All => Resolution::All,
            Self::Gids(gids) => Resolution::Gids(gids.clone()),
            Self::Population(name) => {
                let found = plan.population(name).and_then(|(_, population)| {
                    Some((population.offset?, population.node_ids.last().map_or(0, |last| last + 1)))
                });
                let Some((offset, length)) = found else {
                    let names = plan.populations.iter().map(|population| format!("`{}`", population.name));
                    let known = names.collect::<Vec<_>>().join(", ");
                    return Err(Failure::bad_input(UnknownPopulation { name: name.clone(), known }));
                };
                Resolution::Range(offset..offset + length)
            }
        })
    }
}

impl Resolution {
    fn contains(&self, gid: u64) -> bool {
        match self {
            Self::All => true,
            Self::Gids(gids) => gids.contains(&gid),
            Self::Range(range) => range.contains(&gid),
        }
    }
}

impl Pathway {
    /// The pathway in gids.
    ///
    /// # Errors
    ///
    /// A population that the circuit does not have.
    pub fn resolve(&self, plan: &Plan) -> Result<Resolved, Failure> {
        Ok(Resolved { target: self.target.resolve(plan)?, source: self.source.resolve(plan)? })
    }
}

impl Resolved {
    /// Whether the connection from one gid to another is among those of the pathway.
    pub fn contains(&self, source: u64, target: u64) -> bool {
        self.source.contains(source) && self.target.contains(target)
    }
}

impl Node {
    /// Leaves connections out of the model, with all that belongs to them; returns nothing because they are never made.
    ///
    /// # Errors
    ///
    /// If the model is assembled already.
    pub fn delete_connections(&mut self, pathway: &Pathway) -> Result<(), Failure> {
        if self.cells.as_ref().is_some_and(|cells| cells.has_synapses) || self.simulation.is_some() {
            let help = "delete connections before synapses are created, or disable them";
            return Err(WrongPhase::failure("the connections exist already", help));
        }
        pathway.resolve(self.load_targets()?)?;
        self.deleted.push(pathway.clone());
        Ok(())
    }

    /// Lets the spikes of presynaptic cells pass no more, from now on; spikes on their way arrive. Spontaneous and
    /// replayed events go on. Returns the number of synapses of this rank's cells that are concerned, 0 before the model
    /// is assembled.
    ///
    /// # Errors
    ///
    /// A population that the circuit does not have.
    pub fn disable_connections(&mut self, pathway: &Pathway) -> Result<usize, Failure> {
        self.switch_connections(pathway, false)
    }

    /// Lets spikes pass again; see [`Node::disable_connections`].
    ///
    /// # Errors
    ///
    /// A population that the circuit does not have.
    pub fn enable_connections(&mut self, pathway: &Pathway) -> Result<usize, Failure> {
        self.switch_connections(pathway, true)
    }

    pub(super) fn switch_connections(&mut self, pathway: &Pathway, active: bool) -> Result<usize, Failure> {
        let resolved = pathway.resolve(self.load_targets()?)?;
        let Some(simulation) = &mut self.simulation else {
            self.switched.push((pathway.clone(), active));
            return Ok(0);
        };
        let groups = simulation.groups_mut().iter_mut();
        let choose = |source: u64, target: u64| resolved.contains(source, target);
        Ok(groups.map(|group| group.switch_connections(&choose, active)).sum())
    }
}
