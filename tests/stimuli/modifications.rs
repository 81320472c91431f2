//! What modifications change.

use serde_json::{Value, json};

use crate::circuit::Ring;
use crate::network::{Outputs, input, quiet, run, stimulate, voltages};

/// The network with currents that make all cells spike.
fn active() -> Ring {
    let ring = quiet(20.0);
    stimulate(&ring, &[("drive", input("linear", json!({"amp_start": 0.6, "duration": 18.0})))]);
    ring
}

fn modify(ring: &Ring, modifications: Value) -> Outputs {
    ring.configure(|config| config["conditions"]["modifications"] = modifications);
    run(ring)
}

fn spiking(outputs: &Outputs, ring: &Ring, population: &str) -> usize {
    assert!(!outputs.0.is_empty());
    let found = ring.spikes("found").into_iter().find(|spikes| spikes.name == population);
    found.map_or(0, |spikes| spikes.node_ids.len())
}

#[test]
fn cells_without_sodium_channels_do_not_spike() {
    let ring = active();
    let outputs = modify(&ring, json!([]));
    assert!(spiking(&outputs, &ring, "Basket") > 0);
    let without = json!({"name": "no sodium", "node_set": "Basket"});
    let of = |kind: &str, snippet: &str| {
        let mut modification = without.clone();
        modification["type"] = kind.into();
        modification["section_configure"] = snippet.into();
        json!([modification])
    };
    let outputs = modify(&ring, of("section_list", "all.gnabar_hh = 0"));
    assert_eq!(spiking(&outputs, &ring, "Basket"), 0);
    assert!(spiking(&outputs, &ring, "Pyramidal") > 0, "the others still do");
    for (kind, snippet) in [
        ("configure_all_sections", "%s.gnabar_hh = 0"),
        ("configure_all_sections", "%s.gnabar_hh = %s.gnabar_hh - %s.gnabar_hh"),
        ("section_list", "all.gnabar_hh *= 0.0"),
    ] {
        assert!(modify(&ring, of(kind, snippet)) == outputs, "{kind} {snippet}");
    }
}

#[test]
fn a_section_and_its_only_compartment_are_the_same() {
    let ring = active();
    let unchanged = modify(&ring, json!([]));
    let by_section = modify(
        &ring,
        json!([{"name": "soma", "type": "section", "node_set": "First", "section_configure": "soma[0].gnabar_hh = 0.01"}]),
    );
    assert!(by_section != unchanged);
    let by_compartment = modify(
        &ring,
        json!([{"name": "soma", "type": "compartment_set", "compartment_set": "Soma",
            "section_configure": "gnabar_hh = 0.01"}]),
    );
    assert!(by_compartment == by_section);
}

/// Modifications act in their order, each on what the one before left.
#[test]
fn later_modifications_count() {
    let ring = active();
    let list = |name: &str, snippet: &str| json!({"name": name, "type": "section_list", "node_set": "All", "section_configure": snippet});
    let expected = modify(&ring, json!([list("one", "somatic.gnabar_hh = 0.12")]));
    let found = modify(
        &ring,
        json!([list("one", "somatic.gnabar_hh = 0.06"), list("two", "somatic.gnabar_hh *= 2")]),
    );
    assert!(found == expected);
    let found = modify(
        &ring,
        json!([list("two", "somatic.gnabar_hh *= 2"), list("one", "somatic.gnabar_hh = 0.12")]),
    );
    assert!(found == expected);
}

/// Channels that know nothing of tetrodotoxin go on as before.
#[test]
fn tetrodotoxin_acts_on_channels_that_read_it() {
    let ring = active();
    let unchanged = modify(&ring, json!([]));
    let found = modify(&ring, json!([{"name": "ttx", "type": "ttx", "node_set": "All"}]));
    assert!(found == unchanged);
    let sensitive = "NEURON { SUFFIX NaTTX\n USEION na READ ena WRITE ina\n USEION ttx READ ttxo, ttxi VALENCE 1\n \
        RANGE gbar }\n UNITS { (mV) = (millivolt) (S) = (siemens) (mA) = (milliamp) (mM) = (milli/liter) }\n\
        PARAMETER { gbar = 0 (S/cm2) }\n ASSIGNED { v (mV) ena (mV) ina (mA/cm2) ttxo (mM) ttxi (mM) block }\n\
        INITIAL { block = 1\n if (ttxi == 0.015625 && ttxo > 1e-12) { block = 0 } }\n\
        BREAKPOINT { ina = block*gbar*(v - ena) }\n";
    std::fs::create_dir(ring.path("mechanisms")).expect("a folder");
    std::fs::write(ring.path("mechanisms/NaTTX.mod"), sensitive).expect("the mechanism");
    ring.replace(
        "templates/RingCell.hoc",
        "    insert pas",
        "    insert NaTTX\n    gbar_NaTTX = 3e-6\n    insert pas",
    );
    ring.change_json("circuit_config.json", |circuit| {
        circuit["components"]["mechanisms_dir"] = "mechanisms".into();
    });
    modify(&ring, json!([]));
    let leaky = voltages(&ring, "Pyramidal", 0)[9];
    modify(&ring, json!([{"name": "ttx", "type": "ttx", "node_set": "First"}]));
    let blocked = voltages(&ring, "Pyramidal", 0)[9];
    assert!(leaky - blocked > 0.01, "{leaky} and {blocked} mV");
}

#[test]
fn a_modification_of_nothing_is_told() {
    let ring = active();
    ring.configure(|config| {
        config["run"]["tstop"] = 1.0.into();
        config["reports"] = json!({});
        config["conditions"]["modifications"] = json!([
            {"name": "typo", "type": "section_list", "node_set": "All", "section_configure": "all.gnabar_hhh = 0"},
            {"name": "far", "type": "section", "node_set": "All", "section_configure": "apic[1000].cm = 1"},
            {"name": "fine", "type": "section", "node_set": "All", "section_configure": "soma[0].cm = 1"}
        ]);
    });
    let output = ring.run_program(&["--threads=1"]);
    assert!(output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    let warnings: Vec<&str> = errors.lines().filter(|line| line.contains("modification")).collect();
    insta::assert_snapshot!(warnings.join("\n"), @"
    warning: modification `typo` was applied to no section: check its cells and `section_configure`
    warning: modification `typo`: no section has an attribute `gnabar_hhh`, did you mean `gnabar_hh`?
    warning: modification `far` was applied to no section: check its cells and `section_configure`
    ");
}
