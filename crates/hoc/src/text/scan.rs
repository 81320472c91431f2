//! `sscanf` formats.

/// What a conversion was read into.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scanned {
    Number(f64),
    Text(String),
}

/// What kind of variable stands at each argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScanTarget {
    Number,
    Text,
}

/// Reads `input` by `format`; returns what was read before the first thing that did not fit.
pub(crate) fn scan(input: &str, format: &str) -> Vec<Scanned> {
    let mut scanner = Scanner { input: input.as_bytes(), position: 0 };
    let mut found = Vec::new();
    let format = format.as_bytes();
    let mut position = 0;
    while position < format.len() {
        let byte = format[position];
        if byte.is_ascii_whitespace() {
            scanner.skip_space();
            position += 1;
        } else if byte != b'%' || format.get(position + 1) == Some(&b'%') {
            if byte == b'%' {
                position += 1;
                scanner.skip_space();
            }
            if !scanner.literal(byte) {
                return found;
            }
            position += 1;
        } else {
            position += 1;
            match scanner.conversion(format, &mut position) {
                Some(Some(value)) => found.push(value),
                Some(None) => {}
                None => return found,
            }
        }
    }
    found
}

struct Scanner<'i> {
    input: &'i [u8],
    position: usize,
}

impl Scanner<'_> {
    fn skip_space(&mut self) {
        while self.input.get(self.position).is_some_and(u8::is_ascii_whitespace) {
            self.position += 1;
        }
    }

    fn literal(&mut self, byte: u8) -> bool {
        let fits = self.input.get(self.position) == Some(&byte);
        self.position += usize::from(fits);
        fits
    }

    /// One `%…`: the value, nothing for `%*…` and `%n`; `None` where the input does not fit.
    fn conversion(&mut self, format: &[u8], position: &mut usize) -> Option<Option<Scanned>> {
        let suppressed = format.get(*position) == Some(&b'*');
        *position += usize::from(suppressed);
        let mut width = 0usize;
        while let Some(digit) = format.get(*position).filter(|byte| byte.is_ascii_digit()) {
            width = width.saturating_mul(10).saturating_add(usize::from(digit - b'0'));
            *position += 1;
        }
        while matches!(format.get(*position), Some(b'l' | b'h' | b'L')) {
            *position += 1;
        }
        let limit = if width == 0 { usize::MAX } else { width };
        let conversion = *format.get(*position)?;
        *position += 1;
        let value = match conversion {
            b's' => {
                self.skip_space();
                Scanned::Text(self.take(limit, |byte| !byte.is_ascii_whitespace())?)
            }
            b'c' => {
                let byte = *self.input.get(self.position)?;
                self.position += 1;
                Scanned::Number(f64::from(byte))
            }
            b'd' | b'i' | b'u' => self.integer(limit, 10)?,
            b'x' | b'X' => self.integer(limit, 16)?,
            b'o' => self.integer(limit, 8)?,
            b'f' | b'e' | b'g' | b'E' | b'G' => self.floating(limit)?,
            b'[' => {
                let set = ScanSet::read(format, position);
                Scanned::Text(self.take(limit, |byte| set.contains(byte))?)
            }
            _ => return None,
        };
        Some((!suppressed).then_some(value))
    }

    fn take(&mut self, limit: usize, fits: impl Fn(u8) -> bool) -> Option<String> {
        let rest = &self.input[self.position..];
        let length = rest.iter().take(limit).take_while(|&&byte| fits(byte)).count();
        self.position += length;
        (length > 0).then(|| String::from_utf8_lossy(&rest[..length]).into_owned())
    }

    fn integer(&mut self, limit: usize, radix: u32) -> Option<Scanned> {
        self.skip_space();
        let start = self.position;
        let end = self.input.len().min(start.saturating_add(limit));
        let negative = self.input.get(start) == Some(&b'-');
        if matches!(self.input.get(self.position), Some(b'+' | b'-')) && self.position < end {
            self.position += 1;
        }
        let mut value = 0.0;
        let digits = self.position;
        while self.position < end {
            let Some(digit) = char::from(self.input[self.position]).to_digit(radix) else { break };
            value = value * f64::from(radix) + f64::from(digit);
            self.position += 1;
        }
        (self.position > digits).then_some(Scanned::Number(if negative { -value } else { value }))
    }

    fn floating(&mut self, limit: usize) -> Option<Scanned> {
        self.skip_space();
        let end = self.input.len().min(self.position.saturating_add(limit));
        let rest = &self.input[self.position..end];
        let mut length = usize::from(matches!(rest.first(), Some(b'+' | b'-')));
        let digits = |from: usize| rest[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let whole = digits(length);
        length += whole;
        let mut fraction = 0;
        if rest.get(length) == Some(&b'.') {
            fraction = digits(length + 1);
            if whole + fraction > 0 {
                length += 1 + fraction;
            }
        }
        if whole + fraction == 0 {
            return None;
        }
        if matches!(rest.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(rest.get(length + 1), Some(b'+' | b'-')));
            let exponent = if length + 1 + sign <= rest.len() { digits(length + 1 + sign) } else { 0 };
            if exponent > 0 {
                length += 1 + sign + exponent;
            }
        }
        let value = std::str::from_utf8(&rest[..length]).ok()?.parse().ok()?;
        self.position += length;
        Some(Scanned::Number(value))
    }
}

/// The characters of `%[…]`.
struct ScanSet {
    members: [bool; 256],
}

impl ScanSet {
    fn read(format: &[u8], position: &mut usize) -> Self {
        let mut members = [false; 256];
        let inverted = format.get(*position) == Some(&b'^');
        *position += usize::from(inverted);
        let start = *position;
        while let Some(&byte) = format.get(*position) {
            if byte == b']' && *position > start {
                *position += 1;
                break;
            }
            let range_end = (format.get(*position + 1) == Some(&b'-'))
                .then(|| format.get(*position + 2))
                .flatten()
                .filter(|&&end| end != b']');
            if let Some(&end) = range_end {
                for member in byte..=end {
                    members[usize::from(member)] = true;
                }
                *position += 3;
            } else {
                members[usize::from(byte)] = true;
                *position += 1;
            }
        }
        if inverted {
            for member in &mut members {
                *member = !*member;
            }
        }
        Self { members }
    }

    fn contains(&self, byte: u8) -> bool {
        self.members[usize::from(byte)]
    }
}

#[cfg(test)]
mod tests {
    use super::{Scanned, scan};

    #[test]
    fn conversions_read_what_c_reads() {
        assert_eq!(scan("  a b", "%s"), [Scanned::Text("a".into())]);
        assert_eq!(scan("ab", "%c"), [Scanned::Number(97.0)]);
        assert_eq!(scan("1.5e3x", "%lf"), [Scanned::Number(1500.0)]);
        assert_eq!(scan("12abc", "%d%s"), [Scanned::Number(12.0), Scanned::Text("abc".into())]);
        assert_eq!(
            scan("dend[3]@x", "%[^@]@%s"),
            [Scanned::Text("dend[3]".into()), Scanned::Text("x".into())]
        );
        assert_eq!(scan("Abc_1-", "%[A-Za-z0-9_]"), [Scanned::Text("Abc_1".into())]);
        assert_eq!(scan("(1, -2 .5)", "(%f, %f %f)").len(), 3);
        assert_eq!(scan("x", "%d"), []);
        assert_eq!(scan("1e", "%f"), [Scanned::Number(1.0)]);
        assert_eq!(scan("5 6", "%*d %d"), [Scanned::Number(6.0)]);
        assert_eq!(scan("", "%["), []);
    }
}
