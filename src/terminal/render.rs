//! Problems as text: message, place in the file with the line itself, label, and the remedy last.
//!
//! Whatever the files contain, the text that results cannot steer a terminal: names and source lines are
//! stripped of control characters.

use annotate_snippets::{
    AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str,
};
use miette::{Diagnostic, LabeledSpan, Severity, SourceCode, SourceSpan, SpanContents};

use crate::failure::Failure;

/// Problems shown at most; the count at the end tells of the others.
const LIMIT: usize = 50;

/// A failure as text that ends with a line break.
pub fn render(failure: &Failure, coloured: bool) -> String {
    let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for problem in failure.problems.iter().take(LIMIT) {
        text += &render_problem(problem.as_ref(), &renderer);
        text += "\n\n";
    }
    let last = match failure.problems.len() {
        0 | 1 => None,
        count if count > LIMIT => Some(format!("{count} problems, of which the first {LIMIT} are shown")),
        count => Some(format!("{count} problems")),
    };
    match last {
        Some(last) => {
            text += &renderer.render(&[Group::with_title(Level::ERROR.primary_title(last))]);
            text.push('\n');
        }
        // One blank line stands between problems, none after the last
        None => text.truncate(text.trim_end().len() + usize::from(!text.is_empty())),
    }
    text
}

fn render_problem(problem: &dyn Diagnostic, renderer: &Renderer) -> String {
    let mut title = level(problem.severity()).primary_title(harmless(&problem.to_string()));
    if let Some(code) = problem.code() {
        title = title.id(code.to_string());
    }
    let elements: Vec<_> =
        place(problem, None).into_iter().chain(causes(problem).into_iter().map(note)).collect();
    let bare = elements.is_empty();
    let mut groups = vec![Group::with_title(title).elements(elements)];
    groups.extend(related_groups(problem));
    groups.extend(problem.help().map(|help| help_group(&help.to_string())));
    if bare {
        // Nothing is drawn under the title, so it needs no vertical line that ties it to what follows
        let parts = groups.iter().map(|group| renderer.render(std::slice::from_ref(group)));
        parts.collect::<Vec<_>>().join("\n")
    } else {
        renderer.render(&groups)
    }
}

/// What belongs to the problem: other places, and the diagnostic that it wraps.
fn related_groups(problem: &dyn Diagnostic) -> Vec<Group<'static>> {
    let mut groups = Vec::new();
    for related in problem.related().into_iter().flatten().chain(problem.diagnostic_source()) {
        let level = related.severity().map_or(Level::NOTE, |severity| level(Some(severity)));
        let title = level.secondary_title(harmless(&related.to_string()));
        groups.push(Group::with_title(title).elements(place(related, problem.source_code())));
        groups.extend(related.help().map(|help| help_group(&help.to_string())));
    }
    groups
}

fn level(severity: Option<Severity>) -> Level<'static> {
    match severity {
        None | Some(Severity::Error) => Level::ERROR,
        Some(Severity::Warning) => Level::WARNING,
        Some(Severity::Advice) => Level::HELP,
    }
}

fn help_group(help: &str) -> Group<'static> {
    Group::with_title(Level::HELP.secondary_title(harmless(help)))
}

fn note(cause: String) -> Element<'static> {
    Level::NOTE.message(harmless(&cause)).into()
}

/// What lies behind the problem, but for what its message says already.
fn causes(problem: &dyn Diagnostic) -> Vec<String> {
    let mut said = problem.to_string();
    let mut causes = Vec::new();
    let mut source = problem.source();
    while let Some(cause) = source {
        let message = cause.to_string();
        if !said.contains(&message) {
            said += &message;
            causes.push(message);
        }
        source = cause.source();
    }
    causes
}

/// The place that the labels point at: the lines themselves, or the file's name alone where its text is not
/// at hand or shorter than the labels say.
fn place(problem: &dyn Diagnostic, outer: Option<&dyn SourceCode>) -> Option<Element<'static>> {
    let labels: Vec<LabeledSpan> = problem.labels().map(Iterator::collect).unwrap_or_default();
    let source_code = problem.source_code().or(outer)?;
    let Some(excerpt) = excerpt(source_code, &labels) else {
        let file = source_code.read_span(&SourceSpan::from((0, 0)), 0, 0).ok()?;
        return Some(Origin::path(harmless(file.name()?)).into());
    };
    let origin = excerpt.span().offset();
    let text = without_c1(&String::from_utf8_lossy(excerpt.data()));
    let any_primary = labels.iter().any(LabeledSpan::primary);
    let annotations: Vec<_> = labels
        .iter()
        .enumerate()
        .map(|(index, label)| {
            let primary = if any_primary { label.primary() } else { index == 0 };
            let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let from = in_text(label.offset().saturating_sub(origin), excerpt.data(), &text);
            let to = in_text(
                (label.offset().saturating_add(label.len())).saturating_sub(origin),
                excerpt.data(),
                &text,
            );
            kind.span(from..to.max(from)).label(label.label().map(harmless))
        })
        .collect();
    let snippet = Snippet::source(text).line_start(excerpt.line() + 1).annotations(annotations);
    Some(snippet.path(excerpt.name().map(harmless)).into())
}

