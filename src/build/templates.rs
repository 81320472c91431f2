//! Cells from HOC templates and morphologies: equal ones are built once, different ones in parallel.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use cell::GlobalVariable;
use hoc::{Interpreter, Options, Value};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use sonata::circuit::MorphologyFormat;
use systems::Registry;

use super::construct::{BuiltCell, PublicValues, construct};
use super::modifications::{Applied, Modifications};
use super::{CellProblem, Instance};
use crate::failure::{Exit, Failure, Problem};
use crate::input::Input;
use crate::plan::{CellSpec, Plan, Population};

/// Values of globals, by (mechanism, variable).
pub type Globals = BTreeMap<(String, String), f64>;

/// What makes two cells equal but for their node id.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    population: usize,
    template: String,
    morphology: String,
    /// The bits of further arguments.
    further: Vec<u64>,
    applied: Vec<Applied>,
}

/// The cells of a rank.
pub struct Built {
    /// The cells, in the order of their specs.
    pub instances: Vec<Instance>,
    /// Globals that the templates set.
    pub globals: Globals,
    /// To how many sections or segments each modification was applied.
    pub applications: Vec<u64>,
    /// The files that they were built from.
    pub files: BTreeSet<PathBuf>,
}

/// Builds all cells of a rank on the threads of the present pool, modified as the config says or as they are.
///
/// # Errors
///
/// Templates and morphologies that cannot be found or read, templates that fail: the problems of all kinds of cells.
pub fn build_cells(
    specs: Vec<CellSpec>,
    input: &Input,
    plan: &Plan,
    modified: bool,
) -> Result<Built, Failure> {
    let mut interpreter = interpreter(input, plan, &input.registry, &[])?;
    load_templates(&mut interpreter, &specs, plan)?;
    let modifications = if modified { Modifications::new(input, plan)? } else { Modifications::none(input) };
    let mut classes: BTreeMap<Class, Vec<usize>> = BTreeMap::new();
    for (index, spec) in specs.iter().enumerate() {
        let further = further_arguments(&interpreter, spec, &plan.populations[spec.population])?;
        let class = Class {
            population: spec.population,
            template: spec.template.clone(),
            morphology: spec.morphology.clone(),
            further: further.iter().map(|value| value.to_bits()).collect(),
            applied: modifications.of_cell(spec),
        };
        classes.entry(class).or_default().push(index);
    }
    let classes: Vec<(Class, Vec<usize>)> = classes.into_iter().collect();
    let seed = input.config.run.ionchannel_seed;
    let results: Vec<_> = classes
        .par_iter()
        .map_init(
            || interpreter.clone(),
            |interpreter, (class, members)| {
                let members: Vec<&CellSpec> = members.iter().map(|&index| &specs[index]).collect();
                let built = build_class(interpreter, class, &members, plan, seed, &modifications)?;
                Ok((built, globals(interpreter), interpreter.files()))
            },
        )
        .collect();
    let mut cells: Vec<Option<Arc<BuiltCell>>> = vec![None; specs.len()];
    let mut all_globals = Globals::new();
    let mut applications = vec![0; input.modifications.len()];
    let (mut problems, mut files) = (Vec::new(), interpreter.files());
    for ((class, members), result) in classes.iter().zip(results) {
        match result {
            Ok((built, globals, read)) => {
                files.extend(read);
                for (number, count) in counts(&class.applied, &built) {
                    applications[number] += count;
                }
                members.iter().zip(built).for_each(|(&index, cell)| cells[index] = Some(cell));
                all_globals.extend(globals);
            }
            Err(Failure { problems: more, .. }) => problems.extend(more),
        }
    }
    if !problems.is_empty() {
        return Err(Failure { problems: once_each(problems), exit: Exit::BadInput });
    }
    let pairs = specs.into_iter().zip(cells);
    let instances = pairs.filter_map(|(spec, built)| Some(Instance { spec, built: built? })).collect();
    let files = files.iter().filter_map(|file| file.canonicalize().ok()).collect();
    Ok(Built { instances, globals: all_globals, applications, files })
}

/// Number of a modification, and to how many sections or segments of a class's cells it was applied.
fn counts(applied: &[Applied], cells: &[Arc<BuiltCell>]) -> Vec<(usize, u64)> {
    let of_all = |place: usize| cells.iter().filter_map(|cell| cell.applications.get(place)).sum();
    applied.iter().enumerate().map(|(place, applied)| (applied.modification, of_all(place))).collect()
}

