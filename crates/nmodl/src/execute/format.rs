//! Numbers in messages as C's `printf` writes them.

/// `text` with each conversion (`%g`, `%-8.3f`, `%d`, …) replaced by the next of `numbers`.
///
/// Conversions for which no number is left, and those of text and pointers, stay as they are.
pub(super) fn format(text: &str, numbers: &[f64]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut numbers = numbers.iter();
    let mut rest = text;
    while let Some(start) = rest.find('%') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let Some((conversion, length)) = Conversion::parse(rest) else {
            out.push('%');
            rest = &rest[1..];
            continue;
        };
        match (conversion.kind, conversion.kind == '%') {
            (_, true) => out.push('%'),
            _ => match numbers.next() {
                Some(&number) => out.push_str(&conversion.write(number)),
                None => out.push_str(&rest[..length]),
            },
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

#[derive(Default)]
struct Conversion {
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    kind: char,
}

/// No message needs more; a file must not be able to ask for gigabytes.
const LIMIT: usize = 1000;

impl Conversion {
    /// The conversion at the start of `text`, which begins with `%`, and its length.
    fn parse(text: &str) -> Option<(Self, usize)> {
        let bytes = text.as_bytes();
        let mut conversion = Self::default();
        let mut at = 1;
        loop {
            match bytes.get(at)? {
                b'-' => conversion.left = true,
                b'+' => conversion.plus = true,
                b' ' => conversion.space = true,
                b'#' => conversion.alternate = true,
                b'0' => conversion.zero = true,
                _ => break,
            }
            at += 1;
        }
        let number = |at: &mut usize| {
            let mut value = 0;
            while let Some(digit) = bytes.get(*at).filter(|byte| byte.is_ascii_digit()) {
                value = (10 * value + usize::from(digit - b'0')).min(LIMIT);
                *at += 1;
            }
            value
        };
        conversion.width = number(&mut at);
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            conversion.precision = Some(number(&mut at));
        }
        while matches!(bytes.get(at)?, b'l' | b'h' | b'L' | b'z' | b'j' | b't' | b'q') {
            at += 1;
        }
        conversion.kind = char::from(*bytes.get(at)?);
        "%diuxXocfFeEgG".contains(conversion.kind).then_some((conversion, at + 1))
    }

    fn write(&self, number: f64) -> String {
        let integer = number as i64;
        let (negative, digits) = match self.kind {
            'd' | 'i' => (integer < 0, self.integer(integer.unsigned_abs().to_string())),
            'u' => (false, self.integer((integer as u64).to_string())),
            'x' => (false, self.integer(format!("{:x}", integer as u32))),
            'X' => (false, self.integer(format!("{:X}", integer as u32))),
            'o' => (false, self.integer(format!("{:o}", integer as u32))),
            'c' => (false, char::from(integer as u8).to_string()),
            // which sign an operation gives to what is no number depends on the executor
            _ => (number.is_sign_negative() && !number.is_nan(), self.real(number.abs())),
        };
        let sign = match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        let sign = if "uxXoc".contains(self.kind) { "" } else { sign };
        let padding = self.width.saturating_sub(sign.len() + digits.len());
        let zeros = self.zero && !self.left && (number.is_finite() || "diuxXo".contains(self.kind));
        match (self.left, zeros) {
            (true, _) => format!("{sign}{digits}{:padding$}", ""),
            (_, true) => format!("{sign}{:0>width$}", digits, width = padding + digits.len()),
            _ => format!("{:padding$}{sign}{digits}", ""),
        }
    }

    fn integer(&self, digits: String) -> String {
        format!("{digits:0>width$}", width = self.precision.unwrap_or(1))
    }

    /// A number that is not negative.
    fn real(&self, number: f64) -> String {
        let precision = self.precision.unwrap_or(6);
        let text = if number.is_nan() {
            "nan".to_string()
        } else if number.is_infinite() {
            "inf".to_string()
        } else {
            match self.kind.to_ascii_lowercase() {
                'f' => format!("{number:.precision$}"),
                'e' => scientific(number, precision),
                _ => self.general(number, precision.max(1)),
            }
        };
        if self.kind.is_ascii_uppercase() { text.to_uppercase() } else { text }
    }

    /// `%g`: the shorter of fixed and scientific, without trailing zeros.
    fn general(&self, number: f64, precision: usize) -> String {
        let scientific = scientific(number, precision - 1);
        let exponent =
            scientific.split_once('e').and_then(|(_, power)| power.parse::<i32>().ok()).unwrap_or(0);
        let fixed = -4 <= exponent && exponent < precision as i32;
        let trim = |digits: &str| match (self.alternate, digits.contains('.')) {
            (false, true) => digits.trim_end_matches('0').trim_end_matches('.').to_string(),
            _ => digits.to_string(),
        };
        if fixed {
            trim(&format!("{number:.0$}", (precision as i32 - 1 - exponent) as usize))
        } else {
            match scientific.split_once('e') {
                Some((digits, power)) => format!("{}e{power}", trim(digits)),
                None => scientific,
            }
        }
    }
}

/// Digits, `e`, a sign and at least two digits of exponent.
fn scientific(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    match text.split_once('e') {
        Some((digits, power)) => {
            let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
            format!("{digits}e{sign}{power:0>2}")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn numbers_look_as_in_c() {
        for (text, number, expected) in [
            ("%g", 0.1, "0.1"),
            ("%g", 1e-5, "1e-05"),
            ("%g", 123_456_789., "1.23457e+08"),
            ("%g", 100_000., "100000"),
            ("%g", 1e6, "1e+06"),
            ("%g", 0., "0"),
            ("%g", -0., "-0"),
            ("%g", f64::NAN, "nan"),
            ("%g", -f64::NAN, "nan"),
            ("%g", f64::NEG_INFINITY, "-inf"),
            ("%.3g", 2.0004, "2"),
            ("%f", 1.5, "1.500000"),
            ("%8.2f|", 1.005, "    1.00|"),
            ("%-8.2f|", 1.5, "1.50    |"),
            ("%08.2f", -1.5, "-0001.50"),
            ("%+d", 3.9, "+3"),
            ("%5d|", -3., "   -3|"),
            ("%lu", 7., "7"),
            ("%x", 255., "ff"),
            ("%e", 12345.678, "1.234568e+04"),
            ("%E", 0.001, "1.000000E-03"),
            ("%.17g", 0.1, "0.10000000000000001"),
            ("100%% of %g", 2., "100% of 2"),
        ] {
            assert_eq!(format(text, &[number]), expected, "{text}");
        }
    }

    #[test]
    fn what_has_no_number_stays() {
        assert_eq!(format("%g %g %s %", &[1.]), "1 %g %s %");
        assert_eq!(format("%", &[]), "%");
    }
}
