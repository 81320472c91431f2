//! Constructions whose outcome in NEURON 9.0.2 is known: the expected numbers are those that NEURON gives.

mod common;

use cell::{Cell, IonStyle, SectionId, Selection};

fn new_cell() -> Cell {
    Cell::new(common::catalogue())
}

fn values(cell: &mut Cell, section: SectionId, name: &str) -> Vec<f64> {
    let count = cell.nseg(section).unwrap();
    (0..count).map(|i| cell.range_value(section, name, (i as f64 + 0.5) / count as f64).unwrap()).collect()
}

fn names(cell: &Cell, sections: &[SectionId]) -> String {
    sections.iter().map(|&id| cell.full_name(id)).collect::<Vec<_>>().join(" ")
}

/// Sections that are connected as `(child, end, parent, x)`; all are created first, in order of appearance.
fn tree(cell: &mut Cell, sections: &[&str], connections: &[(&str, f64, &str, f64)]) -> Vec<SectionId> {
    let ids: Vec<_> = sections.iter().map(|name| cell.create_section(None, name)).collect();
    for &(child, end, parent, x) in connections {
        let [child, parent] = [child, parent].map(|name| cell.find_section(None, name).unwrap());
        cell.connect(child, end, parent, x).unwrap();
    }
    ids
}

fn frusta(cell: &mut Cell) -> SectionId {
    let section = cell.create_section(None, "dend");
    for [x, y, z, d] in [
        [0.0, 0.0, 0.0, 2.0],
        [10.1, 0.0, 0.0, 1.3],
        [20.0, 5.0, 1.0, 0.7],
        [33.3, 7.0, 2.0, 0.7],
        [40.0, 7.0, 2.5, 1.9],
    ] {
        cell.add_point(section, x, y, z, d).unwrap();
    }
    section
}

#[test]
fn frusta_of_3d_points() {
    let mut cell = new_cell();
    let dend = frusta(&mut cell);
    cell.set_nseg(dend, 3).unwrap();
    cell.set_axial_resistance(dend, 123.4).unwrap();
    cell.set_range(dend, "cm", 1.1).unwrap();
    let mut at = |x| (cell.area(dend, x).unwrap(), cell.axial_resistance_to_parent(dend, x).unwrap());
    assert_eq!(at(0.1), (66.39112298734892, 3.566651283100252));
    assert_eq!(at(0.5), (35.048060821624084, 20.174406298805646));
    assert_eq!(at(0.9), (43.1515577936156, 44.230556742932066));
    assert_eq!(at(1.0), (0.0, 8.540574912142926));
    assert_eq!(at(0.0), (0.0, 1e30));
    assert_eq!(values(&mut cell, dend, "diam"), [1.5290070623035645, 0.8074357648182314, 0.9918235036440378]);
    assert_eq!(cell.length(dend).unwrap(), 41.441268669335415);
    assert_eq!(cell.space_constant(dend, 100.0).unwrap(), 244.6655904141177);
}

#[test]
fn axial_coefficients_of_cylinders() {
    let mut cell = new_cell();
    let ids = tree(&mut cell, &["soma", "dend"], &[("dend", 0.0, "soma", 1.0)]);
    for (id, length, diameter, count) in [(ids[0], 20.0, 20.0, 1), (ids[1], 300.0, 2.0, 3)] {
        cell.set_length(id, length).unwrap();
        cell.set_range(id, "diam", diameter).unwrap();
        cell.set_nseg(id, count).unwrap();
        cell.set_axial_resistance(id, 100.0).unwrap();
    }
    let model = cell.to_model(&Selection::All, &[("all".to_owned(), ids.clone())]).unwrap();
    assert_eq!(
        model.nodes.a,
        [0.0, -31.415926535897928, -2.4999999999999996, -0.06283185307179587, -0.005, -0.005, -0.01]
    );
    assert_eq!(
        model.nodes.b,
        [0.0, -2.4999999999999996, -31.415926535897928, -0.01, -0.005, -0.005, -0.06283185307179587]
    );
    assert_eq!(model.nodes.is_segment, [false, true, false, true, true, true, false]);
    assert_eq!(model.sections[1].segments, [3, 4, 5]);
    assert_eq!((model.sections[1].start, model.sections[1].end), (2, 6));
    assert_eq!(model.section_lists, [("all".to_owned(), vec![0, 1])]);
    cell.delete_section(ids[0]);
    assert_eq!(model.sections[0].name, "soma");
}

