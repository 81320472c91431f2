//! The sections `run` and `output`.

use std::path::PathBuf;

use super::reader::{Bound, Context, Section, choices};

choices! {
    /// How a step is integrated (`h.secondorder`).
    IntegrationMethod {
        /// Backward Euler (0)
        Euler = "euler",
        /// Crank-Nicolson (1)
        CrankNicolson = "crank_nicolson",
        /// Crank-Nicolson, with currents at the middle of the step (2)
        CrankNicolsonIon = "crank_nicolson_ion",
    }
}

/// `run`: time and seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// End of the simulation, ms.
    pub tstop: f64,
    /// Integration step, ms.
    pub dt: f64,
    /// The global index of all Random123 streams.
    pub random_seed: u32,
    /// Membrane potential at which a cell spikes, mV; default -30.
    pub spike_threshold: f64,
    /// Default: backward Euler.
    pub integration_method: IntegrationMethod,
    /// Seed of the stimuli's streams; default 0.
    pub stimulus_seed: u32,
    /// Seed of the stochastic ion channels' streams; default 0.
    pub ionchannel_seed: u32,
    /// Seed of the spontaneous miniature events' streams; default 0.
    pub minis_seed: u32,
    /// Seed of the synapses' streams; default 0.
    pub synapse_seed: u32,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            tstop: 0.0,
            dt: 0.025,
            random_seed: 0,
            spike_threshold: -30.0,
            integration_method: IntegrationMethod::Euler,
            stimulus_seed: 0,
            ionchannel_seed: 0,
            minis_seed: 0,
            synapse_seed: 0,
        }
    }
}

impl Run {
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let run = Self {
            tstop: section.required_number("tstop", Bound::NonNegative),
            dt: section.required_number("dt", Bound::Positive),
            random_seed: section.required_integer("random_seed"),
            spike_threshold: section.number("spike_threshold", Bound::Any).unwrap_or(-30.0),
            integration_method: section.choice("integration_method").unwrap_or(IntegrationMethod::Euler),
            stimulus_seed: section.integer("stimulus_seed").unwrap_or(0),
            ionchannel_seed: section.integer("ionchannel_seed").unwrap_or(0),
            minis_seed: section.integer("minis_seed").unwrap_or(0),
            synapse_seed: section.integer("synapse_seed").unwrap_or(0),
        };
        if section.number("tstart", Bound::Any) != Some(0.0) {
            section.without_effect("tstart", "a simulation starts at 0 ms");
        }
        section.without_effect("run_mode", "there is one mode");
        section.refuse("electrodes_file", "`run`", "give `electrodes_file` in each report of type `lfp`");
        section.finish();
        run
    }
}

choices! {
    /// How a spikes file is sorted.
    SpikesSortOrder {
        /// Not at all
        None = "none",
        /// By node id
        ById = "by_id",
        /// By time
        ByTime = "by_time",
    }
}

/// `output`: where results go.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The folder of all outputs; default `output` beside the configuration.
    pub output_dir: PathBuf,
    /// The log file as written; absent when not given or empty.
    pub log_file: Option<String>,
    /// The name of the spikes file in the output folder, without folders; default `out.h5`.
    pub spikes_file: String,
    /// Default: by time, which is what every simulator writes.
    pub spikes_sort_order: SpikesSortOrder,
}

impl Output {
    pub(super) fn read(section: Option<Section<'_>>, context: &Context) -> Self {
        let mut output = Self {
            output_dir: context.base.join("output"),
            log_file: None,
            spikes_file: "out.h5".into(),
            spikes_sort_order: SpikesSortOrder::ByTime,
        };
        let Some(mut section) = section else {
            return output;
        };
        if let Some(folder) = section.path("output_dir") {
            output.output_dir = folder.value;
        }
        output.log_file = section.text("log_file").map(|text| text.value).filter(|text| !text.is_empty());
        if let Some(file) = section.text("spikes_file") {
            let name = file.rsplit('/').next().unwrap_or_default();
            if name.is_empty() {
                section.context.out_of_range(
                    "spikes_file",
                    file.span,
                    "a file name".into(),
                    file.value.clone(),
                );
            }
            output.spikes_file = name.into();
        }
        if let Some(order) = section.choice("spikes_sort_order") {
            output.spikes_sort_order = order;
        }
        section.finish();
        output
    }
}
