//! `printf` formats, digit for digit as C's library prints them.
//!
//! Rust prints floating-point numbers exactly to any number of decimals and rounds ties of the exact value to
//! even, as C does; so only the layout is done here.

use crate::error::Failure;

/// A value to be printed.
#[derive(Clone, Debug)]
pub(crate) enum FormatArgument {
    Number(f64),
    Text(String),
}

/// Longest text that a format may make.
const MAXIMUM_LENGTH: usize = 1 << 24;

#[derive(Default)]
struct Specification {
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

/// `arguments` laid out by `format`; arguments too many are ignored, too few are an error.
pub(crate) fn format(format: &str, arguments: &[FormatArgument]) -> Result<String, Failure> {
    let mut output = String::with_capacity(format.len() + 32);
    let mut arguments = arguments.iter();
    let mut rest = format;
    while let Some(position) = rest.find('%') {
        output.push_str(&rest[..position]);
        rest = &rest[position + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            output.push('%');
            rest = after;
            continue;
        }
        rest = one(rest, &mut arguments, &mut output, format)?;
        if output.len() > MAXIMUM_LENGTH {
            return Err(Failure::SizeLimit { what: "the formatted text", limit: MAXIMUM_LENGTH });
        }
    }
    output.push_str(rest);
    Ok(output)
}

/// Prints what one `%…` asks for; returns the format after it.
fn one<'f, 'a>(
    text: &'f str,
    arguments: &mut impl Iterator<Item = &'a FormatArgument>,
    output: &mut String,
    format: &str,
) -> Result<&'f str, Failure> {
    let mut next_argument = || {
        arguments.next().ok_or_else(|| {
            Failure::Format(format!("format \"{}\" needs more arguments", format.escape_debug()))
        })
    };
    let mut specification = Specification::default();
    let bytes = text.as_bytes();
    let mut position = 0;
    while let Some(flag) = bytes.get(position) {
        match flag {
            b'-' => specification.left = true,
            b'+' => specification.plus = true,
            b' ' => specification.space = true,
            b'#' => specification.alternate = true,
            b'0' => specification.zero = true,
            _ => break,
        }
        position += 1;
    }
    let width = number(bytes, &mut position);
    specification.width = width.unwrap_or(0).min(MAXIMUM_LENGTH);
    if bytes.get(position) == Some(&b'*') {
        position += 1;
        if let FormatArgument::Number(value) = next_argument()? {
            specification.left |= *value < 0.0;
            specification.width = (value.abs() as usize).min(MAXIMUM_LENGTH);
        }
    }
    if bytes.get(position) == Some(&b'.') {
        position += 1;
        specification.precision = Some(number(bytes, &mut position).unwrap_or(0).min(100_000));
    }
    while matches!(bytes.get(position), Some(b'l' | b'h' | b'L' | b'z')) {
        position += 1;
    }
    let Some(&conversion) = bytes.get(position) else {
        return Err(Failure::Format(format!("format \"{}\" ends inside `%`", format.escape_debug())));
    };
    if !conversion.is_ascii() {
        return Err(Failure::Format(format!(
            "format \"{}\" has an unknown conversion",
            format.escape_debug()
        )));
    }
    let argument = next_argument()?;
    match (conversion, argument) {
        (b's', FormatArgument::Text(value)) => string(value, &specification, output),
        (b's', FormatArgument::Number(_)) => {
            return Err(Failure::Format(format!(
                "`%s` of \"{}\" needs a string, not a number",
                format.escape_debug()
            )));
        }
        (_, FormatArgument::Text(_)) => {
            let conversion = char::from(conversion);
            let text = format.escape_debug();
            return Err(Failure::Format(format!(
                "`%{conversion}` of \"{text}\" needs a number, not a string"
            )));
        }
        (conversion, FormatArgument::Number(value)) => {
            if !formatted_number(conversion, *value, &specification, output) {
                let conversion = char::from(conversion);
                let text = format.escape_debug();
                return Err(Failure::Format(format!("unknown conversion `%{conversion}` in \"{text}\"")));
            }
        }
    }
    Ok(&text[position + 1..])
}

