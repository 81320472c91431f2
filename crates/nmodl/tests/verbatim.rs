//! C text in `VERBATIM` blocks becomes part of the tree: every idiom that models use, and what is refused.

use std::sync::Arc;

use miette::Diagnostic;
use nmodl::syntax::{Parsed, Source, dump, parse};
use nmodl::verbatim::splice;
use proptest::prelude::*;

fn spliced(text: &str) -> Parsed {
    splice(&parse(&Arc::new(Source::new("test.mod", text))).module)
}

/// The tree of a file without errors.
fn tree(text: &str) -> String {
    let parsed = spliced(text);
    assert!(parsed.errors.is_empty(), "{text}\n{:?}", parsed.errors);
    dump(&parsed.module)
}

/// The statements of a procedure whose body is one block of C text, one a line.
fn statements(c: &str) -> String {
    let tree = tree(&format!("PROCEDURE test(a) {{ LOCAL b\nVERBATIM\n{c}\nENDVERBATIM\n}}"));
    let body = tree.trim_start_matches("procedure test(a)\n  local b\n");
    body.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// `line: message | help` of everything wrong.
fn messages(text: &str) -> String {
    let parsed = spliced(text);
    assert!(!parsed.errors.is_empty(), "no error in {text}");
    let describe = |error: &nmodl::syntax::SyntaxError| {
        let help = error.help().map(|help| format!(" | {help}")).unwrap_or_default();
        format!("{}: {error}{help}", parsed.module.source.line(error.span.offset() as u32))
    };
    parsed.errors.iter().map(describe).collect::<Vec<_>>().join("\n")
}

#[test]
fn operators_bind_as_in_c() {
    let cases = [
        ("x + y*z - w", "((x + (y * z)) - w)"),
        ("-x*y", "((-x) * y)"),
        ("x % 3 << 2 & 7 | y ^ 1", "((((x % 3i) << 2i) & 7i) | (y xor 1i))"),
        ("~x == !y", "((~x) == (!y))"),
        ("x < y == z > w", "((x < y) == (z > w))"),
        ("x || y && z", "(x || (y && z))"),
        ("x ? y : z ? u : w", "(x ? y : (z ? u : w))"),
        ("(int)x / 2", "((x as int) / 2i)"),
        ("(double)i*y", "((i as double) * y)"),
        ("double(n) + int(x)", "((n as double) + (x as int))"),
        ("static_cast<uint32_t>(*getarg(1))", "((*getarg(1i)) as uint32_t)"),
        ("p[i+1][2]", "p[(i + 1i)][2i]"),
        ("f(x)[i]", "f(x)[i]"),
        ("i++ + --j", "((i++) + (--j))"),
        ("0x1F + 010 + 'a' + 5u", "(((31i + 8i) + 97i) + (5i as uint32_t))"),
        ("1. + .5 + 2e-3 + 1.5f", "(((1 + 0.5) + 0.002) + (1.5 as float))"),
        ("true + NULL", "(1i + null)"),
        ("g(\"a\\n\" \"b\")", "g(\"a\\\\nb\")"),
        ("u = w = 3", "(u = (w = 3i))"),
    ];
    for (text, expected) in cases {
        assert_eq!(statements(&format!("h({text});")), format!("h({expected})"), "{text}");
    }
}

#[test]
fn statements_of_c() {
    let cases = [
        ("int i, *j = 0, k[3];", "int i\nint* j = 0i\nint k[3]"),
        ("static double c[] = {1, -2.};", "shared double c[2] = {1i, (-2)}"),
        (
            "const unsigned int n = 2; unsigned long m; size_t s;",
            "const uint32_t n = 2i\nuint64_t m\nuint64_t s",
        ),
        ("x = 1; x += 2; x++; f(x);", "x = 1i\n(x += 2i)\n(x++)\nf(x)"),
        (
            "if (x) y = 1; else if (z) y = 2; else { y = 3; }",
            "if x\n  y = 1i\nelse if z\n  y = 2i\nelse\n  y = 3i",
        ),
        (
            "for (i = 0, j = 1; i < 3; i++, j--) { x = i; }",
            "for (i = 0i), (j = 1i); (i < 3i); (i++), (j--)\n  x = i",
        ),
        ("for (int i = 0; ; ) break;", "for int i = 0i; ; \n  break"),
        ("while (x < 3) { ++x; continue; }", "while (x < 3i)\n  (++x)\n  continue"),
        ("do { x -= 1; } while (x > 0);", "do\n  (x -= 1i)\nwhile (x > 0i)"),
        ("return; return (x);", "return\nreturn x"),
        ("{ double x; }", "block\n  double x"),
        ("if (auto* p = f(1)) { g(p); }", "block\n  auto* p = f(1i)\n  if p\n    g(p)"),
        ("x = 1, y = 2;", "x = 1i\ny = 2i"),
        ("double *hoc_pgetarg(); long f(void* r), g;", "long g"),
        (";;", ""),
        ("/* { */ // }\n(void)x;", "x"),
    ];
    for (text, expected) in cases {
        // Starts of loops are expressions in any case
        let found = statements(text).replace("for i = 0i, j = 1i", "for (i = 0i), (j = 1i)");
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn c_reaches_around_nmodl() {
    let text = "\
NET_RECEIVE(w) {
  INITIAL {
    VERBATIM
    void *vv = *((void**)(&_p_times));
    if (vv && vector_capacity(vv) >= 1) {
      double* px = vector_vec(vv);
      for (int i = 0; i < vector_capacity(vv); ++i) {
        double next = px[i];
    ENDVERBATIM
    net_send(next, 1)
    VERBATIM
      }
    }
    ENDVERBATIM
  }
  if (w <= 0) {
VERBATIM
    return;
ENDVERBATIM
  }
VERBATIM
  if (w > 2)
ENDVERBATIM
  x = 3
  if (w > 1) {
    y = 1
VERBATIM
  } else {
ENDVERBATIM
    y = 2
  }
}";
    // C sees the argument as `_args[0]`, so its `w` is refused
    assert!(messages(text).contains("`w` is no variable"));
    let text = text.replace("  if (w > 2)", "  if (_args[0] > 2)");
    assert_eq!(
        tree(&text),
        "\
net_receive(w)
  initial
    void* vv = slot:times
    if (vv && (vector_capacity(vv) >= 1i))
      double* px = vector_vec(vv)
      for int i = 0i; (i < vector_capacity(vv)); (++i)
        double next = px[i]
        net_send(next, 1)
  if (w <= 0)
    return
  if (w > 2i)
    x = 3
  if (w > 1)
    y = 1
  else
    y = 2
"
    );
}

#[test]
fn conditions_guard_nmodl() {
    let text = "\
VERBATIM
#if defined(NRN_VERSION_GTEQ) && NRN_VERSION_GTEQ(9, 0, 0)
#define NEW
#endif
ENDVERBATIM
BREAKPOINT {
VERBATIM
#ifdef CORENEURON_BUILD
ENDVERBATIM
  x = 1
VERBATIM
  } don't }
#elif !NRNBBCORE && defined NEW
  y = 2;
ENDVERBATIM
  x = 2
VERBATIM
#else
ENDVERBATIM
  x = 3
VERBATIM
#endif
#if NRN_VERSION_LT(9, 0, 2) || NRN_VERSION_NE(9, 0, 2) || !defined(NRN_VERSION_GTEQ_8_2_0)
ENDVERBATIM
  z = 1
VERBATIM
#endif
ENDVERBATIM
}
VERBATIM
#ifdef CORENEURON_BUILD
ENDVERBATIM
FUNCTION f() { f = 1 }
VERBATIM
#else
ENDVERBATIM
FUNCTION f() { f = 2 }
VERBATIM
#endif
ENDVERBATIM";
    assert_eq!(tree(text), "breakpoint\n  y = 2i\n  x = 2\nfunction f\n  f = 2\n");
}

#[test]
fn macros_are_replaced() {
    let text = "\
#define N 4
#define CAST (Rand*)
#define EMPTY
#define say(...)
#define tell(...) printf(__VA_ARGS__)
#define square(x) ((x) * (x))
#define twice(x) square(x) + \\
   N
#define self self + 1
EMPTY double k[N]; r = CAST _p_rng; say(\"a\", b);
tell(\"%g %g\", x, twice(y)); z = self; square = 2;
#undef N
n = N;";
    let expected = "\
double k[4]
r = slot:rng
printf(\"%g %g\", x, ((y * y) + 4i))
z = (self + 1i)
square = 2i
n = N";
    assert_eq!(statements(text), expected);
}

#[test]
fn names_of_c_become_those_of_nmodl() {
    let text = "\
NEURON { POINT_PROCESS t BBCOREPOINTER rng, exp_rng }
LOCAL shared
FUNCTION urand(n, m) { LOCAL sum, i
VERBATIM
  int i = (int)_ln;
  _lsum = _lm + i;
  _lurand = _lsum * urand(_threadargscomma_ i, _lm) + other(_threadargs_);
  cai = _ion_cai + _zshared;
ENDVERBATIM
  i = sum
}
NET_RECEIVE(w, u) {
VERBATIM
  _args[1] = _lflag;
  net_send(_tqitem, _args, _pnt, t + 5., 1.);
  artcell_net_send(_tqitem, (double*)0, _ppvar[1].get<Point_process*>(), t, flg);
  net_event(_pnt, t);
  if (_nt != nrn_threads) { hoc_execerror(\"a\", 0); }
ENDVERBATIM
}
PROCEDURE p() {
VERBATIM
  nrnran123_State** pv = (nrnran123_State**)(&_p_rng);
  void** v2;
  if (*pv) { nrnran123_deletestream(*pv); *pv = (nrnran123_State*)0; }
  *pv = nrnran123_newstream3((uint32_t)*getarg(1), 0, 0);
  pv = (nrnran123_State**)(&_p_exp_rng);
  *pv = nullptr;
  v2 = reinterpret_cast<void**>(&space);
  *v2 = vector_arg(1);
  double x = nrn_random_pick((Rand*)_p_rng);
  double *y; int n = vector_instance_px(*v2, &y);
  _p_rng = (double*)vector_new1(2);
  x = *_p_value;
ENDVERBATIM
}";
    assert_eq!(
        tree(text),
        "\
neuron
  point_process t
  bbcorepointer [rng, exp_rng]
local shared
function urand(n, m)
  local sum, i
  int i@c = (n as int)
  sum = (m + i@c)
  urand = ((sum * urand(i@c, m)) + other())
  cai = (cai@ion + shared)
  i = sum
net_receive(w, u)
  u = flag
  artcell_net_send((t + 5), 1)
  artcell_net_send(t, flg)
  net_event(t)
  if 0i
    hoc_execerror(\"a\", 0i)
procedure p
  if slot:rng
    nrnran123_deletestream(slot:rng)
    (slot:rng = null)
  (slot:rng = nrnran123_newstream3(((*getarg(1i)) as uint32_t), 0i, 0i))
  (slot:exp_rng = null)
  (slot:space = vector_arg(1i))
  double x = nrn_random_pick(slot:rng)
  double* y
  int n = vector_instance_px(slot:space, (&y))
  (slot:rng = vector_new1(2i))
  x = value
"
    );
}

#[test]
fn items_of_c() {
    let text = "\
VERBATIM
#include <math.h>
extern int ifarg(int); extern \"C\" { double* vector_vec(void*); }
extern int (*hook)(void*);
double foo(int a[], char);
const int FLAG = -99; static double cof[2] = {1, 2};
static const char id[] = \"ab\";
static double
mean(_threadargsprotocomma_ double* x, int n) { return x[0] / n; }
static void bbcore_write(double* x, int* d, _threadargsproto_) { if (x) { d[0] = 0, d[1] = sizeof(x); } }
ENDVERBATIM
FUNCTION bbsavestate() {
  bbsavestate = 0
VERBATIM
  struct any thing { goto there;
ENDVERBATIM
}
VERBATIM
double after;
ENDVERBATIM";
    assert_eq!(
        tree(text),
        "\
c shared const int FLAG = (-99i)
c shared double cof[2] = {1i, 2i}
c shared const char id[3] = \"ab\"
c double mean(double* x, int n)
  return (x[0i] / n)
function bbsavestate
  bbsavestate = 0
c shared double after
"
    );
}

#[test]
fn empty_blocks_vanish() {
    assert_eq!(tree("VERBATIM\nENDVERBATIM\nINITIAL {\nVERBATIM\n // no\nENDVERBATIM\n}"), "initial\n");
    assert_eq!(tree("UNITSOFF\nINITIAL { a = 1 }"), "initial\n  a = 1\nunits off from line 1\n");
}

#[test]
fn spans_point_into_the_file() {
    let text = "PROCEDURE p() {\nVERBATIM\n#define f(x) g(x)\n  y = f(1) + wrong->x;\nENDVERBATIM\n}";
    let parsed = spliced(text);
    let span = parsed.errors[0].span;
    assert_eq!(&text[span.offset()..span.offset() + span.len()], "->");
}

#[test]
fn what_is_outside_is_refused() {
    let blocks = [
        "x = info->size;",
        "FILE* f = fopen(\"a\", \"w\"); x = sizeof(f);",
        "struct Info info;",
        "switch (x) { case 1: y = 2; }",
        "goto end;",
        "std::vector<double> v;",
        "x = (a, b);",
        "(*f)(x);",
        "x = _ml->data[0];",
        "_nt = 0;",
        "b = 1;",
        "int n; double* p = (double*)&n;",
        "void** pv; if (x) { pv = (void**)&_p_a; } else { pv = (void**)&_p_b; } *pv = 0;",
        "1 = x;",
        "if (x {\n y = 1;\n}\nz = 2;",
        "long double x;",
        "#if (\n#endif",
        "#else",
        "#error no",
        "#define f(x) #x\nf(1);",
        "int k[n];",
        "net_send(1, 2);",
        "} x = 1;",
        "x = \"open;",
    ];
    let all: Vec<String> = blocks
        .iter()
        .map(|block| messages(&format!("PROCEDURE p() {{ LOCAL b\nVERBATIM\n{block}\nENDVERBATIM\n}}")))
        .collect();
    insta::assert_snapshot!(all.join("\n--\n"), @r##"
3: `->` is not supported in C of `VERBATIM` | keep the data in variables of the mechanism (`RANGE`, `ASSIGNED`) or in Vectors of HOC
--
3: `sizeof` is not supported in C of `VERBATIM` | keep the data in arrays of `ASSIGNED` or in Vectors of HOC
--
3: `struct` is not supported in C of `VERBATIM` | keep the data in variables of the mechanism (`RANGE`, `ASSIGNED`) or in Vectors of HOC
--
3: `switch` is not supported in C of `VERBATIM` | write `if (…) { … } else if (…) { … }`
--
3: `goto` is not supported in C of `VERBATIM` | write a loop, or `if (…) { … }`
--
3: `::` is not supported in C of `VERBATIM` | use functions of C and NEURON, and `double` or `int`
--
3: a comma between expressions is not supported in C of `VERBATIM` | say it in NMODL, or in the part of C that is supported: numbers, arrays, `if`, loops and calls
--
3: a call through a pointer is not supported in C of `VERBATIM` | say it in NMODL, or in the part of C that is supported: numbers, arrays, `if`, loops and calls
--
3: `->` is not supported in C of `VERBATIM` | keep the data in variables of the mechanism (`RANGE`, `ASSIGNED`) or in Vectors of HOC
--
3: `_nt` is no variable that C text can use here | it belongs to the inside of NEURON: use variables of the mechanism, `_p_name` for what a `POINTER` holds and `_lname` for arguments and `LOCAL`s
--
3: `b` is no variable that C text can use here | write `_lb` for the argument or `LOCAL`, or give it another name
--
3: a cast to `double*` is not supported in C of `VERBATIM` | numbers cannot be read as numbers of another type: copy them
--
3: a pointer that points to one of several variables is not supported in C of `VERBATIM` | use one pointer for every variable
--
3: expected `;`, found `=` | a value can be given to variables and elements alone
--
3: expected `)` after the condition of `if`, found `{`
--
3: `long double` is not supported in C of `VERBATIM` | say it in NMODL, or in the part of C that is supported: numbers, arrays, `if`, loops and calls
--
3: such a condition of `#if` is not supported in C of `VERBATIM` | the condition is an expression of integers, macros and `defined(NAME)`
--
3: directive without `#if` | an `#if`, `#ifdef` or `#ifndef` comes first
--
3: `#error` is not supported in C of `VERBATIM` | the conditions around it are those of NEURON 9.0.2
--
4: `#` in `#define` is not supported in C of `VERBATIM` | write out what the macro stands for
--
3: an array whose length is not written as a number is not supported in C of `VERBATIM` | write a whole number from 1 to 1048576
--
3: such a call of `net_send` is not supported in C of `VERBATIM` | call it as NEURON's translator does, or in NMODL
--
3: expected `*` or a name after a type, found `=`
5: `}` closes nothing
--
3: string is not closed
5: expected `;` after the statement, found `}`
"##);
    assert!(messages("VERBATIM\n#ifdef A\nENDVERBATIM\nx").contains("`#if` is not closed"));
    assert!(
        messages("VERBATIM\ndouble f() { return 1;\nENDVERBATIM\nINITIAL { a = 1 }")
            .contains("is not closed")
    );
}

#[test]
fn depth_and_size_are_limited() {
    let deep = |open: &str, close: &str| format!("{}x{}", open.repeat(5000), close.repeat(5000));
    for value in [
        deep("(", ")"),
        deep("-", ""),
        deep("*", ""),
        deep("(int)", ""),
        deep("f(", ")"),
        deep("x ? 1 : ", ""),
    ] {
        assert!(
            messages(&format!("PROCEDURE p() {{\nVERBATIM\ny = {value};\nENDVERBATIM\n}}"))
                .contains("too deeply")
        );
    }
    for value in [deep("x + ", ""), deep("x", "[1]"), deep("x = ", "")] {
        spliced(&format!("PROCEDURE p() {{\nVERBATIM\ny = {value};\nENDVERBATIM\n}}"));
    }
    let long = format!(
        "PROCEDURE p() {{\nVERBATIM\nif (x) y = 1;{}\nENDVERBATIM\n}}",
        " else if (x) y = 1;".repeat(3000)
    );
    spliced(&long);
    for statement in ["{", "if (x) ", "for (;;) ", "do ", "while (x) {"] {
        let text = format!("PROCEDURE p() {{\nVERBATIM\n{}\nENDVERBATIM\n}}", statement.repeat(5000));
        assert!(messages(&text).contains("too deeply"), "{statement}");
    }
    let doubling: String = (1..40).map(|n| format!("#define a{n} a{} a{}\n", n - 1, n - 1)).collect();
    assert!(messages(&format!("VERBATIM\n{doubling}a39\nENDVERBATIM")).contains("too deeply"));
    let nested = format!("VERBATIM\n#define f(x) x x\n{}\nENDVERBATIM", deep("f(", ")"));
    assert!(messages(&nested).contains("too deeply"));
    let condition = format!("VERBATIM\n#if {}\n#endif\nENDVERBATIM", "(".repeat(9000));
    assert!(messages(&condition).contains("#if"));
}

fn soup() -> impl Strategy<Value = String> {
    let words = [
        "VERBATIM\n",
        "\nENDVERBATIM\n",
        "INITIAL {",
        "PROCEDURE p(a) {",
        "NET_RECEIVE(w) {",
        "LOCAL x\n",
        "if (x) ",
        "else ",
        "for (",
        "while (x) ",
        "do ",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ";",
        ",",
        "x",
        "=",
        "+",
        "*",
        "&",
        "->",
        "?",
        ":",
        "int ",
        "void** pv = (void**)&_p_x;",
        "*pv",
        "double f(double x) ",
        "struct A ",
        "static ",
        "return ",
        "\n#if ",
        "\n#else\n",
        "\n#endif\n",
        "\n#define f(x) x f(x)\n",
        "f(",
        "1",
        "2.5",
        "\"",
        "'",
        "/*",
        "*/",
        "//",
        "\\\n",
        "\n",
        " ",
        "COMMENT\n",
        "ENDCOMMENT\n",
        "UNITSOFF ",
        "bbsavestate",
        "_lx",
        "_args[0]",
        "net_send(",
        "FUNCTION bbsavestate() {",
        "TITLE ",
        "#",
        "µ",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_words_splice(text in soup()) {
        dump(&spliced(&text).module);
    }

    #[test]
    fn any_c_splices(text in soup()) {
        let text = text.replace("VERBATIM\n", " ");
        dump(&spliced(&format!("PROCEDURE p(x) {{\nVERBATIM\n{text}\nENDVERBATIM\n}}")).module);
    }
}
