//! Mistakes that users make, each with the message that they get: what is wrong, where, and what to do.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use miette::Report;
use nmodl::syntax::Source;

/// A message as the program shows it: place, line, marks, remedy.
fn shown(level: &str, report: &Report) -> String {
    let mut text = format!("{level}: {report}\n");
    let label = report.labels().and_then(|mut labels| labels.next()).expect("a message has a place");
    let source = report.source_code().expect("a message has a text");
    let contents = source.read_span(label.inner(), 0, 0).expect("the place is in the text");
    let file = contents.name().expect("the text has a name");
    let (line, column) = (contents.line(), contents.column());
    let around = source.read_span(label.inner(), 1000, 1000).expect("the text can be read");
    let whole = std::str::from_utf8(around.data()).expect("the text is UTF-8");
    let code = whole.lines().nth(line - around.line()).unwrap_or_default();
    let marked = code.get(column..).map_or(0, |rest| rest.len().min(label.len()));
    let marks = "^".repeat(code.get(column..column + marked).map_or(1, |part| part.chars().count()).max(1));
    let visible: String = code
        .chars()
        .map(|character| if character.is_control() && character != '\t' { '.' } else { character })
        .collect();
    let indent: String =
        code.chars().take(column).map(|character| if character == '\t' { '\t' } else { ' ' }).collect();
    let _ = write!(text, "  --> {file}:{}:{}\n  | {visible}\n  | {indent}{marks}\n", line + 1, column + 1);
    if let Some(help) = report.help() {
        let _ = writeln!(text, "  help: {help}");
    }
    text
}

/// All messages of a text.
fn messages_in(text: &str, folder: Option<&Path>) -> String {
    let compiled = nmodl::compile(&Arc::new(Source::new("test.mod", text)), folder);
    assert!(compiled.program.is_some() == compiled.problems.is_empty());
    let problems = compiled.problems.iter().map(|problem| shown("error", problem));
    let warnings = compiled.warnings.iter().map(|warning| shown("warning", warning));
    problems.chain(warnings).collect()
}

/// Each mistake with its messages. Every text must be refused, or if `warned` be warned of and compile.
fn all(mistakes: &[(&str, &str)], warned: bool) -> String {
    let mut text = String::new();
    for (mistake, model) in mistakes {
        let compiled = nmodl::compile(&Arc::new(Source::new("test.mod", *model)), None);
        assert!(compiled.program.is_some() == warned, "{mistake}: {:?}", compiled.problems);
        let messages = messages_in(model, None);
        assert!(!messages.is_empty(), "nothing is said about: {mistake}");
        let _ = write!(text, "# {mistake}\n{messages}\n");
    }
    text
}

/// Compares with a snapshot, which does not repeat the models.
macro_rules! snapshot {
    ($text:expr) => {
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!($text) })
    };
}

/// A density mechanism with some variables, and statements in `INITIAL`.
macro_rules! initial {
    ($statements:literal) => {
        concat!(
            "NEURON { SUFFIX test RANGE g }\nPARAMETER { g = 1 (S/cm2) }\nASSIGNED { v (mV) inf a[3] }\n",
            "STATE { m }\nINITIAL {\n\t",
            $statements,
            "\n}\n"
        )
    };
}

/// A point process that receives events.
macro_rules! receive {
    ($statements:literal) => {
        concat!(
            "NEURON { POINT_PROCESS Test RANGE g RANDOM r }\nASSIGNED { g }\nNET_RECEIVE(w) {\n\t",
            $statements,
            "\n}\n"
        )
    };
}

/// C text in `INITIAL`.
macro_rules! c {
    ($text:literal) => {
        concat!(
            "NEURON { SUFFIX test RANGE g BBCOREPOINTER rng }\nASSIGNED { g rng }\nINITIAL {\nVERBATIM\n\t",
            $text,
            "\nENDVERBATIM\n}\n"
        )
    };
}

/// A block that is solved.
macro_rules! solved {
    ($method:literal, $block:literal) => {
        concat!(
            "NEURON { SUFFIX test }\nDEFINE N 2\nASSIGNED { v inf tau }\nSTATE { m h n[2] }\n",
            "BREAKPOINT { SOLVE states ",
            $method,
            " }\n",
            $block,
            "\n"
        )
    };
}

