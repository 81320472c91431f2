//! What node sets select. The population is `NodeA` of neurodamus' `usecase3` circuit; its attributes and the expected ids are
//! what libsonata 0.2.2 gives for it.

use std::sync::Arc;

use insta::assert_snapshot;
use sonata::diagnostics::{Problems, Source};
use sonata::node_sets::{AttributeColumn, AttributeError, NodeAttributes, NodeSets};

use crate::render::render;

struct Population {
    name: &'static str,
    size: u64,
    columns: Vec<(&'static str, AttributeColumn)>,
}

impl NodeAttributes for Population {
    fn population(&self) -> &str {
        self.name
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn attribute(&self, name: &str) -> Result<Arc<AttributeColumn>, AttributeError> {
        let column = self.columns.iter().find(|(column, _)| *column == name);
        column.map(|(_, column)| Arc::new(column.clone())).ok_or(AttributeError::Missing)
    }
}

fn node_a() -> Population {
    let texts = |values: [&str; 3]| AttributeColumn::Texts(values.map(Into::into).to_vec());
    let library = vec!["INH".to_owned(), "EXC".to_owned()];
    Population {
        name: "NodeA",
        size: 3,
        columns: vec![
            ("mtype", texts(["L4_PC", "L4_MC", "L4_MC"])),
            ("layer", texts(["LA", "LB", "LB"])),
            ("z", AttributeColumn::Reals(vec![-124.825_58, 783.546, 927.325_5])),
            // Not in the file: the other kinds of columns
            ("synapse_class", AttributeColumn::Enumerated { library, indices: vec![0, 1, 0] }),
            ("level", AttributeColumn::Integers(vec![4, 5, 4])),
            ("short", AttributeColumn::Integers(vec![4])),
        ],
    }
}

fn virtual_nodes() -> Population {
    Population { name: "NodeB", size: 2, columns: Vec::new() }
}

fn sets(text: &str) -> NodeSets {
    let (sets, _) = NodeSets::parse(&Source::new("node_sets.json", text)).expect("valid sets");
    sets
}

fn resolve(rule: &str) -> Result<Vec<u64>, Problems> {
    sets(&format!("{{\"a\": {rule}}}")).resolve("a", &node_a())
}

#[test]
fn rules_select_what_libsonata_selects() {
    let cases: &[(&str, &[u64])] = &[
        (r#"{"mtype": "L4_MC"}"#, &[1, 2]),
        (r#"{"mtype": ["L4_MC", "L4_PC", "nope"]}"#, &[0, 1, 2]),
        (r#"{"mtype": {"$regex": "PC"}}"#, &[0]),
        (r#"{"mtype": {"$regex": "^PC"}}"#, &[]),
        (r#"{"node_id": [2, 0, 99, 2]}"#, &[0, 2]),
        (r#"{"node_id": 1.0}"#, &[1]),
        (r#"{"node_id": []}"#, &[]),
        (r#"{"z": {"$gt": 0}}"#, &[1, 2]),
        (r#"{"z": []}"#, &[]),
        (r#"{"population": ["NodeA", "NodeB"], "layer": "LB"}"#, &[1, 2]),
        (r#"{"population": "NodeA"}"#, &[0, 1, 2]),
        (r#"{"population": "NodeB"}"#, &[]),
        (r#"[]"#, &[]),
        // Not checked with libsonata: attributes that the file has not
        (r#"{"synapse_class": "INH"}"#, &[0, 2]),
        (r#"{"synapse_class": {"$regex": "X"}}"#, &[1]),
        (r#"{"level": 4}"#, &[0, 2]),
        (r#"{"level": [5, 4.0, 9]}"#, &[0, 1, 2]),
        (r#"{"level": {"$gte": 5}}"#, &[1]),
        (r#"{"level": {"$lte": 4}}"#, &[0, 2]),
        (r#"{"level": {"$lt": 4.5}, "mtype": "L4_MC"}"#, &[2]),
        // An attribute that only the named population has is not looked for in others
        (r#"{"nope": 1, "population": "NodeB"}"#, &[]),
    ];
    for (rule, expected) in cases {
        assert_eq!(resolve(rule).as_deref(), Ok(*expected), "{rule}");
    }
}

#[test]
fn unions_unite() {
    let sets = sets(
        r#"{"u": ["pc", "some", "pc"], "pc": {"mtype": "L4_PC"}, "some": {"node_id": [2]}, "uu": ["u", "some"]}"#,
    );
    assert_eq!(sets.resolve("u", &node_a()).as_deref(), Ok([0, 2].as_slice()));
    assert_eq!(sets.resolve("uu", &node_a()).as_deref(), Ok([0, 2].as_slice()));
}

#[test]
fn the_simulation_replaces_and_refers_to_the_circuit() {
    let (circuit, _) = NodeSets::parse(&Source::new(
        "circuit.json",
        r#"{"pc": {"mtype": "L4_PC"}, "both": ["pc", "mc"], "mc": {"mtype": "L4_MC"}}"#,
    ))
    .expect("valid");
    let own = Source::new("own.json", r#"{"mine": ["mc"], "pc": {"node_id": [2]}, "ref": ["both"]}"#);
    let (simulation, _) = NodeSets::parse(&own).expect("valid");
    assert!(simulation.check().is_err(), "alone, the simulation's file names unknown sets");
    let (merged, warnings) = circuit.clone().merged(simulation.clone());
    assert_eq!(merged.check(), Ok(()));
    assert_eq!(merged.names().collect::<Vec<_>>(), ["pc", "both", "mc", "mine", "ref"]);
    assert_eq!(merged.resolve("mine", &node_a()).as_deref(), Ok([1, 2].as_slice()));
    // The circuit's union sees the replaced set
    assert_eq!(merged.resolve("ref", &node_a()).as_deref(), Ok([1, 2].as_slice()));
    assert_eq!(warnings.len(), 1);
    assert_snapshot!(render(&warnings[0]), @r#"
    warning: node set `pc` replaces the circuit's
      --> own.json:1:18
      | {"mine": ["mc"], "pc": {"node_id": [2]}, "ref": ["both"]}
      |                  ^^^^
    "#);
    // The same file as circuit's and simulation's is no news
    let (_, warnings) = circuit.clone().merged(circuit);
    assert!(warnings.is_empty());
}

#[test]
fn deep_unions_are_limited() {
    let chain = |depth: usize| {
        let unions = (1..=depth).map(|level| format!("\"s{level}\": [\"s{}\"]", level - 1));
        format!("{{\"s0\": {{\"node_id\": 1}}, {}}}", unions.collect::<Vec<_>>().join(", "))
    };
    assert_eq!(sets(&chain(64)).resolve("s64", &node_a()).as_deref(), Ok([1].as_slice()));
    assert!(sets(&chain(65)).check().is_err());
    assert!(sets(&chain(20_000)).check().is_err());
}

fn first_problem(outcome: Result<Vec<u64>, Problems>) -> String {
    outcome.err().map(|Problems(problems)| render(&problems[0])).unwrap_or_default()
}

#[test]
fn conditions_must_fit_the_attribute() {
    let all = [
        r#"{"level": "4"}"#,
        r#"{"mtype": 4}"#,
        r#"{"z": 0}"#,
        r#"{"mtype": {"$gt": 1}}"#,
        r#"{"z": {"$regex": "a"}}"#,
        r#"{"short": 4}"#,
        r#"{"nope": "a"}"#,
    ]
    .map(|rule| first_problem(resolve(rule)))
    .concat();
    assert_snapshot!(all, @r#"
    error: attribute `level` of population `NodeA` holds integers, which are not compared with strings
      --> node_sets.json:1:8
      | {"a": {"level": "4"}}
      |        ^^^^^^^
    error: attribute `mtype` of population `NodeA` holds strings, which are not compared with integers
      --> node_sets.json:1:8
      | {"a": {"mtype": 4}}
      |        ^^^^^^^
    error: attribute `z` of population `NodeA` holds floating-point numbers, which are not compared for equality; use `$gte` and `$lte`
      --> node_sets.json:1:8
      | {"a": {"z": 0}}
      |        ^^^
    error: attribute `mtype` of population `NodeA` holds strings, which have no order
      --> node_sets.json:1:8
      | {"a": {"mtype": {"$gt": 1}}}
      |        ^^^^^^^
    error: attribute `z` of population `NodeA` holds floating-point numbers, which have no `$regex`
      --> node_sets.json:1:8
      | {"a": {"z": {"$regex": "a"}}}
      |        ^^^
    error: attribute `short` of population `NodeA` has 1 values for 3 nodes
      --> node_sets.json:1:8
      | {"a": {"short": 4}}
      |        ^^^^^^^
    error: no attribute `nope` in population `NodeA`
      --> node_sets.json:1:8
      | {"a": {"nope": "a"}}
      |        ^^^^^^
    "#);
}

#[test]
fn a_name_that_no_set_has() {
    let text = first_problem(sets(r#"{"Mosaic": []}"#).resolve("Mosaik", &node_a()));
    assert!(text.contains("unknown node set `Mosaik`") && text.contains("did you mean `Mosaic`?"), "{text}");
}

#[test]
fn a_population_without_the_attribute_contributes_nothing() {
    let sets = sets(r#"{"mc": {"mtype": "L4_MC"}, "typo": {"mtyp": "L4_MC"}, "none": {"mtype": "x"}}"#);
    let (a, b) = (node_a(), virtual_nodes());
    let populations: [&dyn NodeAttributes; 2] = [&b, &a];
    let (selected, warnings) = sets.resolve_all("mc", &populations).expect("one population has it");
    assert_eq!(selected.len(), 1);
    assert_eq!((selected[0].population, selected[0].node_ids.as_slice()), (1, [1, 2].as_slice()));
    assert_eq!(warnings.len(), 1);
    let (selected, _) = sets.resolve_all("none", &populations).expect("nothing is a valid answer");
    assert!(selected.is_empty());
    let Err(Problems(problems)) = sets.resolve_all("typo", &populations) else { panic!("a typo") };
    assert_snapshot!(problems.iter().map(render).collect::<String>(), @r#"
    error: no attribute `mtyp` in population `NodeB`, `NodeA`
      --> node_sets.json:1:37
      | {"mc": {"mtype": "L4_MC"}, "typo": {"mtyp": "L4_MC"}, "none": {"mtype": "x"}}
      |                                     ^^^^^^
    "#);
}
