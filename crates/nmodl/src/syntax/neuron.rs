//! Statements of the `NEURON` block.

use std::sync::Arc;

use super::ast::{NeuronList, NeuronStatement, NeuronStatementKind, UseIon};
use super::lexer::{TokenKind, line_end};
use super::parser::{Parser, Result};
use super::source::{Span, SyntaxProblem};
use super::words;
use crate::description::Kind;

impl Parser<'_> {
    pub fn neuron_statement(&mut self) -> Result<NeuronStatement> {
        let begin = self.current.span;
        if self.current.kind != TokenKind::Word {
            return self.unexpected("a statement such as `SUFFIX` or `RANGE`", None);
        }
        let word = self.current.text;
        let kind = match word {
            "SUFFIX" | "POINT_PROCESS" | "ARTIFICIAL_CELL" => {
                let kind = match word {
                    "SUFFIX" => Kind::Density,
                    "POINT_PROCESS" => Kind::PointProcess,
                    _ => Kind::ArtificialCell,
                };
                self.advance();
                NeuronStatementKind::Mechanism { kind, name: self.name(&format!("after `{word}`"))? }
            }
            "USEION" => NeuronStatementKind::UseIon(self.use_ion()?),
            "THREADSAFE" => {
                self.advance();
                NeuronStatementKind::ThreadSafe
            }
            "REPRESENTS" => NeuronStatementKind::Represents(self.ontology()?),
            _ => {
                let Some(list) = NeuronList::ALL.into_iter().find(|list| list.word() == word) else {
                    return self.unknown_neuron_statement(word);
                };
                self.advance();
                NeuronStatementKind::Names(list, self.names(&format!("after `{word}`"))?)
            }
        };
        Ok(NeuronStatement { kind, span: self.span_from(begin) })
    }

    fn unknown_neuron_statement<T>(&mut self, word: &str) -> Result<T> {
        let help = match words::nearest(word, &words::NEURON) {
            Some(near) => format!("did you mean `{near}`?"),
            None if !self.current.starts_line => "put commas between the names of a list".to_string(),
            None => "the block holds `SUFFIX`, `RANGE`, `USEION` and the like".to_string(),
        };
        self.fail(SyntaxProblem::UnknownNeuronStatement(word.to_string()), self.current.span, Some(help))
    }

    fn use_ion(&mut self) -> Result<UseIon> {
        self.advance();
        let ion = self.name("of an ion after `USEION`")?;
        let reads = if self.eat_word("READ") { self.names("after `READ`")? } else { Vec::new() };
        let writes = if self.eat_word("WRITE") { self.names("after `WRITE`")? } else { Vec::new() };
        if reads.is_empty() && writes.is_empty() {
            let help = format!("such as `USEION {0} READ e{0} WRITE i{0}`", ion.text);
            return self.unexpected("`READ` or `WRITE` after the ion", Some(&help));
        }
        if self.at_word("READ") {
            return self.unexpected("`WRITE` after `READ`", Some("`READ` comes before `WRITE`, each once"));
        }
        let mut valence = None;
        if self.eat_word("VALENCE") || self.eat_word("CHARGE") {
            valence = Some(self.literal("of elementary charges")?);
        }
        let represents = if self.at_word("REPRESENTS") { Some(self.ontology()?) } else { None };
        Ok(UseIon { ion, reads, writes, valence, represents })
    }

    /// `REPRESENTS CHEBI:29101` or `REPRESENTS [CHEBI:29101]`: the colon begins no comment.
    fn ontology(&mut self) -> Result<Arc<str>> {
        let word = self.current.span;
        let from = word.end as usize;
        let line = &self.text[from..line_end(self.text, from)];
        let blank = line.len() - line.trim_start_matches([' ', '\t', '[']).len();
        let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | ':');
        let rest = &line[blank..];
        let length = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        let identifier = &rest[..length];
        let closing = usize::from(rest[length..].starts_with(']'));
        let end = from + blank + length + closing;
        let prefixed = identifier.split_once(':').is_some_and(|(prefix, _)| !prefix.is_empty());
        if !prefixed {
            let problem = SyntaxProblem::Unexpected {
                expected: "an identifier such as `CHEBI:29101` after `REPRESENTS`".to_string(),
                found: format!("`{identifier}`"),
            };
            self.advance();
            return self.fail(problem, word, None);
        }
        self.jump(end);
        self.previous = Span { start: word.start, end: end as u32 };
        Ok(identifier.into())
    }
}
