//! What can be wrong with a request to a cell under construction.

use crate::section::MAX_SEGMENTS;

/// A request that the cell cannot fulfil; names are those the user knows.
#[derive(Clone, Debug, PartialEq, thiserror::Error, miette::Diagnostic)]
pub enum Error {
    /// No mechanism of the catalogue has this name.
    #[error("unknown mechanism `{name}`")]
    UnknownMechanism {
        /// The name asked for.
        name: String,
        /// What to do about it.
        #[help]
        help: Option<String>,
    },
    /// The mechanism is of a kind that cannot be used like this.
    #[error("mechanism `{name}` is {found}, not {expected}")]
    WrongKind {
        /// The mechanism.
        name: String,
        /// What it would have to be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// No mechanism, ion or section has a range variable of this name.
    #[error("unknown range variable `{name}`")]
    UnknownRangeVariable {
        /// The name asked for.
        name: String,
        /// What to do about it.
        #[help]
        help: Option<String>,
    },
    /// No mechanism or ion has a global variable of this name.
    #[error("unknown global variable `{name}`")]
    UnknownGlobal {
        /// The name asked for.
        name: String,
        /// What to do about it.
        #[help]
        help: Option<String>,
    },
    /// A point process has no variable of this name.
    #[error("`{mechanism}` has no variable `{name}`")]
    UnknownVariable {
        /// The mechanism of the point process.
        mechanism: String,
        /// The name asked for.
        name: String,
        /// What to do about it.
        #[help]
        help: Option<String>,
    },
    /// No mechanism uses an ion of this name.
    #[error("unknown ion `{name}`")]
    UnknownIon {
        /// The name asked for.
        name: String,
        /// What to do about it.
        #[help]
        help: Option<String>,
    },
    /// A range variable belongs to a mechanism that the section lacks.
    #[error("`{variable}` is not available in `{section}`: mechanism `{mechanism}` is not inserted")]
    #[diagnostic(help("insert `{mechanism}` in `{section}` first"))]
    NotInserted {
        /// The range variable.
        variable: String,
        /// The mechanism it belongs to.
        mechanism: String,
        /// The section.
        section: String,
    },
    /// The mechanism cannot be removed from a section.
    #[error("`{mechanism}` cannot be uninserted from `{section}`")]
    CannotUninsert {
        /// The mechanism.
        mechanism: String,
        /// The section.
        section: String,
    },
    /// A range variable is computed and cannot be assigned.
    #[error("range variable `{name}` is read only")]
    ReadOnly {
        /// The range variable.
        name: String,
    },
    /// A relative position along a section is not in the range 0 to 1.
    #[error("position {x} in `{section}` is not in the range 0 to 1")]
    PositionOutOfRange {
        /// The section.
        section: String,
        /// The position.
        x: f64,
    },
    /// The interval of a ramp is empty or backwards.
    #[error("interval from {from} to {to} in `{section}` is not ascending")]
    RampOrder {
        /// The section.
        section: String,
        /// Where the ramp begins.
        from: f64,
        /// Where the ramp ends.
        to: f64,
    },
    /// A section cannot have this number of segments.
    #[error("`{section}` cannot have {count} segments")]
    #[diagnostic(help("nseg is a whole number from 1 to {MAX_SEGMENTS}"))]
    SegmentCount {
        /// The section.
        section: String,
        /// The number asked for.
        count: i64,
    },
    /// A child section can only be connected by one of its ends.
    #[error("`{section}` cannot be connected by its position {end}")]
    #[diagnostic(help("connect a section by its end 0 or 1"))]
    ConnectionEnd {
        /// The child section.
        section: String,
        /// The position of the child that was to be connected.
        end: f64,
    },
    /// Connecting the sections would make a loop.
    #[error("connecting `{child}` to `{parent}` makes a loop")]
    Loop {
        /// The child section.
        child: String,
        /// The parent section.
        parent: String,
    },
    /// The section was deleted, or belongs to another cell.
    #[error("section was deleted")]
    DeletedSection,
    /// The point process was deleted, or belongs to another cell.
    #[error("point process was deleted")]
    DeletedPointProcess,
    /// A section without 3-D shape has a segment without membrane.
    #[error("`{section}` has the diameter {diameter} um at {x}")]
    #[diagnostic(help("set a positive `diam`, or add at least two 3-D points"))]
    Diameter {
        /// The section.
        section: String,
        /// The middle of the segment.
        x: f64,
        /// Its diameter (um).
        diameter: f64,
    },
    /// Length, diameter or axial resistance do not make a compartment.
    #[error("the {quantity} of `{section}` at {x} is {value}")]
    #[diagnostic(help(
        "check `L`, `diam`, `Ra` and the 3-D points of `{section}`: they must be finite and positive"
    ))]
    Degenerate {
        /// The section.
        section: String,
        /// The middle of the segment, or 1 for the end of the section.
        x: f64,
        /// What cannot be used: `area`, `axial conductance` or `electrotonic length`.
        quantity: &'static str,
        /// Its value (um2 or uS).
        value: f64,
    },
    /// A 3-D point has a coordinate or diameter that is not finite.
    #[error("3-D point of `{section}` is not finite: x {x}, y {y}, z {z}, diameter {diameter}")]
    PointNotFinite {
        /// The section.
        section: String,
        /// The x coordinate (um).
        x: f64,
        /// The y coordinate (um).
        y: f64,
        /// The z coordinate (um).
        z: f64,
        /// The diameter (um).
        diameter: f64,
    },
    /// There is no 3-D point of this index.
    #[error("`{section}` has {count} 3-D points, none with the index {index}")]
    PointIndex {
        /// The section.
        section: String,
        /// The index asked for.
        index: usize,
        /// Number of points.
        count: usize,
    },
    /// The electrotonic length of a section needs positive diameters.
    #[error("3-D point {index} of `{section}` has no diameter")]
    PointDiameter {
        /// The section.
        section: String,
        /// Index of the point.
        index: usize,
    },
    /// A point process has no location, so its variables do not exist.
    #[error("point process `{mechanism}` is not located in a section")]
    NotLocated {
        /// The mechanism of the point process.
        mechanism: String,
    },
    /// A point process that needs an ion cannot sit on a node without membrane.
    #[error("`{mechanism}` uses the ion `{ion}` and cannot be located at {x} of `{section}`")]
    #[diagnostic(help("choose a position strictly between 0 and 1"))]
    IonAtEnd {
        /// The mechanism of the point process.
        mechanism: String,
        /// The ion.
        ion: String,
        /// The section.
        section: String,
        /// The position.
        x: f64,
    },
    /// A part of an ion style is out of its range.
    #[error("ion style `{part}` is {value}, not in the range 0 to {maximum}")]
    IonStylePart {
        /// Which of the five parts.
        part: &'static str,
        /// Its value.
        value: u32,
        /// Its largest value.
        maximum: u32,
    },
    /// The origin of distances was never set, or its section was deleted.
    #[error("the origin of distances is not set")]
    NoDistanceOrigin,
    /// No section is selected.
    #[error("there are no sections to make a cell model of")]
    NoSections,
    /// A section list holds a section that is no part of the cell model.
    #[error("section list `{list}` holds `{section}`, which is not connected to this cell")]
    ForeignSection {
        /// Name of the list.
        list: String,
        /// The section.
        section: String,
    },
    /// Two mechanisms have the same name.
    #[error("mechanism `{name}` is defined twice: in {first} and in {second}")]
    DuplicateMechanism {
        /// The name.
        name: String,
        /// Source of the first definition.
        first: String,
        /// Source of the second definition.
        second: String,
    },
    /// Two variables are known by the same name.
    #[error("variable name `{name}` of mechanism `{mechanism}` is already in use")]
    NameClash {
        /// The name.
        name: String,
        /// The mechanism that was to be added.
        mechanism: String,
    },
    /// Two mechanisms disagree on the valence of an ion.
    #[error("mechanism `{mechanism}` gives ion `{ion}` the valence {found}, elsewhere it is {expected}")]
    ValenceConflict {
        /// The ion.
        ion: String,
        /// The mechanism that was to be added.
        mechanism: String,
        /// The valence known before.
        expected: f64,
        /// The valence given by the mechanism.
        found: f64,
    },
    /// No mechanism gives the valence of an ion.
    #[error("no mechanism gives the valence of ion `{ion}`")]
    #[diagnostic(help("add `VALENCE` to a `USEION {ion}` statement"))]
    MissingValence {
        /// The ion.
        ion: String,
    },
}

/// The remedy for a misspelt name: the most similar of the known ones.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut best: Option<(f64, &str)> = None;
    for candidate in known {
        let similarity = strsim::jaro_winkler(&name.to_lowercase(), &candidate.to_lowercase());
        let better =
            best.is_none_or(|(score, text)| similarity > score || (similarity == score && candidate < text));
        if similarity > 0.8 && better {
            best = Some((similarity, candidate));
        }
    }
    best.map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}
