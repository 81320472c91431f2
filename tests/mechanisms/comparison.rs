//! Both sides run, and what came out compared in a table.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use nmodl::Kind;

use crate::corpus::{Reference, distinct, reference};
use crate::experiment::{Experiment, experiments, options};
use crate::mechanism::{File, Mechanism};
use crate::support::{Operation, Own, Recorded, first_difference, neuron};
use crate::{adapter, recipes};

/// How an experiment came out.
enum Outcome {
    /// All values of `vectors` have the same bits.
    Identical { vectors: usize },
    /// The largest relative difference, and where the first different value is.
    Different { vectors: usize, worst: f64, first: String, step: usize },
    /// It is not run here.
    Refused(String),
    /// NEURON failed, or gave no numbers.
    NoReference(String),
}

/// A line of the table.
pub struct Row {
    mechanism: String,
    file: String,
    experiment: &'static str,
    /// Whether anything of the mechanism changes in NEURON's run: comparing a mechanism that does nothing says little.
    moves: bool,
    outcome: Outcome,
}

impl Row {
    /// Which experiment with which mechanism it is.
    fn place(&self) -> String {
        format!("{} ({}), {}", self.mechanism, self.file, self.experiment)
    }
}

/// Whether NEURON has the file's mechanism built in.
pub fn is_built_in(file: &File) -> bool {
    file.package == "neuron" && file.inside.contains("share/modfile/")
}

/// Compares all files of packages; at least `wanted` experiments must have the same bits.
pub fn compare(packages: &[&str], wanted: usize) {
    let Some(reference) = reference() else { return };
    let files = distinct(&reference.files(), packages).into_iter().filter(is_chosen);
    let mut skipped = Vec::new();
    let mut mechanisms = Vec::new();
    for file in files {
        match (recipes::without_reference(&file.package, &file.inside), file.mechanism()) {
            (Some(reason), _) => skipped.push(format!("- {} {}: {reason}", file.package, file.inside)),
            (None, Ok(mechanism)) => mechanisms.push(mechanism),
            (None, Err(error)) => panic!("{} is not read: {error}", file.path.display()),
        }
    }
    let rows = run_all(&reference, &mechanisms);
    publish(packages[0], &format!("{}\n{}\n", table(&rows), skipped.join("\n")));
    judge(&rows, wanted);
}

/// Whether the variable `MECHANISMS` asks for a file.
pub fn is_chosen(file: &File) -> bool {
    let Ok(words) = std::env::var("MECHANISMS") else { return true };
    words.split(',').any(|word| file.inside.contains(word))
}

/// Mechanisms that can be compiled into one library: no two of the same name.
fn batches(mechanisms: &[Mechanism]) -> Vec<Vec<&Mechanism>> {
    let mut batches: Vec<(BTreeSet<String>, Vec<&Mechanism>)> = Vec::new();
    for mechanism in mechanisms {
        let stem = mechanism.file.path.file_stem().unwrap_or_default().to_string_lossy();
        let mut names = [format!("{stem}.mod"), mechanism.name().to_owned()].into_iter();
        let fits =
            |batch: &&mut (BTreeSet<String>, Vec<_>)| names.clone().all(|name| !batch.0.contains(&name));
        match batches.iter_mut().find(fits) {
            Some((known, batch)) => {
                known.extend(&mut names);
                batch.push(mechanism);
            }
            None => batches.push((names.collect(), vec![mechanism])),
        }
    }
    batches.into_iter().map(|batch| batch.1).collect()
}

/// Runs all experiments with mechanisms on both sides.
pub fn run_all(reference: &Reference, mechanisms: &[Mechanism]) -> Vec<Row> {
    batches(mechanisms).iter().flat_map(|batch| run(reference, batch)).collect()
}

/// Runs all experiments with the mechanisms of a batch on both sides. Where NEURON cannot compile or load them
/// together, each half is tried, so that one file takes no other with it.
fn run(reference: &Reference, batch: &[&Mechanism]) -> Vec<Row> {
    match (run_together(reference, batch), batch) {
        (Ok(rows), _) => rows,
        (Err(message), [mechanism]) => vec![Row {
            mechanism: mechanism.name().to_owned(),
            file: mechanism.file.title(),
            experiment: "none",
            moves: false,
            outcome: Outcome::NoReference(short(&message)),
        }],
        (Err(_), _) => {
            let (first, second) = batch.split_at(batch.len() / 2);
            [run(reference, first), run(reference, second)].into_iter().flatten().collect()
        }
    }
}

