//! `synapse_configure`: assignments to the variables of synapses and to globals of mechanisms, by a grammar.
//!
//! neurodamus runs the text as HOC, with every `%s` standing for one synapse after the other. Here it is parsed as HOC,
//! and understood where it consists of assignments: `%s.name = expression`, `global_MECHANISM = expression`, also with
//! `+=`, `-=`, `*=` and `/=`. Expressions are made of numbers, variables of the synapse, operators and the functions of
//! [`arithmetic::function`], as HOC computes them.

use std::sync::Arc;

use hoc::arithmetic;
use hoc::syntax::ast::{
    AssignOperator, BinaryOperator, Expression, ExpressionKind, Statement, StatementKind,
};
use hoc::syntax::{Source, Symbols, parse};
use sonata::config::Document;
use sonata::diagnostics::{Problem, Spanned};
use systems::Registry;
use systems::group::PointProcess;

use super::models::CannotMake;

/// What is wrong, and what to do.
type Wrong = (String, &'static str);

/// What stands for the synapse in the parsed text.
const SYNAPSE: &str = "synapse__";

/// The assignments of a `synapse_configure`, in their order.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    assignments: Vec<Assignment>,
    globals: Vec<((String, String), f64)>,
}

/// An assignment to a variable of the synapse.
#[derive(Clone, Debug)]
struct Assignment {
    variable: String,
    operator: AssignOperator,
    value: Formula,
}

/// A number that may depend on variables of the synapse.
#[derive(Clone, Debug)]
enum Formula {
    Number(f64),
    Variable(String),
    Negate(Box<Formula>),
    Function(arithmetic::OfNumber, Box<Formula>),
    Binary(BinaryOperator, Box<Formula>, Box<Formula>),
}

impl Configuration {
    /// Understands the text of the override number `index`.
    ///
    /// # Errors
    ///
    /// Wrong syntax, or what is neither an assignment to a variable of the synapse nor to a global of a mechanism.
    pub fn parse(
        text: &Spanned<String>,
        index: usize,
        document: &Document,
        registry: &Registry,
    ) -> Result<Self, Problem> {
        Self::understand(&text.value, registry).map_err(|(what, help)| {
            let index = index.to_string();
            let what = format!("`synapse_configure` of `{}`: {what}", text.value);
            document.impossible(&["connection_overrides", &index, "synapse_configure"], &what, Some(help))
        })
    }

    /// Understands a text; else what is wrong, and what to do.
    fn understand(text: &str, registry: &Registry) -> Result<Self, Wrong> {
        let mut symbols = Symbols::default();
        let source = Source {
            name: Arc::from("synapse_configure"),
            text: Arc::from(format!("{{{}}}", text.replace("%s", SYNAPSE))),
        };
        let parsed = parse(&Arc::new(source), &mut symbols);
        if let Some(error) = parsed.errors.first() {
            let help = "write assignments such as `%s.Fac = 10 %s.Dep *= 0.5`";
            return Err((error.problem.to_string().replace(SYNAPSE, "%s"), help));
        }
        let mut statements = Vec::new();
        flatten(&parsed.statements, &mut statements);
        let mut configuration = Self::default();
        for statement in statements {
            configuration.add(statement, &symbols, registry)?;
        }
        Ok(configuration)
    }

