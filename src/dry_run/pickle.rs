//! The one structure of Python's pickle format that allocation files have, read without executing anything.
//!
//! It is a `defaultdict` from names of populations to `defaultdict`s from pairs (rank, round) to arrays of node ids, as
//! neurodamus writes it with protocols 3 to 5 (<https://docs.python.org/3/library/pickletools.html>). A pickle is a program
//! for a stack machine; this machine knows the instructions that such a structure needs and the five names in
//! [`Known`], and refuses all else by name.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Node ids by population and by rank and round.
pub type Shares = Vec<(String, BTreeMap<(u32, u32), Vec<u32>>)>;

/// What a pickle may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    DefaultDict,
    DictOfVectors,
    Vector,
    ArrayReconstructor,
    Array,
}

impl Known {
    const NAMES: [(&str, &str, Self); 5] = [
        ("collections", "defaultdict", Self::DefaultDict),
        ("neurodamus.utils.memory", "DryRunStats.defaultdict_vector", Self::DictOfVectors),
        ("neurodamus.utils.compat", "Vector", Self::Vector),
        ("array", "_array_reconstructor", Self::ArrayReconstructor),
        ("array", "array", Self::Array),
    ];

    fn find(module: &str, name: &str) -> Result<Self, NoAllocation> {
        let known = Self::NAMES.iter().find(|(in_module, known, _)| (*in_module, *known) == (module, name));
        known.map(|(_, _, known)| *known).ok_or_else(|| NoAllocation::Named(format!("{module}.{name}")))
    }
}

/// Why bytes are not the pickle of an allocation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAllocation {
    /// They end too early.
    #[error("it ends in the middle")]
    Truncated,
    /// They are no pickle.
    #[error("it is no pickle of Python: it does not begin with a protocol from 3 to 5")]
    NoPickle,
    /// They name something of Python that allocations have no use for.
    #[error("it names `{0}`, which allocations have no use for; nothing of it was executed")]
    Named(String),
    /// They have an instruction that allocations have no use for.
    #[error(
        "at byte {at} it has the instruction {opcode:#04x}, which allocations have no use for; nothing was executed"
    )]
    Instruction {
        /// The instruction.
        opcode: u8,
        /// Where it is.
        at: usize,
    },
    /// They are a pickle of something else.
    #[error("it is a pickle of something else: {0}")]
    Other(&'static str),
}

/// A value of the machine.
#[derive(Clone, Debug)]
enum Value {
    Mark,
    Number(i64),
    Text(Rc<str>),
    Bytes(Rc<[u8]>),
    Name(Known),
    Tuple(Rc<[Value]>),
    Array(Rc<[u32]>),
    Dict(Rc<RefCell<Vec<(Value, Value)>>>),
}

/// Most dictionaries of a pickle: one for each population, and one for all.
const MOST_DICTIONARIES: usize = 1000;

/// Reads the pickle of an allocation.
///
/// # Errors
///
/// Why it is none.
pub fn read(bytes: &[u8]) -> Result<Shares, NoAllocation> {
    let mut machine = Machine { bytes, at: 0, stack: Vec::new(), memo: BTreeMap::new(), dictionaries: 0 };
    match machine.take(2) {
        Ok([PROTO, 3..=5]) => {}
        _ => return Err(NoAllocation::NoPickle),
    }
    while machine.step()? {}
    let Some(Value::Dict(populations)) = machine.stack.pop() else {
        return Err(NoAllocation::Other("it is no dictionary of populations"));
    };
    let mut shares = Shares::new();
    for (name, value) in populations.borrow().iter() {
        let (Value::Text(name), Value::Dict(places)) = (name, value) else {
            return Err(NoAllocation::Other("its populations are no dictionaries"));
        };
        let mut of_population = BTreeMap::new();
        for entry in places.borrow().iter() {
            let (Value::Tuple(place), Value::Array(node_ids)) = entry else {
                return Err(NoAllocation::Other("the cells of a population are no arrays of pairs"));
            };
            let &[Value::Number(rank), Value::Number(round)] = &**place else {
                return Err(NoAllocation::Other("a rank and its round are no pair of numbers"));
            };
            let number = |number: i64| {
                let what = "a rank or round is negative or too large";
                u32::try_from(number).map_err(|_| NoAllocation::Other(what))
            };
            of_population.insert((number(rank)?, number(round)?), node_ids.to_vec());
        }
        shares.push((name.to_string(), of_population));
    }
    Ok(shares)
}

