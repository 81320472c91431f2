//! Each type of modification of the cells that is not a drug.

use serde_json::{Value, json};

use crate::comparison::{Models, Network, compare};

/// Compares the network with one modification.
fn with(modification: Value) {
    with_all(json!([modification]));
}

fn with_all(modifications: Value) {
    compare(Models::BuiltIn, |network| network.set("conditions/modifications", modifications));
}

#[test]
fn all_sections() {
    with(json!({ "name": "a", "type": "configure_all_sections", "node_set": "Pyramidal",
        "section_configure": "%s.gnabar_hh = 0.11" }));
}

#[test]
fn one_after_the_other() {
    with_all(json!([
        { "name": "a", "type": "configure_all_sections", "node_set": "All", "section_configure": "%s.gkbar_hh *= 0.8" },
        { "name": "b", "type": "configure_all_sections", "node_set": "Basket",
            "section_configure": "%s.gkbar_hh += 0.002; %s.el_hh -= 1.5" },
    ]));
}

#[test]
fn lists_of_sections() {
    with(json!({ "name": "a", "type": "section_list", "node_set": "Slender",
        "section_configure": "apical.g_pas *= 2; apical.e_pas = -60" }));
}

#[test]
fn one_section() {
    with(
        json!({ "name": "a", "type": "section", "node_set": "All", "section_configure": "dend[1].g_pas = 0.0007" }),
    );
}

#[test]
fn places_of_a_compartment_set() {
    compare(Models::BuiltIn, |network: &Network| {
        let set = json!({ "places": {
            "population": "Basket", "compartment_set": [[0, 0, 0.5], [1, 6, 0.5], [1, 7, 0.7]],
        } });
        std::fs::write(network.path("compartment_sets.json"), set.to_string()).expect("a file");
        network.set("compartment_sets_file", "$CIRCUIT_DIR/compartment_sets.json");
        network.set(
            "conditions/modifications",
            json!([{ "name": "a", "type": "compartment_set", "compartment_set": "places",
                "section_configure": "cm *= 1.3" }]),
        );
    });
}
