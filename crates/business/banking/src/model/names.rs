//! Names and texts, as they are compared.

use std::collections::HashSet;

use athyper_kernel_bank_files::payments::fold;

/// From here on two names are taken for similar: shared pairs of letters, of all (Sørensen-Dice).
pub(crate) const SIMILAR: f64 = 0.6;

/// Forms of companies and the like, which tell nobody apart.
const NO_NAMES: [&str; 20] = [
    "GMBH", "AG", "KG", "UG", "CO", "OHG", "SE", "EV", "GBR", "MBH", "INC", "LTD", "LLC", "SA", "SARL",
    "SPA", "BV", "NV", "PLC", "HERR",
];

/// Longest name that is kept, in characters.
const MOST: usize = 140;

/// A name in capitals and basic letters, without the forms of companies; empty where nothing is left.
pub(crate) fn normal(name: &str) -> String {
    let plain = fold(name, MOST).to_ascii_uppercase();
    let words = plain
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty() && !NO_NAMES.contains(word));
    words.collect::<Vec<_>>().join(" ")
}

/// Letters and digits of a text in capitals, to look for references in it.
pub(crate) fn condensed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// How similar two normal names are, from 0 to 1.
pub(crate) fn similarity(left: &str, right: &str) -> f64 {
    if left == right {
        return if left.is_empty() { 0.0 } else { 1.0 };
    }
    let pairs = |text: &str| -> HashSet<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let (left, right) = (pairs(left), pairs(right));
    let all = left.len() + right.len();
    if all == 0 {
        return 0.0;
    }
    let shared = u32::try_from(2 * left.intersection(&right).count()).unwrap_or(u32::MAX);
    f64::from(shared) / f64::from(u32::try_from(all).unwrap_or(u32::MAX))
}

/// Whether a text is of a pattern: `*` stands for any letters, nothing else is special, case does not matter, and the pattern may begin
/// and end anywhere in the text.
pub(crate) fn is_of(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.to_uppercase(), pattern.to_uppercase());
    let mut rest = text.as_str();
    for part in pattern.split('*').filter(|part| !part.is_empty()) {
        let Some(after) = rest.find(part).and_then(|start| rest.get(start + part.len()..)) else {
            return false;
        };
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_what_banks_change() {
        assert_eq!(normal("Müller & Söhne GmbH"), "MUELLER SOEHNE");
        assert!(similarity(&normal("MUELLER SOEHNE"), &normal("Müller & Söhne GmbH & Co. KG")) >= SIMILAR);
        assert!(similarity(&normal("Stadtwerke Ulm"), &normal("Stadtwerke Ulm Netze")) >= SIMILAR);
        assert!(similarity(&normal("Ada Lovelace"), &normal("Bob Meyer")) < SIMILAR);
        assert!(similarity("", "") < SIMILAR);
    }

    #[test]
    fn a_pattern_has_stars_and_nothing_else() {
        assert!(is_of("ENTGELT fuer Kontoführung Mai", "entgelt*KONTOFÜHRUNG"));
        assert!(!is_of("Kontoführung Entgelt", "entgelt*kontoführung"));
        assert!(is_of("a.b", "A.B") && !is_of("axb", "a.b"));
    }
}
