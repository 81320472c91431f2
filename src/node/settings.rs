//! What the input and the command line say of a simulation as a whole.

use std::collections::BTreeMap;
use std::num::NonZero;

use sonata::config::IntegrationMethod;
use systems::communicator::Communicator;
use systems::group::GroupOptions;
use systems::schedule::Timings;
use systems::{Registry, SimulationOptions};

use crate::command_line::Options;
use crate::input::Input;
use crate::plugin::App;

/// What the config and the command line say of the simulation as a whole, but for the number of threads.
pub fn simulation_options(
    input: &Input,
    options: &Options,
    app: &App,
    timings: Option<Timings>,
) -> SimulationOptions {
    let (run, conditions) = (&input.config.run, &input.config.conditions);
    let globals = conditions.mechanisms.iter();
    let globals: BTreeMap<(String, String), f64> =
        globals.map(|global| ((global.mechanism.clone(), global.variable.clone()), global.value)).collect();
    SimulationOptions {
        group: GroupOptions {
            dt: run.dt,
            celsius: conditions.celsius,
            second_order: match run.integration_method {
                IntegrationMethod::Euler => 0,
                IntegrationMethod::CrankNicolson => 1,
                IntegrationMethod::CrankNicolsonIon => 2,
            },
            v_init: conditions.v_init,
            random_seed: run.random_seed,
            globals,
            observed: app.observed.clone(),
            keeps_state: options.save.is_some() || options.restore.is_some(),
        },
        threads: 1,
        group_size: options.group_size.map_or(0, std::num::NonZero::get),
        step_plugins: app.step_plugins.clone(),
        timings,
    }
}

/// Number of threads of this rank: what the options say, or one for each core that the process may use; ranks that may
/// use the same cores share them.
///
/// # Errors
///
/// If another rank failed.
pub fn threads(options: &Options, ranks: &dyn Communicator) -> Result<usize, systems::Error> {
    let cores = cores();
    let everywhere = ranks.all_gather(cores.as_bytes())?;
    let sharing = everywhere.iter().filter(|others| **others == cores.as_bytes()).count().max(1);
    let available = std::thread::available_parallelism().map_or(1, NonZero::get);
    Ok(options.threads.map_or((available / sharing).max(1), NonZero::get))
}

/// The machine and the cores of it that this process may use, where Linux tells.
fn cores() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let machine = read("/proc/sys/kernel/hostname");
    let status = read("/proc/self/status");
    let allowed = status.lines().find(|line| line.starts_with("Cpus_allowed:")).unwrap_or_default();
    format!("{machine}{allowed}")
}

/// All variables of all mechanisms, by (mechanism, variable).
pub fn all_variables(registry: &Registry) -> impl Iterator<Item = (String, String)> {
    registry.descriptions().flat_map(|description| {
        let variables = description.variables.iter();
        variables.map(|variable| (description.name.clone(), variable.name.clone()))
    })
}