#[test]
fn compartments_are_ordered_breadth_first_over_sibling_lists() {
    let mut cell = new_cell();
    let cell_a = ["soma", "d0", "d1", "d2", "d3", "d4", "g0", "g1"];
    let ids = tree(
        &mut cell,
        &cell_a,
        &[
            ("d0", 0.0, "soma", 1.0),
            ("d1", 0.0, "soma", 1.0),
            ("d2", 0.0, "soma", 0.5),
            ("d3", 0.0, "soma", 1.0),
            ("d4", 0.0, "soma", 0.0),
            ("g0", 0.0, "d0", 1.0),
            ("g1", 0.0, "d0", 1.0),
        ],
    );
    cell.set_nseg(ids[0], 3).unwrap();
    let second = cell.create_section(None, "b");
    let model = cell.to_model(&Selection::All, &[]).unwrap();
    let mut order: Vec<_> =
        model.nodes.section.iter().map(|&index| model.sections[index as usize].name.as_str()).collect();
    order.dedup();
    assert_eq!(order, ["soma", "b", "soma", "d4", "d2", "d3", "d1", "d0", "g1", "g0", "b"]);
    // d4 at the root node, d2 at the middle of the soma, d3 at its end
    assert_eq!([6, 8, 10].map(|node| model.nodes.parent[node]), [0, 3, 5]);
    let alone = cell.to_model(&Selection::Trees(vec![second]), &[]).unwrap();
    assert_eq!(alone.nodes.parent, [u32::MAX, 0, 1]);
}

#[test]
fn changing_the_number_of_segments_keeps_values_and_point_processes() {
    let mut cell = new_cell();
    let dend = cell.create_section(None, "dend");
    cell.insert(dend, "pas").unwrap();
    cell.set_nseg(dend, 3).unwrap();
    for (x, value) in [(0.1, 1.0), (0.5, 2.0), (0.9, 3.0)] {
        cell.set_range_at(dend, "g_pas", x, value).unwrap();
    }
    for (count, expected) in [
        (5, vec![1.0, 1.0, 2.0, 3.0, 3.0]),
        (2, vec![1.0, 3.0]),
        (9, vec![1.0, 1.0, 1.0, 1.0, 3.0, 3.0, 3.0, 3.0, 3.0]),
        (1, vec![3.0]),
    ] {
        cell.set_nseg(dend, count).unwrap();
        assert_eq!(values(&mut cell, dend, "g_pas"), expected);
    }

    cell.set_nseg(dend, 5).unwrap();
    let synapses: Vec<_> = (0..5)
        .map(|i| cell.create_point_process_at("ExpSyn", dend, (f64::from(i) + 0.5) / 5.0).unwrap())
        .collect();
    let end = cell.create_point_process_at("ExpSyn", dend, 1.0).unwrap();
    cell.set_point_process_value(synapses[3], "tau", 7.0).unwrap();
    let locations = |cell: &Cell| -> Vec<f64> {
        synapses.iter().map(|&id| cell.location(id).unwrap().unwrap().x).collect()
    };
    cell.set_nseg(dend, 2).unwrap();
    assert_eq!(locations(&cell), [0.25, 0.25, 0.25, 0.75, 0.75]);
    cell.set_nseg(dend, 3).unwrap();
    let (low, high) = (0.5 / 3.0, 2.5 / 3.0);
    assert_eq!(locations(&cell), [low, low, low, high, high]);
    assert_eq!(cell.location(end).unwrap().unwrap().x, 1.0);
    assert_eq!(cell.point_process_value(synapses[3], "tau").unwrap(), 7.0);
    assert_eq!(cell.point_processes_at(dend, 0.9).unwrap(), synapses[3..]);
    cell.delete_section(dend);
    assert_eq!(cell.location(synapses[3]).unwrap(), None);
}

