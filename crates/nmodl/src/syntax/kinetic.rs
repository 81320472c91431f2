//! Statements of `KINETIC` blocks.

use super::ast::{Compartment, Expression, ExpressionKind, Number, Reactant, ReactionKind, StatementKind};
use super::lexer::TokenKind;
use super::parser::{Parser, Result};

impl Parser<'_> {
    /// `~ a + 2 b <-> c (f, b)`, `~ a -> (k)` or `~ a << (f)`
    pub fn reaction(&mut self) -> Result<StatementKind> {
        self.advance();
        let left = self.reactants()?;
        let kind = if self.eat("<->") {
            let right = self.reactants()?;
            self.expect("(", "before the rates of the reaction")?;
            let forward = self.expression()?;
            self.expect(",", "between the rates of the reaction")?;
            let backward = self.expression()?;
            self.expect(")", "after the rates of the reaction")?;
            ReactionKind::Reversible { right, forward, backward }
        } else if self.eat("->") {
            ReactionKind::Outward(self.rate()?)
        } else if self.at("<") && self.next().text == "<" {
            self.advance();
            self.advance();
            ReactionKind::Flux(self.rate()?)
        } else {
            let help = "such as `~ a <-> b (forward, backward)` or `~ a << (flux)`";
            return self.unexpected("`<->`, `->` or `<<` in the reaction", Some(help));
        };
        Ok(StatementKind::Reaction { left, kind })
    }

    fn rate(&mut self) -> Result<Expression> {
        self.expect("(", "before the rate")?;
        let rate = self.expression()?;
        self.expect(")", "after the rate")?;
        Ok(rate)
    }

    /// States with `+` (or `-`, in `CONSERVE`) between them.
    fn reactants(&mut self) -> Result<Vec<Reactant>> {
        let mut reactants = Vec::new();
        let mut negative = self.eat("-");
        loop {
            let count = self.reactant_count()?;
            self.operators = 0;
            let variable = self.variable("of a state")?;
            reactants.push(Reactant { count, negative, variable });
            negative = self.at("-");
            if !(self.at("+") || negative) {
                return Ok(reactants);
            }
            self.advance();
        }
    }

    fn reactant_count(&mut self) -> Result<Option<Expression>> {
        let span = self.current.span;
        let kind = if self.current.kind == TokenKind::Integer {
            let value = self.integer("of molecules")? as f64;
            ExpressionKind::Number(Number { value, integer: true, unit: None })
        } else if self.defines.contains_key(self.current.text) && self.next().kind == TokenKind::Word {
            ExpressionKind::Variable(self.variable("of `DEFINE`")?)
        } else {
            return Ok(None);
        };
        Ok(Some(Expression { kind, span }))
    }

    /// `CONSERVE`, `COMPARTMENT` and `LONGITUDINAL_DIFFUSION`
    pub fn kinetic_statement(&mut self, word: &str) -> Result<StatementKind> {
        self.advance();
        if word == "CONSERVE" {
            let terms = self.reactants()?;
            self.expect("=", "before the total of `CONSERVE`")?;
            return Ok(StatementKind::Conserve { terms, total: self.expression()? });
        }
        let next = self.next();
        let mut index = None;
        if self.current.kind == TokenKind::Word && next.kind == TokenKind::Mark && next.text == "," {
            index = Some(self.name("of the subscript")?);
            self.advance();
        }
        let value = self.expression()?;
        self.expect("{", &format!("before the states of `{word}`"))?;
        let mut states = vec![self.name("of a state")?];
        while !self.eat("}") {
            states.push(self.name("of a state, or `}`")?);
        }
        let compartment = Compartment { index, value, states };
        Ok(match word {
            "COMPARTMENT" => StatementKind::Compartment(compartment),
            _ => StatementKind::LongitudinalDiffusion(compartment),
        })
    }
}
