//! What the writers write, the readers read.

use std::path::Path;

use sonata::edges::{EdgeIds, EdgePopulation, edge_populations, write_edges};
use sonata::nodes::{NodePopulation, NodeTable, node_populations, write_nodes};
use sonata::offsets::{PopulationOffset, read_offsets, write_offsets};
use sonata::report::{ReportReader, ReportWriter, report_populations};
use sonata::spikes::{
    Sorting, SpikePopulation, read_spike_population, read_spikes, spike_populations, visit_spikes,
    write_spikes,
};
use sonata::{Column, ElementType};

use crate::sample;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn nodes_of_every_type() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("nodes.h5");
    write_nodes(&path, &sample::nodes())?;
    assert_eq!(node_populations(&path)?, ["Cells", "Small"]);
    let cells = NodePopulation::open(&path, "Cells")?;
    assert_eq!((cells.name(), cells.len()), ("Cells", 4));
    assert_eq!(cells.strings("mtype", &[3, 0, 0])?, ["L2_BC", "L5_PC", "L5_PC"]);
    assert_eq!(cells.integers("mtype", &[0, 1, 2, 3])?, [2, 0, 2, 1]);
    assert_eq!(cells.enumeration_names()?, ["mtype"]);
    let table = ["L1_DAC", "L2_BC", "L5_PC"].map(String::from).to_vec();
    assert_eq!(cells.enumeration_values("mtype")?, Some(table));
    assert_eq!(cells.enumeration_values("etype")?, None);
    assert_eq!(cells.strings("etype", &[0, 1, 2, 3])?, ["cADpyr", "bAC", "", "naïve µ"]);
    assert_eq!(cells.integers("layer", &[3, 0])?, [-2, 5]);
    assert_eq!(cells.floats("layer", &[3, 0])?, [-2.0, 5.0]);
    assert_eq!(cells.integers("flag", &[2])?, [255]);
    assert_eq!(cells.floats("y", &[1])?, [1e300]);
    assert_eq!(cells.positions(&[3])?, [[-3.5, 3.5, f64::from(i32::MIN)]]);
    assert_eq!(cells.floats("@dynamics:threshold_current", &[3])?, [f64::from(0.4f32)]);
    assert_eq!(cells.floats("x", &[])?, [0.0; 0]);
    assert_eq!(cells.element_type("mtype")?, ElementType::Text);
    assert_eq!(cells.element_type("flag")?, ElementType::Unsigned(1));
    assert!(cells.has("x") && cells.has("@dynamics:holding_current") && !cells.has("holding_current"));
    assert_eq!(cells.attribute_names().last().map(String::as_str), Some("@dynamics:threshold_current"));
    let turned = f64::from(std::f32::consts::FRAC_1_SQRT_2);
    assert_eq!(cells.orientations(&[2])?, Some(vec![[0.0, turned, 0.0, turned]]));
    assert!(NodePopulation::open(&path, "Small")?.attribute_names().is_empty());
    Ok(())
}

#[test]
fn orientation_by_angles_and_partial_quaternions() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("nodes.h5");
    let open = |attributes: &[(&str, f32)]| -> Result<_, Box<dyn std::error::Error>> {
        let attributes = attributes.iter().map(|(n, v)| (n.to_string(), vec![*v].into())).collect();
        write_nodes(&path, &[NodeTable { name: "A".into(), len: 1, attributes, ..NodeTable::default() }])?;
        Ok(NodePopulation::open(&path, "A")?.orientations(&[0])?)
    };
    let half = std::f64::consts::FRAC_1_SQRT_2;
    assert_eq!(open(&[])?, None);
    // A part of a quaternion says nothing; an absent angle is 0
    assert_eq!(open(&[("orientation_w", 1.0), ("orientation_x", 1.0)])?, None);
    let quarter = std::f32::consts::FRAC_PI_2;
    let Some(turned) = open(&[("orientation_w", 0.5), ("rotation_angle_zaxis", quarter)])? else {
        return Err("no orientation".into());
    };
    for (got, want) in turned[0].into_iter().zip([0.0, 0.0, half, half]) {
        assert!((got - want).abs() < 1e-7, "{turned:?}");
    }
    Ok(())
}

#[test]
fn edges_by_either_end() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("edges.h5");
    write_edges(&path, &sample::edges())?;
    assert_eq!(edge_populations(&path)?, ["Cells__Cells__chemical", "Small__Cells__chemical"]);
    let edges = EdgePopulation::open(&path, "Cells__Cells__chemical")?;
    assert_eq!((edges.source_population(), edges.target_population(), edges.len()), ("Cells", "Cells", 6));
    check_edges(&edges)?;
    let none = EdgePopulation::open(&path, "Small__Cells__chemical")?;
    assert!(none.is_empty() && none.edges_to(&[0, 1, 2, 3])?.is_empty());
    assert_eq!(none.floats("conductance", &EdgeIds::default())?, [0.0; 0]);
    Ok(())
}

