//! Stimuli that are valid one by one, but whose numbers do not fit each other.

use sonata::config::{Input as Stimulus, Module, SimulationConfig};
use sonata::diagnostics::Problem;

use crate::signals::{NOISE_INTERVAL, Window, already_used, sample_count};

/// What is wrong with the signals of the stimuli.
pub fn problems(config: &SimulationConfig) -> Vec<Problem> {
    config.inputs.iter().filter_map(|stimulus| problem(stimulus, config)).collect()
}

fn problem(stimulus: &Stimulus, config: &SimulationConfig) -> Option<Problem> {
    let name = stimulus.name.value.as_str();
    let window = Window { delay: stimulus.delay, duration: stimulus.duration };
    let problem = |key: &str, what: String, remedy: &str| {
        Some(config.document.impossible(&["inputs", name, key], &what, Some(remedy)))
    };
    let (interval, is_shot_noise) = match stimulus.module {
        Module::Sinusoidal { dt, frequency, .. } if frequency > 0.0 => (dt, false),
        Module::Noise { .. } => (NOISE_INTERVAL, false),
        Module::OrnsteinUhlenbeck { sampling, .. } | Module::RelativeOrnsteinUhlenbeck { sampling, .. } => {
            (sampling.dt, false)
        }
        Module::ShotNoise { sampling, .. }
        | Module::AbsoluteShotNoise { sampling, .. }
        | Module::RelativeShotNoise { sampling, .. } => (sampling.dt, true),
        _ => return None,
    };
    if window.duration < interval && !is_shot_noise {
        let what = format!(
            "`{name}` lasts {} ms, less than the interval between its samples, {interval} ms",
            window.duration
        );
        let remedy = match stimulus.module {
            Module::Noise { .. } => "give a longer `duration`",
            _ => "give a longer `duration` or a smaller `dt`",
        };
        return problem("duration", what, remedy);
    }
    if let Err(error) = sample_count(window, interval) {
        let remedy = "give a shorter `duration`: what is after `run.tstop` has no effect";
        return problem("duration", format!("`{name}` is too long: {error}"), remedy);
    }
    if matches!(stimulus.module, Module::Noise { .. }) && already_used(window, config.run.dt).is_none() {
        let what = format!(
            "the random numbers of `{name}` before its delay of {} ms cannot be passed over",
            window.delay
        );
        let remedy = "after multiples of `duration`, neurodamus passes over the random numbers of one interval of 0.5 ms \
                      at least: choose a `delay` that is 0, or at least 0.5 ms more than a multiple of `duration`";
        return problem("delay", what, remedy);
    }
    None
}
