//! Texts in CSV that spreadsheets open.

/// What formulas of spreadsheets begin with.
const DANGEROUS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A text that no spreadsheet takes for a formula, because somebody else may have written it. What looks like one that was made
/// so is treated as well, so that [`unguarded`] gives back every text.
#[must_use]
pub fn guarded(text: String) -> String {
    if text.trim_start_matches('\'').starts_with(DANGEROUS) { format!("'{text}") } else { text }
}

/// The text of which [`guarded`] made this one.
#[must_use]
pub fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(DANGEROUS) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_guarded_is_no_formula_and_comes_back(text in "['=+@\t\r-]{0,4}\\PC{0,6}") {
            let cell = guarded(text.clone());
            prop_assert!(!cell.starts_with(DANGEROUS));
            prop_assert_eq!(unguarded(&cell), text);
        }
    }
}
