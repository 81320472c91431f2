//! The messages for files that are not what they should be: place, expected, found, remedy.

use std::path::Path;

use miette::Diagnostic;
use sonata::edges::{EdgePopulation, EdgeTable, write_edges};
use sonata::nodes::{NodePopulation, NodeTable, write_nodes};
use sonata::report::{ReportReader, ReportWriter};
use sonata::spikes::{SpikePopulation, read_spikes, write_spikes};
use sonata::{Column, Hdf5Error};

#[path = "../files/sample.rs"]
#[allow(dead_code)]
mod sample;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The message and help of the error, with the folder cut from the paths.
fn message<T>(folder: &Path, result: Result<T, Hdf5Error>) -> String {
    let Err(error) = result else { return "no error".into() };
    let help = error.help().map(|h| h.to_string()).unwrap_or_default();
    format!("{error}\nhelp: {help}").replace(&format!("{}/", folder.display()), "")
}

fn open_nodes(path: &Path) -> Result<NodePopulation, Hdf5Error> {
    NodePopulation::open(path, "Cells")
}

fn open_edges(path: &Path) -> Result<EdgePopulation, Hdf5Error> {
    EdgePopulation::open(path, "Cells__Cells__chemical")
}

/// An empty folder.
///
/// The first snapshot runs cargo to find the workspace; that must not happen while a file is open, as the process
/// would inherit its lock. So it happens before the first folder is made.
fn folder() -> std::io::Result<tempfile::TempDir> {
    static READY: std::sync::Once = std::sync::Once::new();
    READY.call_once(|| insta::assert_snapshot!("ready", @"ready"));
    tempfile::tempdir()
}

/// A folder with the sample's nodes and edges.
fn sample_files() -> Result<tempfile::TempDir, Box<dyn std::error::Error>> {
    let folder = folder()?;
    write_nodes(&folder.path().join("nodes.h5"), &sample::nodes())?;
    write_edges(&folder.path().join("edges.h5"), &sample::edges())?;
    Ok(folder)
}

/// Puts `values` in place of the dataset `name`.
fn replace<T: hdf5::H5Type>(file: &Path, name: &str, values: &[T], shape: &[usize]) -> Outcome {
    let file = hdf5::File::open_rw(file)?;
    file.unlink(name)?;
    file.new_dataset::<T>().shape(shape).create(name)?.write_raw(values)?;
    Ok(())
}

