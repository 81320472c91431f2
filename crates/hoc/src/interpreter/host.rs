//! What the simulator asks: construct a cell, call its procedures, read its variables, take its model.

use std::sync::Arc;

use cell::model::{At, Call, InstancePlace, PointProcessModel, Pointer, Reference};
use cell::{
    Cell, CellModel, MechanismIndex, ModelPlaces, PointProcessId, RangeVariable, SectionId, Selection,
};
use nmodl::execute;

use super::object::{Object, ObjectRef, Slot};
use super::scope::MemberKind;
use super::value::{Argument, Value};
use super::{Interpreter, TOP};
use crate::classes::net_con::NetConSource;
use crate::error::{Error, Failure, Outcome, Thrown};
use crate::syntax::ast::Procedure;

/// A call such as `setRNG_StochKv(a, b)`, which the host has to hand to the mechanism's instance.
#[derive(Clone, Debug, PartialEq)]
pub struct MechanismCall {
    /// The mechanism.
    pub mechanism: MechanismIndex,
    /// The point process whose function is called; `None` for density mechanisms.
    pub point_process: Option<PointProcessId>,
    /// The function without suffix, such as `setRNG`.
    pub function: String,
    /// The section and position that `setdata_SUFFIX` chose, or of the point process; artificial cells have none.
    pub location: Option<(SectionId, f64)>,
    /// The arguments; objects are what they are when the cell is finished, not when the call was made.
    pub arguments: Vec<Value>,
}

/// A pointer of a mechanism that `setpointer` set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SetPointer {
    pub from: Variable,
    pub to: Variable,
}

/// A number of a cell, by the objects of the interpreter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Variable {
    Range(SectionId, RangeVariable, f64),
    Point(PointProcessId, String),
}

/// A finished cell, with what its program did beside making sections.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FinishedCell {
    /// Its model.
    pub model: CellModel,
    /// Functions of its mechanisms that it called, in order.
    pub calls: Vec<Call>,
    /// Pointers of its mechanisms that it set, in order.
    pub pointers: Vec<Pointer>,
}

/// A NetCon that exists.
#[derive(Clone, Debug, PartialEq)]
pub struct NetConnection {
    /// Where the voltage is watched, if it is one.
    pub source: Option<(SectionId, f64)>,
    /// The point process that sends the events, if it is one.
    pub source_process: Option<PointProcessId>,
    /// The point process that gets the events, if any.
    pub target: Option<PointProcessId>,
    /// Threshold (mV).
    pub threshold: f64,
    /// Delay (ms).
    pub delay: f64,
    /// Weights.
    pub weights: Vec<f64>,
}

impl Interpreter {
    /// A new instance of a template, made by its `init` with `arguments`.
    ///
    /// # Errors
    /// An unknown template, a program that fails.
    pub fn construct(&mut self, template: &str, arguments: Vec<Value>) -> Result<ObjectRef, Error> {
        self.start_call();
        let symbol = self.symbols.intern(template);
        let arguments = arguments.into_iter().map(Argument::Value).collect();
        self.construct_object(symbol, arguments).map_err(|thrown| thrown.into_error())
    }

    /// Calls a procedure of an object, public or not, as Python may.
    ///
    /// # Errors
    /// An unknown procedure, a program that fails.
    pub fn call(
        &mut self,
        object: &ObjectRef,
        procedure: &str,
        arguments: Vec<Value>,
    ) -> Result<Value, Error> {
        self.start_call();
        let arguments = arguments.into_iter().map(Argument::Value).collect();
        let (index, found) = match self.procedure_of(object, procedure) {
            Some(found) => (object.index() as u32, found),
            None => {
                let symbol = self.symbols.intern(procedure);
                self.method_named(object, symbol).map_err(|thrown| thrown.into_error())?
            }
        };
        self.call_procedure(index, found, arguments, None).map_err(|thrown| thrown.into_error())
    }

    /// Whether an object's template has a procedure of this name, which [`Interpreter::call`] may call.
    pub fn has_procedure(&self, object: &ObjectRef, name: &str) -> bool {
        self.procedure_of(object, name).is_some()
    }

    fn procedure_of(&self, object: &ObjectRef, name: &str) -> Option<Arc<Procedure>> {
        let class = &self.classes[self.heap.entry(object.index()).class as usize];
        let slot = class.find(self.symbols.get(name)?)?;
        match &class.members[slot].kind {
            MemberKind::Procedure(procedure) => Some(Arc::clone(procedure)),
            _ => None,
        }
    }

    /// Sets the global index of all random streams, `Random123_globalindex`.
    pub fn set_random_index(&mut self, index: u32) {
        self.random_index = index;
    }

