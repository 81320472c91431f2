//! Sections as a reader leaves them, before they are named and made.

/// A section before instantiation: points in double precision, parents as indices into the reader's sections.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawSection {
    /// Type number in the file.
    pub kind: i32,
    /// x, y, z, diameter (um), including a leading copy of the parent's point.
    pub points: Vec<[f64; 4]>,
    /// Whether the first point only says where the section is logically connected.
    pub wired: bool,
    /// The parent section and the position on it.
    pub parent: Option<usize>,
    /// Position on the parent.
    pub parent_x: f64,
    /// Whether the points are a soma outline.
    pub contour: bool,
    /// The other contours of the stack this contour starts.
    pub stack: Vec<usize>,
    /// Whether this contour belongs to the stack of another one; it makes no section.
    pub subsidiary: bool,
    /// Line of the section's first own point.
    pub line: usize,
}

/// A reader's sections with the order in which they are instantiated.
#[derive(Debug, Default)]
pub(crate) struct RawMorphology {
    /// The sections.
    pub sections: Vec<RawSection>,
    /// Indices of `sections` in instantiation order; parents come before their children.
    pub order: Vec<usize>,
}
