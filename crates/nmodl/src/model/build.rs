//! Resolves the declarations of a file.
//!
//! Variables come in the order in which NEURON stores them: `PARAMETER`s of `RANGE`, `ASSIGNED`s of `RANGE`, `STATE`s,
//! the other `ASSIGNED`s, each in the order of their declarations; then what `POINTER`s stand for, and the variables of
//! ions. An array is as many variables, `name[0]`, `name[1]` and so on.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::declarations::{Collector, Declarations, Declared};
use super::problem::{Fault, Problem};
use super::sources::Sources;
use super::{Current, Model, Slot, SlotUse, Symbol, listed, nearest};
use crate::description::{Description, Global, IonUse, IonVariable, Kind, Role, Variable};
use crate::ir::{FunctionTable, Place, PointerVariable, SharedVariable};
use crate::lower::assigns;
use crate::syntax::Span;
use crate::syntax::ast::{
    BlockKind, Body, Initializer, ItemKind, Module, Name, NeuronList, NeuronStatementKind, Statement,
    StatementKind, UseIon,
};

/// Names that every model has.
const GIVEN: [(&str, Place); 6] = [
    ("v", Place::Voltage),
    ("t", Place::Time),
    ("dt", Place::Step),
    ("celsius", Place::Celsius),
    ("area", Place::Area),
    ("diam", Place::Diameter),
];

/// What only the statements of a file tell of its variables.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// Names that hold objects, and what these are.
    pub slots: Vec<(Arc<str>, SlotKind)>,
    /// States whose derivative is kept, as a variable `Dstate`, with the lengths of arrays.
    pub derivatives: Vec<(Arc<str>, Option<u32>)>,
}

/// Resolves the declarations of `module`.
pub fn build(module: Module, sources: Sources, hints: &Hints) -> Built {
    let mut collector = Collector::new(&sources);
    collector.collect(&module.items);
    collect_c(&mut collector, &module);
    let (declared, problems) = (collector.found, collector.problems);
    let mut builder = Builder::new(module, sources, problems);
    builder.mechanism();
    builder.ions();
    builder.variables(&declared);
    builder.derivatives(hints);
    builder.pointers(hints);
    builder.ion_variables(&declared);
    builder.globals(&declared);
    builder.blocks();
    builder.currents(&declared);
    builder.names(&declared);
    Built { model: builder.model, problems: builder.problems, warnings: builder.warnings }
}

/// A model, and what was found on the way.
#[derive(Debug)]
pub struct Built {
    /// The model.
    pub model: Model,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What may surprise.
    pub warnings: Vec<Problem>,
}

/// What a pointer points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// A number.
    Number,
    /// A random stream.
    Stream,
    /// A vector.
    Vector,
    /// Nothing that a statement uses.
    Unused,
}

