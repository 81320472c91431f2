//! The interpreter's state and what a host can ask of it.

mod call;
mod construct;
mod evaluate;
mod files;
mod frame;
pub(crate) mod host;
pub(crate) mod object;
mod place;
mod resolve;
mod run;
pub(crate) mod scope;
mod sections;
pub(crate) mod value;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use cell::{Catalogue, Cell, SectionId};

use crate::builtin::{self, Builtin};
use crate::classes::import3d::MorphologyCache;
use crate::error::Failure;
use crate::syntax::{Source, Symbol, Symbols};
use frame::Frame;
use object::{Heap, Object, ObjectRef};
use scope::{ABSENT, Class, MemberKind, NATIVE_CLASSES};

pub use files::Options;
pub use host::{FinishedCell, MechanismCall, NetConnection};

/// Index of the class of the top level; its only object has the index 0 too.
pub(crate) const TOP: u32 = 0;

/// Longest output that is kept.
const MAXIMUM_OUTPUT: usize = 1 << 20;

/// Runs HOC on a model of one cell.
///
/// A clone is independent of the original and cheap: load the templates once, then clone for every cell.
#[derive(Clone)]
pub struct Interpreter {
    pub(crate) symbols: Symbols,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) cell: Cell,
    pub(crate) classes: Vec<Class>,
    /// Class by symbol, [`ABSENT`] where the name is no class.
    class_of: Vec<u32>,
    pub(crate) heap: Heap,
    pub(crate) frames: Vec<Frame>,
    /// The frame whose names are visible.
    pub(crate) current: usize,
    /// Accessed sections, the innermost last.
    pub(crate) accessed: Vec<SectionId>,
    pub(crate) names: Arc<builtin::Names>,
    /// What built-in names stand for, by symbol, as far as it was asked for.
    builtins: Vec<Builtin>,
    /// Values of built-in variables such as `celsius`.
    pub(crate) numbers: Vec<f64>,
    pub(crate) options: Arc<Options>,
    pub(crate) morphologies: MorphologyCache,
    loaded: BTreeMap<PathBuf, ()>,
    pub(crate) steps_left: u64,
    /// Depth of statements and expressions, to protect the stack.
    pub(crate) depth: usize,
    messages: String,
    /// `Random123_globalindex`
    pub(crate) random_index: u32,
    pub(crate) mechanism_calls: Vec<MechanismCall>,
    pub(crate) set_pointers: Vec<host::SetPointer>,
    /// Where `setdata_SUFFIX(x)` points to, by mechanism.
    pub(crate) mechanism_data: BTreeMap<cell::MechanismIndex, (SectionId, f64)>,
    pub(crate) executed_name: Arc<str>,
}

impl Interpreter {
    /// An interpreter whose cell may use the mechanisms of `catalogue`.
    pub fn new(catalogue: Arc<Catalogue>, options: Options) -> Self {
        let mut symbols = Symbols::default();
        let top = symbols.intern("top level");
        let executed_name: Arc<str> = Arc::from("executed string");
        let steps_left = options.step_limit;
        let morphologies = options.morphologies.clone();
        let mut interpreter = Self {
            symbols,
            cell: Cell::new(catalogue.clone()),
            classes: vec![Class::new(top, None)],
            class_of: Vec::new(),
            heap: Heap::default(),
            frames: Vec::new(),
            current: 0,
            accessed: Vec::new(),
            names: Arc::new(builtin::Names::new(&catalogue)),
            catalogue,
            builtins: Vec::new(),
            numbers: builtin::initial_numbers(),
            options: Arc::new(options),
            morphologies,
            loaded: BTreeMap::new(),
            steps_left,
            depth: 0,
            messages: String::new(),
            random_index: 0,
            mechanism_calls: Vec::new(),
            set_pointers: Vec::new(),
            mechanism_data: BTreeMap::new(),
            executed_name,
        };
        interpreter.heap.add(TOP, 0, Object::Instance { values: Vec::new(), owner: None });
        let source = Arc::new(Source { name: Arc::from("top level"), text: Arc::from("") });
        interpreter.frames.push(Frame::of(TOP, 0, source));
        for (name, native) in NATIVE_CLASSES {
            let symbol = interpreter.symbols.intern(name);
            interpreter.add_class(Class::new(symbol, Some(native)));
        }
        interpreter.define_standard_variables();
        interpreter
    }

