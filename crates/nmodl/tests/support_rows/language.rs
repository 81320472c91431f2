//! NMODL itself.

use super::{Section, initial, receive, refused, supported, whole, with_current};

pub fn sections() -> Vec<Section> {
    vec![
        declarations(),
        neuron(),
        blocks(),
        statements(),
        expressions(),
        methods(),
        functions(),
        events(),
        random_numbers(),
        outside(),
    ]
}

fn declarations() -> Section {
    let rows = supported(
        whole,
        &[
            (
                "`TITLE`, `COMMENT … ENDCOMMENT`, `:`, `?`",
                "TITLE a { title\nNEURON { SUFFIX test } : comment\nCOMMENT\n{\nENDCOMMENT\nINITIAL { } ? comment\n",
                "",
            ),
            (
                "`UNITS { (mV) = (millivolt) }`",
                "NEURON { SUFFIX test RANGE x }\nUNITS { (mV) = (millivolt) F = (faraday) (coulomb) k = 2.5 (mV) }\nASSIGNED { x (mV) }\nINITIAL { x = F*k }\n",
                "units name numbers; expressions are not checked for their units, as in NEURON",
            ),
            (
                "`UNITSON`, `UNITSOFF`",
                "NEURON { SUFFIX test RANGE x }\nASSIGNED { x }\nINITIAL {\nUNITSOFF\nx = 1\nUNITSON\n}\n",
                "change nothing",
            ),
            (
                "`PARAMETER { g = 1 (S/cm2) <0, 1> a[2] = 3 }`",
                "NEURON { SUFFIX test RANGE g, a }\nPARAMETER { g = 1 (S/cm2) <0, 1> a[2] = 3 b = 4 }\nASSIGNED { x }\nINITIAL { x = g + a[1] + b }\n",
                "limits are for NEURON's windows and limit nothing, as there",
            ),
            (
                "`CONSTANT { k = 1 }`",
                "NEURON { SUFFIX test RANGE x }\nCONSTANT { k = 1.5 (mV) }\nASSIGNED { x }\nINITIAL { x = k }\n",
                "",
            ),
            (
                "`ASSIGNED { a[3] (mV) }`",
                "NEURON { SUFFIX test RANGE a }\nASSIGNED { a[3] (mV) b }\nINITIAL { a[2] = 1 b = 2 }\n",
                "without `RANGE` and `GLOBAL` it is of the instance, as in NEURON",
            ),
            (
                "`STATE { m FROM 0 TO 1 START 0.5 }`",
                "NEURON { SUFFIX test }\nSTATE { m FROM 0 TO 1 START 0.5 (1) <1e-3> n[2] }\n",
                "`START` sets `m0`; limits and tolerances change nothing",
            ),
            (
                "`m0`, the start of a state",
                "NEURON { SUFFIX test GLOBAL m0 }\nPARAMETER { m0 = 0.3 }\nSTATE { m }\n",
                "",
            ),
            (
                "`LOCAL` of the file",
                "NEURON { SUFFIX test RANGE x }\nLOCAL q, a[2]\nASSIGNED { x }\nINITIAL { q = 2 a[1] = q x = a[1] }\n",
                "one for all instances of a group",
            ),
            (
                "`DEFINE N 3`",
                "NEURON { SUFFIX test RANGE a }\nDEFINE N 3\nASSIGNED { a[N] }\nINITIAL { FROM i = 0 TO N-1 { a[i] = i } }\n",
                "",
            ),
            (
                "`INDEPENDENT { t FROM 0 TO 1 WITH 1 (ms) }`",
                "NEURON { SUFFIX test }\nINDEPENDENT { t FROM 0 TO 1 WITH 1 (ms) }\n",
                "the independent variable is `t`",
            ),
        ],
    );
    Section { title: "Declarations", rows }
}

