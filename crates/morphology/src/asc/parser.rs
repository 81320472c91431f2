//! The grammar of ASC files: contours, trees, markers, properties, texts and sets, by recursive descent.
//!
//! Only soma contours and trees leave anything behind; colours, markers and spines are read and forgotten.

use super::lexer::{Lexer, Placed, Token};
use crate::error::{MorphologyError, syntax};
use crate::imported::Warning;
use crate::number::same;
use crate::raw::RawSection;
use std::path::Path;

/// Branches and sets may not be nested deeper than this.
const DEPTH_LIMIT: usize = 1000;
/// Names under which a contour is a soma.
const SOMA_NAMES: [&[u8]; 3] = [b"CellBody", b"Cell Body", b"Soma"];

type Parsed<T = ()> = Result<T, MorphologyError>;

/// What an ASC file holds.
pub(crate) struct AscFile {
    /// Contours and branches in the order of the file.
    pub sections: Vec<RawSection>,
    /// What was odd.
    pub warnings: Vec<Warning>,
}

/// Parses a whole file; `name` stands for it in errors.
pub(crate) fn parse(bytes: &[u8], name: &Path) -> Parsed<AscFile> {
    let mut lexer = Lexer::new(bytes);
    let tokens = [lexer.next(), lexer.next(), lexer.next()];
    let mut parser = Parser {
        bytes,
        name,
        lexer,
        tokens,
        points: Vec::new(),
        property: None,
        sections: Vec::new(),
        parent: None,
        depth: 0,
        trying: false,
        warnings: Vec::new(),
    };
    parser.objects()?;
    if parser.current() != Token::End {
        parser.warnings.push(Warning::TextIgnored { line: parser.tokens[0].line });
    }
    Ok(AscFile { sections: parser.sections, warnings: parser.warnings })
}

struct Parser<'a> {
    bytes: &'a [u8],
    name: &'a Path,
    lexer: Lexer<'a>,
    /// The current token and two to look ahead at.
    tokens: [Placed; 3],
    /// Points read so far, with their lines; a section takes a range of them.
    points: Vec<([f64; 4], usize)>,
    /// First word of the last property read.
    property: Option<Placed>,
    sections: Vec<RawSection>,
    parent: Option<usize>,
    depth: usize,
    /// Whether the current object is being tried as a text.
    trying: bool,
    warnings: Vec<Warning>,
}

