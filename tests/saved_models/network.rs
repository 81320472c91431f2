//! A small network with everything that a model can hold, and its outputs.

use std::ops::Deref;

use serde_json::{Value, json};
use sonata::report::ReportLayout;
use sonata::spikes::SpikePopulation;

use crate::make_network::{self, Size};
use crate::simulation::{Simulation, reports_until};

/// Spikes, and the populations of each report with the bits of their values.
pub type Found = (Vec<SpikePopulation>, Vec<(ReportLayout, Vec<u32>)>);

/// The network in a folder of its own.
pub struct Network(Simulation);

impl Deref for Network {
    type Target = Simulation;

    fn deref(&self) -> &Simulation {
        &self.0
    }
}

impl Network {
    /// Eight cells with random and plastic synapses, spontaneous and replayed events, gap junctions, overrides and
    /// modifications; with noise and reports of all kinds.
    pub fn new() -> Self {
        let size = Size { cells: 8, synapses: 40 };
        let network = Self(Simulation::new(|folder| make_network::write(folder, size).expect("its files")));
        network.configure(|config| {
            config["run"]["tstop"] = 30.0.into();
            config["conditions"]["randomize_gaba_rise_time"] = true.into();
            config["conditions"]["extracellular_calcium"] = 1.8.into();
            config["conditions"]["modifications"] = json!([{
                "name": "wider", "node_set": "Basket", "type": "section_list",
                "section_configure": "somatic.cm *= 1.1",
            }]);
            config["connection_overrides"] = json!([
                { "name": "minis", "source": "All", "target": "All", "spont_minis": 3.0 },
                { "name": "later", "source": "All", "target": "All", "delay": 15.0, "weight": 0.5 },
                { "name": "plastic", "source": "Pyramidal", "target": "Basket", "spont_minis": 2.0,
                  "modoverride": "DetAMPANMDA", "synapse_configure": "%s.mg = 1.2" },
            ]);
            config["inputs"]["noise"] = json!({
                "module": "ornstein_uhlenbeck", "input_type": "conductance", "delay": 2.0, "duration": 26.0,
                "node_set": "All", "reversal": 0.0, "tau": 2.0, "mean": 0.001, "sigma": 0.0005,
            });
            config["reports"] = reports_until(30.0);
        });
        network
    }

    /// Sets what the simulation config has under a path such as `run/dt`.
    pub fn set(&self, path: &str, value: impl Into<Value>) {
        self.configure(|config| {
            let place = path.split('/').fold(config, |place, key| &mut place[key]);
            *place = value.into();
        });
    }

    /// What the simulation config has under a path.
    pub fn value(&self, path: &str) -> Value {
        let mut value = Value::Null;
        self.configure(|config| value = path.split('/').fold(&*config, |place, key| &place[key]).clone());
        value
    }

    /// Builds and saves the model on a number of ranks.
    pub fn save(&self, ranks: usize) {
        let options = ["--build-model=ON", "--simulate-model=OFF", "--threads=1"];
        self.run_on_ranks(ranks, "output", &options).expect("it is saved");
    }

    /// Runs the saved model on a number of ranks.
    pub fn run_saved(&self, ranks: usize, output: &str, further: &[&str]) {
        let options = [&["--build-model=OFF", "--threads=1"], further].concat();
        self.run_on_ranks(ranks, output, &options).expect("it runs");
    }

    /// Builds and runs the model, with a saved one or without.
    pub fn run_built(&self, output: &str) {
        let folder = self.path("build");
        let aside = self.path("aside");
        let had_one = folder.exists();
        if had_one {
            std::fs::rename(&folder, &aside).expect("it is put aside");
        }
        self.run_on_ranks(1, output, &["--threads=1"]).expect("it runs");
        assert!(!folder.exists(), "nothing was asked to be saved");
        if had_one {
            std::fs::rename(&aside, &folder).expect("it is put back");
        }
    }

    /// What is in an output folder.
    pub fn found(&self, output: &str) -> Found {
        let reports = ["v", "g", "i"].iter().flat_map(|name| self.report(output, name));
        let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect();
        (self.spikes(output), reports.map(|(layout, values)| (layout, bits(values))).collect())
    }

    /// The files of the saved model, by name.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("build")).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// The number of all spikes.
pub fn spike_count(found: &Found) -> usize {
    found.0.iter().map(|population| population.timestamps.len()).sum()
}
