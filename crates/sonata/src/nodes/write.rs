//! Writes nodes files, as the example circuits and tests need them.

use std::path::Path;

use crate::hdf5_file::create::{NewFile, NewGroup};
use crate::hdf5_file::{Column, Hdf5Error, Result};

/// A node population to write.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeTable {
    /// The name of the population.
    pub name: String,
    /// Number of nodes.
    pub len: u64,
    /// Attributes by name, each with a value for every node.
    pub attributes: Vec<(String, Column)>,
    /// Attributes of `dynamics_params` by name (without `@dynamics:`), each with a value for every node.
    pub dynamics: Vec<(String, Column)>,
}

/// Writes `populations` to a new nodes file, replacing what was there.
///
/// # Errors
/// When a column has not one value for each node, or the file cannot be written.
pub fn write_nodes(path: &Path, populations: &[NodeTable]) -> Result<()> {
    let file = NewFile::create(path)?;
    let nodes = file.group("nodes")?;
    for population in populations {
        let group = nodes.group(&population.name)?;
        // -1: nodes are not described by a table of node types
        group.column("node_type_id", &vec![-1i64; population.len as usize])?;
        let attributes = group.group("0")?;
        write_columns(&attributes, population.len, &population.attributes)?;
        if !population.dynamics.is_empty() {
            let dynamics = attributes.group("dynamics_params")?;
            write_columns(&dynamics, population.len, &population.dynamics)?;
        }
    }
    file.close()
}

/// Writes the columns of an attribute group and the string tables of its enumerated ones.
pub(crate) fn write_columns(group: &NewGroup, len: u64, columns: &[(String, Column)]) -> Result<()> {
    let refused = |name: &str, expected: String, found: String| Hdf5Error::Refused {
        at: group.at(name),
        expected,
        found,
        help: "correct the program that makes this population".into(),
    };
    let mut library = None;
    for (name, column) in columns {
        if column.len() as u64 != len {
            return Err(refused(name, format!("{len} values"), format!("{}", column.len())));
        }
        group.attribute_column(name, column)?;
        let Column::Library { values, indices } = column else { continue };
        if let Some(index) = indices.iter().find(|i| **i as usize >= values.len()) {
            return Err(refused(name, format!("indices below {}", values.len()), index.to_string()));
        }
        let tables = match &library {
            Some(tables) => tables,
            None => library.insert(group.group("@library")?),
        };
        tables.texts(name, values)?;
    }
    Ok(())
}
