//! What the input and the command line say of a simulation as a whole.

use std::collections::BTreeMap;

use sonata::config::IntegrationMethod;
use systems::group::GroupOptions;
use systems::schedule::Timings;
use systems::{Registry, SimulationOptions};

use crate::command_line::Options;
use crate::input::Input;
use crate::plugin::App;

/// What the config and the command line say of the simulation as a whole.
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
        },
        threads: match options.threads {
            Some(threads) => threads.get(),
            None => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        },
        group_size: options.group_size.map_or(0, std::num::NonZero::get),
        step_plugins: app.step_plugins.clone(),
        timings,
    }
}

/// All variables of all mechanisms, by (mechanism, variable).
pub fn all_variables(registry: &Registry) -> impl Iterator<Item = (String, String)> {
    registry.descriptions().flat_map(|description| {
        let variables = description.variables.iter();
        variables.map(|variable| (description.name.clone(), variable.name.clone()))
    })
}
