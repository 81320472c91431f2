//! C text of `VERBATIM` blocks.

use super::{Section, refused, supported, whole};

pub fn sections() -> Vec<Section> {
    vec![language(), splicing(), runtime()]
}

/// C text in a procedure that HOC and `INITIAL` call.
fn c(text: &str) -> String {
    format!(
        "NEURON {{ POINT_PROCESS Test RANGE x, y BBCOREPOINTER rng, vec }}\nASSIGNED {{ v x y z[3] rng vec }}\n\
         INITIAL {{ work(2) }}\nPROCEDURE work(a) {{ LOCAL b\nVERBATIM\n{text}\nENDVERBATIM\n}}\n\
         FUNCTION f(u) {{ f = 2*u }}\n"
    )
}

/// C text of a procedure that only HOC calls.
fn called(text: &str) -> String {
    format!(
        "NEURON {{ POINT_PROCESS Test RANGE x, y BBCOREPOINTER rng, vec }}\nASSIGNED {{ v x y rng vec }}\n\
         PROCEDURE work() {{\nVERBATIM\n{text}\nENDVERBATIM\n}}\n"
    )
}

fn language() -> Section {
    let mut rows = supported(
        c,
        &[
            (
                "`int`, `long`, `bool`, `char`, `unsigned`, `float`, `double`, `auto`, `int32_t` …",
                "int i = 7 / 2; long n = 3; bool b1 = true; unsigned u = 3; float s = 0.1; double d = i; auto e = d; uint32_t w = (uint32_t) d;\nx = i + n + b1 + u + s + d + e + w;",
                "with C's conversions and wrap-around",
            ),
            (
                "arrays, `static`, `const`",
                "static double sum = 0; const double k[] = {1, 2}; int n[3]; n[1] = 2; sum += k[1] + n[1]; x = sum;",
                "`static` is one for the instances of a group of cells",
            ),
            (
                "`if`, `for`, `while`, `do`, `break`, `continue`, `return`",
                "for (int i = 0; i < 5; ++i) { if (i == 1) continue; if (i > 3) break; x += i; }\ndo { x -= 1; } while (x > 3);\nwhile (x < 0) { ++x; }\nif (x > 100) return 0;",
                "",
            ),
            (
                "operators, also `? :`, `++`, `+=`, `&`, `<<`, `%`",
                "int i = 5; i += 2; i <<= 1; i = i & 6 | 1; x = i % 4 ? i++ : --i; y = ~i ^ 3;",
                "not the comma within expressions",
            ),
            ("casts between numbers", "x = (int) 2.7 + double(3) / static_cast<double>(2);", ""),
            (
                "pointers to variables, elements and arrays",
                "double* p = z; p[1] = 2; *p = 1; ++p; double* q = &x; *q = *p;",
                "where it is known what they point to",
            ),
            ("calls of functions of the file", "x = f(_threadargscomma_ 3.);", ""),
            (
                "`_lname`, `_p_name`, `_args[0]`, `_ion_name`",
                "_lb = _la + 1; x = _lb;",
                "NEURON's names for arguments and `LOCAL`s, pointers, events, ions",
            ),
        ],
    );
    rows.extend(supported(whole, &[
        ("functions and variables of the file", "NEURON { SUFFIX test RANGE x }\nASSIGNED { x }\nVERBATIM\n#include <math.h>\nextern double other(double);\nstatic int calls = 0;\nstatic double twice(double a) { calls++; return 2*a; }\nENDVERBATIM\nINITIAL {\nVERBATIM\nx = twice(3) + calls;\nENDVERBATIM\n}\n", "prototypes and `#include` are passed over"),
        ("`#if`, `#ifdef`, `#define`", "NEURON { SUFFIX test RANGE x }\nASSIGNED { x }\nVERBATIM\n#define SQUARE(a) ((a)*(a))\n#if NRNBBCORE || defined(CORENEURON_BUILD)\n#error no\n#else\n#define K 2\n#endif\nENDVERBATIM\nINITIAL {\nVERBATIM\nx = SQUARE(K);\nENDVERBATIM\n}\n", "with the answers of NEURON 9.0.2 without CoreNEURON"),
    ]));
    rows.extend(refused(
        c,
        &[
            ("`struct`, `union`, `enum`, `class`, `typedef`", "struct pair { int a; };", ""),
            ("`a.b`, `a->b`", "x = p->value;", ""),
            ("`sizeof`", "x = sizeof(int);", ""),
            ("`new`, `delete`", "auto* p = new double[3];", ""),
            ("`switch`, `goto`", "switch (1) { case 1: x = 1; }", ""),
            ("`std::`, templates", "x = std::max(1., 2.);", ""),
            ("references", "double& q = x;", ""),
            ("`short`, `int8_t`, `int16_t` …", "short s = 1;", ""),
            ("numbers read as numbers of another type", "int i = *(int*) &x;", ""),
            ("`#` and `##` in macros", "#define NAME(a) z##a\nx = NAME(1);", ""),
        ],
    ));
    Section { title: "C in `VERBATIM`", rows }
}

