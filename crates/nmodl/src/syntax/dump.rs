//! A tree as text, for people and for tests: one line for each declaration and statement, every operation in
//! parentheses. It is neither NMODL nor stable.

use std::fmt::Write as _;

use super::ast::*;
use crate::description::Kind;

/// `module` as text, with each level indented by two spaces.
pub fn dump(module: &Module) -> String {
    let mut dump = Dump { text: String::new(), indent: 0 };
    for item in &module.items {
        dump.item(&item.kind);
    }
    for switch in &module.unit_switches {
        let line = module.source.line(switch.span.start);
        dump.line(&format!("units {} from line {line}", if switch.on { "on" } else { "off" }));
    }
    dump.text
}

/// Statements as text, with each level indented by two spaces.
pub fn dump_body(body: &Body) -> String {
    let mut dump = Dump { text: String::new(), indent: 0 };
    for statement in &body.statements {
        dump.statement(&statement.kind);
    }
    dump.text
}

struct Dump {
    text: String,
    indent: usize,
}

impl Dump {
    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{:1$}{line}", "", 2 * self.indent);
    }

    fn item(&mut self, item: &ItemKind) {
        match item {
            ItemKind::Title(title) => self.line(&format!("title {title:?}")),
            ItemKind::Define { name, value } => self.line(&format!("define {name:?} {value}")),
            ItemKind::Include { path } => self.line(&format!("include {path:?}")),
            ItemKind::Units(lines) => self.lines("units", lines.iter().map(unit_definition)),
            ItemKind::Neuron(lines) => {
                self.lines("neuron", lines.iter().map(|line| neuron_statement(&line.kind)));
            }
            ItemKind::Parameter(lines) => self.lines("parameter", lines.iter().map(parameter)),
            ItemKind::Constant(lines) => self.lines("constant", lines.iter().map(parameter)),
            ItemKind::Independent(lines) => {
                let text = |line: &Independent| {
                    let (from, to, steps) = (line.from.value, line.to.value, line.steps.value);
                    format!("{:?} {from}..{to} / {steps}{}", line.name, unit(line.unit.as_ref()))
                };
                self.lines("independent", lines.iter().map(text));
            }
            ItemKind::Assigned(lines) => self.lines("assigned", lines.iter().map(dependent)),
            ItemKind::State(lines) => self.lines("state", lines.iter().map(dependent)),
            ItemKind::Local(locals) => self.line(&format!("local {}", local_variables(locals))),
            ItemKind::Block(block) => self.block(block),
            ItemKind::Verbatim(verbatim) => self.line(&verbatim_text(verbatim)),
            ItemKind::CFunction(function) => {
                let parameter = |parameter: &CParameter| {
                    format!("{} {:?}", parameter.kind.text(), parameter.name).trim_end().to_string()
                };
                let parameters = join(function.parameters.iter().map(parameter), ", ");
                let head = format!("c {} {:?}({parameters})", function.result.text(), function.name);
                self.body(&head, &function.body);
            }
            ItemKind::CVariable(declaration) => self.line(&format!("c {}", declaration_text(declaration))),
        }
    }

    fn lines(&mut self, head: &str, lines: impl Iterator<Item = String>) {
        self.line(head);
        self.indent += 1;
        for line in lines {
            self.line(&line);
        }
        self.indent -= 1;
    }

    fn block(&mut self, block: &Block) {
        let mut head = block.kind.word().to_lowercase();
        if let BlockKind::Before(phase) | BlockKind::After(phase) = block.kind {
            let _ = write!(head, " {}", phase.word().to_lowercase());
        }
        if let Some(name) = &block.name {
            let _ = write!(head, " {name:?}");
        }
        if !block.arguments.is_empty() {
            let _ = write!(head, "({})", arguments(&block.arguments));
        }
        head += &unit(block.unit.as_ref());
        if !block.solve_for.is_empty() {
            let _ = write!(head, " for {:?}", block.solve_for);
        }
        self.body(&head, &block.body);
    }

    fn body(&mut self, head: &str, body: &Body) {
        self.line(&format!("{head}{}", if body.spliced { " spliced" } else { "" }));
        self.indent += 1;
        for statement in &body.statements {
            self.statement(&statement.kind);
        }
        self.indent -= 1;
    }

    fn statement(&mut self, statement: &StatementKind) {
        match statement {
            StatementKind::If { branches, otherwise } => {
                for (index, (condition, body)) in branches.iter().enumerate() {
                    let word = if index == 0 { "if" } else { "else if" };
                    self.body(&format!("{word} {}", expression(condition)), body);
                }
                if let Some(body) = otherwise {
                    self.body("else", body);
                }
            }
            StatementKind::While { condition, body } => {
                self.body(&format!("while {}", expression(condition)), body);
            }
            StatementKind::From { variable, first, last, step, body } => {
                let step = step.as_ref().map(|step| format!(" by {}", expression(step))).unwrap_or_default();
                let (first, last) = (expression(first), expression(last));
                self.body(&format!("from {variable:?} = {first} to {last}{step}"), body);
            }
            StatementKind::Nested(body) => self.body("block", body),
            StatementKind::ForNetCons { arguments: names, body } => {
                self.body(&format!("for_netcons({})", arguments(names)), body);
            }
            StatementKind::Initial(body) => self.body("initial", body),
            StatementKind::For { start, condition, steps, body } => {
                let start = join(start.iter().map(|statement| simple_statement(&statement.kind)), ", ");
                let condition = condition.as_ref().map(expression).unwrap_or_default();
                let steps = join(steps.iter().map(expression), ", ");
                self.body(&format!("for {start}; {condition}; {steps}"), body);
            }
            StatementKind::DoWhile { body, condition } => {
                self.body("do", body);
                self.line(&format!("while {}", expression(condition)));
            }
            StatementKind::Within { variable, value, body } => {
                self.body(&format!("within {variable:?} = {}", expression(value)), body);
            }
            StatementKind::Newton { unknowns, residuals, body } => {
                let unknowns = join(unknowns.iter().map(variable), ", ");
                self.body(&format!("newton {unknowns} for {residuals:?}"), body);
            }
            _ => self.line(&simple_statement(statement)),
        }
    }
}

