//! From a tree to the description that cell building needs.
//!
//! Variables come in the order in which NEURON stores them: `PARAMETER`s of `RANGE`, `ASSIGNED`s of `RANGE`, `STATE`s,
//! then the other `ASSIGNED`s, each in the order of their declarations. Variables of ions are the ion's, not the
//! mechanism's, except where they are integrated as `STATE`s; those come last. An array is one variable.
//! What `INCLUDE`d files declare is not seen.

use std::collections::BTreeSet;
use std::path::Path;

use super::ast::{
    BlockKind, Body, Item, ItemKind, Module, Name, NeuronList, NeuronStatementKind, StatementKind, UseIon,
};
use crate::description::{Description, Global, IonUse, IonVariable, Kind, Role, Variable};

/// Variables that NEURON gives every model: voltage (mV), time and its step (ms), temperature (degC), and the area
/// (um2) and diameter (um) of the segment.
const GIVEN: [&str; 6] = ["v", "t", "dt", "celsius", "area", "diam"];

/// One declaration of a variable, wherever it stands.
struct Declared<'m> {
    name: &'m str,
    role: Role,
    default: f64,
    unit: &'m str,
}

/// Describes the mechanism of `module`. Without a name in its `NEURON` block it is called as its file.
pub fn describe(module: &Module) -> Description {
    let declared = declarations(&module.items);
    let ions = ions(&module.items);
    let of_ions = ion_variables(&module.items);
    let range = listed(&module.items, |list| {
        matches!(list, NeuronList::Range | NeuronList::NonspecificCurrent | NeuronList::ElectrodeCurrent)
    });
    let global = listed(&module.items, |list| list == NeuronList::Global);
    let elsewhere = listed(&module.items, |list| {
        matches!(
            list,
            NeuronList::Pointer | NeuronList::BbCorePointer | NeuronList::External | NeuronList::Random
        )
    });
    let place = |variable: &Declared| {
        let is_range = range.contains(variable.name);
        let of_ion = of_ions.contains(variable.name);
        match variable.role {
            _ if GIVEN.contains(&variable.name) || elsewhere.contains(variable.name) => None,
            Role::State => Some(if of_ion { 3 } else { 2 }),
            _ if of_ion || global.contains(variable.name) => None,
            Role::Parameter => is_range.then_some(0),
            Role::Assigned => Some(if is_range { 1 } else { 3 }),
        }
    };
    let mut variables = Vec::new();
    for group in 0..4 {
        variables.extend(declared.iter().filter(|variable| place(variable) == Some(group)).map(|variable| {
            Variable {
                name: variable.name.to_string(),
                role: variable.role,
                default: variable.default,
                unit: variable.unit.to_string(),
                visible: group != 3,
            }
        }));
    }
    let is_global = |variable: &&Declared| {
        let shared = match variable.role {
            Role::Parameter => !range.contains(variable.name),
            Role::Assigned => global.contains(variable.name),
            Role::State => false,
        };
        shared
            && !GIVEN.contains(&variable.name)
            && !of_ions.contains(variable.name)
            && !elsewhere.contains(variable.name)
    };
    let mut globals: Vec<Global> = declared
        .iter()
        .filter(is_global)
        .map(|variable| Global {
            name: variable.name.to_string(),
            default: variable.default,
            unit: variable.unit.to_string(),
        })
        .collect();
    if has_table(&module.items) {
        globals.push(Global { name: "usetable".to_string(), default: 1.0, unit: String::new() });
    }
    let (kind, name) = mechanism(module);
    let event_arguments = module.items.iter().find_map(|item| match &item.kind {
        ItemKind::Block(block) if block.kind == BlockKind::NetReceive => Some(block.arguments.len()),
        _ => None,
    });
    Description {
        name,
        kind,
        variables,
        globals,
        ions,
        event_arguments,
        source: module.source.name.to_string(),
    }
}

fn neuron_statements(items: &[Item]) -> impl Iterator<Item = &NeuronStatementKind> {
    items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Neuron(statements) => Some(statements),
            _ => None,
        })
        .flatten()
        .map(|statement| &statement.kind)
}

