//! Whether the C text of a `VERBATIM` block stands on its own, or reaches around the NMODL statements near it.

/// Whether braces, parentheses and `#if`s of C `text` are complete, and it does not end within a statement.
pub(super) fn is_complete(text: &str) -> bool {
    let mut open: Vec<u8> = Vec::new();
    let mut conditionals = 0usize;
    let mut ended = true;
    let mut rest = text.as_bytes();
    let mut line_start = true;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'\n' => line_start = true,
            _ if byte.is_ascii_whitespace() => {}
            b'/' if after.first() == Some(&b'/') => rest = skip_to(after, b"\n"),
            b'/' if after.first() == Some(&b'*') => rest = past(after.get(1..).unwrap_or(&[]), b"*/"),
            b'#' if line_start => {
                let (line, next) = directive(after);
                rest = next;
                let word = line.trim_ascii_start();
                if word.starts_with(b"if") {
                    conditionals += 1;
                } else if word.starts_with(b"el") && conditionals == 0 {
                    return false;
                } else if word.starts_with(b"endif") {
                    let Some(fewer) = conditionals.checked_sub(1) else { return false };
                    conditionals = fewer;
                }
            }
            b'"' | b'\'' => {
                rest = past_quote(after, byte);
                (line_start, ended) = (false, false);
            }
            b'{' | b'(' | b'[' => {
                open.push(byte);
                (line_start, ended) = (false, false);
            }
            b'}' | b')' | b']' => {
                let opener = match byte {
                    b'}' => b'{',
                    b')' => b'(',
                    _ => b'[',
                };
                if open.pop() != Some(opener) {
                    return false;
                }
                (line_start, ended) = (false, byte == b'}');
            }
            _ => (line_start, ended) = (false, byte == b';'),
        }
    }
    open.is_empty() && conditionals == 0 && ended
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

fn skip_to<'t>(text: &'t [u8], what: &[u8]) -> &'t [u8] {
    find(text, what).map_or(&[], |position| &text[position..])
}

fn past<'t>(text: &'t [u8], what: &[u8]) -> &'t [u8] {
    find(text, what).map_or(&[], |position| &text[position + what.len()..])
}

/// The text after a quoted text that has begun.
fn past_quote(text: &[u8], quote: u8) -> &[u8] {
    let mut position = 0;
    while let Some(&byte) = text.get(position) {
        position += if byte == b'\\' { 2 } else { 1 };
        if byte == quote || byte == b'\n' {
            break;
        }
    }
    text.get(position..).unwrap_or(&[])
}

/// A line of the preprocessor with its continuations, and the text after it.
fn directive(text: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    loop {
        let newline = find(&text[end..], b"\n").map_or(text.len(), |length| end + length);
        let continued = text[end..newline].trim_ascii_end().ends_with(b"\\");
        if !continued || newline == text.len() {
            return text.split_at(newline);
        }
        end = newline + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::is_complete;

    #[test]
    fn texts_that_reach_around_statements_are_told() {
        for text in [
            "",
            " return 0; ",
            "{ a(); }",
            "#ifdef A\nif (x) {\n}\n#endif\n",
            "s = \"}\"; c = '{';",
            "// {\n",
        ] {
            assert!(is_complete(text), "{text}");
        }
        for text in ["if (x) {", "} }", "if (x)", "#if A\n", "#else\n", "#endif", "f(", "/* } */ x = (1"] {
            assert!(!is_complete(text), "{text}");
        }
    }
}
