//! Edge populations: `/edges/<population>/{source_node_id, target_node_id, 0/<attribute>, indices}`.
//!
//! Edges are read by target (or source) node through the file's index, in ascending edge id, and only the rows asked
//! for. A file without the index is read all the same: the index is made from the column of node ids, with a warning.
//! What an edge's attributes do to a synapse is decided elsewhere.

mod index;
mod write;

use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

pub use write::{EdgeTable, write_edges};

use crate::hdf5_file::dataset::Dataset;
use crate::hdf5_file::table::Table;
use crate::hdf5_file::{ElementType, Group, Hdf5Error, Result, open, rows, text_attribute};
use index::{Index, Runs};

const EDGES_REMEDY: &str = "an edges file has a group `/edges` with one group per population";
const IDS_REMEDY: &str = "an edge population needs the node ids of both ends, one for each edge";

/// An edge population, open for reading.
#[derive(Debug)]
pub struct EdgePopulation {
    name: String,
    group: Group,
    table: Table,
    len: u64,
    source: End,
    target: End,
}

/// One end of the edges: a column of node ids, the population they belong to, and where each node's edges are.
#[derive(Debug)]
struct End {
    population: String,
    ids: Dataset,
    index: Option<Index>,
    /// Stands in for an index that the file lacks
    runs: OnceLock<Runs>,
}

/// Edges of one population: ascending, disjoint ranges of edge ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EdgeIds {
    ranges: Vec<Range<u64>>,
}

impl EdgeIds {
    /// The edges `ids`, in whatever order they are given.
    pub fn new(ids: &[u64]) -> Self {
        Self { ranges: rows::coalesce(ids) }
    }

    /// All edges with ids in `range`.
    pub fn range(range: Range<u64>) -> Self {
        Self { ranges: if range.is_empty() { Vec::new() } else { vec![range] } }
    }

    /// The ascending, disjoint ranges of ids.
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }

    /// Number of edges.
    pub fn len(&self) -> u64 {
        rows::count(&self.ranges)
    }

    /// Whether there are no edges.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The ids in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.ranges.iter().cloned().flatten()
    }
}

/// The names of the edge populations in `path`, in alphabetical order.
///
/// # Errors
/// When the file cannot be read or has no group `/edges`.
pub fn edge_populations(path: &Path) -> Result<Vec<String>> {
    open(path)?.group("edges", EDGES_REMEDY)?.children(true)
}

impl EdgePopulation {
    /// Opens the population `name` of the edges file `path`.
    ///
    /// # Errors
    /// When the file cannot be read, has no such population, the columns of node ids are absent, differ in length or
    /// do not name their node population, an index has the wrong shape, or there is more than one attribute group.
    pub fn open(path: &Path, name: &str) -> Result<Self> {
        let group = open(path)?
            .group("edges", EDGES_REMEDY)?
            .group(name, "check the population's name in the circuit configuration")?;
        let source = End::open(&group, "source_node_id", "source_to_target")?;
        let target = End::open(&group, "target_node_id", "target_to_source")?;
        let len = target.ids.len();
        source.ids.expect_column(Some(len), "the node ids of both ends must have the same length")?;
        let table = Table::open(&group, len)?;
        Ok(Self { name: name.to_owned(), group, table, len, source, target })
    }

    /// The name of the population.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file that the population is in.
    pub fn file(&self) -> &Path {
        self.group.file_path()
    }

    /// Number of edges; their ids are 0 up to this.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the population has no edges.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The node population that the edges come from.
    pub fn source_population(&self) -> &str {
        &self.source.population
    }

    /// The node population that the edges go to.
    pub fn target_population(&self) -> &str {
        &self.target.population
    }

    /// The edges that end at any of the nodes `targets`. Nodes without edges add none.
    ///
    /// # Errors
    /// When the index is damaged: ranges out of bounds, out of order or shared between nodes.
    pub fn edges_to(&self, targets: &[u64]) -> Result<EdgeIds> {
        self.target.edges(targets, self.len)
    }

    /// The edges that start at any of the nodes `sources`. Nodes without edges add none.
    ///
    /// # Errors
    /// As for [`EdgePopulation::edges_to`].
    pub fn edges_from(&self, sources: &[u64]) -> Result<EdgeIds> {
        self.source.edges(sources, self.len)
    }