#[test]
fn files() {
    snapshot!(all(
        &[
            ("a file that is no text", "\u{0}\u{1}\u{fffd}ELF\u{2}\u{0}\u{fffd}\u{fffd}"),
            ("a file of another language", "#include <stdio.h>\nint main() { return 0; }\n"),
            ("a file that is missing", "NEURON { SUFFIX test }\nINCLUDE \"no_such_file.inc\"\n"),
            ("a folder for a file", "NEURON { SUFFIX test }\nINCLUDE \"/\"\n"),
        ],
        false
    ));
}

#[test]
fn declarations() {
    snapshot!(all(
        &[
            ("a misspelt block", "NEURON { SUFFIX test }\nPARAMTER { g = 1 }\n"),
            ("a block without its brace", "NEURON { SUFFIX test }\nPARAMETER {\n\tg = 1\nASSIGNED { v }\n"),
            ("a misspelt word of `NEURON`", "NEURON {\n\tSUFIX test\n}\n"),
            ("two mechanisms", "NEURON {\n\tSUFFIX test\n\tPOINT_PROCESS Test\n}\n"),
            (
                "a unit left open",
                "NEURON { SUFFIX test RANGE g }\nPARAMETER {\n\tg = 1 (S/cm2\n\te = 2 (mV)\n}\n"
            ),
            ("a unit that is not known", "NEURON { SUFFIX test }\nUNITS {\n\t(mA) = (milliampp)\n}\n"),
            (
                "units that do not convert",
                "NEURON { SUFFIX test }\nUNITS {\n\tfactor = (mV) -> (milliamp)\n\tF = (faraday) (volt)\n}\n",
            ),
            ("an expression as a default", "NEURON { SUFFIX test RANGE g }\nPARAMETER {\n\tg = 2 * 3\n}\n"),
            ("a value of an `ASSIGNED`", "NEURON { SUFFIX test }\nASSIGNED {\n\tg = 1\n}\n"),
            ("a name declared twice", "NEURON { SUFFIX test }\nPARAMETER { g = 1 }\nASSIGNED { v g }\n"),
            ("a name that is a word of the language", "NEURON { SUFFIX test }\nASSIGNED { v STEP }\n"),
            ("the length of an array without its `DEFINE`", "NEURON { SUFFIX test }\nASSIGNED { a[N] }\n"),
            ("an array of nothing", "NEURON { SUFFIX test }\nASSIGNED { a[0] }\n"),
            ("an array too long", "NEURON { SUFFIX test }\nASSIGNED { a[2000000] }\n"),
            (
                "a variable that the ion does not have",
                "NEURON {\n\tSUFFIX test\n\tUSEION na READ nae WRITE ik\n}\n"
            ),
            ("an ion without what is read of it", "NEURON {\n\tSUFFIX test\n\tUSEION na\n}\n"),
            ("a current that nothing declares", "NEURON {\n\tSUFFIX test\n\tNONSPECIFIC_CURRENT il\n}\n"),
            ("a state that is `GLOBAL`", "NEURON { SUFFIX test GLOBAL m }\nSTATE { m }\n"),
            ("variables of another mechanism", "NEURON {\n\tSUFFIX test\n\tEXTERNAL other\n}\n"),
            (
                "two blocks of events",
                "NEURON { POINT_PROCESS Test }\nNET_RECEIVE(w) { }\nNET_RECEIVE(w) { }\n"
            ),
            (
                "two functions of one name",
                "NEURON { SUFFIX test }\nFUNCTION f(x) { f = x }\nPROCEDURE f() { }\n"
            ),
            (
                "a function under the name of a variable",
                "NEURON { SUFFIX test RANGE g }\nASSIGNED { g }\nFUNCTION g(x) { g = x }\n"
            ),
            ("a comment that does not end", "NEURON { SUFFIX test }\nCOMMENT\nto be written\n"),
            ("a block that NEURON does not run", "NEURON { SUFFIX test }\nDISCRETE steps {\n\tm = 1\n}\n"),
        ],
        false
    ));
}

