//! Names and pointers of C, made those of NMODL.
//!
//! NEURON's translator gives variables of NMODL other names in C, and C models rely on them: `_lname` is an argument,
//! result or `LOCAL`, `_zname` a `LOCAL` of the file, `_p_name` what a `POINTER` holds, `_ion_name` the ion's own variable, `_args[0]` the first
//! argument of `NET_RECEIVE`. Pointers to what a `POINTER` holds (`void** pv = (void**)(&_p_name)`) are followed, so
//! that only [slots](ExpressionKind::Slot) are left, and casts of pointers vanish. What C declares under the name of an
//! argument or `LOCAL` of NMODL gets `@c` behind it; the ion's own variable is `name@ion`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::preprocess::Problems;
use super::scope::{Binding, Bindings, Local, Scopes};
use crate::syntax::ast::{
    BinaryOperator, Body, CType, Call, Declaration, Expression, ExpressionKind, Initializer, Item, ItemKind,
    Name, Statement, StatementKind, Variable,
};
use crate::syntax::{Span, SyntaxProblem};

/// The pass over a file.
pub(super) struct Names {
    /// Where the C text stands.
    blocks: Vec<Span>,
    /// `LOCAL`s of the file, which C sees as `_zname`.
    file_locals: BTreeSet<Arc<str>>,
    scopes: Scopes,
    bindings: Bindings,
    /// Places of declarations of pointers to slots, which the tree does not need.
    pointers: BTreeSet<u32>,
    /// What cannot be done.
    pub problems: Problems,
}

/// Makes the names of C in `items` those of NMODL; `blocks` are where the C text stands.
pub(super) fn resolve(items: &mut [Item], blocks: Vec<Span>) -> Problems {
    let locals = items.iter().filter_map(|item| match &item.kind {
        ItemKind::Local(locals) => Some(locals),
        _ => None,
    });
    let mut names = Names {
        blocks,
        file_locals: locals.flatten().map(|local| local.name.text.clone()).collect(),
        scopes: Scopes::default(),
        bindings: Bindings::new(),
        pointers: BTreeSet::new(),
        problems: Problems::new(),
    };
    for item in items.iter_mut() {
        names.item(item);
    }
    names.problems
}

impl Names {
    fn item(&mut self, item: &mut Item) {
        match &mut item.kind {
            ItemKind::Block(block) => {
                self.scopes.begin_block(block);
                self.body(&mut block.body);
                self.end_block(&mut block.body);
            }
            ItemKind::CFunction(function) => {
                self.scopes.begin();
                for parameter in &function.parameters {
                    let local = self.scopes.declare(&parameter.name, parameter.kind.clone());
                    self.bind(&local, Binding::Plain);
                }
                self.body(&mut function.body);
                self.end_block(&mut function.body);
            }
            ItemKind::CVariable(declaration) => {
                self.declaration(declaration);
            }
            _ => {}
        }
    }

    fn end_block(&mut self, body: &mut Body) {
        self.scopes.end_block();
        self.bindings.clear();
        let pointers = std::mem::take(&mut self.pointers);
        if !pointers.is_empty() {
            without_declarations(body, &pointers);
        }
    }

    /// Whether `span` is of C text.
    fn is_c(&self, span: Span) -> bool {
        let after = self.blocks.partition_point(|block| block.start <= span.start);
        after > 0 && self.blocks[after - 1].end > span.start
    }

    fn refuse(&mut self, construct: &str, span: Span, help: &str) {
        self.problems.push((SyntaxProblem::OutsideC(construct.to_string()), span, Some(help.to_string())));
    }

    fn refuse_name(&mut self, name: &str, span: Span, help: &str) {
        self.problems.push((SyntaxProblem::NameOfC(name.to_string()), span, Some(help.to_string())));
    }

    fn body(&mut self, body: &mut Body) {
        self.scopes.begin();
        self.statements(&mut body.statements);
        self.scopes.end();
    }

    fn statements(&mut self, statements: &mut Vec<Statement>) {
        let old = std::mem::take(statements);
        for mut statement in old {
            if self.statement(&mut statement) {
                statements.push(statement);
            }
        }
    }

