//! What mechanisms become: the kernels of small ones, descriptions, and messages.

use std::fmt::Write;
use std::sync::Arc;

use nmodl::execute::{Constants, Demand, Storage};
use nmodl::ir::{Kernel, Program};
use nmodl::syntax::Source;
use nmodl::{Compiled, Kind, Role};

fn compile(text: &str) -> Compiled {
    nmodl::compile(&Arc::new(Source::new("test.mod", text)), None)
}

fn program(text: &str) -> Arc<Program> {
    let compiled = compile(text);
    let problems: Vec<String> = compiled.problems.iter().map(ToString::to_string).collect();
    compiled.program.unwrap_or_else(|| panic!("{problems:?}"))
}

/// All kernels as text.
fn kernels(text: &str) -> String {
    let program = program(text);
    let kernels = &program.kernels;
    let mut shown = String::new();
    let mut show = |name: &str, kernel: &Kernel| {
        let order = if kernel.sequential { ", one after the other" } else { "" };
        writeln!(shown, "{name}{order}\n{kernel}").expect("text can be written");
    };
    let single = [
        ("initial", &kernels.initial),
        ("current", &kernels.current),
        ("state", &kernels.state),
        ("receive", &kernels.receive),
        ("receive initial", &kernels.receive_initial),
    ];
    for (name, kernel) in single {
        if let Some(kernel) = kernel {
            show(name, kernel);
        }
    }
    kernels.watch.iter().for_each(|kernel| show("watch", kernel));
    for table in &program.tables {
        show(&format!("bounds of the table {}", table.name), &table.bounds);
        show(&format!("row of the table {}", table.name), &table.row);
    }
    for function in &program.functions {
        show(&format!("function {}", function.name), &function.kernel);
    }
    shown
}

/// Messages with their places.
fn messages(text: &str) -> String {
    let compiled = compile(text);
    assert!(compiled.program.is_none() != compiled.problems.is_empty());
    let line = |report: &miette::Report| {
        let label = report.labels().and_then(|mut labels| labels.next());
        let start = label.map_or(0, |label| label.offset());
        let line = 1 + text[..start].matches('\n').count();
        let help = report.help().map(|help| format!("\n    help: {help}")).unwrap_or_default();
        format!("{line}: {report}{help}")
    };
    let problems = compiled.problems.iter().map(line);
    let warnings = compiled.warnings.iter().map(|report| format!("warning, {}", line(report)));
    problems.chain(warnings).collect::<Vec<_>>().join("\n")
}

#[test]
fn currents_are_differentiated() {
    insta::assert_snapshot!(kernels(
        "NEURON { SUFFIX leak USEION k READ ek WRITE ik NONSPECIFIC_CURRENT i RANGE g, e }
        PARAMETER { g = 0.001 (S/cm2) e = -70 (mV) }
        ASSIGNED { v (mV) ek (mV) ik (mA/cm2) i (mA/cm2) }
        BREAKPOINT { ik = g * (v - ek) i = g * (v - e) }"
    ));
}

#[test]
fn conductances_that_are_named_are_taken() {
    insta::assert_snapshot!(kernels(
        "NEURON { POINT_PROCESS Hint USEION k READ ek WRITE ik NONSPECIFIC_CURRENT i RANGE g, h }
        ASSIGNED { v ek ik i g h }
        BREAKPOINT { CONDUCTANCE g USEION k CONDUCTANCE h ik = g * (v - ek) i = h * v }"
    ));
}

