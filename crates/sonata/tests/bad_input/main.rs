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
    insta::assert_snapshot!(show(), @"");
    std::fs::create_dir(&path)?;
    insta::assert_snapshot!(show(), @"");
    std::fs::remove_dir(&path)?;
    std::fs::write(&path, "")?;
    insta::assert_snapshot!(show(), @"");
    std::fs::write(&path, "{\n \"networks\": {}}")?;
    insta::assert_snapshot!(show(), @"");
    std::fs::write(&path, "version https://git-lfs.github.com/spec/v1\noid sha256:00\n")?;
    insta::assert_snapshot!(show(), @"");
    std::fs::write(&path, [0u8, 1, 2, 3, 255])?;
    insta::assert_snapshot!(show(), @"");
    Ok(())
}

#[test]
fn truncated_file() -> Outcome {
    let folder = sample_files()?;
    let path = folder.path().join("nodes.h5");
    let bytes = std::fs::read(&path)?;
    std::fs::write(&path, &bytes[..2000])?;
    let text = message(folder.path(), open_nodes(&path)).replace(&bytes.len().to_string(), "[length]");
    insta::assert_snapshot!(text, @"");
    Ok(())
}

#[test]
fn wrong_kind_of_sonata_file() -> Outcome {
    let folder = sample_files()?;
    let path = folder.path().join("edges.h5");
    insta::assert_snapshot!(message(folder.path(), open_nodes(&path)), @"");
    insta::assert_snapshot!(message(folder.path(), read_spikes(&path)), @"");
    Ok(())
}

#[test]
fn nodes() -> Outcome {
    let folder = sample_files()?;
    let path = folder.path().join("nodes.h5");
    let show = |error: Result<(), Hdf5Error>| message(folder.path(), error);
    insta::assert_snapshot!(show(NodePopulation::open(&path, "Cell").map(drop)), @"");
    let cells = open_nodes(&path)?;
    insta::assert_snapshot!(show(cells.strings("mtypes", &[0]).map(drop)), @"");
    insta::assert_snapshot!(show(cells.floats("@dynamics:resting_potential", &[0]).map(drop)), @"");
    insta::assert_snapshot!(show(cells.floats("etype", &[0]).map(drop)), @"");
    insta::assert_snapshot!(show(cells.strings("x", &[0]).map(drop)), @"");
    insta::assert_snapshot!(show(cells.integers("x", &[0]).map(drop)), @"");
    insta::assert_snapshot!(show(cells.integers("big", &[2]).map(drop)), @"");
    insta::assert_snapshot!(show(cells.floats("x", &[1, 4]).map(drop)), @"");
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
    insta::assert_snapshot!(show(|n| n.positions(&[0]).map(drop)), @"");
    replace(&path, "nodes/Cells/0/@library/mtype", &[1u8], &[1])?;
    insta::assert_snapshot!(show(|n| n.strings("mtype", &[0]).map(drop)), @"");
    replace(&path, "nodes/Cells/0/mtype", &[0u8, 1, 2, 9], &[4])?;
    hdf5::File::open_rw(&path)?.unlink("nodes/Cells/0/@library/mtype")?;
    let latin = hdf5::File::open_rw(&path)?;
    let name: hdf5::types::VarLenUnicode = "abc".parse()?;
    latin.group("nodes/Cells/0/@library")?.new_dataset_builder().with_data(&[name]).create("mtype")?;
    latin.close()?;
    insta::assert_snapshot!(show(|n| n.strings("mtype", &[0, 3]).map(drop)), @"");
    hdf5::File::open_rw(&path)?.group("nodes/Cells")?.create_group("1")?;
    insta::assert_snapshot!(show(|_| Ok(())), @"");
    hdf5::File::open_rw(&path)?.unlink("nodes/Cells/node_type_id")?;
    insta::assert_snapshot!(show(|_| Ok(())), @"");
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
    insta::assert_snapshot!(message(folder.path(), read), @"");
    Ok(())
}

