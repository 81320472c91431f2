//! H5 morphology files, version 1: `/points` and `/structure`, alone or as groups of a container.
//!
//! Format: BBP H5 v1 morphology files (MorphIO documentation, "Specification"). `points` holds x, y, z and
//! diameter (um) of every point, `structure` the first point, the type and the parent of every section; a
//! first row of type 1 is the soma's outline.

use crate::error::{Hdf5Error, MorphologyError};
use hdf5::types::TypeDescriptor;
use hdf5::{Dataset, File, Group};
use std::path::Path;

/// Files with more points than this are refused, so that a damaged file cannot ask for all memory.
const POINT_LIMIT: usize = 20_000_000;
/// Type numbers a section may have.
const KINDS: std::ops::RangeInclusive<i32> = 2..=19;

/// A morphology as its file has it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct H5Morphology {
    /// The soma's outline: x, y, z, diameter (um).
    pub soma: Vec<[f32; 4]>,
    /// Sections in the order of the file.
    pub sections: Vec<H5Section>,
}

/// A section of the file.
#[derive(Debug, PartialEq)]
pub(crate) struct H5Section {
    /// Type number, 2 to 19.
    pub kind: i32,
    /// Index of the parent section; none for a section on the soma.
    pub parent: Option<usize>,
    /// x, y, z, diameter (um).
    pub points: Vec<[f32; 4]>,
}

/// Reads a morphology; `group` names it inside a container.
pub(crate) fn read(path: &Path, group: Option<&str>) -> Result<H5Morphology, MorphologyError> {
    let place = Place { file: path.display().to_string(), group: group.unwrap_or("").to_string() };
    if let Err(source) = std::fs::metadata(path) {
        return Err(MorphologyError::Read { path: path.to_path_buf(), source });
    }
    let file = File::open(path).map_err(|_| {
        place.error(
            "",
            "an HDF5 file",
            "a file that HDF5 cannot open",
            "copy the file anew: it is cut off, or of another format",
        )
    })?;
    let root = match group {
        None => file.as_group(),
        Some(name) => file.group(name),
    };
    let root = root.map_err(|_| {
        place.error(
            "",
            "a group of that name",
            "none",
            "check the name of the morphology against the names in the container",
        )
    })?;
    check_version(&root, &place)?;
    let points = points(&root, &place)?;
    let structure = structure(&root, &place)?;
    sections(&points, &structure, &place)
}

/// Where a morphology lies, for messages.
struct Place {
    file: String,
    group: String,
}

impl Place {
    fn error(
        &self,
        object: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
        help: impl Into<String>,
    ) -> MorphologyError {
        let parts = [self.group.as_str(), object];
        let inside: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Box::new(Hdf5Error {
            place: format!("{}:/{}", self.file, inside.join("/")),
            expected: expected.into(),
            found: found.into(),
            help: help.into(),
        })
        .into()
    }

    fn row(&self, row: usize, expected: impl Into<String>, found: impl Into<String>) -> MorphologyError {
        let help =
            "columns of `structure` are first point, type, parent; write the file anew from its source";
        self.error(&format!("structure[{row}]"), expected, found, help)
    }
}

fn check_version(root: &Group, place: &Place) -> Result<(), MorphologyError> {
    // Files without metadata are version 1 as well
    let version = root.group("metadata").and_then(|m| m.attr("version")).and_then(|a| a.read_raw::<u32>());
    match version.as_deref() {
        Ok([1, ..]) | Err(_) => Ok(()),
        Ok(other) => Err(place.error(
            "metadata@version",
            "version 1",
            format!("{other:?}"),
            "convert the file to H5 v1 with MorphIO",
        )),
    }
}

