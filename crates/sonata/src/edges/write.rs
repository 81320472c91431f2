//! Writes edges files with both indices, as the example circuits and tests need them.

use std::path::Path;

use super::index::Runs;
use crate::hdf5_file::create::{NewFile, NewGroup};
use crate::hdf5_file::{Column, Hdf5Error, Result};
use crate::nodes::write_columns;

/// An edge population to write.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EdgeTable {
    /// The name of the population, by custom `<source>__<target>__<type>`.
    pub name: String,
    /// The node population that the edges come from.
    pub source_population: String,
    /// The node population that the edges go to.
    pub target_population: String,
    /// Number of nodes in the source population.
    pub source_count: u64,
    /// Number of nodes in the target population.
    pub target_count: u64,
    /// The source node of each edge.
    pub sources: Vec<u64>,
    /// The target node of each edge; edges sorted by target are read fastest.
    pub targets: Vec<u64>,
    /// Attributes by name, each with a value for every edge.
    pub attributes: Vec<(String, Column)>,
}

/// Writes `populations` with both indices to a new edges file, replacing what was there.
///
/// # Errors
/// When columns differ in length, a node id is not in its population, or the file cannot be written.
pub fn write_edges(path: &Path, populations: &[EdgeTable]) -> Result<()> {
    let file = NewFile::create(path)?;
    let edges = file.group("edges")?;
    for population in populations {
        write_population(&edges.group(&population.name)?, population)?;
    }
    file.close()
}

fn write_population(group: &NewGroup, population: &EdgeTable) -> Result<()> {
    let len = population.targets.len();
    if population.sources.len() != len {
        return Err(Hdf5Error::Refused {
            at: group.at("source_node_id"),
            expected: format!("{len} values, as for `target_node_id`"),
            found: population.sources.len().to_string(),
            help: "correct the program that makes this population".into(),
        });
    }
    let indices = group.group("indices")?;
    let ends = [
        (
            "source",
            &population.sources,
            population.source_count,
            &population.source_population,
            "source_to_target",
        ),
        (
            "target",
            &population.targets,
            population.target_count,
            &population.target_population,
            "target_to_source",
        ),
    ];
    for (end, ids, count, name, index) in ends {
        let column = format!("{end}_node_id");
        if let Some(id) = ids.iter().find(|id| **id >= count) {
            return Err(Hdf5Error::Refused {
                at: group.at(&column),
                expected: format!("node ids below {count}"),
                found: id.to_string(),
                help: "correct the program that makes this population".into(),
            });
        }
        group.column(&column, ids)?.text_attribute("node_population", name)?;
        let (nodes, ranges) = Runs::of(ids).tables(count);
        let index = indices.group(index)?;
        index.pairs("node_id_to_ranges", &nodes)?;
        index.pairs("range_to_edge_id", &ranges)?;
    }
    // -1: edges are not described by a table of edge types
    group.column("edge_type_id", &vec![-1i64; len])?;
    write_columns(&group.group("0")?, len as u64, &population.attributes)
}