fn neuron() -> Section {
    let rows = supported(
        whole,
        &[
            ("`SUFFIX name`", "NEURON { SUFFIX test }\n", ""),
            ("`POINT_PROCESS name`", "NEURON { POINT_PROCESS Test }\n", ""),
            (
                "`ARTIFICIAL_CELL name`",
                "NEURON { ARTIFICIAL_CELL Test }\nNET_RECEIVE(w) { net_event(t) }\n",
                "",
            ),
            ("no `NEURON` block", "PARAMETER { g = 1 }\n", "a density mechanism with the name of the file"),
            (
                "`USEION na READ ena, nai WRITE ina VALENCE 1`",
                "NEURON { SUFFIX test USEION na READ ena, nai, nao WRITE ina VALENCE 1 }\nASSIGNED { v ena nai nao ina }\nBREAKPOINT { ina = 0.1*(v - ena) + nai - nao }\n",
                "any ion name",
            ),
            (
                "`USEION ca WRITE cai`",
                "NEURON { SUFFIX test USEION ca READ ica WRITE cai }\nASSIGNED { ica }\nSTATE { cai }\nBREAKPOINT { SOLVE states METHOD cnexp }\nDERIVATIVE states { cai' = -ica - cai/20 }\n",
                "a concentration may be a `STATE`",
            ),
            (
                "`USEION na WRITE ena`",
                "NEURON { SUFFIX test USEION na READ nai WRITE ena }\nASSIGNED { nai ena }\nINITIAL { ena = 50 }\nBREAKPOINT { ena = 60 - nai }\n",
                "",
            ),
            (
                "`NONSPECIFIC_CURRENT i`",
                "NEURON { SUFFIX test NONSPECIFIC_CURRENT i }\nASSIGNED { v i }\nBREAKPOINT { i = 0.1*(v + 70) }\n",
                "",
            ),
            (
                "`ELECTRODE_CURRENT i`",
                "NEURON { POINT_PROCESS Test ELECTRODE_CURRENT i }\nASSIGNED { v i }\nBREAKPOINT { i = 0.1 }\n",
                "",
            ),
            (
                "`RANGE a, b`",
                "NEURON { SUFFIX test RANGE a, b }\nPARAMETER { a = 1 }\nASSIGNED { b }\n",
                "a name that nothing declares is warned of",
            ),
            (
                "`GLOBAL q`",
                "NEURON { SUFFIX test GLOBAL q, s }\nPARAMETER { q = 1 }\nASSIGNED { s x }\nINITIAL { s = q x = s }\n",
                "an `ASSIGNED` that is `GLOBAL` is shared by the instances of a group of cells, not of all",
            ),
            (
                "`THREADSAFE GLOBAL q` that nothing declares",
                "NEURON { SUFFIX test THREADSAFE RANGE x GLOBAL q }\nASSIGNED { x }\nINITIAL { q = 2 x = q }\n",
                "a number of the file, as in NEURON, with a warning; it must be assigned to",
            ),
            (
                "`POINTER p`",
                "NEURON { POINT_PROCESS Test POINTER p RANGE x }\nASSIGNED { p x }\nINITIAL { x = p }\nBREAKPOINT { p = x + 1 }\n",
                "to a number: HOC sets it by `setpointer`",
            ),
            (
                "`BBCOREPOINTER rng`",
                "NEURON { POINT_PROCESS Test BBCOREPOINTER rng }\nASSIGNED { rng }\n",
                "to a random stream or `Vector`, used in `VERBATIM`",
            ),
            (
                "`RANDOM r`",
                "NEURON { POINT_PROCESS Test RANDOM r RANGE x }\nASSIGNED { x }\nINITIAL { x = random_uniform(r, 0, 1) }\n",
                "without ids of its own it gets some that follow from its cell and place",
            ),
            (
                "`THREADSAFE`, `REPRESENTS CHEBI:29101`",
                "NEURON { THREADSAFE SUFFIX test REPRESENTS NCIT:C17145\nUSEION na READ ena REPRESENTS CHEBI:29101\n}\nASSIGNED { ena }\n",
                "change nothing",
            ),
        ],
    );
    let rows = rows
        .into_iter()
        .chain(refused(whole, &[("`EXTERNAL a`", "NEURON { SUFFIX test EXTERNAL a }\n", "")]));
    Section { title: "The `NEURON` block", rows: rows.collect() }
}

