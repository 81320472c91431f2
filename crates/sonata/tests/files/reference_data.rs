//! The sample circuits and the outputs of the real neurodamus, where they are at hand.

use std::path::{Path, PathBuf};

use sonata::edges::{EdgePopulation, edge_populations};
use sonata::nodes::{NodePopulation, node_populations};
use sonata::report::{ReportReader, ReportWriter, report_populations};
use sonata::spikes::{read_spikes, write_spikes};

use crate::sample::shared_data;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// All HDF5 files under `folder`, in a fixed order.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|e| e == "h5") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Every object below `group` with its type, shape, layout and attributes, one per line.
fn structure(group: &hdf5::Group, depth: usize, out: &mut Vec<String>) -> hdf5::Result<()> {
    let mut names = group.member_names()?;
    names.sort();
    for name in names {
        let indent = "  ".repeat(depth);
        if let Ok(child) = group.group(&name) {
            out.push(format!("{indent}{name}/{}", attributes(&child)?));
            structure(&child, depth + 1, out)?;
        } else {
            let dataset = group.dataset(&name)?;
            let (dtype, space) = (dataset.dtype()?.to_descriptor()?, dataset.space()?);
            let layout = dataset.layout();
            let limits = space.maxdims();
            let shape = space.shape();
            out.push(format!(
                "{indent}{name} {dtype} {shape:?} max {limits:?} {layout:?}{}",
                attributes(&dataset)?
            ));
        }
    }
    Ok(())
}

fn attributes(location: &hdf5::Location) -> hdf5::Result<String> {
    let mut out = String::new();
    for name in location.attr_names()? {
        let attribute = location.attr(&name)?;
        let dtype = attribute.dtype()?.to_descriptor()?;
        out += &format!(" @{name}: {dtype:?} {:?}", attribute.space()?.extents()?);
    }
    Ok(out)
}

fn structure_of(path: &Path) -> hdf5::Result<Vec<String>> {
    let mut out = Vec::new();
    structure(&*hdf5::File::open(path)?, 0, &mut out)?;
    Ok(out)
}

#[test]
fn sample_circuits_are_read_completely() -> Outcome {
    let Some(data) = shared_data() else { return Ok(()) };
    let (mut node_count, mut edge_count, mut values) = (0, 0, 0);
    for path in files(&data.join("circuits"))? {
        for name in node_populations(&path).unwrap_or_default() {
            let nodes = NodePopulation::open(&path, &name)?;
            let ids: Vec<u64> = (0..nodes.len()).collect();
            for attribute in nodes.attribute_names() {
                values += match nodes.element_type(attribute)? {
                    sonata::ElementType::Text => nodes.strings(attribute, &ids)?.len(),
                    _ => nodes.floats(attribute, &ids)?.len(),
                };
            }
            nodes.orientations(&ids)?;
            node_count += nodes.len();
        }
        for name in edge_populations(&path).unwrap_or_default() {
            let edges = EdgePopulation::open(&path, &name)?;
            let ids: Vec<u64> = (0..100).collect();
            let (all, targets) = edges.edges_to_with_targets(&ids)?;
            assert_eq!((all.len(), targets.len() as u64), (edges.len(), edges.len()), "{name}");
            assert_eq!(edges.edges_from(&ids)?, all, "{name}");
            for attribute in edges.attribute_names() {
                values += edges.floats(attribute, &all)?.len();
            }
            edge_count += edges.len();
        }
    }
    // Counted with h5py
    assert_eq!((node_count, edge_count, values), (21, 34, 884));
    Ok(())
}

#[test]
fn our_outputs_have_the_structure_of_the_references() -> Outcome {
    let Some(data) = shared_data() else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let (mut spike_files, mut reports) = (0, 0);
    for path in files(&data.join("references"))? {
        let ours = folder.path().join("ours.h5");
        if path.file_name().is_some_and(|name| name == "out.h5") {
            let spikes = read_spikes(&path)?;
            write_spikes(&ours, &spikes)?;
            assert_eq!(read_spikes(&ours)?, spikes, "{}", path.display());
            spike_files += 1;
        } else {
            let names = report_populations(&path)?;
            let open = |name: &String| ReportReader::open(&path, name);
            let readers = names.iter().map(open).collect::<Result<Vec<_>, _>>()?;
            let layouts: Vec<_> = readers.iter().map(|r| r.layout().clone()).collect();
            let mut report = ReportWriter::create(&ours, &layouts)?;
            for (population, reader) in readers.iter().enumerate() {
                report.write_rows(population, 0, &reader.read_all()?)?;
            }
            report.close()?;
            for (name, reader) in names.iter().zip(&readers) {
                assert_eq!(ReportReader::open(&ours, name)?.read_all()?, reader.read_all()?);
            }
            reports += 1;
        }
        assert_eq!(structure_of(&ours)?, structure_of(&path)?, "{}", path.display());
    }
    assert_eq!((spike_files, reports), (7, 19));
    Ok(())
}