fn number(bytes: &[u8], position: &mut usize) -> Option<usize> {
    let start = *position;
    let mut value = 0usize;
    while let Some(digit) = bytes.get(*position).filter(|byte| byte.is_ascii_digit()) {
        value = value.saturating_mul(10).saturating_add(usize::from(digit - b'0'));
        *position += 1;
    }
    (*position > start).then_some(value)
}

fn string(value: &str, specification: &Specification, output: &mut String) {
    let end = specification.precision.map_or(value.len(), |limit| {
        let mut end = limit.min(value.len());
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        end
    });
    pad(&value[..end], "", false, specification, output);
}

fn formatted_number(conversion: u8, value: f64, specification: &Specification, output: &mut String) -> bool {
    match conversion {
        b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => integer(conversion, value, specification, output),
        b'c' => {
            let character = char::from(value as i64 as u8);
            pad(character.encode_utf8(&mut [0; 4]), "", false, specification, output);
        }
        b'f' | b'F' | b'e' | b'E' | b'g' | b'G' => floating(conversion, value, specification, output),
        _ => return false,
    }
    true
}

fn integer(conversion: u8, value: f64, specification: &Specification, output: &mut String) {
    // NEURON hands C an `int`
    let value = value as i64 as i32;
    let (negative, mut digits) = match conversion {
        b'd' | b'i' => (value < 0, value.unsigned_abs().to_string()),
        b'u' => (false, (value as u32).to_string()),
        b'o' => (false, format!("{value:o}")),
        b'x' => (false, format!("{value:x}")),
        _ => (false, format!("{value:X}")),
    };
    if let Some(precision) = specification.precision {
        while digits.len() < precision {
            digits.insert(0, '0');
        }
    }
    let prefix = match conversion {
        b'd' | b'i' => sign(negative, specification),
        b'x' if specification.alternate && value != 0 => "0x",
        b'X' if specification.alternate && value != 0 => "0X",
        b'o' if specification.alternate && !digits.starts_with('0') => "0",
        _ => "",
    };
    pad(&digits, prefix, specification.zero && specification.precision.is_none(), specification, output);
}

fn sign(negative: bool, specification: &Specification) -> &'static str {
    if negative {
        "-"
    } else if specification.plus {
        "+"
    } else if specification.space {
        " "
    } else {
        ""
    }
}

fn floating(conversion: u8, value: f64, specification: &Specification, output: &mut String) {
    let upper = conversion.is_ascii_uppercase();
    let negative = value.is_sign_negative() && !value.is_nan();
    let prefix = if value.is_nan() && value.is_sign_negative() { "-" } else { sign(negative, specification) };
    if !value.is_finite() {
        let word = match (value.is_nan(), upper) {
            (true, false) => "nan",
            (true, true) => "NAN",
            (false, false) => "inf",
            (false, true) => "INF",
        };
        return pad(word, prefix, false, specification, output);
    }
    let magnitude = value.abs();
    let precision = specification.precision.unwrap_or(6);
    let mut digits = match conversion.to_ascii_lowercase() {
        b'f' => {
            let mut digits = format!("{magnitude:.precision$}");
            if precision == 0 && specification.alternate {
                digits.push('.');
            }
            digits
        }
        b'e' => exponential(magnitude, precision, specification.alternate),
        _ => shortest(magnitude, precision, specification.alternate),
    };
    if upper {
        digits.make_ascii_uppercase();
    }
    pad(&digits, prefix, specification.zero, specification, output);
}

/// `%.{precision}e` of a number that is not negative.
fn exponential(value: f64, precision: usize, point: bool) -> String {
    let text = format!("{value:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let point = if point && precision == 0 { "." } else { "" };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}{point}e{sign}{digits:0>2}")
}

/// `%.{precision}g` of a number that is not negative.
fn shortest(value: f64, precision: usize, keep_zeros: bool) -> String {
    let precision = precision.max(1);
    let text = format!("{:.*e}", precision - 1, value);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= precision as i32 {
        let mantissa = if keep_zeros { mantissa } else { without_trailing_zeros(mantissa) };
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    // the digits are those of the mantissa; only the point moves
    let mut plain = String::with_capacity(mantissa.len() + 6);
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).map(char::from);
    if exponent < 0 {
        plain.push_str("0.");
        plain.extend(std::iter::repeat_n('0', (-exponent - 1) as usize));
        plain.extend(digits);
    } else {
        for (index, digit) in digits.enumerate() {
            if index == exponent as usize + 1 {
                plain.push('.');
            }
            plain.push(digit);
        }
    }
    if keep_zeros { plain } else { without_trailing_zeros(&plain).to_string() }
}

