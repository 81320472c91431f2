//! Items of the file, and the blocks that declare variables.

use super::ast::{
    Argument, Block, BlockKind, Body, Dependent, Independent, Item, ItemKind, Length, LocalVariable, Name,
    Parameter, Phase, UnitDefinition,
};
use super::lexer::{TokenKind, line_end};
use super::parser::{Abandoned, Parser, Result};
use super::source::SyntaxProblem;
use super::words;

impl Parser<'_> {
    /// All items of the file.
    pub fn items(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        while !self.at_end() {
            let begin = self.current.span;
            self.block = None;
            if self.at_c() {
                self.c_items(&mut items);
                continue;
            }
            match self.item() {
                Ok(kind) => items.push(Item { kind, span: self.span_from(begin) }),
                Err(Abandoned) => self.recover_item(begin.start),
            }
        }
        items
    }

    fn recover_item(&mut self, begin: u32) {
        self.block = None;
        if self.current.span.start == begin {
            self.advance();
        }
        while !(self.at_end() || self.at_item() && self.current.text != "LOCAL") {
            self.advance();
        }
    }

    fn item(&mut self) -> Result<ItemKind> {
        if self.current.kind == TokenKind::Verbatim {
            return Ok(ItemKind::Verbatim(self.verbatim()));
        }
        if self.at("}") {
            return self.fail(SyntaxProblem::StrayBrace, self.current.span, None);
        }
        if self.current.kind != TokenKind::Word {
            return self.unexpected("a block such as `NEURON` or `PARAMETER`", None);
        }
        let word = self.current.text;
        match word {
            "TITLE" => {
                let start = self.current.span.end as usize;
                let end = line_end(self.text, start);
                self.advance_to(end);
                return Ok(ItemKind::Title(self.text[start..end].trim().into()));
            }
            "DEFINE" => return self.define(),
            "INCLUDE" => return self.include(),
            "LOCAL" => return self.locals().map(ItemKind::Local),
            _ => {}
        }
        let lines = match word {
            "UNITS" => {
                self.advance();
                ItemKind::Units(self.lines(word, Self::unit_definition)?.0)
            }
            "NEURON" => {
                self.advance();
                ItemKind::Neuron(self.lines(word, Self::neuron_statement)?.0)
            }
            "PARAMETER" => {
                self.advance();
                ItemKind::Parameter(self.lines(word, Self::parameter)?.0)
            }
            "CONSTANT" => {
                self.advance();
                ItemKind::Constant(self.lines(word, Self::parameter)?.0)
            }
            "INDEPENDENT" => {
                self.advance();
                ItemKind::Independent(self.lines(word, Self::independent)?.0)
            }
            "ASSIGNED" => {
                self.advance();
                ItemKind::Assigned(self.lines(word, Self::dependent)?.0)
            }
            "STATE" => {
                self.advance();
                ItemKind::State(self.lines(word, Self::dependent)?.0)
            }
            _ => return self.block(word).map(ItemKind::Block),
        };
        Ok(lines)
    }

    /// Goes to the token after `position`, as if all before it had been one token.
    fn advance_to(&mut self, position: usize) {
        let start = self.current.span.start;
        self.jump(position);
        self.previous = super::Span { start, end: position as u32 };
    }

    fn define(&mut self) -> Result<ItemKind> {
        self.advance();
        let word = self.current.text;
        let name = self.name("after `DEFINE`")?;
        let negative = self.eat("-");
        let value = self.integer("that the name stands for")? * if negative { -1 } else { 1 };
        self.defines.insert(word, value);
        Ok(ItemKind::Define { name, value })
    }

    fn include(&mut self) -> Result<ItemKind> {
        self.advance();
        if self.current.kind != TokenKind::Text {
            return self.unexpected("a file name in quotes after `INCLUDE`", None);
        }
        let path = Name { text: self.current.text.trim_matches('"').into(), span: self.current.span };
        self.advance();
        Ok(ItemKind::Include { path })
    }

    fn block(&mut self, word: &str) -> Result<Block> {
        let kind = match word {
            "INITIAL" => BlockKind::Initial,
            "BREAKPOINT" => BlockKind::Breakpoint,
            "DERIVATIVE" => BlockKind::Derivative,
            "KINETIC" => BlockKind::Kinetic,
            "LINEAR" => BlockKind::Linear,
            "NONLINEAR" => BlockKind::Nonlinear,
            "FUNCTION" => BlockKind::Function,
            "FUNCTION_TABLE" => BlockKind::FunctionTable,
            "PROCEDURE" => BlockKind::Procedure,
            "NET_RECEIVE" => BlockKind::NetReceive,
            "CONSTRUCTOR" => BlockKind::Constructor,
            "DESTRUCTOR" => BlockKind::Destructor,
            "BEFORE" | "AFTER" => {
                self.advance();
                let phase = self.phase(word)?;
                if word == "BEFORE" { BlockKind::Before(phase) } else { BlockKind::After(phase) }
            }
            _ => return self.unknown_block(word),
        };
        self.advance();
        let mut block = Block {
            kind,
            name: None,
            arguments: Vec::new(),
            unit: None,
            solve_for: Vec::new(),
            body: Body::default(),
        };
        let (named, called) = match kind {
            BlockKind::Derivative | BlockKind::Kinetic | BlockKind::Linear | BlockKind::Nonlinear => {
                (true, false)
            }
            BlockKind::Function | BlockKind::FunctionTable | BlockKind::Procedure => (true, true),
            BlockKind::NetReceive => (false, true),
            _ => (false, false),
        };
        if named {
            block.name = Some(self.name(&format!("after `{word}`"))?);
        }
        if called {
            block.arguments = self.arguments(word)?;
            block.unit = self.optional_unit()?;
        }
        if self.eat_word("SOLVEFOR") {
            block.solve_for = self.names("after `SOLVEFOR`")?;
        }
        if kind != BlockKind::FunctionTable {
            self.block = Some(kind);
            self.without_c = block.name.as_ref().is_some_and(|name| &*name.text == "bbsavestate");
            let body = self.body(word);
            if std::mem::take(&mut self.without_c) {
                self.read_again();
            }
            block.body = body?;
            self.block = None;
        }
        Ok(block)
    }

    fn phase(&mut self, word: &str) -> Result<Phase> {
        match self.current.text {
            "INITIAL" => Ok(Phase::Initial),
            "BREAKPOINT" => Ok(Phase::Breakpoint),
            "SOLVE" => Ok(Phase::Solve),
            "STEP" => Ok(Phase::Step),
            _ => self.unexpected(&format!("`INITIAL`, `BREAKPOINT`, `SOLVE` or `STEP` after `{word}`"), None),
        }
    }

    fn unknown_block<T>(&mut self, word: &str) -> Result<T> {
        let span = self.current.span;
        let (problem, help) = match word {
            "DISCRETE" | "EQUATION" | "PARTIAL" | "TERMINAL" | "CONSTRAINT" | "MATCH" => {
                let help = "NEURON models say the same with `DERIVATIVE`, `KINETIC` or `PROCEDURE` blocks";
                (SyntaxProblem::Unsupported(word.to_string()), Some(help.to_string()))
            }
            _ => {
                let near = words::nearest(word, &words::ITEMS).map(|near| format!("did you mean `{near}`?"));
                let help = near.or_else(|| {
                    let outside = "statements stand inside a block, such as `BREAKPOINT { … }`";
                    Some(outside.to_string())
                });
                (SyntaxProblem::UnknownBlock(word.to_string()), help)
            }
        };
        self.problem(problem, span, help);
        self.advance();
        self.skip_braces();
        Err(Abandoned)
    }

    /// `(a (unit), b)`
    pub fn arguments(&mut self, word: &str) -> Result<Vec<Argument>> {
        self.expect("(", &format!("before the arguments of `{word}`"))?;
        let mut arguments = Vec::new();
        if self.eat(")") {
            return Ok(arguments);
        }
        loop {
            let name = self.name("of an argument")?;
            let unit = self.optional_unit()?;
            arguments.push(Argument { name, unit });
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")", &format!("after the arguments of `{word}`"))?;
        Ok(arguments)
    }

    /// `LOCAL a, b[3]`
    pub fn locals(&mut self) -> Result<Vec<LocalVariable>> {
        self.advance();
        let mut locals = Vec::new();
        loop {
            let name = self.name("of a local variable")?;
            let length = self.optional_length()?;
            locals.push(LocalVariable { name, length });
            if !self.eat(",") {
                return Ok(locals);
            }
        }
    }

    fn optional_length(&mut self) -> Result<Option<Length>> {
        if !self.eat("[") {
            return Ok(None);
        }
        let span = self.current.span;
        let length = if self.current.kind == TokenKind::Word {
            Length::Name(self.name("that `DEFINE` gave")?)
        } else {
            let length = self.integer("or a name of `DEFINE` as length of the array")?;
            if length < 1 {
                self.problem(SyntaxProblem::ArrayLength(length), span, None);
            }
            Length::Number(length, span)
        };
        self.expect("]", "after the length of the array")?;
        Ok(Some(length))
    }

    fn parameter(&mut self) -> Result<Parameter> {
        let name = self.name("of a parameter")?;
        let length = self.optional_length()?;
        let value = if self.eat("=") { Some(self.literal("as value")?) } else { None };
        if ["+", "-", "*", "/", "^"].iter().any(|operator| self.at(operator)) {
            let help = "a value is one number: compute others in `INITIAL`";
            return self.unexpected("the next declaration", Some(help));
        }
        let unit = self.optional_unit()?;
        let mut limits = None;
        if self.eat("<") {
            let low = self.literal("as lower limit")?;
            self.expect(",", "between the limits")?;
            let high = self.literal("as upper limit")?;
            self.expect(">", "after the limits")?;
            limits = Some((low, high));
        }
        Ok(Parameter { name, length, value, unit, limits })
    }

    fn dependent(&mut self) -> Result<Dependent> {
        let (name, primes) = self.primed_name("of a variable")?;
        let length = self.optional_length()?;
        let mut range = None;
        if self.eat_word("FROM") {
            let from = self.literal("after `FROM`")?;
            self.expect_word("TO", "after the first number")?;
            range = Some((from, self.literal("after `TO`")?));
        }
        let start = if self.eat_word("START") { Some(self.literal("after `START`")?) } else { None };
        let unit = self.optional_unit()?;
        let mut tolerance = None;
        if self.eat("<") {
            tolerance = Some(self.literal("as absolute tolerance")?);
            self.expect(">", "after the absolute tolerance")?;
        }
        if self.at("=") {
            let help = "variables of `ASSIGNED` and `STATE` get their values in `INITIAL`";
            return self.unexpected("the next declaration", Some(help));
        }
        Ok(Dependent { name, primes, length, range, start, unit, tolerance })
    }

    fn independent(&mut self) -> Result<Independent> {
        self.eat_word("SWEEP");
        let name = self.name("of the independent variable")?;
        self.expect_word("FROM", "after the name")?;
        let from = self.literal("after `FROM`")?;
        self.expect_word("TO", "after the first number")?;
        let to = self.literal("after `TO`")?;
        self.expect_word("WITH", "after the second number")?;
        let steps = self.literal("of steps")?;
        let start = if self.eat_word("START") { Some(self.literal("after `START`")?) } else { None };
        Ok(Independent { name, from, to, steps, start, unit: self.optional_unit()? })
    }

    fn unit_definition(&mut self) -> Result<UnitDefinition> {
        if self.at("(") {
            let unit = self.unit("to define")?;
            self.expect("=", "after the unit")?;
            let definition = self.unit("that defines it")?;
            return Ok(UnitDefinition::Alias { unit, definition });
        }
        let name = self.name("or a unit between parentheses")?;
        self.expect("=", "after the name")?;
        if self.at("(") {
            let from = self.unit("to convert")?;
            self.eat("->");
            let to = self.unit("to convert into")?;
            return Ok(UnitDefinition::Factor { name, from, to });
        }
        let value = self.literal("or a unit between parentheses")?;
        let unit = self.unit("after the number")?;
        Ok(UnitDefinition::Constant { name, value, unit })
    }
}