/// A statement without body.
fn simple_statement(statement: &StatementKind) -> String {
    match statement {
        StatementKind::Local(locals) => format!("local {}", local_variables(locals)),
        StatementKind::Assign { target, value } => format!("{} = {}", variable(target), expression(value)),
        StatementKind::Protect { target, value } => {
            format!("protect {} = {}", variable(target), expression(value))
        }
        StatementKind::Call(call) => call_text(call),
        StatementKind::Verbatim(verbatim) => verbatim_text(verbatim),
        StatementKind::Solve { block, method, steady_state } => {
            let word = if *steady_state { "steadystate" } else { "method" };
            let method = method.as_ref().map(|method| format!(" {word} {method:?}")).unwrap_or_default();
            format!("solve {block:?}{method}")
        }
        StatementKind::Conductance { variable, ion } => format!("conductance {variable:?} {ion:?}"),
        StatementKind::Reaction { left, kind } => {
            let left = reactants(left);
            match kind {
                ReactionKind::Reversible { right, forward, backward } => {
                    let (forward, backward) = (expression(forward), expression(backward));
                    format!("{left} <-> {} ({forward}, {backward})", reactants(right))
                }
                ReactionKind::Outward(rate) => format!("{left} -> ({})", expression(rate)),
                ReactionKind::Flux(rate) => format!("{left} << ({})", expression(rate)),
            }
        }
        StatementKind::Conserve { terms, total } => {
            format!("conserve {} = {}", reactants(terms), expression(total))
        }
        StatementKind::Compartment(compartment) => compartment_text("compartment", compartment),
        StatementKind::LongitudinalDiffusion(compartment) => compartment_text("diffusion", compartment),
        StatementKind::Equation { left, right } => {
            format!("equation {} = {}", expression(left), expression(right))
        }
        StatementKind::Table(table) => {
            let (from, to) = (expression(&table.from), expression(&table.to));
            let intervals = expression(&table.intervals);
            format!(
                "table {:?} depend {:?} from {from} to {to} with {intervals}",
                table.variables, table.depends
            )
        }
        StatementKind::Watch(conditions) => {
            let text = |condition: &WatchCondition| {
                let mark = if condition.rising { '>' } else { '<' };
                let (left, right) = (expression(&condition.left), expression(&condition.right));
                format!("({left} {mark} {right}) {}", expression(&condition.flag))
            };
            format!("watch {}", join(conditions.iter().map(text), ", "))
        }
        StatementKind::Lag { variable, delay } => format!("lag {variable:?} by {delay:?}"),
        StatementKind::MutexLock => "mutexlock".to_string(),
        StatementKind::MutexUnlock => "mutexunlock".to_string(),
        StatementKind::Declaration(declaration) => declaration_text(declaration),
        StatementKind::Expression(value) => expression(value),
        StatementKind::Break => "break".to_string(),
        StatementKind::Continue => "continue".to_string(),
        StatementKind::LinearSystem { unknowns, matrix, right } => {
            format!("linear {} of {matrix:?} = {right:?}", join(unknowns.iter().map(variable), ", "))
        }
        StatementKind::Return(None) => "return".to_string(),
        StatementKind::Return(Some(value)) => format!("return {}", expression(value)),
        // Those with bodies
        _ => String::new(),
    }
}