/// Leaves out problems of cells whose template failed in the same way as an earlier one's.
fn once_each(problems: Vec<Problem>) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    let mut is_new = |problem: &Problem| {
        let causes = problem.related().into_iter().flatten();
        let causes: Vec<String> =
            causes.map(|cause| format!("{cause} {:?}", cause.labels().map(Vec::from_iter))).collect();
        causes.is_empty() || seen.insert(causes)
    };
    let count = problems.len();
    let kept: Vec<Problem> = problems.into_iter().filter(|problem| is_new(problem)).collect();
    if kept.len() < count {
        tracing::warn!("{} more kinds of cells cannot be built for the same reason", count - kept.len());
    }
    kept
}

/// Builds the cells of one class. When the first two come out the same, although their node ids differ, all share one
/// model and one list of calls. When only their calls differ, such as by the ids of random streams, each is built, and
/// equal models are shared.
fn build_class(
    interpreter: &mut Interpreter,
    class: &Class,
    members: &[&CellSpec],
    plan: &Plan,
    seed: u32,
    modifications: &Modifications,
) -> Result<Vec<Arc<BuiltCell>>, Failure> {
    let mut cells: Vec<Arc<BuiltCell>> = Vec::with_capacity(members.len());
    for spec in members {
        let population = &plan.populations[spec.population];
        let mut arguments = file_arguments(spec, population)?;
        arguments.extend(class.further.iter().map(|bits| Value::from(f64::from_bits(*bits))));
        let modified = (modifications, class.applied.as_slice());
        let mut built = construct(interpreter, spec, population, arguments, seed, modified)?;
        if let [first] = cells.as_slice()
            && **first == built
        {
            return Ok(vec![Arc::clone(first); members.len()]);
        }
        if let Some(first) = cells.first()
            && first.model == built.model
        {
            built.model = Arc::clone(&first.model);
        }
        cells.push(Arc::new(built));
    }
    Ok(cells)
}

/// What the template of a cell makes public of it: the cell is built once more, without modifications.
///
/// # Errors
///
/// What can be wrong with a template or a morphology.
pub fn public_values(spec: &CellSpec, input: &Input, plan: &Plan) -> Result<PublicValues, Failure> {
    let mut interpreter = interpreter(input, plan, &input.registry, &[])?;
    load_template(&mut interpreter, spec, plan)?;
    let population = &plan.populations[spec.population];
    let mut arguments = file_arguments(spec, population)?;
    arguments.extend(further_arguments(&interpreter, spec, population)?.into_iter().map(Value::from));
    PublicValues::of(&mut interpreter, spec, population, arguments, input.config.run.ionchannel_seed)
}

/// An interpreter that may read the circuit's templates and morphologies, and what is in `folders`.
///
/// # Errors
///
/// Mechanisms that cannot be one catalogue.
pub fn interpreter(
    input: &Input,
    plan: &Plan,
    registry: &Registry,
    folders: &[PathBuf],
) -> Result<Interpreter, Failure> {
    let catalogue = registry.catalogue().map_err(Failure::bad_input)?;
    let mut roots: Vec<PathBuf> = Vec::new();
    for population in &plan.populations {
        roots.extend(population.templates.clone());
        roots.extend(population.morphologies.iter().map(|(path, _)| path.clone()));
    }
    roots.extend_from_slice(folders);
    let mut interpreter = Interpreter::new(Arc::new(catalogue), Options { roots, ..Options::default() });
    let (run, conditions) = (&input.config.run, &input.config.conditions);
    interpreter.set_random_index(run.random_seed);
    for (name, value) in [
        ("celsius", conditions.celsius),
        ("v_init", conditions.v_init),
        ("dt", run.dt),
        ("random_seed_", f64::from(run.random_seed)),
        ("synapse_seed_", f64::from(run.synapse_seed)),
        ("stimulus_seed_", f64::from(run.stimulus_seed)),
        ("minis_seed_", f64::from(run.minis_seed)),
        ("ionchannel_seed_", f64::from(run.ionchannel_seed)),
    ] {
        interpreter.set_global(name, value).map_err(Failure::bad_input)?;
    }
    if conditions.randomize_gaba_rise_time {
        let text = "randomize_Gaba_risetime = \"True\"\n";
        interpreter.load_text("conditions", text).map_err(Failure::bad_input)?;
    }
    Ok(interpreter)
}

/// Problems of the templates and morphologies of cells that can be known before any is built.
pub fn check(specs: &[CellSpec], input: &Input, plan: &Plan) -> Vec<Problem> {
    let mut interpreter = match interpreter(input, plan, &input.registry, &[]) {
        Ok(interpreter) => interpreter,
        Err(failure) => return failure.problems,
    };
    let mut problems = Vec::new();
    let (mut templates, mut morphologies) = (BTreeSet::new(), BTreeSet::new());
    for spec in specs {
        if templates.insert((spec.population, &spec.template))
            && let Err(failure) = load_template(&mut interpreter, spec, plan)
        {
            problems.extend(failure.problems);
        }
        let population = &plan.populations[spec.population];
        if !population.is_point
            && morphologies.insert((spec.population, &spec.morphology))
            && let Err(failure) = file_arguments(spec, population)
        {
            problems.extend(failure.problems);
        }
    }
    problems
}

