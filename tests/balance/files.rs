//! Files of neurodamus that say what cells cost and where they go: written, read again, and refused where they are wrong.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use insta::assert_snapshot;

use crate::network;
use crate::simulation::Simulation;

/// What a run on two ranks says is wrong, without the folder.
fn complaint(network: &Simulation, mode: &str) -> String {
    let failure = network.run_on_ranks(2, "output", &[&format!("--lb-mode={mode}"), "--threads=1"]);
    let failure = failure.expect_err("it is refused").to_string();
    failure
        .replace(&format!("{}/", network.path("").display()), "")
        .replace(&format!("{}", network.path("").display()), "")
}

/// The file with what the cells of a population cost, or which of `ranks` ranks gets them.
fn balance_file(network: &Simulation, population: &str, target: &str, ranks: Option<usize>) -> PathBuf {
    let folders = fs::read_dir(network.path("sim_conf")).expect("the folder").flatten();
    let mut folders = folders.map(|entry| entry.path());
    let folder = folders.find(|path| path.to_string_lossy().ends_with(&format!(".{population}")));
    let ranks = ranks.map(|ranks| format!(".{ranks}")).unwrap_or_default();
    folder.expect("the population's folder").join(format!("cx_{population}_{target}#{ranks}.dat"))
}

fn read(path: &PathBuf) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn compress(path: PathBuf, bytes: &[u8]) {
    let mut encoder = GzEncoder::new(fs::File::create(path).expect("a file"), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish().map(drop)).expect("it is written");
}

#[test]
fn costs_and_assignments_are_kept_and_used() {
    let network = network();
    network.run_on_ranks(2, "output", &["--lb-mode=WholeCell", "--threads=1"]).expect("it runs");
    assert!(read(&network.path("mcomplex.dat")).contains(" ProbAMPANMDA_EMS\n"));
    let costs = balance_file(&network, "Pyramidal", "All", None);
    let assignment = balance_file(&network, "Pyramidal", "All", Some(2));
    let lines: Vec<String> = read(&costs).lines().map(str::to_owned).collect();
    assert_eq!(lines[..2], ["1", "8"]);
    assert!(lines[2].starts_with("0 ") && lines[2].ends_with(" 0"), "{}", lines[2]);
    assert!(read(&assignment).starts_with("msgid 10000000\nnhost 2\n0 "));

    // One cell as dear as all others together
    fs::write(&costs, "1\n8\n0 7 0\n1 1 0\n2 1 0\n3 1 0\n4 1 0\n5 1 0\n6 1 0\n7 1 0\n").expect("written");
    let before = read(&assignment);
    network.run_on_ranks(2, "output", &["--lb-mode=WholeCell", "--threads=1"]).expect("it runs");
    assert_eq!(read(&assignment), before, "an assignment that is there is used");
    fs::remove_file(&assignment).expect("it is there");
    network.run_on_ranks(2, "output", &["--lb-mode=WholeCell", "--threads=1"]).expect("it runs");
    let made = "msgid 10000000\nnhost 2\n0 1  0 0 0\n1 7  1 1 0  2 2 0  3 3 0  4 4 0  5 5 0  6 6 0  7 7 0\n";
    assert_eq!(read(&assignment), made);
}

#[test]
fn costs_of_a_larger_target_are_taken_over() {
    let network = network();
    network.run_on_ranks(2, "output", &["--lb-mode=WholeCell", "--threads=1"]).expect("it runs");
    let all = balance_file(&network, "Pyramidal", "All", None);
    fs::write(&all, read(&all).replace("\n0 ", "\n0 3.25 0\n9 ").replace("\n8\n", "\n9\n")).expect("written");
    network.configure(|config| {
        config["node_set"] = "First".into();
        config["inputs"] = serde_json::json!({});
        config["reports"] = serde_json::json!({});
        config["conditions"] = serde_json::json!({});
        config["connection_overrides"] = serde_json::json!([]);
    });
    network.run_on_ranks(2, "output", &["--lb-mode=WholeCell", "--threads=1"]).expect("it runs");
    assert_eq!(read(&balance_file(&network, "Pyramidal", "First", None)), "1\n1\n0 3.25 0\n");
}

#[test]
fn damaged_files_of_costs_are_refused() {
    let network = network();
    network.run_on_ranks(2, "output", &["--lb-mode=WholeCell", "--threads=1"]).expect("it runs");
    let costs = balance_file(&network, "Basket", "All", None);
    let assignment = balance_file(&network, "Basket", "All", Some(2));
    let hash = |text: String| {
        let start = text.find("_loadbal_").map(|at| at + "_loadbal_".len());
        start.map(|start| format!("{}HASH{}", &text[..start], &text[start + 10..])).unwrap_or(text)
    };
    fs::write(&assignment, "msgid 10000000\nnhost 2\n2 0\n").expect("written");
    assert_snapshot!(hash(complaint(&network, "WholeCell")));
    fs::write(&costs, "1\n2\n0 many 0\n").expect("written");
    assert_snapshot!(hash(complaint(&network, "WholeCell")));
    fs::remove_file(&costs).expect("it is there");
    fs::write(network.path("mcomplex.dat"), "5 hh\npas 2\n").expect("written");
    assert_snapshot!(hash(complaint(&network, "WholeCell")));
}

#[test]
fn allocations_that_do_not_fit_are_refused() {
    let network = network();
    network.run_on_ranks(2, "output", &["--lb-mode=Memory", "--threads=1"]).expect("it runs");
    let file = network.path("allocation_r2_c1.pkl.gz");
    let made = fs::read(&file).expect("the allocation");

    // For three ranks, under the name of one for two
    network.run_on_ranks(3, "output", &["--lb-mode=Memory", "--threads=1"]).expect("it runs");
    fs::copy(network.path("allocation_r3_c1.pkl.gz"), &file).expect("a copy");
    assert_snapshot!(complaint(&network, "Memory"));

    // Truncated, no pickle at all, and a pickle that would run a program
    fs::write(&file, &made[..made.len() - 12]).expect("written");
    assert_snapshot!(complaint(&network, "Memory"));
    compress(file.clone(), b"{\"Pyramidal\": {}}");
    assert_snapshot!(complaint(&network, "Memory"));
    compress(file.clone(), b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x0atouch /tmp\x85R.");
    assert_snapshot!(complaint(&network, "Memory"));
    compress(file.clone(), &vec![b'x'; 10_000_000]);
    assert_snapshot!(complaint(&network, "Memory"));

    // About other cells
    fs::write(&file, &made).expect("written");
    network.configure(|config| config["node_set"] = "Slender".into());
    assert_snapshot!(complaint(&network, "Memory"));
    fs::remove_file(&file).expect("it is there");
    network.configure(|config| {
        config["node_set"] = "First".into();
        config["inputs"] = serde_json::json!({});
        config["reports"] = serde_json::json!({});
        config["conditions"] = serde_json::json!({});
        config["connection_overrides"] = serde_json::json!([]);
    });
    network.run_on_ranks(2, "output", &["--lb-mode=Memory", "--threads=1"]).expect("it runs");
    network.configure(|config| config["node_set"] = "Pyramidal".into());
    assert_snapshot!(complaint(&network, "Memory"));
}

#[test]
fn steps_are_lowered_to_what_the_cells_allow() {
    let network = network();
    network.run_on_ranks(4, "output", &["--lb-mode=Memory", "--modelbuilding-steps=9"]).expect("it runs");
    // The larger population has 8 cells
    assert!(network.path("allocation_r4_c2.pkl.gz").exists());
}
