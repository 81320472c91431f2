//! `TABLE`: a function or procedure of one argument that is looked up.

use std::sync::Arc;

use super::kernel::Lowering;
use super::value::{Kind, Target, Value};
use super::{Part, finish};
use crate::ir::{Instruction, Kernel, Place, Register, Table};
use crate::model::{Fault, Symbol};
use crate::syntax::Span;
use crate::syntax::ast::{self, Block, BlockKind, StatementKind, Variable};

/// The `TABLE` statement of a block, if it has one.
pub(super) fn of(block: &Block) -> Option<&ast::Table> {
    block.body.statements.iter().find_map(|statement| match &statement.kind {
        StatementKind::Table(table) => Some(table),
        _ => None,
    })
}

impl Lowering<'_, '_> {
    /// A call of a tabulated block: its table if `usetable` says so, else its statements.
    pub fn tabulated(
        &mut self,
        block: &Arc<Block>,
        name: &Arc<str>,
        table: &ast::Table,
        argument: Register,
        span: Span,
    ) -> Value {
        let Some(Symbol::Place(switch)) = self.symbol("usetable") else { return self.zero() };
        if block.arguments.len() != 1 {
            let expected = "one argument, as it has a `TABLE`".to_string();
            let found = block.arguments.len();
            let span = block.name.as_ref().map_or(span, |name| name.span);
            self.fault(Fault::Arguments { name: name.to_string(), expected, found }, span, None);
            return self.zero();
        }
        let is_function = block.kind == BlockKind::Function;
        let targets = if is_function { Vec::new() } else { self.table_targets(table) };
        let columns = if is_function { 1 } else { targets.len() as u32 };
        let number = self.table_number(block, name, table, columns, switch);
        let result = is_function.then(|| {
            let zero = self.constant(0.0);
            self.variable(zero)
        });
        let switch = self.read(switch);
        self.branch(
            switch,
            |lowering| {
                let first = lowering.builder.registers(columns);
                let results: Vec<Register> = (first..first + columns).collect();
                let lookup = Instruction::Lookup { table: number, argument, results: results.clone() };
                lowering.builder.push(lookup);
                if let Some(result) = result {
                    lowering.builder.assign(result, first);
                }
                for (target, value) in targets.iter().zip(results) {
                    lowering.set(target, Value::Number(value, Kind::Double), span);
                }
            },
            |lowering| {
                let value = lowering.analytic(block, name, vec![Value::Number(argument, Kind::Double)]);
                if let (Some(result), Value::Number(register, _)) = (result, value) {
                    lowering.builder.assign(result, register);
                }
            },
        );
        match result {
            Some(register) => Value::Number(register, Kind::Double),
            None => self.zero(),
        }
    }

    /// The variables of a table; all elements of arrays.
    fn table_targets(&mut self, table: &ast::Table) -> Vec<Target> {
        let mut targets = Vec::new();
        for name in &table.variables {
            if let Some(Symbol::Array { first, length }) = self.symbol(&name.text) {
                let elements = (0..length).map(|index| first.element(index));
                targets.extend(elements.map(|place| Target::Place(place, Kind::Double)));
                continue;
            }
            let variable = Variable { name: name.clone(), primes: 0, index: None, span: name.span };
            targets.push(self.in_file(|lowering| lowering.target_of(&variable)));
        }
        targets
    }

    /// Does something where only the names of the file are known.
    fn in_file<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> T {
        let scopes = std::mem::take(&mut self.frame().scopes);
        let result = make(self);
        self.frame().scopes = scopes;
        result
    }

    fn table_number(
        &mut self,
        block: &Arc<Block>,
        name: &Arc<str>,
        table: &ast::Table,
        columns: u32,
        switch: Place,
    ) -> u32 {
        if let Some(known) = self.context.tables.iter().position(|known| *known.name == **name) {
            return known as u32;
        }
        let Place::Global(switch) = switch else { return 0 };
        let number = self.context.tables.len();
        self.context.tables.push(Table {
            name: name.to_string(),
            columns,
            depends: Vec::new(),
            bounds: Kernel::default(),
            row: Kernel::default(),
            switch,
        });
        let depends = table.depends.iter().filter_map(|name| {
            let variable = Variable { name: name.clone(), primes: 0, index: None, span: name.span };
            match self.in_file(|lowering| lowering.target_of(&variable)) {
                Target::Place(place, _) => Some(place),
                _ => None,
            }
        });
        let depends = depends.collect();
        let bounds = self.bounds(table);
        let row = self.row(block, name, table);
        let made = &mut self.context.tables[number];
        (made.depends, made.bounds, made.row) = (depends, bounds, row);
        number as u32
    }

    fn bounds(&mut self, table: &ast::Table) -> Kernel {
        let mut lowering = Lowering::new(self.context, Part::Table, "TABLE");
        for (place, expression) in [&table.from, &table.to, &table.intervals].into_iter().enumerate() {
            let value = lowering.double(expression);
            lowering.builder.write(Place::Argument(place as u32), value);
        }
        lowering.finish()
    }

    fn row(&mut self, block: &Arc<Block>, name: &Arc<str>, table: &ast::Table) -> Kernel {
        let mut lowering = Lowering::new(self.context, Part::Table, "TABLE");
        let argument = lowering.read(Place::Argument(0));
        let value = lowering.analytic(block, name, vec![Value::Number(argument, Kind::Double)]);
        if block.kind == BlockKind::Function {
            let (value, _) = lowering.number_of(value, Span::default());
            lowering.builder.write(Place::Argument(1), value);
        } else {
            let targets = lowering.table_targets(table);
            for (column, target) in targets.iter().enumerate() {
                let value = lowering.get(target);
                let (value, _) = lowering.number_of(value, Span::default());
                lowering.builder.write(Place::Argument(1 + column as u32), value);
            }
        }
        let mut kernel = lowering.finish();
        finish::shadow(&mut kernel);
        kernel
    }
}
