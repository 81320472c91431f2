//! Objects, what they hold, and the heap they live in.

use std::sync::Arc;

use cell::{MechanismIndex, Owner, PointProcessId, SectionId};

use crate::classes::import3d::Reader;
use crate::classes::net_con::NetCon;

/// A counted reference to an object.
#[derive(Clone, Debug)]
pub struct ObjectRef(Arc<u32>);

impl ObjectRef {
    pub(crate) fn index(&self) -> usize {
        *self.0 as usize
    }

    /// Whether both refer to the same object.
    pub fn is(&self, other: &ObjectRef) -> bool {
        self.0 == other.0
    }

    /// Whether only the heap and the caller hold it.
    pub(crate) fn is_last(&self) -> bool {
        Arc::strong_count(&self.0) <= 2
    }

    fn is_garbage(&self) -> bool {
        Arc::strong_count(&self.0) <= 1
    }
}

impl PartialEq for ObjectRef {
    fn eq(&self, other: &Self) -> bool {
        self.is(other)
    }
}

/// The value of one member of one template instance.
#[derive(Clone, Debug, Default)]
pub(crate) enum Slot {
    #[default]
    Empty,
    Number(f64),
    Numbers(Vec<f64>),
    Text(Arc<str>),
    Object(Option<ObjectRef>),
    Objects(Vec<Option<ObjectRef>>),
    Sections(Vec<Option<SectionId>>),
}

/// What an object holds, by its class.
#[derive(Clone, Debug)]
pub(crate) enum Object {
    Instance { values: Vec<Slot>, owner: Option<Owner> },
    Vector(Vec<f64>),
    List(Vec<ObjectRef>),
    Text(Arc<str>),
    StringFunctions,
    SectionList(Vec<SectionId>),
    SectionRef(SectionId),
    Random(Box<random::Random>),
    Reader(Box<Reader>),
    Import(ObjectRef),
    NetCon(Box<NetCon>),
    PointProcess(PointProcessId, MechanismIndex),
    ParallelContext,
    Python,
    Freed,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    token: ObjectRef,
    /// Index of its class.
    pub class: u32,
    /// `3` of `Template[3]`.
    pub number: u32,
    pub data: Object,
}

/// All objects; indices are never used again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heap {
    entries: Vec<Entry>,
}

impl Heap {
    pub fn add(&mut self, class: u32, number: u32, data: Object) -> ObjectRef {
        let token = ObjectRef(Arc::new(self.entries.len() as u32));
        self.entries.push(Entry { token: token.clone(), class, number, data });
        token
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn entry(&self, index: usize) -> &Entry {
        &self.entries[index]
    }

    pub fn data(&self, index: usize) -> &Object {
        &self.entries[index].data
    }

    pub fn data_mut(&mut self, index: usize) -> &mut Object {
        &mut self.entries[index].data
    }

    pub fn reference(&self, index: usize) -> ObjectRef {
        self.entries[index].token.clone()
    }

    /// Takes the contents of an object that nobody refers to any more; `None` if somebody does.
    pub fn free(&mut self, index: usize) -> Option<Object> {
        let entry = self.entries.get_mut(index)?;
        if !entry.token.is_garbage() || matches!(entry.data, Object::Freed) {
            return None;
        }
        Some(std::mem::replace(&mut entry.data, Object::Freed))
    }

    /// Values of a template instance.
    pub fn values(&self, index: usize) -> &[Slot] {
        match &self.entries[index].data {
            Object::Instance { values, .. } => values,
            _ => &[],
        }
    }

    /// The value of one member, which exists from now on.
    pub fn slot_mut(&mut self, index: usize, slot: usize) -> Option<&mut Slot> {
        match &mut self.entries[index].data {
            Object::Instance { values, .. } => {
                if values.len() <= slot {
                    values.resize(slot + 1, Slot::Empty);
                }
                values.get_mut(slot)
            }
            _ => None,
        }
    }
}

/// Objects that a freed object referred to.
pub(crate) fn references(data: &Object, found: &mut Vec<ObjectRef>) {
    match data {
        Object::Instance { values, .. } => {
            for value in values {
                match value {
                    Slot::Object(Some(object)) => found.push(object.clone()),
                    Slot::Objects(objects) => found.extend(objects.iter().flatten().cloned()),
                    _ => {}
                }
            }
        }
        Object::List(items) => found.extend(items.iter().cloned()),
        Object::Import(reader) => found.push(reader.clone()),
        Object::NetCon(connection) => found.extend(connection.target.clone()),
        _ => {}
    }
}