/// The lines that hold all labels.
fn excerpt<'a>(
    source_code: &'a dyn SourceCode,
    labels: &[LabeledSpan],
) -> Option<Box<dyn SpanContents<'a> + 'a>> {
    let start = labels.iter().map(LabeledSpan::offset).min()?;
    let end = labels.iter().map(|label| label.offset().saturating_add(label.len())).max()?;
    // One line of context makes the excerpt start at the beginning of a line
    source_code.read_span(&SourceSpan::from((start, end - start)), 1, 1).ok()
}

/// An offset into `data` as one into `text`, which stands for the same bytes but for those that are no UTF-8.
fn in_text(offset: usize, data: &[u8], text: &str) -> usize {
    let before = data.get(..offset).map_or(text.len(), |before| String::from_utf8_lossy(before).len());
    text.floor_char_boundary(before)
}

/// Text from a file or from the user, made visible where it could steer the terminal.
fn harmless(text: &str) -> String {
    without_c1(&normalize_untrusted_str(text))
}

/// `annotate-snippets` lets the control characters from U+0080 to U+009F through. They make way for a
/// character of the same length in UTF-8, so that spans stay true.
fn without_c1(text: &str) -> String {
    text.replace(|c| ('\u{80}'..='\u{9f}').contains(&c), "¿")
}

#[cfg(test)]
mod tests {
    use crate::failure::Exit;
    use std::io;

    use insta::assert_snapshot;
    use miette::{NamedSource, SourceSpan};
    use thiserror::Error;

    use super::*;

    const CONFIG: &str = "{\n  \"inputs\": {\n    \"noise\": {\n\t\"duraton\": 3,\n\t\"delay\": 1 } } }\n";

    #[derive(Debug, Error, Diagnostic)]
    #[error("unknown key `{key}` in `inputs.noise`")]
    struct UnknownKey {
        key: &'static str,
        #[source_code]
        text: NamedSource<&'static str>,
        #[label("no such key")]
        span: SourceSpan,
        #[help]
        help: Option<&'static str>,
    }

    fn unknown_key(offset: usize, length: usize) -> UnknownKey {
        UnknownKey {
            key: "duraton",
            text: NamedSource::new("simulation_config.json", CONFIG),
            span: (offset, length).into(),
            help: Some("did you mean `duration`?"),
        }
    }

    fn plain(problem: impl Diagnostic + Send + Sync + 'static) -> String {
        render(&Failure::bad_input(problem), false)
    }

