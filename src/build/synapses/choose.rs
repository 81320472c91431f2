//! Which edges of some cells become synapses.

use std::collections::{BTreeMap, BTreeSet};

use sonata::circuit::ConnectionKind;
use sonata::edges::EdgeIds;

use super::builder::Planned;
use super::managers::{Manager, managers};
use super::overrides::{Overrides, Selection};
use super::{CELLS_AT_ONCE, EdgesProblem, junctions};
use crate::failure::Failure;
use crate::input::Input;
use crate::node::Resolved;
use crate::plan::{Plan, Target};

/// Chooses among the edges of one manager.
pub struct Chooser<'a> {
    /// The edges.
    pub manager: &'a Manager<'a>,
    /// What the config says of them.
    pub overrides: &'a Overrides<'a>,
    /// The cells.
    pub plan: &'a Plan,
    /// Connections that are left out.
    pub deleted: &'a [Resolved],
}

/// The chosen edges of some cells.
pub struct Chosen<'a> {
    /// By node id of the target.
    pub planned: BTreeMap<u64, Vec<Planned<'a>>>,
    /// The edges of each edge population that are wanted, in the order of their rows.
    pub ids: Vec<EdgeIds>,
}

impl<'a> Chooser<'a> {
    /// The edges that are made; `None` where the config wants none of them.
    ///
    /// # Errors
    ///
    /// Gap junctions that lack an attribute or do not come from cells.
    pub fn selection(&self) -> Result<Option<Selection<'a>>, Failure> {
        let manager = self.manager;
        let selection = match manager.kind {
            ConnectionKind::GapJunction => Selection::From(self.simulated_sources()?),
            _ => self.overrides.selection(manager.source, manager.target, self.plan),
        };
        Ok(if matches!(selection, Selection::None) { None } else { Some(selection) })
    }

    /// The nodes of the source population, which must be cells for their voltages to be there.
    fn simulated_sources(&self) -> Result<&'a [u64], Failure> {
        let manager = self.manager;
        for edges in &manager.edges {
            junctions::require_attributes(&edges.population)?;
        }
        let source = manager.source.map(|source| &self.plan.populations[source]);
        match (source, manager.edges.first()) {
            (Some(source), Some(edges)) if source.is_virtual => {
                let (name, population) = (&edges.circuit.name.value, &manager.source_name);
                let what = format!(
                    "edges `{name}` of type `electrical` come from virtual population `{population}`"
                );
                let help = "gap junctions couple cells that are both simulated";
                Err(Failure::bad_input(EdgesProblem::new(&edges.population, what, help)))
            }
            _ => Ok(source.map(|source| source.node_ids.as_slice()).unwrap_or_default()),
        }
    }

    /// Chooses the edges of some cells that are made.
    ///
    /// # Errors
    ///
    /// An edges file that is damaged.
    pub fn choose(&self, node_ids: &[u64], selection: &Selection) -> Result<Chosen<'a>, Failure> {
        let manager = self.manager;
        let mut planned: BTreeMap<u64, BTreeMap<u64, Planned<'a>>> = BTreeMap::new();
        let mut all_ids = Vec::new();
        for population in 0..manager.edges.len() {
            let mut chosen = Vec::new();
            self.visit(population, node_ids, selection, |id, source, target, synapse_id| {
                let row = chosen.len();
                chosen.push(id);
                let connections = planned.entry(target).or_default();
                let connection = connections.entry(source).or_insert_with(|| Planned {
                    source,
                    settings: self
                        .overrides
                        .settings((manager.source, source), (Some(manager.target), target)),
                    edges: Vec::new(),
                });
                connection.edges.push((population, row, synapse_id));
            })?;
            all_ids.push(EdgeIds::new(&chosen));
        }
        let planned =
            planned.into_iter().map(|(target, connections)| (target, connections.into_values().collect()));
        Ok(Chosen { planned: planned.collect(), ids: all_ids })
    }

    /// The nodes that some cells have edges from that are made.
    ///
    /// # Errors
    ///
    /// An edges file that is damaged.
    pub fn sources(&self, node_ids: &[u64], selection: &Selection) -> Result<BTreeSet<u64>, Failure> {
        let mut sources = BTreeSet::new();
        for some in node_ids.chunks(CELLS_AT_ONCE) {
            for population in 0..self.manager.edges.len() {
                self.visit(population, some, selection, |_, source, _, _| {
                    sources.insert(source);
                })?;
            }
        }
        Ok(sources)
    }

    /// Shows `take` the edges of one edge population that are made: edge, source, target, and the number among the edges
    /// of the target.
    fn visit(
        &self,
        population: usize,
        node_ids: &[u64],
        selection: &Selection,
        mut take: impl FnMut(u64, u64, u64, u32),
    ) -> Result<(), Failure> {
        let (manager, edges) = (self.manager, &self.manager.edges[population].population);
        let (ids, targets) = edges.edges_to_with_targets(node_ids).map_err(Failure::bad_input)?;
        let sources = edges.sources(&ids).map_err(Failure::bad_input)?;
        // By target: the number of the next synapse, and the source of the last edge
        let mut counts: BTreeMap<u64, (u32, Option<u64>)> = BTreeMap::new();
        // Connections that an earlier run of edges of this population made
        let mut closed: BTreeSet<(u64, u64)> = BTreeSet::new();
        for ((id, &target), &source) in ids.iter().zip(&targets).zip(&sources) {
            let (count, last) = counts.entry(target).or_insert((0, None));
            let synapse_id = *count;
            *count += 1;
            if let Some(before) = last.filter(|before| *before != source) {
                closed.insert((before, target));
            }
            *last = Some(source);
            // Overrides take the first run of edges of a source only, as in neurodamus.
            let is_closed = matches!(selection, Selection::Matching(_)) && closed.contains(&(source, target));
            let is_selected = selection.selects((manager.source, source), (Some(manager.target), target));
            if !is_closed && is_selected && !self.is_deleted(source, target) {
                take(id, source, target, synapse_id);
            }
        }
        Ok(())
    }

    fn is_deleted(&self, source: u64, target: u64) -> bool {
        let gid = |population: usize, node: u64| Some(self.plan.populations[population].offset? + node);
        let source = self.manager.source.and_then(|population| gid(population, source));
        let ends = source.zip(gid(self.manager.target, target));
        ends.is_some_and(|(source, target)| {
            self.deleted.iter().any(|pathway| pathway.contains(source, target))
        })
    }
}