#[test]
fn statements() {
    snapshot!(all(
        &[
            ("a name that nothing declares", initial!("inf = gbar * 2")),
            ("a misspelt name", initial!("inff = 1")),
            ("a misspelt function", initial!("inf = expp(v)")),
            ("too many arguments", initial!("inf = exp(v, 2)")),
            (
                "arguments of a function of the file",
                "NEURON { SUFFIX test }\nASSIGNED { v x }\nINITIAL {\n\tx = half(v, 2)\n}\nFUNCTION half(u) { half = u / 2 }\n",
            ),
            (
                "a function that calls itself",
                "NEURON { SUFFIX test RANGE x }\nASSIGNED { x }\nINITIAL {\n\tx = f(3)\n}\nFUNCTION f(n) {\n\tif (n < 2) { f = 1 } else { f = n * f(n - 1) }\n}\n",
            ),
            ("the time as a target", initial!("t = 0")),
            ("a `DEFINE` as a target", "NEURON { SUFFIX test }\nDEFINE N 3\nINITIAL {\n\tN = 4\n}\n"),
            (
                "a function as a number",
                "NEURON { SUFFIX test }\nASSIGNED { x }\nINITIAL {\n\tx = f + 1\n}\nFUNCTION f() { f = 1 }\n"
            ),
            ("a variable as a function", initial!("inf = g(2)")),
            ("an array without subscript", initial!("a = 1")),
            ("a subscript too large", initial!("a[3] = 1")),
            ("a subscript of a number", initial!("inf[0] = 1")),
            ("a parenthesis left open", initial!("inf = g * (v - 1\n\tm = inf")),
            ("`if` without braces", initial!("if (v > 0) inf = 1")),
            ("one `=` to compare", initial!("if (v = 0) { inf = 1 }")),
            ("`LOCAL` after a statement", initial!("inf = 1\n\tLOCAL b\n\tb = 2")),
            ("an operator of C", initial!("inf = 7 % 3")),
            ("`+=`", initial!("inf += 1")),
            ("a semicolon", initial!("inf = 1;")),
            ("a value of the past", initial!("LAG m BY inf")),
            ("a function of SCoP", initial!("inf = threshold(v, 1, 2)")),
            ("a text for a number", initial!("inf = exp(\"1\")")),
            ("a format without its numbers", initial!("printf(\"%g %g\\n\", v)")),
            (
                "a table without its intervals",
                "NEURON { SUFFIX test }\nASSIGNED { v inf }\nPROCEDURE rates(u) {\n\tTABLE inf FROM -100 TO 100\n\tinf = u\n}\n",
            ),
            (
                "a table of two arguments",
                "NEURON { SUFFIX test }\nASSIGNED { v inf }\nINITIAL {\n\trates(v, 1)\n}\nPROCEDURE rates(u, w) {\n\tTABLE inf FROM -100 TO 100 WITH 10\n\tinf = u\n}\n",
            ),
            (
                "a table in the wrong block",
                "NEURON { SUFFIX test }\nASSIGNED { v inf }\nBREAKPOINT {\n\tTABLE inf FROM -100 TO 100 WITH 10\n}\n",
            ),
            (
                "a conductance of an ion that is not used",
                "NEURON { SUFFIX test NONSPECIFIC_CURRENT i }\nASSIGNED { v i g }\nBREAKPOINT {\n\tCONDUCTANCE g USEION k\n\ti = g * v\n}\n",
            ),
        ],
        false
    ));
}

#[test]
fn solving() {
    snapshot!(all(
        &[
            ("an unknown block", solved!("METHOD cnexp", "DERIVATIVE stats { m' = -m }")),
            ("an unknown method", solved!("METHOD cnexpp", "DERIVATIVE states { m' = -m }")),
            ("a method for another block", solved!("METHOD sparse", "DERIVATIVE states { m' = -m }")),
            ("a method of other programs", solved!("METHOD matexp", "KINETIC states { ~ m <-> h (1, 2) }")),
            ("no method", solved!("", "KINETIC states { ~ m <-> h (1, 2) }")),
            ("a function to solve", solved!("METHOD cnexp", "FUNCTION states() { states = 1 }")),
            (
                "a steady state of a method that has none",
                solved!("STEADYSTATE cnexp", "DERIVATIVE states { m' = -m }")
            ),
            ("a derivative of no state", solved!("METHOD cnexp", "DERIVATIVE states {\n\tinf' = -m\n}")),
            ("a second derivative", solved!("METHOD derivimplicit", "DERIVATIVE states {\n\tm'' = -m\n}")),
            (
                "an element whose number is not known",
                solved!("METHOD sparse", "KINETIC states {\n\t~ n[tau] <-> m (1, 2)\n}")
            ),
            ("a prime behind the subscript", solved!("METHOD cnexp", "DERIVATIVE states {\n\tn[0]' = -m\n}")),
            (
                "an element that does not exist",
                solved!("METHOD sparse", "KINETIC states {\n\t~ n[0] <-> n[2] (1, 2)\n}")
            ),
            (
                "a reaction of no state",
                solved!("METHOD sparse", "KINETIC states {\n\t~ m <-> closed (1, 2)\n}")
            ),
            ("a reaction with one rate", solved!("METHOD sparse", "KINETIC states {\n\t~ m <-> h (1)\n}")),
            (
                "a sum of no state",
                solved!("METHOD sparse", "KINETIC states {\n\t~ m <-> h (1, 2)\n\tCONSERVE m + open = 1\n}")
            ),
            (
                "diffusion along a section",
                solved!(
                    "METHOD sparse",
                    "KINETIC states {\n\tLONGITUDINAL_DIFFUSION 1 {m}\n\t~ m <-> h (1, 2)\n}"
                ),
            ),
            (
                "a reaction in a loop without end",
                solved!("METHOD sparse", "KINETIC states {\n\tFROM i = 0 TO tau { ~ m <-> h (1, 2) }\n}")
            ),
            ("no reaction", solved!("METHOD sparse", "KINETIC states { }")),
            ("an equation that is not linear", solved!("", "LINEAR states {\n\t~ m * h = 1\n\t~ h = 2\n}")),
            ("too few equations", solved!("", "LINEAR states {\n\t~ m + h = 1\n}")),
            (
                "equations in `BREAKPOINT`",
                "NEURON { SUFFIX test }\nSTATE { m }\nBREAKPOINT {\n\tm' = -m\n}\n"
            ),
        ],
        false
    ));
}

