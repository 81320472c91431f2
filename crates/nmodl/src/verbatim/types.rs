//! Types of C.

use super::words::{TYPES, remedy};
use crate::syntax::SyntaxProblem;
use crate::syntax::ast::CType;
use crate::syntax::lexer::{CKind, TokenKind};
use crate::syntax::parser::{Parser, Result};

/// What stands before the names of a declaration.
pub(crate) struct Specifiers {
    pub kind: CType,
    pub shared: bool,
    pub constant: bool,
}

/// Words of a type of numbers, counted.
#[derive(Default)]
struct Words {
    base: Option<CType>,
    long: usize,
    unsigned: bool,
    signed: bool,
}

impl Words {
    fn kind(self) -> Option<CType> {
        let kind = match (self.base, self.long > 0) {
            (Some(CType::Int) | None, true) => CType::Long,
            (None, false) if self.unsigned || self.signed => CType::Int,
            (base, _) => base?,
        };
        Some(match kind {
            CType::Int if self.unsigned => CType::Unsigned,
            CType::Long if self.unsigned => CType::UnsignedLong,
            other => other,
        })
    }
}

fn simple(word: &str) -> Option<CType> {
    Some(match word {
        "void" => CType::Void,
        "bool" => CType::Bool,
        "char" => CType::Char,
        "int" | "int32_t" => CType::Int,
        "uint32_t" => CType::Unsigned,
        "int64_t" => CType::Long,
        "uint64_t" | "size_t" => CType::UnsignedLong,
        "float" => CType::Float,
        "double" => CType::Double,
        "auto" => CType::Auto,
        _ => return None,
    })
}

impl Parser<'_> {
    /// Refuses a construct of C: a word or mark, or several words that describe it.
    pub fn outside_c<T>(&mut self, construct: &str) -> Result<T> {
        let described = construct.starts_with("a ");
        let shown = if described { construct.to_string() } else { format!("`{construct}`") };
        let problem = SyntaxProblem::OutsideC(shown);
        self.fail(problem, self.current.span, Some(remedy(construct).to_string()))
    }

    fn c_word_ahead(&self, count: usize) -> Option<&str> {
        self.c_ahead(count).filter(|token| token.kind == TokenKind::C(CKind::Word)).map(|token| token.text)
    }

    fn c_mark_ahead(&self, count: usize) -> &str {
        self.c_ahead(count)
            .filter(|token| token.kind == TokenKind::C(CKind::Mark))
            .map_or("", |token| token.text)
    }

    /// The number of the first token from `count` on that is neither `*` nor `const`.
    fn after_stars(&self, mut count: usize) -> usize {
        while self.c_mark_ahead(count) == "*" || self.c_word_ahead(count) == Some("const") {
            count += 1;
        }
        count
    }

    /// Whether a declaration begins here, not an expression.
    pub fn at_c_declaration(&self) -> bool {
        let Some(word) = self.c_word_ahead(0) else { return false };
        if TYPES.contains(&word) {
            return self.c_mark_ahead(1) != "(";
        }
        if super::words::is_reserved(word) {
            return false;
        }
        let name = self.after_stars(1);
        let named = self.c_word_ahead(name).is_some_and(|word| !super::words::is_reserved(word));
        let ended = matches!(self.c_mark_ahead(name + 1), "=" | ";" | "," | "[" | ")");
        named && (name == 1 || ended)
    }

    /// Whether `(type)` begins here.
    pub fn at_c_cast(&self) -> bool {
        if !self.at_c_mark("(") {
            return false;
        }
        let Some(word) = self.c_word_ahead(1) else { return false };
        if TYPES.contains(&word) {
            return self.c_mark_ahead(2) != "(";
        }
        let end = self.after_stars(2);
        end > 2 && self.c_mark_ahead(end) == ")"
    }

    /// The words before the names of a declaration.
    pub fn c_specifiers(&mut self) -> Result<Specifiers> {
        let mut words = Words::default();
        let (mut shared, mut constant) = (false, false);
        while self.current.kind == TokenKind::C(CKind::Word) {
            let word = self.current.text;
            match word {
                "static" => shared = true,
                "const" | "constexpr" => constant = true,
                "volatile" | "register" | "inline" | "extern" => {}
                "long" => words.long += 1,
                "unsigned" => words.unsigned = true,
                "signed" => words.signed = true,
                "struct" if self.c_mark_ahead(2) == "*" => {}
                "struct" | "union" | "enum" | "typedef" | "short" | "int8_t" | "int16_t" | "uint8_t"
                | "uint16_t" => return self.outside_c(word),
                _ => {
                    let numeric = words.long > 0 || words.unsigned || words.signed;
                    match simple(word) {
                        Some(kind) if words.base.is_none() => words.base = Some(kind),
                        None if words.base.is_none() && !numeric && !super::words::is_reserved(word) => {
                            words.base = Some(CType::Opaque(word.into()));
                        }
                        _ => break,
                    }
                }
            }
            self.advance();
        }
        if self.at_c_mark("::") {
            return self.outside_c("::");
        }
        let long_double = words.long > 0 && words.base == Some(CType::Double);
        if long_double {
            return self.outside_c("long double");
        }
        match words.kind() {
            Some(kind) => Ok(Specifiers { kind, shared, constant }),
            None => self.unexpected("a type", None),
        }
    }

    /// `kind` with the stars that stand here.
    pub fn c_pointers(&mut self, mut kind: CType) -> Result<CType> {
        loop {
            if self.at_c_mark("*") {
                kind = kind.pointer();
            } else if !self.at_c_word("const") {
                break;
            }
            self.advance();
        }
        match &kind {
            CType::Opaque(_) if self.current.kind != TokenKind::C(CKind::Word) => {
                self.unexpected("`*` or a name after a type", None)
            }
            CType::Opaque(name) => {
                let construct = format!("a variable of type `{name}`");
                let problem = SyntaxProblem::OutsideC(construct);
                let help = "only numbers, and pointers to what NEURON gives, can be variables of C here";
                self.fail(problem, self.previous, Some(help.to_string()))
            }
            _ if self.at_c_mark("&") => self.outside_c("a reference"),
            _ => Ok(kind),
        }
    }

    /// The type between the parentheses of a cast.
    pub fn c_type(&mut self) -> Result<CType> {
        let specifiers = self.c_specifiers()?;
        self.c_pointers(specifiers.kind)
    }
}
