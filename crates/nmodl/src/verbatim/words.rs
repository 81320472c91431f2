//! Words of C, and what stands in for constructs that are not supported.

/// Words that begin a type or a declaration.
pub(super) const TYPES: [&str; 31] = [
    "void",
    "bool",
    "char",
    "short",
    "int",
    "long",
    "float",
    "double",
    "signed",
    "unsigned",
    "auto",
    "int8_t",
    "int16_t",
    "int32_t",
    "int64_t",
    "uint8_t",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "size_t",
    "const",
    "constexpr",
    "volatile",
    "register",
    "inline",
    "static",
    "extern",
    "typedef",
    "struct",
    "union",
    "enum",
];

/// Other words that cannot be names.
const RESERVED: [&str; 31] = [
    "if",
    "else",
    "for",
    "while",
    "do",
    "break",
    "continue",
    "return",
    "switch",
    "case",
    "default",
    "goto",
    "sizeof",
    "new",
    "delete",
    "try",
    "catch",
    "throw",
    "class",
    "namespace",
    "template",
    "using",
    "this",
    "operator",
    "true",
    "false",
    "nullptr",
    "static_cast",
    "reinterpret_cast",
    "const_cast",
    "dynamic_cast",
];

/// Whether `word` can be the name of nothing.
pub(super) fn is_reserved(word: &str) -> bool {
    TYPES.contains(&word) || RESERVED.contains(&word)
}

/// The remedy for `construct`, which is not supported.
pub(super) fn remedy(construct: &str) -> &'static str {
    match construct {
        "struct" | "union" | "class" | "enum" | "typedef" | "->" | "." => {
            "keep the data in variables of the mechanism (`RANGE`, `ASSIGNED`) or in Vectors of HOC"
        }
        "new" | "delete" | "sizeof" => "keep the data in arrays of `ASSIGNED` or in Vectors of HOC",
        "switch" | "case" | "default" => "write `if (…) { … } else if (…) { … }`",
        "goto" => "write a loop, or `if (…) { … }`",
        "::" | "namespace" | "template" | "using" => "use functions of C and NEURON, and `double` or `int`",
        "short" | "int8_t" | "int16_t" | "uint8_t" | "uint16_t" => "use `int` or `uint32_t`",
        _ => "say it in NMODL, or in the part of C that is supported: numbers, arrays, `if`, loops and calls",
    }
}
