//! What each kind of report holds, in numbers that follow from one another.

use serde_json::json;

use crate::circuit::Ring;
use crate::series::{Series, run_with, series};

const SODIUM_REVERSAL: f64 = 50.0;

/// Asserts that two series are equal but for single precision.
fn assert_close(found: &[f32], expected: impl Iterator<Item = f64>, what: &str) {
    let mut count = 0;
    for (row, (&found, expected)) in found.iter().zip(expected).enumerate() {
        let bound = 1e-6 + 1e-5 * expected.abs();
        assert!((f64::from(found) - expected).abs() <= bound, "{what}, row {row}: {found}, not {expected}");
        count += 1;
    }
    assert_eq!(count, found.len(), "{what}");
}

/// Densities are those of the last tree matrix: of the voltage before the step. Its first row is 0.
#[test]
fn currents_belong_to_the_voltage_before_the_step() {
    let ring = Ring::lasting(12.0);
    let soma = |name: &str| json!({ "variable_name": name, "sections": "soma" });
    let names = ["v", "ina", "na_ion.ina", "ena", "gna_hh", "hh.gna", "hh.il", "il_hh", "m_hh", "hh.m"];
    let reports: Vec<(&str, serde_json::Value)> = names.iter().map(|name| (*name, soma(name))).collect();
    run_with(&ring, &reports);
    let all: Vec<Vec<Series>> = names.iter().map(|name| series(&ring, name)).collect();
    let [v, ina, ina_of_ion, ena, gna, gna_of_hh, il, il_hh, m, m_of_hh] = &all[..] else { unreachable!() };
    for (one, other) in [(ina, ina_of_ion), (gna, gna_of_hh), (il, il_hh), (m, m_of_hh)] {
        assert_eq!(one, other, "two names of the same");
    }
    assert_eq!(v.len(), 20);
    for cell in 0..v.len() {
        let before = |row: usize| f64::from(v[cell].values[row - 1]);
        let rows = 1..v[cell].values.len();
        let zero = std::iter::once(0.0);
        let sodium =
            rows.clone().map(|row| f64::from(gna[cell].values[row]) * (before(row) - SODIUM_REVERSAL));
        assert_close(&ina[cell].values, zero.clone().chain(sodium), "ina");
        let leak = rows.map(|row| 0.0003 * (before(row) + 54.3));
        assert_close(&il[cell].values, zero.chain(leak), "il");
        assert!(ena[cell].values.iter().all(|value| *value == SODIUM_REVERSAL as f32));
        assert!(m[cell].values[0] > 0.05, "states are initialised");
    }
    assert!(ina[6].values.iter().any(|value| *value < -0.1), "the kicked cell spikes");
}

/// What leaves a cell through its membrane comes in through electrodes, and nowhere else.
#[test]
fn membrane_currents_cancel() {
    let ring = Ring::lasting(12.0);
    let sum = |names: &str| json!({ "type": "summation", "variable_name": names });
    run_with(
        &ring,
        &[("membrane", sum("i_membrane")), ("electrode", sum("IClamp")), ("both", sum("i_membrane, IClamp"))],
    );
    let (membrane, electrode) = (series(&ring, "membrane"), series(&ring, "electrode"));
    for (cell, both) in series(&ring, "both").iter().enumerate() {
        assert_eq!(both.element_id, 0);
        assert!(both.values.iter().all(|sum| sum.abs() < 1e-12), "{both:?}");
        let entering = electrode[cell].values.iter().map(|current| -f64::from(*current));
        assert_close(&membrane[cell].values, entering, "i_membrane");
    }
    // From 5 ms on; the pulse of a step is that of its middle
    let kicked: Vec<f32> = electrode[6].values.clone();
    assert_eq!((kicked[200], kicked[201], kicked[280], kicked[282]), (0.0, -1.5, -1.5, 0.0));
    assert!(
        electrode.iter().enumerate().all(|(cell, own)| cell == 6 || own.values.iter().all(|i| *i == 0.0))
    );
}

