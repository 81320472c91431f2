//! What the tests of this crate share.
#![allow(dead_code)]

use hdf5::File;
use morphology::Imported;
use std::path::{Path, PathBuf};

/// Real morphologies, which not every machine has.
pub fn shared(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/morphologies");
    if !folder.is_dir() {
        eprintln!("skipped: no shared morphologies");
        return None;
    }
    Some(folder.join(name))
}

/// Sections, connections and lists as text, one line each; coordinates in full.
pub fn describe(imported: &Imported) -> String {
    let mut text = String::new();
    for section in &imported.sections {
        text += &format!("{}[{}] type {}", section.name, section.index, section.kind);
        if let Some((parent, x)) = section.parent {
            let parent = &imported.sections[parent];
            text += &format!(" on {}[{}]({x})", parent.name, parent.index);
        }
        if let Some(point) = section.logical_connection {
            text += &format!(" by {point:?}");
        }
        text += "\n";
        for point in &section.points {
            text += &format!("  {point:?}\n");
        }
    }
    let order: Vec<_> = imported.connections.iter().map(|c| c.child).collect();
    text += &format!("connected {order:?}\n");
    for (name, members) in &imported.lists {
        text += &format!("{name} {members:?}\n");
    }
    for warning in &imported.warnings {
        text += &format!("warning: {warning}\n");
    }
    text
}

/// A row of `points`: x, y, z, diameter.
pub type Point = [f32; 4];
/// A row of `structure`: first point, type, parent.
pub type Row = [i32; 3];

/// Writes an H5 v1 morphology into `folder` and returns its path.
pub fn write_h5(folder: &Path, name: &str, points: &[Point], structure: &[Row]) -> PathBuf {
    let path = folder.join(name);
    let file = File::create(&path).unwrap();
    write_group(&file, points, structure);
    path
}

/// Writes a morphology into a group.
pub fn write_group(group: &hdf5::Group, points: &[Point], structure: &[Row]) {
    let flat = |rows: usize, width: usize| (rows, width);
    let dataset = group.new_dataset::<f32>().shape(flat(points.len(), 4)).create("points").unwrap();
    dataset.write_raw(points.as_flattened()).unwrap();
    let dataset = group.new_dataset::<i32>().shape(flat(structure.len(), 3)).create("structure").unwrap();
    dataset.write_raw(structure.as_flattened()).unwrap();
}