fn blocks() -> Section {
    let rows = supported(
        with_current,
        &[
            ("`INITIAL`", "", "states are at their start values before it"),
            (
                "`BREAKPOINT`",
                "BREAKPOINT { i = g*(v + 70) }",
                "the current and, at v + 0.001 mV, its derivative",
            ),
            (
                "`BREAKPOINT` with statements that keep values",
                "BREAKPOINT { x = v i = g*x y = i }",
                "all statements run twice in a step, as in NEURON",
            ),
            (
                "`DERIVATIVE`, `KINETIC`, `LINEAR`, `NONLINEAR`",
                "BREAKPOINT { SOLVE states METHOD cnexp i = m }\nDERIVATIVE states { m' = (1 - m)/5 }",
                "see [methods](#methods-of-solve)",
            ),
            (
                "`FUNCTION f(a, b)`",
                "BREAKPOINT { i = f(v, 2) }\nFUNCTION f(a (mV), b) (mA) { LOCAL c\nc = a*b f = c }",
                "written out where it is called; HOC can call it",
            ),
            ("`PROCEDURE p(a)`", "BREAKPOINT { p(v) i = x }\nPROCEDURE p(a) { x = a/10 }", "the same"),
            (
                "`FUNCTION_TABLE f(a)`, `f(a, b)`",
                "BREAKPOINT { i = f(v) + two(v, 1) }\nFUNCTION_TABLE f(a)\nFUNCTION_TABLE two(a, b)",
                "HOC sets its values by `table_f`",
            ),
            ("`CONSTRUCTOR`, `DESTRUCTOR`", "CONSTRUCTOR { x = 3 }\nDESTRUCTOR { x = 0 }", ""),
            ("`BEFORE INITIAL`, `AFTER INITIAL`", "BEFORE INITIAL { x = 1 }\nAFTER INITIAL { y = x }", ""),
            (
                "`BEFORE BREAKPOINT`, `AFTER SOLVE`, `BEFORE STEP`",
                "BEFORE BREAKPOINT { x = t }\nAFTER SOLVE { x = x + 1 }\nBEFORE STEP { y = x }",
                "",
            ),
        ],
    );
    Section { title: "Blocks", rows }
}

fn statements() -> Section {
    let mut rows = supported(
        initial,
        &[
            ("`LOCAL a, b[3]`", "LOCAL a, b[3]\na = 1 b[2] = a x = b[2]", "0 at first"),
            (
                "`a = b`, `a[i] = b`",
                "x = 2 z[1] = x z[x] = 3",
                "a subscript that is too large ends the run with a message",
            ),
            (
                "`if`, `else if`, `else`",
                "if (v > -60) { x = 1 } else if (v < -70) { x = 2 } else { x = 3 }",
                "",
            ),
            ("`while (a) { … }`", "x = 0 while (x < 3) { x = x + 1 }", ""),
            (
                "`FROM i = 0 TO 3 BY 2 { … }`",
                "FROM i = 0 TO 2 { z[i] = i } FROM j = 0 TO 6 BY 3 { x = j/2 }",
                "the counter and bounds are integers",
            ),
            ("calls", "p(2) x = f(3)", ""),
            ("`{ … }`", "{ LOCAL a\na = 1 x = a }", ""),
            (
                "`SOLVE` in `INITIAL`",
                "SOLVE relax STEADYSTATE sparse\n}\nKINETIC relax { ~ m <-> h (1, 3)\nCONSERVE m + h = 1",
                "",
            ),
            (
                "`PROTECT`, `MUTEXLOCK`, `MUTEXUNLOCK`",
                "PROTECT x = 1 MUTEXLOCK y = x MUTEXUNLOCK",
                "need nothing: instances that share numbers run one after the other",
            ),
        ],
    );
    rows.extend(supported(with_current, &[
        ("`TABLE x FROM a TO b WITH n`", "BREAKPOINT { p(v) i = x }\nPROCEDURE p(u) { TABLE x, y DEPEND g FROM -100 TO 100 WITH 200\nx = u y = u*g }", "`usetable_SUFFIX` switches it"),
        ("`CONDUCTANCE g`", "BREAKPOINT { CONDUCTANCE g i = g*v }", "also `CONDUCTANCE g USEION k`"),
    ]));
    Section { title: "Statements", rows }
}

