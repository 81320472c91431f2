//! What both fuzzing targets share: the mutation of models, and what must hold of every text.

mod mutate;

use std::sync::Arc;

use nmodl::Compiled;
use nmodl::syntax::Source;

pub use mutate::mutate;

/// Compiles a text, and checks that it gives a program or problems, each with a place in a text.
///
/// # Panics
/// Where that does not hold.
pub fn compile(bytes: &[u8]) -> Compiled {
    let text = String::from_utf8_lossy(bytes);
    let compiled = nmodl::compile(&Arc::new(Source::new("fuzz.mod", text)), None);
    assert!(compiled.program.is_some() == compiled.problems.is_empty(), "neither a program nor problems");
    for problem in compiled.problems.iter().chain(&compiled.warnings) {
        assert!(!problem.to_string().is_empty(), "a message says nothing");
        let source = problem.source_code().expect("a problem has a text");
        for label in problem.labels().expect("a problem has a place") {
            let contents = source.read_span(label.inner(), 0, 0).expect("the place is in the text");
            std::str::from_utf8(contents.data()).expect("the place does not cut characters");
        }
    }
    compiled
}
