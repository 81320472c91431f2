//! The words of NMODL that cannot be names, and what a misspelt word may have meant.

/// Words that begin an item of the file, so that a body which reaches one was left open.
pub(super) const ITEMS: [&str; 29] = [
    "TITLE",
    "DEFINE",
    "INCLUDE",
    "UNITS",
    "NEURON",
    "PARAMETER",
    "CONSTANT",
    "INDEPENDENT",
    "ASSIGNED",
    "STATE",
    "LOCAL",
    "INITIAL",
    "BREAKPOINT",
    "DERIVATIVE",
    "KINETIC",
    "LINEAR",
    "NONLINEAR",
    "DISCRETE",
    "FUNCTION",
    "FUNCTION_TABLE",
    "PROCEDURE",
    "NET_RECEIVE",
    "BEFORE",
    "AFTER",
    "CONSTRUCTOR",
    "DESTRUCTOR",
    "VERBATIM",
    "UNITSON",
    "UNITSOFF",
];

/// Words that begin a statement of a body, apart from names.
pub(super) const STATEMENTS: [&str; 25] = [
    "FROM",
    "while",
    "WHILE",
    "if",
    "IF",
    "else",
    "ELSE",
    "SOLVE",
    "CONDUCTANCE",
    "COMPARTMENT",
    "LONGITUDINAL_DIFFUSION",
    "CONSERVE",
    "LAG",
    "TABLE",
    "LOCAL",
    "INITIAL",
    "WATCH",
    "FOR_NETCONS",
    "MUTEXLOCK",
    "MUTEXUNLOCK",
    "PROTECT",
    "VERBATIM",
    "COMMENT",
    "UNITSON",
    "UNITSOFF",
];

/// Words that stand inside statements.
const INNER: [&str; 13] = [
    "METHOD",
    "STEADYSTATE",
    "WITH",
    "TO",
    "BY",
    "START",
    "DEPEND",
    "SOLVEFOR",
    "USEION",
    "STEP",
    "ENDVERBATIM",
    "ENDCOMMENT",
    "SWEEP",
];

/// Words that begin a statement of `NEURON { … }`.
pub(super) const NEURON: [&str; 15] = [
    "SUFFIX",
    "POINT_PROCESS",
    "ARTIFICIAL_CELL",
    "RANGE",
    "GLOBAL",
    "POINTER",
    "BBCOREPOINTER",
    "EXTERNAL",
    "RANDOM",
    "USEION",
    "NONSPECIFIC_CURRENT",
    "ELECTRODE_CURRENT",
    "THREADSAFE",
    "REPRESENTS",
    "READ",
];

/// Whether `word` is reserved: it can be the name of nothing.
pub(crate) fn is_reserved(word: &str) -> bool {
    ITEMS.contains(&word)
        || STATEMENTS.contains(&word)
        || INNER.contains(&word)
        || NEURON.contains(&word)
        || matches!(word, "WRITE" | "VALENCE" | "CHARGE")
}

/// The word of `candidates` nearest to `word`, if one is near.
pub(super) fn nearest<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let upper = word.to_uppercase();
    candidates
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&upper, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= 1.max(candidate.len() / 4))
        .min()
        .map(|(_, candidate)| candidate)
}