fn expressions() -> Section {
    let rows = supported(
        initial,
        &[
            (
                "`+ - * /`, `a ^ b`, `-a`",
                "x = -(2*v - 3/g + g^2)",
                "the operations of NEURON's generated C++, in their order",
            ),
            (
                "`< <= > >= == != && || !`",
                "x = (v > -60 && !(g == 3)) || v != 2",
                "1 or 0; the right side of `&&` and `||` is computed where it counts",
            ),
            ("numbers with units: `2 (mV)`", "x = 2 (mV) + .5 + 1e-3", "units change nothing"),
            ("`m'`, the derivative of a state", "x = m' + 1", "what the solved block left"),
            (
                "`v`, `t`, `dt`, `celsius`, `area`, `diam`",
                "x = v + t + dt + celsius + area + diam",
                "`v` may be assigned to, which the node does not see",
            ),
        ],
    );
    let rows = rows.into_iter().chain(refused(
        initial,
        &[("`a % b`", "x = v % 2", ""), ("`t = 1`", "t = 1", "so are `dt`, `celsius`, `area` and `diam`")],
    ));
    Section { title: "Expressions", rows: rows.collect() }
}

fn methods() -> Section {
    let mut rows = supported(
        with_current,
        &[
            (
                "`DERIVATIVE`: `cnexp`",
                "BREAKPOINT { SOLVE states METHOD cnexp i = m }\nDERIVATIVE states { m' = (1 - m)/5 h' = -h/3 }",
                "in NEURON's form; what it cannot solve becomes `derivimplicit`, as there, with a warning",
            ),
            (
                "`DERIVATIVE`: `derivimplicit`",
                "BREAKPOINT { SOLVE states METHOD derivimplicit i = m }\nDERIVATIVE states { m' = h - m*m h' = -h*m }",
                "Newton's method with a numerical Jacobian",
            ),
            (
                "`DERIVATIVE`: `euler`, `runge`",
                "BREAKPOINT { SOLVE states METHOD euler SOLVE others METHOD runge i = m }\nDERIVATIVE states { m' = -m }\nDERIVATIVE others { h' = -h }",
                "",
            ),
            (
                "`DERIVATIVE`: no method",
                "BREAKPOINT { SOLVE states i = m }\nDERIVATIVE states { m' = -m }",
                "computes derivatives and leaves states as they are, as in NEURON, with a warning",
            ),
            (
                "`DERIVATIVE`: arrays",
                "BREAKPOINT { SOLVE states METHOD cnexp i = n[1] }\nDERIVATIVE states { n'[0] = -n[0] n'[1] = -n[1]/2 }",
                "",
            ),
            (
                "`KINETIC`: `sparse`",
                "BREAKPOINT { SOLVE scheme METHOD sparse i = m }\nKINETIC scheme { ~ m <-> h (1, 2) ~ h -> (0.1) ~ m << (0.3) x = f_flux }",
                "NEURON's order of elimination, written out",
            ),
            (
                "`KINETIC`: `CONSERVE`",
                "BREAKPOINT { SOLVE scheme METHOD sparse i = m }\nKINETIC scheme { ~ m <-> h (1, 2)\nCONSERVE m + h = 1 }",
                "",
            ),
            (
                "`KINETIC`: `COMPARTMENT`",
                "BREAKPOINT { SOLVE scheme METHOD sparse i = m }\nKINETIC scheme { COMPARTMENT 2 { m h }\nCOMPARTMENT j, 1.5 { n } ~ m <-> h (1, 2) ~ n[0] <-> n[1] (1, 1) }",
                "",
            ),
            (
                "`KINETIC`: several molecules",
                "BREAKPOINT { SOLVE scheme METHOD sparse i = m }\nKINETIC scheme { ~ 2 m + h <-> n[0] (1, 2) }",
                "",
            ),
            (
                "`KINETIC`: `FROM` loops, `if`",
                "BREAKPOINT { SOLVE scheme METHOD sparse i = m }\nKINETIC scheme { FROM k = 0 TO N-2 { ~ n[k] <-> n[k+1] (1, 2) } if (v > 0) { x = 1 } }",
                "loops around reactions need bounds that are known, branches the same reactions",
            ),
            (
                "`KINETIC`: `euler`, `runge`",
                "BREAKPOINT { SOLVE scheme METHOD euler i = m }\nKINETIC scheme { ~ m <-> h (1, 2) }",
                "`CONSERVE` is ignored, as in NEURON, with a warning",
            ),
            (
                "`STEADYSTATE sparse`, `STEADYSTATE derivimplicit`",
                "BREAKPOINT { SOLVE scheme STEADYSTATE sparse SOLVE states STEADYSTATE derivimplicit i = m }\nKINETIC scheme { ~ m <-> h (1, 2)\nCONSERVE m + h = 1 }\nDERIVATIVE states { n'[0] = 1 - n[0] n'[1] = 2 - n[1] }",
                "",
            ),
            (
                "`LINEAR`",
                "BREAKPOINT { SOLVE system i = m }\nLINEAR system { ~ m + h = 1 ~ m - 2*h = v }",
                "",
            ),
            (
                "`NONLINEAR`",
                "BREAKPOINT { SOLVE system METHOD newton i = m }\nNONLINEAR system { ~ m*m = 2 ~ h = m }",
                "",
            ),
            ("`SOLVEFOR m`", "BREAKPOINT { SOLVE system i = m }\nLINEAR system SOLVEFOR m { ~ 2*m = h }", ""),
            (
                "`SOLVE p METHOD after_cvode`",
                "BREAKPOINT { SOLVE p METHOD after_cvode SOLVE q i = m }\nPROCEDURE p() { x = 1 }\nPROCEDURE q() { y = 1 }",
                "a call; also `cvode_t`, `cvode_v`, `cvode_t_v`",
            ),
        ],
    );
    rows.extend(refused(with_current, &[
        ("`KINETIC`: `matexp`", "BREAKPOINT { SOLVE scheme METHOD matexp i = m }\nKINETIC scheme { ~ m <-> h (1, 2) }", ""),
        ("`DERIVATIVE`: `sparse`", "BREAKPOINT { SOLVE states METHOD sparse i = m }\nDERIVATIVE states { m' = -m }", ""),
        ("`m''`", "BREAKPOINT { SOLVE states METHOD derivimplicit i = m }\nDERIVATIVE states { m'' = -m }", ""),
        ("`LONGITUDINAL_DIFFUSION`", "BREAKPOINT { SOLVE scheme METHOD sparse i = m }\nKINETIC scheme { LONGITUDINAL_DIFFUSION 1 { m } ~ m <-> h (1, 2) }", ""),
    ]));
    Section { title: "Methods of `SOLVE`", rows }
}

