//! What a user is told about bad circuit configurations, node sets and compartment sets.

use insta::assert_snapshot;

use crate::render::{circuit, compartment_sets, node_sets};

#[test]
fn a_circuit_without_networks() {
    let text = circuit(r#"{"version": 2}"#);
    assert_snapshot!(text, @r#"
    error: missing key `networks`
      --> circuit_config.json:1:1
      | {"version": 2}
      | ^
    "#);
}

#[test]
fn populations_that_lack_properties() {
    let text = circuit(
        r#"{"networks": {"edges": [], "nodes": [{"nodes_file": "nodes.h5", "populations": {
"A": {},
"B": {"type": "vasculature", "vasculature_file": "v.h5"}}}]}}"#,
    );
    assert_snapshot!(text, @r#"
    error: biophysical population `A` has no `morphologies_dir` or `alternate_morphologies`
      --> circuit_config.json:2:1
      | "A": {},
      | ^^^
    error: biophysical population `A` has no `biophysical_neuron_models_dir`
      --> circuit_config.json:2:1
      | "A": {},
      | ^^^
    error: vasculature population `B` has no `vasculature_mesh`
      --> circuit_config.json:3:1
      | "B": {"type": "vasculature", "vasculature_file": "v.h5"}}}]}}
      | ^^^
    "#);
}

#[test]
fn a_population_declared_twice() {
    let text = circuit(
        r#"{"networks": {"edges": [], "nodes": [
{"nodes_file": "a.h5", "populations": {"A": {"type": "virtual"}}},
{"nodes_file": "b.h5", "populations": {"A": {"type": "virtual"}}}]}}"#,
    );
    assert_snapshot!(text, @r#"
    error: population `A` is declared twice
      --> circuit_config.json:3:40
      | {"nodes_file": "b.h5", "populations": {"A": {"type": "virtual"}}}]}}
      |                                        ^^^
    "#);
}

#[test]
fn an_unknown_population_type() {
    let text = circuit(
        r#"{"networks": {"nodes": [], "edges": [{"edges_file": "e.h5", "populations": {
"A": {"type": "chemicle"}}}]}}"#,
    );
    assert_snapshot!(text, @r#"
    warning: unknown type `chemicle` of population `A`
      --> circuit_config.json:2:15
      | "A": {"type": "chemicle"}}}]}}
      |               ^^^^^^^^^^
    help: did you mean `chemical`?
    "#);
}

#[test]
fn a_misspelt_population_key() {
    let text = circuit(
        r#"{"networks": {"nodes": [{"nodes_file": "n.h5", "populations": {
"A": {"type": "virtual", "morphology_dir": "m"}}}], "edges": []}}"#,
    );
    assert_snapshot!(text, @r#"
    error: unknown key `morphology_dir` in `networks.nodes[0].populations.A`
      --> circuit_config.json:2:26
      | "A": {"type": "virtual", "morphology_dir": "m"}}}], "edges": []}}
      |                          ^^^^^^^^^^^^^^^^
    help: did you mean `morphologies_dir`?
    "#);
}

#[test]
fn an_unknown_node_set_in_a_union() {
    let text = node_sets(
        r#"{"Excitatory": {"synapse_class": "EXC"},
"All": ["Excitatry"]}"#,
    );
    assert_snapshot!(text, @r#"
    error: unknown node set `Excitatry`
      --> node_sets.json:2:9
      | "All": ["Excitatry"]}
      |         ^^^^^^^^^^^
    help: did you mean `Excitatory`?
    "#);
}