#[test]
fn states_procedures_and_functions_are_written_out() {
    insta::assert_snapshot!(kernels(
        "NEURON { SUFFIX gate RANGE q }
        PARAMETER { q = 2 }
        ASSIGNED { v (mV) inf tau (ms) }
        STATE { m }
        BREAKPOINT { SOLVE states METHOD cnexp }
        INITIAL { rates(v) m = inf }
        DERIVATIVE states { rates(v) m' = (inf - m) / tau }
        PROCEDURE rates(u) { inf = 1 / (1 + exp(-u / 10)) tau = clipped(q ^ 2 + 3 ^ q) }
        FUNCTION clipped(x) { if (x < 1) { clipped = 1 } else { clipped = x } }"
    ));
}

#[test]
fn events_are_sent_and_watched() {
    insta::assert_snapshot!(kernels(
        "NEURON { POINT_PROCESS Events RANGE g, n RANDOM r }
        ASSIGNED { v (mV) g n a[3] }
        INITIAL { g = 0 net_send(2 - 1, 1) }
        NET_RECEIVE (w, last) {
            LOCAL sum
            INITIAL { last = -1 }
            if (flag == 1) {
                WATCH (v > -20) 2, (v < -30) 3
            } else if (flag == 2 && g > 0) {
                net_event(t)
                net_send(t - last, 1)
            }
            sum = 0
            FROM i = 0 TO n / 2 {
                a[i] = random_uniform(r, 0, 1)
                sum = sum + a[2] * i
            }
            while (sum > 10) { sum = sum / 2 }
            g = g + w * sum
            last = t
        }"
    ));
}

#[test]
fn c_has_types_streams_and_vectors() {
    insta::assert_snapshot!(kernels(
        "NEURON { POINT_PROCESS Draws BBCOREPOINTER rng, vec RANGE n }
        ASSIGNED { rng vec n }
        FUNCTION draw() {
        VERBATIM
            static int count = 3;
            ++count;
            if (_p_rng) {
                uint32_t half = (uint32_t) n / 2;
                _ldraw = nrnran123_dblpick((nrnran123_State*) _p_rng) * half;
            } else {
                _ldraw = 7 / 2;
            }
        ENDVERBATIM
        }
        FUNCTION sum() {
        VERBATIM
            IvocVect* v = *((IvocVect**)(&_p_vec));
            double total = 0.;
            if (v) {
                double* x = vector_vec(v);
                for (int i = 0; i < vector_capacity(v); ++i) {
                    if (x[i] < 0) { continue; }
                    total += x[i];
                }
            }
            return total;
        ENDVERBATIM
        }
        PROCEDURE set() {
        VERBATIM
            void** v = (void**)(&_p_rng);
            if (ifarg(1) && hoc_is_double_arg(1)) {
                *v = nrnran123_newstream3((uint32_t)*getarg(1), 0, 3);
            } else {
                nrnran123_deletestream(*v);
                *v = (void*)0;
            }
        ENDVERBATIM
        }"
    ));
}

#[test]
fn tables_have_bounds_and_rows() {
    insta::assert_snapshot!(kernels(
        "NEURON { SUFFIX tabled RANGE q GLOBAL inf }
        PARAMETER { q = 2 low = -100 }
        ASSIGNED { v (mV) celsius inf x }
        BREAKPOINT { rates(v) x = square(v) }
        PROCEDURE rates(u) {
            TABLE inf DEPEND celsius FROM low TO 100 WITH 200
            inf = u * celsius
        }
        FUNCTION square(u) {
            TABLE FROM 0 TO 10 WITH 10
            square = u * u
        }"
    ));
}

#[test]
fn an_instance_that_sees_the_one_before_is_told() {
    let sequential = |statements: &str| {
        let text = format!("NEURON {{ SUFFIX s GLOBAL n }} ASSIGNED {{ n x }} INITIAL {{ {statements} }}");
        program(&text).kernels.initial.as_ref().is_some_and(|kernel| kernel.sequential)
    };
    assert!(sequential("n = n + 1 x = n"));
    assert!(sequential("if (x > 0) { n = 1 } x = n"));
    assert!(!sequential("n = 1 x = n"));
    assert!(!sequential("if (x > 0) { n = 1 } else { n = 2 } x = n"));
    assert!(!sequential("x = n"));
}

#[test]
fn a_description_has_neurons_storage_order() {
    let text =
        "NEURON { POINT_PROCESS Syn USEION ca READ cai WRITE ica USEION na READ ena NONSPECIFIC_CURRENT i
        RANGE tau, g, cur, e, ica GLOBAL shared, total POINTER p BBCOREPOINTER rng }
        ASSIGNED { v (mV) g (uS) hidden total i (nA) cur[2] ica ena p rng }
        STATE { a b (uS) cai }
        PARAMETER { e = 3 (mV) other = 4 (ms) tau = 2 (ms) shared = 5 celsius }
        LOCAL inner
        BREAKPOINT { rates(v) i = p ica = 0 }
        PROCEDURE rates(v) { TABLE g FROM 0 TO 1 WITH 10 }
        NET_RECEIVE(w (uS), x) { }";
    let program = program(text);
    let description = &program.description;
    let names: Vec<&str> = description.variables.iter().map(|variable| &*variable.name).collect();
    assert_eq!(
        names,
        ["e", "tau", "g", "i", "cur[0]", "cur[1]", "a", "b", "hidden", "p", "cai", "ica", "ena"]
    );
    let visible = description.variables.iter().filter(|variable| variable.visible).count();
    assert_eq!(visible, 9);
    assert_eq!((description.variables[0].default, &*description.variables[0].unit), (3.0, "mV"));
    assert_eq!(description.variables[10].role, Role::State);
    let globals: Vec<(&str, f64)> =
        description.globals.iter().map(|global| (&*global.name, global.default)).collect();
    assert_eq!(globals, [("total", 0.0), ("other", 4.0), ("shared", 5.0), ("usetable", 1.0)]);
    let shared: Vec<&str> = program.globals[4..].iter().map(|global| &*global.name).collect();
    assert_eq!(shared, ["inner", "a0", "b0", "cai0"]);
    assert_eq!(description.event_arguments, Some(2));
    assert_eq!((&*description.name, description.kind), ("Syn", Kind::PointProcess));
    assert_eq!(program.pointers[0].column, 9);
    let nameless = nmodl::compile(&Arc::new(Source::new("folder/leak.mod", "")), None);
    assert_eq!(nameless.description.name, "leak");
}

