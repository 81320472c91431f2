//! Synapses made by a template of the circuit: `modoverride` X names the template `XHelper` in `XHelper.hoc`.
//!
//! The template gets the parameters of one edge as an object and puts its point process on a section of its own; what
//! it set there, and the functions that it called, become the synapse.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cell::model::At;
use hoc::{Interpreter, ObjectRef, Value};
use systems::group::PointProcess;

use super::models::{CannotMake, Made, Making, Setting};
use crate::failure::Failure;

/// The names that helpers know attributes by.
const NAMES: [(&str, &str); 9] = [
    ("weight", "conductance"),
    ("delay", "delay"),
    ("U", "u_syn"),
    ("D", "depression_time"),
    ("F", "facilitation_time"),
    ("DTC", "decay_time"),
    ("nrrp", "n_rrp_vesicles"),
    ("synType", "syn_type_id"),
    ("conductance_ratio", "conductance_scale_factor"),
];

/// A helper of the circuit.
pub struct HocHelper {
    /// Attributes of edges that it asks for, beside those of all models.
    pub needed_attributes: BTreeSet<String>,
    /// Those of them that calcium scales.
    pub scaled_attributes: BTreeSet<String>,
    interpreter: Interpreter,
    template: String,
}

/// A helper at work. Each cell has its own, so that what a program keeps between synapses cannot reach other cells.
pub struct HocMaker {
    interpreter: Interpreter,
    site: ObjectRef,
    parameters: ObjectRef,
}

/// The file of a helper in the folders of the circuit.
pub fn find(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    folders.iter().map(|folder| folder.join(format!("{name}Helper.hoc"))).find(|file| file.is_file())
}

impl HocHelper {
    /// Loads the helper with base name `name`; `interpreter` may read its file.
    ///
    /// # Errors
    ///
    /// A file that fails, or does not define the template.
    pub fn load(name: &str, file: &Path, mut interpreter: Interpreter) -> Result<Self, Failure> {
        let template = format!("{name}Helper");
        interpreter.load_file(file).map_err(Failure::bad_input)?;
        if !interpreter.has_template(&template) {
            return Err(Failure::bad_input(NoTemplate { file: file.to_owned(), template }));
        }
        let list = |interpreter: &Interpreter, what: &str| -> BTreeSet<String> {
            let text = interpreter.text(&format!("{template}_{what}")).unwrap_or_default();
            text.split(';').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        let needed_attributes = list(&interpreter, "NeededAttributes");
        let scaled_attributes = list(&interpreter, "UHillScaleVariables");
        let names = NAMES.iter().map(|(name, _)| *name).chain(needed_attributes.iter().map(String::as_str));
        let members = names.collect::<Vec<_>>().join(", ");
        let assignments = members.split(", ").map(|name| format!("{name} = 0\n")).collect::<String>();
        let text = format!(
            "begintemplate SynapseParameters_\n\
             public {members}, maskValue, location\n\
             proc init() {{ {assignments} maskValue = -1 location = 0 }}\n\
             endtemplate SynapseParameters_\n\
             begintemplate SynapseSite_\n\
             public soma, helper, make, clear\n\
             objref helper\n\
             create soma\n\
             proc make() {{ soma {{ helper = new {template}($1, $o2, $3, $4, $5, $6, $7) }} }}\n\
             proc clear() {{ objref helper }}\n\
             endtemplate SynapseSite_\n"
        );
        interpreter.load_text("synapses", &text).map_err(Failure::bad_input)?;
        Ok(Self { needed_attributes, scaled_attributes, interpreter, template })
    }

    /// The files that it was read from.
    pub fn files(&self) -> BTreeSet<PathBuf> {
        self.interpreter.files()
    }

    /// Starts to make synapses.
    ///
    /// # Errors
    ///
    /// If the interpreter cannot make the objects for it.
    pub fn start(&self) -> Result<HocMaker, CannotMake> {
        let mut interpreter = self.interpreter.clone();
        let failed = |error: hoc::Error| CannotMake::new(format!("`{}` fails: {error}", self.template), "");
        let parameters = interpreter.construct("SynapseParameters_", Vec::new()).map_err(failed)?;
        let site = interpreter.construct("SynapseSite_", Vec::new()).map_err(failed)?;
        Ok(HocMaker { interpreter, site, parameters })
    }
}

impl HocMaker {
    /// Makes a synapse.
    ///
    /// # Errors
    ///
    /// An attribute that the edges lack, a template that fails or makes no point process.
    pub fn make(
        &mut self,
        helper: &HocHelper,
        making: &Making,
        setting: &Setting,
    ) -> Result<Made, CannotMake> {
        for (name, value) in parameters(helper, making)? {
            self.interpreter
                .set_number_of(&self.parameters, &name, value)
                .map_err(|error| failure(helper, &error))?;
        }
        let number = |value: f64| Value::from(value);
        let arguments = vec![
            // The first gid of neurodamus was 1
            number(making.gid as f64 + 1.0),
            Value::Object(Some(self.parameters.clone())),
            number(making.site.x),
            number(f64::from(making.synapse_id)),
            number(f64::from(setting.config.run.random_seed)),
            number(f64::from(making.populations.0)),
            number(f64::from(making.populations.1)),
        ];
        let failed = |error: hoc::Error| failure(helper, &error);
        self.interpreter.call(&self.site, "make", arguments).map_err(failed)?;
        let finished = self.interpreter.finish(&self.site).map_err(failed)?;
        self.interpreter.call(&self.site, "clear", Vec::new()).map_err(failed)?;
        let [own] = finished.model.point_processes.as_slice() else {
            let count = finished.model.point_processes.len();
            let what = format!("`{}` makes {count} point processes instead of one", helper.template);
            return Err(CannotMake::new(what, "a helper makes the one that its `synapse` refers to"));
        };
        let mut process = PointProcess::new(&own.description, Some(making.site.node));
        own.values.iter().enumerate().for_each(|(variable, &value)| process.set(variable, value));
        let of_process =
            finished.calls.into_iter().filter(|call| matches!(call.place.at, At::PointProcess(_)));
        let calls = of_process.map(|call| (call.function, call.arguments)).collect();
        Ok(Made { process, calls })
    }
}

/// The members of the object that a helper gets.
fn parameters(helper: &HocHelper, making: &Making) -> Result<Vec<(String, f64)>, CannotMake> {
    let mut values = vec![("location".to_owned(), making.site.x)];
    for (name, attribute) in NAMES {
        let value = making.attributes.get(attribute, making.row);
        // What a helper of another kind of synapse does not use may be missing
        values.push((name.to_owned(), value.unwrap_or(-1.0)));
    }
    for name in &helper.needed_attributes {
        let value = making.attributes.get(name, making.row).ok_or_else(|| {
            let what = format!("`{}` needs attribute `{name}`, which the edges lack", helper.template);
            CannotMake::new(what, "add the attribute to the edges, or choose another model by `modoverride`")
        })?;
        values.push((name.clone(), value));
    }
    Ok(values)
}

fn failure(helper: &HocHelper, error: &hoc::Error) -> CannotMake {
    CannotMake::new(format!("`{}` fails: {error}", helper.template), "mend the template")
}

/// A file of a helper without its template.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("`{}` defines no template `{template}`", file.display())]
#[diagnostic(help("the template of a synapse helper has the name of its file"))]
struct NoTemplate {
    file: PathBuf,
    template: String,
}