const PROTO: u8 = 0x80;
const FRAME: u8 = 0x95;
const STOP: u8 = b'.';
const MARK: u8 = b'(';
const BININT: u8 = b'J';
const BININT1: u8 = b'K';
const BININT2: u8 = b'M';
const BINUNICODE: u8 = b'X';
const SHORT_BINUNICODE: u8 = 0x8c;
const SHORT_BINBYTES: u8 = b'C';
const BINBYTES: u8 = b'B';
const BINBYTES8: u8 = 0x8e;
const TUPLE: u8 = b't';
const TUPLE1: u8 = 0x85;
const TUPLE2: u8 = 0x86;
const TUPLE3: u8 = 0x87;
const EMPTY_DICT: u8 = b'}';
const SETITEM: u8 = b's';
const SETITEMS: u8 = b'u';
const BINPUT: u8 = b'q';
const LONG_BINPUT: u8 = b'r';
const MEMOIZE: u8 = 0x94;
const BINGET: u8 = b'h';
const LONG_BINGET: u8 = b'j';
const GLOBAL: u8 = b'c';
const STACK_GLOBAL: u8 = 0x93;
const REDUCE: u8 = b'R';
const POP: u8 = b'0';

/// The stack machine.
struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value>,
    memo: BTreeMap<u64, Value>,
    dictionaries: usize,
}

