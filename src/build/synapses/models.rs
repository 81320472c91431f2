//! Models of synapses: which mechanism an edge becomes, with which parameters and random stream, as the helpers of
//! neurodamus have it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nmodl::Description;
use nmodl::execute::Argument;
use random::{Distribution, Generator, MCellRan4, Random, Stream};
use sonata::config::SimulationConfig;
use systems::Registry;
use systems::group::PointProcess;

use super::attributes::Attributes;
use super::hoc_helper::HocHelper;
use super::location::Site;

/// A model that comes with the program, by the base name of its helper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BuiltIn {
    /// `ProbAMPANMDA_EMS`
    AmpaNmda,
    /// `ProbGABAAB_EMS`
    GabaAb,
    /// `DetAMPANMDA`
    DetAmpaNmda,
    /// `DetGABAAB`
    DetGabaAb,
    /// `GluSynapse`
    Glu,
    /// `Exp2Syn`
    Exp2Syn,
    /// `ExpSyn`
    ExpSyn,
}

/// Name of the global that says which weight tells synapses what a connection brings.
pub const KIND_OF_SIGNAL: &str = "nc_type_param";

/// Name of the global above which a plastic synapse starts potentiated.
const POTENTIATED: &str = "rho_star_GB";

/// Globals of mechanisms that count when synapses are made.
pub const GLOBALS_OF_BUILDING: [&str; 2] = [KIND_OF_SIGNAL, POTENTIATED];

/// Variables of a synapse that are attributes of its edge, as they are.
type Taken = [(&'static str, &'static str)];

/// Those that `GluSynapse` has beside what all models have.
const GLU: &Taken = &[
    ("Use_d", "Use_d_TM"),
    ("Use_p", "Use_p_TM"),
    ("theta_d_GB", "theta_d"),
    ("theta_p_GB", "theta_p"),
    ("rho0_GB", "rho0_GB"),
    ("volume_CR", "volume_CR"),
    ("gmax_d_AMPA", "gmax_d_AMPA"),
    ("gmax_p_AMPA", "gmax_p_AMPA"),
];

/// Those of `Exp2Syn`.
const EXP2SYN: &Taken = &[("e", "erev"), ("tau1", "tau1"), ("tau2", "tau2")];

/// How a connection's synapses are made.
pub enum Model {
    /// By a helper that comes with the program.
    BuiltIn(BuiltIn),
    /// By a template of the circuit.
    Hoc(Box<HocHelper>),
}

/// What a synapse is made from.
pub struct Making<'a> {
    /// Attributes of the edges, and the row of this one.
    pub attributes: &'a Attributes<'a>,
    /// See `attributes`.
    pub row: usize,
    /// Where it is.
    pub site: Site,
    /// Its number among the edges that end at the cell.
    pub synapse_id: u32,
    /// The cell.
    pub gid: u64,
    /// Numbers of the populations of its source and its target in random streams.
    pub populations: (u32, u32),
}

/// A synapse, and functions that are called for it before the initialisation.
pub struct Made {
    /// The synapse.
    pub process: PointProcess,
    /// The functions with their arguments, in order.
    pub calls: Vec<(Arc<str>, Vec<Argument>)>,
}

/// What all synapses have in common.
pub struct Setting<'a> {
    /// The mechanisms.
    pub registry: &'a Registry,
    /// The config.
    pub config: &'a SimulationConfig,
}

/// Why a synapse cannot be made.
#[derive(Debug, PartialEq)]
pub struct CannotMake {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: String,
}

impl CannotMake {
    /// A reason and a remedy.
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into() }
    }
}

impl BuiltIn {
    const ALL: [(&'static str, Self); 7] = [
        ("AMPANMDA", Self::AmpaNmda),
        ("GABAAB", Self::GabaAb),
        ("DetAMPANMDA", Self::DetAmpaNmda),
        ("DetGABAAB", Self::DetGabaAb),
        ("GluSynapse", Self::Glu),
        ("Exp2Syn", Self::Exp2Syn),
        ("ExpSyn", Self::ExpSyn),
    ];

    /// The model whose helper has this base name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, model)| *model)
    }