#[test]
fn ramps_and_whole_section_assignments() {
    let mut cell = new_cell();
    let dend = cell.create_section(None, "dend");
    cell.set_nseg(dend, 5).unwrap();
    cell.insert(dend, "pas").unwrap();
    cell.set_range_ramp(dend, "g_pas", 0.0, 1.0, 1.0, 6.0).unwrap();
    assert_eq!(values(&mut cell, dend, "g_pas"), [1.5, 2.5, 3.5, 4.499999999999999, 5.5]);
    cell.set_range_at(dend, "v", 0.0001, 17.0).unwrap();
    assert_eq!(cell.range_value(dend, "v", 0.0001).unwrap(), 17.0);
    assert_eq!(cell.range_value(dend, "v", 0.0).unwrap(), -65.0);
    cell.set_range(dend, "v", -70.0).unwrap();
    assert_eq!([0.0, 0.5, 1.0].map(|x| cell.range_value(dend, "v", x).unwrap()), [-70.0; 3]);
}

#[test]
fn names_are_looked_up_whole() {
    let mut cell = new_cell();
    let soma = cell.create_section(None, "soma");
    cell.insert(soma, "Nap_Et2").unwrap();
    assert_eq!(cell.range_value(soma, "gNap_Et2bar_Nap_Et2", 0.5).unwrap(), 1e-5);
    assert_eq!(cell.range_value(soma, "ena", 0.5).unwrap(), 50.0);
    assert_eq!(cell.global("nao0_na_ion").unwrap(), 140.0);
    cell.set_global("minf_hh", 0.25).unwrap();
    assert_eq!(cell.global("minf_hh").unwrap(), 0.25);
}

#[test]
fn a_reversed_section_turns_its_nodes_but_not_its_points() {
    let mut cell = new_cell();
    let ids = tree(&mut cell, &["soma", "dend"], &[]);
    cell.set_nseg(ids[1], 3).unwrap();
    cell.add_point(ids[1], 0.0, 0.0, 0.0, 1.0).unwrap();
    cell.add_point(ids[1], 30.0, 0.0, 0.0, 4.0).unwrap();
    assert_eq!(values(&mut cell, ids[1], "diam"), [1.5, 2.5, 3.5]);
    cell.connect(ids[1], 1.0, ids[0], 1.0).unwrap();
    cell.update_geometry().unwrap();
    assert_eq!(values(&mut cell, ids[1], "diam"), [3.5, 2.5, 1.5]);
    let model = cell.to_model(&Selection::All, &[]).unwrap();
    assert!(model.sections[1].reversed);
    assert_eq!(model.sections[1].segments, [5, 4, 3]);
    assert_eq!((model.sections[1].start, model.sections[1].end), (6, 2));
}

#[test]
fn distances_are_between_compartments() {
    let mut cell = new_cell();
    let ids = tree(
        &mut cell,
        &["soma", "dend", "r", "other"],
        &[("dend", 0.0, "soma", 1.0), ("r", 1.0, "soma", 0.0)],
    );
    for (id, length, count) in [(ids[0], 20.0, 3), (ids[1], 100.0, 5), (ids[2], 30.0, 1)] {
        cell.set_length(id, length).unwrap();
        cell.set_nseg(id, count).unwrap();
    }
    cell.set_distance_origin(ids[0], 0.5).unwrap();
    let mut to = |id, x| cell.distance_from_origin(id, x).unwrap();
    assert_eq!([0.0, 0.1, 0.29, 0.5, 1.0].map(|x| to(ids[1], x)), [10.0, 20.0, 40.0, 60.0, 110.0]);
    assert_eq!([0.0, 0.5, 1.0].map(|x| to(ids[2], x)), [40.0, 25.0, 10.0]);
    assert_eq!(to(ids[3], 0.5), 1e20);
}

#[test]
fn length_and_diameter_move_3d_points() {
    let mut cell = new_cell();
    let dend = frusta(&mut cell);
    cell.set_length(dend, 82.88253733867083).unwrap();
    assert_eq!(cell.point_position(dend, 4).unwrap(), [80.0, 14.0, 5.0]);
    cell.set_nseg(dend, 2).unwrap();
    cell.area(dend, 0.5).unwrap();
    cell.set_range_at(dend, "diam", 0.25, 3.0).unwrap();
    assert_eq!(cell.point_diameter(dend, 0).unwrap(), 3.0);
    assert_eq!(cell.point_diameter(dend, 1).unwrap(), 3.0);
}