fn declaration_text(declaration: &Declaration) -> String {
    let shared = if declaration.shared { "shared " } else { "" };
    let constant = if declaration.constant { "const " } else { "" };
    let length = declaration.length.map(|length| format!("[{length}]")).unwrap_or_default();
    let initial = match &declaration.initial {
        None => String::new(),
        Some(Initializer::Value(value)) => format!(" = {}", expression(value)),
        Some(Initializer::List(values)) => format!(" = {{{}}}", join(values.iter().map(expression), ", ")),
    };
    format!("{shared}{constant}{} {:?}{length}{initial}", declaration.kind.text(), declaration.name)
}

fn join(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.collect::<Vec<_>>().join(between)
}

fn unit(unit: Option<&Unit>) -> String {
    unit.map(|unit| format!(" ({})", unit.text)).unwrap_or_default()
}

fn arguments(arguments: &[Argument]) -> String {
    join(
        arguments.iter().map(|argument| format!("{:?}{}", argument.name, unit(argument.unit.as_ref()))),
        ", ",
    )
}

fn length(length: Option<&Length>) -> String {
    match length {
        Some(Length::Number(number, _)) => format!("[{number}]"),
        Some(Length::Name(name)) => format!("[{name:?}]"),
        None => String::new(),
    }
}

fn local_variables(locals: &[LocalVariable]) -> String {
    join(locals.iter().map(|local| format!("{:?}{}", local.name, length(local.length.as_ref()))), ", ")
}

fn unit_definition(line: &UnitDefinition) -> String {
    match line {
        UnitDefinition::Alias { unit, definition } => format!("({}) = ({})", unit.text, definition.text),
        UnitDefinition::Constant { name, value, unit } => {
            format!("{name:?} = {} ({})", value.value, unit.text)
        }
        UnitDefinition::Factor { name, from, to } => format!("{name:?} = ({}) -> ({})", from.text, to.text),
    }
}

fn neuron_statement(statement: &NeuronStatementKind) -> String {
    match statement {
        NeuronStatementKind::Mechanism { kind, name } => {
            let word = match kind {
                Kind::Density => "suffix",
                Kind::PointProcess => "point_process",
                Kind::ArtificialCell => "artificial_cell",
            };
            format!("{word} {name:?}")
        }
        NeuronStatementKind::UseIon(used) => {
            let mut text = format!("useion {:?} read {:?} write {:?}", used.ion, used.reads, used.writes);
            if let Some(valence) = used.valence {
                let _ = write!(text, " valence {}", valence.value);
            }
            if let Some(identifier) = &used.represents {
                let _ = write!(text, " represents {identifier}");
            }
            text
        }
        NeuronStatementKind::Names(list, names) => format!("{} {names:?}", list.word().to_lowercase()),
        NeuronStatementKind::ThreadSafe => "threadsafe".to_string(),
        NeuronStatementKind::Represents(identifier) => format!("represents {identifier}"),
    }
}