    /// The base names of all helpers.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|(name, _)| *name)
    }

    /// Its mechanism.
    pub fn mechanism(self) -> &'static str {
        match self {
            Self::AmpaNmda => "ProbAMPANMDA_EMS",
            Self::GabaAb => "ProbGABAAB_EMS",
            Self::DetAmpaNmda => "DetAMPANMDA",
            Self::DetGabaAb => "DetGABAAB",
            Self::Glu => "GluSynapse",
            Self::Exp2Syn => "Exp2Syn",
            Self::ExpSyn => "ExpSyn",
        }
    }

    /// The attributes of edges that it needs beside those of all models.
    pub fn further_attributes(self) -> impl Iterator<Item = &'static str> {
        let taken: &Taken = match self {
            Self::Glu => GLU,
            Self::Exp2Syn => EXP2SYN,
            Self::ExpSyn => &[("tau", "tau"), ("e", "erev")],
            _ => &[],
        };
        taken.iter().map(|(_, attribute)| *attribute)
    }

    /// All attributes of edges that a synapse cannot be made without.
    pub fn needed_attributes(self) -> impl Iterator<Item = &'static str> {
        const RELEASE: [&str; 4] = ["u_syn", "depression_time", "facilitation_time", "decay_time"];
        const VESICLES: [&str; 1] = ["n_rrp_vesicles"];
        let (release, vesicles): (&[&str], &[&str]) = match self {
            Self::AmpaNmda | Self::GabaAb => (&RELEASE, &VESICLES),
            Self::Glu => (&RELEASE[1..], &VESICLES),
            Self::DetAmpaNmda | Self::DetGabaAb => (&RELEASE, &[]),
            Self::Exp2Syn | Self::ExpSyn => (&[], &[]),
        };
        // `ExpSyn` takes `decay_time` where there is no `tau`, and its own reversal potential without `erev`
        let further = self.further_attributes().filter(move |_| self != Self::ExpSyn);
        release.iter().chain(vesicles).copied().chain(further)
    }

    /// Those of them that calcium scales.
    pub fn scaled_attributes(self) -> &'static [&'static str] {
        match self {
            Self::Glu => &["Use_d_TM", "Use_p_TM"],
            _ => &[],
        }
    }

    /// Makes a synapse.
    pub fn make(self, making: &Making, setting: &Setting) -> Result<Made, CannotMake> {
        let mut draft = Draft::new(self.mechanism(), making, setting)?;
        match self {
            Self::AmpaNmda => {
                draft.release()?;
                draft.stream(300)?;
            }
            Self::GabaAb => {
                if setting.config.conditions.randomize_gaba_rise_time {
                    let rise_time = random_rise_time(Generator::Random123(draft.random123(450)));
                    draft.set("tau_r_GABAA", rise_time)?;
                }
                draft.release()?;
                draft.stream(300)?;
            }
            Self::DetAmpaNmda => draft.deterministic_release("tau_d_AMPA")?,
            Self::DetGabaAb => {
                if setting.config.conditions.randomize_gaba_rise_time {
                    let high = making.synapse_id.wrapping_mul(100_000).wrapping_add(100);
                    let low =
                        (making.gid as u32).wrapping_add(251).wrapping_add(setting.config.run.random_seed);
                    let rise_time = random_rise_time(Generator::MCellRan4(MCellRan4::new(high, low, 0, 0)));
                    draft.set("tau_r_GABAA", rise_time)?;
                }
                draft.deterministic_release("tau_d_GABAA")?;
            }
            Self::Glu => draft.plastic()?,
            Self::Exp2Syn => draft.take(EXP2SYN)?,
            Self::ExpSyn => {
                let tau = making.attributes.get("tau", making.row);
                let tau = tau.map_or_else(|| draft.attribute("decay_time"), Ok)?;
                draft.set("tau", tau)?;
                if let Some(reversal) = making.attributes.get("erev", making.row) {
                    draft.set("e", reversal)?;
                }
            }
        }
        Ok(draft.made)
    }
}

/// The mechanism of a name.
pub fn mechanism(name: &str, registry: &Registry) -> Result<Arc<Description>, CannotMake> {
    let found = registry.get(name).map(|mechanism| Arc::clone(mechanism.description()));
    found.ok_or_else(|| {
        let help =
            "add its `.mod` file to the circuit's `mechanisms_dir`, or give its folder by `--mechanisms`";
        CannotMake::new(format!("it needs mechanism `{name}`, which nobody defines"), help)
    })
}

