//! What `neurodamus mechanisms` prints: which mechanisms there are, what one of them holds and does.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use nmodl::ir::Kernel;
use nmodl::{Description, IonVariable, Kind, Program, Role};
use sonata::circuit::CircuitConfig;
use sonata::config::SimulationConfig;
use systems::group::open_demand;
use systems::mechanism::{Demand, Environment, Mechanism, Phase, Storage};
use systems::mechanisms::{of_neurodamus, of_neuron};
use systems::{ProgramMechanism, Registry};

use super::{Loaded, folders_of, load};
use crate::command_line::{Question, Where};
use crate::failure::{Exit, Failure};
use crate::plugin::App;
use crate::terminal::Terminal;

/// A mechanism that was asked for and is not there.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("unknown mechanism `{name}`")]
struct Unknown {
    name: String,
    #[help]
    help: Option<String>,
}

impl App {
    /// Answers a question about mechanisms.
    pub fn answer(&self, question: &Question) -> ExitCode {
        let terminal = Terminal::without_log();
        match self.text_of(question, &terminal) {
            Ok(text) => match terminal.print(&text) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => Exit::RunFailed.into(),
            },
            Err(failure) => {
                terminal.report(&failure);
                failure.exit.into()
            }
        }
    }

    fn text_of(&self, question: &Question, terminal: &Terminal) -> Result<String, Failure> {
        match question {
            Question::List(place) => {
                let loaded = sound(load(&places(place)?))?;
                let mut registry = self.registry.clone();
                loaded.add_to(&mut registry);
                Ok(list(&registry))
            }
            Question::Show(name, place) => {
                let loaded = sound(load(&places(place)?))?;
                let found = loaded.mechanisms.iter().find(|known| known.description().name == *name);
                if let Some(mechanism) = found {
                    return Ok(show_program(mechanism));
                }
                let mut registry = self.registry.clone();
                loaded.add_to(&mut registry);
                match registry.get(name) {
                    Some(mechanism) => Ok(show_known(mechanism.description())),
                    None => {
                        let help = registry.names().map(|known| (strsim::jaro_winkler(name, known), known));
                        let help = help.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
                        let help = help.map(|(_, known)| format!("did you mean `{known}`?"));
                        Err(Failure::bad_input(Unknown { name: name.clone(), help }))
                    }
                }
            }
            Question::Check(paths) => {
                let mut loaded = load(paths);
                let count = loaded.mechanisms.len();
                if !loaded.warnings.is_empty() {
                    let warnings = loaded.warnings.iter().map(|warning| format!("warning: {warning}\n"));
                    terminal.print(&warnings.collect::<String>()).map_err(Failure::run_failed)?;
                }
                let problems = loaded.all_problems();
                if problems.is_empty() {
                    Ok(format!("{count} mechanism(s) are ready to run\n"))
                } else {
                    Err(Failure { problems, exit: Exit::BadInput })
                }
            }
        }
    }
}

fn sound(loaded: Loaded) -> Result<Loaded, Failure> {
    if loaded.problems.is_empty() {
        return Ok(loaded);
    }
    Err(Failure { problems: loaded.problems, exit: Exit::BadInput })
}

/// Folders and files that a question concerns.
fn places(place: &Where) -> Result<Vec<PathBuf>, Failure> {
    let mut places = place.mechanisms.clone();
    if let Some(config) = &place.config {
        let bad = |problems: sonata::diagnostics::Problems| Failure::bad_inputs(problems.0);
        let config = SimulationConfig::from_file(config).map_err(bad)?;
        let circuit = CircuitConfig::from_file(&config.network.value).map_err(bad)?;
        for folder in folders_of(&circuit) {
            if !places.contains(&folder) {
                places.push(folder);
            }
        }
    }
    Ok(places)
}

fn kind(description: &Description) -> &'static str {
    match description.kind {
        Kind::Density => "density mechanism",
        Kind::PointProcess => "point process",
        Kind::ArtificialCell => "artificial cell",
    }
}

/// All mechanisms, one on a line: name, kind, source.
fn list(registry: &Registry) -> String {
    let width = registry.names().map(str::len).max().unwrap_or(0);
    let mut text = String::new();
    for description in registry.descriptions() {
        let _ =
            writeln!(text, "{:width$}  {:17}  {}", description.name, kind(description), description.source);
    }
    text
}

/// A mechanism that no file gave: what the program has built in is shown whole, what a plug-in brings by its description.
fn show_known(description: &Arc<Description>) -> String {
    let mut built_in = of_neuron().iter().chain(of_neurodamus());
    let program = built_in.find(|known| Arc::ptr_eq(known.description(), description));
    program.map_or_else(|| show(description), show_program)
}

