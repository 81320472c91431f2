//! What can be asked of both models.

use neurodamus::model::RunOptions;
use serde::Serialize;

/// Where spikes come from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The voltage at `x` of a section rises above a threshold (mV).
    Voltage { section: usize, x: f64, threshold: f64 },
    /// A point process or artificial cell.
    Point { point: usize },
}

/// An instance of a mechanism.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A density mechanism at `x` of a section.
    Density { section: usize, x: f64, mechanism: String },
    /// A point process or artificial cell.
    Point { point: usize },
}

/// An argument of a mechanism's function.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Argument {
    Number(f64),
    Vector(Vec<f64>),
}

/// One thing asked of a model. Sections and points are numbered in the order in which they were made.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    Section {
        name: String,
    },
    /// A variable of a section: `L`, `Ra`, `nseg`, or a range variable along all of it.
    Set {
        section: usize,
        name: String,
        value: f64,
    },
    SetAt {
        section: usize,
        x: f64,
        name: String,
        value: f64,
    },
    Ramp {
        section: usize,
        name: String,
        first: f64,
        last: f64,
    },
    Points {
        section: usize,
        points: Vec<[f64; 4]>,
    },
    Connect {
        child: usize,
        end: f64,
        parent: usize,
        x: f64,
    },
    Insert {
        section: usize,
        mechanism: String,
    },
    /// A variable that all instances share, as HOC calls it (`usetable_hh`).
    Global {
        name: String,
        value: f64,
    },
    Point {
        mechanism: String,
        section: usize,
        x: f64,
    },
    ArtificialCell {
        mechanism: String,
    },
    Variable {
        point: usize,
        name: String,
        value: f64,
    },
    /// The ids of `noiseFromRandom123`.
    Stream {
        point: usize,
        ids: [u32; 3],
    },
    /// The ids of a variable that `RANDOM` declares.
    Random {
        owner: Owner,
        variable: String,
        ids: [u32; 3],
    },
    /// Spike times (ms) of a `VecStim`.
    Times {
        point: usize,
        times: Vec<f64>,
    },
    Play {
        point: usize,
        name: String,
        times: Vec<f64>,
        values: Vec<f64>,
    },
    /// Lets a `POINTER` point to a variable at a place.
    Pointer {
        owner: Owner,
        name: String,
        section: usize,
        x: f64,
        variable: String,
    },
    /// Lets a variable of a point process follow the voltage at a place, as across a gap junction.
    Follow {
        point: usize,
        name: String,
        section: usize,
        x: f64,
    },
    /// Calls a mechanism's function or procedure, such as `setRNG`.
    Call {
        owner: Owner,
        function: String,
        arguments: Vec<Argument>,
    },
    NetCon {
        source: Source,
        target: usize,
        delay: f64,
        weights: Vec<f64>,
    },
    Record {
        section: usize,
        x: f64,
        name: String,
    },
    RecordVariable {
        point: usize,
        name: String,
    },
    RecordSpikes {
        source: Source,
    },
    Import {
        file: String,
    },
    /// Areas, resistances and diameters of all nodes.
    Geometry {},
    Run {
        dt: f64,
        tstop: f64,
        v_init: f64,
        celsius: f64,
        second_order: u8,
    },
}

impl Operation {
    pub fn run(options: &RunOptions) -> Self {
        let &RunOptions { dt, tstop, v_init, celsius, second_order, .. } = options;
        Operation::Run { dt, tstop, v_init, celsius, second_order }
    }
}
