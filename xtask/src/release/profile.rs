//! Reads a profile of Callgrind: which functions ran, and how often each was called.
//!
//! Its format: <https://valgrind.org/docs/manual/cl-format.html>.

use std::collections::HashMap;
use std::io::BufRead;

use anyhow::{Context, Result};

/// The functions of a profile with the number of their calls, 0 for one that nobody called.
pub(super) fn calls(profile: impl BufRead) -> Result<HashMap<String, u64>> {
    let (mut names, mut called, mut calls) = (HashMap::new(), String::new(), HashMap::new());
    for line in profile.lines() {
        let line = line?;
        if let Some(function) = line.strip_prefix("fn=") {
            calls.entry(named(&mut names, function)?).or_default();
        } else if let Some(function) = line.strip_prefix("cfn=") {
            called = named(&mut names, function)?;
        } else if let Some(count) = line.strip_prefix("calls=") {
            let count = count.split(' ').next().unwrap_or_default();
            let count: u64 = count.parse().with_context(|| format!("a number of calls: {line}"))?;
            *calls.entry(called.clone()).or_default() += count;
        }
    }
    Ok(calls)
}

/// The name of a function that is written as `(7) name`, and as `(7)` from then on.
fn named(names: &mut HashMap<String, String>, function: &str) -> Result<String> {
    let (number, name) = function.split_once(' ').unwrap_or((function, ""));
    if !name.is_empty() {
        // A function that calls itself is there once for each depth.
        let name = name.split('\'').next().unwrap_or(name);
        names.insert(number.to_owned(), name.to_owned());
    }
    names.get(number).cloned().with_context(|| format!("function {number} has no name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_name() {
        let profile = "events: Ir\n\nfl=(1) main.rs\nfn=(1) main\n16 40\ncfn=(2) work\ncalls=3 20\n16 400\n\n\
             fn=(2)\n20 390\ncfn=(3) work'2\ncalls=4 20\n20 10\ncfi=(2) lib.rs\ncfn=(4) rest\ncalls=1 9\n20 5\n";
        let calls = calls(profile.as_bytes()).unwrap();
        let expected = [("main", 0), ("work", 7), ("rest", 1)].map(|(name, calls)| (name.to_owned(), calls));
        assert_eq!(calls, HashMap::from(expected));
    }

    #[test]
    fn a_number_without_a_name_is_refused() {
        assert!(calls("fn=(9)\n".as_bytes()).unwrap_err().to_string().contains("(9)"));
    }
}
