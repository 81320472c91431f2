//! What helps to find faults: states of single cells as JSON, those of neurodamus's `dump_cellstate`, and cells as points.

use serde_json::json;

use crate::comparison::{compare_points, compare_states};

/// Cells with recurrent, thalamic and inhibitory synapses, with spontaneous and replayed release: the names count
/// synapses and connections of all cells, and connections come in the order of their sources.
#[test]
fn states_of_cells_are_those_of_neurodamus() {
    let count = compare_states(&[0, 1, 1000, 1003, 1005], |network| {
        network.set(
            "connection_overrides",
            json!([
                { "name": "own", "source": "All", "target": "All", "spont_minis": 2.0 },
                { "name": "weak", "source": "Pyramidal", "target": "Basket", "weight": 0.5 },
            ]),
        );
    });
    assert!(count > 10_000, "{count} values");
}

/// Sections and globals that the config changes, and gap junctions, which are no synapses.
#[test]
fn states_of_modified_cells_are_those_of_neurodamus() {
    let count = compare_states(&[0, 1000], |network| {
        network.add_gap_junctions();
        network.set(
            "conditions/modifications",
            json!([{
                "name": "quiet", "type": "configure_all_sections", "node_set": "All",
                "section_configure": "%s.Ra = 150",
            }]),
        );
    });
    assert!(count > 2_000, "{count} values");
}

/// Each of the eight cells spikes once, as nothing brings its voltage down again; neurodamus cannot give them stimuli.
#[test]
fn cells_as_points_are_those_of_neurodamus() {
    let spikes = compare_points(|network| {
        network.configure(|config| {
            let inputs = config["inputs"].as_object_mut().expect("inputs");
            inputs.retain(|_, input| input["module"] == "synapse_replay");
        });
        network.set(
            "connection_overrides",
            json!([
                { "name": "own", "source": "Pyramidal", "target": "All", "spont_minis": 20.0, "weight": 300.0 },
                { "name": "thalamic", "source": "Thalamus", "target": "All", "weight": 300.0 },
            ]),
        );
    });
    assert!(spikes >= 8, "{spikes} spikes");
}
