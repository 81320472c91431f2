//! Random constructions of cells, replayed and compared bit by bit with NEURON.
//!
//! Each file in `tests/neuron` is a script of random steps (create, connect, reconnect, delete, points, nseg,
//! lengths, diameters, mechanisms, shapes) with the values that NEURON 9.0.2 gave on the way, after `=`, and
//! at its end the tree matrix: one `node` line per compartment with section, parent node, a, b, area, diameter.

mod common;

use cell::model::NO_PARENT;
use cell::{Cell, CellModel, SectionId, Selection};

/// Runs a script; returns the lines that disagree with NEURON.
fn replay(text: &str) -> Vec<String> {
    let mut cell = Cell::new(common::catalogue());
    let mut model = None;
    let mut node = 0;
    let mut differences = Vec::new();
    for line in text.lines() {
        let (step, expected) = match line.split_once(" =") {
            Some((step, expected)) => (step, Some(expected.trim())),
            None => (line, None),
        };
        let words: Vec<&str> = step.split_whitespace().collect();
        if words[0] == "node" {
            let model = model.get_or_insert_with(|| cell.to_model(&Selection::All, &[]).unwrap());
            let found = node_line(model, node);
            node += 1;
            if !same(&found, line) {
                differences.push(format!("{line}\n   here: {found}"));
            }
        } else if let Some(expected) = expected {
            let found = query(&mut cell, &words);
            if !same(&found, expected) {
                differences.push(format!("{line}\n   here: {found}"));
            }
        } else {
            perform(&mut cell, &words);
        }
    }
    assert!(node > 0, "the script ends with the matrix");
    assert_eq!(model.unwrap().nodes.parent.len(), node);
    differences
}

fn node_line(model: &CellModel, index: usize) -> String {
    let nodes = &model.nodes;
    let Some(&parent) = nodes.parent.get(index) else { return "no such node".to_owned() };
    let section = &model.sections[nodes.section[index] as usize].name;
    let (name, parent) =
        if parent == NO_PARENT { ("root", -1) } else { (section.as_str(), i64::from(parent)) };
    let values = [nodes.a[index], nodes.b[index], nodes.area[index], nodes.diameter[index]];
    format!("node {name} {parent} {}", values.map(text).join(" "))
}

/// The shortest text that stands for the number; other shortest texts may exist, hence [`same`].
fn text(value: f64) -> String {
    format!("{value:?}")
}

/// Whether two lines have the same words and the same numbers, to the last bit.
fn same(line: &str, other: &str) -> bool {
    let bits = |word: &str| word.parse::<f64>().map(f64::to_bits).map_err(|_| word.to_owned());
    line.split_whitespace().map(bits).eq(other.split_whitespace().map(bits))
}

fn section(cell: &Cell, name: &str) -> SectionId {
    cell.find_section(None, name).unwrap()
}

fn query(cell: &mut Cell, words: &[&str]) -> String {
    if words[0] == "sections" {
        let names: Vec<_> = cell.sections().map(|id| cell.full_name(id)).collect();
        return names.join(" ");
    }
    let id = section(cell, words[1]);
    let number = |index: usize| words[index].parse::<f64>().unwrap();
    let value = match words[0] {
        "get" => cell.range_value(id, words[2], number(3)),
        "area" => cell.area(id, number(2)),
        "ri" => cell.axial_resistance_to_parent(id, number(2)),
        "lambda" => cell.space_constant(id, 100.0),
        "length" | "getlength" => cell.length(id),
        "distance" => {
            cell.set_distance_origin(id, number(2)).unwrap();
            let target = section(cell, words[3]);
            let from_origin = cell.distance_from_origin(target, number(4));
            assert_eq!(from_origin, cell.distance((id, number(2)), (target, number(4))));
            from_origin
        }
        "pt" => {
            let index = words[2].parse().unwrap();
            let [x, y, z] = cell.point_position(id, index).unwrap();
            let diameter = cell.point_diameter(id, index).unwrap();
            return [x, y, z, diameter, cell.point_arc(id, index).unwrap()].map(text).join(" ");
        }
        other => panic!("unknown query {other}"),
    };
    text(value.unwrap())
}

fn perform(cell: &mut Cell, words: &[&str]) {
    let number = |index: usize| words[index].parse::<f64>().unwrap();
    let index = |position: usize| words[position].parse::<usize>().unwrap();
    match words[0] {
        "create" => {
            cell.create_section(None, words[1]);
            return;
        }
        "shape" => return cell.define_shape().unwrap(),
        _ => {}
    }
    let id = section(cell, words[1]);
    match words[0] {
        "delete" => {
            cell.delete_section(id);
            Ok(())
        }
        "connect" => cell.connect(id, number(2), section(cell, words[3]), number(4)),
        "disconnect" => cell.disconnect(id),
        "clear" => cell.clear_points(id),
        "point" => cell.add_point(id, number(2), number(3), number(4), number(5)),
        "change" => cell.change_point(id, index(2), number(3), number(4), number(5), number(6)),
        "insertpoint" => cell.insert_point(id, index(2), number(3), number(4), number(5), number(6)),
        "removepoint" => cell.remove_point(id, index(2)),
        "length" => cell.set_length(id, number(2)),
        "nseg" => cell.set_nseg(id, number(2) as i64),
        "ra" => cell.set_axial_resistance(id, number(2)),
        "rall" => cell.set_rall_branch(id, number(2)),
        "insert" => cell.insert(id, words[2]),
        "range" => cell.set_range(id, words[2], number(3)),
        "at" => cell.set_range_at(id, words[2], number(3), number(4)),
        "ramp" => cell.set_range_ramp(id, words[2], number(3), number(4), number(5), number(6)),
        other => panic!("unknown step {other}"),
    }
    .unwrap();
}

#[test]
fn random_constructions_give_neurons_matrix() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/neuron");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 3);
    for file in files {
        let differences = replay(&std::fs::read_to_string(&file).unwrap());
        assert!(differences.is_empty(), "{}\n{}", file.display(), differences.join("\n"));
    }
}