    #[test]
    fn a_problem_shows_its_line_its_label_and_the_remedy() {
        assert_snapshot!(plain(unknown_key(32, 9)), @r#"
        error: unknown key `duraton` in `inputs.noise`
         --> simulation_config.json:4:2
          |
        4 |     "duraton": 3,
          |     ^^^^^^^^^ no such key
          |
        help: did you mean `duration`?
        "#);
    }

    #[test]
    fn a_problem_without_text_is_two_lines() {
        #[derive(Debug, Error, Diagnostic)]
        #[error("`/nodes/hippocampus` has no dataset `morphology`")]
        #[diagnostic(help("add it, or leave population `hippocampus` out of the node set"))]
        struct NoDataset;
        assert_snapshot!(plain(NoDataset), @"
        error: `/nodes/hippocampus` has no dataset `morphology`
        help: add it, or leave population `hippocampus` out of the node set
        ");
    }

    #[test]
    fn causes_are_told_once() {
        #[derive(Debug, Error, Diagnostic)]
        #[error("cannot read `{0}`")]
        struct Unreadable(&'static str, #[source] io::Error);
        #[derive(Debug, Error, Diagnostic)]
        #[error("cannot read `{0}`: {1}")]
        struct Said(&'static str, #[source] io::Error);
        assert_snapshot!(plain(Unreadable("nodes.h5", io::Error::other("disk on fire"))), @"
        error: cannot read `nodes.h5`
         |
         = note: disk on fire
        ");
        let said = plain(Said("nodes.h5", io::Error::other("disk on fire")));
        assert_snapshot!(said, @"error: cannot read `nodes.h5`: disk on fire");
    }

    #[test]
    fn several_problems_follow_one_another_and_are_counted() {
        let failure = Failure::bad_inputs([unknown_key(32, 9), unknown_key(47, 7)]);
        assert_snapshot!(render(&failure, false), @r#"
        error: unknown key `duraton` in `inputs.noise`
         --> simulation_config.json:4:2
          |
        4 |     "duraton": 3,
          |     ^^^^^^^^^ no such key
          |
        help: did you mean `duration`?

        error: unknown key `duraton` in `inputs.noise`
         --> simulation_config.json:5:2
          |
        5 |     "delay": 1 } } }
          |     ^^^^^^^ no such key
          |
        help: did you mean `duration`?

        error: 2 problems
        "#);
    }

    #[test]
    fn a_flood_of_problems_is_cut() {
        let failure = Failure::bad_inputs((0..120).map(|_| unknown_key(32, 9)));
        let text = render(&failure, false);
        assert_eq!(text.matches("unknown key").count(), LIMIT);
        assert!(text.ends_with("\n\nerror: 120 problems, of which the first 50 are shown\n"), "{text}");
    }

    #[test]
    fn related_places_follow_in_the_text_of_the_problem() {
        #[derive(Debug, Error, Diagnostic)]
        #[error("`{name}` is defined twice")]
        #[diagnostic(code(nmodl::duplicate))]
        struct Twice {
            name: &'static str,
            #[source_code]
            text: NamedSource<&'static str>,
            #[label(primary, "defined again")]
            second: SourceSpan,
            #[label("a state")]
            state: SourceSpan,
            #[related]
            first: Vec<First>,
            #[help]
            help: &'static str,
        }
        #[derive(Debug, Error, Diagnostic)]
        #[error("it was defined first here")]
        #[diagnostic(severity(Warning), help("rename this one"))]
        struct First {
            #[label]
            span: SourceSpan,
        }
        let problem = Twice {
            name: "m",
            text: NamedSource::new("NaTg.mod", "ASSIGNED { m }\n\n\n\n\nSTATE { h m }\nINITIAL { m = 0 }\n"),
            second: (29, 1).into(),
            state: (19, 5).into(),
            first: vec![First { span: (11, 1).into() }],
            help: "keep one of them",
        };
        assert_snapshot!(plain(problem), @"
        error[nmodl::duplicate]: `m` is defined twice
         --> NaTg.mod:6:11
          |
        6 | STATE { h m }
          | -----     ^ defined again
          | |
          | a state
          |
        warning: it was defined first here
         --> NaTg.mod:1:12
          |
        1 | ASSIGNED { m }
          |            ^
        help: rename this one
        help: keep one of them
        ");
    }

    #[test]
    fn labels_beyond_the_text_leave_the_name_of_the_file() {
        assert_snapshot!(plain(unknown_key(1000, 7)), @"
        error: unknown key `duraton` in `inputs.noise`
        --> simulation_config.json
         |
        help: did you mean `duration`?
        ");
        assert_snapshot!(plain(unknown_key(usize::MAX, usize::MAX)), @"
        error: unknown key `duraton` in `inputs.noise`
        --> simulation_config.json
         |
        help: did you mean `duration`?
        ");
    }

    #[test]
    fn labels_in_the_middle_of_a_character_do_no_harm() {
        #[derive(Debug, Error, Diagnostic)]
        #[error("odd")]
        struct Odd {
            #[source_code]
            text: Vec<u8>,
            #[label]
            span: SourceSpan,
        }
        for text in ["µ²é\n日本語 x\n", "\u{feff}x\r\nx\ry"] {
            for start in 0..=text.len() {
                for length in 0..=text.len() - start {
                    let text = plain(Odd { text: text.into(), span: (start, length).into() });
                    assert!(text.starts_with("error: odd\n"), "{text}");
                }
            }
        }
        let latin_1 = b"temp = 37 \xb0C".to_vec();
        assert_snapshot!(plain(Odd { text: latin_1, span: (11, 1).into() }), @"
        error: odd
          |
        1 | temp = 37 �C
          |            ^
        ");
    }

    #[test]
    fn control_characters_of_files_do_not_reach_the_terminal() {
        #[derive(Debug, Error, Diagnostic)]
        #[error("unknown node set `{0}`")]
        #[diagnostic(help("did you mean `{0}`?"))]
        struct Unknown(&'static str, #[source_code] NamedSource<String>, #[label("{0}")] SourceSpan);
        let escape = "\u{1b}]0;owned\u{7}\u{9b}2J";
        let text = NamedSource::new(escape, format!("node_set: {escape}"));
        let text = plain(Unknown(escape, text, (10, 3).into()));
        let is_control = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(is_control), "{text:?}");
    }

    #[test]
    fn colours_add_escapes_and_nothing_else() {
        let failure = Failure::bad_input(unknown_key(32, 9));
        let coloured = render(&failure, true);
        assert!(coloured.contains("\u{1b}["));
        assert!(coloured.contains("no such key"));
        assert!(!render(&failure, false).contains('\u{1b}'));
    }

    #[test]
    fn an_interruption_says_how_far_the_run_is() {
        let interrupted = Failure::from(systems::Error::Interrupted { t: 12.5 });
        assert_eq!(
            render(&interrupted, false),
            "error: interrupted at t = 12.500 ms\nhelp: spikes and reports are complete up to there; the values of \
             later rows of reports are 0\n"
        );
        let nothing = Failure { problems: Vec::new(), exit: Exit::RunFailed };
        assert_eq!(render(&nothing, false), "");
    }
}
