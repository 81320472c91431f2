//! Names as small numbers, so that the interpreter resolves them by array lookup.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// A name in HOC text; equal names have equal symbols within one [`Symbols`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub(crate) u32);

impl Symbol {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// FNV-1a: names are short, and the table is looked into for every word of every executed string.
#[derive(Clone, Default)]
struct ShortNameHasher(u64);

impl Hasher for ShortNameHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

#[derive(Clone, Default)]
struct Table {
    index: HashMap<Arc<str>, u32, BuildHasherDefault<ShortNameHasher>>,
    names: Vec<Arc<str>>,
}

/// The table of names. Clones share it until one of them adds a name.
#[derive(Clone, Default)]
pub struct Symbols(Arc<Table>);

impl Symbols {
    /// The symbol of `name`, which is added if it is new.
    pub fn intern(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = self.get(name) {
            return symbol;
        }
        let table = Arc::make_mut(&mut self.0);
        let index = table.names.len() as u32;
        let shared: Arc<str> = Arc::from(name);
        table.names.push(shared.clone());
        table.index.insert(shared, index);
        Symbol(index)
    }

    /// The symbol of `name`, if it was ever seen.
    pub fn get(&self, name: &str) -> Option<Symbol> {
        self.0.index.get(name).map(|&index| Symbol(index))
    }

    /// The text of a symbol.
    pub fn name(&self, symbol: Symbol) -> &Arc<str> {
        &self.0.names[symbol.index()]
    }

    /// Number of names.
    pub fn len(&self) -> usize {
        self.0.names.len()
    }

    /// Whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.0.names.is_empty()
    }
}
