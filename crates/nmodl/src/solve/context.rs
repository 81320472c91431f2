//! What a rewriting knows of the file: its states in NEURON's order, the names of `DEFINE`, and what was wrong so far.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::{SolveError, SolveProblem};
use super::make::Make;
use crate::syntax::Span;
use crate::syntax::ast::*;
use crate::syntax::lexer::{TokenKind, token};

/// Values of the counters of loops that are unrolled.
pub(super) type Counters = BTreeMap<Arc<str>, i64>;

/// More elements than any method that solves for all of them together takes.
const MAXIMUM_ELEMENTS: u32 = 10_000;

/// A state of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub name: Arc<str>,
    /// The number of elements, of an array.
    pub length: Option<u32>,
}

impl State {
    /// Its elements; of an array larger than any method takes only so many that this is noticed.
    pub fn slots(&self) -> impl Iterator<Item = Slot> {
        let indices: Vec<Option<u32>> = match self.length {
            Some(length) => (0..length.min(MAXIMUM_ELEMENTS)).map(Some).collect(),
            None => vec![None],
        };
        let name = self.name.clone();
        indices.into_iter().map(move |index| Slot { name: name.clone(), index })
    }
}

/// A state that is no array, or an element of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub name: Arc<str>,
    pub index: Option<u32>,
}

impl Slot {
    pub fn variable(&self, make: Make) -> Variable {
        make.variable(&self.name, self.index, 0)
    }

    pub fn value(&self, make: Make) -> Expression {
        make.read(self.variable(make))
    }

    /// The derivative by time, a variable of its own.
    pub fn derivative(&self, make: Make) -> Variable {
        make.variable(&self.name, self.index, 1)
    }

    /// `state = state + step * state'`
    pub fn advance(&self, make: Make) -> Statement {
        let change = make.multiply(make.value("dt"), make.read(self.derivative(make)));
        make.assign(self.variable(make), make.add(self.value(make), change))
    }
}

/// What a rewriting knows of the file and of the block.
pub(super) struct Context<'m> {
    pub module: &'m Module,
    pub block: &'m Block,
    /// The states, as NEURON's translator goes through them: it has a list of names for each first character, and
    /// puts a name that it sees for the first time at the front of its list.
    pub states: Vec<State>,
    pub errors: Vec<SolveError>,
    pub warnings: Vec<SolveError>,
    /// Turns of loops that were unrolled so far.
    pub turns: usize,
    defines: BTreeMap<Arc<str>, i64>,
}