/// Numbers of synapses of each kind, by the population and node id of their cells. Cells without any have no entry.
pub type EdgeCounts = BTreeMap<(usize, u64), Vec<(ConnectionKind, u64)>>;

/// Counts the synapses of some cells without making them: only the ends of their edges are read.
///
/// # Errors
///
/// An edges file that cannot be read or does not fit, an override that is wrong.
pub fn count_edges(
    cells: &Target,
    input: &Input,
    plan: &Plan,
    deleted: &[Resolved],
) -> Result<EdgeCounts, Failure> {
    let overrides = Overrides::load(input, plan)?;
    let mut counts = EdgeCounts::new();
    for manager in &managers(input, plan)? {
        let chooser = Chooser { manager, overrides: &overrides, plan, deleted };
        let Some(selection) = chooser.selection()? else { continue };
        for some in cells.in_population(manager.target).chunks(CELLS_AT_ONCE) {
            for population in 0..manager.edges.len() {
                chooser.visit(population, some, &selection, |_, _, target, _| {
                    let kinds = counts.entry((manager.target, target)).or_default();
                    match kinds.iter_mut().find(|(kind, _)| *kind == manager.kind) {
                        Some((_, count)) => *count += 1,
                        None => kinds.push((manager.kind, 1)),
                    }
                })?;
            }
        }
    }
    Ok(counts)
}
