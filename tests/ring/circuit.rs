//! A copy of the example network in a temporary folder, to be simulated as it is or with changes.

use std::fs;
use std::ops::Deref;
use std::path::Path;

#[path = "../support/simulation.rs"]
pub mod simulation;

#[path = "../../examples/make_ring.rs"]
#[allow(dead_code)]
mod make_ring;

use simulation::Simulation;

/// The network in a folder of its own.
pub struct Ring(Simulation);

impl Deref for Ring {
    type Target = Simulation;

    fn deref(&self) -> &Simulation {
        &self.0
    }
}

impl Ring {
    /// The example as it is, but with outputs in `output` beside its config.
    pub fn new() -> Self {
        let simulation = Simulation::new(|folder| {
            let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ring");
            for part in [".", "templates", "morphologies"] {
                fs::create_dir_all(folder.join(part)).expect("a folder");
                for entry in fs::read_dir(example.join(part)).expect("the example").flatten() {
                    let is_text = entry.path().extension().is_some_and(|e| e != "h5" && e != "SUCCESS");
                    if entry.path().is_file() && is_text {
                        fs::copy(entry.path(), folder.join(part).join(entry.file_name())).expect("a copy");
                    }
                }
            }
            make_ring::write(folder).expect("the HDF5 files");
        });
        simulation.configure(|config| config["output"]["output_dir"] = "output".into());
        Self(simulation)
    }

    /// The example with a shorter simulation (ms); the report `segments` starts after a quarter of it.
    pub fn lasting(stop: f64) -> Self {
        let ring = Self::new();
        ring.configure(|config| {
            config["run"]["tstop"] = stop.into();
            config["reports"]["segments"]["start_time"] = (stop / 4.0).into();
        });
        ring
    }
}
