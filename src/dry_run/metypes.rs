//! Cells by metype: morphological and electrical type, as `mtype-etype`.

use std::collections::BTreeMap;

use super::usage::Metypes;
use crate::failure::Failure;
use crate::plan::{Plan, Population};

/// Nodes whose attributes are read at once.
const NODES_AT_ONCE: usize = 100_000;

/// The simulated cells of every population by metype. Cells without these types go by the name of their template.
///
/// # Errors
///
/// An attribute that cannot be read.
pub fn metypes(plan: &Plan) -> Result<Vec<(String, Metypes)>, Failure> {
    let real = plan.populations.iter().filter(|population| !population.is_virtual);
    let of_population =
        |population: &Population| Ok((population.name.to_string(), of_population(population)?));
    real.filter(|population| !population.node_ids.is_empty()).map(of_population).collect()
}

fn of_population(population: &Population) -> Result<Metypes, Failure> {
    let nodes = &population.nodes;
    let attributes: &[&str] =
        if nodes.has("mtype") && nodes.has("etype") { &["mtype", "etype"] } else { &["model_template"] };
    let mut metypes = Metypes::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for node_ids in population.node_ids.chunks(NODES_AT_ONCE) {
        let columns: Result<Vec<Vec<String>>, _> =
            attributes.iter().map(|attribute| nodes.strings(attribute, node_ids)).collect();
        let columns = columns.map_err(Failure::bad_input)?;
        for (row, &node_id) in node_ids.iter().enumerate() {
            let parts: Vec<&str> =
                columns.iter().map(|column| column[row].trim_start_matches("hoc:")).collect();
            let name = parts.join("-");
            let place = match places.get(&name) {
                Some(&place) => place,
                None => {
                    places.insert(name.clone(), metypes.len());
                    metypes.push((name, Vec::new()));
                    metypes.len() - 1
                }
            };
            metypes[place].1.push(node_id as u32);
        }
    }
    Ok(metypes)
}