impl<'a> Machine<'a> {
    /// The next bytes.
    fn take(&mut self, count: usize) -> Result<&'a [u8], NoAllocation> {
        let end = self.at.checked_add(count).ok_or(NoAllocation::Truncated)?;
        let bytes = self.bytes.get(self.at..end).ok_or(NoAllocation::Truncated)?;
        self.at = end;
        Ok(bytes)
    }

    /// The next bytes as a number, the lowest first.
    fn number(&mut self, count: usize) -> Result<u64, NoAllocation> {
        Ok(self.take(count)?.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// A text or bytes whose length stands before them in a number of `width` bytes.
    fn counted(&mut self, width: usize) -> Result<&'a [u8], NoAllocation> {
        let length = usize::try_from(self.number(width)?).map_err(|_| NoAllocation::Truncated)?;
        self.take(length)
    }

    fn text(bytes: &[u8]) -> Result<&str, NoAllocation> {
        std::str::from_utf8(bytes).map_err(|_| NoAllocation::Other("a name is no UTF-8"))
    }

    fn line(&mut self) -> Result<&'a str, NoAllocation> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| *byte == b'\n').ok_or(NoAllocation::Truncated)?;
        let line = Self::text(self.take(length)?)?;
        self.take(1)?;
        Ok(line)
    }

    fn pop(&mut self) -> Result<Value, NoAllocation> {
        match self.stack.pop() {
            Some(Value::Mark) | None => Err(NoAllocation::Other("an instruction lacks its operands")),
            Some(value) => Ok(value),
        }
    }

    /// All values down to the last mark.
    fn pop_to_mark(&mut self) -> Result<Vec<Value>, NoAllocation> {
        let mark = self.stack.iter().rposition(|value| matches!(value, Value::Mark));
        let mark = mark.ok_or(NoAllocation::Other("an instruction lacks its operands"))?;
        let values = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(values)
    }

    fn pop_some(&mut self, count: usize) -> Result<Vec<Value>, NoAllocation> {
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            values.push(self.pop()?);
        }
        values.reverse();
        Ok(values)
    }

    /// Puts a tuple onto the stack: one of single values, since nothing nests them.
    fn push_tuple(&mut self, values: Vec<Value>) -> Result<(), NoAllocation> {
        if values.iter().any(|value| matches!(value, Value::Tuple(_) | Value::Dict(_))) {
            return Err(NoAllocation::Other("a tuple holds more than numbers, names and bytes"));
        }
        self.stack.push(Value::Tuple(values.into()));
        Ok(())
    }

    fn dictionary(&mut self) -> Result<Value, NoAllocation> {
        self.dictionaries += 1;
        if self.dictionaries > MOST_DICTIONARIES {
            return Err(NoAllocation::Other("it has too many dictionaries"));
        }
        Ok(Value::Dict(Rc::default()))
    }

    fn memoize(&mut self, key: u64) -> Result<(), NoAllocation> {
        let value = self.stack.last().cloned();
        self.memo.insert(key, value.ok_or(NoAllocation::Other("an instruction lacks its operands"))?);
        Ok(())
    }

    fn recall(&mut self, key: u64) -> Result<(), NoAllocation> {
        let value = self.memo.get(&key).cloned();
        self.stack.push(value.ok_or(NoAllocation::Other("it recalls a value that it never kept"))?);
        Ok(())
    }

    /// Puts entries into the dictionary on top of the stack.
    fn set_items(&mut self, items: &[Value]) -> Result<(), NoAllocation> {
        let (pairs, []) = items.as_chunks::<2>() else {
            return Err(NoAllocation::Other("a dictionary has a key without value"));
        };
        let Some(Value::Dict(dict)) = self.stack.last() else {
            return Err(NoAllocation::Other("entries are put into something that is no dictionary"));
        };
        dict.borrow_mut().extend(pairs.iter().map(|[key, value]| (key.clone(), value.clone())));
        Ok(())
    }

    /// What a call gives: an empty dictionary or an array.
    fn reduce(&mut self) -> Result<(), NoAllocation> {
        let (arguments, called) = (self.pop()?, self.pop()?);
        let no_call = NoAllocation::Other("it calls something as allocations do not");
        let (Value::Name(called), Value::Tuple(arguments)) = (called, arguments) else { return Err(no_call) };
        let made = match (called, &*arguments) {
            (Known::DefaultDict, [Value::Name(Known::DictOfVectors | Known::Vector)]) => self.dictionary()?,
            (
                Known::ArrayReconstructor,
                [
                    Value::Name(Known::Vector | Known::Array),
                    Value::Text(_),
                    Value::Number(format),
                    Value::Bytes(bytes),
                ],
            ) => Value::Array(array(*format, bytes)?),
            _ => return Err(no_call),
        };
        self.stack.push(made);
        Ok(())
    }

    /// Does an instruction; whether more follow.
    fn step(&mut self) -> Result<bool, NoAllocation> {
        let at = self.at;
        let opcode = self.take(1)?[0];
        match opcode {
            STOP => return Ok(false),
            FRAME => drop(self.take(8)?),
            MARK => self.stack.push(Value::Mark),
            BININT1 | BININT2 | BININT => {
                let width = match opcode {
                    BININT1 => 1,
                    BININT2 => 2,
                    _ => 4,
                };
                let number = self.number(width)?;
                let number = if width == 4 { i64::from(number as u32 as i32) } else { number as i64 };
                self.stack.push(Value::Number(number));
            }
            SHORT_BINUNICODE | BINUNICODE => {
                let text = self.counted(if opcode == BINUNICODE { 4 } else { 1 })?;
                self.stack.push(Value::Text(Self::text(text)?.into()));
            }
            SHORT_BINBYTES | BINBYTES | BINBYTES8 => {
                let bytes = self.counted(match opcode {
                    SHORT_BINBYTES => 1,
                    BINBYTES => 4,
                    _ => 8,
                })?;
                self.stack.push(Value::Bytes(bytes.into()));
            }
            TUPLE1 | TUPLE2 | TUPLE3 => {
                let values = self.pop_some(usize::from(opcode - TUPLE1) + 1)?;
                self.push_tuple(values)?;
            }
            TUPLE => {
                let values = self.pop_to_mark()?;
                self.push_tuple(values)?;
            }
            EMPTY_DICT => {
                let dictionary = self.dictionary()?;
                self.stack.push(dictionary);
            }
            SETITEM => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.set_items(&[key, value])?;
            }
            SETITEMS => {
                let items = self.pop_to_mark()?;
                self.set_items(&items)?;
            }
            MEMOIZE => self.memoize(self.memo.len() as u64)?,
            BINPUT | LONG_BINPUT => {
                let key = self.number(if opcode == BINPUT { 1 } else { 4 })?;
                self.memoize(key)?;
            }
            BINGET | LONG_BINGET => {
                let key = self.number(if opcode == BINGET { 1 } else { 4 })?;
                self.recall(key)?;
            }
            GLOBAL => {
                let (module, name) = (self.line()?, self.line()?);
                self.stack.push(Value::Name(Known::find(module, name)?));
            }
            STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Value::Text(module), Value::Text(name)) = (module, name) else {
                    return Err(NoAllocation::Other("a name is no text"));
                };
                self.stack.push(Value::Name(Known::find(&module, &name)?));
            }
            REDUCE => self.reduce()?,
            POP => drop(self.pop()?),
            _ => return Err(NoAllocation::Instruction { opcode, at }),
        }
        Ok(true)
    }
}