fn run_together(reference: &Reference, batch: &[&Mechanism]) -> Result<Vec<Row>, String> {
    let all: Vec<(&Mechanism, Experiment)> = batch
        .iter()
        .flat_map(|mechanism| experiments(mechanism).into_iter().map(|one| (*mechanism, one)))
        .collect();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("companions");
    let mut companions: Vec<PathBuf> =
        all.iter().flat_map(|(_, one)| &one.companions).map(|companion| companion.file(&folder)).collect();
    companions.sort();
    companions.dedup();
    let own: Vec<PathBuf> =
        batch.iter().filter(|one| !is_built_in(&one.file)).map(|one| one.file.path.clone()).collect();
    let libraries: Vec<PathBuf> = [companions, own]
        .iter()
        .filter(|files| !files.is_empty())
        .map(|files| neuron::try_compile(files, &reference.compiled))
        .collect::<Result<_, _>>()?;
    let operations: Vec<Vec<Operation>> = all.iter().map(|(_, one)| one.operations.clone()).collect();
    let results = neuron::try_run(&libraries, &operations)?;
    let rows = all.iter().zip(results).map(|((mechanism, experiment), result)| Row {
        mechanism: mechanism.name().to_owned(),
        file: mechanism.file.title(),
        experiment: experiment.name,
        moves: result.as_ref().is_ok_and(|vectors| moves(mechanism, experiment, vectors)),
        outcome: outcome(mechanism, experiment, &folder, result),
    });
    Ok(rows.collect())
}

fn outcome(
    mechanism: &Mechanism,
    experiment: &Experiment,
    companions: &Path,
    reference: Result<Vec<Vec<f64>>, String>,
) -> Outcome {
    let reference = match reference {
        Err(message) => return Outcome::NoReference(short(&message)),
        Ok(vectors) => vectors,
    };
    // Some files divide by 0 here and there; a voltage that is no number would end in nothing but that
    let is_lost =
        |(name, values): (String, &Vec<f64>)| name == "v" && values.iter().any(|value| !value.is_finite());
    if recorded(experiment).zip(&reference).any(is_lost) {
        return Outcome::NoReference("NEURON's own voltage is not a number".into());
    }
    match here(mechanism, experiment, companions) {
        Err(reason) => Outcome::Refused(short(&reason)),
        Ok(own) => difference(&own, &reference),
    }
}

/// Names of what an experiment records, in order.
fn recorded(experiment: &Experiment) -> impl Iterator<Item = String> {
    experiment.operations.iter().filter_map(|operation| match operation {
        Operation::Record { name, .. } | Operation::RecordVariable { name, .. } => Some(name.clone()),
        Operation::RecordSpikes { .. } => Some("spikes".into()),
        _ => None,
    })
}

/// Whether a variable of the mechanism, or one of an ion that it writes, changes, or it makes spikes.
fn moves(mechanism: &Mechanism, experiment: &Experiment, vectors: &[Vec<f64>]) -> bool {
    let is_written = |name: &str| {
        mechanism
            .description
            .ions
            .iter()
            .any(|used| used.writes.iter().any(|what| what.of(&used.ion) == name))
    };
    let is_own = |name: &str| {
        let of_point = mechanism.description.kind != Kind::Density && name != "v";
        let name_of_array = name.split('[').next().unwrap_or_default();
        of_point || is_written(name) || name_of_array.ends_with(&format!("_{}", mechanism.name()))
    };
    recorded(experiment).zip(vectors).any(|(name, values)| {
        is_own(&name) && values.iter().any(|value| *value != values[0] || name == "spikes")
    })
}

/// Runs an experiment here.
fn here(mechanism: &Mechanism, experiment: &Experiment, companions: &Path) -> Result<Vec<Recorded>, String> {
    let mut files: Vec<PathBuf> =
        experiment.companions.iter().map(|companion| companion.file(companions)).collect();
    // As NEURON has them: companions come in their own library, by name
    files.sort();
    if !is_built_in(&mechanism.file) {
        files.push(mechanism.file.path.clone());
    }
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let mut own = Own::new(adapter::model(&files)?);
    for operation in &experiment.operations {
        own.apply(operation).map_err(|error| adapter::reason(&*error))?;
    }
    own.run(&options()).map_err(|error| adapter::reason(&*error))
}

