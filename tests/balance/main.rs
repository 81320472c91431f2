//! Load balancing, building in steps, and dry runs.
//!
//! | file | holds |
//! |---|---|
//! | `invariance.rs` | neither the way of dealing out cells nor the number of steps changes results |
//! | `files.rs` | files of neurodamus that are read and written, and those that are refused |
//! | `exchange.rs` | allocations between this program and neurodamus |
//! | `dry_run.rs` | what dry runs tell and write |

mod dry_run;
mod exchange;
mod files;
mod invariance;

#[path = "../../examples/make_network.rs"]
#[allow(dead_code, reason = "the example is a program, too")]
mod make_network;
#[path = "../ring/python.rs"]
mod python;
#[path = "../support/simulation.rs"]
mod simulation;

use serde_json::json;
use simulation::{Simulation, reports_until};

/// A network with random synapses, spontaneous events, replay, gap junctions, noise, modifications, overrides that set
/// globals, and reports of synapses and sums.
fn network() -> Simulation {
    let size = make_network::Size { cells: 10, synapses: 40 };
    let network = Simulation::new(|folder| make_network::write(folder, size).expect("its files"));
    network.configure(|config| {
        config["run"]["tstop"] = 30.0.into();
        config["node_set"] = "All".into();
        config["conditions"]["randomize_gaba_rise_time"] = true.into();
        config["conditions"]["modifications"] = json!([{
            "name": "wider", "node_set": "Basket", "type": "section_list",
            "section_configure": "somatic.cm *= 1.1",
        }]);
        config["connection_overrides"] = json!([
            { "name": "minis", "source": "All", "target": "All", "spont_minis": 3.0 },
            { "name": "slower", "source": "All", "target": "All", "spont_minis": 3.0,
              "synapse_configure": "tau_d_NMDA_ProbAMPANMDA_EMS = 50" },
        ]);
        config["inputs"]["noise"] = json!({
            "module": "ornstein_uhlenbeck", "input_type": "conductance", "delay": 2.0, "duration": 26.0,
            "node_set": "All", "reversal": 0.0, "tau": 2.0, "mean": 0.001, "sigma": 0.0005,
        });
        config["reports"] = reports_until(30.0);
    });
    network
}
