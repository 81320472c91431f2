//! The statements as text. Rules and associations are those of the text that NEURON 9.0.2 translates the same files
//! to.

use std::sync::Arc;

use super::super::{Options, Place, SolveError, rewrite};
use super::machine::Machine;
use crate::syntax::ast::{ItemKind, StatementKind};
use crate::syntax::{Source, dump_body, parse};

/// The statements that stand for the first `SOLVE` of `BREAKPOINT`.
fn statements(text: &str) -> String {
    dump_body(&Machine::new(text).rewrite(Place::Breakpoint, false).body)
}

fn derivative(states: &str, body: &str) -> String {
    let text = format!(
        "DEFINE N 2\nSTATE {{ {states} }}\nBREAKPOINT {{ SOLVE s METHOD cnexp }}\nDERIVATIVE s {{ {body} }}\n\
         FUNCTION f(x) {{ f = x }}\n"
    );
    statements(&text)
}

/// The first error of the first `SOLVE`, with what it stands at and its remedy.
fn refusal(text: &str) -> String {
    let parsed = parse(&Arc::new(Source::new("test.mod", text)));
    let solve = parsed.module.items.iter().find_map(|item| match &item.kind {
        ItemKind::Block(block) => {
            block.body.statements.iter().find(|one| matches!(one.kind, StatementKind::Solve { .. }))
        }
        _ => None,
    });
    let options = Options { place: Place::Breakpoint, second_order: false };
    let errors = rewrite(&parsed.module, solve.expect("a SOLVE"), options).expect_err("refused");
    let SolveError { span, help, .. } = &errors[0];
    let at = &text[span.offset()..span.offset() + span.len()];
    format!("{} | {at} | {}", errors[0], help.clone().unwrap_or_default())
}

#[test]
fn cnexp_has_the_operations_of_the_text() {
    insta::assert_snapshot!(derivative("m", "m' = (minf - m)/mtau"));
    insta::assert_snapshot!(derivative("n", "LOCAL a a = k*2 n' = a*(1-n) - q*n"));
    insta::assert_snapshot!(derivative("w", "w' = k"));
    insta::assert_snapshot!(derivative("y", "y' = x - y*(1-k*-2)"));
    insta::assert_snapshot!(derivative("h", "if (v > 1) { h' = 0 - f(k)*h } else { h' = h*0 }"));
}

#[test]
fn cnexp_of_arrays_takes_other_elements_as_constants() {
    insta::assert_snapshot!(derivative("m[N]", "FROM i = 0 TO N-1 { m'[i] = m[0] - m[i]*k }"));
}

#[test]
fn powers_without_the_state_are_constants() {
    insta::assert_snapshot!(derivative("m", "m' = k^2 - m*(v > 0)"));
}

#[test]
fn what_cnexp_cannot_split_is_implicit() {
    insta::assert_snapshot!(derivative("b a", "b' = f(b) a' = b - a"));
}

#[test]
fn a_linear_scheme() {
    insta::assert_snapshot!(statements(
        "STATE { o c d }\nBREAKPOINT { SOLVE k METHOD sparse }\nKINETIC k {\nrates(v)\n~ c <-> o (a, b)\n\
         ~ o <-> d (p + q, r)\nCONSERVE c + o + d = 1\n}\nPROCEDURE rates(v) { a = v }\n"
    ));
}

#[test]
fn a_nonlinear_scheme_in_compartments() {
    insta::assert_snapshot!(statements(
        "DEFINE N 2\nSTATE { x[N] b }\nBREAKPOINT { SOLVE k METHOD sparse }\nKINETIC k {\n\
         COMPARTMENT i, vol[i] { x }\nFROM i = 0 TO N-1 { ~ 2 x[i] + b <-> x[0] (a, 1) }\n\
         ~ b << (j)\n~ b -> (a + 1)\nica = f_flux\n}\n"
    ));
}

#[test]
fn a_steady_state() {
    let text = "STATE { a b }\nINITIAL { SOLVE k STEADYSTATE sparse }\nKINETIC k { ~ a <-> b (1, 2) }\n";
    insta::assert_snapshot!(dump_body(&Machine::new(text).rewrite(Place::Initial, false).body));
}

#[test]
fn linear_equations() {
    insta::assert_snapshot!(statements(
        "STATE { x y }\nBREAKPOINT { SOLVE l }\nLINEAR l {\n~ -2*x*k/3 + y = 4 - y*j\n~ x = 1\n~+ k*y = 0\n}\n"
    ));
}

#[test]
fn nonlinear_equations() {
    insta::assert_snapshot!(statements(
        "STATE { x y z }\nBREAKPOINT { SOLVE l }\nNONLINEAR l SOLVEFOR x, y {\n~ x*y - z = 4 - y\n~ x + y = 3\n}\n"
    ));
}