fn without_trailing_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

fn pad(body: &str, prefix: &str, zero: bool, specification: &Specification, output: &mut String) {
    let length = prefix.len() + body.chars().count();
    let missing = specification.width.saturating_sub(length);
    if specification.left {
        output.push_str(prefix);
        output.push_str(body);
        output.extend(std::iter::repeat_n(' ', missing));
    } else if zero {
        output.push_str(prefix);
        output.extend(std::iter::repeat_n('0', missing));
        output.push_str(body);
    } else {
        output.extend(std::iter::repeat_n(' ', missing));
        output.push_str(prefix);
        output.push_str(body);
    }
}

/// A number as C's `printf` writes it with `%.{precision}g`: with so many significant digits, without zeros at the end.
pub fn general(value: f64, precision: usize) -> String {
    let specification = Specification { precision: Some(precision), ..Specification::default() };
    let mut output = String::new();
    floating(b'g', value, &specification, &mut output);
    output
}

// Expected texts were printed by NEURON 9.0.2 (`sprint`) and glibc.
#[cfg(test)]
mod tests {
    use super::{FormatArgument, format};

    fn print(text: &str, value: f64) -> String {
        format(text, &[FormatArgument::Number(value)]).unwrap()
    }

    #[test]
    fn numbers_are_laid_out_as_in_c() {
        for (text, value, expected) in [
            ("%g", 0.0001, "0.0001"),
            ("%g", 0.00001, "1e-05"),
            ("%g", 1e6, "1e+06"),
            ("%g", 123456.0, "123456"),
            ("%g", 999999.5, "1e+06"),
            ("%g", -0.0, "-0"),
            ("%.17g", 0.1, "0.10000000000000001"),
            ("%.19g", 0.1, "0.1000000000000000056"),
            ("%.19g", 0.16666666666666666, "0.1666666666666666574"),
            ("%.8g", 12.345678912345, "12.345679"),
            ("%#g", 1.0, "1.00000"),
            ("%f", 0.05, "0.050000"),
            ("%5.2f|", 4.14159, " 4.14|"),
            ("%.0f", 2.5, "2"),
            ("%.0f", 0.5, "0"),
            ("%e", 12345.678, "1.234568e+04"),
            ("%.3e", 1e-300, "1.000e-300"),
            ("%G", 1e-10, "1E-10"),
            ("%-5d|", 42.0, "42   |"),
            ("%05d", -42.0, "-0042"),
            ("%+d", 3.9, "+3"),
            ("%x", 255.0, "ff"),
            ("%#o", 8.0, "010"),
            ("%c", 65.0, "A"),
            ("%ld", 7.0, "7"),
            ("%g", f64::INFINITY, "inf"),
            ("%5.1e|", f64::NEG_INFINITY, " -inf|"),
            ("%%%g", 5.0, "%5"),
            ("%.3d", 5.0, "005"),
        ] {
            assert_eq!(print(text, value), expected, "{text} of {value}");
        }
    }

    #[test]
    fn strings_are_cut_and_padded() {
        let text = [FormatArgument::Text("abcdef".into())];
        assert_eq!(format("%8s|%%", &text).unwrap(), "  abcdef|%");
        assert_eq!(format("%-8.3s|", &text).unwrap(), "abc     |");
    }

    #[test]
    fn surplus_arguments_are_ignored_and_missing_ones_refused() {
        assert_eq!(print("%d", 3.0), "3");
        let many = [FormatArgument::Number(1.0), FormatArgument::Number(2.0)];
        assert_eq!(format("%g", &many).unwrap(), "1");
        assert!(format("%g %g", &many[..1]).is_err());
        assert!(format("%s", &many).is_err());
        assert!(format("%", &many).is_err());
        assert!(format("%q", &many).is_err());
        assert!(format("%g", &[FormatArgument::Text("a".into())]).is_err());
    }
}
