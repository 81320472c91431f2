//! Arithmetic of units: how much one unit is in another.
//!
//! Units are products of base units with a factor, as the program `units` of Unix has them; factors follow CODATA
//! 2018. The order of multiplications is NEURON's, so that `FARADAY = (faraday) (coulomb)` has its bits.

use std::collections::HashMap;

use super::unit_table::{PREFIXES, UNITS};

/// Number of base units.
const DIMENSIONS: usize = 9;
/// Names that are defined by each other deeper than this are a circle.
const MAXIMUM_DEPTH: usize = 40;

/// A factor and powers of base units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// How many of the product of base units.
    pub factor: f64,
    /// Power of each base unit: m, kg, s, C, cd, $, bit, erlang, K.
    pub powers: [i32; DIMENSIONS],
}

impl Quantity {
    /// Whether both measure the same.
    pub fn conforms(&self, other: &Quantity) -> bool {
        self.powers == other.powers
    }
}

/// The units that a file may use: those everyone knows, and its own.
#[derive(Clone, Debug, Default)]
pub struct Units {
    own: HashMap<String, Quantity>,
}

impl Units {
    /// Gives `name` the meaning of `text`.
    ///
    /// # Errors
    ///
    /// The part of `text` that is no unit.
    pub fn define(&mut self, name: &str, text: &str) -> Result<(), String> {
        let quantity = self.quantity(text)?;
        self.own.entry(name.trim().to_string()).or_insert(quantity);
        Ok(())
    }

    /// What `text`, such as `mA/cm2`, `10000 coulomb` or `1/ohm-cm`, stands for.
    ///
    /// # Errors
    ///
    /// The part of `text` that is no unit.
    pub fn quantity(&self, text: &str) -> Result<Quantity, String> {
        self.product(text, 0)
    }

    fn product(&self, text: &str, depth: usize) -> Result<Quantity, String> {
        let mut reader = Reader { text: text.as_bytes(), position: 0 };
        let mut result = Quantity { factor: reader.factor(), powers: [0; DIMENSIONS] };
        let mut divides = false;
        while let Some(byte) = reader.peek() {
            if byte == b'/' {
                divides = true;
            }
            if is_separator(byte) {
                reader.position += 1;
                continue;
            }
            let unit = self.named(reader.name(), depth)?;
            let power = reader.power();
            for _ in 0..power {
                if divides { result.factor /= unit.factor } else { result.factor *= unit.factor }
            }
            for (sum, one) in result.powers.iter_mut().zip(unit.powers) {
                *sum += if divides { -one } else { one } * power;
            }
        }
        Ok(result)
    }

    /// A unit with its prefixes: `millivolt`, `mV`, `volts`.
    fn named(&self, name: &str, depth: usize) -> Result<Quantity, String> {
        let unknown = || name.to_string();
        if depth > MAXIMUM_DEPTH {
            return Err(unknown());
        }
        let mut factor = 1.0;
        let mut rest = name;
        loop {
            if let Some(unit) = self.exact(rest, depth) {
                let unit = unit?;
                return Ok(Quantity { factor: unit.factor * factor, powers: unit.powers });
            }
            let prefix = PREFIXES.iter().find_map(|(word, value)| Some((rest.strip_prefix(word)?, value)));
            match prefix {
                Some((shorter, value)) => {
                    factor *= value;
                    rest = shorter;
                }
                None => {
                    rest =
                        rest.strip_suffix('s').filter(|shorter| !shorter.is_empty()).ok_or_else(unknown)?;
                }
            }
            if rest.is_empty() {
                return Ok(Quantity { factor, powers: [0; DIMENSIONS] });
            }
        }
    }

    fn exact(&self, name: &str, depth: usize) -> Option<Result<Quantity, String>> {
        if let Some(own) = self.own.get(name) {
            return Some(Ok(*own));
        }
        if let Some(base) = BASES.iter().position(|base| *base == name) {
            let mut powers = [0; DIMENSIONS];
            powers[base] = 1;
            return Some(Ok(Quantity { factor: 1.0, powers }));
        }
        let place = UNITS.binary_search_by_key(&name, |(unit, _)| unit).ok()?;
        Some(self.product(UNITS[place].1, depth + 1))
    }
}

/// The base units.
const BASES: [&str; DIMENSIONS] = ["m", "kg", "sec", "coul", "candela", "dollar", "bit", "erlang", "K"];

/// What ends a name: digits are powers.
fn is_separator(byte: u8) -> bool {
    matches!(byte, b'1'..=b'9' | b'-' | b'/' | b' ' | b'\t')
}

struct Reader<'t> {
    text: &'t [u8],
    position: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'t str {
        let start = self.position;
        while self.peek().is_some_and(&wanted) {
            self.position += 1;
        }
        std::str::from_utf8(&self.text[start..self.position]).unwrap_or("")
    }

    /// The number at the start, 1 without one.
    fn factor(&mut self) -> f64 {
        let mut factor = self.number();
        while self.peek() == Some(b'|') {
            self.position += 1;
            factor /= self.number();
        }
        if factor == 0.0 { 1.0 } else { factor }
    }

    /// `1.5` or `1.5-3`, which is 1.5e-3.
    fn number(&mut self) -> f64 {
        self.take_while(|byte| matches!(byte, b' ' | b'\t'));
        let mut text = self.take_while(|byte| byte.is_ascii_digit() || byte == b'.').to_string();
        if !text.is_empty()
            && let Some(sign @ (b'+' | b'-')) = self.peek()
            && self.text.get(self.position + 1).is_some_and(u8::is_ascii_digit)
        {
            self.position += 1;
            text.push('e');
            text.push(sign as char);
            text.push_str(self.take_while(|byte| byte.is_ascii_digit()));
        }
        text.parse().unwrap_or(0.0)
    }

    fn name(&mut self) -> &'t str {
        self.take_while(|byte| !is_separator(byte))
    }

    fn power(&mut self) -> i32 {
        match self.peek() {
            Some(digit @ b'1'..=b'9') => {
                self.position += 1;
                i32::from(digit - b'0')
            }
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Units;

    fn factor(from: &str, to: &str) -> f64 {
        let units = Units::default();
        let (from, to) = (units.quantity(from).unwrap(), units.quantity(to).unwrap());
        assert!(from.conforms(&to));
        from.factor / to.factor
    }

    #[test]
    fn constants_have_the_bits_of_neuron() {
        assert_eq!(factor("faraday", "coulomb").to_bits(), 0x40f7_8e55_5060_882c);
        assert_eq!(factor("k-mole", "joule/degC").to_bits(), 0x4020_a101_3e89_90be);
        assert_eq!(factor("pi", "1"), std::f64::consts::PI);
        assert_eq!(factor("e", "coulomb"), 1.602176634e-19);
    }

    #[test]
    fn prefixes_and_plurals_are_understood() {
        assert_eq!(factor("millivolts", "volt"), 1e-3);
        let mut units = Units::default();
        units.define("mV", "millivolt").unwrap();
        assert_eq!(units.quantity("mV"), units.quantity("millivolt"));
        assert_eq!(factor("faraday", "kilocoulombs"), factor("faraday", "coulomb") / 1000.0);
        assert!(Units::default().quantity("furlongg").is_err());
    }
}
