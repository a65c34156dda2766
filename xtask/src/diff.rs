//! A short difference of two texts, for generated files that are out of date.

use std::fmt::Write;

/// Lines shown of each side.
const LINES_SHOWN: usize = 12;

/// What differs between the committed and the present text, or `None` when they are equal.
///
/// The equal lines at both ends are cut off and the rest is shown as removed and added, so that a small change shows
/// small. Two changes far apart show as one; that is enough to see what happened.
pub(crate) fn short(committed: &str, present: &str) -> Option<String> {
    if committed == present {
        return None;
    }
    let old: Vec<&str> = committed.lines().collect();
    let new: Vec<&str> = present.lines().collect();
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let shorter = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(shorter).take_while(|(a, b)| a == b).count();
    let mut text = format!("at line {}:\n", head + 1);
    for (sign, lines) in [('-', &old), ('+', &new)] {
        let changed = lines.len() - head - tail;
        for line in lines.iter().skip(head).take(changed.min(LINES_SHOWN)) {
            let _ = writeln!(text, "  {sign} {line}");
        }
        if changed > LINES_SHOWN {
            let _ = writeln!(text, "  {sign} … and {} lines more", changed - LINES_SHOWN);
        }
    }
    if head + tail == old.len() && old.len() == new.len() {
        text.push_str("  line endings or the end of the file\n");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_no_difference() {
        assert_eq!(short("a\nb\n", "a\nb\n"), None);
    }

    #[test]
    fn only_the_changed_lines_are_shown() {
        assert_eq!(short("a\nb\nc\n", "a\nx\ny\nc\n").unwrap(), "at line 2:\n  - b\n  + x\n  + y\n");
        assert_eq!(short("a\na\n", "a\n").unwrap(), "at line 2:\n  - a\n");
        assert_eq!(short("", "a\n").unwrap(), "at line 1:\n  + a\n");
        assert!(short("a", "a\n").unwrap().contains("end of the file"));
    }

    #[test]
    fn a_long_difference_is_cut() {
        let long = "x\n".repeat(LINES_SHOWN + 5);
        assert!(short("", &long).unwrap().ends_with("  + … and 5 lines more\n"));
    }
}
