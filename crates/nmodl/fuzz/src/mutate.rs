//! Changes models by their words: what comes out is wrong in the ways in which files that people write are wrong, and
//! often still right.

use std::path::Path;
use std::sync::OnceLock;

/// Pieces of NMODL and of C that the mechanisms of this project do not have, or that are at the limits.
const WORDS: &str = "\
TITLE|DEFINE N 3|INCLUDE \"x.inc\"|UNITS {|UNITSON|UNITSOFF|CONSTANT {|INDEPENDENT {|ASSIGNED {|STATE {|PARAMETER {|\
NEURON {|SUFFIX|POINT_PROCESS|ARTIFICIAL_CELL|USEION ca READ cai, cao, eca WRITE ica VALENCE 2|POINTER|BBCOREPOINTER|\
EXTERNAL|RANDOM|NONSPECIFIC_CURRENT|ELECTRODE_CURRENT|RANGE|GLOBAL|INITIAL {|BREAKPOINT {|DERIVATIVE states {|\
KINETIC scheme {|LINEAR system {|NONLINEAR system {|FUNCTION f(x) {|PROCEDURE p(x) {|FUNCTION_TABLE table(x)|\
NET_RECEIVE(w) {|CONSTRUCTOR {|DESTRUCTOR {|BEFORE INITIAL {|AFTER SOLVE {|BEFORE STEP {|BEFORE BREAKPOINT {|\
SOLVE states METHOD cnexp|SOLVE scheme METHOD sparse|SOLVE scheme STEADYSTATE sparse|derivimplicit|euler|runge|\
simeq|newton|after_cvode|SOLVEFOR m, n|LOCAL a, b[3]|TABLE a DEPEND celsius FROM -100 TO 100 WITH 200|\
CONDUCTANCE g USEION k|~ a <-> b (1, 2)|~ a -> (1)|~ a << (2)|CONSERVE a + b = 1|COMPARTMENT 2 {a b}|\
LONGITUDINAL_DIFFUSION 1 {a}|f_flux|b_flux|FROM i = 0 TO 3 {|FROM i = 3 TO 0 BY -1 {|WHILE (a < 3) {|if (a > b) {|\
else {|else if (!a) {|WATCH (v > -20) 2|FOR_NETCONS(w) {|net_send(1, 2)|net_event(t)|net_move(t + 1)|at_time(1)|\
state_discontinuity(m, 2)|nrn_pointing(p)|scop_random()|exprand(1)|normrand(0, 1)|set_seed(1)|random_uniform(r)|\
random_setseq(r, 3)|nrn_ghk(v, 1, 2, 2)|nernst(1, 2, 1)|PROTECT n = n + 1|MUTEXLOCK|MUTEXUNLOCK|printf(\"%g %d\\n\", a)|\
VERBATIM\n|\nENDVERBATIM\n|#if NRNBBCORE\n|#ifdef A\n|#else\n|#endif\n|#define A(x) ((x)+1)\n|static double c[2] = {1, 2};|\
for (int i = 0; i < 3; i++) {|do {|} while (0);|return 1;|break;|continue;|*(double*)|(uint32_t)|&|_p_rng|_lf|_args[0]|\
nrnran123_dblpick((nrnran123_State*)_p_rng)|vector_vec(vv)|*getarg(1)|ifarg(1)|assert(a);|hoc_execerror(\"a\", 0);|\
COMMENT\n|\nENDCOMMENT\n|{|}|(|)|[|]|[3]|[0]|[1000000]|'|''|^|-|!|==|=|<|>|&&|\\|\\||,|;|:|?|~|\"|0|1e308|1e-320|\
0x7fffffff|99999999999|-1|.5|1.|v|t|dt|celsius|area|diam|usetable|(mV)|\n|µ";

/// Bytes of names, numbers and everything else that stands alone.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Where each piece of `text` ends: words, and single other bytes.
fn pieces(text: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(&first) = rest.first() {
        let length = match is_word(first) {
            true => rest.iter().take_while(|byte| is_word(**byte)).count(),
            false => 1,
        };
        let (piece, after) = rest.split_at(length);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Models to take pieces from.
fn donors() -> &'static [Vec<u8>] {
    static DONORS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    DONORS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../mechanisms");
        let mut files: Vec<_> =
            std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        files.sort();
        files.iter().filter_map(|file| std::fs::read(file).ok()).collect()
    })
}

/// Numbers without end from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }

    fn word(&mut self) -> Vec<u8> {
        let words: Vec<&str> = WORDS.split('|').collect();
        let mut word = b" ".to_vec();
        word.extend_from_slice(words[self.below(words.len())].as_bytes());
        word.push(b' ');
        word
    }

    /// Some lines of a mechanism of this project.
    fn lines(&mut self) -> Vec<u8> {
        let Some(donor) = donors().get(self.below(donors().len())) else { return Vec::new() };
        let lines: Vec<&[u8]> = donor.split_inclusive(|byte| *byte == b'\n').collect();
        let from = self.below(lines.len());
        let count = 1 + self.below(12);
        lines[from..].iter().take(count).copied().flatten().copied().collect()
    }
}

/// Another text made of `text`, of at most `limit` bytes.
pub fn mutate(text: &[u8], limit: usize, seed: u32) -> Vec<u8> {
    let mut dice = Dice(u64::from(seed) ^ 0x9e37_79b9_7f4a_7c15);
    let mut text = text.to_vec();
    for _ in 0..1 + dice.below(4) {
        let mut parts: Vec<Vec<u8>> = pieces(&text).into_iter().map(<[u8]>::to_vec).collect();
        let count = parts.len();
        let at = dice.below(count);
        let other = dice.below(count);
        let longest = 1 << dice.below(7);
        let span = at..(at + 1 + dice.below(longest)).min(count);
        match dice.below(8) {
            _ if count == 0 => parts.push(dice.lines()),
            0 => drop(parts.drain(span)),
            1 => parts.swap(at, other),
            2 => parts[at] = parts[other].clone(),
            3 => parts[at] = dice.word(),
            4 => parts.insert(at, dice.word()),
            5 => parts.insert(at, dice.lines()),
            6 => {
                let again = parts[span].to_vec();
                parts.splice(other..other, again);
            }
            _ => {
                // The same name everywhere, so that what is left still fits together
                let (from, to) = (parts[at].clone(), parts[other].clone());
                if from.first().is_some_and(|byte| is_word(*byte))
                    && to.first().is_some_and(|byte| is_word(*byte))
                {
                    parts.iter_mut().filter(|part| **part == from).for_each(|part| part.clone_from(&to));
                }
            }
        }
        text = parts.concat();
    }
    text.truncate(limit);
    text
}
