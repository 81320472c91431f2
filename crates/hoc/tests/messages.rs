//! What a user reads when a program is wrong: the message, the text it points at, the remedy.

mod common;

use hoc::Error;
use miette::{Diagnostic, LabeledSpan};

/// `line:column "text": message | help` of the first thing wrong.
fn message(text: &str) -> String {
    let error = common::interpreter().load_text("test.hoc", text).expect_err("an error");
    let (diagnostic, source): (&dyn Diagnostic, _) = match &error {
        Error::Syntax { errors, .. } => (&errors[0], text),
        Error::Runtime(error) => (&**error, text),
    };
    let label: LabeledSpan = diagnostic.labels().into_iter().flatten().next().expect("a label");
    let before = &source[..label.offset().min(source.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
    let marked =
        source.get(label.offset()..label.offset() + label.len()).unwrap_or("").escape_debug().to_string();
    let help = diagnostic.help().map(|help| format!(" | {help}")).unwrap_or_default();
    format!("{line}:{column} `{marked}`: {diagnostic}{help}")
}

#[test]
fn bad_programs_are_explained() {
    let programs = [
        "x = (1 + 2\n",
        "proc p() { if (1)\n x = 1 }",
        "proc p() { if (1) { x = 1 }\n else { x = 2 } }",
        "proc p() { x = 1 local y }",
        "s = \"abc\n",
        "3 = x",
        "begintemplate A\nendtemplate B",
        "proc p() { x = 1",
        "print y",
        "objref v\nv = new Vectr()",
        "objref v\nprint v.size()",
        "objref v\nv = new Vector(3)\nprint v.x[5]",
        "create soma\nsoma insert pass",
        "create soma\nsoma g_pas = 1",
        "create dend[2]\ndend[2] nseg = 3",
        "x = 1/0",
        "load_file(\"nowhere.hoc\")",
        "system(\"ls\")",
        "nrnpython(\"1\")",
        "proc p() { execerror(\"too few axon sections\") }\np()",
        "proc p() { print $2 }\np(1)",
        "x = sqr(4)",
        "begintemplate A\npublic a\nproc init() { b = 1 }\nendtemplate A\nobjref a\na = new A()\na.b = 2",
        "strdef s\nsprint(s, \"%s %d\", \"a\")",
    ];
    let all: Vec<String> = programs.iter().map(|program| message(program)).collect();
    let folder = common::templates().display().to_string();
    insta::assert_snapshot!(all.join("\n").replace(&folder, "TEMPLATES"), @r##"
    1:11 `\n`: expected `)` to close the parenthesis, found the end of the line | a statement ends with its line; end the line with `\` to continue it
    1:17 `)`: the statement of `if` must begin on the same line | put it on this line, or open a brace `{` on this line
    2:2 `else`: `else` must stand on the line where the statement of `if` ends | write `} else {`
    1:18 `local`: `local` must be the first words of a procedure's body | move the declaration to the opening brace of the procedure
    1:5 `\"abc`: string is not closed on its line
    1:1 `3`: cannot assign to this expression | only variables, arguments and members of objects can be assigned to
    2:13 `B`: template `A` ends as `B`
    1:10 `{`: `{` is not closed: expected `}`, found the end of the text | every `{` needs a `}`
    1:7 `y`: undefined variable `y`
    2:5 `new Vectr()`: unknown class `Vectr` | did you mean `Vector`?
    2:7 `v.size()`: the object is nil
    3:7 `v.x[5]`: index 5 is out of range: `x` has 3 elements
    2:6 `insert pass`: unknown mechanism `pass` | did you mean `pas`?
    2:6 `g_pas`: `g_pas` is not available in `soma`: mechanism `pas` is not inserted | insert `pas` in `soma` first
    2:1 `dend[2]`: index 2 is out of range: `dend` has 2 elements
    1:5 `1/0`: division by zero
    1:1 `load_file(\"nowhere.hoc\")`: cannot find `nowhere.hoc` | looked beside the file that loads it and in `TEMPLATES`
    1:1 `system(\"ls\")`: `system` is not available: HOC runs only to build cells: it starts no programs, writes no files and advances no time | remove the call from the template
    1:1 `nrnpython(\"1\")`: `nrnpython` is not available: there is no Python here | remove the call; morphologies of all formats are read without Python
    1:12 `execerror(\"too few axon sections\")`: too few axon sections | in `p`, called at test.hoc:2
    1:18 `$2`: argument 2 is missing: 1 given | in `p`, called at test.hoc:2
    1:5 `sqr(4)`: unknown function or procedure `sqr` | did you mean `sqrt`?
    7:1 `a.b`: `b` is not a public member of `A` | add it to the `public` list of `A`
    2:1 `sprint(s, \"%s %d\", \"a\")`: format "%s %d" needs more arguments
    "##);
}