#[test]
fn events() {
    snapshot!(all(
        &[
            (
                "an event sent while currents are computed",
                "NEURON { POINT_PROCESS Test NONSPECIFIC_CURRENT i }\nASSIGNED { v i }\nBREAKPOINT {\n\tnet_send(1, 1)\n\ti = v\n}\n",
            ),
            ("a spike from `INITIAL`", "NEURON { ARTIFICIAL_CELL Test }\nINITIAL {\n\tnet_event(t)\n}\n"),
            ("an event without its flag", receive!("net_send(1)")),
            ("a condition of `>=`", receive!("WATCH (g >= 1) 2")),
            ("a condition outside of events", initial!("WATCH (v > 1) 2")),
            ("connections with other arguments", receive!("FOR_NETCONS(w, x) { w = 1 }")),
            ("a stream as a number", receive!("g = r")),
            ("a number as a stream", receive!("g = random_uniform(w, 0, 1)")),
            ("a misspelt distribution", receive!("g = random_unifrm(r)")),
        ],
        false
    ));
}

#[test]
fn c() {
    snapshot!(all(
        &[
            (
                "a structure",
                "NEURON { SUFFIX test }\nVERBATIM\nstruct pair { double a; double b; };\nENDVERBATIM\n"
            ),
            (
                "a type of a structure",
                "NEURON { SUFFIX test }\nVERBATIM\ntypedef struct { double a; } Pair;\nENDVERBATIM\n"
            ),
            ("`sizeof`", c!("int n = sizeof(double);")),
            ("memory", c!("double* x = (double*) malloc(80);")),
            ("a member", c!("Object* o = *hoc_objgetarg(1);\n\tg = o->index;")),
            ("a file", c!("FILE* f = fopen(\"spikes.dat\", \"r\");")),
            ("`switch`", c!("switch (1) { case 1: g = 2; }")),
            ("`goto`", c!("goto end;")),
            ("a namespace", c!("g = std::max(1., 2.);")),
            ("`new`", c!("auto* x = new double[3];")),
            ("a reference", c!("double& x = g;")),
            ("an unknown function", c!("g = frobnicate(3);")),
            ("a function of NEURON that is not there", c!("nrn_complain(0);")),
            ("a name of NEURON's inside", c!("_ml->_nodecount = 3;")),
            (
                "a `LOCAL` without its `_l`",
                "NEURON { SUFFIX test RANGE g }\nASSIGNED { g }\nINITIAL { LOCAL b\n\tb = 1\nVERBATIM\n\tg = b;\nENDVERBATIM\n}\n"
            ),
            ("numbers read as others", c!("int i = *(int*) &g;")),
            ("a statement without its end", c!("g = 1")),
            ("a brace left open", c!("if (g > 1) {")),
            ("a brace that closes nothing", c!("}")),
            ("an `#if` left open", c!("#if NRNBBCORE\n\tg = 1;")),
            ("an `#endif` too many", c!("#endif")),
            ("a condition that is none", c!("#if 1 +\n#endif")),
            ("a macro that pastes", c!("#define JOIN(a, b) a ## b\n\tJOIN(g, ) = 1;")),
            ("a macro without its arguments", c!("#define TWICE(a) (2 * (a))\n\tg = TWICE(1;")),
            ("a text that does not end", "NEURON { SUFFIX test }\nINITIAL {\nVERBATIM\n\tg = 1;\n}\n"),
            (
                "a pointer used for two things",
                c!("g = nrnran123_dblpick((nrnran123_State*) _p_rng) + vector_capacity((IvocVect*) _p_rng);")
            ),
        ],
        false
    ));
}