#[test]
fn sums_are_those_of_compartments() {
    let ring = Ring::lasting(3.0);
    let part = |kind: &str, sections: &str, scaling: &str| json!({ "type": kind, "variable_name": "v", "sections": sections, "scaling": scaling, "compartments": "all" });
    run_with(
        &ring,
        &[
            ("all", part("compartment", "all", "area")),
            ("whole", part("summation", "soma", "none")),
            ("each", part("summation", "all", "none")),
            ("scaled", part("summation", "dend", "area")),
            ("dend", part("compartment", "dend", "none")),
            ("diameters", json!({ "variable_name": "diam", "sections": "dend" })),
        ],
    );
    let all = series(&ring, "all");
    assert_eq!(series(&ring, "each"), all, "one element for each compartment");
    let whole = series(&ring, "whole");
    assert_eq!(whole.len(), 20);
    for cell in &whole {
        let own: Vec<&Series> = all
            .iter()
            .filter(|part| (&part.population, part.node_id) == (&cell.population, cell.node_id))
            .collect();
        assert!(own.len() > 20);
        let sums = (0..cell.values.len()).map(|row| own.iter().map(|part| f64::from(part.values[row])).sum());
        assert_close(&cell.values, sums, "v");
    }
    // An axon, dendrites or apical dendrites give an element for each compartment, too
    let (scaled, dend) = (series(&ring, "scaled"), series(&ring, "dend"));
    assert_eq!(scaled.len(), dend.len());
    for (scaled, plain) in scaled.iter().zip(&dend) {
        assert_eq!(scaled.element_id, plain.element_id);
        let area = f64::from(scaled.values[0]) / f64::from(plain.values[0]);
        assert!(area > 0.01, "{area}");
        assert_close(&scaled.values, plain.values.iter().map(|v| area * f64::from(*v)), "v by area");
    }
    let constant = |series: &Series| series.values.windows(2).all(|pair| pair[0] == pair[1]);
    assert!(series(&ring, "diameters").iter().all(|own| constant(own) && own.values[0] > 0.1));
}

/// Variables that a compartment does not have count as 0; several count together.
#[test]
fn sums_skip_what_is_not_there() {
    let ring = Ring::lasting(12.0);
    let sum = |names: &str, scaling: &str| json!({ "type": "summation", "variable_name": names, "scaling": scaling });
    run_with(
        &ring,
        &[
            ("leak", sum("pas", "area")),
            ("sodium", sum("ina", "area")),
            ("two", sum("pas, ina", "area")),
            ("nothing", sum("nonsense.i", "area")),
        ],
    );
    let (leak, sodium) = (series(&ring, "leak"), series(&ring, "sodium"));
    for (cell, two) in series(&ring, "two").iter().enumerate() {
        let sums = leak[cell].values.iter().zip(&sodium[cell].values);
        assert_close(
            &two.values,
            sums.map(|(one, other)| f64::from(*one) + f64::from(*other)),
            "pas and ina",
        );
    }
    assert!(series(&ring, "nothing").iter().all(|own| own.values.iter().all(|value| *value == 0.0)));
}

/// Elements of a synapse report are the synapses of edges, by their numbers among those that end at the cell.
#[test]
fn synapses_are_reported_by_their_numbers() {
    let ring = Ring::lasting(30.0);
    let synapse = |name: &str| json!({ "type": "synapse", "variable_name": name, "sections": "all", "cells": "Pyramidal" });
    let sum = json!({
        "type": "summation", "variable_name": "ExpSyn.g", "scaling": "none", "cells": "Pyramidal"
    });
    run_with(
        &ring,
        &[
            ("conductances", synapse("ExpSyn.g")),
            ("currents", synapse("ExpSyn")),
            ("decays", synapse("Exp2Syn.tau2")),
            ("any", synapse("Exp.g")),
            ("sums", sum),
        ],
    );
    let conductances = series(&ring, "conductances");
    let decays = series(&ring, "decays");
    assert!(decays.iter().all(|own| own.values.iter().all(|tau| *tau == 8.0)));
    assert_eq!(
        series(&ring, "any").len(),
        conductances.len() + decays.len(),
        "names match by their beginning"
    );
    assert!(series(&ring, "currents").iter().any(|own| own.values.iter().any(|i| *i < -0.01)));
    let mut total = 0;
    for sum in series(&ring, "sums") {
        let own: Vec<&Series> = conductances.iter().filter(|part| part.node_id == sum.node_id).collect();
        let mut ids: Vec<u32> = own.iter().map(|part| part.element_id).collect();
        total += ids.len();
        ids.sort_unstable();
        let sums = (0..sum.values.len()).map(|row| own.iter().map(|part| f64::from(part.values[row])).sum());
        assert_close(&sum.values, sums, "g");
    }
    let edges = hdf5::File::open(ring.path("edges.h5")).expect("the edges");
    let count = |name: &str| {
        edges.dataset(&format!("edges/{name}__Pyramidal__chemical/source_node_id")).expect("edges").size()
    };
    assert_eq!(total, count("Pyramidal") + count("Drive"));
    assert_eq!(decays.len(), count("Basket"));
}

