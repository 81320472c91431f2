//! Damaged files give errors: no panic, no runaway memory, no hang.

use std::path::Path;

use sonata::edges::{EdgePopulation, edge_populations, write_edges};
use sonata::nodes::{NodePopulation, node_populations, write_nodes};
use sonata::report::{ReportReader, ReportWriter, report_populations};
use sonata::spikes::{read_spikes, write_spikes};

use crate::sample;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Reads everything that can be read; errors are fine.
fn read_everything(path: &Path) -> usize {
    let mut read = 0;
    let ids = [0, 1, 2, 3];
    for name in node_populations(path).unwrap_or_default() {
        let Ok(nodes) = NodePopulation::open(path, &name) else { continue };
        for attribute in nodes.attribute_names().to_vec() {
            read += usize::from(nodes.strings(&attribute, &ids).is_ok());
            read += usize::from(nodes.floats(&attribute, &ids).is_ok());
            read += usize::from(nodes.integers(&attribute, &ids).is_ok());
        }
        read += usize::from(nodes.orientations(&ids).is_ok());
    }
    for name in edge_populations(path).unwrap_or_default() {
        let Ok(edges) = EdgePopulation::open(path, &name) else { continue };
        let Ok((to, _)) = edges.edges_to_with_targets(&ids) else { continue };
        read += usize::from(edges.edges_from(&ids).is_ok());
        for attribute in edges.attribute_names().to_vec() {
            read += usize::from(edges.floats(&attribute, &to).is_ok());
            read += usize::from(edges.unsigned(&attribute, &to).is_ok());
        }
    }
    read += read_spikes(path).map_or(0, |s| s.len());
    for name in report_populations(path).unwrap_or_default() {
        read += ReportReader::open(path, &name).and_then(|r| r.read_all()).map_or(0, |v| v.len());
    }
    read
}

/// One valid file of each kind.
fn valid_files(folder: &Path) -> Result<Vec<(&'static str, Vec<u8>)>, Box<dyn std::error::Error>> {
    let path = folder.join("valid.h5");
    let mut files = Vec::new();
    write_nodes(&path, &sample::nodes())?;
    files.push(("nodes", std::fs::read(&path)?));
    write_edges(&path, &sample::edges())?;
    files.push(("edges", std::fs::read(&path)?));
    write_spikes(&path, &sample::spikes())?;
    files.push(("spikes", std::fs::read(&path)?));
    let layouts = sample::report();
    let mut report = ReportWriter::create(&path, &layouts)?;
    report.write_rows(0, 0, &sample::values(0..40, layouts[0].elements()))?;
    report.close()?;
    files.push(("report", std::fs::read(&path)?));
    Ok(files)
}

#[test]
fn truncated_files() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("damaged.h5");
    for (_, bytes) in valid_files(folder.path())? {
        let whole = {
            std::fs::write(&path, &bytes)?;
            read_everything(&path)
        };
        assert!(whole > 0);
        for length in (0..bytes.len()).step_by(61) {
            std::fs::write(&path, &bytes[..length])?;
            assert_eq!(read_everything(&path), 0, "{length} of {} bytes", bytes.len());
        }
    }
    Ok(())
}

#[test]
fn flipped_bytes() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("damaged.h5");
    let stride = std::env::var("SONATA_FLIP_STRIDE").ok().and_then(|s| s.parse().ok()).unwrap_or(97);
    for (_, bytes) in valid_files(folder.path())? {
        for at in (0..bytes.len()).step_by(stride) {
            for mask in [0x01, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= mask;
                std::fs::write(&path, &damaged)?;
                read_everything(&path);
            }
        }
    }
    Ok(())
}