/// The sample's edges, whether found by the file's index or by one made from the columns.
fn check_edges(edges: &EdgePopulation) -> Outcome {
    let to_1 = edges.edges_to(&[1])?;
    assert_eq!(to_1.ranges(), [1..3, 4..5]);
    assert_eq!((to_1.len(), to_1.iter().collect::<Vec<_>>()), (3, vec![1, 2, 4]));
    assert_eq!(edges.sources(&to_1)?, [0, 0, 2]);
    assert_eq!(edges.targets(&to_1)?, [1, 1, 1]);
    assert_eq!(edges.floats("conductance", &to_1)?, [0.25, 3.0, 5.0]);
    assert_eq!(edges.integers("afferent_section_id", &to_1)?, [10, 20, 40]);
    assert_eq!(edges.unsigned("syn_type_id", &EdgeIds::range(4..6))?, [2, 3]);
    assert_eq!(edges.edges_to(&[3, 1])?, EdgeIds::range(0..5));
    assert_eq!(edges.edges_from(&[0, 3])?.ranges(), [1..3, 5..6]);
    assert!(edges.edges_to(&[2, 1000, u64::MAX])?.is_empty());
    let (ids, targets) = edges.edges_to_with_targets(&[3, 0])?;
    assert_eq!((ids, targets), (EdgeIds::new(&[3, 0, 5]), vec![3, 3, 0]));
    assert_eq!(edges.attribute_names(), ["afferent_section_id", "conductance", "syn_type_id"]);
    Ok(())
}

#[test]
fn edges_without_index_are_found_all_the_same() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("edges.h5");
    write_edges(&path, &sample::edges())?;
    hdf5::File::open_rw(&path)?.unlink("edges/Cells__Cells__chemical/indices")?;
    check_edges(&EdgePopulation::open(&path, "Cells__Cells__chemical")?)
}

#[test]
fn spikes_are_sorted_by_time_then_id() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("out.h5");
    write_spikes(&path, &sample::spikes())?;
    assert_eq!(spike_populations(&path)?, ["Cells", "Small"]);
    let all = read_spikes(&path)?;
    assert_eq!(all[1], read_spike_population(&path, "Small")?);
    assert!(all[1].timestamps.is_empty() && all[1].node_ids.is_empty());
    assert_eq!(all[0].sorting, Sorting::ByTime);
    assert_eq!(all[0].timestamps, [0.05, 0.1, 2.5, 2.5, 2.5]);
    assert_eq!(all[0].node_ids, [0, 1, 2, 2, 3]);
    Ok(())
}

#[test]
fn spikes_are_visited_in_the_order_of_the_file_some_at_a_time() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("out.h5");
    let node_ids: Vec<u64> = (0..200_000).collect();
    let timestamps: Vec<f64> = node_ids.iter().map(|&node| node as f64 / 4.0).collect();
    let many = SpikePopulation { name: "Many".into(), sorting: Sorting::ByTime, timestamps, node_ids };
    write_spikes(&path, std::slice::from_ref(&many))?;
    let (mut times, mut nodes, mut longest) = (Vec::new(), Vec::new(), 0);
    visit_spikes(&path, "Many", |some_times, some_nodes| {
        times.extend_from_slice(some_times);
        nodes.extend_from_slice(some_nodes);
        longest = longest.max(some_times.len());
    })?;
    assert_eq!((times, nodes), (many.timestamps.clone(), many.node_ids.clone()));
    assert!(longest < 100_000, "{longest} at a time");
    assert_eq!(read_spikes(&path)?, [many]);
    Ok(())
}

#[test]
fn spikes_by_id_without_units_or_of_other_types() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("in.h5");
    let file = hdf5::File::create(&path)?;
    let group = file.create_group("spikes")?.create_group("All")?;
    group.new_attr::<u8>().create("sorting")?.write_scalar(&1u8)?;
    group.new_dataset_builder().with_data(&[5.0f32, 1.5, 3.0]).create("timestamps")?;
    group.new_dataset_builder().deflate(4).with_data(&[1i16, 2, 2]).create("node_ids")?;
    drop((group, file));
    let mut all = read_spike_population(&path, "All")?;
    assert_eq!(
        (all.sorting, &all.timestamps[..], &all.node_ids[..]),
        (Sorting::ById, &[5.0, 1.5, 3.0][..], &[1, 2, 2][..])
    );
    all.sort_by_time();
    assert_eq!((&all.timestamps[..], &all.node_ids[..]), (&[1.5, 3.0, 5.0][..], &[2, 2, 1][..]));
    Ok(())
}

