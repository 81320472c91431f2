//! What the program shows of the network: its schedules and the time of each system.

use insta::assert_snapshot;

use crate::circuit::Ring;

fn shown(ring: &Ring, arguments: &[&str]) -> String {
    let output = ring.run_program(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn schedule_as_text() {
    let ring = Ring::new();
    assert_snapshot!(shown(&ring, &["--schedule"]));
    assert!(!ring.path("output").exists(), "nothing is run");
}

#[test]
fn schedule_as_json_has_the_same_systems() {
    let ring = Ring::new();
    let json: serde_json::Value = serde_json::from_str(&shown(&ring, &["--schedule=json"])).expect("JSON");
    let text = shown(&ring, &["--schedule=text"]);
    let schedules = json["schedules"].as_array().expect("schedules");
    let names: Vec<&str> = schedules.iter().filter_map(|schedule| schedule["name"].as_str()).collect();
    assert_eq!(names, ["Epoch", "Step"]);
    for system in schedules.iter().flat_map(|schedule| schedule["systems"].as_array().expect("systems")) {
        let name = system["name"].as_str().expect("a name");
        assert!(text.contains(name), "{name}");
    }
}

#[test]
fn schedule_as_dot_is_a_graph() {
    let dot = shown(&Ring::new(), &["--schedule=dot"]);
    assert!(dot.starts_with("digraph"), "{dot}");
    assert_eq!(dot.matches('{').count(), dot.matches('}').count());
    assert!(dot.contains("current:hh"));
}

#[test]
fn profile_names_every_system_that_took_time() {
    let ring = Ring::lasting(5.0);
    let table = shown(&ring, &["--profile", "--threads=1"]);
    for system in ["current:hh", "state:hh", "current:pas", "solve:hines", "all systems"] {
        assert!(table.lines().any(|line| line.starts_with(system)), "{system} is missing:\n{table}");
    }
    assert!(ring.path("output/spikes.h5").is_file(), "the run is complete");
}