impl Parser<'_> {
    fn current(&self) -> Token {
        self.tokens[0].token
    }

    fn ahead(&self) -> Token {
        self.tokens[1].token
    }

    fn advance(&mut self) {
        let next = self.lexer.next();
        self.tokens = [self.tokens[1], self.tokens[2], next];
    }

    fn error<T>(&self, expected: &str) -> Parsed<T> {
        self.error_at(0, expected)
    }

    fn error_at<T>(&self, which: usize, expected: &str) -> Parsed<T> {
        let Placed { token, start, end, .. } = self.tokens[which];
        let text = String::from_utf8_lossy(&self.bytes[start..end]);
        let shown: String = text.chars().take(40).collect();
        let found = match token {
            Token::End => "the end of the file".to_string(),
            Token::Unclosed => format!("the unclosed text `{shown}`"),
            _ => format!("`{shown}`"),
        };
        let help = match token {
            Token::End => "the file is cut off or lacks a `)`: export it anew",
            Token::Unclosed => "close the text with `\"` on the same line",
            Token::Bad => "remove or quote the character: it starts no number, word, text or bracket",
            _ => "compare with an ASC file that Neurolucida exported; brackets may be unbalanced before here",
        };
        Err(syntax(self.name, self.bytes, start, end, expected, found, help))
    }

    fn check(&self, token: Token, expected: &str) -> Parsed {
        if self.current() == token { Ok(()) } else { self.error(expected) }
    }

    fn expect(&mut self, token: Token, expected: &str) -> Parsed {
        self.check(token, expected)?;
        self.advance();
        Ok(())
    }

    fn close(&mut self) -> Parsed {
        self.expect(Token::Close, "`)`")
    }

    fn optional_comma(&mut self) {
        if self.current() == Token::Comma {
            self.advance();
        }
    }

    fn number(&mut self) -> Parsed<f64> {
        match self.current() {
            Token::Number(value) if value.is_finite() => {
                self.advance();
                Ok(value)
            }
            _ => self.error("a number"),
        }
    }

    fn descend(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT { self.error("at most 1000 nested branches") } else { Ok(()) }
    }

    fn objects(&mut self) -> Parsed {
        self.object()?;
        loop {
            self.optional_comma();
            if self.current() != Token::Open {
                return Ok(());
            }
            self.object()?;
        }
    }

    fn object(&mut self) -> Parsed {
        self.check(Token::Open, "`(` of a contour or tree")?;
        self.descend()?;
        match self.ahead() {
            Token::Text => self.contour(),
            Token::Label => self.marker_or_property(),
            Token::Open => self.tree_or_text(),
            Token::Set => self.set(),
            _ => self.error_at(1, "a contour name, a property, a tree or a set"),
        }?;
        self.depth -= 1;
        Ok(())
    }

    fn marker_or_property(&mut self) -> Parsed {
        if self.tokens[2].token == Token::Open { self.marker() } else { self.property() }
    }

    /// Text and tree start alike, so the text is tried first and taken back.
    fn tree_or_text(&mut self) -> Parsed {
        if self.trying {
            return self.error("no tree inside the `Set` of a tree");
        }
        self.trying = true;
        let saved = (self.lexer, self.tokens);
        let is_text = self.text()?;
        self.trying = false;
        if is_text {
            return Ok(());
        }
        (self.lexer, self.tokens) = saved;
        self.tree()
    }

    fn text(&mut self) -> Parsed<bool> {
        self.expect(Token::Open, "`(`")?;
        self.properties()?;
        self.point()?;
        if self.current() != Token::Text {
            return Ok(false);
        }
        self.advance();
        if self.current() != Token::Close {
            return Ok(false);
        }
        self.advance();
        Ok(true)
    }

    fn properties(&mut self) -> Parsed {
        self.property = None;
        let mut first = true;
        loop {
            if !first {
                self.optional_comma();
            }
            first = false;
            if self.current() != Token::Open {
                return Ok(());
            }
            match self.ahead() {
                Token::Label => self.property()?,
                Token::Set => self.set()?,
                _ => return Ok(()),
            }
        }
    }

    fn property(&mut self) -> Parsed {
        self.expect(Token::Open, "`(`")?;
        self.check(Token::Label, "a property name")?;
        self.property = Some(self.tokens[0]);
        self.advance();
        loop {
            match self.current() {
                Token::Number(_) | Token::Text | Token::Label => self.advance(),
                Token::Rgb => self.rgb()?,
                _ => return self.close(),
            }
        }
    }

    fn rgb(&mut self) -> Parsed {
        self.advance();
        self.expect(Token::Open, "`(` of a colour")?;
        self.number()?;
        self.optional_comma();
        self.number()?;
        self.optional_comma();
        self.number()?;
        self.close()
    }

    fn set(&mut self) -> Parsed {
        self.descend()?;
        self.expect(Token::Open, "`(`")?;
        self.expect(Token::Set, "`Set`")?;
        self.expect(Token::Text, "the name of the set")?;
        if self.current() != Token::Close {
            self.objects()?;
        }
        self.depth -= 1;
        self.close()
    }

    fn contour(&mut self) -> Parsed {
        self.expect(Token::Open, "`(`")?;
        self.check(Token::Text, "the name of a contour")?;
        let Placed { start, end, line, .. } = self.tokens[0];
        let quoted = &self.bytes[start..end];
        let is_soma = SOMA_NAMES.contains(&&quoted[1..quoted.len().max(2) - 1]);
        self.advance();
        let begin = self.points.len();
        self.properties()?;
        self.points()?;
        if is_soma {
            if self.points.len() - begin > 2 {
                self.section(begin, 1)?;
                if let Some(section) = self.sections.last_mut() {
                    section.contour = true;
                }
            } else {
                self.warnings.push(Warning::SmallContour { line });
            }
        }
        self.close()
    }

    fn tree(&mut self) -> Parsed {
        self.parent = None;
        self.expect(Token::Open, "`(`")?;
        self.properties()?;
        let kind = match self.property.map(|p| &self.bytes[p.start..p.end]) {
            Some(b"Axon") => 2,
            Some(b"Dendrite") => 3,
            Some(b"Apical") => 4,
            _ => 0,
        };
        self.branch(kind)?;
        self.close()?;
        self.parent = None;
        Ok(())
    }

    fn branch(&mut self, kind: i32) -> Parsed {
        self.descend()?;
        let parent = self.parent;
        let begin = self.points.len();
        self.tree_point()?;
        loop {
            self.optional_comma();
            if self.current() != Token::Open || !matches!(self.ahead(), Token::Number(_)) {
                break;
            }
            self.tree_point()?;
        }
        self.section(begin, kind)?;
        self.parent = Some(self.sections.len() - 1);
        self.branch_end(kind)?;
        self.parent = parent;
        self.depth -= 1;
        Ok(())
    }

    /// Makes a section of the points from `begin` on, under the current parent.
    fn section(&mut self, begin: usize, kind: i32) -> Parsed {
        let own = self.points.get(begin..).unwrap_or_default();
        let Some(&(first, line)) = own.first() else {
            return self.error("at least one point in the branch");
        };
        let end_of_parent = self.parent.and_then(|p| self.sections[p].points.last().copied());
        let gap = end_of_parent.filter(|end| (0..3).any(|k| !same(end[k], first[k])));
        let lead = gap.map(|end| [end[0], end[1], end[2], first[3]]);
        let points = lead.into_iter().chain(own.iter().map(|p| p.0)).collect();
        let parent = self.parent;
        self.sections.push(RawSection { kind, points, parent, parent_x: 1.0, line, ..Default::default() });
        Ok(())
    }

    fn tree_point(&mut self) -> Parsed {
        if self.ahead() == Token::Label {
            return self.marker_or_property();
        }
        self.point()?;
        while self.current() == Token::OpenSpine {
            self.spine()?;
        }
        Ok(())
    }

    fn spine(&mut self) -> Parsed {
        self.expect(Token::OpenSpine, "`<`")?;
        self.properties()?;
        self.coordinates()?;
        self.expect(Token::CloseSpine, "`>`")
    }

    fn branch_end(&mut self, kind: i32) -> Parsed {
        self.optional_comma();
        if self.current() == Token::Open {
            while self.ahead() == Token::Label {
                self.marker_list()?;
            }
        }
        self.optional_comma();
        match self.current() {
            Token::Open => {
                self.advance();
                self.branch(kind)?;
                while self.current() == Token::Bar {
                    self.advance();
                    self.branch(kind)?;
                }
                self.close()
            }
            Token::Label => {
                self.advance();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Skips a bracket and all in it.
    fn marker_list(&mut self) -> Parsed {
        self.expect(Token::Open, "`(`")?;
        let mut open = 1;
        while open > 0 {
            match self.current() {
                Token::Open => open += 1,
                Token::Close => open -= 1,
                Token::End | Token::Bad | Token::Unclosed => return self.error("`)`"),
                _ => {}
            }
            self.advance();
        }
        Ok(())
    }

    fn marker(&mut self) -> Parsed {
        self.expect(Token::Open, "`(`")?;
        self.expect(Token::Label, "a marker name")?;
        self.properties()?;
        self.points()?;
        self.close()
    }

    fn points(&mut self) -> Parsed {
        self.point()?;
        loop {
            self.optional_comma();
            if self.current() != Token::Open {
                return Ok(());
            }
            self.point()?;
        }
    }

    fn point(&mut self) -> Parsed {
        let line = self.tokens[0].line;
        let point = self.coordinates()?;
        self.points.push((point, line));
        Ok(())
    }

    /// `(x y [z [d [label] [(bezier)]]])`; what is missing is 0.
    fn coordinates(&mut self) -> Parsed<[f64; 4]> {
        self.expect(Token::Open, "`(` of a point")?;
        let x = self.number()?;
        self.optional_comma();
        let y = self.number()?;
        let (mut z, mut d) = (0.0, 0.0);
        self.optional_comma();
        if matches!(self.current(), Token::Number(_)) {
            z = self.number()?;
            self.optional_comma();
            if matches!(self.current(), Token::Number(_)) {
                d = self.number()?;
                self.optional_comma();
                if self.current() == Token::Label {
                    self.advance();
                }
                self.bezier()?;
            }
        }
        self.close()?;
        Ok([x, y, z, d])
    }

    fn bezier(&mut self) -> Parsed {
        self.optional_comma();
        if self.current() != Token::Open {
            return Ok(());
        }
        self.advance();
        for i in 0..4 {
            if i > 0 {
                self.optional_comma();
            }
            self.number()?;
        }
        self.close()
    }
}