#[test]
fn all_problems_are_told_at_once() {
    insta::assert_snapshot!(messages(
        "NEURON { SUFFIX wrong USEION k READ eka RANGE g, gmxa EXTERNAL other }
        UNITS { F = (faradays) (volt) (mA) = (milliampp) }
        PARAMETER { g = 1 gmax = 2 }
        ASSIGNED { v g inf a[3] }
        STATE { m }
        BREAKPOINT { SOLVE states METHOD cnexp inf = gmx + exp(v, 2) }
        DERIVATIVE states { m' = -m }
        INITIAL {
            a = 1
            a[3] = 2
            inf[0] = 2
            rates(1, 2)
            inf = rats(1)
            t = 3
            net_event(t)
        }
        PROCEDURE rates(x) { inf = fib(x) }
        FUNCTION fib(x) { fib = fib(x - 1) + fib(x - 2) }"
    ));
}

#[test]
fn what_only_c_cannot_do_waits_for_the_call() {
    insta::assert_snapshot!(messages(
        "NEURON { SUFFIX late }
        PROCEDURE load() {
        VERBATIM
            char* name = gargstr(1);
            fopen(name, 0);
        ENDVERBATIM
        }"
    ));
}

#[test]
fn included_files_are_read_and_blamed() {
    let folder = std::env::temp_dir().join(format!("nmodl-include-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("rates.inc");
    std::fs::write(&path, "PROCEDURE rates() {\n    x = y\n}\n").expect("a file");
    let text = "NEURON { SUFFIX s }\nASSIGNED { x }\nINCLUDE \"rates.inc\"\nINITIAL { rates() z = 1 }";
    let compiled = nmodl::compile(&Arc::new(Source::new("s.mod", text)), Some(&folder));
    let place = |report: &miette::Report| {
        let label = report.labels().and_then(|mut labels| labels.next()).expect("a place");
        let contents = report.source_code().expect("a text").read_span(label.inner(), 0, 0).expect("a line");
        (contents.name().expect("a name").to_string(), contents.line() + 1, report.to_string())
    };
    let places: Vec<_> = compiled.problems.iter().map(place).collect();
    let included = (path.display().to_string(), 2, "`y` is not declared".to_string());
    let own = ("s.mod".to_string(), 4, "`z` is not declared".to_string());
    assert_eq!(places, [included, own]);
    let missing = nmodl::compile(&Arc::new(Source::new("s.mod", "INCLUDE \"no.inc\"")), Some(&folder));
    assert_eq!(missing.problems[0].to_string(), "cannot include `no.inc`: there is no such file");
    std::fs::remove_dir_all(&folder).expect("the folder is removed");
}

#[test]
fn constants_of_units_are_shared_numbers() {
    let program = program(
        "NEURON { SUFFIX u }
        UNITS { (mV) = (millivolt) F = (faraday) (kilocoulombs) R = 8.3145 (joule/degC) scale = (mV) -> (volt) }
        CONSTANT { c = 3 (1) }
        PARAMETER { p = 7.345678901 }
        ASSIGNED { x }
        INITIAL { x = F + R + scale + c + p }",
    );
    let shared: Vec<(&str, f64)> =
        program.globals.iter().map(|global| (&*global.name, global.initial)).collect();
    let expected = [("p", 7.34568), ("F", 96.48533212331001), ("R", 8.3145), ("scale", 1e-3), ("c", 3.0)];
    assert_eq!(shared, expected);
    assert!(program.globals.iter().all(|global| !global.written));
}

/// The entries of a table come from columns that no other kernel may read.
#[test]
fn a_table_keeps_the_columns_that_its_entries_come_from() {
    let program = program(
        "NEURON { SUFFIX gate RANGE rate, other }
        PARAMETER { rate = 2 other = 3 }
        ASSIGNED { v open }
        STATE { n }
        INITIAL { rates(v) n = open }
        PROCEDURE rates(v) {
            TABLE open DEPEND rate FROM -100 TO 100 WITH 200
            open = rate*v
        }",
    );
    let constants =
        Constants { dt: 0.025, celsius: 34.0, second_order: 0, globals: vec![1.0; program.globals.len()] };
    let count = program.description.variables.len();
    let demand = Demand { uniform: vec![true; count], observed: vec![false; count] };
    let specialised = program.specialise(&constants, &demand);
    let storage = |name: &str| specialised.storage()[program.description.variable(name).expect("it exists")];
    assert_eq!(storage("rate"), Storage::Uniform);
    assert_eq!(storage("other"), Storage::Nowhere);
}
