//! The files of NEURON and neurodamus that say what cells cost and which rank gets them.
//!
//! | file | holds |
//! |---|---|
//! | `mcomplex.dat` | what an instance of each mechanism costs, see [`Costs`](super::Costs) |
//! | `cx_<target>#.dat` | what each cell costs |
//! | `cx_<target>#.<ranks>.dat` | which rank gets which cell |

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use super::error::PlanningFileProblem;

const REMAKE: &str = "delete the file: it is then made again";

/// Whole numbers of this size tell pieces of split cells apart in assignments.
const LEAST_PIECE_FACTOR: u64 = 10_000_000;

/// What each cell costs, by node id, as a `cx` file has it.
///
/// # Errors
///
/// A text of another form.
pub fn parse_complexities(text: &str, file: &Path) -> Result<BTreeMap<u64, f64>, PlanningFileProblem> {
    let bad = |line: usize, expected: &str| {
        PlanningFileProblem::in_line(file, line + 1, format!("here should be {expected}"), REMAKE)
    };
    let mut lines = text.lines().enumerate();
    let (_, count) = (lines.next(), lines.next());
    let count = count.and_then(|(_, count)| count.trim().parse::<usize>().ok());
    let count = count.ok_or_else(|| bad(1, "the number of cells"))?;
    let mut cells = BTreeMap::new();
    while let Some((number, line)) = lines.next() {
        let expected = "the id of a cell, what it costs, and its number of pieces";
        let &[id, complexity, pieces] = numbers(line).as_slice() else { return Err(bad(number, expected)) };
        let id = whole(id).ok_or_else(|| bad(number, expected))?;
        let pieces = whole(pieces).ok_or_else(|| bad(number, expected))?;
        if cells.insert(id, complexity).is_some() {
            return Err(bad(number, &format!("another cell than {id}, which stands above already")));
        }
        for _ in 0..pieces {
            skip_piece(&mut lines)
                .map_err(|number| bad(number.unwrap_or(number_of_lines(text)), "a piece"))?;
        }
    }
    if cells.len() == count {
        Ok(cells)
    } else {
        let what = format!("it should have {count} cells, but has {}", cells.len());
        Err(PlanningFileProblem::new(file, what, REMAKE))
    }
}

fn number_of_lines(text: &str) -> usize {
    text.lines().count()
}

/// Passes over a piece of a cell: the number of its subtrees, and for each of these its cost and its number of children,
/// whose sections follow in a line of their own. The error is the number of a line that is something else.
fn skip_piece<'a>(lines: &mut impl Iterator<Item = (usize, &'a str)>) -> Result<(), Option<usize>> {
    let (number, line) = lines.next().ok_or(None)?;
    let &[count] = numbers(line).as_slice() else { return Err(Some(number)) };
    for _ in 0..whole(count).ok_or(Some(number))? {
        let (number, line) = lines.next().ok_or(None)?;
        let &[_, children] = numbers(line).as_slice() else { return Err(Some(number)) };
        if children > 0.0 {
            lines.next().ok_or(None)?;
        }
    }
    Ok(())
}

/// The text of a `cx` file of cells that are not split.
pub fn format_complexities(cells: impl ExactSizeIterator<Item = (u64, f64)>) -> String {
    let mut text = format!("1\n{}\n", cells.len());
    for (id, complexity) in cells {
        let _ = writeln!(text, "{id} {} 0", hoc::general(complexity, 6));
    }
    text
}

/// The rank of each cell, by node id, as an assignment file has it; `None` where it assigns pieces of cells.
///
/// # Errors
///
/// A text of another form, ranks that are not `ranks`, a cell that has two.
pub fn parse_assignment(
    text: &str,
    file: &Path,
    ranks: usize,
) -> Result<Option<BTreeMap<u64, u32>>, PlanningFileProblem> {
    let bad = |line: usize, expected: &str| {
        PlanningFileProblem::in_line(file, line + 1, format!("here should be {expected}"), REMAKE)
    };
    let mut lines = text.lines().enumerate();
    let mut header = |number: usize, name: &str| {
        let words: Vec<&str> =
            lines.next().map(|(_, line)| line.split_whitespace().collect()).unwrap_or_default();
        match words.as_slice() {
            [found, value] if *found == name => value.parse::<u64>().ok(),
            _ => None,
        }
        .ok_or_else(|| bad(number, &format!("`{name}` and a number")))
    };
    header(0, "msgid")?;
    let hosts = header(1, "nhost")?;
    if hosts != ranks as u64 {
        let what = format!("it is for {hosts} ranks, not for {ranks} as its name says");
        return Err(PlanningFileProblem::new(file, what, REMAKE));
    }
    let mut cells = BTreeMap::new();
    let mut has_pieces = false;
    for (number, line) in lines {
        let expected = "a rank, its number of cells, and for each of these three numbers";
        let words = numbers(line).into_iter().map(whole).collect::<Option<Vec<u64>>>();
        let words = words.ok_or_else(|| bad(number, expected))?;
        let [rank, count, ref items @ ..] = words[..] else { return Err(bad(number, expected)) };
        if rank >= hosts || items.len() as u64 != count.saturating_mul(3) {
            return Err(bad(number, expected));
        }
        for &[_, id, piece] in items.as_chunks::<3>().0 {
            has_pieces |= piece > 0;
            has_pieces |= cells.insert(id, rank as u32).is_some();
        }
    }
    Ok((!has_pieces).then_some(cells))
}

