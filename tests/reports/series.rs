//! A report as the series of each of its elements.

use crate::circuit::Ring;

/// One element of a report over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub population: String,
    pub node_id: u64,
    pub element_id: u32,
    pub values: Vec<f32>,
}

/// All elements of a report in the folder `output`, in its order.
pub fn series(ring: &Ring, name: &str) -> Vec<Series> {
    let mut all = Vec::new();
    for (layout, values) in ring.report("output", name) {
        let width = layout.element_ids.len();
        for (cell, pointers) in layout.node_ids.iter().zip(layout.index_pointers.windows(2)) {
            for column in pointers[0] as usize..pointers[1] as usize {
                all.push(Series {
                    population: layout.name.clone(),
                    node_id: *cell,
                    element_id: layout.element_ids[column],
                    values: values.iter().skip(column).step_by(width).copied().collect(),
                });
            }
        }
    }
    all
}

/// Runs the network with other reports, each a change of this one: every step of all cells' somata.
pub fn run_with(ring: &Ring, reports: &[(&str, serde_json::Value)]) {
    set(ring, reports);
    ring.run_on_ranks(1, "output", &["--threads=1"]).expect("it runs");
}

/// Puts other reports into the config.
pub fn set(ring: &Ring, reports: &[(&str, serde_json::Value)]) {
    ring.configure(|config| {
        let (dt, end) = (config["run"]["dt"].clone(), config["run"]["tstop"].clone());
        let mut all = serde_json::Map::new();
        for (name, changes) in reports {
            let mut report = serde_json::json!({
                "type": "compartment", "cells": "All", "dt": dt, "start_time": 0.0, "end_time": end,
            });
            for (key, value) in changes.as_object().expect("an object") {
                report[key] = value.clone();
            }
            all.insert((*name).to_owned(), report);
        }
        config["reports"] = all.into();
    });
}