    /// Runs text in the scope of an object.
    ///
    /// # Errors
    /// Wrong syntax, a program that fails.
    pub fn execute(&mut self, object: &ObjectRef, text: &str) -> Result<(), Error> {
        self.start_call();
        self.execute_text(text, Some(object)).map_err(|thrown| thrown.into_error())
    }

    /// Whether a template of this name was loaded.
    pub fn has_template(&self, name: &str) -> bool {
        let Some(symbol) = self.symbols.get(name) else { return false };
        self.classes.iter().skip(1).any(|class| class.name == symbol && class.native.is_none())
    }

    fn member(&self, object: usize, name: &str) -> Option<&Slot> {
        let symbol = self.symbols.get(name)?;
        let slot = self.classes[self.heap.entry(object).class as usize].find(symbol)?;
        self.heap.values(object).get(slot)
    }

    /// A string variable of the top level, such as `NAME_NeededAttributes`.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.member(TOP as usize, name)? {
            Slot::Text(text) => Some(text.to_string()),
            _ => None,
        }
    }

    /// A number of the top level or a built-in one, such as `celsius`, or a global of a mechanism.
    pub fn global(&self, name: &str) -> Option<f64> {
        match self.member(TOP as usize, name) {
            Some(Slot::Number(value)) => Some(*value),
            _ => match self.names.find(name) {
                crate::builtin::Builtin::Number(index) => self.numbers.get(usize::from(index)).copied(),
                crate::builtin::Builtin::Global(variable) => Some(self.read_global(variable)),
                _ => None,
            },
        }
    }

    /// Sets a number as a program at top level would: `name = value`.
    ///
    /// # Errors
    /// A name that is no number.
    pub fn set_global(&mut self, name: &str, value: f64) -> Result<(), Error> {
        self.start_call();
        let symbol = self.symbols.intern(name);
        let expression = crate::syntax::ast::Expression {
            kind: crate::syntax::ast::ExpressionKind::Name(symbol),
            span: crate::syntax::Span::default(),
        };
        self.assign_number(&expression, value).map_err(|thrown| thrown.into_error())
    }

    /// A number of an object, such as `gid`.
    pub fn number_of(&self, object: &ObjectRef, name: &str) -> Option<f64> {
        match self.member(object.index(), name)? {
            Slot::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// The numbers, strings and objects that the template of an object makes public, by their names.
    pub fn public_values(&self, object: &ObjectRef) -> Vec<(String, Value)> {
        let class = &self.classes[self.heap.entry(object.index()).class as usize];
        let values = self.heap.values(object.index());
        let members = class.members.iter().enumerate().filter(|(_, member)| member.public);
        let public = members.filter_map(|(place, member)| {
            let value = match (values.get(place).unwrap_or(&Slot::Empty), &member.kind) {
                (Slot::Number(value), _) => Value::Number(*value),
                (Slot::Text(text), _) => Value::Text(Arc::clone(text)),
                (Slot::Object(object), _) => Value::Object(object.clone()),
                (Slot::Empty, MemberKind::Number) => Value::Number(0.0),
                (Slot::Empty, MemberKind::Text) => Value::Text("".into()),
                (Slot::Empty, MemberKind::Object) => Value::Object(None),
                _ => return None,
            };
            Some((self.symbols.name(member.name).to_string(), value))
        });
        public.collect()
    }

    /// The name of an object's template.
    pub fn template_of(&self, object: &ObjectRef) -> String {
        let class = &self.classes[self.heap.entry(object.index()).class as usize];
        self.symbols.name(class.name).to_string()
    }

    /// Sets a number of an object.
    ///
    /// # Errors
    /// A member that is something else than a number.
    pub fn set_number_of(&mut self, object: &ObjectRef, name: &str, value: f64) -> Result<(), Error> {
        self.start_call();
        let symbol = self.symbols.intern(name);
        let class = self.heap.entry(object.index()).class as usize;
        let slot = self.classes[class].mention(symbol) as u32;
        let place = super::value::Place::Member { object: object.index() as u32, slot, element: 0 };
        self.write(&place, Value::Number(value)).map_err(|thrown| thrown.into_error())
    }

    /// The object that a member of an object refers to, such as `CellRef`.
    pub fn object_of(&self, object: &ObjectRef, name: &str) -> Option<ObjectRef> {
        match self.member(object.index(), name)? {
            Slot::Object(found) => found.clone(),
            _ => None,
        }
    }

    /// The artificial cell that a member of an object without sections refers to: its number in
    /// [the object's model](Self::finish).
    pub fn artificial_cell_of(&self, object: &ObjectRef, name: &str) -> Option<u32> {
        let found = self.object_of(object, name)?;
        let Object::PointProcess(wanted, _) = self.heap.data(found.index()) else { return None };
        let place = self.cell.point_processes().position(|id| id == *wanted)?;
        let mechanism = self.cell.point_process_mechanism(*wanted).ok()?;
        let is_artificial = self.catalogue.mechanism(mechanism).kind == nmodl::Kind::ArtificialCell;
        is_artificial.then_some(place as u32)
    }

    /// The sections of a SectionList member, or of a section array member; `None` where there is no such member.
    /// Deleted sections are left out.
    pub fn section_list(&self, object: &ObjectRef, name: &str) -> Option<Vec<SectionId>> {
        let sections = match self.member(object.index(), name)? {
            Slot::Object(Some(list)) => match self.heap.data(list.index()) {
                Object::SectionList(sections) => sections.clone(),
                _ => return None,
            },
            Slot::Sections(sections) => sections.iter().flatten().copied().collect(),
            _ => return None,
        };
        Some(sections.into_iter().filter(|&section| self.cell.exists(section)).collect())
    }

    /// The cell under construction.
    pub fn cell(&self) -> &Cell {
        &self.cell
    }

    /// The cell under construction, to be changed by the host.
    pub fn cell_mut(&mut self) -> &mut Cell {
        &mut self.cell
    }

    /// The finished model of the trees that an object's sections belong to, with the section lists and section
    /// arrays of the object and of the object its `CellRef` refers to.
    ///
    /// # Errors
    /// An object with neither sections nor artificial cells, a section whose dimensions do not make compartments.
    pub fn to_model(&mut self, object: &ObjectRef) -> Result<CellModel, Error> {
        Ok(self.finish(object)?.model)
    }

    /// [`Interpreter::to_model`], with the calls and pointers of the mechanisms in it. They are then forgotten.
    ///
    /// # Errors
    /// As for [`Interpreter::to_model`].
    pub fn finish(&mut self, object: &ObjectRef) -> Result<FinishedCell, Error> {
        let mut holders = vec![object.clone()];
        holders.extend(["CellRef", "CCellRef"].iter().filter_map(|name| self.object_of(object, name)));
        let mut lists: Vec<(String, Vec<SectionId>)> = Vec::new();
        let mut roots = Vec::new();
        for holder in &holders {
            if let Object::Instance { owner: Some(owner), .. } = self.heap.data(holder.index()) {
                roots.extend(self.cell.sections_of(*owner));
            }
            let class = &self.classes[self.heap.entry(holder.index()).class as usize];
            let names: Vec<String> =
                class.members.iter().map(|member| self.symbols.name(member.name).to_string()).collect();
            for name in names {
                if let Some(sections) = self.section_list(holder, &name)
                    && lists.iter().all(|(known, _)| *known != name)
                {
                    lists.push((name, sections));
                }
            }
        }
        let lists: Vec<(String, Vec<SectionId>)> =
            lists.into_iter().filter(|(_, sections)| !sections.is_empty()).collect();
        if roots.is_empty() {
            let (model, ids) = self.artificial_model(object).map_err(|thrown| thrown.into_error())?;
            let find = |_: &Self, id: PointProcessId| Some(ids.binary_search(&id).ok()? as u32);
            let calls = self.take_calls(&find, &|_, _, _| None);
            return Ok(FinishedCell { model, calls, pointers: Vec::new() });
        }
        let selection = Selection::Trees(roots);
        let made = self.cell.to_model_with_places(&selection, &lists);
        let (model, places) = made.map_err(|error| Box::<Thrown>::from(error).into_error())?;
        let find = |_: &Self, id| places.point_process(id);
        let node = |interpreter: &Self, section, x| interpreter.cell.node_in(&places, section, x, false);
        let calls = self.take_calls(&find, &node);
        let pointers = std::mem::take(&mut self.set_pointers);
        let pointers = pointers.iter().filter_map(|pointer| self.pointer(pointer, &places)).collect();
        Ok(FinishedCell { model, calls, pointers })
    }

    /// The calls that concern instances of a model; none are kept.
    fn take_calls(
        &mut self,
        point_process: &dyn Fn(&Self, PointProcessId) -> Option<u32>,
        node: &dyn Fn(&Self, SectionId, f64) -> Option<u32>,
    ) -> Vec<Call> {
        let calls = std::mem::take(&mut self.mechanism_calls);
        let mut taken = Vec::new();
        for call in calls {
            let at = match (call.point_process, call.location) {
                (Some(id), _) => point_process(self, id).map(At::PointProcess),
                (None, Some((section, x))) => node(self, section, x).map(At::Node),
                (None, None) => None,
            };
            if let Some(at) = at {
                let mechanism = self.catalogue.mechanism(call.mechanism).name.as_str().into();
                let place = InstancePlace { mechanism, at };
                let arguments = call.arguments.iter().map(|argument| self.mechanism_argument(argument));
                let function = call.function.into();
                taken.push(Call { place, function, arguments: arguments.collect() });
            }
            self.release_arguments(call.arguments.into_iter().map(Argument::Value).collect());
        }
        taken
    }

    /// An argument as a mechanism gets it.
    fn mechanism_argument(&self, value: &Value) -> execute::Argument {
        match value {
            Value::Nothing | Value::Object(None) => execute::Argument::Object,
            Value::Number(number) => execute::Argument::Number(*number),
            Value::Text(text) => execute::Argument::Text(text.to_string()),
            Value::Object(Some(object)) => match self.heap.data(object.index()) {
                Object::Vector(values) => execute::Argument::Vector(values.clone()),
                Object::Random(random) => execute::Argument::Random(random.clone()),
                _ => execute::Argument::Object,
            },
        }
    }

    /// A pointer as the model has it; `None` if its instance is not in the model.
    fn pointer(&self, pointer: &SetPointer, places: &ModelPlaces) -> Option<Pointer> {
        let point = |id: PointProcessId| {
            let mechanism = self.cell.point_process_mechanism(id).ok()?;
            let mechanism = self.catalogue.mechanism(mechanism).name.as_str().into();
            Some(InstancePlace { mechanism, at: At::PointProcess(places.point_process(id)?) })
        };
        let density = |section, mechanism: MechanismIndex, x| {
            let mechanism = self.catalogue.mechanism(mechanism).name.as_str().into();
            Some(InstancePlace { mechanism, at: At::Node(self.cell.node_in(places, section, x, false)?) })
        };
        let name = |mechanism, column: usize| {
            let description: &nmodl::Description = self.catalogue.mechanism(mechanism);
            description.variables[column].name.clone()
        };
        let (place, variable) = match &pointer.from {
            Variable::Point(id, variable) => (point(*id)?, variable.clone()),
            Variable::Range(section, RangeVariable::Mechanism(mechanism, column), x) => {
                (density(*section, *mechanism, *x)?, name(*mechanism, *column))
            }
            Variable::Range(..) => return None,
        };
        let target = match &pointer.to {
            Variable::Point(id, variable) => Reference::Variable(point(*id)?, variable.clone()),
            Variable::Range(section, RangeVariable::Mechanism(mechanism, column), x) => {
                Reference::Variable(density(*section, *mechanism, *x)?, name(*mechanism, *column))
            }
            Variable::Range(section, RangeVariable::Ion(ion, quantity), x) => {
                let node = self.cell.node_in(places, *section, *x, false)?;
                Reference::Ion(node, self.catalogue.ion(*ion).name.clone(), *quantity)
            }
            Variable::Range(section, _, x) => {
                Reference::Voltage(self.cell.node_in(places, *section, *x, true)?)
            }
        };
        Some(Pointer { place, variable, cell: None, target })
    }

    /// The model of a cell without sections: its artificial cells.
    fn artificial_model(&self, object: &ObjectRef) -> Outcome<(CellModel, Vec<PointProcessId>)> {
        let mut model = CellModel::default();
        for id in self.cell.point_processes() {
            let description = self.catalogue.mechanism(self.cell.point_process_mechanism(id)?).clone();
            let values: Result<Vec<f64>, cell::Error> = description
                .variables
                .iter()
                .map(|variable| self.cell.point_process_value(id, &variable.name))
                .collect();
            let values = values?;
            model.point_processes.push(PointProcessModel { description, node: None, values });
        }
        if model.point_processes.is_empty() {
            let text = format!("`{}` has neither sections nor artificial cells", self.object_name(object));
            return Err(Failure::Other(text).into());
        }
        Ok((model, self.cell.point_processes().collect()))
    }

    /// Calls of mechanism functions since the last cell was finished, in order.
    pub fn mechanism_calls(&self) -> &[MechanismCall] {
        &self.mechanism_calls
    }

    /// NetCons that exist, in the order of their making.
    pub fn net_connections(&self) -> Vec<NetConnection> {
        let process = |object: &ObjectRef| match self.heap.data(object.index()) {
            Object::PointProcess(id, _) => Some(*id),
            _ => None,
        };
        (0..self.heap.len())
            .filter_map(|index| match self.heap.data(index) {
                Object::NetCon(found) => Some(NetConnection {
                    source: match &found.source {
                        NetConSource::Voltage(section, x) => Some((*section, *x)),
                        _ => None,
                    },
                    source_process: match &found.source {
                        NetConSource::Process(object) => process(object),
                        _ => None,
                    },
                    target: found.target.as_ref().and_then(process),
                    threshold: found.threshold,
                    delay: found.delay,
                    weights: found.weights.clone(),
                }),
                _ => None,
            })
            .collect()
    }

    /// Forgets one more reference of the host to an object.
    pub fn drop_object(&mut self, object: ObjectRef) {
        self.release(Some(object));
    }
}