#[test]
fn a_union_that_contains_itself() {
    let text = node_sets(
        r#"{"a": ["b"], "b": ["c"],
"c": ["a"]}"#,
    );
    assert_snapshot!(text, @r#"
    error: node set `a` contains itself: a -> b -> c -> a
      --> node_sets.json:1:2
      | {"a": ["b"], "b": ["c"],
      |  ^^^
    "#);
}

#[test]
fn an_unknown_operator() {
    let text = node_sets(r#"{"a": {"x": {"$ge": 1}}}"#);
    assert_snapshot!(text, @r#"
    error: unknown operator `$ge`
      --> node_sets.json:1:14
      | {"a": {"x": {"$ge": 1}}}
      |              ^^^^^
    help: did you mean `$gte`?
    "#);
}

#[test]
fn two_operators() {
    let text = node_sets(r#"{"a": {"x": {"$gt": 1, "$lt": 2}}}"#);
    assert_snapshot!(text, @r#"
    error: `x` must have exactly one operator, found 2
      --> node_sets.json:1:8
      | {"a": {"x": {"$gt": 1, "$lt": 2}}}
      |        ^^^
    help: split the conditions over several node sets or attributes
    "#);
}

#[test]
fn an_expression_with_look_ahead() {
    let text = node_sets(r#"{"a": {"mtype": {"$regex": "L5_(?=PC)"}}}"#);
    assert_snapshot!(text, @r#"
    error: invalid regular expression: look-around, including look-ahead and look-behind, is not supported
      --> node_sets.json:1:28
      | {"a": {"mtype": {"$regex": "L5_(?=PC)"}}}
      |                            ^^^^^^^^^^^
    help: look-around and back-references are not available
    "#);
}

#[test]
fn a_negative_node_id() {
    let text = node_sets(r#"{"a": {"node_id": [0, -1]}}"#);
    assert_snapshot!(text, @r#"
    error: `node_id` must be zero or positive, found `-1`
      --> node_sets.json:1:23
      | {"a": {"node_id": [0, -1]}}
      |                       ^^
    "#);
}

#[test]
fn a_fraction_as_attribute_value() {
    let text = node_sets(r#"{"a": {"layer": 1.5}}"#);
    assert_snapshot!(text, @r#"
    error: `layer` must be an integer, found `1.5`
      --> node_sets.json:1:17
      | {"a": {"layer": 1.5}}
      |                 ^^^
    help: write `1` or `2`
    "#);
}

#[test]
fn a_mixture_of_values() {
    let text = node_sets(r#"{"a": {"layer": [1, "2"]}}"#);
    assert_snapshot!(text, @r#"
    error: `layer` must be an integer, found a string
      --> node_sets.json:1:21
      | {"a": {"layer": [1, "2"]}}
      |                     ^^^
    "#);
}

#[test]
fn an_empty_rule() {
    let text = node_sets(r#"{"a": {}}"#);
    assert_snapshot!(text, @r#"
    warning: node set `a` is empty and is dropped
      --> node_sets.json:1:2
      | {"a": {}}
      |  ^^^
    help: to select whole populations, use `{"population": [...]}`
    "#);
}

#[test]
fn unsorted_compartments() {
    let text = compartment_sets(
        r#"{"dend": {"population": "A", "compartment_set": [
[0, 1, 0.5],
[0, 1, 0.5]]}}"#,
    );
    assert_snapshot!(text, @r#"
    error: compartment `[0, 1, 0.5]` is not after its predecessor `[0, 1, 0.5]`
      --> compartment_sets.json:3:1
      | [0, 1, 0.5]]}}
      | ^^^^^^^^^^^
    help: sort the list by node id, section id and offset, and remove duplicates
    "#);
}

#[test]
fn bad_compartments() {
    let text = compartment_sets(
        r#"{"dend": {"population": "A", "compartment_set": [
[0, "dend[0]", 0.5],
[1, 0],
[2, 0, 1.5]]}}"#,
    );
    assert_snapshot!(text, @r#"
    error: `section_id` must be an integer, found a string
      --> compartment_sets.json:2:5
      | [0, "dend[0]", 0.5],
      |     ^^^^^^^^^
    error: a compartment must be `[node_id, section_id, offset]`, found 2 values
      --> compartment_sets.json:3:1
      | [1, 0],
      | ^^^^^^
    error: `offset` must be between 0 and 1, found `1.5`
      --> compartment_sets.json:4:8
      | [2, 0, 1.5]]}}
      |        ^^^
    "#);
}