#[test]
fn a_spine_adds_its_area() {
    let mut cell = new_cell();
    let dend = cell.create_section(None, "dend");
    cell.add_point(dend, 0.0, 0.0, 0.0, 1.0).unwrap();
    cell.add_point(dend, 10.0, 0.0, 0.0, -1.0).unwrap();
    assert!(cell.point_has_spine(dend, 1).unwrap());
    let smooth = cell.area(dend, 0.5).unwrap();
    cell.set_spine_area(2.5);
    cell.update_geometry().unwrap();
    assert_eq!(cell.area(dend, 0.5).unwrap(), smooth + 2.5);
}

#[test]
fn a_replaced_axon_becomes_the_first_sibling_and_stays_with_its_owner() {
    let mut cell = new_cell();
    let owners = [cell.new_owner("T[0]"), cell.new_owner("T[1]")];
    for owner in owners {
        let soma = cell.create_section(Some(owner), "soma[0]");
        for name in ["dend[0]", "dend[1]", "axon[0]", "axon[1]", "axon[2]"] {
            cell.create_section(Some(owner), name);
        }
        for name in ["axon[0]", "dend[0]"] {
            let child = cell.find_section(Some(owner), name).unwrap();
            cell.connect(child, 0.0, soma, if name == "axon[0]" { 0.5 } else { 1.0 }).unwrap();
        }
    }
    let owner = Some(owners[0]);
    let soma = cell.find_section(owner, "soma[0]").unwrap();
    for name in ["axon[0]", "axon[1]", "axon[2]"] {
        cell.delete_section(cell.find_section(owner, name).unwrap());
    }
    let axon = cell.create_section(owner, "axon[0]");
    for name in ["axon[1]", "myelin[0]"] {
        cell.create_section(owner, name);
    }
    cell.connect(axon, 0.0, soma, 1.0).unwrap();
    assert_eq!(names(&cell, cell.children(soma).unwrap()), "T[0].axon[0] T[0].dend[0]");
    let all: Vec<_> = cell.sections().collect();
    assert_eq!(
        names(&cell, &all[..7]),
        "T[0].soma[0] T[0].dend[0] T[0].dend[1] T[0].axon[0] T[0].axon[1] T[0].myelin[0] T[1].soma[0]"
    );
    assert_eq!(cell.sections_of(owners[0]), all[..6]);
    let model = cell.to_model(&Selection::Owner(owners[1]), &[]).unwrap();
    assert_eq!(model.sections.len(), 6);
    assert_eq!(model.sections[5].name, "axon[2]");
}

#[test]
fn trees_are_walked_breadth_first() {
    let mut cell = new_cell();
    let ids = tree(
        &mut cell,
        &["a", "b", "c", "d", "e", "f", "g"],
        &[
            ("b", 0.0, "a", 1.0),
            ("c", 0.0, "a", 1.0),
            ("e", 0.0, "a", 0.5),
            ("d", 0.0, "b", 1.0),
            ("f", 0.0, "c", 1.0),
            ("g", 0.0, "f", 1.0),
        ],
    );
    assert_eq!(names(&cell, &cell.whole_tree(ids[6]).unwrap()), "a e c b f d g");
    assert_eq!(names(&cell, cell.children(ids[0]).unwrap()), "e c b");
    assert_eq!(cell.root(ids[6]).unwrap(), ids[0]);
    // a section at the attached end of its parent shares the parent's parent
    let h = cell.create_section(None, "h");
    cell.connect(h, 0.0, ids[1], 0.0).unwrap();
    assert_eq!(cell.true_parent(h).unwrap(), Some(ids[0]));
    assert_eq!(cell.true_parent(ids[0]).unwrap(), None);
    cell.delete_section(ids[0]);
    assert_eq!(names(&cell, &cell.roots()), "b c e");
}