/// Loads the templates of all cells.
fn load_templates(interpreter: &mut Interpreter, specs: &[CellSpec], plan: &Plan) -> Result<(), Failure> {
    specs.iter().try_for_each(|spec| load_template(interpreter, spec, plan))
}

/// Loads the template of a cell, if it is not there yet.
fn load_template(interpreter: &mut Interpreter, spec: &CellSpec, plan: &Plan) -> Result<(), Failure> {
    if interpreter.has_template(&spec.template) {
        return Ok(());
    }
    let population = &plan.populations[spec.population];
    let Some(folder) = &population.templates else {
        let help = "give `biophysical_neuron_models_dir` in the circuit config";
        return Err(problem(spec, population, "its population has no templates".into(), help));
    };
    let file = folder.join(format!("{}.hoc", spec.template));
    if !file.is_file() {
        let what = format!("template file `{}` does not exist", file.display());
        let help = "check `model_template` of the node and `biophysical_neuron_models_dir`";
        return Err(problem(spec, population, what, help));
    }
    interpreter.load_file(&file).map_err(Failure::bad_input)?;
    if !interpreter.has_template(&spec.template) {
        let what = format!("`{}` defines no template `{}`", file.display(), spec.template);
        let help = "the template must have the name of its file";
        return Err(problem(spec, population, what, help));
    }
    Ok(())
}

fn problem(spec: &CellSpec, population: &Population, what: String, help: &str) -> Failure {
    Failure::bad_input(CellProblem::new(spec, &population.name, what, Some(help)))
}

/// The arguments that every template gets: node id, folder and file of the morphology, which point neurons have in name
/// only.
fn file_arguments(spec: &CellSpec, population: &Population) -> Result<Vec<Value>, Failure> {
    if population.is_point {
        let file = format!("{}.swc", spec.morphology);
        return Ok(vec![Value::from(spec.node_id as f64), Value::from(""), Value::from(file.as_str())]);
    }
    let Some((folder, format)) = &population.morphologies else {
        let help = "give `morphologies_dir` in the circuit config";
        return Err(problem(spec, population, "its population has no morphologies".into(), help));
    };
    let extension = match format {
        MorphologyFormat::Asc => "asc",
        MorphologyFormat::Swc => "swc",
        MorphologyFormat::H5 => "h5",
    };
    let file = format!("{}.{extension}", spec.morphology);
    // An H5 morphology may be inside a container, which the reader finds.
    if *format != MorphologyFormat::H5 && !folder.join(&file).is_file() {
        let what = format!("morphology file `{}` does not exist", folder.join(&file).display());
        return Err(problem(
            spec,
            population,
            what,
            "check `morphology` of the node and the morphology folders",
        ));
    }
    let folder = folder.to_string_lossy();
    Ok(vec![Value::from(spec.node_id as f64), Value::from(folder.as_ref()), Value::from(file.as_str())])
}

/// The attributes of the node that the template asks for by `<template>_NeededAttributes`, or else whether to keep
/// the axon.
fn further_arguments(
    interpreter: &Interpreter,
    spec: &CellSpec,
    population: &Population,
) -> Result<Vec<f64>, Failure> {
    let needed = interpreter.text(&format!("{}_NeededAttributes", spec.template)).unwrap_or_default();
    let names: Vec<&str> = needed.split(';').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return Ok(vec![if population.detailed_axon { 400.0 } else { 0.0 }]);
    }
    let mut values = Vec::new();
    for name in names {
        let attribute = format!("@dynamics:{name}");
        values.extend(population.nodes.floats(&attribute, &[spec.node_id]).map_err(Failure::bad_input)?);
    }
    Ok(values)
}

/// Globals of mechanisms that programs of the interpreter set.
fn globals(interpreter: &Interpreter) -> Globals {
    let cell = interpreter.cell();
    let catalogue = cell.catalogue();
    let named = |variable: &GlobalVariable| match *variable {
        GlobalVariable::Mechanism(index, global) => {
            let description = catalogue.mechanism(index);
            (description.name.clone(), description.globals[global].name.clone())
        }
        GlobalVariable::Inside(index) => {
            let name = &catalogue.ion(index).name;
            (format!("{name}_ion"), format!("{name}i0"))
        }
        GlobalVariable::Outside(index) => {
            let name = &catalogue.ion(index).name;
            (format!("{name}_ion"), format!("{name}o0"))
        }
    };
    cell.assigned_globals().iter().map(|(variable, value)| (named(variable), *value)).collect()
}