fn show(description: &Description) -> String {
    let mut text = format!("{}: {} of {}\n", description.name, kind(description), description.source);
    for (title, role) in
        [("parameters", Role::Parameter), ("states", Role::State), ("computed", Role::Assigned)]
    {
        let variables = description.variables.iter().filter(|variable| variable.role == role);
        let lines: Vec<String> = variables
            .map(|variable| {
                let value =
                    if role == Role::Parameter { format!(" = {}", variable.default) } else { String::new() };
                with_unit(&format!("  {}{value}", variable.name), &variable.unit)
            })
            .collect();
        if !lines.is_empty() {
            let _ = write!(text, "{title}\n{}", lines.concat());
        }
    }
    if !description.globals.is_empty() {
        text.push_str("globals\n");
        for global in &description.globals {
            text.push_str(&with_unit(&format!("  {} = {}", global.name, global.default), &global.unit));
        }
    }
    for ion in &description.ions {
        let names = |variables: &[IonVariable]| {
            variables.iter().map(|variable| variable.of(&ion.ion)).collect::<Vec<_>>().join(", ")
        };
        let _ = write!(text, "ion {}:", ion.ion);
        for (verb, variables) in [("reads", &ion.reads), ("writes", &ion.writes)] {
            if !variables.is_empty() {
                let _ = write!(text, " {verb} {}", names(variables));
            }
        }
        text.push('\n');
    }
    if let Some(arguments) = description.event_arguments {
        let _ = writeln!(text, "takes events with {arguments} argument(s)");
    }
    text
}

fn with_unit(text: &str, unit: &str) -> String {
    if unit.is_empty() { format!("{text}\n") } else { format!("{text} ({unit})\n") }
}

fn show_program(mechanism: &Arc<ProgramMechanism>) -> String {
    let program = mechanism.program();
    let description = &program.description;
    let mut text = show(description);
    let named = |title: &str, names: Vec<String>, text: &mut String| {
        if !names.is_empty() {
            let _ = writeln!(text, "{title}: {}", names.join(", "));
        }
    };
    named("random streams", program.streams.clone(), &mut text);
    named("vectors", program.vectors.clone(), &mut text);
    let pointers = program.pointers.iter().map(|pointer| pointer.name.clone());
    named("pointers", pointers.collect(), &mut text);
    named("functions", mechanism.functions(), &mut text);
    let globals = description.globals.iter().map(|global| global.default).collect();
    let environment = Environment { dt: 0.025, celsius: 34.0, second_order: 0, random_seed: 0, globals };
    let specialised = mechanism.specialise(&environment, &usual_demand(description));
    let _ = writeln!(
        text,
        "{} bytes for each instance, where all have parameters of their own and nobody looks at the rest",
        specialised.bytes_per_instance()
    );
    let kept = specialised.storage().iter().zip(&description.variables);
    let nowhere = kept.filter(|(storage, _)| **storage == Storage::Nowhere);
    named("not kept", nowhere.map(|(_, variable)| variable.name.clone()).collect(), &mut text);
    for (name, kernel) in kernels(specialised.program()) {
        let _ = write!(text, "\n{name}: {} registers\n{kernel}", kernel.registers);
    }
    text
}

/// Only ions are looked at.
fn usual_demand(description: &Description) -> Demand {
    let mut demand = open_demand(description);
    for (observed, variable) in demand.observed.iter_mut().zip(&description.variables) {
        let is_of =
            |ion: &nmodl::IonUse| IonVariable::ALL.iter().any(|known| known.of(&ion.ion) == variable.name);
        *observed = description.ions.iter().any(is_of);
    }
    demand
}

/// The kernels of a program with their names.
fn kernels(program: &Program) -> Vec<(String, &Kernel)> {
    let kernels = &program.kernels;
    let runs = Phase::ALL.into_iter().filter(|phase| *phase != Phase::Destructor);
    let phases = runs.map(|phase| (format!("{phase:?}"), kernels.of(phase)));
    let events = [("Receive", &kernels.receive), ("ReceiveInitial", &kernels.receive_initial)];
    let events = events.map(|(name, kernel)| (name.to_owned(), kernel.as_ref()));
    let mut found: Vec<(String, &Kernel)> =
        phases.chain(events).filter_map(|(name, kernel)| Some((name, kernel?))).collect();
    found.extend(kernels.watch.iter().enumerate().map(|(index, kernel)| (format!("Watch {index}"), kernel)));
    found
}
