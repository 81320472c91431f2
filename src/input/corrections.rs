//! `beta_features`: corrections of the cells of a population that are coupled by gap junctions.
//!
//! Gap junctions load cells that were fitted without them. These keys hold the remedies that neurodamus knows: other
//! passive conductances, holding currents, channels that are taken away, and clamps that find the holding currents.

use std::path::{Path, PathBuf};

use sonata::circuit::CircuitConfig;
use sonata::config::{Scalar, SimulationConfig};
use sonata::diagnostics::Problem;

/// Stochastic channels that `remove_channels` knows.
const STOCHASTIC: [&str; 3] = ["StochKv", "StochKv2", "StochKv3"];

/// Other channels, and dynamics of ions, that `remove_channels` knows.
const NOT_STOCHASTIC: [&str; 38] = [
    "NaTs2_t",
    "SKv3_1",
    "Nap_Et2",
    "Ih",
    "Im",
    "KdShu2007",
    "K_Pst",
    "K_Tst",
    "Ca",
    "SK_E2",
    "Ca_LVAst",
    "CaDynamics_E2",
    "NaTa_t",
    "CaDynamics_DC0",
    "Ca_HVA2",
    "NaTg",
    "TC_cad",
    "TC_ih_Bud97",
    "TC_Nap_Et2",
    "TC_iA",
    "TC_iL",
    "TC_HH",
    "TC_iT_Des98",
    "kdrb",
    "na3",
    "kap",
    "hd",
    "can",
    "cal",
    "cat",
    "cagk",
    "kca",
    "cacum",
    "kdb",
    "kmb",
    "kad",
    "nax",
    "cacumb",
];

/// What is corrected in the cells of one population.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GapJunctionCorrections {
    /// The population (`gapjunction_target_population`).
    pub population: String,
    /// Whether stochastic channels are made deterministic (`deterministic_stoch`).
    pub is_deterministic: bool,
    /// Conductance (nS) that all gap junctions get (`gjc`, where `procedure_type` asks for it).
    pub conductance: Option<f64>,
    /// `gjc` as Python writes it, for the names of groups in files.
    pub conductance_name: String,
    /// Mechanisms that are taken out of all sections (`remove_channels`).
    pub removed: Vec<&'static str>,
    /// File of passive conductances, and the iteration to take (`load_g_pas_file`, `correction_iteration_load`).
    pub passive_conductances: Option<(PathBuf, i64)>,
    /// File of holding currents (`manual_MEComboInfo_file`).
    pub holding_currents: Option<PathBuf>,
    /// File of voltages at which cells are clamped (`vc_amp`, where `procedure_type` is `find_holding_current`).
    pub clamp_voltages: Option<PathBuf>,
}

/// Reads `beta_features`; `None` without a population to correct.
///
/// # Errors
///
/// Values of wrong types, keys that are missing or exclude each other, a population that the circuit does not have.
pub fn read(
    config: &SimulationConfig,
    circuit: &CircuitConfig,
) -> Result<Option<GapJunctionCorrections>, Vec<Problem>> {
    if config.beta_features.is_empty() {
        return Ok(None);
    }
    let mut reader = Reader { config, problems: Vec::new() };
    let corrections = reader.corrections(circuit);
    if reader.problems.is_empty() { Ok(corrections) } else { Err(reader.problems) }
}

