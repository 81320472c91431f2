//! What can go wrong while a simulation is built or run.

/// What went wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A mechanism is used that no one brought.
    #[error("mechanism `{name}` is not known")]
    UnknownMechanism {
        /// Its name.
        name: String,
    },
    /// A variable is played or probed that the mechanism does not have.
    #[error("mechanism `{mechanism}` has no variable `{variable}`")]
    UnknownVariable {
        /// The mechanism.
        mechanism: String,
        /// The variable.
        variable: String,
    },
    /// A connection ends at a mechanism that takes no events.
    #[error("gid {gid}: `{mechanism}` takes no events, so no connection can end there")]
    NoEvents {
        /// Cell of the target.
        gid: u64,
        /// Mechanism of the target.
        mechanism: String,
    },
    /// A connection is shorter than a time step, but its ends cannot be in one group.
    #[error(
        "the connection from gid {from} to gid {to} has a delay of {delay} ms, below the time step of {dt} ms"
    )]
    DelayTooShort {
        /// Source.
        from: u64,
        /// Target.
        to: u64,
        /// Delay (ms).
        delay: f64,
        /// Time step (ms).
        dt: f64,
    },
    /// Something of a cell points outside it.
    #[error("gid {gid}: {what} {index} does not exist")]
    OutOfRange {
        /// The cell.
        gid: u64,
        /// What kind of thing was asked for.
        what: &'static str,
        /// Its index.
        index: usize,
    },
    /// A cell is not what its saved state is of.
    #[error("the saved state of gid {gid} does not fit the cell: {what}")]
    OtherState {
        /// The cell.
        gid: u64,
        /// The difference.
        what: String,
    },
    /// A mechanism has a state that belongs to no cell.
    #[error(
        "the state of `{mechanism}` cannot be saved: its instances share a random generator (`scop_random`)"
    )]
    SharedState {
        /// The mechanism.
        mechanism: String,
    },
    /// Two systems touch the same data and nothing says which comes first.
    #[error("the `{schedule}` schedule is ambiguous: {conflicts}")]
    AmbiguousSchedule {
        /// Which schedule.
        schedule: &'static str,
        /// The pairs of systems and what they share.
        conflicts: String,
    },
    /// The schedule could not be ordered.
    #[error("the `{schedule}` schedule cannot be ordered: {reason}")]
    BadSchedule {
        /// Which schedule.
        schedule: &'static str,
        /// Why.
        reason: String,
    },
    /// A voltage left the range of what a membrane can have.
    #[error(
        "at t = {t:.3} ms the voltage of gid {gid} ({population} node {node_id}), section `{section}`, \
         segment {segment}, is {voltage} mV; {culprit}"
    )]
    RunawayVoltage {
        /// When it was found (ms).
        t: f64,
        /// The cell.
        gid: u64,
        /// Its population.
        population: String,
        /// Its node id.
        node_id: u64,
        /// The section.
        section: String,
        /// The segment within the section.
        segment: usize,
        /// The voltage (mV).
        voltage: f64,
        /// The mechanism to blame, where it can be told.
        culprit: String,
    },
    /// A kernel of a mechanism cannot go on.
    #[error("at t = {t:.3} ms mechanism `{mechanism}`{}{place} failed in gid {gid}{located}: {message}", if place.is_empty() { "" } else { " at " })]
    KernelFailed {
        /// When (ms).
        t: f64,
        /// The cell.
        gid: u64,
        /// Population, node id, section and segment, where the mechanism has a place.
        located: String,
        /// The mechanism.
        mechanism: String,
        /// File and line.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// A cell calls a function that a mechanism does not have.
    #[error("gid {gid}: mechanism `{mechanism}` has no function `{function}`")]
    UnknownFunction {
        /// The cell.
        gid: u64,
        /// The mechanism.
        mechanism: String,
        /// The function.
        function: String,
    },
    /// A call, or a pointer, concerns an instance that is not there.
    #[error("gid {gid}: mechanism `{mechanism}` is not {at}")]
    NoInstance {
        /// The cell.
        gid: u64,
        /// The mechanism.
        mechanism: String,
        /// Where it should be.
        at: String,
    },
    /// A pointer of an instance was never set.
    #[error("gid {gid}: the pointer `{variable}` of mechanism `{mechanism}`{located} points to nothing")]
    UnsetPointer {
        /// The cell.
        gid: u64,
        /// The mechanism.
        mechanism: String,
        /// The variable.
        variable: String,
        /// Where the instance is.
        located: String,
    },
    /// A pointer cannot stand for what it should.
    #[error("gid {gid}: the pointer `{variable}` of mechanism `{mechanism}` cannot be set: {reason}")]
    BadPointer {
        /// The cell.
        gid: u64,
        /// The mechanism.
        mechanism: String,
        /// The variable.
        variable: String,
        /// Why.
        reason: String,
    },
    /// Instances in one place depend on each other's ion variables, which NEURON evaluates one after the other.
    #[error(
        "gid {gid}: several `{mechanism}` are in one segment and each changes what the next reads of ion `{ion}`"
    )]
    DependentInstances {
        /// The cell.
        gid: u64,
        /// The mechanism.
        mechanism: String,
        /// The ion.
        ion: String,
    },
    /// A random stream or vector is given that the mechanism does not have.
    #[error("gid {gid}: mechanism `{mechanism}` has no {what} `{name}`")]
    UnknownHolding {
        /// The cell.
        gid: u64,
        /// The mechanism.
        mechanism: String,
        /// What kind of thing: `random stream` or `vector`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A variable follows a voltage that no cell publishes.
    #[error("gid {gid}: a gap junction needs the voltage with the id {id}, but no simulated cell has it")]
    VoltageNotPublished {
        /// The cell of the variable.
        gid: u64,
        /// The id.
        id: u64,
    },
    /// Two voltages have the same id.
    #[error("gid {} and gid {}: two gap junctions have the id {id} for their own voltage", gids.0, gids.1)]
    VoltagePublishedTwice {
        /// The id.
        id: u64,
        /// The cells of the two, the smaller gid first.
        gids: (u64, u64),
    },
    /// Somebody wished that the run stops.
    #[error("interrupted at t = {t:.3} ms")]
    Interrupted {
        /// Where it stopped (ms).
        t: f64,
    },
    /// Another rank failed, so this one stops.
    #[error("another rank failed")]
    OtherRankFailed,
    /// A system outside this crate failed, such as the writer of a report.
    #[error("{0}")]
    Other(String),
}
