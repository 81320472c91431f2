//! `Import3d_Neurolucida3`, `Import3d_SWC_read` and `Import3d_GUI`, by the `morphology` crate.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use morphology::{Imported, MorphologyError};

use crate::error::{Failure, Outcome, Thrown};
use crate::interpreter::Interpreter;
use crate::interpreter::object::{Object, ObjectRef, Slot};
use crate::interpreter::scope::{Class, MemberKind};
use crate::interpreter::value::{Arguments, Value};

/// The rule by which a file becomes sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Format {
    Neurolucida,
    Swc,
    Morphio,
}

/// Morphologies that were read, by path and rule; clones share them.
#[derive(Clone, Debug, Default)]
pub struct MorphologyCache(Arc<Mutex<Known>>);

type Known = BTreeMap<(PathBuf, Format), Arc<Imported>>;

impl MorphologyCache {
    /// The files of the morphologies; for one in a container that file.
    pub(crate) fn files(&self) -> BTreeSet<PathBuf> {
        let Ok(known) = self.0.lock() else { return BTreeSet::new() };
        known.keys().map(|(path, format)| file_of(path, *format)).collect()
    }
}

/// The file that a morphology is in, which may be a container whose path is a folder of it.
fn file_of(path: &Path, format: Format) -> PathBuf {
    match format {
        Format::Morphio => {
            morphology::split_container_path(path).map_or(path.to_path_buf(), |(container, _)| container)
        }
        _ => path.to_path_buf(),
    }
}

/// A reader object, with what it has read.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    format: Format,
    imported: Option<Arc<Imported>>,
}

pub(super) fn reader(format: Format) -> Object {
    Object::Reader(Box::new(Reader { format, imported: None }))
}

/// Reads a morphology, or takes it from the cache.
pub(crate) fn read(interpreter: &mut Interpreter, path: &Path, format: Format) -> Outcome<Arc<Imported>> {
    interpreter.allowed(&file_of(path, format))?;
    let key = (path.to_path_buf(), format);
    if let Ok(known) = interpreter.morphologies.0.lock()
        && let Some(found) = known.get(&key)
    {
        return Ok(found.clone());
    }
    let imported = match format {
        Format::Neurolucida => morphology::import3d_asc(path),
        Format::Swc => morphology::import3d_swc(path),
        Format::Morphio => morphology::morphio_h5(path),
    };
    let imported = Arc::new(imported.map_err(unreadable)?);
    for warning in &imported.warnings {
        interpreter.say(&format!("{}: {warning}\n", path.display()));
    }
    if let Ok(mut known) = interpreter.morphologies.0.lock() {
        known.insert(key, imported.clone());
    }
    Ok(imported)
}

fn unreadable(error: MorphologyError) -> Box<Thrown> {
    let help = miette::Diagnostic::help(&error).map(|help| help.to_string());
    Box::new(Thrown {
        failure: Failure::Morphology(error.to_string()),
        location: None,
        help,
        trace: Vec::new(),
    })
}

pub(super) fn call_reader(
    interpreter: &mut Interpreter,
    object: &ObjectRef,
    name: &str,
    arguments: &mut Arguments,
) -> Outcome<Option<Value>> {
    if name != "input" {
        return Ok(None);
    }
    let path = arguments.text(interpreter, 0)?;
    let Object::Reader(reader) = interpreter.heap.data(object.index()) else { return Ok(None) };
    let imported = read(interpreter, Path::new(&*path), reader.format)?;
    if let Object::Reader(reader) = interpreter.heap.data_mut(object.index()) {
        reader.imported = Some(imported);
    }
    Ok(Some(Value::Number(0.0)))
}

pub(super) fn call_import(
    interpreter: &mut Interpreter,
    object: &ObjectRef,
    name: &str,
    arguments: &mut Arguments,
) -> Outcome<Option<Value>> {
    if name != "instantiate" {
        return Ok(None);
    }
    let Object::Import(reader) = interpreter.heap.data(object.index()) else { return Ok(None) };
    let imported = match interpreter.heap.data(reader.index()) {
        Object::Reader(reader) => reader.imported.clone(),
        _ => return Err(Failure::Type { expected: "an Import3d reader", found: "another object" }.into()),
    };
    let Some(imported) = imported else {
        return Err(Thrown::helped(
            Failure::Other("the reader has read no morphology".into()),
            "call `input(path)` of the reader before",
        ));
    };
    // nil asks for sections at top level, whose object has the index 0
    let target = match arguments.object(interpreter, 0)? {
        Some(object) => object,
        None => interpreter.heap.reference(0),
    };
    instantiate(interpreter, &target, &imported)?;
    Ok(Some(Value::Number(0.0)))
}

/// Makes the sections of a morphology members of an object and appends them to its section lists.
pub(crate) fn instantiate(
    interpreter: &mut Interpreter,
    object: &ObjectRef,
    imported: &Imported,
) -> Outcome<()> {
    let index = object.index() as u32;
    let class = interpreter.heap.entry(object.index()).class;
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for section in &imported.sections {
        match counts.iter_mut().find(|(name, _)| *name == section.name) {
            Some((_, count)) => *count = (*count).max(section.index + 1),
            None => counts.push((&section.name, section.index + 1)),
        }
    }
    for (name, count) in &counts {
        // `create name[0]`-like: what had the name before goes
        let slot = section_member(
            &mut interpreter.classes[class as usize],
            interpreter.symbols.intern(name),
            *count,
        );
        let old = interpreter.heap.slot_mut(object.index(), slot).map(std::mem::take);
        if let Some(Slot::Sections(old)) = old {
            for section in old.into_iter().flatten() {
                interpreter.cell.delete_section(section);
            }
        }
    }
    let owner = interpreter.owner(index);
    let made = interpreter.cell.instantiate(owner, imported)?;
    for (name, count) in &counts {
        let mut sections = vec![None; *count];
        for (section, id) in imported.sections.iter().zip(&made.sections) {
            if section.name == *name {
                sections[section.index] = Some(*id);
            }
        }
        let symbol = interpreter.symbols.intern(name);
        let slot = interpreter.classes[class as usize].mention(symbol);
        if let Some(place) = interpreter.heap.slot_mut(object.index(), slot) {
            *place = Slot::Sections(sections);
        }
    }
    for (name, members) in made.lists {
        let Some(symbol) = interpreter.symbols.get(&name) else { continue };
        let Some(slot) = interpreter.classes[class as usize].find(symbol) else { continue };
        let list = match interpreter.heap.values(object.index()).get(slot) {
            Some(Slot::Object(Some(list))) => list.clone(),
            _ => continue,
        };
        if let Object::SectionList(sections) = interpreter.heap.data_mut(list.index()) {
            sections.extend(members);
        }
    }
    Ok(())
}

fn section_member(class: &mut Class, symbol: crate::syntax::Symbol, count: usize) -> usize {
    let slot = class.mention(symbol);
    class.members[slot].kind = MemberKind::Section(vec![count]);
    slot
}
