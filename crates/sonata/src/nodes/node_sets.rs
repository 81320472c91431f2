//! What node sets ask of a population: whole attributes of group `0`, read once and kept.

use std::sync::{Arc, PoisonError};

use super::NodePopulation;
use crate::hdf5_file::{ElementType, Result};
use crate::node_sets::{AttributeColumn, AttributeError, NodeAttributes};

impl NodeAttributes for NodePopulation {
    fn population(&self) -> &str {
        self.name()
    }

    fn size(&self) -> u64 {
        self.len()
    }

    fn attribute(&self, name: &str) -> std::result::Result<Arc<AttributeColumn>, AttributeError> {
        if !self.has(name) {
            return Err(AttributeError::Missing);
        }
        let mut columns = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(column) = columns.get(name) {
            return Ok(column.clone());
        }
        let read = self.whole_column(name);
        let column =
            Arc::new(read.map_err(|error| AttributeError::Unreadable { reason: error.to_string() })?);
        columns.insert(name.to_owned(), column.clone());
        Ok(column)
    }
}

impl NodePopulation {
    fn whole_column(&self, name: &str) -> Result<AttributeColumn> {
        let all: Vec<_> = std::iter::once(0..self.len()).collect();
        if let Some(library) = self.enumeration_values(name)? {
            return Ok(AttributeColumn::Enumerated { library, indices: self.table.unsigned(name, &all)? });
        }
        Ok(match self.element_type(name)? {
            ElementType::Text | ElementType::Other => AttributeColumn::Texts(self.table.strings(name, &all)?),
            ElementType::Float(_) => AttributeColumn::Reals(self.table.floats(name, &all)?),
            _ => AttributeColumn::Integers(self.table.integers(name, &all)?),
        })
    }
}
