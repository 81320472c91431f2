//! What an import gives: sections in creation order, connections in the order they are made, section lists.

use std::collections::BTreeMap;
use thiserror::Error;

/// A morphology as sections.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Imported {
    /// Sections in creation order: ascending type, then order in the file.
    pub sections: Vec<ImportedSection>,
    /// Connections in the order they are made. Siblings are visited most recently connected first.
    pub connections: Vec<Connection>,
    /// The section lists a template fills (`somatic`, `axonal`, `basal`, `apical`, `dendritic_n`, `all`), as
    /// indices into `sections`, in the order they are filled; empty lists are absent.
    pub lists: Vec<(String, Vec<usize>)>,
    /// What NEURON reports while importing without failing.
    pub warnings: Vec<Warning>,
}

/// One section of a morphology.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedSection {
    /// Name of the section array: `soma`, `axon`, `dend`, `apic`, `dend_n` or `minus_n`.
    pub name: String,
    /// Index in that array.
    pub index: usize,
    /// Type number in the file: 1 soma, 2 axon, 3 dendrite, 4 apical dendrite, others as they are.
    pub kind: i32,
    /// x, y, z and diameter in um, as a section stores them. Empty only where an H5 file changes type in the
    /// middle of a tree (see [`Warning::RepeatedName`]).
    pub points: Vec<[f32; 4]>,
    /// Where the section is logically connected to the soma (um); it is not part of its geometry
    /// (`pt3dstyle(1, x, y, z)`).
    pub logical_connection: Option<[f32; 3]>,
    /// Parent section and position on it (0 to 1). A child is always connected with its 0 end.
    pub parent: Option<(usize, f64)>,
}

/// `child(0)` is connected to `parent(x)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Connection {
    /// Index of the child section.
    pub child: usize,
    /// Index of the parent section.
    pub parent: usize,
    /// Position on the parent, 0 to 1.
    pub x: f64,
}

/// Something NEURON reports while it imports, and goes on.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Warning {
    /// A tree starts outside every soma outline.
    #[error(
        "line {line}: the tree starts outside the soma; it is connected to the centre of the nearest soma"
    )]
    RootOutsideSoma {
        /// Line of the tree's first point.
        line: usize,
    },
    /// A soma contour with one or two points.
    #[error("line {line}: a soma contour with less than three points is ignored")]
    SmallContour {
        /// Line of the contour's name.
        line: usize,
    },
    /// A stack of soma contours is not a pile of flat slices, so that the soma's area is doubtful.
    #[error("line {line}: {problem}; the soma's area may be wrong")]
    SomaStack {
        /// Line of the first point of the offending contour.
        line: usize,
        /// What is wrong with the contour.
        problem: &'static str,
    },
    /// A section with one point, or with two equal points, was removed and its children re-attached.
    #[error("line {line}: a section of {points} point(s) and no length is removed")]
    SectionRemoved {
        /// Line of the section's first point.
        line: usize,
        /// Number of its points.
        points: usize,
    },
    /// A line of an SWC file that is neither a point nor a comment.
    #[error("line {line}: not a point of 7 numbers; the line is ignored")]
    LineIgnored {
        /// The line.
        line: usize,
    },
    /// Text after the last object of an ASC file, usually behind one `)` too many.
    #[error("line {line}: everything from here on is ignored, because no object starts here")]
    TextIgnored {
        /// Line of the first ignored token.
        line: usize,
    },
    /// A tree of an H5 file changes type in the middle, so that two sections get the same name.
    #[error(
        "the tree changes type at `{name}[{index}]`, a name that is already taken; both become one section"
    )]
    RepeatedName {
        /// Name of the section array.
        name: String,
        /// Index in the array.
        index: usize,
    },
}

/// The section array a type belongs to: `soma`, `axon`, `dend`, `apic`, `dend_n`, or `minus_n` below zero.
pub fn type_name(kind: i32) -> String {
    match kind {
        1 => "soma".into(),
        2 => "axon".into(),
        3 => "dend".into(),
        4 => "apic".into(),
        n if n < 0 => format!("minus_{}", n.unsigned_abs()),
        n => format!("dend_{n}"),
    }
}

/// The section list a type belongs to: `somatic`, `axonal`, `basal`, `apical`, `dendritic_n`, `minus_nset`.
pub fn list_name(kind: i32) -> String {
    match kind {
        1 => "somatic".into(),
        2 => "axonal".into(),
        3 => "basal".into(),
        4 => "apical".into(),
        n if n < 0 => format!("minus_{}set", n.unsigned_abs()),
        n => format!("dendritic_{n}"),
    }
}

impl Imported {
    /// Makes the sections, without points, in the given order of types, and fills the lists of those types, also
    /// of types without sections.
    ///
    /// A list takes every section made so far whose name contains the name of the type, as
    /// `forsec "dend" basal.append` does: `dend_0` is in `basal` too.
    pub(crate) fn create(counts: impl IntoIterator<Item = (i32, usize)>) -> Self {
        let mut imported = Self::default();
        for (kind, count) in counts {
            let name = type_name(kind);
            imported.sections.extend((0..count).map(|index| ImportedSection {
                name: name.clone(),
                index,
                kind,
                points: Vec::new(),
                logical_connection: None,
                parent: None,
            }));
            let sections = imported.sections.iter().enumerate();
            let members: Vec<_> = sections.filter(|(_, s)| s.name.contains(&name)).map(|(i, _)| i).collect();
            if !members.is_empty() {
                imported.lists.push((list_name(kind), members));
            }
        }
        imported.lists.push(("all".into(), (0..imported.sections.len()).collect()));
        imported
    }

    /// Index of the first section of each type.
    pub(crate) fn first_of_kind(&self) -> BTreeMap<i32, usize> {
        self.sections.iter().enumerate().rev().map(|(i, section)| (section.kind, i)).collect()
    }
}