    fn add(&mut self, statement: &Statement, symbols: &Symbols, registry: &Registry) -> Result<(), Wrong> {
        const HELP: &str = "assign to variables of the synapse (`%s.Use = 0.5`) or globals (`tau_d_NMDA_ProbAMPANMDA_EMS = 5`)";
        let StatementKind::Expression(expression) = &statement.kind else {
            return Err(("only assignments can be done".into(), HELP));
        };
        let ExpressionKind::Assign(operator, place, value) = &expression.kind else {
            return Err(("only assignments can be done".into(), HELP));
        };
        let value = formula(value, symbols)?;
        match &place.kind {
            ExpressionKind::Member(object, variable) if is_synapse(object, symbols) => {
                let variable = symbols.name(*variable).to_string();
                self.assignments.push(Assignment { variable, operator: *operator, value });
                Ok(())
            }
            ExpressionKind::Name(name) => {
                let name = symbols.name(*name).to_string();
                let key = global_named(&name, registry)
                    .ok_or_else(|| (format!("there is no global `{name}` of a mechanism"), HELP))?;
                let known = self.globals.iter().rfind(|(known, _)| *known == key).map(|(_, value)| *value);
                let old = known.or_else(|| default_of(&key, registry)).unwrap_or(0.0);
                let value = value.value(&|_| None);
                let value = value.and_then(|value| Ok(arithmetic::assigned(*operator, old, value)?));
                let value = value.map_err(|reason| match reason {
                    NoValue::Unknown(name) => {
                        (format!("global `{}` depends on `{name}` of single synapses", key.1), HELP)
                    }
                    NoValue::Impossible(failure) => (format!("global `{}`: {failure}", key.1), HELP),
                })?;
                self.globals.push((key, value));
                Ok(())
            }
            _ => Err(("only variables of the synapse and globals can be set".into(), HELP)),
        }
    }

    /// Does the assignments to a synapse.
    ///
    /// # Errors
    ///
    /// A variable that the synapse does not have, arithmetic without a result.
    pub fn apply(&self, synapse: &mut PointProcess) -> Result<(), CannotMake> {
        let description = Arc::clone(&synapse.description);
        let unknown = |name: &str| {
            let what =
                format!("`synapse_configure` needs variable `{name}`, which `{}` lacks", description.name);
            CannotMake::new(what, "let the override concern only synapses that have the variable")
        };
        for Assignment { variable, operator, value } in &self.assignments {
            let place = description.variable(variable).ok_or_else(|| unknown(variable))?;
            let value = value.value(&|name| description.variable(name).map(|index| synapse.value(index)));
            let old = synapse.value(place);
            let value = value.and_then(|value| Ok(arithmetic::assigned(*operator, old, value)?));
            let value = value.map_err(|reason| match reason {
                NoValue::Unknown(name) => unknown(&name),
                NoValue::Impossible(failure) => {
                    let what = format!("`synapse_configure` of `{variable}`: {failure}");
                    CannotMake::new(what, "mend the arithmetic, or let the override concern other synapses")
                }
            })?;
            synapse.set(place, value);
        }
        Ok(())
    }

    /// Globals that it sets, by (mechanism, variable).
    pub fn globals(&self) -> impl Iterator<Item = ((String, String), f64)> {
        self.globals.iter().cloned()
    }
}

/// Why a formula has no value.
#[derive(Clone, Debug)]
enum NoValue {
    /// A variable that nobody knows.
    Unknown(String),
    /// Arithmetic that HOC refuses.
    Impossible(hoc::Failure),
}

impl From<hoc::Failure> for NoValue {
    fn from(failure: hoc::Failure) -> Self {
        Self::Impossible(failure)
    }
}

impl Formula {
    fn value(&self, variable: &dyn Fn(&str) -> Option<f64>) -> Result<f64, NoValue> {
        Ok(match self {
            Self::Number(value) => *value,
            Self::Variable(name) => variable(name).ok_or_else(|| NoValue::Unknown(name.clone()))?,
            Self::Negate(value) => -value.value(variable)?,
            Self::Function(function, value) => function(value.value(variable)?)?,
            Self::Binary(operator, left, right) => {
                arithmetic::binary(*operator, left.value(variable)?, right.value(variable)?)?
            }
        })
    }
}

/// The statements inside all braces.
fn flatten<'a>(statements: &'a [Statement], flat: &mut Vec<&'a Statement>) {
    for statement in statements {
        match &statement.kind {
            StatementKind::Block(inner) => flatten(inner, flat),
            _ => flat.push(statement),
        }
    }
}