    /// Whether the statement stays in the tree.
    fn statement(&mut self, statement: &mut Statement) -> bool {
        let span = statement.span;
        match &mut statement.kind {
            StatementKind::Local(locals) => {
                for local in locals.iter() {
                    self.scopes.declare_nmodl(&local.name.text);
                }
            }
            StatementKind::Declaration(declaration) => self.declaration(declaration),
            StatementKind::Expression(value) => {
                let value = take(value);
                match self.expression_statement(value) {
                    Some(kind) => statement.kind = kind,
                    None => return false,
                }
            }
            StatementKind::Return(Some(value)) => self.c_expression(value),
            StatementKind::If { branches, otherwise } => self.branches(branches, otherwise.as_mut()),
            StatementKind::Nested(body) | StatementKind::Initial(body) => self.body(body),
            StatementKind::While { condition, body } => {
                self.c_expression(condition);
                self.repeated(span, |names| names.body(body));
            }
            StatementKind::DoWhile { body, condition } => {
                self.repeated(span, |names| names.body(body));
                self.c_expression(condition);
            }
            StatementKind::From { variable, body, .. } => {
                self.scopes.begin();
                self.scopes.declare_nmodl(&variable.text);
                self.repeated(span, |names| names.body(body));
                self.scopes.end();
            }
            StatementKind::ForNetCons { arguments, body } => {
                self.scopes.begin();
                for argument in arguments.iter() {
                    self.scopes.declare_nmodl(&argument.name.text);
                }
                self.repeated(span, |names| names.body(body));
                self.scopes.end();
            }
            StatementKind::For { start, condition, steps, body } => {
                self.scopes.begin();
                self.statements(start);
                self.repeated(span, |names| {
                    condition.iter_mut().chain(steps.iter_mut()).for_each(|value| names.c_expression(value));
                    names.body(body);
                });
                self.scopes.end();
            }
            _ => {}
        }
        true
    }

    fn branches(&mut self, branches: &mut [(Expression, Body)], otherwise: Option<&mut Body>) {
        let before = self.bindings.clone();
        let mut after = Vec::new();
        let complete = otherwise.is_some();
        for (condition, body) in branches {
            self.bindings.clone_from(&before);
            self.c_expression(condition);
            self.body(body);
            after.push(std::mem::take(&mut self.bindings));
        }
        if let Some(body) = otherwise {
            self.bindings.clone_from(&before);
            self.body(body);
            after.push(std::mem::take(&mut self.bindings));
        }
        if !complete {
            after.push(before.clone());
        }
        self.bindings = before;
        for (number, binding) in &mut self.bindings {
            let mut ends = after.iter().filter_map(|end| end.get(number));
            let first = ends.next().unwrap_or(binding).clone();
            *binding = if ends.all(|end| *end == first) { first } else { Binding::Several };
        }
    }

    /// Walks a body that is repeated, in which pointers from outside cannot come to point to other slots.
    fn repeated(&mut self, span: Span, walk: impl FnOnce(&mut Names)) {
        let before = self.bindings.clone();
        walk(self);
        let mut changed = false;
        for (number, binding) in &before {
            let after = self.bindings.get(number).unwrap_or(binding);
            if after != binding {
                changed |= matches!(binding, Binding::Slot(_));
                self.bindings.insert(*number, Binding::Several);
            }
        }
        if changed {
            let start = Span { start: span.start, end: span.start + 1 };
            self.refuse("a pointer that changes in a loop", start, "declare the pointer within the loop");
        }
    }

    /// Notes what a pointer points to; only pointers to pointers, and those of `auto`, can point to slots.
    fn bind(&mut self, local: &Local, binding: Binding) {
        let pointee = match &local.kind {
            CType::Pointer(pointee) => pointee,
            kind => kind,
        };
        if matches!(pointee, CType::Pointer(_) | CType::Auto) {
            self.bindings.insert(local.number, binding);
        }
    }

