//! The grammar of snippets: assignments, and expressions with Python's precedence.

use super::lexer::{Token, Word, words};

/// How deep brackets, signs and powers may be nested.
const DEEPEST: usize = 64;

/// What is wrong with a snippet, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where it is (bytes).
    pub start: usize,
    /// How long (bytes).
    pub length: usize,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl SyntaxError {
    /// Something wrong at a place.
    pub fn new(start: usize, length: usize, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { start, length, what: what.into(), remedy: remedy.into() }
    }

    /// The same by start and length.
    pub fn at((start, length): (usize, usize), what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(start, length, what, remedy)
    }
}

/// What an assignment assigns to, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `%s.attribute`
    Wildcard,
    /// `list.attribute`
    List(String),
    /// `array[index].attribute`
    Element(String, usize),
    /// `attribute`
    Segment,
}

/// An assignment.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The attribute that is changed.
    pub attribute: String,
    /// How.
    pub operator: Operator,
    /// By what.
    pub value: Expression,
    /// Start and length (bytes) of what it assigns to.
    pub place: (usize, usize),
    /// Start and length (bytes) of its value.
    pub value_place: (usize, usize),
}

/// How an assignment or an expression combines two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`: the second alone.
    Set,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `//`
    FloorDivide,
    /// `%`
    Remainder,
    /// `**`
    Power,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A literal.
    Number(f64),
    /// `%s.attribute`
    Attribute(String),
    /// `+value`
    Positive(Box<Self>),
    /// `-value`
    Negative(Box<Self>),
    /// Two values combined.
    Binary(Operator, Box<Self>, Box<Self>),
}

impl Expression {
    /// Adds the attributes that it reads.
    pub fn collect_attributes<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Self::Number(_) => {}
            Self::Attribute(name) => names.push(name),
            Self::Positive(inner) | Self::Negative(inner) => inner.collect_attributes(names),
            Self::Binary(_, left, right) => {
                left.collect_attributes(names);
                right.collect_attributes(names);
            }
        }
    }
}

/// The assignments of a text.
pub fn parse(text: &str) -> Result<Vec<(Place, Assignment)>, SyntaxError> {
    let mut parser = Parser { words: words(text)?, next: 0, depth: 0 };
    let mut statements = Vec::new();
    loop {
        while parser.peek().token == Token::Separator {
            parser.next += 1;
        }
        if parser.peek().token == Token::End {
            return Ok(statements);
        }
        statements.push(parser.statement()?);
        match parser.peek().token {
            Token::Separator | Token::End => {}
            Token::Symbol("=") => {
                let remedy = "write an assignment of its own for each attribute, separated by `;`";
                return Err(parser.wrong("an assignment has one target", remedy));
            }
            _ => {
                let what = format!("expected `;`, found {}", parser.found(text));
                return Err(parser.wrong(what, "separate assignments by `;`"));
            }
        }
    }
}

