//! All kernels of a program.

use super::{Kernel, Kernels, Program};

impl Kernels {
    fn singles(&self) -> [&Option<Kernel>; 12] {
        [
            &self.constructor,
            &self.destructor,
            &self.before_initial,
            &self.initial,
            &self.after_initial,
            &self.before_breakpoint,
            &self.current,
            &self.state,
            &self.after_solve,
            &self.before_step,
            &self.receive,
            &self.receive_initial,
        ]
    }

    fn singles_mut(&mut self) -> [&mut Option<Kernel>; 12] {
        [
            &mut self.constructor,
            &mut self.destructor,
            &mut self.before_initial,
            &mut self.initial,
            &mut self.after_initial,
            &mut self.before_breakpoint,
            &mut self.current,
            &mut self.state,
            &mut self.after_solve,
            &mut self.before_step,
            &mut self.receive,
            &mut self.receive_initial,
        ]
    }

    /// Calls `visit` with every kernel.
    pub fn each_mut(&mut self, visit: &mut dyn FnMut(&mut Kernel)) {
        self.singles_mut().into_iter().flatten().for_each(&mut *visit);
        self.watch.iter_mut().for_each(visit);
    }
}

impl Program {
    /// Every kernel that runs on instances: those of tables are not among them.
    pub fn each_kernel(&self) -> impl Iterator<Item = &Kernel> {
        let functions = self.functions.iter().map(|function| &function.kernel);
        self.kernels.singles().into_iter().flatten().chain(&self.kernels.watch).chain(functions)
    }

    /// Calls `visit` with every kernel that runs on instances, to change it.
    pub fn each_kernel_mut(&mut self, visit: &mut dyn FnMut(&mut Kernel)) {
        self.kernels.each_mut(visit);
        self.functions.iter_mut().for_each(|function| visit(&mut function.kernel));
    }

    /// Calls `visit` with every kernel that computes tables, to change it.
    pub fn each_table_kernel_mut(&mut self, visit: &mut dyn FnMut(&mut Kernel)) {
        self.tables.iter_mut().flat_map(|table| [&mut table.bounds, &mut table.row]).for_each(visit);
    }
}