fn is_synapse(object: &Expression, symbols: &Symbols) -> bool {
    matches!(&object.kind, ExpressionKind::Name(name) if **symbols.name(*name) == *SYNAPSE)
}

fn formula(expression: &Expression, symbols: &Symbols) -> Result<Formula, Wrong> {
    const HELP: &str =
        "use numbers, variables of the synapse (`%s.Use`), operators and functions such as `exp`";
    Ok(match &expression.kind {
        ExpressionKind::Number(value) => Formula::Number(*value),
        ExpressionKind::Member(object, variable) if is_synapse(object, symbols) => {
            Formula::Variable(symbols.name(*variable).to_string())
        }
        ExpressionKind::Negate(value) => Formula::Negate(Box::new(formula(value, symbols)?)),
        ExpressionKind::Binary(operator, left, right) => {
            Formula::Binary(*operator, Box::new(formula(left, symbols)?), Box::new(formula(right, symbols)?))
        }
        ExpressionKind::Call(function, arguments) => {
            let (ExpressionKind::Name(name), [argument]) = (&function.kind, arguments.as_slice()) else {
                return Err(("this is no value".into(), HELP));
            };
            let name = symbols.name(*name);
            let function = arithmetic::function(name)
                .ok_or_else(|| (format!("function `{name}` is not known here"), HELP))?;
            Formula::Function(function, Box::new(formula(argument, symbols)?))
        }
        _ => return Err(("this is no value".into(), HELP)),
    })
}

/// The global of a mechanism that HOC knows as `variable_MECHANISM`.
fn global_named(name: &str, registry: &Registry) -> Option<(String, String)> {
    registry.descriptions().find_map(|description| {
        let variable = name.strip_suffix(&description.name)?.strip_suffix('_')?;
        let known = description.globals.iter().any(|global| global.name == variable);
        known.then(|| (description.name.clone(), variable.to_owned()))
    })
}

