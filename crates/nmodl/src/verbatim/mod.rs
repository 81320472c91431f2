//! x

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

/// x
pub fn splice(module: &Module) -> Parsed {
    let source = &module.source;
    let mut parsed = read(source, |text| Some(preprocess::preprocess(text)));
    let problems = names::resolve(&mut parsed.module.items, preprocess::blocks(&source.text));
    parsed.errors.extend(errors(source, problems));
    parsed.errors.sort_by_key(|error| error.span.offset());
    parsed
}