/// The second of the rise times (ms) that a generator gives: lognormal of mean 0.2 and variance 0.1.
fn random_rise_time(generator: Generator) -> f64 {
    let mut random = Random::with_generator(generator);
    // Cannot fail for these parameters
    let _ = random.select(Distribution::LogNormal(0.2, 0.1));
    random.repick()
}

/// A synapse in the making.
struct Draft<'a> {
    making: &'a Making<'a>,
    setting: &'a Setting<'a>,
    made: Made,
}

impl<'a> Draft<'a> {
    fn new(name: &str, making: &'a Making<'a>, setting: &'a Setting<'a>) -> Result<Self, CannotMake> {
        let process = PointProcess::new(&mechanism(name, setting.registry)?, Some(making.site.node));
        Ok(Self { making, setting, made: Made { process, calls: Vec::new() } })
    }

    fn attribute(&self, name: &str) -> Result<f64, CannotMake> {
        self.making.attributes.get(name, self.making.row).ok_or_else(|| {
            let mechanism = &self.made.process.description.name;
            let help = "add the attribute to the edges, or choose another model by `modoverride`";
            CannotMake::new(format!("`{mechanism}` needs attribute `{name}`, which the edges lack"), help)
        })
    }

    fn set(&mut self, variable: &str, value: f64) -> Result<(), CannotMake> {
        set(&mut self.made.process, variable, value)
    }

    /// Sets variables to attributes as they are.
    fn take(&mut self, taken: &Taken) -> Result<(), CannotMake> {
        for (variable, attribute) in taken {
            let value = self.attribute(attribute)?;
            self.set(variable, value)?;
        }
        Ok(())
    }

    /// Dynamics and random release of the two usual models.
    fn release(&mut self) -> Result<(), CannotMake> {
        let decay = match self.made.process.description.name.as_str() {
            "ProbAMPANMDA_EMS" => "tau_d_AMPA",
            _ => "tau_d_GABAA",
        };
        self.deterministic_release(decay)?;
        self.vesicles()
    }

    fn vesicles(&mut self) -> Result<(), CannotMake> {
        let vesicles = self.attribute("n_rrp_vesicles")?.trunc();
        if vesicles >= 0.0 { self.set("Nrrp", vesicles) } else { Ok(()) }
    }

    fn deterministic_release(&mut self, decay: &str) -> Result<(), CannotMake> {
        let decay_time = self.attribute("decay_time")?;
        self.set(decay, decay_time)?;
        for (variable, attribute) in
            [("Use", "u_syn"), ("Dep", "depression_time"), ("Fac", "facilitation_time")]
        {
            let value = self.attribute(attribute)?.abs();
            self.set(variable, value)?;
        }
        self.set("synapseID", f64::from(self.making.synapse_id))
    }

    /// A random stream of the synapse; `kind` tells those of different use apart.
    fn ids(&self, kind: u32) -> [u32; 3] {
        let Making { gid, synapse_id, populations: (source, target), .. } = *self.making;
        let seed = self.setting.config.run.synapse_seed;
        let population = source.wrapping_mul(65536).wrapping_add(target).wrapping_add(seed);
        [(gid as u32).wrapping_add(251), synapse_id.wrapping_add(100), population.wrapping_add(kind)]
    }

    fn random123(&self, kind: u32) -> Stream {
        let [one, two, three] = self.ids(kind);
        Stream::new(self.setting.config.run.random_seed, one, two, three)
    }

    fn stream(&mut self, kind: u32) -> Result<(), CannotMake> {
        self.call_set_rng(self.ids(kind))
    }

    fn call_set_rng(&mut self, ids: [u32; 3]) -> Result<(), CannotMake> {
        let name = &self.made.process.description.name;
        require_function(name, "setRNG", self.setting.registry)?;
        let arguments = ids.map(|id| Argument::Number(f64::from(id))).to_vec();
        self.made.calls.push(("setRNG".into(), arguments));
        Ok(())
    }

