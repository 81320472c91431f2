//! What cannot be done is told by name, before or at once when it happens.

use neurodamus::model::{Argument, Error};

use super::support::{folder, model, soma, until};

const FAILING: &str = "NEURON { SUFFIX fragile RANGE limit }
PARAMETER { limit = 1 }
STATE { n }
INITIAL { n = 0 }
BREAKPOINT { SOLVE grow METHOD euler }
DERIVATIVE grow {
    n' = 1
    check()
}
PROCEDURE check() {
VERBATIM
    if (n > limit) {
        hoc_execerror(\"n is too large\", 0);
    }
ENDVERBATIM
}
";

#[test]
fn a_kernel_that_fails_stops_the_run_and_says_where() {
    let mut model = model(&[("fragile.mod", FAILING)]);
    let soma = soma(&mut model, 3, &["fragile"]);
    model.set_at((soma, 0.5), "limit_fragile", 0.3).expect("it is inserted");
    let error = model.run(&until(5.0)).expect_err("it fails").to_string();
    assert!(error.contains("mechanism `fragile` at fragile.mod:"), "{error}");
    assert!(error.contains("gid 0") && error.contains("section `soma`, segment 1"), "{error}");
    assert!(error.contains("n is too large"), "{error}");
    assert!(error.starts_with("at t = 0.3"), "{error}");
}

#[test]
fn what_is_wrong_with_calls_and_pointers_is_told() {
    const POINTING: &str = "NEURON { POINT_PROCESS Pointing POINTER p RANGE x }
ASSIGNED { p x }
BREAKPOINT { SOLVE look }
PROCEDURE look() { x = p }
";
    let mut model = model(&[("pointing.mod", POINTING)]);
    let soma = soma(&mut model, 1, &["pas"]);
    let point = model.point_process("Pointing", (soma, 0.5)).expect("it is loaded");
    let error = model.run(&until(1.0)).expect_err("the pointer is not set").to_string();
    assert_eq!(error, "gid 0: the pointer `p` of mechanism `Pointing` in section `soma` points to nothing");
    model.call(point, "lock", &[Argument::Number(1.0)]).expect("it exists");
    let pointer = |name: &str| neurodamus::model::Variable::Point(point, name.to_owned());
    let voltage = neurodamus::model::Variable::Range((soma, 0.5), "v".to_owned());
    model.set_pointer(pointer("p"), voltage).expect("both exist");
    let error = model.run(&until(1.0)).expect_err("there is no such function").to_string();
    assert_eq!(error, "gid 0: mechanism `Pointing` has no function `lock`");
}

#[test]
fn all_problems_of_all_files_are_told() {
    let folder = folder(&[
        ("one.mod", "NEURON { SUFFIX one RANGE g }\nBREAKPOINT { g = }\n"),
        ("two.mod", "NEURON { SUFFIX two }\nASSIGNED { a }\nINITIAL { a = b }\n"),
    ]);
    let mut model = neurodamus::model::Model::new();
    let Err(Error::Mechanisms(problems)) = model.load_mechanisms(folder.path()) else {
        panic!("both are wrong")
    };
    assert!(problems.0.len() >= 2, "{problems:?}");
}
