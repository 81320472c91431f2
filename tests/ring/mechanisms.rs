//! The network with mechanisms from `.mod` files.

use std::fs;

use crate::circuit::Ring;
use crate::invariance::bits;

const LEAK: &str = "
: The leak that is built in, in other words
NEURON { SUFFIX pas NONSPECIFIC_CURRENT i RANGE g, e }
PARAMETER { g = 0.001 (S/cm2)  e = -70 (mV) }
ASSIGNED { v (mV)  i (mA/cm2) }
BREAKPOINT { i = g*(v - e) }
";

const OFFSET: &str = "
NEURON { SUFFIX offset NONSPECIFIC_CURRENT i RANGE level }
ASSIGNED { v i level }
BREAKPOINT { i = level }
PROCEDURE seed(first, second) { level = 1e-6*(first + second) }
";

fn add_mechanisms(ring: &Ring, files: &[(&str, &str)]) {
    fs::create_dir(ring.path("mechanisms")).expect("a folder");
    for (name, text) in files {
        fs::write(ring.path("mechanisms").join(name), text).expect("a file");
    }
    ring.change_json("circuit_config.json", |config| {
        config["components"]["mechanisms_dir"] = "$CIRCUIT_DIR/mechanisms".into();
    });
}

#[test]
fn a_file_takes_the_place_of_what_is_built_in() {
    let ring = Ring::lasting(40.0);
    ring.run_on_ranks(1, "expected", &["--threads=1"]).expect("it runs");
    add_mechanisms(&ring, &[("leak.mod", LEAK)]);
    ring.run_on_ranks(1, "found", &["--threads=1"]).expect("it runs");
    assert!(bits(&ring, "found") == bits(&ring, "expected"), "the same equation gives the same bits");
    fs::write(ring.path("mechanisms/leak.mod"), LEAK.replace("(v - e)", "(v - e + 1)")).expect("a file");
    ring.run_on_ranks(1, "other", &["--threads=1"]).expect("it runs");
    assert!(bits(&ring, "other") != bits(&ring, "expected"), "another equation gives other bits");
}

/// Each cell calls a function with its own number; models are shared all the same.
#[test]
fn calls_of_templates_reach_each_cell_in_any_grouping() {
    let ring = Ring::lasting(30.0);
    add_mechanisms(&ring, &[("offset.mod", OFFSET)]);
    let template = "templates/RingCell.hoc";
    ring.replace(
        template,
        "  forsec CellRef.basal {\n    insert pas",
        "  forsec CellRef.basal {\n    insert offset insert pas",
    );
    ring.replace(
        template,
        "proc re_init_rng() {\n",
        "proc re_init_rng() {\n  forsec CellRef.basal for (x, 0) { setdata_offset(x) seed_offset(gid, x) }\n",
    );
    ring.run_on_ranks(1, "expected", &["--threads=1", "--group-size=1000"]).expect("it runs");
    let expected = bits(&ring, "expected");
    for (ranks, size) in [(1, 1), (3, 4)] {
        let size = format!("--group-size={size}");
        ring.run_on_ranks(ranks, "found", &["--threads=2", &size]).expect("it runs");
        assert!(bits(&ring, "found") == expected, "{ranks} ranks, {size}");
    }
    ring.replace(template, "seed_offset(gid, x)", "seed_offset(2*gid, x)");
    ring.run_on_ranks(1, "other", &["--threads=1"]).expect("it runs");
    assert!(bits(&ring, "other") != expected, "the numbers matter");
}

#[test]
fn what_is_wrong_is_told_before_the_run() {
    let ring = Ring::lasting(20.0);
    let complaint = |ring: &Ring| {
        let output = ring.run_program(&["--threads=1"]);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    add_mechanisms(&ring, &[("a.mod", OFFSET), ("b.mod", "NEURON { SUFFIX b }\nINITIAL { x = }\n")]);
    let output = ring.run_program(&["--threads=1"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "no cell uses the wrong file: {text}");
    assert!(text.contains("b.mod:2:") && text.contains("it is left out"), "{text}");
    let start = "proc re_init_rng() {\n";
    ring.replace("templates/RingCell.hoc", start, "proc re_init_rng() {\n  insert b\n");
    let text = complaint(&ring);
    assert!(text.contains("mechanism `b` cannot run: ") && text.contains("b.mod:2:"), "{text}");
    ring.replace("templates/RingCell.hoc", "  insert b\n", "");
    fs::write(ring.path("mechanisms/b.mod"), OFFSET.replace("1e-6", "2e-6")).expect("a file");
    let text = complaint(&ring);
    assert!(text.contains("mechanism `offset` is defined in "), "{text}");
    fs::remove_file(ring.path("mechanisms/b.mod")).expect("it was there");
    ring.replace("templates/RingCell.hoc", start, "proc re_init_rng() {\n  sed_offset(1)\n");
    let text = complaint(&ring);
    assert!(text.contains("mechanism `offset` has no function `sed`") && text.contains("`seed`"), "{text}");
    ring.replace("templates/RingCell.hoc", "  sed_offset(1)\n", "  insert offst\n");
    let text = complaint(&ring);
    assert!(text.contains("did you mean `offset`?"), "{text}");
}