/// Opens a two-dimensional dataset and checks its width, its type class and its size.
fn table(
    root: &Group,
    place: &Place,
    name: &str,
    width: usize,
    class: (&str, fn(&TypeDescriptor) -> bool),
) -> Result<Dataset, MorphologyError> {
    let help = "write the file anew with MorphIO (H5 v1)";
    let expected = format!("{} of {width} columns", class.0);
    let Ok(dataset) = root.dataset(name) else {
        return Err(place.error(name, expected, "no such dataset", help));
    };
    let shape = dataset.shape();
    if shape.len() != 2 || shape[1] != width {
        return Err(place.error(name, expected, format!("shape {shape:?}"), help));
    }
    if shape[0] > POINT_LIMIT {
        return Err(place.error(
            name,
            format!("at most {POINT_LIMIT} rows"),
            format!("{} rows", shape[0]),
            help,
        ));
    }
    match dataset.dtype().and_then(|t| t.to_descriptor()) {
        Ok(descriptor) if class.1(&descriptor) => Ok(dataset),
        Ok(other) => Err(place.error(name, expected, format!("type `{other}`"), help)),
        Err(_) => Err(place.error(name, expected, "an unknown type", help)),
    }
}

fn damaged(place: &Place, name: &str) -> MorphologyError {
    let help = "copy the file anew: it is cut off, or compressed with a filter that is missing here";
    place.error(name, "readable data", "data that HDF5 cannot read", help)
}

fn points(root: &Group, place: &Place) -> Result<Vec<[f32; 4]>, MorphologyError> {
    let is_float = |t: &TypeDescriptor| matches!(t, TypeDescriptor::Float(_));
    let dataset = table(root, place, "points", 4, ("floating-point numbers", is_float))?;
    let numbers = dataset.read_raw::<f32>().map_err(|_| damaged(place, "points"))?;
    let points: Vec<[f32; 4]> = numbers.chunks_exact(4).map(|p| [p[0], p[1], p[2], p[3]]).collect();
    if let Some(row) = points.iter().position(|p| p.iter().any(|x| !x.is_finite())) {
        let help = "mend or remove the point";
        return Err(place.error(
            &format!("points[{row}]"),
            "finite numbers",
            format!("{:?}", points[row]),
            help,
        ));
    }
    Ok(points)
}

fn structure(root: &Group, place: &Place) -> Result<Vec<[i64; 3]>, MorphologyError> {
    let is_integer =
        |t: &TypeDescriptor| matches!(t, TypeDescriptor::Integer(_) | TypeDescriptor::Unsigned(_));
    let dataset = table(root, place, "structure", 3, ("integers", is_integer))?;
    let numbers = dataset.read_raw::<i64>().map_err(|_| damaged(place, "structure"))?;
    Ok(numbers.chunks_exact(3).map(|row| [row[0], row[1], row[2]]).collect())
}

fn sections(
    points: &[[f32; 4]],
    structure: &[[i64; 3]],
    place: &Place,
) -> Result<H5Morphology, MorphologyError> {
    let mut morphology = H5Morphology::default();
    if structure.first().is_none_or(|row| row[1] != 1) {
        return Err(place.row(
            0,
            "the soma (type 1)",
            structure.first().map_or("no rows".into(), |r| format!("{r:?}")),
        ));
    }
    for (i, &[start, kind, parent]) in structure.iter().enumerate() {
        let end = structure.get(i + 1).map_or(points.len() as i64, |next| next[0]);
        let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        let Some(own) = range.and_then(|(a, b)| points.get(a..b)).filter(|own| !own.is_empty()) else {
            let expected = format!("points of the section within 0 to {}", points.len());
            return Err(place.row(i, expected, format!("points {start} to {end}")));
        };
        if i == 0 {
            morphology.soma = own.to_vec();
            continue;
        }
        let kind = match i32::try_from(kind) {
            Ok(1) => return Err(place.row(i, "one soma, in the first row", "a second section of type 1")),
            Ok(kind) if KINDS.contains(&kind) => kind,
            _ => return Err(place.row(i, "a type from 2 to 19", format!("type {kind}"))),
        };
        let parent = match usize::try_from(parent) {
            Ok(row) if row < structure.len() && row != i => row.checked_sub(1),
            _ => {
                let expected = format!("the row of the parent, 0 to {}", structure.len() - 1);
                return Err(place.row(i, expected, format!("parent {parent}")));
            }
        };
        morphology.sections.push(H5Section { kind, parent, points: own.to_vec() });
    }
    Ok(morphology)
}