struct Reader<'a> {
    config: &'a SimulationConfig,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn corrections(&mut self, circuit: &CircuitConfig) -> Option<GapJunctionCorrections> {
        let Some(population) = self.text("gapjunction_target_population") else {
            tracing::warn!("`beta_features` has no effect without `gapjunction_target_population`");
            return None;
        };
        if circuit.nodes.iter().all(|known| known.name.value != population) {
            let names: Vec<&str> = circuit.nodes.iter().map(|known| known.name.value.as_str()).collect();
            let remedy = format!("the circuit has `{}`", names.join("`, `"));
            let what = format!("the circuit has no node population `{population}`");
            self.complain("gapjunction_target_population", &what, &remedy);
        }
        let procedure = self.text("procedure_type");
        let finds_current = procedure.as_deref() == Some("find_holding_current");
        let sets_conductance = finds_current || procedure.as_deref() == Some("validation_sim");
        if let (Some(procedure), false) = (&procedure, sets_conductance) {
            tracing::warn!(
                "`procedure_type` `{procedure}` has no effect: only `validation_sim` and `find_holding_current` have one"
            );
        }
        let passive_conductances = self.path("load_g_pas_file");
        let holding_currents = self.path("manual_MEComboInfo_file");
        if finds_current && holding_currents.is_some() {
            let what =
                "`manual_MEComboInfo_file` gives the holding currents that `find_holding_current` is to find";
            self.complain("manual_MEComboInfo_file", what, "leave one of them out");
        }
        let clamp_voltages = self.path("vc_amp");
        if finds_current && clamp_voltages.is_none() {
            let what = "`find_holding_current` needs `vc_amp`, the file of voltages at which cells are held";
            self.complain("procedure_type", what, "add the key");
        }
        let (conductance, conductance_name) = self.conductance();
        let needs_conductance =
            sets_conductance || passive_conductances.is_some() || holding_currents.is_some();
        if needs_conductance && conductance.is_none() && self.get("gjc").is_none() {
            let what = "`gjc`, the conductance of gap junctions (nS), is missing";
            self.complain("gapjunction_target_population", what, "add the key to `beta_features`");
        }
        let iteration = self.iteration();
        Some(GapJunctionCorrections {
            population,
            is_deterministic: self.get("deterministic_stoch").is_some_and(is_true),
            conductance: conductance.filter(|_| sets_conductance),
            conductance_name,
            removed: self.removed(),
            passive_conductances: passive_conductances.map(|path| (path, iteration)),
            holding_currents,
            clamp_voltages: clamp_voltages.filter(|_| finds_current),
        })
    }

    fn conductance(&mut self) -> (Option<f64>, String) {
        match self.get("gjc").cloned() {
            None => (None, String::new()),
            Some(Scalar::Integer(value)) => (Some(value as f64), value.to_string()),
            Some(Scalar::Real(value)) => (Some(value), python_text(value)),
            Some(_) => {
                self.complain("gjc", "`gjc` is no number", "give the conductance of gap junctions (nS)");
                (None, String::new())
            }
        }
    }

    fn iteration(&mut self) -> i64 {
        match self.get("correction_iteration_load").cloned() {
            None => -1,
            Some(Scalar::Integer(value)) => value,
            Some(_) => {
                let remedy = "count iterations from 0, or from the last one, which is -1";
                self.complain("correction_iteration_load", "the iteration is no whole number", remedy);
                -1
            }
        }
    }

    fn removed(&mut self) -> Vec<&'static str> {
        match self.text("remove_channels").as_deref() {
            Some("all") => NOT_STOCHASTIC.into_iter().chain(STOCHASTIC).collect(),
            Some("only_stoch") => STOCHASTIC.to_vec(),
            Some("only_non_stoch") => NOT_STOCHASTIC.to_vec(),
            Some("") | None => Vec::new(),
            Some(other) => {
                tracing::warn!(
                    "`remove_channels` `{other}` has no effect: choose `all`, `only_stoch` or `only_non_stoch`"
                );
                Vec::new()
            }
        }
    }

    fn get(&self, key: &str) -> Option<&Scalar> {
        self.config.beta_features.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    fn text(&mut self, key: &str) -> Option<String> {
        match self.get(key).cloned() {
            Some(Scalar::Text(text)) => Some(text),
            None => None,
            Some(_) => {
                self.complain(key, &format!("`{key}` is no text"), "put it in quotes");
                None
            }
        }
    }

    /// A file; relative paths start from the folder of the config.
    fn path(&mut self, key: &str) -> Option<PathBuf> {
        let folder = self.config.document.source.path().parent().unwrap_or(Path::new("")).to_owned();
        self.text(key).filter(|path| !path.is_empty()).map(|path| folder.join(path))
    }

    fn complain(&mut self, key: &str, what: &str, remedy: &str) {
        let problem = self.config.document.impossible(&["beta_features", key], what, Some(remedy));
        self.problems.push(problem);
    }
}

/// Whether Python takes a value for true.
fn is_true(value: &Scalar) -> bool {
    match value {
        Scalar::Bool(value) => *value,
        Scalar::Integer(value) => *value != 0,
        Scalar::Real(value) => *value != 0.0,
        Scalar::Text(text) => !text.is_empty(),
    }
}

/// A number as Python's `str` writes it.
fn python_text(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    format!("{value:?}")
}

#[cfg(test)]
mod tests {
    use super::python_text;

    /// What Python 3.12 writes.
    #[test]
    fn numbers_are_written_as_python_does() {
        for (value, expected) in [
            (0.2, "0.2"),
            (1.0, "1.0"),
            (0.0, "0.0"),
            (1e-4, "0.0001"),
            (1.5e-5, "1.5e-05"),
            (1e-5, "1e-05"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (2.5e-120, "2.5e-120"),
            (123456.789, "123456.789"),
        ] {
            assert_eq!(python_text(value), expected);
        }
    }
}
