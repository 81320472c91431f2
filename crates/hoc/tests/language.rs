//! Pieces of HOC and what NEURON 9.0.2 prints for them.

mod common;

use hoc::Value;
use proptest::prelude::*;

fn printed(text: &str) -> String {
    let mut interpreter = common::interpreter();
    interpreter.load_text("test.hoc", text).unwrap_or_else(|error| panic!("{text}: {error}"));
    interpreter.take_messages()
}

#[test]
fn numbers_follow_hocs_rules() {
    for (text, expected) in [
        ("print 5%3, -5%3, 2^3^2, -2^2, int(-3.99999999999999)", "2 1 512 -4 -4 \n"),
        ("print (1e-12 && 1), !0.5, 1==1+1e-12, !1e-20", "1 0 1 0 \n"),
        ("print 1/3, \"a\", 1e10, 123456789, \"b\"", "0.33333333 a1e+10 1.2345679e+08 b\n"),
        ("for i = 0, 2 { n += i }\nprint n, i", "3 3 \n"),
        (
            "proc p() { local i  for (i = 3; i > 0; i -= 1) { if (i == 2) continue  print i } }\np()",
            "3 \n1 \n",
        ),
        ("func f() { if ($1 < 2) return 1  return $1*f($1 - 1) }\nprint f(10)", "3628800 \n"),
        ("proc p() { $&1 = $2 + numarg() }\np(&y, 3)\nprint y", "5 \n"),
        (
            "iterator twice() { $&1 = 1 iterator_statement $&1 = 2 iterator_statement }\nfor twice(&z) print z",
            "1 \n2 \n",
        ),
        ("for case(&z, 4, 7) { print z }", "4 \n7 \n"),
    ] {
        assert_eq!(printed(text), expected, "{text}");
    }
}

#[test]
fn strings_and_objects_pass_by_reference() {
    let text = r#"
strdef s, t
objref v, sf
sf = new StringFunctions()
proc make() { $o1 = new Vector()  $o1.append(1, 2, 3)  $s2 = "made" }
make(v, s)
print v.sum(), s, v
s = "cell.name.asc"
sf.tail(s, "\\.", t)
print t, " ", sf.substr(s, "name"), sf.len(s)
sscanf("A 12", "%c %d", &a, &b)
print a, b
"#;
    assert_eq!(printed(text), "6 madeVector[0] \nname.asc 5 13 \n65 12 \n");
}

#[test]
fn sections_are_accessed_connected_and_named() {
    let text = r#"
create soma, dend[2]
connect dend[0](0), soma(1)
dend[0] connect dend[1](0), 0.5
soma { L = 20 diam = 10 nseg = 3 }
forall { insert pas }
dend[1] { nseg = 2 g_pas(0:1) = 1:3 }
soma distance()
print secname(), soma.L, dend[1].g_pas(0.25), dend[1].g_pas(0.9)
forsec "dend" print secname(), distance(0.5)
soma for (x) print x
objref r
dend[0] r = new SectionRef()
r.parent print secname(), r.nchild
"#;
    let expected =
        "soma20 1.5 2.5 \ndend[0]70 \ndend[1]145 \n0 \n0.16666667 \n0.5 \n0.83333333 \n1 \nsoma1 \n";
    assert_eq!(printed(text), expected);
}

/// Positions are sums of steps, rounded each time: names of random streams are made of all their digits.
#[test]
fn positions_of_segments_are_added_up() {
    let text = "create soma\nsoma { nseg = 7 for (x, 0) printf(\"%.17g \", x) }\nsoma { nseg = 3 for (x) printf(\"%.17g \", x) }";
    let expected = "0.071428571428571425 0.21428571428571427 0.3571428571428571 0.49999999999999994 0.64285714285714279 \
        0.78571428571428559 0.92857142857142838 0 0.16666666666666666 0.5 0.83333333333333326 1 ";
    assert_eq!(printed(text), expected);
}

#[test]
fn mechanism_functions_are_recorded() {
    let mut interpreter = common::interpreter();
    let text =
        "create soma\nsoma { insert Stoch nseg = 3 for (x, 0) { setdata_Stoch(x) setRNG_Stoch(1, x, 3) } }";
    interpreter.load_text("test.hoc", text).unwrap();
    let calls = interpreter.mechanism_calls();
    assert_eq!(calls.len(), 3);
    assert_eq!(
        (calls[1].function.as_str(), calls[1].location.map(|(_, x)| x), calls[1].arguments.as_slice()),
        ("setRNG", Some(0.5), &[1.0, 0.5, 3.0].map(Value::Number)[..])
    );
}

#[test]
fn a_net_con_watches_a_section() {
    let mut interpreter = common::interpreter();
    let text = "create soma\nobjref nc, s\nsoma s = new ExpSyn(0.5)\nsoma nc = new NetCon(&v(1), s)\nnc.threshold = -30\nnc.weight[0] = 2";
    interpreter.load_text("test.hoc", text).unwrap();
    let connections = interpreter.net_connections();
    assert_eq!(
        (connections[0].threshold, connections[0].delay, &connections[0].weights[..]),
        (-30.0, 1.0, &[2.0][..])
    );
    assert_eq!(connections[0].source.map(|(_, x)| x), Some(1.0));
}

#[test]
fn programs_without_end_are_stopped() {
    let options = hoc::Options { step_limit: 10_000, ..hoc::Options::default() };
    for text in [
        "while (1) { x = 1 }",
        "proc p() { p() }\np()",
        "strdef s\ns = \"a\"\nwhile (1) { sprint(s, \"%s%s\", s, s) }",
    ] {
        let mut interpreter = hoc::Interpreter::new(common::catalogue(), options.clone());
        assert!(interpreter.load_text("test.hoc", text).is_err(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_parsed_and_run_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let options = hoc::Options { step_limit: 1000, ..hoc::Options::default() };
        let _ = hoc::Interpreter::new(common::catalogue(), options).load_text("test.hoc", &text);
    }

    #[test]
    fn any_words_are_parsed_and_run_without_panic(words in proptest::collection::vec(proptest::sample::select(vec![
        "{", "}", "(", ")", "[", "]", "\n", "proc", "p", "for", "forsec", "forall", "if", "else", "create", "soma", "=",
        "x", ",", "1", "0.5", "\"%d\"", "new", "Vector", "List", "objref", "o", ".", "append", "connect", "insert", "pas",
        "-", "!", "^", "%", "/", "$1", "$o1", "$s2", "&", "begintemplate", "T", "endtemplate", "public", "strdef", "s",
        "execute", "sprint", "local", "return", "access", "v", "nseg", "L", "diam", ":", "delete_section", "distance",
        "while", "iterator", "iterator_statement", "SectionRef", "SectionList", "remove", "resize", "NetCon", "ExpSyn",
    ]), 0..60)) {
        let text = words.join(" ");
        let options = hoc::Options { step_limit: 1000, ..hoc::Options::default() };
        let _ = hoc::Interpreter::new(common::catalogue(), options).load_text("test.hoc", &text);
    }
}