fn difference(own: &[Recorded], reference: &[Vec<f64>]) -> Outcome {
    assert_eq!(own.len(), reference.len(), "NEURON recorded something else");
    let pairs = || own.iter().zip(reference);
    let first = pairs()
        .filter_map(|((what, own), reference)| {
            let step = first_difference(own, reference)?;
            Some((step, what, own.get(step), reference.get(step)))
        })
        .min_by_key(|found| found.0);
    let Some((step, what, one, other)) = first else { return Outcome::Identical { vectors: own.len() } };
    let shown =
        |value: Option<&f64>| value.map_or_else(|| "nothing".to_owned(), |value| format!("{value:?}"));
    let first = format!("{what} {}, NEURON {}", shown(one), shown(other));
    // Relative to the largest value of the variable, so that a current through 0 does not count as wrong
    let worst = |(own, reference): (&Recorded, &Vec<f64>)| {
        let finite = reference.iter().map(|value| value.abs()).filter(|value| value.is_finite());
        let largest = finite.fold(f64::MIN_POSITIVE, f64::max);
        let differences = own.1.iter().zip(reference).map(|(&own, &reference)| {
            let is_same = own == reference || own.is_nan() && reference.is_nan();
            let difference = (own - reference).abs() / largest;
            match (is_same, difference.is_nan()) {
                (true, _) => 0.0,
                (false, true) => f64::INFINITY,
                (false, false) => difference,
            }
        });
        if own.1.len() == reference.len() { differences.fold(0.0, f64::max) } else { f64::INFINITY }
    };
    let worst = pairs().map(worst).fold(0.0, f64::max);
    Outcome::Different { vectors: own.len(), worst, first, step }
}

/// The last line of a message that says something; what `run.py` was doing comes after it.
fn short(message: &str) -> String {
    let is_said = |line: &&str| !line.is_empty() && !line.starts_with("in {");
    let last = message.lines().map(str::trim).rfind(is_said).unwrap_or_default();
    last.chars().take(160).collect()
}

pub fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| mechanism | file | experiment | vectors | same bits | worst relative difference | first different step |\n\
         |---|---|---|--:|---|---|---|\n",
    );
    for Row { mechanism, file, experiment, outcome, .. } in rows {
        let end = match outcome {
            Outcome::Identical { vectors } => format!("{vectors} | yes | 0 | "),
            Outcome::Different { vectors, worst, first, step } => {
                format!("{vectors} | no | {worst:.1e} | {step}: {first}")
            }
            Outcome::Refused(reason) => format!(" | refused | | {reason}"),
            Outcome::NoReference(reason) => format!(" | no reference | | {reason}"),
        };
        writeln!(text, "| {mechanism} | {file} | {experiment} | {end} |").expect("a string takes everything");
    }
    let count = |is_it: fn(&Outcome) -> bool| rows.iter().filter(|row| is_it(&row.outcome)).count();
    let mechanisms: BTreeSet<&str> = rows.iter().map(|row| row.file.as_str()).collect();
    writeln!(
        text,
        "\n{} files, {} experiments: {} with the same bits, {} different, {} refused, {} without reference",
        mechanisms.len(),
        rows.len(),
        count(|outcome| matches!(outcome, Outcome::Identical { .. })),
        count(|outcome| matches!(outcome, Outcome::Different { .. })),
        count(|outcome| matches!(outcome, Outcome::Refused(_))),
        count(|outcome| matches!(outcome, Outcome::NoReference(_))),
    )
    .expect("a string takes everything");
    text
}

/// Prints a table and writes it to the build folder.
pub fn publish(name: &str, table: &str) {
    println!("{table}");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mechanisms");
    std::fs::create_dir_all(&folder).expect("a writable folder");
    std::fs::write(folder.join(format!("{name}.md")), table).expect("a writable folder");
}

/// Experiments whose values differ from NEURON's by more than their bound.
pub fn different(rows: &[Row]) -> Vec<String> {
    let different = rows.iter().filter_map(|row| match &row.outcome {
        Outcome::Different { worst, first, step, .. } if *worst > recipes::bound(&row.mechanism) => {
            Some(format!("{}: {worst:.1e}, first {first} at step {step}", row.place()))
        }
        _ => None,
    });
    different.collect()
}

/// Experiments whose values have the same bits as NEURON's.
pub fn identical(rows: &[Row]) -> usize {
    rows.iter().filter(|row| matches!(row.outcome, Outcome::Identical { .. })).count()
}

/// Fails where NEURON had nothing to compare with, values differ by more than their bound, or too few are the same.
fn judge(rows: &[Row], wanted: usize) {
    let identical = identical(rows);
    let mut wrong = different(rows);
    wrong.extend(rows.iter().filter_map(|row| match &row.outcome {
        Outcome::NoReference(reason) => Some(format!("{}: {reason}", row.place())),
        _ => None,
    }));
    let lively: BTreeSet<&str> = rows.iter().filter(|row| row.moves).map(|row| row.file.as_str()).collect();
    let silent = rows.iter().filter(|row| !lively.contains(row.file.as_str()));
    let silent = silent.filter(|row| !recipes::is_silent(&row.mechanism)).map(|row| row.file.as_str());
    let silent: BTreeSet<&str> = silent.collect();
    wrong.extend(silent.iter().map(|file| format!("{file}: does nothing in any experiment")));
    assert!(
        wrong.is_empty(),
        "{} experiments differ or have no reference:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let all = std::env::var_os("MECHANISMS").is_none();
    assert!(!all || identical >= wanted, "{identical} experiments have the same bits, {wanted} should");
}