/// The text of an assignment file: for each cell its id and its rank.
pub fn format_assignment(cells: &[(u64, u32)], ranks: usize) -> String {
    let largest = cells.iter().map(|(id, _)| *id).max().unwrap_or(0);
    let mut factor = LEAST_PIECE_FACTOR;
    while factor <= largest {
        factor = factor.saturating_mul(10);
    }
    let mut of_ranks: Vec<Vec<usize>> = vec![Vec::new(); ranks];
    for (index, &(_, rank)) in cells.iter().enumerate() {
        of_ranks[rank as usize].push(index);
    }
    let mut text = format!("msgid {factor}\nnhost {ranks}\n");
    for (rank, indices) in of_ranks.iter().enumerate() {
        let _ = write!(text, "{rank} {}", indices.len());
        for &index in indices {
            let _ = write!(text, "  {index} {} 0", cells[index].0);
        }
        text.push('\n');
    }
    text
}

/// The cells of `wanted` that are not in a file.
pub fn missing<T>(wanted: &[u64], known: &BTreeMap<u64, T>) -> BTreeSet<u64> {
    wanted.iter().copied().filter(|id| !known.contains_key(id)).collect()
}

/// The numbers of a line; nothing where one of its words is none.
fn numbers(line: &str) -> Vec<f64> {
    let numbers: Option<Vec<f64>> = line
        .split_whitespace()
        .map(|word| word.parse().ok().filter(|number: &f64| number.is_finite()))
        .collect();
    numbers.unwrap_or_default()
}

/// A whole number that is not negative.
fn whole(number: f64) -> Option<u64> {
    ((0.0..=9e15).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "cx_NodeA_All#.dat";

    fn complexities(text: &str) -> Result<BTreeMap<u64, f64>, String> {
        parse_complexities(text, Path::new(FILE)).map_err(|problem| problem.to_string())
    }

    /// Files that neurodamus's tests expect for three equal cells, and for one that is split in two.
    #[test]
    fn assignments_have_neurodamus_form() {
        let text = "msgid 10000000\nnhost 2\n0 2  0 0 0  2 2 0\n1 1  1 1 0\n";
        assert_eq!(format_assignment(&[(0, 0), (1, 1), (2, 0)], 2), text);
        let read = |text| parse_assignment(text, Path::new(FILE), 2).expect("it is right");
        assert_eq!(read(text), Some(BTreeMap::from([(0, 0), (1, 1), (2, 0)])));
        assert_eq!(read("msgid 10000000\nnhost 2\n0 2  0 0 1  1 1 0\n1 2  0 0 0  2 2 0\n"), None);
        assert!(format_assignment(&[(123_456_789, 0)], 1).starts_with("msgid 1000000000\n"));
    }

    #[test]
    fn complexities_are_read_with_and_without_pieces() {
        let cells = [(0, 107.0), (7, 12.25), (1_000_000, 1_234_567.0)];
        let text = "1\n3\n0 107 0\n7 12.25 0\n1000000 1.23457e+06 0\n";
        assert_eq!(format_complexities(cells.into_iter()), text);
        assert_eq!(
            complexities(text),
            Ok(BTreeMap::from([(0, 107.0), (7, 12.25), (1_000_000, 1_234_570.0)]))
        );
        let split = "1\n2\n0 300 2\n  1\n   107 0\n  2\n   53 2\n     1 7\n   20 0\n1 80 0\n";
        assert_eq!(complexities(split), Ok(BTreeMap::from([(0, 300.0), (1, 80.0)])));
    }

    #[test]
    fn damaged_complexities_are_named() {
        let problems = [
            "",
            "1\n",
            "1\nmany\n",
            "1\n1\n",
            "1\n1\n0 107\n",
            "1\n2\n0 107 0\n0 107 0\n",
            "1\n1\n0 300 1\n",
            "1\n1\n0 300 1\n  1\n   107\n",
            "1\n1\n-1 300 0\n",
            "1\n1\n0 300 1\n  1\n   107 3\n",
        ];
        let told: Vec<String> =
            problems.iter().map(|text| complexities(text).expect_err("damaged")).collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn damaged_assignments_are_named() {
        let problems = [
            "",
            "msgid 10000000\n",
            "msgid 10000000\nnhost 3\n",
            "msgid 10000000\nnhost 2\n2 0\n",
            "msgid 10000000\nnhost 2\n0 1  0 0\n",
            "msgid 10000000\nnhost 2\n0 x\n",
            "msgid a\nnhost 2\n",
        ];
        let told = problems.iter().map(|text| match parse_assignment(text, Path::new(FILE), 2) {
            Err(problem) => problem.to_string(),
            Ok(cells) => panic!("{cells:?}"),
        });
        insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
    }
}
