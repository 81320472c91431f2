//! The state of chosen cells as JSON, and the size of the model.

use std::fs;

use serde_json::Value;

use crate::circuit::Ring;

fn state(ring: &Ring, gid: u64, t: &str) -> Value {
    let text = fs::read_to_string(ring.path(&format!("output/cellstate_{gid}_t{t}.json"))).expect("the file");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn state_of_cells_is_written_at_the_start_and_the_end() {
    let ring = Ring::lasting(12.0);
    let list = "--dump-cell-state=2000,3,2000-2001";
    ring.run_on_ranks(2, "output", &[list, "--threads=1"]).expect("it runs");
    let cell = &state(&ring, 2000, "0.0")["RingCell"];
    assert_eq!((cell["gid"].as_f64(), cell["nSecAll"].as_f64()), (Some(2000.0), Some(16.0)));
    let soma = &cell["sections"][0];
    assert_eq!(soma["name"], "soma[0]");
    assert_eq!((soma["Ra"].as_f64(), soma["nseg"].as_u64()), (Some(100.0), Some(1)));
    assert_eq!(soma["rallbranch"].as_f64(), Some(1.0));
    let segment = &soma["segments"][0];
    assert_eq!((segment["v"].as_f64(), segment["cm"].as_f64()), (Some(-65.0), Some(1.0)));
    assert_eq!(segment["hh"]["gnabar"].as_f64(), Some(0.16));
    // Values of NEURON for Hodgkin and Huxley's channels at rest
    assert_eq!(segment["hh"]["m"].as_f64(), Some(0.05293248525725));
    assert_eq!(segment["na_ion"]["ena"].as_f64(), Some(50.0));
    let (gna, ina) = (&segment["hh"]["gna"], &segment["na_ion"]["ina"]);
    let expected = gna.as_f64().expect("a number") * -115.0;
    assert!((ina.as_f64().expect("a number") - expected).abs() < 1e-12);
    assert_eq!(segment["na_ion"]["dina_dv_"].as_f64(), gna.as_f64());

    let count = cell["n_synapses"].as_u64().expect("a number");
    assert!(count > 5);
    assert_eq!(cell["synapses"].as_array().map(|all| all.len() as u64), Some(count));
    let connection = &cell["netcons"][0];
    assert!(connection["weight"].as_f64().is_some_and(|weight| weight > 0.0));
    assert!(connection["target_syn"].as_str().is_some_and(|name| name.contains("Syn[")));
    assert_eq!(connection["x"].as_f64(), Some(-65.0));

    let later = &state(&ring, 2000, "12.0")["RingCell"];
    assert_ne!(later["sections"][0]["segments"][0]["v"], segment["v"]);
    assert!(ring.path("output/cellstate_3_t12.0.json").exists());
    assert!(ring.path("output/cellstate_2001_t0.0.json").exists());
    assert!(!ring.path("output/cellstate_4_t0.0.json").exists());
}

/// Looking at cells changes nothing, and neither does the number of ranks change what is seen.
#[test]
fn looking_changes_nothing() {
    let ring = Ring::lasting(30.0);
    ring.run_on_ranks(1, "plain", &["--threads=1"]).expect("it runs");
    ring.run_on_ranks(1, "output", &["--dump-cell-state=2000-2013"]).expect("it runs");
    assert_eq!(ring.spikes("plain"), ring.spikes("output"));
    assert_eq!(ring.report("plain", "segments"), ring.report("output", "segments"));
    let expected: Vec<Value> = (2000..2014).map(|gid| state(&ring, gid, "30.0")).collect();
    ring.run_on_ranks(3, "output", &["--dump-cell-state=2000-2013", "--group-size=1"]).expect("it runs");
    let found: Vec<Value> = (2000..2014).map(|gid| state(&ring, gid, "30.0")).collect();
    assert_eq!(found, expected);
}

#[test]
fn size_of_the_model_is_shown() {
    let ring = Ring::lasting(1.0);
    let output = ring.run_program(&["--model-stats", "--threads=1", "--group-size=1000"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    // Bytes depend on what the kernels of a mechanism need to keep
    let names_and_counts = text.lines().map(|line| line.get(..35).unwrap_or(line).trim_end());
    insta::assert_snapshot!(names_and_counts.collect::<Vec<_>>().join("\n"), @"
    model                         count
    cells                            20
    compartments                    971
    connections                     249
    nodes                          1226
    points of signals                76
    reported values                 592
    section names                    35
    sections                        235
    watched voltages                 20

    mechanism                     count
    Exp2Syn                          48
    ExpSyn                          201
    IClamp                            1
    MembraneCurrentSource            27
    VecStim                          12
    hh                              140
    pas                             831

    ion                           count
    k                               140
    na                              140

    synapses of edges             count
    Exp2Syn                          48
    ExpSyn                          201

    in all
    ");
    let total = text.lines().last().and_then(|line| line.split_whitespace().last());
    assert!(
        total.and_then(|total| total.parse::<f64>().ok()).is_some_and(|total| (0.1..1.0).contains(&total))
    );
}
