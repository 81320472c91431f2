//! What a user reads when a model is wrong: the message, the text it points at, the remedy.

use std::sync::Arc;

use miette::Diagnostic;
use nmodl::syntax::{Source, parse};

/// `line:column "text": message | help` of everything wrong.
fn messages(text: &str) -> String {
    let source = Arc::new(Source::new("test.mod", text));
    let errors = parse(&source).errors;
    assert!(!errors.is_empty(), "no error in {text}");
    let describe = |error: &nmodl::syntax::SyntaxError| {
        let label = error.labels().into_iter().flatten().next().expect("a label");
        let before = &text[..label.offset()];
        let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
        let marked = text[label.offset()..label.offset() + label.len()].escape_debug();
        let help = error.help().map(|help| format!(" | {help}")).unwrap_or_default();
        format!("{}:{column} `{marked}`: {error}{help}", source.line(label.offset() as u32))
    };
    errors.iter().map(describe).collect::<Vec<_>>().join("\n")
}

#[test]
fn bad_models_are_explained() {
    let models = [
        "NEURON {\n SUFFIX a\n RANGE x, \n}",
        "NEURON {\n SUFIX a\n RANGE x y\n}",
        "NEURON { USEION na }",
        "NEURON { USEION na READ ena REPRESENTS : no\n}",
        "PARAMTER { a = 1 }\nSTATE { m }",
        "PARAMETER {\n a = 1 (mV\n b = x\n c = 2 <0 1>\n}",
        "ASSIGNED { a = 1 }",
        "STATE { m[0] }",
        "DISCRETE d { x = 1 }\nSTATE { m }",
        "x = 1",
        "BREAKPOINT {\n SOLVE states METHOD\n}",
        "BREAKPOINT {\n i = g*(v - e\n j = 1\n}",
        "BREAKPOINT {\n i = g % 2\n j = 1;\n k == 2\n}",
        "INITIAL {\n if (a = 1) { b = 2 }\n if (a) b = 3\n}",
        "PROCEDURE p() {\n a = 1\n LOCAL b\n}",
        "PROCEDURE p() {\n if (a) {\n b = 1\n}\nSTATE { m }",
        "NET_RECEIVE(w) {\nVERBATIM\n if (w) {\nENDVERBATIM\n if (w) {\n}\nSTATE { m }",
        "FUNCTION f(x {\n f = x\n}\nFUNCTION g(y) { g = }",
        "KINETIC k {\n ~ a = b\n ~ a <-> b (1)\n CONSERVE a + b\n}",
        "DERIVATIVE d { CONSERVE a = 1 }",
        "INITIAL { TABLE a FROM 0 TO 1 WITH 2 WATCH (v > 1) 2 }",
        "NET_RECEIVE(w) { WATCH (v >= 1) 2 }",
        "INITIAL { FROM = 3 }",
        "BEFORE v { }",
        "COMMENT\n no end",
        "VERBATIM\n no end ENDVERBATIM",
        "INCLUDE \"x.inc",
        "LOCAL STATE",
        "}\nSTATE { m }",
        "INITIAL { a = µ }",
        "DEFINE N 99999999999",
    ];
    let all: Vec<String> = models.iter().map(|model| messages(model)).collect();
    insta::assert_snapshot!(all.join("\n--\n"), @r##"
4:1 `}`: expected a name after `,`, found `}`
--
2:2 `SUFIX`: `SUFIX` is no statement of the `NEURON` block | did you mean `SUFFIX`?
3:10 `y`: `y` is no statement of the `NEURON` block | put commas between the names of a list
--
1:20 `}`: expected `READ` or `WRITE` after the ion, found `}` | such as `USEION na READ ena WRITE ina`
--
1:29 `REPRESENTS`: expected an identifier such as `CHEBI:29101` after `REPRESENTS`, found `:`
--
1:1 `PARAMTER`: `PARAMTER` starts no block of NMODL | did you mean `PARAMETER`?
--
2:8 `(`: unit is not closed on its line | after a number or a name that is declared, `(` begins a unit such as `(mV)`
3:6 `x`: expected a number as value, found `x`
4:11 `1`: expected `,` between the limits, found `1`
--
1:14 `=`: expected the next declaration, found `=` | variables of `ASSIGNED` and `STATE` get their values in `INITIAL`
--
1:11 `0`: an array needs at least 1 element, not 0
--
1:1 `DISCRETE`: `DISCRETE` is not supported | NEURON models say the same with `DERIVATIVE`, `KINETIC` or `PROCEDURE` blocks
--
1:1 `x`: `x` starts no block of NMODL | statements stand inside a block, such as `BREAKPOINT { … }`
--
3:1 `}`: expected a name of a method, such as `cnexp`, found `}`
--
3:2 `j`: expected `)` to close the parenthesis, found `j`
--
2:8 `%`: expected the next statement, found `%` | NMODL has no operator `%`: call `fmod(a, b)`
3:7 `;`: expected the next statement, found `;` | statements of NMODL end without `;`: remove it
4:4 `==`: expected `=` or `(` after `k`, found `==` | write `=` to assign
--
2:8 `=`: expected `)` after the condition of `if`, found `=` | write `==` to compare
3:9 `b`: expected `{` before the statements of `if`, found `b` | NMODL has no `if` without braces
--
3:2 `LOCAL`: `LOCAL` must come first in its block | move it to the opening brace of the block, before all other statements
--
1:15 `{`: `PROCEDURE {` is not closed: expected `}`, found the keyword `STATE` | close the block with `}` before line 5
--
1:16 `{`: `NET_RECEIVE {` is not closed: expected `}`, found the keyword `STATE` | close the block with `}` before line 7; braces in `VERBATIM` do not close braces of NMODL
--
1:14 `{`: expected `)` after the arguments of `FUNCTION`, found `{`
4:21 `}`: expected an expression, found `}`
--
2:6 `=`: expected `<->`, `->` or `<<` in the reaction, found `=` | such as `~ a <-> b (forward, backward)` or `~ a << (flux)`
3:14 `)`: expected `,` between the rates of the reaction, found `)`
5:1 `}`: expected `=` before the total of `CONSERVE`, found `}`
--
1:16 `CONSERVE`: `CONSERVE` cannot stand in `DERIVATIVE` | it belongs in `KINETIC`
--
1:11 `TABLE`: `TABLE` cannot stand in `INITIAL` | it belongs in `FUNCTION` or `PROCEDURE`
--
1:27 `>=`: expected `>` or `<`, found `>=` | a condition of `WATCH` is one comparison by `>` or `<`
--
1:16 `=`: expected a name of the counter after `FROM`, found `=`
--
1:8 `v`: expected `INITIAL`, `BREAKPOINT`, `SOLVE` or `STEP` after `BEFORE`, found `v`
--
1:1 `COMMENT`: `COMMENT` is not closed: expected `ENDCOMMENT` at the start of a line, found the end of the text
--
1:1 `VERBATIM`: `VERBATIM` is not closed: expected `ENDVERBATIM` at the start of a line, found the end of the text
--
1:9 `\"x.inc`: string is not closed
--
1:7 `STATE`: expected a name of a local variable, found the keyword `STATE` | `STATE` is a word of the language: choose another name
--
1:1 `}`: `}` closes nothing
--
1:15 `µ`: expected an expression, found the character `µ`
--
1:10 `99999999999`: `99999999999` is too large
"##);
}

#[test]
fn what_is_right_survives_what_is_wrong() {
    let text = "NEURON { SUFFIX a RANGE 3 }\nPARAMETER {\n g = 1\n h = =\n k = 3\n}\nPROCEDURE p() {\n x = (\n y = 2\n}\n\
                STATE { m }";
    let parsed = parse(&Arc::new(Source::new("test.mod", text)));
    assert_eq!(parsed.errors.len(), 3, "{:?}", parsed.errors);
    insta::assert_snapshot!(nmodl::syntax::dump(&parsed.module), @r##"
neuron
  suffix a
parameter
  g = 1
  k = 3
procedure p
state
  m
"##);
}

#[test]
fn deep_and_long_texts_end_in_a_message() {
    let models = [
        format!("INITIAL {{ a = {}1 }}", "(".repeat(100_000)),
        format!("INITIAL {{ a = {}1 }}", "-".repeat(100_000)),
        format!("INITIAL {{ a = {}1 }}", "1+".repeat(100_000)),
        format!("INITIAL {{ a = {}1 }}", "1^".repeat(100_000)),
        format!("INITIAL {{ a = {}1 }}", "f(".repeat(100_000)),
        format!("INITIAL {}", "{".repeat(100_000)),
        format!("INITIAL {{ {}", "if (a) {".repeat(100_000)),
    ];
    for model in &models {
        let parsed = parse(&Arc::new(Source::new("test.mod", model.as_str())));
        assert!(!parsed.errors.is_empty() && parsed.errors.len() <= 25);
        nmodl::syntax::dump(&parsed.module);
    }
}