/// Variables of C that all instances share.
fn collect_c(collector: &mut Collector, module: &Module) {
    for item in &module.items {
        let ItemKind::CVariable(declaration) = &item.kind else { continue };
        let number = |expression| super::constant(expression).unwrap_or(0.0);
        let initial = match &declaration.initial {
            Some(Initializer::Value(value)) => vec![number(value)],
            Some(Initializer::List(values)) => values.iter().map(number).collect(),
            None => Vec::new(),
        };
        collector.share(&declaration.name, declaration.length, initial);
    }
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

struct Builder {
    model: Model,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
    range: HashSet<Arc<str>>,
    /// Names of `GLOBAL`.
    shared: HashSet<Arc<str>>,
    /// Names that are pointers or streams.
    elsewhere: HashSet<Arc<str>>,
    /// Variables of ions, in the order of the `USEION` statements.
    of_ions: Vec<Arc<str>>,
}

impl Builder {
    fn new(module: Module, sources: Sources, problems: Vec<Problem>) -> Self {
        let names = |list| listed(&module, list).map(|name| name.text.clone());
        let range: HashSet<_> = names(NeuronList::Range)
            .chain(names(NeuronList::NonspecificCurrent))
            .chain(names(NeuronList::ElectrodeCurrent))
            .collect();
        let shared = names(NeuronList::Global).collect();
        let elsewhere = names(NeuronList::Pointer)
            .chain(names(NeuronList::BbCorePointer))
            .chain(names(NeuronList::Random))
            .collect();
        let description = Description {
            name: String::new(),
            kind: Kind::Density,
            variables: Vec::new(),
            globals: Vec::new(),
            ions: Vec::new(),
            event_arguments: None,
            source: sources.whole.name.to_string(),
        };
        let model = Model {
            module,
            sources,
            description,
            symbols: BTreeMap::new(),
            globals: Vec::new(),
            streams: Vec::new(),
            random_variables: 0,
            vectors: Vec::new(),
            slots: Vec::new(),
            pointers: Vec::new(),
            function_tables: Vec::new(),
            blocks: Vec::new(),
            c_functions: Vec::new(),
            states: Vec::new(),
            currents: Vec::new(),
            electrode: false,
        };
        Self { model, problems, warnings: Vec::new(), range, shared, elsewhere, of_ions: Vec::new() }
    }

    fn fault(&mut self, fault: Fault, span: Span, help: Option<String>) {
        self.problems.push(self.model.sources.problem(fault, span, help));
    }

    fn neuron(&self) -> Vec<(NeuronStatementKind, Span)> {
        let mut statements = Vec::new();
        for item in &self.model.module.items {
            if let ItemKind::Neuron(lines) = &item.kind {
                statements.extend(lines.iter().map(|line| (line.kind.clone(), line.span)));
            }
        }
        statements
    }

    /// The kind and the name of the mechanism.
    fn mechanism(&mut self) {
        let mut named = None;
        for (statement, span) in self.neuron() {
            if let NeuronStatementKind::Mechanism { kind, name } = statement {
                if let Some((_, first)) = &named {
                    let fault = Fault::Other(format!("the mechanism already has a name, `{first}`"));
                    self.fault(fault, span, Some("write a file for each mechanism".to_string()));
                }
                named = Some((kind, name.text.to_string()));
            }
        }
        let stem = Path::new(&*self.model.sources.whole.name).file_stem().unwrap_or_default();
        let (kind, name) = named.unwrap_or_else(|| (Kind::Density, stem.to_string_lossy().into_owned()));
        (self.model.description.kind, self.model.description.name) = (kind, name);
        self.model.description.event_arguments = self.model.module.items.iter().find_map(|item| {
            let ItemKind::Block(block) = &item.kind else { return None };
            (block.kind == BlockKind::NetReceive).then_some(block.arguments.len())
        });
        let external: Vec<Name> = listed(&self.model.module, NeuronList::External).cloned().collect();
        for name in external {
            let fault = Fault::Unsupported {
                name: "EXTERNAL".to_string(),
                reason: format!("`{}` belongs to another mechanism", name.text),
            };
            let help = "make it a `GLOBAL` or a `POINTER` of this mechanism".to_string();
            self.fault(fault, name.span, Some(help));
        }
    }

    fn ions(&mut self) {
        for (statement, _) in self.neuron() {
            let NeuronStatementKind::UseIon(used) = statement else { continue };
            let reads = self.ion_names(&used, &used.reads);
            let writes = self.ion_names(&used, &used.writes);
            let valence = used.valence.map(|valence| valence.value);
            let ion = used.ion.text.to_string();
            match self.model.description.ions.iter_mut().find(|known| known.ion == ion) {
                Some(known) => {
                    known.reads.extend(reads);
                    known.writes.extend(writes);
                    known.valence = known.valence.or(valence);
                }
                None => self.model.description.ions.push(IonUse { ion, reads, writes, valence }),
            }
        }
    }

    fn ion_names(&mut self, used: &UseIon, names: &[Name]) -> Vec<IonVariable> {
        let ion = &used.ion.text;
        let mut known = Vec::new();
        for name in names {
            match ion_variable(ion, &name.text) {
                Some(variable) => {
                    known.push(variable);
                    if !self.of_ions.contains(&name.text) {
                        self.of_ions.push(name.text.clone());
                    }
                }
                None => {
                    let fault = Fault::NotOfIon { name: name.text.to_string(), ion: ion.to_string() };
                    let help = format!("it has `e{ion}`, `{ion}i`, `{ion}o` and `i{ion}`");
                    self.fault(fault, name.span, Some(help));
                }
            }
        }
        known
    }

    /// Variables of every instance but those of ions.
    fn variables(&mut self, declared: &Declarations) {
        let place = |variable: &Declared| {
            let name = &variable.name.text;
            let is_range = self.range.contains(name);
            let given = GIVEN.iter().any(|(given, _)| **given == **name);
            if given || self.elsewhere.contains(name) || self.of_ions.contains(name) {
                return None;
            }
            match variable.role {
                Role::State => Some(2),
                Role::Parameter => is_range.then_some(0),
                Role::Assigned if is_range => Some(1),
                Role::Assigned => (!self.shared.contains(name)).then_some(3),
            }
        };
        let grouped: Vec<(Declared, i32)> = declared
            .variables
            .iter()
            .filter_map(|variable| Some((variable.clone(), place(variable)?)))
            .collect();
        for group in 0..4 {
            for (variable, _) in grouped.iter().filter(|(_, place)| *place == group) {
                self.column(variable, variable.role, group != 3);
            }
        }
        for variable in declared.variables.iter().filter(|variable| variable.role == Role::State) {
            self.model.states.push((variable.name.text.clone(), variable.length));
        }
    }

    /// A column, or as many as an array has elements.
    fn column(&mut self, variable: &Declared, role: Role, visible: bool) {
        let first = Place::Column(self.model.description.variables.len() as u32);
        let name = &variable.name.text;
        let one = |name: String| Variable {
            name,
            role,
            default: variable.default,
            unit: variable.unit.clone(),
            visible,
        };
        let symbol = match variable.length {
            None => {
                self.model.description.variables.push(one(name.to_string()));
                Symbol::Place(first)
            }
            Some(length) => {
                let elements = (0..length).map(|index| one(format!("{name}[{index}]")));
                self.model.description.variables.extend(elements);
                Symbol::Array { first, length }
            }
        };
        self.model.symbols.insert(name.clone(), symbol);
    }

    /// `x'` where it is used as a variable.
    fn derivatives(&mut self, hints: &Hints) {
        for (state, length) in &hints.derivatives {
            let text: Arc<str> = format!("D{state}").into();
            if self.model.symbols.contains_key(&text) {
                continue;
            }
            let name = Name { text, span: Span::default() };
            let (length, unit) = (*length, String::new());
            let declared = Declared { name, role: Role::Assigned, length, default: 0.0, unit };
            self.column(&declared, Role::Assigned, false);
        }
    }

    fn pointers(&mut self, hints: &Hints) {
        let names: Vec<Name> = listed(&self.model.module, NeuronList::Pointer)
            .chain(listed(&self.model.module, NeuronList::BbCorePointer))
            .cloned()
            .collect();
        for name in names {
            let text = name.text.to_string();
            let kind = hints.slots.iter().find(|(known, _)| *known == name.text).map(|(_, kind)| *kind);
            let use_ = match kind.unwrap_or(SlotKind::Unused) {
                SlotKind::Number => {
                    let column = self.model.description.variables.len() as u32;
                    let variable = Variable {
                        name: text.clone(),
                        role: Role::Assigned,
                        default: 0.0,
                        unit: String::new(),
                        visible: false,
                    };
                    self.model.description.variables.push(variable);
                    let symbol = Symbol::Place(Place::Column(column));
                    self.model.symbols.insert(name.text.clone(), symbol);
                    self.model.pointers.push(PointerVariable { name: text, column, written: false });
                    SlotUse::Number(self.model.pointers.len() as u32 - 1)
                }
                kind => self.object(text, kind),
            };
            if !matches!(use_, SlotUse::Number(_)) {
                self.model.symbols.insert(name.text.clone(), Symbol::Slot(self.model.slots.len()));
            }
            self.model.slots.push(Slot { name: name.text, use_ });
        }
        for (name, kind) in &hints.slots {
            if !self.model.slots.iter().any(|slot| slot.name == *name) {
                let use_ = self.object(name.to_string(), *kind);
                self.model.slots.push(Slot { name: name.clone(), use_ });
            }
        }
        let streams: Vec<Name> = listed(&self.model.module, NeuronList::Random).cloned().collect();
        self.model.random_variables = streams.len();
        for name in streams {
            self.model.symbols.insert(name.text.clone(), Symbol::Stream(self.model.streams.len() as u32));
            self.model.streams.push(name.text.to_string());
        }
    }

    /// Where an object of an instance is kept.
    fn object(&mut self, name: String, kind: SlotKind) -> SlotUse {
        match kind {
            SlotKind::Stream => {
                self.model.streams.push(name);
                SlotUse::Stream(self.model.streams.len() as u32 - 1)
            }
            SlotKind::Vector => {
                self.model.vectors.push(name);
                SlotUse::Vector(self.model.vectors.len() as u32 - 1)
            }
            SlotKind::Number | SlotKind::Unused => SlotUse::Unused,
        }
    }

    fn ion_variables(&mut self, declared: &Declarations) {
        for name in self.of_ions.clone() {
            let known = declared.variables.iter().find(|variable| variable.name.text == name);
            let role = match known.map(|variable| variable.role) {
                Some(Role::State) => Role::State,
                _ => Role::Assigned,
            };
            let name = Name { text: name, span: Span::default() };
            let unit = known.map_or(String::new(), |variable| variable.unit.clone());
            let is_range = self.range.contains(&name.text);
            self.column(&Declared { name, role, length: None, default: 0.0, unit }, role, is_range);
        }
    }

    fn globals(&mut self, declared: &Declarations) {
        for variable in &declared.variables {
            let name = &variable.name.text;
            if self.model.symbols.contains_key(name) || GIVEN.iter().any(|(given, _)| **given == **name) {
                continue;
            }
            if variable.role == Role::Assigned && !self.shared.contains(name) {
                continue;
            }
            self.global(name, variable.length, &[variable.default], Some(&variable.unit));
        }
        if self.has_table() && !self.model.symbols.contains_key("usetable") {
            self.global(&"usetable".into(), None, &[1.0], Some(""));
        }
        for shared in &declared.shared {
            if !self.model.symbols.contains_key(&shared.name.text) {
                self.global(&shared.name.text, shared.length, &shared.initial, None);
            }
        }
        for (name, value) in GIVEN {
            self.model.symbols.entry(name.into()).or_insert(Symbol::Place(value));
        }
        for (name, value) in &declared.defines {
            self.model.symbols.entry(name.clone()).or_insert(Symbol::Integer(*value));
        }
        for (state, _) in self.model.states.clone() {
            let start: Arc<str> = format!("{state}0").into();
            if !self.model.symbols.contains_key(&start) {
                let value = declared.starts.get(&state).copied().unwrap_or(0.0);
                self.global(&start, None, &[value], None);
            }
        }
    }

    /// A shared variable; one with a `unit` is seen by HOC.
    fn global(&mut self, name: &Arc<str>, length: Option<u32>, initial: &[f64], unit: Option<&str>) {
        let first = Place::Global(self.model.globals.len() as u32);
        for index in 0..length.unwrap_or(1) {
            let value = match (length, unit) {
                (Some(_), Some(_)) => initial.first(),
                _ => initial.get(index as usize),
            };
            let value = value.copied().unwrap_or(0.0);
            let element = match length {
                None => name.to_string(),
                Some(_) => format!("{name}[{index}]"),
            };
            if let Some(unit) = unit {
                let global = Global { name: element.clone(), default: value, unit: unit.to_string() };
                self.model.description.globals.push(global);
            }
            self.model.globals.push(SharedVariable { name: element, initial: value, written: false });
        }
        let symbol = match length {
            None => Symbol::Place(first),
            Some(length) => Symbol::Array { first, length },
        };
        self.model.symbols.insert(name.clone(), symbol);
    }

    fn has_table(&self) -> bool {
        let holds = |body: &Body| {
            body.statements
                .iter()
                .any(|statement: &Statement| matches!(statement.kind, StatementKind::Table(_)))
        };
        let holds = |kind: &ItemKind| matches!(kind, ItemKind::Block(block) if holds(&block.body));
        self.model.module.items.iter().any(|item| holds(&item.kind))
    }

    fn blocks(&mut self) {
        let items = std::mem::take(&mut self.model.module.items);
        for item in &items {
            match &item.kind {
                ItemKind::Block(block) if block.kind == BlockKind::FunctionTable => {
                    let Some(name) = &block.name else { continue };
                    let number = self.model.function_tables.len() as u32;
                    let arguments = block.arguments.len();
                    let name_text = name.text.to_string();
                    self.model.function_tables.push(FunctionTable { name: name_text, arguments });
                    self.define(name, Symbol::FunctionTable(number));
                }
                ItemKind::Block(block) => {
                    let number = self.model.blocks.len();
                    let single = block.name.is_none()
                        && !matches!(block.kind, BlockKind::Before(_) | BlockKind::After(_));
                    if single
                        && matches!(block.kind, BlockKind::NetReceive)
                        && self.model.blocks.iter().any(|known| known.kind == block.kind)
                    {
                        let help =
                            "write one block, with `if (flag == …)` for each kind of event".to_string();
                        self.fault(Fault::BlockTwice(block.kind.word()), item.span, Some(help));
                    }
                    if let Some(name) = &block.name {
                        self.define(name, Symbol::Block(number));
                    }
                    if self.model.description.kind == Kind::ArtificialCell
                        && matches!(
                            block.kind,
                            BlockKind::Before(_) | BlockKind::After(_) | BlockKind::Breakpoint
                        )
                    {
                        let word = block.kind.word();
                        let fault = Fault::Other(format!("`{word}` of an artificial cell is never run"));
                        let help = "do it in `INITIAL` or `NET_RECEIVE`".to_string();
                        self.warnings.push(self.model.sources.problem(fault, item.span, Some(help)));
                    }
                    self.model.blocks.push(Arc::new(block.clone()));
                }
                ItemKind::CFunction(function) => {
                    let number = self.model.c_functions.len();
                    self.model.c_functions.push(Arc::new(function.clone()));
                    self.model.symbols.entry(function.name.text.clone()).or_insert(Symbol::CFunction(number));
                }
                _ => {}
            }
        }
        self.model.module.items = items;
    }

    fn define(&mut self, name: &Name, symbol: Symbol) {
        if self.model.symbols.insert(name.text.clone(), symbol).is_some() {
            let help = "give one of them another name".to_string();
            self.fault(Fault::Twice(name.text.to_string()), name.span, Some(help));
        }
    }

    /// The currents in the order of their statements in the `NEURON` block.
    fn currents(&mut self, declared: &Declarations) {
        for (statement, _) in self.neuron() {
            match statement {
                NeuronStatementKind::UseIon(used) => {
                    let ion = used.ion.text.to_string();
                    let number = self.model.description.ions.iter().position(|known| known.ion == ion);
                    let current =
                        |name: &&Name| ion_variable(&used.ion.text, &name.text) == Some(IonVariable::Current);
                    for name in used.writes.iter().filter(current) {
                        let ion = number.map(|number| number as u32);
                        self.model.currents.push(Current { name: name.text.clone(), ion });
                    }
                }
                NeuronStatementKind::Names(
                    list @ (NeuronList::NonspecificCurrent | NeuronList::ElectrodeCurrent),
                    names,
                ) => {
                    self.model.electrode |= list == NeuronList::ElectrodeCurrent;
                    for name in names {
                        self.current(&name, declared);
                        self.model.currents.push(Current { name: name.text, ion: None });
                    }
                }
                _ => {}
            }
        }
    }

    fn current(&mut self, name: &Name, declared: &Declarations) {
        if self.model.symbols.contains_key(&name.text) {
            return;
        }
        let known = declared.variables.iter().map(|variable| &*variable.name.text);
        let help = match nearest(&name.text, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declare it: `ASSIGNED {{ {} (mA/cm2) }}`", name.text),
        };
        self.fault(Fault::Undeclared(name.text.to_string()), name.span, Some(help));
        // Once is enough
        let unit = String::new();
        let declared =
            Declared { name: name.clone(), role: Role::Assigned, length: None, default: 0.0, unit };
        self.column(&declared, Role::Assigned, true);
    }

    /// Whether NEURON gives an undeclared `GLOBAL` a number for each of its threads: where `THREADSAFE` stands and the
    /// name is assigned to.
    fn is_number_of_threads(&self, name: &str) -> bool {
        let is_thread_safe =
            |(kind, _): &(NeuronStatementKind, Span)| matches!(kind, NeuronStatementKind::ThreadSafe);
        self.neuron().iter().any(is_thread_safe)
            && self.model.blocks.iter().any(|block| assigns(&block.body, name))
    }

    /// Names of `GLOBAL` and `RANGE` that nothing declares, which NEURON passes over, and states that are shared.
    fn names(&mut self, declared: &Declarations) {
        for list in [NeuronList::Range, NeuronList::Global] {
            let names: Vec<Name> = listed(&self.model.module, list).cloned().collect();
            for name in names {
                let known = declared.variables.iter().find(|variable| variable.name.text == name.text);
                match known.map(|variable| variable.role) {
                    Some(Role::State) if list == NeuronList::Global => {
                        let fault = Fault::Other(format!("the state `{}` cannot be `GLOBAL`", name.text));
                        self.fault(fault, name.span, Some("every instance has its own states".to_string()));
                    }
                    None if !self.model.symbols.contains_key(&name.text) => {
                        let others = declared.variables.iter().map(|variable| &*variable.name.text);
                        let help = nearest(&name.text, others).map(|near| format!("did you mean `{near}`?"));
                        let word = list.word();
                        let fault = Fault::Other(format!("nothing declares `{}` of `{word}`", name.text));
                        self.warnings.push(self.model.sources.problem(fault, name.span, help));
                        if list == NeuronList::Global && self.is_number_of_threads(&name.text) {
                            self.global(&name.text, None, &[0.0], None);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}
