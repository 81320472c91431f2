//! Names that NEURON defines itself: variables, functions and what mechanisms add.

mod arguments;
mod geometry;
mod math;
mod strings;

use std::collections::HashMap;

use cell::{Catalogue, GlobalVariable, MechanismIndex, RangeVariable};

use crate::error::Outcome;
use crate::interpreter::Interpreter;
use crate::interpreter::value::{Arguments, Property, Value};

/// What a built-in name stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Builtin {
    /// Not looked up yet.
    Unknown,
    /// No built-in name.
    None,
    /// A function, by its index in [`FUNCTIONS`].
    Function(u16),
    Range(RangeVariable),
    Property(Property),
    /// A number of the interpreter, by its index in [`NUMBERS`].
    Number(u16),
    Global(GlobalVariable),
    /// A function of a mechanism, such as `setdata_StochKv`.
    Mechanism(MechanismIndex),
}

/// Built-in numbers and their values at the start; `celsius` in degrees Celsius, times in ms.
const NUMBERS: [(&str, f64); 18] = [
    ("celsius", 6.3),
    ("dt", 0.025),
    ("t", 0.0),
    ("secondorder", 0.0),
    ("clamp_resist", 1e-3),
    ("diam_changed", 1.0),
    ("hoc_ac_", 0.0),
    ("float_epsilon", 1e-11),
    ("PI", std::f64::consts::PI),
    ("E", std::f64::consts::E),
    ("GAMMA", 0.577_215_664_901_532_9),
    ("DEG", 57.295_779_513_082_32),
    ("PHI", 1.618_033_988_749_895),
    ("FARADAY", 96_485.332_123_310_01),
    ("R", 8.314_462_618_153_24),
    ("nrn_shape_changed_", 0.0),
    ("stoprun", 0.0),
    ("use_mcell_ran4_", 0.0),
];

pub(crate) fn initial_numbers() -> Vec<f64> {
    NUMBERS.iter().map(|&(_, value)| value).collect()
}

type Function = fn(&mut Interpreter, &mut Arguments) -> Outcome<Value>;

/// All built-in functions.
const FUNCTIONS: &[(&str, Function)] = &[
    ("sin", math::sin),
    ("cos", math::cos),
    ("tan", math::tan),
    ("atan", math::atan),
    ("tanh", math::tanh),
    ("exp", math::exp),
    ("log", math::log),
    ("log10", math::log10),
    ("sqrt", math::sqrt),
    ("abs", math::abs),
    ("int", math::int),
    ("numarg", strings::numarg),
    ("argtype", strings::argtype),
    ("sprint", strings::sprint),
    ("printf", strings::printf),
    ("sscanf", strings::sscanf),
    ("strcmp", strings::strcmp),
    ("execute", strings::execute),
    ("execute1", strings::execute1),
    ("execerror", strings::execerror),
    ("terminate", strings::terminate),
    ("quit", strings::quit),
    ("load_file", strings::load_file),
    ("xopen", strings::xopen),
    ("name_declared", strings::name_declared),
    ("object_id", strings::object_id),
    ("nrnpython", strings::nrnpython),
    ("nrn_load_dll", strings::refused),
    ("system", strings::refused),
    ("WinExec", strings::refused),
    ("wopen", strings::refused),
    ("ropen", strings::refused),
    ("fprint", strings::refused),
    ("fscan", strings::refused),
    ("getstr", strings::refused),
    ("saveaudit", strings::refused),
    ("chdir", strings::refused),
    ("getcwd", strings::refused),
    ("fadvance", strings::refused),
    ("finitialize", strings::refused),
    ("fcurrent", strings::refused),
    ("run", strings::refused),
    ("startsw", strings::zero),
    ("stopsw", strings::zero),
    ("hoc_stdout", strings::refused),
    ("unix_mac_pc", strings::one),
    ("mcell_ran4_init", strings::zero),
    ("psection", strings::zero),
    ("topology", strings::zero),
    ("doNotify", strings::zero),
    ("doEvents", strings::zero),
    ("area", geometry::area),
    ("ri", geometry::ri),
    ("distance", geometry::distance),
    ("secname", geometry::secname),
    ("sectionname", geometry::sectionname),
    ("ismembrane", geometry::ismembrane),
    ("issection", geometry::issection),
    ("section_exists", geometry::section_exists),
    ("delete_section", geometry::delete_section),
    ("disconnect", geometry::disconnect),
    ("section_orientation", geometry::section_orientation),
    ("parent_section", geometry::parent_connection),
    ("parent_connection", geometry::parent_connection),
    ("parent_node", geometry::parent_connection),
    ("push_section", geometry::push_section),
    ("pop_section", geometry::pop_section),
    ("define_shape", geometry::define_shape),
    ("lambda_f", geometry::lambda_f),
    ("n3d", geometry::n3d),
    ("x3d", geometry::x3d),
    ("y3d", geometry::y3d),
    ("z3d", geometry::z3d),
    ("diam3d", geometry::diam3d),
    ("arc3d", geometry::arc3d),
    ("pt3dclear", geometry::pt3dclear),
    ("pt3dadd", geometry::pt3dadd),
    ("pt3dinsert", geometry::pt3dinsert),
    ("pt3dremove", geometry::pt3dremove),
    ("pt3dchange", geometry::pt3dchange),
    ("pt3dstyle", geometry::pt3dstyle),
    ("pt3dconst", strings::zero),
    ("setSpineArea", geometry::set_spine_area),
    ("getSpineArea", geometry::get_spine_area),
    ("ion_style", geometry::ion_style),
    ("morphio_read", geometry::morphio_read),
];