fn functions() -> Section {
    let mut rows = supported(
        initial,
        &[
            (
                "`exp`, `log`, `log10`, `pow`, `sqrt`",
                "x = exp(v/10) + log(g) + log10(g) + pow(g, 1.5) + sqrt(g)",
                "`exp`, `log` and `pow` have glibc's bits",
            ),
            (
                "`sin`, `cos`, `tan`, `asin`, `acos`, `atan`, `atan2`",
                "x = sin(g) + cos(g) + tan(g) + asin(0.5) + acos(0.5) + atan(g) + atan2(g, 2)",
                "of the system's library",
            ),
            ("`sinh`, `cosh`, `tanh`", "x = sinh(g) + cosh(g) + tanh(g)", "of the system's library"),
            (
                "`fabs`, `abs`, `floor`, `ceil`, `fmod`, `fmin`, `fmax`",
                "x = fabs(v) + abs(v) + floor(g) + ceil(g) + fmod(v, 3) + fmin(v, g) + fmax(v, g)",
                "",
            ),
            ("`printf(\"%g\\n\", a)`", "printf(\"%g %d\\n\", v, 3)", "a message of the program"),
            ("`at_time(a)`", "if (at_time(1)) { x = 1 }", "whether `a` lies in the step that is made"),
            (
                "`nernst(ci, co, z)`, `nrn_ghk(v, ci, co, z)`",
                "x = nernst(5, 140, 1) + nrn_ghk(v, 5, 140, 1)",
                "",
            ),
            ("`state_discontinuity(m, a)`", "state_discontinuity(m, m + 1)", "an assignment"),
        ],
    );
    rows.extend(refused(
        initial,
        &[("functions of SCoP: `threshold`, `pulse`, `factorial`, …", "x = factorial(3)", "")],
    ));
    Section { title: "Functions", rows }
}