    /// `GluSynapse` (Chindemi et al., Nature Communications 13, 2022).
    fn plastic(&mut self) -> Result<(), CannotMake> {
        self.take(GLU)?;
        let threshold = global(&self.made.process.description, POTENTIATED, self.setting.config);
        let is_potentiated = self.attribute("rho0_GB")? > threshold.unwrap_or(0.5);
        let (conductance, release) =
            if is_potentiated { ("gmax_p_AMPA", "Use_p_TM") } else { ("gmax_d_AMPA", "Use_d_TM") };
        let conductance = self.attribute(conductance)?;
        self.set("gmax0_AMPA", conductance)?;
        let ratio = self.attribute("conductance_scale_factor").unwrap_or(-1.0);
        self.set("gmax_NMDA", conductance * ratio)?;
        let decay_time = self.attribute("decay_time")?;
        self.set("tau_d_AMPA", decay_time)?;
        let release = self.attribute(release)?;
        self.set("Use", release)?;
        let (depression, facilitation) =
            (self.attribute("depression_time")?, self.attribute("facilitation_time")?);
        self.set("Dep", depression.abs())?;
        self.set("Fac", facilitation.abs())?;
        self.vesicles()?;
        let Making { gid, synapse_id, .. } = *self.making;
        let seed = self.setting.config.run.synapse_seed.wrapping_add(200);
        self.call_set_rng([(gid as u32).wrapping_add(1), synapse_id.wrapping_add(100_000), seed])?;
        self.set("synapseID", f64::from(synapse_id))
    }
}

/// Sets a variable of a synapse.
pub fn set(process: &mut PointProcess, variable: &str, value: f64) -> Result<(), CannotMake> {
    match process.description.variable(variable) {
        Some(index) => {
            process.set(index, value);
            Ok(())
        }
        None => {
            let what = format!("`{}` has no variable `{variable}`", process.description.name);
            Err(CannotMake::new(what, "choose another model by `modoverride`, or mend its `.mod` file"))
        }
    }
}

/// Makes sure that a mechanism has a function.
pub fn require_function(mechanism: &str, function: &str, registry: &Registry) -> Result<(), CannotMake> {
    if registry.get(mechanism).is_some_and(|mechanism| mechanism.has_function(function)) {
        return Ok(());
    }
    let what = format!("`{mechanism}` has no function `{function}`");
    Err(CannotMake::new(what, "choose another model by `modoverride`, or mend its `.mod` file"))
}

/// The value of a global of a mechanism, which the config may set.
pub fn global(description: &Description, name: &str, config: &SimulationConfig) -> Option<f64> {
    let known = description.globals.iter().find(|global| global.name == name)?;
    let set = config
        .conditions
        .mechanisms
        .iter()
        .rfind(|global| global.mechanism == description.name && global.variable == name);
    Some(set.map_or(known.default, |global| global.value))
}

/// Attributes that models need beside those of all, and those of them that calcium scales.
pub fn further_attributes<'m>(
    models: impl Iterator<Item = &'m Model>,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut further, mut scaled) = (BTreeSet::new(), BTreeSet::new());
    for model in models {
        match model {
            Model::BuiltIn(model) => {
                further.extend(model.further_attributes().map(str::to_owned));
                scaled.extend(model.scaled_attributes().iter().map(|&name| name.to_owned()));
            }
            Model::Hoc(helper) => {
                further.extend(helper.needed_attributes.iter().cloned());
                scaled.extend(helper.scaled_attributes.iter().cloned());
            }
        }
    }
    (further, scaled)
}

/// Models by the base names of their helpers.
pub type Models = BTreeMap<String, Model>;

#[cfg(test)]
mod tests {
    use super::random_rise_time;
    use random::{Generator, Stream};

    /// Two lognormal numbers are drawn from the stream, and the second counts.
    #[test]
    fn rise_times_are_the_second_of_their_streams() {
        let stream = Stream::new(0, 1251, 100, 87_885_283);
        let rise_time = random_rise_time(Generator::Random123(stream));
        assert_eq!(rise_time, RISE_TIME);
    }

    /// Drawn by NEURON 9.0.2: `r.Random123(1251, 100, 87885283); r.lognormal(0.2, 0.1); r.repick()`
    const RISE_TIME: f64 = 0.061_671_778_318_232_59;
}