    /// As [`EdgePopulation::edges_to`], with the target of each edge; tells an index that leads to other nodes.
    ///
    /// # Errors
    /// As for [`EdgePopulation::edges_to`], or when the index and the column `target_node_id` disagree.
    pub fn edges_to_with_targets(&self, targets: &[u64]) -> Result<(EdgeIds, Vec<u64>)> {
        let edges = self.edges_to(targets)?;
        let found = self.targets(&edges)?;
        let mut wanted = targets.to_vec();
        wanted.sort_unstable();
        let stray = edges.iter().zip(&found).find(|(_, node)| wanted.binary_search(node).is_err());
        if let Some((edge, node)) = stray {
            return Err(Hdf5Error::Inconsistent {
                at: self.group.at("indices/target_to_source"),
                expected: "ranges of edges that end at the node looked up".into(),
                found: format!("edge {edge}, which ends at node {node}"),
                help: "the index does not belong to `target_node_id`: make the indices again".into(),
            });
        }
        Ok((edges, found))
    }

    /// The source node of each edge, in ascending edge id.
    ///
    /// # Errors
    /// When the column is damaged or an edge is not in the population.
    pub fn sources(&self, edges: &EdgeIds) -> Result<Vec<u64>> {
        self.check(edges)?;
        self.source.ids.unsigned(edges.ranges())
    }

    /// The target node of each edge, in ascending edge id.
    ///
    /// # Errors
    /// When the column is damaged or an edge is not in the population.
    pub fn targets(&self, edges: &EdgeIds) -> Result<Vec<u64>> {
        self.check(edges)?;
        self.target.ids.unsigned(edges.ranges())
    }

    /// The attributes in alphabetical order.
    pub fn attribute_names(&self) -> &[String] {
        self.table.names()
    }

    /// Whether the edges have the attribute.
    pub fn has(&self, attribute: &str) -> bool {
        self.table.has(attribute)
    }

    /// The type of an attribute.
    ///
    /// # Errors
    /// When the attribute is absent or has not one value for each edge.
    pub fn element_type(&self, attribute: &str) -> Result<ElementType> {
        self.table.element_type(attribute)
    }

    /// The numbers of `attribute`, in ascending edge id.
    ///
    /// # Errors
    /// When the attribute is absent, damaged or not a number, or an edge is not in the population.
    pub fn floats(&self, attribute: &str, edges: &EdgeIds) -> Result<Vec<f64>> {
        self.check(edges)?;
        self.table.floats(attribute, edges.ranges())
    }

    /// The integers of `attribute`, in ascending edge id.
    ///
    /// # Errors
    /// When the attribute is absent, damaged or not a whole number, or an edge is not in the population.
    pub fn integers(&self, attribute: &str, edges: &EdgeIds) -> Result<Vec<i64>> {
        self.check(edges)?;
        self.table.integers(attribute, edges.ranges())
    }

    /// The integers of `attribute`, none of them negative, in ascending edge id.
    ///
    /// # Errors
    /// As for [`EdgePopulation::integers`], or when one is negative.
    pub fn unsigned(&self, attribute: &str, edges: &EdgeIds) -> Result<Vec<u64>> {
        self.check(edges)?;
        self.table.unsigned(attribute, edges.ranges())
    }

    /// The texts of `attribute`, in ascending edge id.
    ///
    /// # Errors
    /// When the attribute is absent, damaged or not text, or an edge is not in the population.
    pub fn strings(&self, attribute: &str, edges: &EdgeIds) -> Result<Vec<String>> {
        self.check(edges)?;
        self.table.strings(attribute, edges.ranges())
    }

    fn check(&self, edges: &EdgeIds) -> Result<()> {
        match edges.ranges().last() {
            Some(last) if last.end > self.len => self.table.check_ids("edge", &[last.end - 1]),
            _ => Ok(()),
        }
    }
}

impl End {
    fn open(group: &Group, column: &str, index: &str) -> Result<Self> {
        let ids = group.dataset(column, IDS_REMEDY)?;
        ids.expect_column(None, IDS_REMEDY)?;
        let population = text_attribute(ids.location(), &ids.at, "node_population")?;
        let indices = match group.optional_group("indices")? {
            Some(indices) => indices.optional_group(index)?,
            None => None,
        };
        let index = indices.as_ref().map(Index::open).transpose()?;
        Ok(Self { population, ids, index, runs: OnceLock::new() })
    }

    fn edges(&self, nodes: &[u64], len: u64) -> Result<EdgeIds> {
        let ranges = match &self.index {
            Some(index) => index.edges(nodes, len)?,
            None => self.runs()?.edges(nodes),
        };
        Ok(EdgeIds { ranges })
    }

    fn runs(&self) -> Result<&Runs> {
        if let Some(runs) = self.runs.get() {
            return Ok(runs);
        }
        tracing::warn!(
            "`{}` has no index: made from all {} node ids; write the index into the file to save this time",
            self.ids.at,
            self.ids.len()
        );
        let runs = Runs::read(&self.ids)?;
        Ok(self.runs.get_or_init(|| runs))
    }
}