/// An array of unsigned numbers of four bytes, as Python's `array` tells their order.
fn array(format: i64, bytes: &[u8]) -> Result<Rc<[u32]>, NoAllocation> {
    let from: fn([u8; 4]) -> u32 = match format {
        6 => u32::from_le_bytes,
        7 => u32::from_be_bytes,
        _ => return Err(NoAllocation::Other("node ids are no unsigned numbers of four bytes")),
    };
    let (words, []) = bytes.as_chunks::<4>() else {
        return Err(NoAllocation::Other("an array ends within a number"));
    };
    Ok(words.iter().map(|word| from(*word)).collect())
}

/// The pickle (protocol 4) of an allocation, for neurodamus and for [`read`].
pub fn write(shares: &Shares) -> Vec<u8> {
    let mut bytes = vec![PROTO, 4];
    // The memo gets the names in the order of `Known::NAMES`, except the last
    for (number, &(module, name, _)) in Known::NAMES[..4].iter().enumerate() {
        put_text(&mut bytes, module);
        put_text(&mut bytes, name);
        bytes.extend([STACK_GLOBAL, BINPUT, number as u8]);
        // What is only put into the memo must not stay on the stack of the result
        bytes.push(POP);
    }
    let dict_of = |bytes: &mut Vec<u8>, factory: u8| {
        bytes.extend([BINGET, 0, BINGET, factory, TUPLE1, REDUCE]);
    };
    dict_of(&mut bytes, 1);
    for (name, places) in shares {
        put_text(&mut bytes, name);
        dict_of(&mut bytes, 2);
        for (&(rank, round), node_ids) in places.iter().filter(|(_, node_ids)| !node_ids.is_empty()) {
            for number in [rank, round] {
                bytes.push(BININT);
                bytes.extend((number as i32).to_le_bytes());
            }
            bytes.extend([TUPLE2, BINGET, 3, MARK, BINGET, 2]);
            put_text(&mut bytes, "I");
            bytes.extend([BININT1, 6, BINBYTES8]);
            bytes.extend((4 * node_ids.len() as u64).to_le_bytes());
            bytes.extend(node_ids.iter().flat_map(|id| id.to_le_bytes()));
            bytes.extend([TUPLE, REDUCE, SETITEM]);
        }
        bytes.push(SETITEM);
    }
    bytes.push(STOP);
    bytes
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(BINUNICODE);
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What neurodamus 4.2.9 writes on Python 3.11 for cells 0 on rank 0 and 1, 2 on rank 1 of `RingA`, and 1 on rank 0
    /// and 300000 on rank 1 of `RingB`.
    const OF_NEURODAMUS: &[u8] = b"\x80\x04\x95.\x01\x00\x00\x00\x00\x00\x00\x8c\x0bcollections\x94\x8c\x0b\
        defaultdict\x94\x93\x94\x8c\x17neurodamus.utils.memory\x94\x8c\x1eDryRunStats.defaultdict_vector\x94\x93\x94\
        \x85\x94R\x94(\x8c\x05RingA\x94h\x02\x8c\x17neurodamus.utils.compat\x94\x8c\x06Vector\x94\x93\x94\x85\x94R\x94\
        (K\x00K\x00\x86\x94\x8c\x05array\x94\x8c\x14_array_reconstructor\x94\x93\x94(h\x0b\x8c\x01I\x94K\x06C\x04\
        \x00\x00\x00\x00\x94t\x94R\x94K\x01K\x00\x86\x94h\x11(h\x0bh\x12K\x06C\x08\x01\x00\x00\x00\x02\x00\x00\x00\
        \x94t\x94R\x94u\x8c\x05RingB\x94h\x02h\x0b\x85\x94R\x94(h\x0eh\x11(h\x0bh\x12K\x06C\x04\x01\x00\x00\x00\x94t\
        \x94R\x94h\x16h\x11(h\x0bh\x12K\x06C\x04\xe0\x93\x04\x00\x94t\x94R\x94uu.";

    fn ring() -> Shares {
        vec![
            ("RingA".into(), BTreeMap::from([((0, 0), vec![0]), ((1, 0), vec![1, 2])])),
            ("RingB".into(), BTreeMap::from([((0, 0), vec![1]), ((1, 0), vec![300_000])])),
        ]
    }

    #[test]
    fn reads_what_neurodamus_writes() {
        assert_eq!(read(OF_NEURODAMUS), Ok(ring()));
    }

    #[test]
    fn reads_what_it_writes() {
        assert_eq!(read(&write(&ring())), Ok(ring()));
        let large = vec![("All".to_owned(), BTreeMap::from([((70_000, 300), (0..100_000).collect())]))];
        assert_eq!(read(&write(&large)), Ok(large));
        assert_eq!(read(&write(&Shares::new())), Ok(Shares::new()));
    }

    #[test]
    fn every_truncation_is_told() {
        for bytes in [OF_NEURODAMUS, &write(&ring())] {
            for end in 0..bytes.len() {
                assert!(read(&bytes[..end]).is_err(), "{end} bytes");
            }
        }
    }

    /// Whatever a byte is changed to, nothing panics, and what is still read has the same populations or other bytes of
    /// their names.
    #[test]
    fn no_change_of_a_byte_does_harm() {
        for at in 0..OF_NEURODAMUS.len() {
            for byte in 0..=255 {
                let mut bytes = OF_NEURODAMUS.to_vec();
                bytes[at] = byte;
                let _ = read(&bytes);
            }
        }
    }

    #[test]
    fn programs_are_refused_by_name() {
        let refused = |bytes: &[u8]| read(bytes).expect_err("it is refused").to_string();
        let told = [
            refused(b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R."),
            refused(b"\x80\x03cposix\nsystem\n(X\x04\x00\x00\x00truetR."),
            refused(b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R."),
            refused(b"\x80\x04}\x8c\x01ab."),
            refused(b"\x80\x02}."),
            refused(b"PK\x03\x04"),
            refused(b"\x80\x04K\x01."),
            refused(b"\x80\x04\x8c\x05array\x8c\x05array\x93\x8c\x01I\x85R."),
            refused(b"\x80\x04h\x07."),
        ];
        insta::assert_snapshot!(told.join("\n"));
    }
}
