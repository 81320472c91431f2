//! Node populations: `/nodes/<population>/{node_type_id, 0/<attribute>, 0/dynamics_params, 0/@library}`.
//!
//! Reads what the SONATA developer guide and libsonata agree on: one attribute group, ids that are row numbers, and
//! a size given by the length of `node_type_id`, whose values mean nothing. Only the rows asked for are read.
//! Which nodes a node set selects, and what an attribute does to a cell, is decided elsewhere.

mod node_sets;
mod orientation;
mod write;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

pub use orientation::Quaternion;
pub(crate) use write::write_columns;
pub use write::{NodeTable, write_nodes};

use crate::hdf5_file::table::Table;
use crate::hdf5_file::{ElementType, Group, Hdf5Error, Result, open};
use crate::node_sets::AttributeColumn;

const NODES_REMEDY: &str = "a nodes file has a group `/nodes` with one group per population";

/// A node population, open for reading.
#[derive(Debug)]
pub struct NodePopulation {
    name: String,
    len: u64,
    group: Group,
    table: Table,
    /// Whole attributes that node sets asked for
    columns: Mutex<BTreeMap<String, Arc<AttributeColumn>>>,
}

/// The names of the node populations in `path`, in alphabetical order.
///
/// # Errors
/// When the file cannot be read or has no group `/nodes`.
pub fn node_populations(path: &Path) -> Result<Vec<String>> {
    open(path)?.group("nodes", NODES_REMEDY)?.children(true)
}

impl NodePopulation {
    /// Opens the population `name` of the nodes file `path`.
    ///
    /// # Errors
    /// When the file cannot be read, has no such population, or the population has no `node_type_id` or more than one
    /// attribute group.
    pub fn open(path: &Path, name: &str) -> Result<Self> {
        let group = open(path)?
            .group("nodes", NODES_REMEDY)?
            .group(name, "check the population's name in the circuit configuration")?;
        let remedy = "its length is the size of the population: add it, or generate the file again";
        let types = group.dataset("node_type_id", remedy)?;
        types.expect_column(None, remedy)?;
        let len = types.len();
        let table = Table::open(&group, len)?;
        Ok(Self { name: name.to_owned(), len, group, table, columns: Mutex::default() })
    }

    /// The name of the population.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file that the population is in.
    pub fn file(&self) -> &Path {
        self.group.file_path()
    }

    /// Number of nodes; their ids are 0 up to this.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the population has no nodes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The attributes in alphabetical order; those of `dynamics_params` last, as `@dynamics:NAME`.
    pub fn attribute_names(&self) -> &[String] {
        self.table.names()
    }

    /// The names of the attributes that are stored as indices into a table of strings (`@library`).
    ///
    /// # Errors
    /// When the group cannot be read.
    pub fn enumeration_names(&self) -> Result<Vec<String>> {
        self.table.enumerations()
    }

    /// The table of strings of an enumerated attribute, `None` when the attribute is not enumerated.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn enumeration_values(&self, attribute: &str) -> Result<Option<Vec<String>>> {
        match self.table.library_table(attribute)? {
            Some(table) => table.strings(&table.all()).map(Some),
            None => Ok(None),
        }
    }

    /// Whether the population has the attribute (`@dynamics:NAME` for one of `dynamics_params`).
    pub fn has(&self, attribute: &str) -> bool {
        self.table.has(attribute)
    }

    /// The type of an attribute; an enumerated one is text.
    ///
    /// # Errors
    /// When the attribute is absent or has not one value for each node.
    pub fn element_type(&self, attribute: &str) -> Result<ElementType> {
        self.table.element_type(attribute)
    }

    /// The text of `attribute` for each of `ids`, in their order.
    ///
    /// # Errors
    /// When the attribute is absent, damaged or not text, or an id is not in the population.
    pub fn strings(&self, attribute: &str, ids: &[u64]) -> Result<Vec<String>> {
        self.table.gather(ids, |ranges| self.table.strings(attribute, ranges))
    }

    /// The number of `attribute` for each of `ids`, in their order.
    ///
    /// # Errors
    /// When the attribute is absent, damaged or not a number, or an id is not in the population.
    pub fn floats(&self, attribute: &str, ids: &[u64]) -> Result<Vec<f64>> {
        self.table.gather(ids, |ranges| self.table.floats(attribute, ranges))
    }

    /// The integer of `attribute` for each of `ids`, in their order; an enumerated one gives its indices.
    ///
    /// # Errors
    /// When the attribute is absent, damaged or not a whole number, or an id is not in the population.
    pub fn integers(&self, attribute: &str, ids: &[u64]) -> Result<Vec<i64>> {
        self.table.gather(ids, |ranges| self.table.integers(attribute, ranges))
    }

    /// The positions `x`, `y`, `z` (um) of `ids`.
    ///
    /// # Errors
    /// When a coordinate is absent or not a number, or an id is not in the population.
    pub fn positions(&self, ids: &[u64]) -> Result<Vec<[f64; 3]>> {
        let [x, y, z] = [self.floats("x", ids)?, self.floats("y", ids)?, self.floats("z", ids)?];
        Ok(x.into_iter().zip(y).zip(z).map(|((x, y), z)| [x, y, z]).collect())
    }

    /// Refuses ids that the population does not have.
    ///
    /// # Errors
    /// [`Hdf5Error::OutOfRange`], naming the largest id.
    pub fn check_ids(&self, ids: &[u64]) -> Result<(), Hdf5Error> {
        self.table.check_ids("node", ids)
    }
}
