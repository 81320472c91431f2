//! The order of the nodes of a graph: so that those that wait for each other are apart, and those that do not are side
//! by side, as far as registers allow.

use super::graph::{Graph, Node, Two, Value};

/// Cycles until the result of a node is there, about, on CPUs of the last years.
fn latency(node: &Node) -> u32 {
    match node {
        Node::Two(Two::Divide, ..) => 14,
        Node::SquareRoot(_) => 20,
        Node::Two(Two::Add | Two::Subtract | Two::Multiply | Two::Maximum | Two::Minimum, ..)
        | Node::Fused(..)
        | Node::Truth(..)
        | Node::Round(..) => 4,
        Node::Choose(..) | Node::Blend { .. } => 5,
        // through memory
        Node::Rows(_) => 20,
        Node::Two(..) | Node::ShiftLeft(..) | Node::OrWhere(_) | Node::Held(_) => 1,
        Node::OtherRows(_) => 0,
        Node::Load(..) | Node::Uniform(_) | Node::Constant(_) => 0,
    }
}

/// When the nodes of a graph have their results, if nothing but operands keeps them waiting.
#[derive(Default)]
pub(super) struct Depths {
    cycles: Vec<u32>,
    greatest: u32,
}

impl Depths {
    /// When the last of all nodes has its result (cycles). The graph is that of the calls before, or has grown.
    pub(super) fn greatest(&mut self, graph: &Graph) -> u32 {
        for node in &graph.nodes[self.cycles.len()..] {
            let start = node.operands().map(|operand| self.cycles[operand as usize]).max().unwrap_or(0);
            self.cycles.push(start + latency(node));
            self.greatest = self.greatest.max(start + latency(node));
        }
        self.greatest
    }
}

/// Nodes that start in one cycle.
const WIDTH: u32 = 4;

/// Puts the nodes of an order into a better one.
pub(super) fn schedule(graph: &Graph, order: Vec<Value>, registers: u8) -> Vec<Value> {
    let count = graph.nodes.len();
    let mut users: Vec<Vec<Value>> = vec![Vec::new(); count];
    let mut missing = vec![0; count];
    for &value in &order {
        for operand in graph.made_operands(value) {
            users[operand as usize].push(value);
            missing[value as usize] += 1;
        }
    }
    let mut left: Vec<usize> = users.iter().map(Vec::len).collect();
    // the longest way to a result
    let mut distance = vec![0; count];
    for &value in order.iter().rev() {
        let after = users[value as usize].iter().map(|&user| distance[user as usize]).max().unwrap_or(0);
        distance[value as usize] = after + latency(&graph.nodes[value as usize]);
    }
    // constants need some, too
    let most = usize::from(registers) * 3 / 4;
    let mut ready: Vec<Value> = order.iter().copied().filter(|&value| missing[value as usize] == 0).collect();
    let mut starts = vec![0; count];
    let (mut scheduled, mut cycle, mut in_cycle, mut live) = (Vec::with_capacity(order.len()), 0, 0, 0_usize);
    while !ready.is_empty() {
        let ends = |value: Value| {
            let mut operands: Vec<Value> = graph.made_operands(value).collect();
            operands.sort_unstable();
            operands.chunk_by(|a, b| a == b).filter(|same| left[same[0] as usize] == same.len()).count()
        };
        let best = if live >= most {
            // what frees registers, else what came first
            (0..ready.len()).max_by_key(|&at| (ends(ready[at]).min(2), std::cmp::Reverse(ready[at])))
        } else {
            let can = (0..ready.len()).filter(|&at| starts[ready[at] as usize] <= cycle);
            can.max_by_key(|&at| (distance[ready[at] as usize], std::cmp::Reverse(ready[at])))
        };
        let Some(best) = best else {
            (cycle, in_cycle) = (cycle + 1, 0);
            continue;
        };
        let value = ready.swap_remove(best);
        live = live + 1 - ends(value);
        graph.made_operands(value).for_each(|operand| left[operand as usize] -= 1);
        let done = cycle.max(starts[value as usize]) + latency(&graph.nodes[value as usize]);
        for &user in &users[value as usize] {
            starts[user as usize] = starts[user as usize].max(done);
            missing[user as usize] -= 1;
            if missing[user as usize] == 0 {
                ready.push(user);
            }
        }
        scheduled.push(value);
        in_cycle += 1;
        if in_cycle == WIDTH {
            (cycle, in_cycle) = (cycle + 1, 0);
        }
    }
    scheduled
}

#[cfg(test)]
mod tests {
    use super::super::super::code::{Operand, Operation, Slot};
    use super::*;
    use crate::ir::{BinaryOperation, UnaryOperation};

    /// Four exponentials and quotients by them, one after the other.
    fn graph() -> (Graph, Vec<Value>) {
        let mut graph = Graph::default();
        for slot in 0..4 {
            let (to, operand) = (Slot(slot + 4), Slot(slot));
            assert!(graph.add(&Operation::Unary { operation: UnaryOperation::Exp, to, operand }));
            let [left, right] = [operand, to].map(Operand::Lanes);
            let operation = BinaryOperation::Divide;
            assert!(graph.add(&Operation::Binary { operation, to, left, right }));
        }
        let is_made = |&value: &Value| !graph.nodes[value as usize].is_source();
        let order = (0..graph.nodes.len() as Value).filter(is_made).collect();
        (graph, order)
    }

    #[test]
    fn operands_come_first() {
        let (graph, order) = graph();
        for registers in [6, 12, 32] {
            let scheduled = schedule(&graph, order.clone(), registers);
            let place = |value: Value| scheduled.iter().position(|&other| other == value);
            let mut sorted = scheduled.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, order, "all nodes, once");
            for &value in &order {
                let made = graph.nodes[value as usize].operands().filter_map(place);
                assert!(made.into_iter().all(|operand| Some(operand) < place(value)));
            }
        }
    }

    /// With enough registers, no quotient comes before the last exponential has begun.
    #[test]
    fn what_waits_is_put_apart() {
        let (graph, order) = graph();
        let places = |registers: u8, is: fn(&Node) -> bool| -> Vec<usize> {
            let scheduled = schedule(&graph, order.clone(), registers);
            let places = scheduled.iter().enumerate().filter(|&(_, &value)| is(&graph.nodes[value as usize]));
            places.map(|(place, _)| place).collect()
        };
        let is_quotient = |node: &Node| matches!(node, Node::Two(Two::Divide, ..));
        let is_begin = |node: &Node| matches!(node, Node::Rows(_));
        assert!(places(32, is_begin).last() < places(32, is_quotient).first());
        assert!(places(6, is_begin).last() > places(6, is_quotient).first());
    }

    #[test]
    fn chains_add_up() {
        let (graph, _) = graph();
        let chain = Depths::default().greatest(&graph);
        assert!((50..100).contains(&chain), "an exponential and a quotient: {chain}");
    }
}