fn parameter(line: &Parameter) -> String {
    let value = line.value.map(|literal| format!(" = {}", literal.value)).unwrap_or_default();
    let limits =
        line.limits.map(|(low, high)| format!(" <{}, {}>", low.value, high.value)).unwrap_or_default();
    let length = length(line.length.as_ref());
    format!("{:?}{length}{value}{}{limits}", line.name, unit(line.unit.as_ref()))
}

fn dependent(line: &Dependent) -> String {
    let primes = "'".repeat(line.primes.into());
    let range =
        line.range.map(|(from, to)| format!(" from {} to {}", from.value, to.value)).unwrap_or_default();
    let start = line.start.map(|literal| format!(" start {}", literal.value)).unwrap_or_default();
    let tolerance = line.tolerance.map(|literal| format!(" <{}>", literal.value)).unwrap_or_default();
    let length = length(line.length.as_ref());
    format!("{:?}{primes}{length}{range}{start}{}{tolerance}", line.name, unit(line.unit.as_ref()))
}

fn verbatim_text(verbatim: &Verbatim) -> String {
    let state = if verbatim.complete { "" } else { " incomplete" };
    format!("verbatim{state} {:?}", verbatim.text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn reactants(reactants: &[Reactant]) -> String {
    let text = |(index, reactant): (usize, &Reactant)| {
        let sign = match (index, reactant.negative) {
            (0, false) => "",
            (0, true) => "-",
            (_, false) => " + ",
            (_, true) => " - ",
        };
        let count = reactant.count.as_ref().map(|count| expression(count) + " ").unwrap_or_default();
        format!("{sign}{count}{}", variable(&reactant.variable))
    };
    join(reactants.iter().enumerate().map(text), "")
}

fn compartment_text(word: &str, compartment: &Compartment) -> String {
    let index = compartment.index.as_ref().map(|index| format!(" {index:?},")).unwrap_or_default();
    format!("{word}{index} {} {:?}", expression(&compartment.value), compartment.states)
}

fn variable(variable: &Variable) -> String {
    let primes = "'".repeat(variable.primes.into());
    let index = variable.index.as_ref().map(|index| format!("[{}]", expression(index))).unwrap_or_default();
    format!("{:?}{primes}{index}", variable.name)
}

fn call_text(call: &Call) -> String {
    format!("{:?}({})", call.name, join(call.arguments.iter().map(expression), ", "))
}

fn expression(tree: &Expression) -> String {
    match &tree.kind {
        ExpressionKind::Number(number) => format!("{}{}", number.value, unit(number.unit.as_ref())),
        ExpressionKind::Variable(name) => variable(name),
        ExpressionKind::Text(text) => format!("{text:?}"),
        ExpressionKind::Call(call) => call_text(call),
        ExpressionKind::Parenthesis(inner) => format!("<{}>", expression(inner)),
        ExpressionKind::Unary(operator, operand) => format!("({}{})", operator.text(), expression(operand)),
        ExpressionKind::Binary(operator, left, right) => {
            format!("({} {} {})", expression(left), operator.text(), expression(right))
        }
        ExpressionKind::Integer(value) => format!("{value}i"),
        ExpressionKind::Slot(name) => format!("slot:{name:?}"),
        ExpressionKind::Null => "null".to_string(),
        ExpressionKind::Index(base, index) => format!("{}[{}]", expression(base), expression(index)),
        ExpressionKind::Conditional(condition, yes, no) => {
            format!("({} ? {} : {})", expression(condition), expression(yes), expression(no))
        }
        ExpressionKind::Cast(kind, operand) => format!("({} as {})", expression(operand), kind.text()),
        ExpressionKind::Dereference(operand) => format!("(*{})", expression(operand)),
        ExpressionKind::AddressOf(operand) => format!("(&{})", expression(operand)),
        ExpressionKind::Assign { target, operator, value } => {
            let operator = operator.map(BinaryOperator::text).unwrap_or_default();
            format!("({} {operator}= {})", expression(target), expression(value))
        }
        ExpressionKind::Step { target, increment, prefix } => {
            let mark = if *increment { "++" } else { "--" };
            let target = expression(target);
            if *prefix { format!("({mark}{target})") } else { format!("({target}{mark})") }
        }
    }
}