    fn declaration(&mut self, declaration: &mut Declaration) {
        let initial = match &mut declaration.initial {
            Some(Initializer::Value(value)) => {
                self.c_expression(value);
                Some(&*value)
            }
            Some(Initializer::List(values)) => {
                values.iter_mut().for_each(|value| self.c_expression(value));
                None
            }
            None => None,
        };
        let address = initial.and_then(slot_address).cloned();
        let kind = if declaration.length.is_some() {
            declaration.kind.clone().pointer()
        } else {
            declaration.kind.clone()
        };
        let local = self.scopes.declare(&declaration.name, kind);
        let binding = match (address, &declaration.initial) {
            (Some(slot), _) => {
                self.pointers.insert(declaration.name.span.start);
                Binding::Slot(slot)
            }
            (None, None) => Binding::Unset,
            (None, Some(_)) => Binding::Plain,
        };
        self.bind(&local, binding);
        declaration.name.text = local.name;
    }

    /// What an expression whose value is dropped becomes; nothing if it only sets a pointer to a slot.
    fn expression_statement(&mut self, mut value: Expression) -> Option<StatementKind> {
        if let ExpressionKind::Assign { target, operator: None, value: source } = &mut value.kind
            && let ExpressionKind::Variable(variable) = &target.kind
            && variable.index.is_none()
            && let Some(local) = self.scopes.local(&variable.name.text).cloned()
        {
            let name = variable.name.clone();
            self.c_expression(source);
            if let Some(slot) = slot_address(source) {
                let slot = slot.clone();
                self.bind(&local, Binding::Slot(slot));
                self.pointers.insert(local.place);
                return None;
            }
            self.bind(&local, Binding::Plain);
            let name = Name { text: local.name, span: name.span };
            let target = Variable { span: name.span, name, primes: 0, index: None };
            return Some(StatementKind::Assign { target, value: take(source) });
        }
        self.c_expression(&mut value);
        Some(match value.kind {
            ExpressionKind::Call(call) => StatementKind::Call(call),
            ExpressionKind::Assign { target, operator: None, value: source } => match target.kind {
                ExpressionKind::Variable(target) => StatementKind::Assign { target, value: *source },
                kind => {
                    let target = Box::new(Expression { kind, span: target.span });
                    let kind = ExpressionKind::Assign { target, operator: None, value: source };
                    StatementKind::Expression(Expression { kind, span: value.span })
                }
            },
            kind => StatementKind::Expression(Expression { kind, span: value.span }),
        })
    }

    /// Makes the names of `value` those of NMODL, if it is of C.
    fn c_expression(&mut self, value: &mut Expression) {
        if self.is_c(value.span) {
            let old = take(value);
            *value = self.expression(old);
        }
    }

    fn boxed(&mut self, mut value: Box<Expression>) -> Box<Expression> {
        let old = take(&mut value);
        *value = self.expression(old);
        value
    }

    fn expression(&mut self, value: Expression) -> Expression {
        use ExpressionKind as Kind;
        let span = value.span;
        let kind = match value.kind {
            Kind::Variable(variable) => self.variable(variable),
            Kind::Call(call) => Kind::Call(self.call(call)),
            Kind::Unary(operator, operand) => Kind::Unary(operator, self.boxed(operand)),
            Kind::Binary(operator, left, right) if names_thread(&left) && names_thread(&right) => {
                // Every model sees one thread, the first
                Kind::Integer(i64::from(operator == BinaryOperator::Equal))
            }
            Kind::Binary(operator, left, right) => {
                Kind::Binary(operator, self.boxed(left), self.boxed(right))
            }
            Kind::Index(base, index) => {
                let base = self.boxed(base);
                Kind::Index(base, self.boxed(index))
            }
            Kind::Conditional(condition, yes, no) => {
                Kind::Conditional(self.boxed(condition), self.boxed(yes), self.boxed(no))
            }
            Kind::Cast(CType::Void, operand) => return self.expression(*operand),
            Kind::Cast(target @ CType::Pointer(_), operand) => {
                let operand = self.expression(*operand);
                return self.pointer_cast(target, operand, span);
            }
            Kind::Cast(target, operand) => Kind::Cast(target, self.boxed(operand)),
            Kind::Dereference(operand) => {
                let operand = self.boxed(operand);
                match operand.kind {
                    Kind::AddressOf(place) => place.kind,
                    // The number that a `POINTER` points to
                    Kind::Slot(name) => Kind::Variable(plain(name, span)),
                    _ => Kind::Dereference(operand),
                }
            }
            Kind::AddressOf(operand) => {
                let operand = self.boxed(operand);
                match operand.kind {
                    Kind::Dereference(pointer) => pointer.kind,
                    _ => Kind::AddressOf(operand),
                }
            }
            Kind::Assign { target, operator, value } => {
                let target = self.boxed(target);
                Kind::Assign { target, operator, value: self.boxed(value) }
            }
            Kind::Step { target, increment, prefix } => {
                Kind::Step { target: self.boxed(target), increment, prefix }
            }
            other => other,
        };
        Expression { kind, span }
    }