#[test]
fn ion_styles_are_promoted_by_their_users() {
    let mut cell = new_cell();
    let soma = cell.create_section(None, "soma");
    let mut style_after = |mechanisms: &[&str], ion| {
        let section = cell.create_section(None, "test");
        for mechanism in mechanisms {
            cell.insert(section, mechanism).unwrap();
        }
        cell.ion_style(section, ion).unwrap()
    };
    assert_eq!(style_after(&["Ca_HVA2"], "ca"), Some(8));
    assert_eq!(style_after(&["SK_E2"], "ca_ion"), Some(49));
    assert_eq!(style_after(&["Ca_HVA2", "CaDynamics_DC0"], "ca"), Some(247));
    assert_eq!(style_after(&["NaTg"], "ttx"), Some(49));
    assert_eq!(style_after(&["pas"], "ca"), None);

    cell.insert(soma, "CaDynamics_DC0").unwrap();
    let style = IonStyle {
        concentration: 3,
        reversal: 2,
        initialize_reversal: 1,
        advance_reversal: 0,
        initialize_concentration: 1,
    };
    assert_eq!(cell.set_ion_style(soma, "ca_ion", style).unwrap(), Some(247));
    cell.set_nseg(soma, 3).unwrap();
    let model = cell.to_model(&Selection::Trees(vec![soma]), &[]).unwrap();
    assert_eq!(model.ions[0].style, [183; 3]);
    assert_eq!(model.ions[0].nodes, [1, 2, 3]);
    assert_eq!((model.ions[0].valence, model.ions[0].inside[0]), (2.0, 5e-5));
}

#[test]
fn a_model_holds_what_is_inserted() {
    let mut cell = new_cell();
    let ids = tree(&mut cell, &["soma", "dend"], &[("dend", 1.0, "soma", 1.0)]);
    cell.set_nseg(ids[1], 2).unwrap();
    cell.insert(ids[1], "hh").unwrap();
    cell.set_range_at(ids[1], "gnabar_hh", 0.75, 0.5).unwrap();
    let synapse = cell.create_point_process_at("ExpSyn", ids[1], 0.2).unwrap();
    let moved = cell.create_point_process("ExpSyn").unwrap();
    cell.create_point_process("NetStim").unwrap();
    cell.set_point_process_value(synapse, "tau", 3.0).unwrap();
    let model = cell.to_model(&Selection::All, &[]).unwrap();
    let hh = &model.mechanisms[0];
    assert_eq!((hh.description.name.as_str(), hh.nodes.as_slice()), ("hh", [3, 4].as_slice()));
    // node 3 is nearest to the parent, at x = 0.75 of the reversed section
    assert_eq!(hh.columns[0], [0.5, 0.12]);
    assert_eq!(model.point_processes.len(), 2);
    assert_eq!((model.point_processes[0].node, model.point_processes[0].values[0]), (Some(4), 3.0));
    assert_eq!(model.point_processes[1].node, None);
    cell.locate_point_process(moved, ids[0], 1.0).unwrap();
    assert_eq!(cell.point_processes_at(ids[1], 1.0).unwrap(), [moved]);
    cell.uninsert(ids[1], "hh").unwrap();
    assert!(!cell.has_mechanism(ids[1], "hh").unwrap());
    assert!(cell.has_mechanism(ids[1], "na_ion").unwrap());
}

#[test]
fn many_cells_are_built_in_linear_time() {
    let begin = std::time::Instant::now();
    let mut cell = new_cell();
    let mut nodes = 0;
    for number in 0..200 {
        let owner = cell.new_owner(&format!("T[{number}]"));
        let mut parent = cell.create_section(Some(owner), "soma[0]");
        for index in 0..200 {
            let child = cell.create_section(Some(owner), &format!("dend[{index}]"));
            cell.connect(child, 0.0, parent, 1.0).unwrap();
            for point in 0..5 {
                cell.add_point(child, f64::from(point), f64::from(index), 0.0, 1.0).unwrap();
            }
            cell.insert(child, "hh").unwrap();
            cell.set_nseg(child, 3).unwrap();
            if index % 3 == 0 {
                parent = child;
            }
        }
        nodes += cell.to_model(&Selection::Owner(owner), &[]).unwrap().nodes.parent.len();
    }
    assert_eq!(nodes, 200 * (3 + 200 * 4));
    eprintln!("200 cells of 200 sections: {:?}", begin.elapsed());
    // generous, for slow machines; a quadratic algorithm would take minutes
    assert!(begin.elapsed().as_secs() < 10);
}
