//! What the parser makes of right models, one construct after the other, and that it takes any text.

use std::sync::Arc;

use nmodl::syntax::{Source, dump, parse};
use proptest::prelude::*;

fn tree(text: &str) -> String {
    let parsed = parse(&Arc::new(Source::new("test.mod", text)));
    assert!(parsed.errors.is_empty(), "{text}\n{:?}", parsed.errors);
    dump(&parsed.module)
}

/// The tree of `x = text`, without `x = `.
fn value(text: &str) -> String {
    let tree = tree(&format!("INITIAL {{ x = {text} }}"));
    tree.trim_start_matches("initial\n  x = ").trim_end().to_string()
}

#[test]
fn operators_bind_as_in_neuron() {
    let cases = [
        ("a + b*c - d", "((a + (b * c)) - d)"),
        ("a/b/c", "((a / b) / c)"),
        ("a^b^c", "(a ^ (b ^ c))"),
        ("-a^b*c", "((-(a ^ b)) * c)"),
        ("a^-b*c", "((a ^ (-b)) * c)"),
        ("-a - -b", "((-a) - (-b))"),
        ("!a == b", "((!a) == b)"),
        ("a < b && c >= d || e != f", "(((a < b) && (c >= d)) || (e != f))"),
        ("a == b < c", "(a == (b < c))"),
        ("4(um2)*PI*(3(1/um3)/4)", "((4 (um2) * PI) * <(3 (1/um3) / 4)>)"),
        ("1.5e-3 + .5 + 2. + 1e3", "(((0.0015 + 0.5) + 2) + 1000)"),
        ("m' + ca[i+1] + ca'[0]", "((m' + ca[(i + 1)]) + ca'[0])"),
    ];
    for (text, expected) in cases {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn declarations_keep_all_they_say() {
    let text = r#"
TITLE a model: "with" anything ? in it
COMMENT until the word
not ENDCOMMENT within a line
ENDCOMMENT dropped
DEFINE N 4 : a comment
INCLUDE "other.inc"
UNITS { (mV) = (millivolt)  F = 96485 (coul) R = (k-mole) (joule/degC) inch = (foot) -> (inch) (mM) = (milli/liter) }
NEURON {
    SUFFIX test ? another comment
    REPRESENTS NCIT:C17145   : sodium channel
    USEION na READ ena, nai WRITE ina VALENCE 1 REPRESENTS CHEBI:29101
    USEION x WRITE ix CHARGE -2
    NONSPECIFIC_CURRENT i
    RANGE g, h GLOBAL k
    POINTER p BBCOREPOINTER rng EXTERNAL e RANDOM r
    THREADSAFE
}
PARAMETER { UNITSOFF g = -1.5e-3 (S/cm2) <0, 1e9> h (mV) list[3] (ms) UNITSON n = N }
CONSTANT { c = 3 (1) }
INDEPENDENT { t FROM 0 TO 1 WITH 1 (ms) }
ASSIGNED { v (mV) w[N] (mA/cm2) }
STATE { m FROM 0 TO 1 START 0.5 (1) <1e-3> ca[4] (mM) <1e-7> q' }
LOCAL a, b[N]
"#;
    insta::assert_snapshot!(tree(text), @r##"
title "a model: \"with\" anything ? in it"
define N 4
include other.inc
units
  (mV) = (millivolt)
  F = 96485 (coul)
  R = (k-mole) -> (joule/degC)
  inch = (foot) -> (inch)
  (mM) = (milli/liter)
neuron
  suffix test
  represents NCIT:C17145
  useion na read [ena, nai] write [ina] valence 1 represents CHEBI:29101
  useion x read [] write [ix] valence -2
  nonspecific_current [i]
  range [g, h]
  global [k]
  pointer [p]
  bbcorepointer [rng]
  external [e]
  random [r]
  threadsafe
parameter
  g = -0.0015 (S/cm2) <0, 1000000000>
  h (mV)
  list[3] (ms)
  n = 4
constant
  c = 3 (1)
independent
  t 0..1 / 1 (ms)
assigned
  v (mV)
  w[N] (mA/cm2)
state
  m from 0 to 1 start 0.5 (1) <0.001>
  ca[4] (mM) <0.0000001>
  q'
local a, b[N]
units off from line 19
units on from line 19
"##);
}

#[test]
fn statements_keep_all_they_say() {
    let text = r#"
BREAKPOINT { LOCAL a, b[2] SOLVE s METHOD cnexp SOLVE t STEADYSTATE sparse SOLVE u CONDUCTANCE g USEION na }
DERIVATIVE s { m' = (minf - m)/tau }
KINETIC k SOLVEFOR a, b {
    COMPARTMENT i, vol[i]*1(um) { a b }
    COMPARTMENT 2 {c}
    LONGITUDINAL_DIFFUSION d {a}
    ~ 2 a + b[0] <-> c (f(v), 3)
    ~ a << (x*2) ~ b -> (k1)
    CONSERVE a + 2c - b = 1
}
LINEAR l { ~ 3*x + y = 2 ~+ x = y }
FUNCTION f(x (mV), y) (ms) { TABLE DEPEND celsius FROM -100 TO 100 WITH 200 f = x }
PROCEDURE p() { TABLE a, b FROM lo TO hi WITH 200 printf("%g\n", x) PROTECT a = 1 MUTEXLOCK MUTEXUNLOCK LAG v BY d { y = 1 } }
FUNCTION_TABLE ft(v (mV)) (ms)
NET_RECEIVE(w (uS), tau) {
    INITIAL { tau = 1 }
    IF (flag == 0) { net_send(1, 2) } ELSE IF (flag == 1) { WATCH (v > -20) 2, (v < x - 3) 3 } else { net_event(t) }
    FOR_NETCONS(w1, t1 (ms)) { w1 = 2 }
    FROM i = 0 TO N-1 BY 2 { WHILE (x < 3) { x = x + 1 UNITSOFF } }
}
BEFORE STEP { a = 1 } AFTER SOLVE { b = 1 }
CONSTRUCTOR { VERBATIM a(); ENDVERBATIM is not first here;
ENDVERBATIM ignored
} DESTRUCTOR { }
"#;
    insta::assert_snapshot!(tree(text), @r##"
breakpoint
  local a, b[2]
  solve s method cnexp
  solve t steadystate sparse
  solve u
  conductance g Some(na)
derivative s
  m' = (<(minf - m)> / tau)
kinetic k for [a, b]
  compartment i, (vol[i] * 1 (um)) [a, b]
  compartment 2 [c]
  diffusion d [a]
  2 a + b[0] <-> c (f(v), 3)
  a << ((x * 2))
  b -> (k1)
  conserve a + 2 c - b = 1
linear l
  equation ((3 * x) + y) = 2
  equation x = y
function f(x (mV), y) (ms)
  table [] depend [celsius] from (-100) to 100 with 200
  f = x
procedure p
  table [a, b] depend [] from lo to hi with 200
  printf("%g\\n", x)
  protect a = 1
  mutexlock
  mutexunlock
  lag v by d
  block
    y = 1
function_table ft(v (mV)) (ms)
net_receive(w (uS), tau)
  initial
    tau = 1
  if (flag == 0)
    net_send(1, 2)
  else if (flag == 1)
    watch (v > (-20)) 2, (v < (x - 3)) 3
  else
    net_event(t)
  for_netcons(w1, t1 (ms))
    w1 = 2
  from i = 0 to (N - 1) by 2
    while (x < 3)
      x = (x + 1)
before step
  a = 1
after solve
  b = 1
constructor
  verbatim "a(); ENDVERBATIM is not first here;"
destructor
units off from line 20
"##);
}

#[test]
fn spliced_bodies_are_marked() {
    let text = "NET_RECEIVE(w) {\nVERBATIM\n if (w) {\nENDVERBATIM\n x = 1\nVERBATIM\n }\nENDVERBATIM\n if (x) {\n\
                VERBATIM\n return;\nENDVERBATIM\n }\n}";
    insta::assert_snapshot!(tree(text), @r##"
net_receive(w) spliced
  verbatim incomplete "if (w) {"
  x = 1
  verbatim incomplete "}"
  if x
    verbatim "return;"
"##);
}

/// Words and marks of the language in any order reach further into the parser than bytes do.
fn soup() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "NEURON",
        "PARAMETER",
        "STATE",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "~",
        "<->",
        "<<",
        "->",
        "=",
        ",",
        "a",
        "b'",
        "3",
        "1.5",
        "KINETIC",
        "PROCEDURE",
        "NET_RECEIVE",
        "INITIAL",
        "if",
        "else",
        "FROM",
        "TO",
        "WATCH",
        "TABLE",
        "LOCAL",
        "\n",
        "UNITSOFF",
        "VERBATIM",
        "\nENDVERBATIM",
        "COMMENT",
        "\nENDCOMMENT",
        "REPRESENTS",
        "USEION",
        "READ",
        "TITLE",
        "\"",
        ":",
        "-",
        "+",
        "*",
        "^",
        "SOLVE",
        "METHOD",
        "DEFINE",
        "UNITS",
        "COMPARTMENT",
        "CONSERVE",
        "DISCRETE",
        "µ",
    ]);
    prop::collection::vec(words, 0..80).prop_map(|words| words.join(" "))
}

fn check(text: &str) {
    let source = Arc::new(Source::new("any", text));
    let parsed = parse(&source);
    for error in &parsed.errors {
        let (start, length) = (error.span.offset(), error.span.len());
        assert!(text.get(start..start + length).is_some(), "a span outside the text");
    }
    dump(&parsed.module);
    nmodl::compile(&source, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_bytes_parse(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_words_parse(text in soup()) {
        check(&text);
    }
}