    fn variable(&mut self, mut variable: Variable) -> ExpressionKind {
        let span = variable.span;
        let text = variable.name.text.clone();
        if let Some(index) = variable.index.as_mut() {
            let old = take(index);
            **index = self.expression(old);
        }
        if let Some(local) = self.scopes.local(&text) {
            let binding = self.bindings.get(&local.number).cloned();
            variable.name.text = local.name.clone();
            return self.local(variable, binding);
        }
        let name = |text: &str| Name { text: text.into(), span };
        if let Some(slot) = text.strip_prefix("_p_") {
            let slot = ExpressionKind::Slot(name(slot));
            return match variable.index {
                Some(index) => ExpressionKind::Index(Box::new(Expression { kind: slot, span }), index),
                None => slot,
            };
        }
        if &*text == "_args"
            && let Some(ExpressionKind::Integer(place)) = variable.index.as_ref().map(|index| &index.kind)
            && let Some(argument) =
                usize::try_from(*place).ok().and_then(|place| self.scopes.event_arguments.get(place))
        {
            return ExpressionKind::Variable(plain(argument.clone(), span));
        }
        let of_block = text.strip_prefix("_l").filter(|name| self.scopes.is_nmodl(name));
        let of_file = text.strip_prefix("_z").filter(|name| self.file_locals.contains(*name));
        let nmodl = of_block.or(of_file);
        if let Some(nmodl) = nmodl {
            variable.name.text = nmodl.into();
        } else if let Some(ion) = text.strip_prefix("_ion_") {
            variable.name.text = format!("{ion}@ion").into();
        } else if text.starts_with('_') {
            let help = "it belongs to the inside of NEURON: use variables of the mechanism, `_p_name` for what a \
                        `POINTER` holds and `_lname` for arguments and `LOCAL`s";
            self.refuse_name(&text, span, help);
        } else if self.scopes.is_nmodl(&text) {
            let help = format!("write `_l{text}` for the argument or `LOCAL`, or give it another name");
            self.refuse_name(&text, span, &help);
        }
        ExpressionKind::Variable(variable)
    }

    /// A variable of C: a pointer to a slot becomes the address of the slot.
    fn local(&mut self, variable: Variable, binding: Option<Binding>) -> ExpressionKind {
        let span = variable.span;
        match binding {
            Some(Binding::Slot(slot)) => {
                let slot = Expression { kind: ExpressionKind::Slot(Name { text: slot.text, span }), span };
                match variable.index {
                    None => ExpressionKind::AddressOf(Box::new(slot)),
                    Some(index) if matches!(index.kind, ExpressionKind::Integer(0)) => slot.kind,
                    Some(_) => {
                        self.refuse("a subscript of a pointer to a slot", span, "use `*` alone");
                        slot.kind
                    }
                }
            }
            Some(Binding::Several) => {
                let help = "use one pointer for every variable";
                self.refuse("a pointer that points to one of several variables", span, help);
                ExpressionKind::Variable(variable)
            }
            _ => ExpressionKind::Variable(variable),
        }
    }

    /// A cast to a pointer, which says nothing that the tree needs, or is refused.
    fn pointer_cast(&mut self, target: CType, operand: Expression, span: Span) -> Expression {
        use ExpressionKind as Kind;
        let CType::Pointer(pointee) = &target else { return operand };
        let kind = match operand.kind {
            Kind::Null | Kind::Integer(0) => Kind::Null,
            Kind::AddressOf(place) => match place.kind {
                Kind::Variable(Variable { name, index: None, .. })
                    if matches!(**pointee, CType::Pointer(_))
                        && self.scopes.local_in_tree(&name.text).is_none() =>
                {
                    Kind::AddressOf(Box::new(Expression { kind: Kind::Slot(name), span }))
                }
                Kind::Slot(_) => Kind::AddressOf(place),
                _ => {
                    self.refuse_cast(&target, span);
                    Kind::AddressOf(place)
                }
            },
            kind => {
                if !self.keeps_meaning(pointee, &kind) {
                    self.refuse_cast(&target, span);
                }
                kind
            }
        };
        Expression { kind, span }
    }