/// A compartment set gives the same as all compartments at its points.
#[test]
fn compartment_sets_are_compartments() {
    let ring = Ring::lasting(12.0);
    let points = json!([[0, 0, 0.5], [0, 4, 0.0], [0, 4, 0.9], [3, 5, 1.0], [3, 6, 0.1]]);
    let sets = json!({ "some": { "population": "Pyramidal", "compartment_set": points } });
    std::fs::write(ring.path("compartment_sets.json"), sets.to_string()).expect("a file");
    ring.configure(|config| config["compartment_sets_file"] = "compartment_sets.json".into());
    let set =
        |name: &str| json!({ "type": "compartment_set", "compartment_set": "some", "variable_name": name });
    let all = |name: &str| json!({ "variable_name": name, "sections": "all", "cells": "Pyramidal" });
    run_with(
        &ring,
        &[("set", set("v")), ("all", all("v")), ("set_i", set("i_membrane")), ("all_i", all("i_membrane"))],
    );
    let found = series(&ring, "set");
    let ids: Vec<(u64, u32)> = found.iter().map(|own| (own.node_id, own.element_id)).collect();
    assert_eq!(ids, [(0, 0), (0, 4), (0, 4), (3, 5), (3, 6)]);
    for (set, all) in [("set", "all"), ("set_i", "all_i")] {
        let (set, all) = (series(&ring, set), series(&ring, all));
        let of = |own: &Series| -> Vec<&Series> {
            all.iter()
                .filter(|part| (part.node_id, part.element_id) == (own.node_id, own.element_id))
                .collect()
        };
        assert_eq!(set[0].values, of(&set[0])[0].values);
        assert_eq!(
            set[2].values,
            of(&set[2]).last().expect("a segment").values,
            "at 0.9 in the last segment"
        );
        assert_eq!(set[4].values, of(&set[4])[0].values, "at 0.1 in the first segment");
    }
    // At the ends of a section the voltage is that of the node there, not of a segment
    assert!(found[1].values != found[2].values && found[3].values[0] == -65.0);
}

/// The sums of a report lag behind more and more, as in neurodamus with NEURON: by one step from row 1250 on. With
/// CoreNEURON they do not.
#[test]
fn sums_drift() {
    let ring = Ring::lasting(130.0);
    let first = |kind: &str, dt: f64| {
        json!({ "type": kind, "variable_name": "v", "cells": "First", "sections": "all", "compartments": "center",
                "scaling": "none", "dt": dt })
    };
    run_with(&ring, &[("steps", first("compartment", 0.025)), ("sums", first("summation", 0.1))]);
    let (steps, sums) = (&series(&ring, "steps")[0].values, &series(&ring, "sums")[0].values);
    assert_eq!(sums.len(), 1300);
    for (row, sum) in sums.iter().enumerate() {
        let lag = usize::from(row >= 1250);
        assert_eq!(*sum, steps[4 * row - lag], "row {row}");
    }
    ring.configure(|config| config["target_simulator"] = "CORENEURON".into());
    run_with(&ring, &[("sums", first("summation", 0.1))]);
    let exact = &series(&ring, "sums")[0].values;
    assert!(exact.iter().enumerate().all(|(row, sum)| *sum == steps[4 * row]));
}

#[test]
fn windows_and_intervals_are_those_of_neurodamus() {
    let ring = Ring::lasting(4.0);
    let v = |start: f64, end: f64, dt: f64| json!({ "variable_name": "v", "cells": "First", "start_time": start, "end_time": end, "dt": dt });
    run_with(
        &ring,
        &[
            ("all", v(0.0, 4.0, 0.025)),
            ("late", v(2.0, 100.0, 0.5)),
            ("off", v(0.6, 4.0, 1.0)),
            // 0.09 ms are 3.6 steps of 0.025 ms, of which 3 count, while the file says 0.09
            ("truncated", v(0.0, 0.9, 0.09)),
        ],
    );
    let all = &series(&ring, "all")[0].values;
    let rows = |name: &str| series(&ring, name)[0].values.clone();
    assert_eq!(rows("late"), [all[80], all[100], all[120], all[140]]);
    // Rows count from the nearest interval, samples from the start
    assert_eq!(rows("off"), [all[24], all[64], all[104]]);
    assert_eq!(ring.report("output", "off")[0].0.time, [1.0, 4.0, 1.0]);
    let truncated: Vec<f32> = (0..10).map(|row| all[3 * row]).collect();
    assert_eq!(rows("truncated"), truncated);
}
