//! The network with gap junctions.

use serde_json::json;
use sonata::Column;
use sonata::edges::{EdgeTable, write_edges};

use crate::circuit::Ring;

/// One side of a junction: population, node id, section id and relative position.
pub type Side = (&'static str, u64, u32, f32);

/// A gap junction: its sides and its conductance (nS).
pub type Junction = (Side, Side, f32);

const COUNTS: [(&str, u64); 3] = [("Pyramidal", 14), ("Basket", 6), ("Drive", 4)];

/// Junctions between neighbouring basket cells, between some pyramidal cells, between the two kinds, and within a cell.
pub fn usual() -> Vec<Junction> {
    let mut junctions = Vec::new();
    for basket in 0..6 {
        let place = 0.1 + 0.15 * basket as f32;
        let next = (basket + 1) % 6;
        junctions.push((("Basket", basket, 7, place), ("Basket", next, 6, 0.5), 1.5 + basket as f32));
    }
    junctions.push((("Basket", 0, 0, 0.5), ("Basket", 3, 0, 0.5), 0.7));
    junctions.push((("Basket", 0, 0, 0.5), ("Basket", 4, 0, 0.5), 0.7));
    junctions.push((("Pyramidal", 0, 5, 0.3), ("Pyramidal", 7, 6, 0.9), 4.0));
    junctions.push((("Pyramidal", 3, 0, 0.0), ("Pyramidal", 9, 4, 1.0), 2.0));
    junctions.push((("Pyramidal", 5, 5, 0.5), ("Basket", 2, 8, 0.5), 3.0));
    junctions.push((("Basket", 5, 6, 0.2), ("Basket", 5, 9, 0.8), 1.0));
    junctions
}

/// The edge populations of junctions: each side of a junction is an edge that ends there.
pub fn edges(junctions: &[Junction]) -> Vec<EdgeTable> {
    let mut tables = Vec::new();
    for (source, source_count) in COUNTS {
        for (target, target_count) in COUNTS {
            // Target, source, section, position, conductance, id of the voltage here, id of the other one
            let mut rows: Vec<(u64, u64, u32, f32, f32, u64, u64)> = Vec::new();
            for (number, &(one, other, conductance)) in (0..).zip(junctions) {
                let ids = (1_000_000_007 * (2 * number + 1), 1_000_000_007 * (2 * number + 2));
                for (here, there, ids) in [(one, other, ids), (other, one, (ids.1, ids.0))] {
                    if (there.0, here.0) == (source, target) {
                        rows.push((here.1, there.1, here.2, here.3, conductance, ids.0, ids.1));
                    }
                }
            }
            if rows.is_empty() {
                continue;
            }
            rows.sort_by_key(|row| (row.0, row.1));
            let attributes = [
                ("afferent_section_id", Column::UInt32(rows.iter().map(|row| row.2).collect())),
                ("afferent_section_pos", Column::Float32(rows.iter().map(|row| row.3).collect())),
                ("conductance", Column::Float32(rows.iter().map(|row| row.4).collect())),
                ("afferent_junction_id", Column::UInt64(rows.iter().map(|row| row.5).collect())),
                ("efferent_junction_id", Column::UInt64(rows.iter().map(|row| row.6).collect())),
            ];
            tables.push(EdgeTable {
                name: format!("{source}__{target}__electrical"),
                source_population: source.to_owned(),
                target_population: target.to_owned(),
                source_count,
                target_count,
                sources: rows.iter().map(|row| row.1).collect(),
                targets: rows.iter().map(|row| row.0).collect(),
                attributes: attributes.map(|(name, column)| (name.to_owned(), column)).to_vec(),
            });
        }
    }
    tables.sort_by(|one, other| one.name.cmp(&other.name));
    tables
}

/// Adds electrical edges to the circuit, in `gaps.h5`.
pub fn add(ring: &Ring, tables: &[EdgeTable]) {
    write_edges(&ring.path("gaps.h5"), tables).expect("the edges");
    let populations: serde_json::Map<String, serde_json::Value> =
        tables.iter().map(|table| (table.name.clone(), json!({ "type": "electrical" }))).collect();
    ring.change_json("circuit_config.json", |config| {
        let edges = config["networks"]["edges"].as_array_mut().expect("a list");
        edges.push(json!({ "edges_file": "$CIRCUIT_DIR/gaps.h5", "populations": populations }));
    });
}

/// The network with the usual junctions, for a simulation of `stop` ms.
pub fn coupled(stop: f64) -> Ring {
    let ring = Ring::lasting(stop);
    add(&ring, &edges(&usual()));
    ring
}