impl<'m> Context<'m> {
    pub fn new(module: &'m Module, block: &'m Block) -> Context<'m> {
        let mut context = Context {
            module,
            block,
            states: Vec::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
            turns: 0,
            defines: BTreeMap::new(),
        };
        for item in &module.items {
            if let ItemKind::Define { name, value } = &item.kind {
                context.defines.insert(name.text.clone(), *value);
            }
        }
        for item in &module.items {
            if let ItemKind::State(lines) = &item.kind {
                for line in lines.iter().filter(|line| line.primes == 0) {
                    let length = match &line.length {
                        None => None,
                        Some(Length::Number(number, _)) => Some(*number),
                        Some(Length::Name(name)) => context.defines.get(&name.text).copied(),
                    };
                    let length = length.map(|length| u32::try_from(length).unwrap_or(0));
                    context.states.push(State { name: line.name.text.clone(), length });
                }
            }
        }
        let seen = first_sights(module);
        let place = |state: &State| {
            let sight = seen.get(&*state.name).copied().unwrap_or(u32::MAX);
            (state.name.as_bytes().first().copied(), std::cmp::Reverse(sight))
        };
        context.states.sort_by_key(place);
        context
    }

    pub fn error(&mut self, problem: SolveProblem, span: Span, help: &str) {
        self.errors.push(SolveError::new(&self.module.source, problem, span, help));
    }

    pub fn warn(&mut self, problem: SolveProblem, span: Span, help: &str) {
        self.warnings.push(SolveError::new(&self.module.source, problem, span, help));
    }

    /// First word of the block.
    pub fn kind(&self) -> &'static str {
        self.block.kind.word()
    }

    /// Name of the block.
    pub fn name(&self) -> String {
        self.block.name.as_ref().map(|name| name.text.to_string()).unwrap_or_default()
    }

    pub fn state(&self, name: &str) -> Option<&State> {
        self.states.iter().find(|state| &*state.name == name)
    }

    /// The state `name`, unless `SOLVEFOR` leaves it out.
    pub fn solved_state(&self, name: &str) -> Option<&State> {
        let solved = &self.block.solve_for;
        let is_solved = solved.is_empty() || solved.iter().any(|solved| &*solved.text == name);
        self.state(name).filter(|_| is_solved)
    }

    /// The integer that `tree` is, if it is known before the simulation.
    pub fn integer(&self, tree: &Expression, counters: &Counters) -> Option<i64> {
        match &tree.kind {
            ExpressionKind::Number(number) if number.value.fract() == 0.0 && number.value.abs() < 1e9 => {
                Some(number.value as i64)
            }
            ExpressionKind::Integer(value) => Some(*value),
            ExpressionKind::Variable(variable) if variable.primes == 0 && variable.index.is_none() => {
                let name = &variable.name.text;
                counters.get(name).or_else(|| self.defines.get(name)).copied()
            }
            ExpressionKind::Parenthesis(inner) => self.integer(inner, counters),
            ExpressionKind::Unary(UnaryOperator::Negate, inner) => {
                self.integer(inner, counters).and_then(i64::checked_neg)
            }
            ExpressionKind::Binary(operator, left, right) => {
                let (left, right) = (self.integer(left, counters)?, self.integer(right, counters)?);
                operator.of_integers(left, right)
            }
            _ => None,
        }
    }

    /// The element of a state that `variable` is; an error if that is not known before the simulation.
    pub fn slot(&mut self, variable: &Variable, counters: &Counters) -> Option<Slot> {
        let name = variable.name.text.clone();
        let Some(state) = self.state(&name).cloned() else {
            self.error(SolveProblem::NotAState(name.to_string()), variable.span, "declare it in `STATE`");
            return None;
        };
        let (Some(length), Some(index)) = (state.length, &variable.index) else {
            if state.length.is_none() && variable.index.is_none() {
                return Some(Slot { name, index: None });
            }
            let problem = SolveProblem::Subscript { name: name.to_string(), array: state.length.is_some() };
            self.error(problem, variable.span, "");
            return None;
        };
        let Some(element) = self.integer(index, counters) else {
            let help = "use numbers, names of `DEFINE` and counters of `FROM` loops with such bounds";
            self.error(SolveProblem::NotConstant("the subscript of a state"), index.span, help);
            return None;
        };
        match u32::try_from(element) {
            Ok(element) if element < length => Some(Slot { name, index: Some(element) }),
            _ => {
                let last = length.saturating_sub(1);
                let problem = SolveProblem::OutOfRange { name: name.to_string(), index: element, last };
                self.error(problem, index.span, "");
                None
            }
        }
    }

    /// The text at `span`, without blanks.
    pub fn text(&self, span: Span) -> String {
        let text = self.module.source.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        text.split_whitespace().collect()
    }
}

/// Where NEURON's translator sees each name for the first time as a name: not in titles, comments and units.
fn first_sights(module: &Module) -> BTreeMap<&str, u32> {
    let text = &*module.source.text;
    let mut seen = BTreeMap::new();
    for item in &module.items {
        match &item.kind {
            ItemKind::Title(_) | ItemKind::Verbatim(_) | ItemKind::CFunction(_) | ItemKind::CVariable(_) => {}
            ItemKind::Block(block) => {
                let arguments = block.arguments.iter().map(|argument| &argument.name);
                for name in block.name.iter().chain(arguments).chain(&block.solve_for) {
                    let position = name.span.start;
                    if let Some(name) = text.get(position as usize..name.span.end as usize) {
                        seen.entry(name).or_insert(position);
                    }
                }
                sights(text, block.body.span, false, &mut seen);
            }
            ItemKind::Neuron(_) | ItemKind::Local(_) | ItemKind::Define { .. } => {
                sights(text, item.span, false, &mut seen);
            }
            _ => sights(text, item.span, true, &mut seen),
        }
    }
    seen
}

/// Enters the names in a part of the text. In declarations everything between parentheses is a unit, elsewhere what
/// stands between them after a number.
fn sights<'t>(text: &'t str, span: Span, declarations: bool, seen: &mut BTreeMap<&'t str, u32>) {
    let mut position = span.start as usize;
    let mut after_number = false;
    while position < span.end as usize {
        let (token, _) = token(text, position);
        if token.kind == TokenKind::End {
            return;
        }
        position = (token.span.end as usize).max(position + 1);
        match token.kind {
            TokenKind::Word if token.span.start < span.end => {
                seen.entry(token.text).or_insert(token.span.start);
            }
            TokenKind::Mark if token.text == "(" && (declarations || after_number) => {
                let rest = &text[position..];
                position += rest.find([')', '\n']).map_or(rest.len(), |end| end + 1);
            }
            _ => {}
        }
        after_number = matches!(token.kind, TokenKind::Integer | TokenKind::Real);
    }
}