/// What compiles, but may not do what its author thinks.
#[test]
fn warnings() {
    snapshot!(all(
        &[
            (
                "a misspelt name of `RANGE`",
                "NEURON { SUFFIX test RANGE g, gmxa }\nPARAMETER { g = 1 gmax = 2 }\n"
            ),
            ("a name of `GLOBAL` that nothing declares", "NEURON { SUFFIX test GLOBAL shared }\n"),
            (
                "`cnexp` of an equation that is not linear",
                solved!("METHOD cnexp", "DERIVATIVE states {\n\tm' = -m * m\n}")
            ),
            (
                "`cnexp` of equations that depend on each other",
                solved!("METHOD cnexp", "DERIVATIVE states {\n\tm' = h - m\n\th' = exp(h)\n}")
            ),
            ("states that do not advance", solved!("", "DERIVATIVE states {\n\tm' = -m\n}")),
            (
                "a sum that the method ignores",
                solved!("METHOD euler", "KINETIC states {\n\t~ m <-> h (1, 2)\n\tCONSERVE m + h = 1\n}")
            ),
            (
                "a rate that is a sum",
                solved!("METHOD sparse", "KINETIC states {\n\t~ m <-> h (inf + tau, 2)\n}")
            ),
            (
                "a function that cannot be called",
                "NEURON { SUFFIX test }\nPROCEDURE load() {\nVERBATIM\n\tchar* name = gargstr(1);\n\tfopen(name, 0);\nENDVERBATIM\n}\n",
            ),
        ],
        true
    ));
}

#[test]
fn an_empty_file_is_a_mechanism_of_its_name_that_does_nothing() {
    for text in ["", "\n\n", ": nothing\n", "TITLE nothing"] {
        assert_eq!(messages_in(text, None), "");
    }
}

#[test]
fn problems_of_included_files_are_in_these_files() {
    let folder = std::env::temp_dir().join(format!("nmodl-refusals-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(
        folder.join("rates.inc"),
        "PROCEDURE rates(v) {\n\tinf = alpa(v)\n}\nPROCEDURE open() {\n",
    )
    .expect("a file");
    std::fs::write(folder.join("circle.inc"), "INCLUDE \"circle.inc\"\nINCLUDE \"circle.inc\"\n")
        .expect("a file");
    let model = |file: &str| {
        format!(
            "NEURON {{ SUFFIX test }}\nINCLUDE \"{file}\"\nASSIGNED {{ v inf }}\nINITIAL {{ rates(v) inf = ing }}\n"
        )
    };
    let told =
        messages_in(&model("rates.inc"), Some(&folder)) + &messages_in(&model("circle.inc"), Some(&folder));
    std::fs::remove_dir_all(&folder).expect("the folder can go");
    snapshot!(told.replace(&*folder.to_string_lossy(), "FOLDER"));
}

/// Texts that cost much more than they say.
#[test]
fn texts_that_blow_up_end_in_a_message() {
    let mut chain = "NEURON { SUFFIX test RANGE x }\nASSIGNED { x }\nINITIAL { x = f0(1) }\n".to_string();
    for level in 0..50 {
        let next = level + 1;
        let _ = writeln!(chain, "FUNCTION f{level}(x) {{ f{level} = f{next}(x) + f{next}(x + 1) }}");
    }
    chain += "FUNCTION f50(x) { f50 = x }\n";
    assert!(messages_in(&chain, None).starts_with("error"));
    let mut deep = "NEURON { SUFFIX test RANGE x }\nASSIGNED { x }\nINITIAL { x = f0(1) }\n".to_string();
    for level in 0..100 {
        let _ = writeln!(deep, "FUNCTION f{level}(x) {{ f{level} = f{}(x) }}", level + 1);
    }
    deep += "FUNCTION f100(x) { f100 = x }\n";
    assert!(messages_in(&deep, None).starts_with("error"), "what is too deep is not left out in silence");
}