#[test]
fn procedures_are_called() {
    let text = "BREAKPOINT { SOLVE p METHOD after_cvode }\nPROCEDURE p() { a = 1 }\n";
    assert_eq!(statements(text), "block\n  p()\n");
}

#[test]
fn derivatives_that_are_not_always_set_are_kept() {
    let kept = |body: &str| {
        let text =
            format!("STATE {{ m x[2] }}\nBREAKPOINT {{ SOLVE s METHOD euler }}\nDERIVATIVE s {{ {body} }}\n");
        let hidden = Machine::new(&text).rewrite(Place::Breakpoint, false).hidden;
        hidden.iter().map(|hidden| format!("{} {}", hidden.state, hidden.kept)).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(kept("m' = 1 FROM i = 0 TO 1 { x'[i] = 1 }"), "m false, x false");
    assert_eq!(kept("if (v > 0) { m' = 1 } x'[0] = 1"), "m true, x true");
    assert_eq!(kept("if (v > 0) { m' = 1 } else { m' = 2 }"), "m false");
}

#[test]
fn what_cannot_be_solved_is_told_with_a_remedy() {
    let kinetic = |states: &str, method: &str, body: &str| {
        refusal(&format!("STATE {{ {states} }}\nBREAKPOINT {{ SOLVE k {method} }}\nKINETIC k {{ {body} }}\n"))
    };
    let sparse = "METHOD sparse";
    let texts = [
        kinetic("a b", sparse, "LONGITUDINAL_DIFFUSION 1 { a }\n~ a <-> b (1, 2)"),
        kinetic("a b", "METHOD matexp", "~ a <-> b (1, 2)"),
        kinetic("a b", "STEADYSTATE matexp", "~ a <-> b (1, 2)"),
        kinetic("a b", "", "~ a <-> b (1, 2)"),
        kinetic("a b", sparse, "if (v > 0) { ~ a <-> b (1, 2) }"),
        kinetic("a[2] b", sparse, "~ a[n] <-> b (1, 2)"),
        kinetic("a[2] b", sparse, "~ a[2] <-> b (1, 2)"),
        kinetic("a[2] b", sparse, "~ a <-> b (1, 2)"),
        kinetic("a[2] b", sparse, "FROM i = 0 TO n { ~ a[i] <-> b (1, 2) }"),
        kinetic("a b", sparse, "~ a <-> b (1, 2)\n~ b << (3)\nCONSERVE a + b = 1"),
        kinetic("a b", sparse, "CONSERVE a + b = 1\nCONSERVE a + b = 1\nCONSERVE b = 1"),
        kinetic("a b", sparse, "x = 1"),
        refusal("BREAKPOINT { SOLVE nothing METHOD cnexp }\n"),
        refusal("BREAKPOINT { SOLVE f }\nFUNCTION f() { f = 1 }\n"),
        refusal("STATE { x }\nBREAKPOINT { SOLVE d METHOD sparse }\nDERIVATIVE d { x' = 1 }\n"),
        refusal("STATE { x }\nBREAKPOINT { SOLVE d METHOD cnexp }\nDERIVATIVE d { x'' = 1 }\n"),
        refusal("BREAKPOINT { SOLVE d METHOD cnexp }\nDERIVATIVE d { x' = 1 }\n"),
        refusal("STATE { x y }\nBREAKPOINT { SOLVE l }\nLINEAR l { ~ x*y = 1\n~ x = 1 }\n"),
        refusal("STATE { x y }\nBREAKPOINT { SOLVE l }\nNONLINEAR l { ~ x*y = 1 }\n"),
    ];
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn surprises_are_told() {
    let warnings = |text: &str| {
        let rewritten = Machine::new(text).rewrite(Place::Breakpoint, false);
        rewritten.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let texts = [
        warnings("STATE { a b }\nBREAKPOINT { SOLVE k METHOD sparse }\nKINETIC k { ~ a <-> b (p + q, 2) }\n"),
        warnings(
            "STATE { a b }\nBREAKPOINT { SOLVE k METHOD euler }\nKINETIC k { ~ a <-> b (1, 2)\nCONSERVE a + b = 1 }\n",
        ),
        warnings("STATE { x }\nBREAKPOINT { SOLVE d METHOD cnexp }\nDERIVATIVE d { x' = 1 - x*x }\n"),
        warnings("STATE { x }\nBREAKPOINT { SOLVE d METHOD cnexp }\nDERIVATIVE d { x' = 1/x }\n"),
        warnings("STATE { x }\nBREAKPOINT { SOLVE d }\nDERIVATIVE d { x' = 1/x }\n"),
    ];
    insta::assert_snapshot!(texts.join("\n"));
}
