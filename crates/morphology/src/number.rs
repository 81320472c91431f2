//! Numbers as NEURON reads and writes them: `scanf`, `%.8g`, and comparisons with a tolerance.

/// HOC's `float_epsilon`: numbers closer than this are equal to its comparison operators.
pub(crate) const EPSILON: f64 = 1e-11;

/// HOC's `a == b`.
pub(crate) fn same(a: f64, b: f64) -> bool {
    a <= b + EPSILON && a >= b - EPSILON
}

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// The number that `%.8g` prints, read back: rounded to eight significant decimal digits.
///
/// NEURON builds sections by executing text, so every coordinate takes this way.
pub(crate) fn eight_digits(value: f64) -> f64 {
    let magnitude = value.abs();
    if (1e-6..1e8).contains(&magnitude) {
        let exponent = POWERS[..9].iter().take_while(|&&power| power <= magnitude).count();
        // Digits after the point that leave eight significant ones
        let mut decimals = 8 - exponent;
        if exponent == 0 {
            let mut small = magnitude;
            while small * 10.0 < 1.0 {
                small *= 10.0;
                decimals += 1;
            }
        }
        let power = POWERS[decimals];
        let scaled = magnitude * power;
        let rounded = scaled.round();
        // Off the tie and inside the decade, the error of the product cannot change the digits
        let clear = ((scaled - scaled.floor()) - 0.5).abs() > 1e-6;
        if clear && (1e7..1e8).contains(&rounded) {
            // Both operands are exact, so the quotient is the number nearest to the decimal
            return (rounded / power).copysign(value);
        }
    }
    if magnitude == 0.0 || !magnitude.is_finite() {
        return value;
    }
    format!("{value:.7e}").parse().unwrap_or(value)
}

/// A coordinate as a section stores it: rounded to eight digits, then to single precision.
pub(crate) fn stored(value: f64) -> f32 {
    eight_digits(value) as f32
}

/// Where a number that `scanf` would read starts and ends, and what it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scanned {
    /// A decimal number in `bytes[..end]`; a lone exponent sign may follow its digits.
    Decimal {
        /// One past the last digit that counts.
        digits_end: usize,
        /// One past the last byte consumed.
        end: usize,
    },
    /// Infinity, not-a-number or a hexadecimal number.
    Special {
        /// The value.
        value: f64,
        /// One past the last byte consumed.
        end: usize,
    },
}

/// Finds the number at the start of `bytes`, as C's `scanf("%lf")` does without leading space.
pub(crate) fn scan(bytes: &[u8]) -> Option<Scanned> {
    let at = |i: usize| bytes.get(i).copied().unwrap_or(0);
    let sign = usize::from(matches!(at(0), b'+' | b'-'));
    let digits =
        |from: usize| bytes.get(from..).map_or(0, |b| b.iter().take_while(|c| c.is_ascii_digit()).count());
    if at(sign) == b'0' && matches!(at(sign + 1), b'x' | b'X') && at(sign + 2).is_ascii_hexdigit() {
        return Some(hexadecimal(bytes, sign));
    }
    let whole = digits(sign);
    let mut end = sign + whole;
    if at(end) == b'.' {
        let fraction = digits(end + 1);
        if whole + fraction == 0 {
            return None;
        }
        end += 1 + fraction;
    } else if whole == 0 {
        return special(bytes, sign);
    }
    let digits_end = end;
    if matches!(at(end), b'e' | b'E') {
        let signed = end + 1 + usize::from(matches!(at(end + 1), b'+' | b'-'));
        let exponent = digits(signed);
        end = signed + exponent;
        if exponent > 0 {
            return Some(Scanned::Decimal { digits_end: end, end });
        }
    }
    Some(Scanned::Decimal { digits_end, end })
}

fn special(bytes: &[u8], sign: usize) -> Option<Scanned> {
    let word = bytes.get(sign..)?;
    let starts =
        |text: &str| word.len() >= text.len() && word[..text.len()].eq_ignore_ascii_case(text.as_bytes());
    let (value, length) = if starts("infinity") {
        (f64::INFINITY, 8)
    } else if starts("inf") && !starts("infi") {
        (f64::INFINITY, 3)
    } else if starts("nan") {
        (f64::NAN, 3)
    } else {
        return None;
    };
    Some(Scanned::Special { value, end: sign + length })
}

fn hexadecimal(bytes: &[u8], sign: usize) -> Scanned {
    let digits = bytes[sign + 2..].iter().take_while(|c| c.is_ascii_hexdigit());
    let (mut value, mut end) = (0.0, sign + 2);
    for digit in digits {
        value = value * 16.0 + f64::from((*digit as char).to_digit(16).unwrap_or(0));
        end += 1;
    }
    Scanned::Special { value: if bytes[0] == b'-' { -value } else { value }, end }
}