struct Parser<'a> {
    words: Vec<Word<'a>>,
    next: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// The next word; the last one is the end of the text.
    fn peek(&self) -> Word<'a> {
        let end = Word { token: Token::End, start: 0, length: 0 };
        self.words.get(self.next).or(self.words.last()).copied().unwrap_or(end)
    }

    fn advance(&mut self) -> Word<'a> {
        let word = self.peek();
        self.next += 1;
        word
    }

    fn accept(&mut self, symbol: &'static str) -> bool {
        let is_next = self.peek().token == Token::Symbol(symbol);
        self.next += usize::from(is_next);
        is_next
    }

    /// An error at the next word.
    fn wrong(&self, what: impl Into<String>, remedy: &str) -> SyntaxError {
        let word = self.peek();
        SyntaxError::new(word.start, word.length, what, remedy)
    }

    fn found(&self, text: &str) -> String {
        let word = self.peek();
        match text.get(word.start..word.start + word.length) {
            Some(found) if !found.is_empty() => format!("`{found}`"),
            _ => "the end".to_owned(),
        }
    }

    /// Start and length from a word to the last one that was read.
    fn since(&self, start: usize) -> (usize, usize) {
        let last = self.next.checked_sub(1).and_then(|last| self.words.get(last));
        (start, last.map_or(0, |last| (last.start + last.length).saturating_sub(start)))
    }

    fn statement(&mut self) -> Result<(Place, Assignment), SyntaxError> {
        let start = self.peek().start;
        let (place, attribute) = self.target()?;
        let target = self.since(start);
        let operator = self.assignment_operator()?;
        let value_start = self.peek().start;
        let value = self.expression()?;
        let value_place = self.since(value_start);
        Ok((place, Assignment { attribute, operator, value, place: target, value_place }))
    }

    fn target(&mut self) -> Result<(Place, String), SyntaxError> {
        let remedy = "an assignment begins with what it assigns to";
        match self.peek().token {
            Token::Wildcard => {
                self.next += 1;
                Ok((Place::Wildcard, self.attribute()?))
            }
            Token::Name(name) if is_keyword(name) => {
                Err(self.wrong(format!("`{name}` is not available"), "write assignments only"))
            }
            Token::Name(name) => {
                self.next += 1;
                match self.peek().token {
                    Token::Symbol(".") => Ok((Place::List(name.to_owned()), self.attribute()?)),
                    Token::Symbol("[") => {
                        self.next += 1;
                        let index = self.index()?;
                        Ok((Place::Element(name.to_owned(), index), self.attribute()?))
                    }
                    Token::Symbol("(") => {
                        Err(self.wrong("functions are not available", "write assignments only"))
                    }
                    _ => Ok((Place::Segment, name.to_owned())),
                }
            }
            _ => Err(self.wrong("expected something to assign to", remedy)),
        }
    }

    /// `.name`
    fn attribute(&mut self) -> Result<String, SyntaxError> {
        let remedy = "write a dot and the name of the attribute, such as `.gbar_NaTg`";
        if !self.accept(".") {
            return Err(self.wrong("expected an attribute", remedy));
        }
        let Token::Name(name) = self.peek().token else {
            return Err(self.wrong("expected the name of an attribute", remedy));
        };
        self.next += 1;
        if self.peek().token == Token::Symbol(".") {
            return Err(self.wrong(
                "attributes have no attributes",
                "NEURON's name of a mechanism's variable has a `_`, such as `gbar_NaTg`",
            ));
        }
        Ok(name.to_owned())
    }

    /// `index]`
    fn index(&mut self) -> Result<usize, SyntaxError> {
        let remedy = "sections are counted from 0, such as `apic[10]`";
        let Token::Number(index) = self.peek().token else {
            return Err(self.wrong("the index of a section must be a number", remedy));
        };
        if index.fract() != 0.0 || index > f64::from(u32::MAX) {
            return Err(self.wrong("the index of a section must be a whole number", remedy));
        }
        self.next += 1;
        if self.accept("]") { Ok(index as usize) } else { Err(self.wrong("expected `]`", remedy)) }
    }

    fn assignment_operator(&mut self) -> Result<Operator, SyntaxError> {
        let operator = match self.peek().token {
            Token::Symbol("=") => Operator::Set,
            Token::Symbol("+=") => Operator::Add,
            Token::Symbol("-=") => Operator::Subtract,
            Token::Symbol("*=") => Operator::Multiply,
            Token::Symbol("/=") => Operator::Divide,
            Token::Symbol("//=") => Operator::FloorDivide,
            Token::Symbol("%=") => Operator::Remainder,
            Token::Symbol("**=") => Operator::Power,
            _ => {
                let remedy = "`section_configure` consists of assignments, separated by `;`";
                return Err(self.wrong("expected `=`", remedy));
            }
        };
        self.next += 1;
        Ok(operator)
    }

    /// Sums and differences.
    fn expression(&mut self) -> Result<Expression, SyntaxError> {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek().token {
                Token::Symbol("+") => Operator::Add,
                Token::Symbol("-") => Operator::Subtract,
                _ => return Ok(left),
            };
            self.next += 1;
            left = Expression::Binary(operator, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Expression, SyntaxError> {
        let mut left = self.sign()?;
        loop {
            let operator = match self.peek().token {
                Token::Symbol("*") => Operator::Multiply,
                Token::Symbol("/") => Operator::Divide,
                Token::Symbol("//") => Operator::FloorDivide,
                Token::Symbol("%") => Operator::Remainder,
                _ => return Ok(left),
            };
            self.next += 1;
            left = Expression::Binary(operator, Box::new(left), Box::new(self.sign()?));
        }
    }

    /// Signs, which bind less than powers.
    fn sign(&mut self) -> Result<Expression, SyntaxError> {
        if self.depth >= DEEPEST {
            return Err(self.wrong("the value is nested too deeply", "use fewer brackets and signs"));
        }
        self.depth += 1;
        let signed = if self.accept("-") {
            Expression::Negative(Box::new(self.sign()?))
        } else if self.accept("+") {
            Expression::Positive(Box::new(self.sign()?))
        } else {
            self.power()?
        };
        self.depth -= 1;
        Ok(signed)
    }

    fn power(&mut self) -> Result<Expression, SyntaxError> {
        let base = self.atom()?;
        if self.accept("**") {
            return Ok(Expression::Binary(Operator::Power, Box::new(base), Box::new(self.sign()?)));
        }
        Ok(base)
    }

    fn atom(&mut self) -> Result<Expression, SyntaxError> {
        let remedy = "values are numbers, `%s.NAME`, `+ - * / // % **` and brackets";
        let word = self.advance();
        let wrong = |what: String| Err(SyntaxError::new(word.start, word.length, what, remedy));
        match word.token {
            Token::Number(value) => Ok(Expression::Number(value)),
            Token::Wildcard => Ok(Expression::Attribute(self.attribute()?)),
            Token::Symbol("(") => {
                let inner = self.expression()?;
                if self.accept(")") { Ok(inner) } else { Err(self.wrong("expected `)`", remedy)) }
            }
            Token::Name(name) if self.peek().token == Token::Symbol("(") => {
                wrong(format!("functions such as `{name}` are not available"))
            }
            Token::Name(name) if is_keyword(name) => wrong(format!("`{name}` is not available")),
            Token::Name(_) if self.peek().token == Token::Symbol("=") => {
                wrong("an assignment has one target".to_owned())
            }
            Token::Name(name) => wrong(format!("unknown name `{name}`")),
            _ => wrong("expected a value".to_owned()),
        }
    }
}

/// Words of Python that are not names.
fn is_keyword(name: &str) -> bool {
    const KEYWORDS: [&str; 20] = [
        "and", "or", "not", "if", "else", "for", "while", "in", "is", "lambda", "import", "from", "def",
        "class", "return", "del", "True", "False", "None", "with",
    ];
    KEYWORDS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let error = parse(text).expect_err("it is wrong");
        format!("{}+{}: {}", error.start, error.length, error.what)
    }

    #[test]
    fn wrong_snippets() {
        assert_eq!(refused("%s.a = %s.b = 1"), "12+1: an assignment has one target");
        assert_eq!(refused("%s.a"), "4+0: expected `=`");
        assert_eq!(refused("%s.a == 1"), "5+2: expected `=`");
        assert_eq!(refused("%s.a = "), "7+0: expected a value");
        assert_eq!(refused("%s.a = 1 2"), "9+1: expected `;`, found `2`");
        assert_eq!(refused("%s.a = (1"), "9+0: expected `)`");
        assert_eq!(refused("%s.a = exp(1)"), "7+3: functions such as `exp` are not available");
        assert_eq!(refused("%s.a = x"), "7+1: unknown name `x`");
        assert_eq!(refused("%s.a = 1 if 2 else 3"), "9+2: expected `;`, found `if`");
        assert_eq!(refused("import os"), "0+6: `import` is not available");
        assert_eq!(refused("print(1)"), "5+1: functions are not available");
        assert_eq!(refused("%s.a.b = 1"), "4+1: attributes have no attributes");
        assert_eq!(refused("dend[-1].g = 1"), "5+1: the index of a section must be a number");
        assert_eq!(refused("dend[1.5].g = 1"), "5+3: the index of a section must be a whole number");
        assert_eq!(refused("dend[1.g = 1"), "5+3: `1.g` is not a number");
        assert_eq!(refused("%s.a = 'x'"), "7+1: unexpected `'`");
        assert_eq!(refused("a, b = 1, 2"), "1+1: unexpected `,`");
        assert_eq!(refused(&format!("%s.a = {}1", "(".repeat(1000))), "71+1: the value is nested too deeply");
        assert_eq!(
            refused(&format!("%s.a = {}1", "-".repeat(100_000))),
            "71+1: the value is nested too deeply"
        );
    }
}