/// All built-in names, made once for a catalogue.
#[derive(Debug)]
pub(crate) struct Names {
    known: HashMap<String, Builtin>,
    mechanisms: HashMap<String, MechanismIndex>,
}

impl Names {
    /// The names of `catalogue` and those of NEURON itself, which have precedence.
    pub fn new(catalogue: &Catalogue) -> Self {
        let mut names = Self { known: HashMap::new(), mechanisms: HashMap::new() };
        let mut candidates: Vec<String> =
            ["v", "diam", "cm", "i_cap", "i_membrane_"].map(String::from).to_vec();
        for ion in catalogue.ions() {
            let name = &ion.name;
            candidates.extend(nmodl::IonVariable::ALL.map(|variable| variable.of(name)));
            candidates.extend([
                format!("di{name}_dv_"),
                format!("{name}i0_{name}_ion"),
                format!("{name}o0_{name}_ion"),
            ]);
        }
        for description in catalogue.mechanisms() {
            let visible = description.variables.iter().enumerate().filter(|(_, variable)| variable.visible);
            candidates.extend(visible.map(|(index, _)| description.range_name(index)));
            candidates.extend(
                description.globals.iter().map(|global| format!("{}_{}", global.name, description.name)),
            );
            if let Ok(index) = catalogue.find_mechanism(&description.name) {
                names.mechanisms.insert(description.name.clone(), index);
            }
        }
        for name in candidates {
            // variables of point processes are no names of their own
            let range = catalogue.range(&name).map(Builtin::Range);
            if let Some(found) = range.or_else(|| catalogue.global(&name).map(Builtin::Global)) {
                names.known.insert(name, found);
            }
        }
        for (index, (name, _)) in NUMBERS.iter().enumerate() {
            names.known.insert((*name).to_owned(), Builtin::Number(index as u16));
        }
        for (index, (name, _)) in FUNCTIONS.iter().enumerate() {
            names.known.insert((*name).to_owned(), Builtin::Function(index as u16));
        }
        for (name, property) in [
            ("L", Property::Length),
            ("nseg", Property::Nseg),
            ("Ra", Property::AxialResistance),
            ("rallbranch", Property::RallBranch),
        ] {
            names.known.insert(name.to_owned(), Builtin::Property(property));
        }
        names
    }

    /// The mechanism called `name`.
    pub fn mechanism(&self, name: &str) -> Option<MechanismIndex> {
        self.mechanisms.get(name).copied()
    }

    /// What `name` stands for.
    pub fn find(&self, name: &str) -> Builtin {
        if let Some(&found) = self.known.get(name) {
            return found;
        }
        // functions of mechanisms: every way to split the name may be the right one
        let suffixes =
            name.match_indices('_').filter_map(|(position, _)| self.mechanism(&name[position + 1..]));
        suffixes.map(Builtin::Mechanism).next().unwrap_or(Builtin::None)
    }
}

/// Names of all built-in functions.
pub(crate) fn function_names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, _)| *name)
}

/// Calls a built-in function by its index.
pub(crate) fn call(interpreter: &mut Interpreter, index: u16, mut arguments: Arguments) -> Outcome<Value> {
    let Some((_, function)) = FUNCTIONS.get(usize::from(index)) else { return Ok(Value::Nothing) };
    let result = function(interpreter, &mut arguments);
    interpreter.release_arguments(arguments.values);
    result
}