fn splicing() -> Section {
    let rows = supported(
        whole,
        &[
            (
                "C that opens what another block closes",
                "NEURON { POINT_PROCESS Test RANGE x }\nASSIGNED { x }\nNET_RECEIVE(w) {\nVERBATIM\nif (_lflag == 0 && x < 3) {\nENDVERBATIM\nx = x + w\nnet_send(1, 1)\nVERBATIM\n}\nENDVERBATIM\n}\n",
                "C and NMODL are one text",
            ),
            (
                "`#if` around NMODL",
                "NEURON { SUFFIX test RANGE x }\nASSIGNED { x }\nINITIAL {\nVERBATIM\n#ifndef NRNBBCORE\nENDVERBATIM\nx = 1\nVERBATIM\n#endif\nENDVERBATIM\n}\n",
                "",
            ),
            (
                "`return` out of a block",
                "NEURON { POINT_PROCESS Test RANGE x }\nASSIGNED { x }\nNET_RECEIVE(w) {\nif (w <= 0) {\nVERBATIM\nreturn;\nENDVERBATIM\n}\nx = w\n}\n",
                "",
            ),
            (
                "C variables in NMODL",
                "NEURON { SUFFIX test RANGE x }\nASSIGNED { x }\nINITIAL {\nVERBATIM\ndouble sum = 3;\nENDVERBATIM\nx = sum\n}\n",
                "",
            ),
            (
                "`bbcore_write`, `bbcore_read`, `bbsavestate`",
                "NEURON { POINT_PROCESS Test BBCOREPOINTER rng }\nASSIGNED { rng }\nVERBATIM\nstatic void bbcore_write(double* x, int* d, int* xx, int* dd, _threadargsproto_) { struct a* b; }\nENDVERBATIM\nFUNCTION bbsavestate() {\nVERBATIM\nchar* c = sizeof(int);\nENDVERBATIM\n}\n",
                "are dropped: the program keeps streams and vectors by itself",
            ),
        ],
    );
    Section { title: "How `VERBATIM` and NMODL go together", rows }
}

fn runtime() -> Section {
    let mut rows = supported(
        c,
        &[
            (
                "`nrnran123_newstream`, `nrnran123_newstream3`, `nrnran123_deletestream`",
                "_p_rng = nrnran123_newstream3(1, 2, 3);\nif (_p_rng) { x = nrnran123_dblpick((nrnran123_State*) _p_rng); }\nnrnran123_deletestream((nrnran123_State*) _p_rng);\n_p_rng = NULL;",
                "",
            ),
            (
                "`nrnran123_dblpick`, `_ipick`, `_negexp`, `_normal`, `_uniform`",
                "nrnran123_State* s = (nrnran123_State*) _p_rng;\nx = nrnran123_dblpick(s) + nrnran123_ipick(s) + nrnran123_negexp(s) + nrnran123_normal(s);",
                "",
            ),
            (
                "`nrnran123_setseq`, `_getseq`, `_setids`, `_getids3`",
                "uint32_t s; char w; uint32_t a, b, d;\nnrnran123_setseq((nrnran123_State*) _p_rng, 2, 1);\nnrnran123_getseq((nrnran123_State*) _p_rng, &s, &w);\nnrnran123_getids3((nrnran123_State*) _p_rng, &a, &b, &d);\nx = s + w + a + b + d;",
                "",
            ),
            (
                "`vector_capacity`, `vector_vec`, `vector_resize`",
                "IvocVect* vv = (IvocVect*) _p_vec;\nif (vv) { double* px = vector_vec(vv); for (int i = 0; i < vector_capacity(vv); i++) { x += px[i]; } px[0] = 1; }",
                "",
            ),
            (
                "`printf`, `fprintf(stderr, …)`",
                "fprintf(stderr, \"%g %s\\n\", x, \"text\");",
                "messages of the program",
            ),
            (
                "`assert`, `hoc_execerror`",
                "assert(x < 1e9);\nif (x > 1e9) { hoc_execerror(\"too large\", 0); }",
                "end the run with the message and its place",
            ),
            (
                "`net_send`, `net_event`, `artcell_net_send` of C",
                "artcell_net_send(_tqitem, nullptr, _pnt, t + 1.0, 2.);",
                "called as NEURON's translator does",
            ),
        ],
    );
    rows.extend(supported(called, &[
        ("`ifarg`, `getarg`, `chkarg`, `hoc_is_double_arg`", "if (ifarg(1) && hoc_is_double_arg(1)) { x = *getarg(1); y = chkarg(1, 0, 9); }", ""),
        ("`nrn_random_arg`, `nrn_random_pick`, `nrn_random_isran123`", "void** pv = (void**) (&_p_rng);\nif (ifarg(1)) { *pv = nrn_random_arg(1); x = nrn_random_pick((Rand*) *pv); }", "of a `Random` that uses Random123"),
        ("`vector_arg`, `vector_new1`", "void** pv = (void**) (&_p_vec);\nif (ifarg(1)) { *pv = (void*) vector_arg(1); } else { *pv = (void*) vector_new1(3); }", ""),
    ]));
    rows.extend(refused(
        c,
        &[
            ("`malloc`, `free`, `memcpy`", "free(0);", ""),
            ("`fopen`, `fscanf`, `getenv`, `system`", "fopen(\"a\", \"r\");", ""),
            ("`gargstr`, `hoc_is_str_arg`", "gargstr(1);", ""),
            ("`hoc_execute`, `hoc_lookup`, `nrn_loc_point_process`", "hoc_lookup(\"t\");", ""),
            ("other functions of NEURON (`nrn_…`, `hoc_…`, `nrnmpi_…`)", "nrn_complain(0);", ""),
        ],
    ));
    Section { title: "Functions of NEURON in `VERBATIM`", rows }
}