fn events() -> Section {
    let rows = supported(
        receive,
        &[
            (
                "`NET_RECEIVE(w, a (ms))`",
                "x = x + w last = t",
                "arguments after the first keep their values for each connection",
            ),
            ("`INITIAL { … }` in `NET_RECEIVE`", "INITIAL { last = -1 }\nx = last", ""),
            ("`flag`", "if (flag == 1) { x = 1 } else { x = 2 }", "0 for events from outside"),
            ("`net_send(delay, flag)`", "net_send(2, 1)", ""),
            ("`net_event(time)`", "net_event(t)", ""),
            ("`net_move(time)`", "if (flag == 0) { net_send(10, 1) } else { net_move(t + 1) }", ""),
            ("`WATCH (a > b) flag`", "WATCH (v > -20) 2, (v < -30) 3", ""),
            (
                "`FOR_NETCONS(w, a) { … }`",
                "FOR_NETCONS(weight, before) { weight = weight + 1 before = t }",
                "",
            ),
        ],
    );
    Section { title: "Events", rows }
}

fn random_numbers() -> Section {
    let mut rows = supported(
        receive,
        &[
            (
                "`random_uniform(r)`, `random_uniform(r, a, b)`",
                "x = random_uniform(r) + random_uniform(r, 2, 3)",
                "Random123, as in NEURON",
            ),
            (
                "`random_normal`, `random_negexp`, `random_ipick`",
                "x = random_normal(r, 0, 1) + random_negexp(r, 2) + random_ipick(r) + random_negexp(r)",
                "",
            ),
            (
                "`random_setseq`, `random_setids`",
                "random_setseq(r, 5) random_setids(r, 1, 2, 3) x = random_uniform(r)",
                "",
            ),
        ],
    );
    rows.extend(supported(
        initial,
        &[(
            "`scop_random`, `exprand`, `normrand`, `poisrand`, `set_seed`",
            "set_seed(3) x = scop_random() + exprand(1) + normrand(0, 1) + poisrand(2)",
            "one generator for the instances of a group of cells, not of all: better use `RANDOM`",
        )],
    ));
    Section { title: "Random numbers", rows }
}

fn outside() -> Section {
    let mut rows = refused(initial, &[("`LAG m BY a`", "LAG m BY x", "")]);
    rows.extend(refused(
        whole,
        &[(
            "`DISCRETE`, `PARTIAL`, `TERMINAL`, `EQUATION`, `CONSTRAINT`",
            "NEURON { SUFFIX test }\nDISCRETE d { x = 1 }\n",
            "",
        )],
    ));
    Section { title: "Other constructs of SCoP", rows }
}
