//! `neurodamus check`: all that is wrong, without building anything.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value;

use crate::circuit::Ring;

/// What the program writes when it checks the network: exit code, standard output, standard error.
fn check(ring: &Ring, options: &[&str]) -> (i32, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_neurodamus"));
    let output = command.current_dir(ring.path("")).arg("check").arg("simulation_config.json").args(options);
    let output = output.output().expect("the program was built");
    let folder = ring.path("").canonicalize().expect("the folder");
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.replace(&format!("{}/", folder.display()), "").replace(&format!("{}", folder.display()), ".")
    };
    (output.status.code().expect("it was not killed"), text(&output.stdout), text(&output.stderr))
}

/// A network in which nothing fits, although each file is right by itself.
fn unfit() -> Ring {
    let ring = Ring::new();
    fs::remove_file(ring.path("morphologies/basket.swc")).expect("there is one");
    let file = hdf5::File::open_rw(ring.path("edges.h5")).expect("the edges");
    file.unlink("edges/Basket__Pyramidal__chemical/0/delay").expect("they have delays");
    drop(file);
    ring.configure(|config| {
        let overrides = config["connection_overrides"].as_array_mut().expect("a list");
        let mut other = overrides[0].clone();
        other["name"] = "other".into();
        other["modoverride"] = "Magic".into();
        overrides.push(other);
        config["inputs"]["drive"]["spike_file"] = "nowhere.h5".into();
    });
    ring
}

#[test]
fn a_sound_network_is_told_so() {
    let ring = Ring::new();
    let (code, output, errors) = check(&ring, &[]);
    assert_eq!((code, errors.as_str()), (0, ""));
    assert_eq!(output, "nothing is wrong with `simulation_config.json`\n");
    assert!(!ring.path("output").exists(), "nothing is made");
    let (code, output, _) = check(&ring, &["--format=json"]);
    assert_eq!((code, output.trim()), (0, "[]"));
}

#[test]
fn everything_that_does_not_fit_is_told_at_once() {
    let ring = unfit();
    let (code, output, errors) = check(&ring, &[]);
    assert_eq!((code, output.as_str()), (2, ""));
    assert_snapshot!(errors, @r#"
    error: Basket node 0 (template `RingCell`, morphology `basket`): morphology file `morphologies/basket.swc` does not exist
    help: check `morphology` of the node and the morphology folders

    error: cannot open `nowhere.h5`: no such file or directory
    help: check the path: relative paths count from the file that names them

    error: there is no synapse model `Magic`
      --> simulation_config.json:26:22
       |
    26 |       "modoverride": "Magic",
       |                      ^^^^^^^
       |
    help: put `MagicHelper.hoc` into the folder of the templates or the mechanisms, or choose `AMPANMDA`, `GABAAB`, `DetAMPANMDA`, `DetGABAAB`, `GluSynapse`, `Exp2Syn`, `ExpSyn`

    error: edges `Basket__Pyramidal__chemical` lack attribute `delay`, which their synapses need (`edges.h5`)
    help: add the attribute to the edges, or choose another model by `modoverride`

    error: 4 problems
    "#);
}

#[test]
fn problems_can_be_had_as_objects() {
    let ring = Ring::new();
    ring.configure(|config| config["run"]["dt"] = (-1.0).into());
    let (code, output, _) = check(&ring, &["--format=json"]);
    assert_eq!(code, 2);
    let problems: Value = serde_json::from_str(&output).expect("JSON");
    assert_snapshot!(format!("{problems:#}"), @r#"
    [
      {
        "column": 11,
        "file": "simulation_config.json",
        "line": 105,
        "message": "`dt` must be positive, found `-1`",
        "severity": "error"
      }
    ]
    "#);
}