fn default_of((mechanism, variable): &(String, String), registry: &Registry) -> Option<f64> {
    let mechanism = registry.get(mechanism)?;
    let found = mechanism.description().globals.iter().find(|global| global.name == *variable);
    found.map(|global| global.default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn synapse(registry: &Registry) -> PointProcess {
        let mechanism = registry.get("ProbAMPANMDA_EMS").expect("it is built in");
        PointProcess::new(mechanism.description(), Some(0))
    }

    #[test]
    fn assignments_are_done_in_their_order() {
        let registry = Registry::with_built_ins();
        let text = "%s.Fac = 10 %s.Dep *= 2+1\n%s.Use = exp(-%s.Fac/10) {%s.Use -= 1}";
        let configuration = Configuration::understand(text, &registry).expect("they are right");
        let mut synapse = synapse(&registry);
        configuration.apply(&mut synapse).expect("it has the variables");
        let value = |name: &str| synapse.value(synapse.description.variable(name).expect("it exists"));
        assert_eq!([value("Fac"), value("Dep")], [10.0, 300.0]);
        assert_eq!(value("Use"), (-1.0_f64).exp() - 1.0);
    }

    /// Numbers that are nearly equal are equal, and integers are cut after a small step.
    #[test]
    fn arithmetic_is_that_of_hoc() {
        let registry = Registry::with_built_ins();
        let text = "%s.Fac = (0.1 + 0.2 > 0.3) + 10*(0.1 + 0.2 == 0.3) %s.Dep = int(2.9999999999999) %s.Use = -7 % 3";
        let configuration = Configuration::understand(text, &registry).expect("it is right");
        let mut synapse = synapse(&registry);
        configuration.apply(&mut synapse).expect("it has the variables");
        let value = |name: &str| synapse.value(synapse.description.variable(name).expect("it exists"));
        assert_eq!([value("Fac"), value("Dep"), value("Use")], [10.0, 3.0, 2.0]);
    }

    #[test]
    fn globals_are_those_of_mechanisms() {
        let registry = Registry::with_built_ins();
        let text = "tau_d_NMDA_ProbAMPANMDA_EMS = 40 tau_d_NMDA_ProbAMPANMDA_EMS += 2";
        let configuration = Configuration::understand(text, &registry).expect("they are right");
        let last = configuration.globals().last().expect("two are set");
        assert_eq!(last, (("ProbAMPANMDA_EMS".into(), "tau_d_NMDA".into()), 42.0));
    }

    #[test]
    fn what_is_no_assignment_is_told() {
        let registry = Registry::with_built_ins();
        let wrong = |text: &str| {
            let (what, help) = Configuration::understand(text, &registry).expect_err("it is wrong");
            format!("{text}: {what}\nhelp: {help}")
        };
        insta::assert_snapshot!(wrong("%s.Fac ="), @r"
        %s.Fac =: expected an expression, found `}`
        help: write assignments such as `%s.Fac = 10 %s.Dep *= 0.5`
        ");
        insta::assert_snapshot!(wrong("system(\"rm -r x\")"), @r#"
        system("rm -r x"): only assignments can be done
        help: assign to variables of the synapse (`%s.Use = 0.5`) or globals (`tau_d_NMDA_ProbAMPANMDA_EMS = 5`)
        "#);
        insta::assert_snapshot!(wrong("%s.Fac = drand()"), @r"
        %s.Fac = drand(): this is no value
        help: use numbers, variables of the synapse (`%s.Use`), operators and functions such as `exp`
        ");
        insta::assert_snapshot!(wrong("tau_NMDA = 3"), @r"
        tau_NMDA = 3: there is no global `tau_NMDA` of a mechanism
        help: assign to variables of the synapse (`%s.Use = 0.5`) or globals (`tau_d_NMDA_ProbAMPANMDA_EMS = 5`)
        ");
        insta::assert_snapshot!(wrong("tau_d_NMDA_ProbAMPANMDA_EMS = %s.Fac"), @r"
        tau_d_NMDA_ProbAMPANMDA_EMS = %s.Fac: global `tau_d_NMDA` depends on `Fac` of single synapses
        help: assign to variables of the synapse (`%s.Use = 0.5`) or globals (`tau_d_NMDA_ProbAMPANMDA_EMS = 5`)
        ");
        insta::assert_snapshot!(wrong("while (1) { %s.Fac = 1 }"), @r"
        while (1) { %s.Fac = 1 }: only assignments can be done
        help: assign to variables of the synapse (`%s.Use = 0.5`) or globals (`tau_d_NMDA_ProbAMPANMDA_EMS = 5`)
        ");
        insta::assert_snapshot!(wrong("tau_d_NMDA_ProbAMPANMDA_EMS /= 0"), @r"
        tau_d_NMDA_ProbAMPANMDA_EMS /= 0: global `tau_d_NMDA`: division by zero
        help: assign to variables of the synapse (`%s.Use = 0.5`) or globals (`tau_d_NMDA_ProbAMPANMDA_EMS = 5`)
        ");
        let configuration =
            Configuration::understand("%s.Use = log(%s.Use - 1)", &registry).expect("it is right so far");
        let problem = configuration.apply(&mut synapse(&registry)).expect_err("it has no result");
        insta::assert_snapshot!(format!("{}\nhelp: {}", problem.what, problem.help), @r"
        `synapse_configure` of `Use`: `log` of 0 is not defined
        help: mend the arithmetic, or let the override concern other synapses
        ");
        let configuration = Configuration::understand("%s.NMDA = 1", &registry).expect("it is right so far");
        let problem = configuration.apply(&mut synapse(&registry)).expect_err("there is no such variable");
        insta::assert_snapshot!(format!("{}\nhelp: {}", problem.what, problem.help), @r"
        `synapse_configure` needs variable `NMDA`, which `ProbAMPANMDA_EMS` lacks
        help: let the override concern only synapses that have the variable
        ");
    }
}
