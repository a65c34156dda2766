//! The words of texts, for the full-text search.
//!
//! Words are cut at everything that is no letter or digit, and written in small letters. They are not reduced to stems: a
//! tenant's texts are in many languages, and a search for a beginning finds most forms.

use std::collections::BTreeMap;

/// Most words of a record that the search knows, over all its fields.
const MAX_WORDS: usize = 5_000;
/// Longest word, in characters; longer ones are cut.
const MAX_WORD_CHARS: usize = 60;
/// Most words of a search.
const MAX_ASKED: usize = 8;
/// What a word weighs in the first searchable field; in each further one half of it, and 1 at least.
const FIRST_WEIGHT: i16 = 8;

/// The words of a text in their order.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().flat_map(char::to_lowercase).take(MAX_WORD_CHARS).collect())
}

/// The words of a record's searchable fields, in the order of the fields, each with the greatest weight that it has.
pub fn weighted<'t>(texts: impl Iterator<Item = &'t str>) -> BTreeMap<String, i16> {
    let mut found = BTreeMap::new();
    let all = texts.enumerate().flat_map(|(field, text)| words(text).map(move |word| (field, word)));
    for (field, word) in all.take(MAX_WORDS) {
        let weight = weights().nth(field).unwrap_or(1);
        let kept = found.entry(word).or_insert(weight);
        *kept = weight.max(*kept);
    }
    found
}

/// What a word weighs in the searchable fields, in their order.
pub fn weights() -> impl Iterator<Item = i16> {
    std::iter::successors(Some(FIRST_WEIGHT), |weight| Some((weight / 2).max(1)))
}

/// The words of a search, each once; the longest first, because it is the rarest as a rule.
pub fn asked(search: &str) -> Vec<String> {
    let mut asked: Vec<String> = Vec::new();
    for word in words(search) {
        if !asked.contains(&word) {
            asked.push(word);
        }
    }
    asked.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    asked.truncate(MAX_ASKED);
    asked
}

/// What comes after all words that begin like this one.
pub fn end_of(word: &str) -> String {
    format!("{word}{}", char::MAX)
}