    fn refuse_cast(&mut self, target: &CType, span: Span) {
        let construct = format!("a cast to `{}`", target.text());
        self.refuse(&construct, span, "numbers cannot be read as numbers of another type: copy them");
    }

    /// Whether a pointer to `pointee` can be made of a value without reading numbers as others.
    fn keeps_meaning(&self, pointee: &CType, kind: &ExpressionKind) -> bool {
        let opaque =
            |kind: &CType| matches!(kind, CType::Void | CType::Opaque(_) | CType::Auto | CType::Pointer(_));
        match kind {
            ExpressionKind::Variable(variable) => match self.scopes.local_in_tree(&variable.name.text) {
                Some(local) => match &local.kind {
                    CType::Pointer(own) => opaque(own) || opaque(pointee) || **own == *pointee,
                    kind => *kind == CType::Auto,
                },
                None => opaque(pointee),
            },
            ExpressionKind::Slot(_)
            | ExpressionKind::Call(_)
            | ExpressionKind::Dereference(_)
            | ExpressionKind::Index(..)
            | ExpressionKind::Conditional(..)
            | ExpressionKind::Text(_) => true,
            _ => false,
        }
    }

    /// A call. Those that send events lose what NEURON finds the instance and its queue by, and `net_send` of C, whose
    /// first number is a time and not a delay, gets the name that says so.
    fn call(&mut self, mut call: Call) -> Call {
        let known = match (&*call.name.text, call.arguments.len()) {
            ("net_send" | "artcell_net_send", 5) => Some(("artcell_net_send", 3)),
            ("net_event", 2) => Some(("net_event", 1)),
            ("net_move", 3) => Some(("net_move", 2)),
            ("net_send" | "net_event" | "net_move" | "artcell_net_send", _) => {
                self.refuse(
                    &format!("such a call of `{}`", call.name.text),
                    call.span,
                    "call it as NEURON's translator does, or in NMODL",
                );
                None
            }
            _ => None,
        };
        if let Some((name, dropped)) = known {
            call.name.text = name.into();
            call.arguments.drain(..dropped);
        }
        for argument in &mut call.arguments {
            let old = take(argument);
            *argument = self.expression(old);
        }
        call
    }
}

fn take(value: &mut Expression) -> Expression {
    let span = value.span;
    std::mem::replace(value, Expression { kind: ExpressionKind::Null, span })
}

/// Whether `value` is the thread that runs (`_nt`) or the first of all (`nrn_threads`).
fn names_thread(value: &Expression) -> bool {
    matches!(&value.kind, ExpressionKind::Variable(variable)
        if variable.index.is_none() && matches!(&*variable.name.text, "_nt" | "nrn_threads"))
}

fn plain(name: Name, span: Span) -> Variable {
    Variable { name, primes: 0, index: None, span }
}

/// The slot whose address `value` is.
fn slot_address(value: &Expression) -> Option<&Name> {
    match &value.kind {
        ExpressionKind::AddressOf(place) => match &place.kind {
            ExpressionKind::Slot(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// Takes the declarations at `places` out of `body`.
fn without_declarations(body: &mut Body, places: &BTreeSet<u32>) {
    body.statements.retain_mut(|statement| {
        match &mut statement.kind {
            StatementKind::Declaration(declaration) => {
                return !places.contains(&declaration.name.span.start);
            }
            StatementKind::If { branches, otherwise } => {
                let bodies = branches.iter_mut().map(|(_, body)| body).chain(otherwise.as_mut());
                bodies.for_each(|body| without_declarations(body, places));
            }
            StatementKind::While { body, .. }
            | StatementKind::Nested(body)
            | StatementKind::Initial(body)
            | StatementKind::From { body, .. }
            | StatementKind::ForNetCons { body, .. }
            | StatementKind::For { body, .. }
            | StatementKind::DoWhile { body, .. } => without_declarations(body, places),
            _ => {}
        }
        true
    });
}