#[test]
fn foreign_files() -> Outcome {
    let folder = folder()?;
    let path = folder.path().join("nodes.h5");
    let show = || message(folder.path(), open_nodes(&path));
    insta::assert_snapshot!(show(), @r"
    cannot open `nodes.h5`: no such file or directory
    help: check the path: relative paths count from the file that names them
    ");
    std::fs::create_dir(&path)?;
    insta::assert_snapshot!(show(), @r"
    cannot open `nodes.h5`: it is a directory
    help: name the `.h5` file itself
    ");
    std::fs::remove_dir(&path)?;
    std::fs::write(&path, "")?;
    insta::assert_snapshot!(show(), @r"
    cannot read `nodes.h5`: expected an HDF5 file, found an empty file
    help: generate or copy the file again
    ");
    std::fs::write(&path, "{\n \"networks\": {}}")?;
    insta::assert_snapshot!(show(), @r"
    cannot read `nodes.h5`: expected an HDF5 file, found text beginning `{`
    help: name a SONATA `.h5` file here
    ");
    std::fs::write(&path, "version https://git-lfs.github.com/spec/v1\noid sha256:00\n")?;
    insta::assert_snapshot!(show(), @r"
    cannot read `nodes.h5`: expected an HDF5 file, found a Git LFS pointer
    help: fetch the data with `git lfs pull`
    ");
    std::fs::write(&path, [0u8, 1, 2, 3, 255])?;
    insta::assert_snapshot!(show(), @r"
    cannot read `nodes.h5`: expected an HDF5 file, found bytes 00 01 02 03 ff
    help: name a SONATA `.h5` file here
    ");
    Ok(())
}

#[test]
fn truncated_file() -> Outcome {
    let folder = sample_files()?;
    let path = folder.path().join("nodes.h5");
    let bytes = std::fs::read(&path)?;
    std::fs::write(&path, &bytes[..2000])?;
    let text = message(folder.path(), open_nodes(&path)).replace(&bytes.len().to_string(), "[length]");
    insta::assert_snapshot!(text, @r"
    `nodes.h5` is truncated: expected at least [length] bytes, found 2000
    help: the copy or the program that wrote it was interrupted: copy or generate the file again
    ");
    Ok(())
}

#[test]
fn wrong_kind_of_sonata_file() -> Outcome {
    let folder = sample_files()?;
    let path = folder.path().join("edges.h5");
    insta::assert_snapshot!(message(folder.path(), open_nodes(&path)), @r"
    `edges.h5:/nodes` is missing: expected a group, found `edges`
    help: a nodes file has a group `/nodes` with one group per population
    ");
    insta::assert_snapshot!(message(folder.path(), read_spikes(&path)), @r"
    `edges.h5:/spikes` is missing: expected a group, found `edges`
    help: a spike file has a group `/spikes` with one group per population
    ");
    Ok(())
}

#[test]
fn nodes() -> Outcome {
    let folder = sample_files()?;
    let path = folder.path().join("nodes.h5");
    let show = |error: Result<(), Hdf5Error>| message(folder.path(), error);
    insta::assert_snapshot!(show(NodePopulation::open(&path, "Cell").map(drop)), @r"
    `nodes.h5:/nodes/Cell` is missing: expected a group, found `Cells`, `Small`
    help: did you mean `Cells`?
    ");
    let cells = open_nodes(&path)?;
    insta::assert_snapshot!(show(cells.strings("mtypes", &[0]).map(drop)), @r"
    `nodes.h5:/nodes/Cells/0/mtypes` is missing: expected an attribute, found `big`, `etype`, `flag`, `layer`, `mtype`, `orientation_w`, `orientation_x`, `orientation_y`, `orientation_z`, `x`, `y`, `z`
    help: did you mean `mtype`?
    ");
    insta::assert_snapshot!(show(cells.floats("@dynamics:resting_potential", &[0]).map(drop)), @r"
    `nodes.h5:/nodes/Cells/0/dynamics_params/resting_potential` is missing: expected an attribute, found `@dynamics:holding_current`, `@dynamics:threshold_current`
    help: add the attribute to the population
    ");
    insta::assert_snapshot!(show(cells.floats("etype", &[0]).map(drop)), @r"
    `nodes.h5:/nodes/Cells/0/etype` has the wrong type: expected numbers, found strings
    help: store the values as numbers
    ");
    insta::assert_snapshot!(show(cells.strings("x", &[0]).map(drop)), @r"
    `nodes.h5:/nodes/Cells/0/x` has the wrong type: expected strings, found float32
    help: store the values as UTF-8 strings
    ");
    insta::assert_snapshot!(show(cells.integers("x", &[0]).map(drop)), @r"
    `nodes.h5:/nodes/Cells/0/x` is inconsistent: expected an integer, found 0.5 in row 0
    help: correct this value in the file
    ");
    insta::assert_snapshot!(show(cells.integers("big", &[2]).map(drop)), @r"
    `nodes.h5:/nodes/Cells/0/big` is inconsistent: expected a signed 64-bit integer, found 18446744073709551615 in row 2
    help: correct this value in the file
    ");
    insta::assert_snapshot!(show(cells.floats("x", &[1, 4]).map(drop)), @r"
    `nodes.h5:/nodes/Cells` has no node 4: expected ids below 4
    help: ids count from 0; check the node set or the file that names this id
    ");
    Ok(())
}

#[test]
fn node_datasets_that_do_not_fit() -> Outcome {
    let folder = sample_files()?;
    let path = folder.path().join("nodes.h5");
    let show = |read: fn(&NodePopulation) -> Result<(), Hdf5Error>| {
        message(folder.path(), open_nodes(&path).and_then(|nodes| read(&nodes)))
    };
    replace(&path, "nodes/Cells/0/x", &[1.0, 2.0, 3.0], &[3])?;
    insta::assert_snapshot!(show(|n| n.positions(&[0]).map(drop)), @r"
    `nodes.h5:/nodes/Cells/0/x` has the wrong shape: expected [4], found [3]
    help: every attribute needs one value for each node or edge of the population
    ");
    replace(&path, "nodes/Cells/0/@library/mtype", &[1u8], &[1])?;
    insta::assert_snapshot!(show(|n| n.strings("mtype", &[0]).map(drop)), @r"
    `nodes.h5:/nodes/Cells/0/@library/mtype` has the wrong type: expected strings, found uint8
    help: store the values as UTF-8 strings
    ");
    replace(&path, "nodes/Cells/0/mtype", &[0u8, 1, 2, 9], &[4])?;
    hdf5::File::open_rw(&path)?.unlink("nodes/Cells/0/@library/mtype")?;
    let latin = hdf5::File::open_rw(&path)?;
    let name: hdf5::types::VarLenUnicode = "abc".parse()?;
    latin.group("nodes/Cells/0/@library")?.new_dataset_builder().with_data(&[name]).create("mtype")?;
    latin.close()?;
    insta::assert_snapshot!(show(|n| n.strings("mtype", &[0, 3]).map(drop)), @r"
    `nodes.h5:/nodes/Cells/0/mtype` is inconsistent: expected indices below 1, the length of `@library/mtype`, found 9 in row 3
    help: the attribute and its string table do not belong together: generate the file again
    ");
    hdf5::File::open_rw(&path)?.group("nodes/Cells")?.create_group("1")?;
    insta::assert_snapshot!(show(|_| Ok(())), @r"
    `nodes.h5:/nodes/Cells/1` is inconsistent: expected a population with the single attribute group `0`, found a second group `1`
    help: write the population with one attribute group
    ");
    hdf5::File::open_rw(&path)?.unlink("nodes/Cells/node_type_id")?;
    insta::assert_snapshot!(show(|_| Ok(())), @r"
    `nodes.h5:/nodes/Cells/node_type_id` is missing: expected a dataset, found `0`, `1`
    help: its length is the size of the population: add it, or generate the file again
    ");
    Ok(())
}

#[test]
fn text_that_is_not_utf8() -> Outcome {
    let folder = folder()?;
    let path = folder.path().join("nodes.h5");
    let attributes = vec![("etype".to_owned(), Column::from(vec!["marker"]))];
    write_nodes(&path, &[NodeTable { name: "Cells".into(), len: 1, attributes, ..NodeTable::default() }])?;
    let mut bytes = std::fs::read(&path)?;
    let at = bytes.windows(6).position(|w| w == b"marker").ok_or("no text")?;
    bytes[at + 2] = 0xe9;
    std::fs::write(&path, bytes)?;
    let read = open_nodes(&path).and_then(|nodes| nodes.strings("etype", &[0]));
    insta::assert_snapshot!(message(folder.path(), read), @r"
    `nodes.h5:/nodes/Cells/0/etype` is inconsistent: expected UTF-8 text, found bytes [6d, 61, e9, 6b, 65, 72] in row 0
    help: store the strings in UTF-8
    ");
    Ok(())
}

#[test]
fn edges() -> Outcome {
    let folder = sample_files()?;
    let path = folder.path().join("edges.h5");
    let edges = open_edges(&path)?;
    let show = |error: Result<(), Hdf5Error>| message(folder.path(), error);
    let all = sonata::edges::EdgeIds::range(0..6);
    insta::assert_snapshot!(show(edges.floats("conductanse", &all).map(drop)), @r"
    `edges.h5:/edges/Cells__Cells__chemical/0/conductanse` is missing: expected an attribute, found `afferent_section_id`, `conductance`, `syn_type_id`
    help: did you mean `conductance`?
    ");
    insta::assert_snapshot!(show(edges.unsigned("afferent_section_id", &all).map(drop)), @r"
    `edges.h5:/edges/Cells__Cells__chemical/0/afferent_section_id` is inconsistent: expected values that are not negative, found -1
    help: correct this value in the file
    ");
    insta::assert_snapshot!(show(edges.targets(&sonata::edges::EdgeIds::range(3..9)).map(drop)), @r"
    `edges.h5:/edges/Cells__Cells__chemical` has no edge 8: expected ids below 6
    help: ids count from 0; check the node set or the file that names this id
    ");
    drop(edges);
    let file = hdf5::File::open_rw(&path)?;
    file.dataset("edges/Cells__Cells__chemical/target_node_id")?.delete_attr("node_population")?;
    file.close()?;
    insta::assert_snapshot!(show(open_edges(&path).map(drop)), @r"
    `edges.h5:/edges/Cells__Cells__chemical/target_node_id@node_population` is missing: expected an attribute with text, found nothing there
    help: SONATA requires this attribute: add it, or generate the file again
    ");
    Ok(())
}

#[test]
fn ends_of_edges_that_differ_in_length() -> Outcome {
    let folder = sample_files()?;
    let path = folder.path().join("edges.h5");
    let column = "edges/Cells__Cells__chemical/source_node_id";
    replace(&path, column, &[0u64; 4], &[4])?;
    let file = hdf5::File::open_rw(&path)?;
    let name: hdf5::types::VarLenUnicode = "Cells".parse()?;
    file.dataset(column)?
        .new_attr::<hdf5::types::VarLenUnicode>()
        .create("node_population")?
        .write_scalar(&name)?;
    file.close()?;
    insta::assert_snapshot!(message(folder.path(), open_edges(&path)), @r"
    `edges.h5:/edges/Cells__Cells__chemical/source_node_id` has the wrong shape: expected [6], found [4]
    help: the node ids of both ends must have the same length
    ");
    Ok(())
}

#[test]
fn edge_indices() -> Outcome {
    let folder = sample_files()?;
    let path = folder.path().join("edges.h5");
    let show = || message(folder.path(), open_edges(&path).and_then(|e| e.edges_to_with_targets(&[0, 1, 3])));
    let nodes = "edges/Cells__Cells__chemical/indices/target_to_source/node_id_to_ranges";
    let edges = "edges/Cells__Cells__chemical/indices/target_to_source/range_to_edge_id";
    let good_nodes = [0u64, 1, 1, 3, 3, 3, 3, 5];
    let good_edges = [5u64, 6, 1, 3, 4, 5, 0, 1, 3, 4];
    replace(&path, nodes, &[0u64; 4], &[4])?;
    insta::assert_snapshot!(show(), @r"
    `edges.h5:/edges/Cells__Cells__chemical/indices/target_to_source/node_id_to_ranges` has the wrong shape: expected [n, 2], found [4]
    help: make the indices again, for instance with libsonata's `EdgePopulation.write_indices`
    ");
    replace(&path, nodes, &[0u64, 1, 1, 3, 3, 3, 3, 99], &[4, 2])?;
    insta::assert_snapshot!(show(), @r"
    `edges.h5:/edges/Cells__Cells__chemical/indices/target_to_source/node_id_to_ranges` is inconsistent: expected ascending ranges within 0..5, `range_to_edge_id`, found 3..99 in row 3
    help: make the indices again, for instance with libsonata's `EdgePopulation.write_indices`
    ");
    replace(&path, nodes, &[0u64, 1, 0, 3, 3, 3, 3, 5], &[4, 2])?;
    insta::assert_snapshot!(show(), @r"
    `edges.h5:/edges/Cells__Cells__chemical/indices/target_to_source/node_id_to_ranges` is inconsistent: expected ranges of different nodes that do not overlap, found 0..1 and 0..3
    help: make the indices again, for instance with libsonata's `EdgePopulation.write_indices`
    ");
    replace(&path, nodes, &good_nodes, &[4, 2])?;
    replace(&path, edges, &[5u64, 7, 1, 3, 4, 5, 0, 1, 3, 4], &[5, 2])?;
    insta::assert_snapshot!(show(), @r"
    `edges.h5:/edges/Cells__Cells__chemical/indices/target_to_source/range_to_edge_id` is inconsistent: expected ascending ranges within 0..6, the population's edges, found 5..7 in row 0
    help: make the indices again, for instance with libsonata's `EdgePopulation.write_indices`
    ");
    replace(&path, edges, &[5u64, 6, 4, 5, 1, 3, 0, 1, 3, 4], &[5, 2])?;
    insta::assert_snapshot!(show(), @r"
    `edges.h5:/edges/Cells__Cells__chemical/indices/target_to_source/range_to_edge_id` is inconsistent: expected each node's ranges of edges in ascending order, found 4..5 before 1..3
    help: make the indices again, for instance with libsonata's `EdgePopulation.write_indices`
    ");
    replace(&path, edges, &good_edges, &[5, 2])?;
    assert_eq!(show(), "no error");
    // Signed tables with -1 for nodes without edges
    replace(&path, nodes, &[0i64, 1, 1, 3, -1, -1, 3, 5], &[4, 2])?;
    assert_eq!(show(), "no error");
    replace(&path, nodes, &[0i64, 1, 1, 3, -1, 4, 3, 5], &[4, 2])?;
    let strange = message(folder.path(), open_edges(&path).and_then(|e| e.edges_to(&[2])));
    insta::assert_snapshot!(strange, @r"
    `edges.h5:/edges/Cells__Cells__chemical/indices/target_to_source/node_id_to_ranges` is inconsistent: expected ascending ranges within 0..5, `range_to_edge_id`, found -1..4 in row 2
    help: make the indices again, for instance with libsonata's `EdgePopulation.write_indices`
    ");
    replace(&path, nodes, &good_nodes, &[4, 2])?;
    replace(&path, "edges/Cells__Cells__chemical/target_node_id", &[3u64, 1, 2, 3, 1, 0], &[6])?;
    let file = hdf5::File::open_rw(&path)?;
    let name: hdf5::types::VarLenUnicode = "Cells".parse()?;
    let targets = file.dataset("edges/Cells__Cells__chemical/target_node_id")?;
    targets.new_attr::<hdf5::types::VarLenUnicode>().create("node_population")?.write_scalar(&name)?;
    drop(targets);
    file.close()?;
    insta::assert_snapshot!(show(), @r"
    `edges.h5:/edges/Cells__Cells__chemical/indices/target_to_source` is inconsistent: expected ranges of edges that end at the node looked up, found edge 2, which ends at node 2
    help: the index does not belong to `target_node_id`: make the indices again
    ");
    Ok(())
}

#[test]
fn spikes_and_reports() -> Outcome {
    let folder = folder()?;
    let path = folder.path().join("out.h5");
    write_spikes(&path, &sample::spikes())?;
    replace(&path, "spikes/Cells/node_ids", &[1u64, 2], &[2])?;
    insta::assert_snapshot!(message(folder.path(), read_spikes(&path)), @r"
    `out.h5:/spikes/Cells/node_ids` has the wrong shape: expected [5], found [2]
    help: a spike population has `timestamps` and `node_ids` of the same length
    ");
    replace(&path, "spikes/Cells/node_ids", &[1u64, 2, 3, 4, 5], &[5])?;
    replace(&path, "spikes/Cells/timestamps", &[1.0, f64::NAN, 1.0, 2.0, 3.0], &[5])?;
    insta::assert_snapshot!(message(folder.path(), read_spikes(&path)), @r"
    `out.h5:/spikes/Cells/timestamps` is inconsistent: expected finite times, found NaN in row 1
    help: remove this spike
    ");
    let report = folder.path().join("v.h5");
    ReportWriter::create(&report, &sample::report())?.close()?;
    replace(&report, "report/Cells/mapping/index_pointers", &[0u64, 4, 9, 5], &[4])?;
    insta::assert_snapshot!(message(folder.path(), ReportReader::open(&report, "Cells")), @r"
    `v.h5:/report/Cells/mapping/index_pointers` is inconsistent: expected ascending values up to 6, the number of elements, found 9 before 5
    help: generate the report again
    ");
    replace(&report, "report/Cells/data", &[0f32; 6], &[6])?;
    insta::assert_snapshot!(message(folder.path(), ReportReader::open(&report, "Cells")), @r"
    `v.h5:/report/Cells/data` has the wrong shape: expected [rows, elements], found [6]
    help: generate the report again
    ");
    Ok(())
}

#[test]
fn refused_and_impossible_output() -> Outcome {
    let folder = folder()?;
    let path = folder.path().join("file.h5");
    let show = |error: Result<(), Hdf5Error>| message(folder.path(), error);
    insta::assert_snapshot!(show(write_spikes(&folder.path().join("none/out.h5"), &[])), @r"
    cannot open `none/out.h5`: the directory `none` does not exist
    help: check that the output directory exists, is writable, and that no other program has the file open
    ");
    insta::assert_snapshot!(show(write_spikes(folder.path(), &[])).replace(&folder.path().display().to_string(), "[folder]"), @r"
    cannot open `[folder]`: it is a directory
    help: check that the output directory exists, is writable, and that no other program has the file open
    ");
    let uneven = SpikePopulation { name: "A".into(), timestamps: vec![1.0], ..SpikePopulation::default() };
    insta::assert_snapshot!(show(write_spikes(&path, &[uneven])), @r"
    refused to write `file.h5:/spikes/A/timestamps`: expected a node id for each spike, found 1 times and 0 ids
    help: correct the program that makes these spikes
    ");
    let slash = SpikePopulation { name: "A/B".into(), ..SpikePopulation::default() };
    insta::assert_snapshot!(show(write_spikes(&path, &[slash])), @r"
    refused to write `file.h5:/spikes/A/B`: expected a name that is not empty and has no `/`, found `A/B`
    help: rename the population or attribute
    ");
    let short = NodeTable {
        name: "A".into(),
        len: 2,
        attributes: vec![("x".into(), vec![1.0].into())],
        ..NodeTable::default()
    };
    insta::assert_snapshot!(show(write_nodes(&path, &[short])), @r"
    refused to write `file.h5:/nodes/A/0/x`: expected 2 values, found 1
    help: correct the program that makes this population
    ");
    let stray = EdgeTable {
        name: "A".into(),
        sources: vec![0],
        targets: vec![5],
        source_count: 1,
        target_count: 5,
        ..EdgeTable::default()
    };
    insta::assert_snapshot!(show(write_edges(&path, &[stray])), @r"
    refused to write `file.h5:/edges/A/target_node_id`: expected node ids below 5, found 5
    help: correct the program that makes this population
    ");
    let mut report = ReportWriter::create(&path, &sample::report())?;
    insta::assert_snapshot!(show(report.write_rows(0, 39, &[0.0; 12])), @r"
    refused to write `file.h5:/report/Cells/data`: expected rows below 40, found rows 39..41
    help: this is a defect of the program: please report it
    ");
    insta::assert_snapshot!(show(report.write_rows(0, 0, &[0.0; 7])), @r"
    refused to write `file.h5:/report/Cells/data`: expected rows of 6 values, found 7 values
    help: this is a defect of the program: please report it
    ");
    Ok(())
}
