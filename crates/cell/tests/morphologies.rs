//! Reconstructed neurons, from file to compartments. Skipped where the files are not there.

mod common;

use cell::model::NO_PARENT;
use cell::{Cell, Selection};

/// What NEURON 9.0.2 gives for a file with `nseg = 1 + 2 int(L / 40)`.
struct Expected {
    file: &'static str,
    sections: usize,
    /// Number of compartments, root and terminal nodes included.
    nodes: usize,
    /// Sums over nodes in order.
    area: f64,
    a: f64,
    b: f64,
    /// FNV-1a hash of "section parent;" over nodes in order.
    order: u64,
}

const EXPECTED: [Expected; 3] = [
    Expected {
        file: "rr110330_C3_idA.asc",
        sections: 246,
        nodes: 1219,
        area: 41567.73160929693,
        a: -152.2535034222078,
        b: -153.37033040993725,
        order: 0x4fe5fb135c5e253b,
    },
    Expected {
        file: "C210401C.asc",
        sections: 331,
        nodes: 1353,
        area: 57526.908691928045,
        a: -656.5036647297666,
        b: -655.0341980762995,
        order: 0x64b2810d450833d7,
    },
    Expected {
        file: "C060114A7.asc",
        sections: 325,
        nodes: 1789,
        area: 97463.17306555333,
        a: -569.6793868136537,
        b: -630.3761746866076,
        order: 0x46c1c2d61eacbc3f,
    },
];

fn check(expected: &Expected) {
    let path = format!("{}/../../../shared/data/morphologies/{}", env!("CARGO_MANIFEST_DIR"), expected.file);
    let path = std::path::Path::new(&path);
    if !path.exists() {
        eprintln!("skipped: no {}", path.display());
        return;
    }
    let imported = morphology::import3d_asc(path).unwrap();
    let mut cell = Cell::new(common::catalogue());
    let owner = cell.new_owner("T[0]");
    let made = cell.instantiate(Some(owner), &imported).unwrap();
    for &section in &made.sections {
        let length = cell.length(section).unwrap();
        cell.set_nseg(section, 1 + 2 * (length / 40.0) as i64).unwrap();
    }
    let model = cell.to_model(&Selection::Owner(owner), &made.lists).unwrap();
    let nodes = &model.nodes;
    assert_eq!((model.sections.len(), nodes.parent.len()), (expected.sections, expected.nodes));
    let sum = |values: &[f64]| values.iter().fold(0.0, |sum, value| sum + value);
    let mut hash = 0xcbf29ce484222325u64;
    for (&section, &parent) in nodes.section.iter().zip(&nodes.parent) {
        let name = &model.sections[section as usize].name;
        let (name, parent) =
            if parent == NO_PARENT { ("root", -1) } else { (name.as_str(), i64::from(parent)) };
        for byte in format!("{name} {parent};").bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100000001b3);
        }
    }
    assert_eq!(hash, expected.order, "order of compartments of {}", expected.file);
    assert_eq!(
        [sum(&nodes.area), sum(&nodes.a), sum(&nodes.b)],
        [expected.area, expected.a, expected.b],
        "{}",
        expected.file
    );
}

#[test]
fn reconstructed_neurons_give_neurons_matrix() {
    EXPECTED.iter().for_each(check);
}