fn mechanism(module: &Module) -> (Kind, String) {
    let named = neuron_statements(&module.items).find_map(|statement| match statement {
        NeuronStatementKind::Mechanism { kind, name } => Some((*kind, name.text.to_string())),
        _ => None,
    });
    named.unwrap_or_else(|| {
        let stem = Path::new(&*module.source.name).file_stem().unwrap_or_default();
        (Kind::Density, stem.to_string_lossy().into_owned())
    })
}

fn listed(items: &[Item], wanted: impl Fn(NeuronList) -> bool) -> BTreeSet<&str> {
    neuron_statements(items)
        .filter_map(|statement| match statement {
            NeuronStatementKind::Names(list, names) if wanted(*list) => Some(names),
            _ => None,
        })
        .flatten()
        .map(|name| &*name.text)
        .collect()
}

fn use_ions(items: &[Item]) -> impl Iterator<Item = &UseIon> {
    neuron_statements(items).filter_map(|statement| match statement {
        NeuronStatementKind::UseIon(ion) => Some(ion),
        _ => None,
    })
}

/// Which of an ion's quantities `name` is, as in `ena`, `nai`, `nao`, `ina`.
fn ion_variable(ion: &str, name: &str) -> Option<IonVariable> {
    match (name.strip_suffix(ion), name.strip_prefix(ion)) {
        (Some("e"), _) => Some(IonVariable::Reversal),
        (Some("i"), _) => Some(IonVariable::Current),
        (_, Some("i")) => Some(IonVariable::Inside),
        (_, Some("o")) => Some(IonVariable::Outside),
        _ => None,
    }
}

fn ions(items: &[Item]) -> Vec<IonUse> {
    let known = |ion: &Name, names: &[Name]| -> Vec<IonVariable> {
        names.iter().filter_map(|name| ion_variable(&ion.text, &name.text)).collect()
    };
    use_ions(items)
        .map(|used| IonUse {
            ion: used.ion.text.to_string(),
            reads: known(&used.ion, &used.reads),
            writes: known(&used.ion, &used.writes),
            valence: used.valence.map(|valence| valence.value),
        })
        .collect()
}

fn ion_variables(items: &[Item]) -> BTreeSet<&str> {
    use_ions(items).flat_map(|used| used.reads.iter().chain(&used.writes)).map(|name| &*name.text).collect()
}

/// All declarations in their order. A name that is declared twice counts once, and is a state if one of them says so.
fn declarations(items: &[Item]) -> Vec<Declared<'_>> {
    let mut declared: Vec<Declared> = Vec::new();
    for item in items {
        match &item.kind {
            ItemKind::Parameter(parameters) => {
                for parameter in parameters {
                    add(
                        &mut declared,
                        Declared {
                            name: &parameter.name.text,
                            role: Role::Parameter,
                            default: parameter.value.map_or(0.0, |literal| literal.value),
                            unit: parameter.unit.as_ref().map_or("", |unit| &unit.text),
                        },
                    );
                }
            }
            ItemKind::Assigned(lines) | ItemKind::State(lines) => {
                let is_state = matches!(item.kind, ItemKind::State(_));
                for line in lines {
                    add(
                        &mut declared,
                        Declared {
                            name: &line.name.text,
                            role: if is_state { Role::State } else { Role::Assigned },
                            default: line.start.map_or(0.0, |literal| literal.value),
                            unit: line.unit.as_ref().map_or("", |unit| &unit.text),
                        },
                    );
                }
            }
            _ => {}
        }
    }
    declared
}

fn add<'m>(declared: &mut Vec<Declared<'m>>, new: Declared<'m>) {
    match declared.iter_mut().find(|known| known.name == new.name) {
        Some(known) if new.role == Role::State => known.role = Role::State,
        Some(_) => {}
        None => declared.push(new),
    }
}

fn has_table(items: &[Item]) -> bool {
    let holds = |body: &Body| {
        body.statements.iter().any(|statement| matches!(statement.kind, StatementKind::Table(_)))
    };
    items.iter().any(|item| matches!(&item.kind, ItemKind::Block(block) if holds(&block.body)))
}
