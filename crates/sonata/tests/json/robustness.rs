//! Whatever a file holds, it is read or refused: no panic, no stack overflow, no blow-up.

use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};
use sonata::circuit::CircuitConfig;
use sonata::compartment_sets::CompartmentSets;
use sonata::config::SimulationConfig;
use sonata::diagnostics::{Problems, Source};
use sonata::node_sets::NodeSets;

use crate::render::render;

/// Keys that mean something somewhere.
const KEYS: &[&str] = &[
    "run",
    "tstop",
    "dt",
    "random_seed",
    "output",
    "output_dir",
    "conditions",
    "mechanisms",
    "modifications",
    "type",
    "name",
    "inputs",
    "reports",
    "module",
    "input_type",
    "node_set",
    "compartment_set",
    "fields",
    "Ex",
    "duration_levels",
    "voltage_levels",
    "manifest",
    "$A",
    "networks",
    "nodes",
    "edges",
    "nodes_file",
    "populations",
    "components",
    "alternate_morphologies",
    "population",
    "node_id",
    "$regex",
    "$gt",
    "metadata",
    "beta_features",
    "connection_overrides",
];

/// Values that mean something somewhere.
const TEXTS: &[&str] = &[
    "$A/x",
    "${A}",
    "seclamp",
    "linear",
    "noise",
    "lfp",
    "compartment_set",
    "section",
    "(",
    "",
    "euler",
    "é",
];

fn json() -> impl Strategy<Value = String> {
    let text = prop::sample::select(TEXTS).prop_map(|text| format!("\"{text}\""));
    let number = prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        (-9.0..9.0).prop_map(|x: f64| format!("{x:?}"))
    ];
    let leaf = prop_oneof![
        text,
        number,
        prop::sample::select(&["null", "true", "1e300", "-0"][..]).prop_map(Into::into)
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let member = (prop::sample::select(KEYS), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..7).prop_map(|members| {
                let members: Vec<_> =
                    members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

fn read_everywhere(text: &str) {
    let source = Source::new("file.json", text);
    let outcomes = [
        SimulationConfig::parse(&source).map(|_| ()),
        CircuitConfig::parse(&source).map(|_| ()),
        NodeSets::parse(&source).and_then(|(sets, _)| sets.check()),
        CompartmentSets::parse(&source).map(|_| ()),
    ];
    for Problems(problems) in outcomes.into_iter().filter_map(Result::err) {
        assert!(!problems.is_empty());
        let offsets: Vec<_> = problems.iter().map(|problem| problem.span.offset).collect();
        assert!(offsets.is_sorted(), "problems in the order of the text");
        for problem in &problems {
            assert!(problem.span.end() <= text.len().max(1));
            render(problem);
        }
    }
}

proptest! {
    #[test]
    fn any_tree_is_read_or_refused(text in json()) {
        read_everywhere(&text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
        read_everywhere(&text);
    }
}

#[test]
fn variables_that_double_each_other_stop() {
    let doubling = |name: usize| format!("\"$V{name}\": \"$V{0}$V{0}$V{0}$V{0}\"", name + 1);
    let manifest: Vec<_> = (0..40).map(doubling).collect();
    read_everywhere(&format!(
        "{{\"manifest\": {{{}, \"$V40\": \"x\"}}, \"node_set\": \"$V0\"}}",
        manifest.join(", ")
    ));
}

#[test]
fn a_file_that_is_not_there_is_a_problem() {
    let Err(Problems(problems)) = SimulationConfig::from_file("/no/such/file.json".as_ref()) else {
        panic!("a file")
    };
    assert!(problems[0].to_string().starts_with("cannot read the file: "), "{}", problems[0]);
}