#[test]
fn edges() -> Outcome {
    let folder = sample_files()?;
    let path = folder.path().join("edges.h5");
    let edges = open_edges(&path)?;
    let show = |error: Result<(), Hdf5Error>| message(folder.path(), error);
    let all = sonata::edges::EdgeIds::range(0..6);
    insta::assert_snapshot!(show(edges.floats("conductanse", &all).map(drop)), @"");
    insta::assert_snapshot!(show(edges.unsigned("afferent_section_id", &all).map(drop)), @"");
    insta::assert_snapshot!(show(edges.targets(&sonata::edges::EdgeIds::range(3..9)).map(drop)), @"");
    drop(edges);
    let file = hdf5::File::open_rw(&path)?;
    file.dataset("edges/Cells__Cells__chemical/target_node_id")?.delete_attr("node_population")?;
    file.close()?;
    insta::assert_snapshot!(show(open_edges(&path).map(drop)), @"");
    replace(&path, "edges/Cells__Cells__chemical/source_node_id", &[0u64; 4], &[4])?;
    insta::assert_snapshot!(show(open_edges(&path).map(drop)), @"");
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
    insta::assert_snapshot!(show(), @"");
    replace(&path, nodes, &[0u64, 1, 1, 3, 3, 3, 3, 99], &[4, 2])?;
    insta::assert_snapshot!(show(), @"");
    replace(&path, nodes, &[0u64, 1, 0, 3, 3, 3, 3, 5], &[4, 2])?;
    insta::assert_snapshot!(show(), @"");
    replace(&path, nodes, &good_nodes, &[4, 2])?;
    replace(&path, edges, &[5u64, 7, 1, 3, 4, 5, 0, 1, 3, 4], &[5, 2])?;
    insta::assert_snapshot!(show(), @"");
    replace(&path, edges, &[5u64, 6, 4, 5, 1, 3, 0, 1, 3, 4], &[5, 2])?;
    insta::assert_snapshot!(show(), @"");
    replace(&path, edges, &good_edges, &[5, 2])?;
    assert_eq!(show(), "no error");
    // Signed tables with -1 for nodes without edges
    replace(&path, nodes, &[0i64, 1, 1, 3, -1, -1, 3, 5], &[4, 2])?;
    assert_eq!(show(), "no error");
    replace(&path, nodes, &[0i64, 1, 1, 3, -1, 4, 3, 5], &[4, 2])?;
    let strange = message(folder.path(), open_edges(&path).and_then(|e| e.edges_to(&[2])));
    insta::assert_snapshot!(strange, @"");
    replace(&path, nodes, &good_nodes, &[4, 2])?;
    replace(&path, "edges/Cells__Cells__chemical/target_node_id", &[3u64, 1, 2, 3, 1, 0], &[6])?;
    let file = hdf5::File::open_rw(&path)?;
    let name: hdf5::types::VarLenUnicode = "Cells".parse()?;
    let targets = file.dataset("edges/Cells__Cells__chemical/target_node_id")?;
    targets.new_attr::<hdf5::types::VarLenUnicode>().create("node_population")?.write_scalar(&name)?;
    drop(targets);
    file.close()?;
    insta::assert_snapshot!(show(), @"");
    Ok(())
}

#[test]
fn spikes_and_reports() -> Outcome {
    let folder = folder()?;
    let path = folder.path().join("out.h5");
    write_spikes(&path, &sample::spikes())?;
    replace(&path, "spikes/Small/node_ids", &[1u64, 2], &[2])?;
    insta::assert_snapshot!(message(folder.path(), read_spikes(&path)), @"");
    replace(&path, "spikes/Small/node_ids", &[1u64, 2, 3, 4, 5], &[5])?;
    replace(&path, "spikes/Small/timestamps", &[1.0, f64::NAN, 1.0, 2.0, 3.0], &[5])?;
    insta::assert_snapshot!(message(folder.path(), read_spikes(&path)), @"");
    let report = folder.path().join("v.h5");
    ReportWriter::create(&report, &sample::report())?.close()?;
    replace(&report, "report/Cells/mapping/index_pointers", &[0u64, 4, 9, 5], &[4])?;
    insta::assert_snapshot!(message(folder.path(), ReportReader::open(&report, "Cells")), @"");
    replace(&report, "report/Cells/data", &[0f32; 6], &[6])?;
    insta::assert_snapshot!(message(folder.path(), ReportReader::open(&report, "Cells")), @"");
    Ok(())
}

#[test]
fn refused_and_impossible_output() -> Outcome {
    let folder = folder()?;
    let path = folder.path().join("file.h5");
    let show = |error: Result<(), Hdf5Error>| message(folder.path(), error);
    insta::assert_snapshot!(show(write_spikes(&folder.path().join("none/out.h5"), &[])), @"");
    insta::assert_snapshot!(show(write_spikes(folder.path(), &[])).replace(&folder.path().display().to_string(), "[folder]"), @"");
    let uneven = SpikePopulation { name: "A".into(), timestamps: vec![1.0], ..SpikePopulation::default() };
    insta::assert_snapshot!(show(write_spikes(&path, &[uneven])), @"");
    let slash = SpikePopulation { name: "A/B".into(), ..SpikePopulation::default() };
    insta::assert_snapshot!(show(write_spikes(&path, &[slash])), @"");
    let short = NodeTable {
        name: "A".into(),
        len: 2,
        attributes: vec![("x".into(), vec![1.0].into())],
        ..NodeTable::default()
    };
    insta::assert_snapshot!(show(write_nodes(&path, &[short])), @"");
    let stray = EdgeTable {
        name: "A".into(),
        sources: vec![0],
        targets: vec![5],
        source_count: 1,
        target_count: 5,
        ..EdgeTable::default()
    };
    insta::assert_snapshot!(show(write_edges(&path, &[stray])), @"");
    let mut report = ReportWriter::create(&path, &sample::report())?;
    insta::assert_snapshot!(show(report.write_rows(0, 39, &[0.0; 10])), @"");
    insta::assert_snapshot!(show(report.write_rows(0, 0, &[0.0; 7])), @"");
    Ok(())
}