    /// Variables that NEURON's standard library defines at top level, and those that neurodamus sets for helpers.
    fn define_standard_variables(&mut self) {
        for (name, value) in
            [("v_init", -65.0), ("tstop", 5.0), ("steps_per_ms", 40.0), ("nrnmainmenu_", 0.0)]
        {
            self.set_top(name, MemberKind::Number, object::Slot::Number(value));
        }
        for seed in crate::prelude::SEEDS {
            self.set_top(seed, MemberKind::Number, object::Slot::Number(0.0));
        }
        self.set_top("randomize_Gaba_risetime", MemberKind::Text, object::Slot::Text(Arc::from("False")));
        self.set_top("tstr", MemberKind::Text, object::Slot::Text(Arc::from("")));
        self.set_top("hoc_obj_", MemberKind::Objects(vec![2]), object::Slot::Objects(vec![None, None]));
        let symbol = self.symbols.intern("StringFunctions");
        if let Some(class) = self.class_named(symbol) {
            let functions = self.add_object(class, Object::StringFunctions);
            self.set_top("hoc_sf_", MemberKind::Object, object::Slot::Object(Some(functions)));
        }
    }

    fn set_top(&mut self, name: &str, kind: MemberKind, value: object::Slot) {
        let symbol = self.symbols.intern(name);
        let slot = self.classes[TOP as usize].mention(symbol);
        self.classes[TOP as usize].members[slot].kind = kind;
        if let Some(place) = self.heap.slot_mut(TOP as usize, slot) {
            *place = value;
        }
    }

    pub(crate) fn add_class(&mut self, class: Class) -> u32 {
        let index = self.classes.len() as u32;
        let symbol = class.name.index();
        if self.class_of.len() <= symbol {
            self.class_of.resize(symbol + 1, ABSENT);
        }
        self.class_of[symbol] = index;
        self.classes.push(class);
        index
    }

    /// The class called `symbol`, point processes of the catalogue included.
    pub(crate) fn class_named(&mut self, symbol: Symbol) -> Option<u32> {
        if let Some(&class) = self.class_of.get(symbol.index()).filter(|&&class| class != ABSENT) {
            return Some(class);
        }
        let name = self.symbols.name(symbol).clone();
        let mechanism = self.names.mechanism(&name)?;
        if self.catalogue.mechanism(mechanism).kind == nmodl::Kind::Density {
            return None;
        }
        Some(self.add_class(Class::new(symbol, Some(scope::NativeClass::PointProcess(mechanism)))))
    }

    /// A new object, numbered by its class.
    pub(crate) fn add_object(&mut self, class: u32, data: Object) -> ObjectRef {
        let found = &mut self.classes[class as usize];
        let number = found.next;
        found.next += 1;
        let object = self.heap.add(class, number, data);
        self.classes[class as usize].instances.push((number, object.index() as u32));
        object
    }

    /// Gives up a reference; the object goes when it was the last.
    pub(crate) fn release(&mut self, object: Option<ObjectRef>) {
        let Some(object) = object.filter(ObjectRef::is_last) else { return };
        let mut waiting = vec![object];
        while let Some(object) = waiting.pop() {
            let index = object.index();
            drop(object);
            let Some(data) = self.heap.free(index) else { continue };
            object::references(&data, &mut waiting);
            self.object_gone(index, data);
        }
    }

    fn object_gone(&mut self, index: usize, data: Object) {
        let class = self.heap.entry(index).class as usize;
        let instances = &mut self.classes[class].instances;
        instances.retain(|&(_, found)| found as usize != index);
        if instances.is_empty() {
            self.classes[class].next = 0;
        }
        match data {
            Object::Instance { owner: Some(owner), .. } => {
                for section in self.cell.sections_of(owner) {
                    self.cell.delete_section(section);
                }
            }
            Object::PointProcess(id, _) => self.cell.delete_point_process(id),
            _ => {}
        }
    }

    /// `Template[3]`
    pub(crate) fn object_name(&self, object: &ObjectRef) -> String {
        let entry = self.heap.entry(object.index());
        format!("{}[{}]", self.symbols.name(self.classes[entry.class as usize].name), entry.number)
    }

    /// What a built-in name stands for.
    pub(crate) fn builtin(&mut self, symbol: Symbol) -> Builtin {
        if let Some(&found) = self.builtins.get(symbol.index())
            && found != Builtin::Unknown
        {
            return found;
        }
        if self.builtins.len() <= symbol.index() {
            self.builtins.resize(symbol.index() + 1, Builtin::Unknown);
        }
        let name = self.symbols.name(symbol).clone();
        let found = self.names.find(&name);
        self.builtins[symbol.index()] = found;
        found
    }

    /// What the program printed so far.
    pub fn messages(&self) -> &str {
        &self.messages
    }

    /// What the program printed so far, which is then forgotten.
    pub fn take_messages(&mut self) -> String {
        std::mem::take(&mut self.messages)
    }

    pub(crate) fn say(&mut self, text: &str) {
        if self.messages.len() + text.len() <= MAXIMUM_OUTPUT {
            self.messages.push_str(text);
        }
    }

    pub(crate) fn check_size(&self, count: f64, what: &'static str) -> Result<usize, Failure> {
        const LIMIT: usize = 1 << 26;
        if count > LIMIT as f64 {
            return Err(Failure::SizeLimit { what, limit: LIMIT });
        }
        Ok(if count > 0.0 { count as usize } else { 0 })
    }
}