/// Reads the number at the start of `bytes` in double precision, with the number of bytes consumed.
pub(crate) fn scan_f64(bytes: &[u8]) -> Option<(f64, usize)> {
    if let Some(short) = short_decimal(bytes) {
        return Some(short);
    }
    match scan(bytes)? {
        Scanned::Special { value, end } => Some((value, end)),
        Scanned::Decimal { digits_end, end } => Some((text(bytes, digits_end).parse().ok()?, end)),
    }
}

/// Reads the number at the start of `bytes` in single precision, with the number of bytes consumed.
pub(crate) fn scan_f32(bytes: &[u8]) -> Option<(f32, usize)> {
    /// The bits of a double that single precision drops, and their value half way between two singles.
    const DROPPED: u64 = 0x1fff_ffff;
    const TIE: u64 = 0x1000_0000;
    // Rounding twice is rounding once, except on what looks like a tie
    if let Some((value, end)) = short_decimal(bytes).filter(|(value, _)| value.to_bits() & DROPPED != TIE) {
        return Some((value as f32, end));
    }
    match scan(bytes)? {
        Scanned::Special { value, end } => Some((value as f32, end)),
        Scanned::Decimal { digits_end, end } => Some((text(bytes, digits_end).parse().ok()?, end)),
    }
}

fn text(bytes: &[u8], end: usize) -> &str {
    bytes.get(..end).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("")
}

/// A number of at most 15 digits without exponent, which needs no general conversion: both operands of the
/// division are exact.
fn short_decimal(bytes: &[u8]) -> Option<(f64, usize)> {
    let negative = bytes.first() == Some(&b'-');
    let mut end = usize::from(negative);
    let (mut mantissa, mut digits, mut point) = (0_u64, 0, None);
    while let Some(&byte) = bytes.get(end) {
        match byte {
            b'0'..=b'9' => {
                mantissa = mantissa * 10 + u64::from(byte - b'0');
                digits += 1;
                if digits > 15 {
                    return None;
                }
            }
            b'.' if point.is_none() => point = Some(digits),
            b'e' | b'E' | b'x' | b'X' => return None,
            _ => break,
        }
        end += 1;
    }
    if digits == 0 {
        return None;
    }
    let value = mantissa as f64 / POWERS[point.map_or(0, |before| digits - before)];
    Some((if negative { -value } else { value }, end))
}

#[cfg(test)]
mod tests {
    use super::{eight_digits, scan_f32, scan_f64};
    use proptest::prelude::*;

    #[test]
    fn eight_digits_rounds_as_printf_does() {
        for (value, expected) in [
            (0.0, 0.0),
            (123.456789012, 123.45679),
            (-0.0012345678949, -0.0012345679),
            (99999999.6, 1e8),
            (9.99999995, 9.9999999),
            (999999.995, 999999.99),
            (12345678.5, 12345678.0),
            (12345679.5, 12345680.0),
            (0.5, 0.5),
            (1e-9, 1e-9),
            (3.25e12, 3.25e12),
        ] {
            assert_eq!(eight_digits(value), expected, "{value}");
        }
        assert!(eight_digits(-0.0).is_sign_negative());
    }

    #[test]
    fn numbers_are_read_as_scanf_does() {
        for (text, expected) in [
            ("12abc", Some((12.0, 2))),
            ("1.2.3", Some((1.2, 3))),
            ("-.5)", Some((-0.5, 3))),
            ("+5)", Some((5.0, 2))),
            ("1e xyz", Some((1.0, 2))),
            ("1e-3x", Some((0.001, 4))),
            ("0x1A ", Some((26.0, 4))),
            ("Info", Some((f64::INFINITY, 3))),
            ("infix", None),
            ("- 5", None),
            (".", None),
            ("", None),
            ("Normal", None),
        ] {
            assert_eq!(scan_f64(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(scan_f32(b"123.456789 7"), Some((123.45679, 10)));
        assert_eq!(scan_f32(b"16777217"), Some((16777216.0, 8)));
        assert_eq!(scan_f32(b"9007199791611905e-9"), Some((9007199.8, 19)));
    }

    proptest! {
        #[test]
        fn eight_digits_agrees_with_formatting(value in prop_oneof![-1e9..1e9_f64, -1.0..1.0_f64, any::<f64>()]) {
            prop_assume!(value.is_finite());
            let printed: f64 = format!("{value:.7e}").parse().unwrap();
            prop_assert_eq!(eight_digits(value).to_bits(), printed.to_bits());
        }

        #[test]
        fn reading_agrees_with_parsing(value in -1e6..1e6_f64, decimals in 0_usize..20) {
            let text = format!("{value:.decimals$}");
            prop_assert_eq!(scan_f64(text.as_bytes()), Some((text.parse().unwrap(), text.len())));
            prop_assert_eq!(scan_f32(text.as_bytes()), Some((text.parse().unwrap(), text.len())));
        }

        #[test]
        fn any_bytes_are_safe(bytes: Vec<u8>) {
            if let Some((_, end)) = scan_f64(&bytes) {
                prop_assert!(end <= bytes.len());
            }
            let _ = scan_f32(&bytes);
        }
    }
}
