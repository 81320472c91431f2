//! `VERBATIM`: C text that models put between statements of NMODL, made part of the same tree.
//!
//! [`splice`] reads a file anew as one stream of tokens, in which the C text stands where its block stood: blocks may
//! open what others close, as in `VERBATIM if (a) { ENDVERBATIM x = 1 VERBATIM } ENDVERBATIM`, and `#if` may guard NMODL
//! text. After it no `VERBATIM` block is left, and spans still point into the file. Five steps make it:
//! - `token`: characters to tokens;
//! - `preprocess`, `macros`, `condition`: directives, with the answers of NEURON 9.0.2;
//! - `expression`, `types`, `declaration`, `statement`: tokens to the tree, in the parser of [`syntax`](crate::syntax);
//! - `scope`, `names`: NEURON's names for NMODL variables (`_lname`, `_p_name`, …) made those of NMODL, and pointers to
//!   what a `POINTER` holds made [slots](crate::syntax::ast::ExpressionKind::Slot).
//!
//! The part of C that is read: numbers, characters, strings; variables and arrays of numbers and pointers (`auto`,
//! `static` and `const` too); all operators but `sizeof`, `.`, `->`, `::`, `new`, `delete` and the comma within
//! expressions; casts; calls by name; `if`, `for`, `while`, `do`, `break`, `continue`, `return`; functions and variables
//! of the file. Prototypes, `extern` declarations and `#include` say nothing that is needed and leave no trace.
//! Functions are not known here: calls keep their names and later passes give them their meaning. Calls lose what NEURON
//! passes on to find an instance (`_threadargs_`), and `artcell_net_send(time, flag)` stands for `net_send` of C, which
//! takes a time where NMODL's takes a delay.
//!
//! The functions `bbcore_write` and `bbcore_read`, and the C text of `FUNCTION bbsavestate`, leave no trace either: all
//! they do is to write the streams of random numbers and the vectors of an instance into buffers of NEURON's files and
//! to read them back, and this program keeps those by itself. Everything else outside is refused, with its place.

mod condition;
mod declaration;
mod expression;
mod macros;
mod names;
pub(crate) mod preprocess;
mod scope;
mod statement;
mod token;
mod types;
mod words;

use crate::syntax::Parsed;
use crate::syntax::ast::Module;
use crate::syntax::parser::{errors, read};

/// Reads the file of `module` with the C text of its `VERBATIM` blocks as part of the tree. The errors are all of the
/// file, and stand in place of those of [`parse`](crate::syntax::parse()): what is no NMODL without its C text may be
/// some with it.
pub fn splice(module: &Module) -> Parsed {
    let source = &module.source;
    let mut parsed = read(source, |text| Some(preprocess::preprocess(text)));
    let problems = names::resolve(&mut parsed.module.items, preprocess::blocks(&source.text));
    parsed.errors.extend(errors(source, problems));
    parsed.errors.sort_by_key(|error| error.span.offset());
    parsed
}