#[test]
fn report_in_blocks_of_any_size() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("soma.h5");
    let layouts = sample::report();
    let mut report = ReportWriter::create(&path, &layouts)?;
    for (population, layout) in layouts.iter().enumerate() {
        let mut row = 0;
        for block in [1, 7, 0, 30] {
            report.write_rows(population, row, &sample::values(row..row + block, layout.elements()))?;
            row += block;
        }
    }
    report.close()?;
    assert_eq!(report_populations(&path)?, ["Cells", "Small"]);
    for layout in &layouts {
        let reader = ReportReader::open(&path, &layout.name)?;
        assert_eq!(reader.layout(), layout);
        let mut want = sample::values(0..38, layout.elements());
        // Rows that never came stay 0
        want.resize((layout.elements() * 40) as usize, 0.0);
        assert_eq!(reader.read_all()?, want);
        assert_eq!(reader.read_rows(3..5)?, sample::values(3..5, layout.elements()));
    }
    Ok(())
}

#[test]
fn fixed_length_text_and_booleans() -> Outcome {
    use hdf5::types::{FixedAscii, FixedUnicode, VarLenAscii};
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("nodes.h5");
    write_nodes(&path, &[NodeTable { name: "A".into(), len: 2, ..NodeTable::default() }])?;
    let file = hdf5::File::open_rw(&path)?;
    let group = file.group("nodes/A/0")?;
    let ascii = [FixedAscii::<5>::from_ascii("short")?, FixedAscii::from_ascii("")?];
    group.new_dataset_builder().with_data(&ascii).create("ascii")?;
    let unicode: [FixedUnicode<300>; 2] = ["µ".repeat(150).parse()?, "b".parse()?];
    group.new_dataset_builder().with_data(&unicode).create("unicode")?;
    let varying = [VarLenAscii::from_ascii("x y")?, VarLenAscii::new()];
    group.new_dataset_builder().with_data(&varying).create("varying")?;
    group.new_dataset_builder().with_data(&[true, false]).create("boolean")?;
    group.new_dataset_builder().with_data(&[2.0f32, -7.0]).create("whole")?;
    drop((group, file));
    let nodes = NodePopulation::open(&path, "A")?;
    assert_eq!(nodes.strings("ascii", &[0, 1])?, ["short", ""]);
    assert_eq!(nodes.strings("unicode", &[0, 1])?, ["µ".repeat(150), "b".into()]);
    assert_eq!(nodes.strings("varying", &[0, 1])?, ["x y", ""]);
    assert_eq!(nodes.integers("boolean", &[0, 1])?, [1, 0]);
    assert_eq!(nodes.floats("boolean", &[0, 1])?, [1.0, 0.0]);
    assert_eq!(nodes.integers("whole", &[0, 1])?, [2, -7]);
    Ok(())
}

#[test]
fn many_nodes_read_by_few_ids() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("nodes.h5");
    let count = 300_000u64;
    let names: Vec<String> = (0..count).map(|i| format!("m{i}")).collect();
    let attributes = vec![
        ("x".into(), (0..count).map(|i| i as f64).collect::<Vec<_>>().into()),
        ("name".into(), Column::Text(names)),
    ];
    write_nodes(&path, &[NodeTable { name: "A".into(), len: count, attributes, ..NodeTable::default() }])?;
    let nodes = NodePopulation::open(&path, "A")?;
    let ids = [299_999, 0, 150_000, 150_001, 151_500, 0];
    assert_eq!(nodes.floats("x", &ids)?, ids.map(|i| i as f64));
    assert_eq!(nodes.strings("name", &ids)?, ids.map(|i| format!("m{i}")));
    let all: Vec<u64> = (0..count).collect();
    assert_eq!(nodes.floats("x", &all)?.last(), Some(&299_999.0));
    Ok(())
}

#[test]
fn offsets_keep_their_order_and_text() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("populations_offset.dat");
    let offset = |population: &str, offset, alias: &str| PopulationOffset {
        population: population.into(),
        offset,
        alias: alias.into(),
    };
    let offsets = [offset("RingB", 1000, "RingB"), offset("", 0, ""), offset("fibres", 2000, "virtual")];
    write_offsets(&path, &offsets)?;
    assert_eq!(std::fs::read_to_string(&path)?, "RingB::1000::RingB\n ::0:: \nfibres::2000::virtual\n");
    assert_eq!(read_offsets(&path)?, offsets);
    std::fs::write(&path, "RingA::x::RingA\n")?;
    let message = read_offsets(&path).map_or_else(|e| e.to_string(), |o| format!("{o:?}"));
    let message = message.replace(&path.display().to_string(), "populations_offset.dat");
    let expected = "`populations_offset.dat`, line 1: expected `<population>::<offset>::<alias>`, found `RingA::x::RingA`";
    assert_eq!(message, expected);
    assert!(write_offsets(Path::new("/nonexistent/offsets.dat"), &offsets).is_err());
    Ok(())
}
