//! Lists of cells such as `1,2,3-6,9`.

/// Most cells that a list may name.
const LONGEST: usize = 100_000;

/// The gids of a list, in its order and each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellList(pub Vec<u64>);

/// Reads numbers and ranges of them, separated by commas.
///
/// # Errors
///
/// What is neither a number nor a range, a range that descends, or too many cells.
pub fn parse(text: &str) -> Result<CellList, String> {
    let mut gids = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let parsed = if is_number { text.parse::<u64>().ok() } else { None };
            parsed.ok_or_else(|| format!("`{part}` is neither a gid nor a range such as `3-6`"))
        };
        let (first, last) = (number(first)?, number(last)?);
        if last < first {
            return Err(format!("the range `{part}` descends"));
        }
        if last - first >= LONGEST as u64 || gids.len() >= LONGEST {
            return Err(format!("a list names at most {LONGEST} cells"));
        }
        gids.extend(first..=last);
    }
    let mut seen = std::collections::BTreeSet::new();
    gids.retain(|gid| seen.insert(*gid));
    Ok(CellList(gids))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lists_have_numbers_and_ranges() {
        assert_eq!(parse("1,2,3-6,9").map(|list| list.0), Ok(vec![1, 2, 3, 4, 5, 6, 9]));
        assert_eq!(parse(" 7, 5-7 ,5").map(|list| list.0), Ok(vec![7, 5, 6]));
        assert_eq!(parse("0").map(|list| list.0), Ok(vec![0]));
    }

    #[test]
    fn other_lists_are_refused() {
        let refused = |text: &str| parse(text).unwrap_err();
        insta::assert_snapshot!(refused("1,x"), @"`x` is neither a gid nor a range such as `3-6`");
        insta::assert_snapshot!(refused("1,,2"), @"`` is neither a gid nor a range such as `3-6`");
        insta::assert_snapshot!(refused("1--2"), @"`1--2` is neither a gid nor a range such as `3-6`");
        insta::assert_snapshot!(refused("5-2"), @"the range `5-2` descends");
        insta::assert_snapshot!(refused("0-99999999999999"), @"a list names at most 100000 cells");
        insta::assert_snapshot!(refused("99999999999999999999"), @"`99999999999999999999` is neither a gid nor a range such as `3-6`");
    }
}
