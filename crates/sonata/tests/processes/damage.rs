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

/// Files by kind.
type Files = Vec<(&'static str, Vec<u8>)>;

/// One valid file of each kind.
fn valid_files(folder: &Path) -> Result<Files, Box<dyn std::error::Error>> {
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
    let _turn = crate::alone();
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

const CHILD: &str = "SONATA_TEST_FLIP";
/// Every byte of the valid files, this far apart, is flipped in three ways.
const STRIDE: usize = 101;
const MASKS: [u8; 3] = [0x01, 0x80, 0xff];

/// Damages the file `valid` in one way after another from the `first` on, and notes before each which it is.
fn flip_bytes(folder: &Path, first: usize) -> Outcome {
    let bytes = std::fs::read(folder.join("valid"))?;
    for flip in first..bytes.len().div_ceil(STRIDE) * MASKS.len() {
        std::fs::write(folder.join("progress"), flip.to_string())?;
        let mut damaged = bytes.clone();
        damaged[flip / MASKS.len() * STRIDE] ^= MASKS[flip % MASKS.len()];
        std::fs::write(folder.join("damaged.h5"), damaged)?;
        read_everything(&folder.join("damaged.h5"));
    }
    Ok(())
}

/// Waits for the end of `child`, which is killed when it makes no progress for some seconds.
fn watch(child: &mut std::process::Child, progress: &Path) -> std::io::Result<std::process::ExitStatus> {
    let (mut seen, mut idle) = (String::new(), 0);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
        let now = std::fs::read_to_string(progress).unwrap_or_default();
        idle = if now == seen { idle + 1 } else { 0 };
        seen = now;
        if idle == 250 {
            child.kill()?;
        }
    }
}

/// Version 1.10 of the HDF5 library reads beyond its memory, or for ever, on some damage to string heaps and
/// attributes; so the flips are made in a child, which is started again after such an end. A panic is ours and fails
/// the test.
#[test]
fn flipped_bytes() -> Outcome {
    let _turn = crate::alone();
    if let (Some(folder), Ok(first)) = (std::env::var_os(CHILD), std::env::var("FIRST")) {
        return flip_bytes(Path::new(&folder), first.parse()?);
    }
    let folder = tempfile::tempdir()?;
    for (kind, bytes) in valid_files(folder.path())? {
        std::fs::write(folder.path().join("valid"), &bytes)?;
        let (mut first, mut signals) = (0, 0);
        loop {
            let errors = folder.path().join("errors");
            let mut child = std::process::Command::new(std::env::current_exe()?)
                .args(["--exact", "damage::flipped_bytes", "--nocapture"])
                .env(CHILD, folder.path())
                .env("FIRST", first.to_string())
                .stdout(std::process::Stdio::null())
                .stderr(std::fs::File::create(&errors)?)
                .spawn()?;
            let status = watch(&mut child, &folder.path().join("progress"))?;
            let at: usize = std::fs::read_to_string(folder.path().join("progress"))?.parse()?;
            if status.success() {
                break;
            }
            let errors = std::fs::read_to_string(errors)?;
            assert_eq!(status.code(), None, "{kind}: flip {at} panicked:\n{errors}");
            (first, signals) = (at + 1, signals + 1);
        }
        assert!(signals * 100 <= bytes.len() / STRIDE * MASKS.len(), "{kind}: {signals} signals");
    }
    Ok(())
}
