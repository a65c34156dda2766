//! Names that the outside relies on are unique: error codes and operation ids.

use std::collections::HashMap;

use crate::tidy::Finding;
use crate::tidy::tree::{TextFile, Tree};

/// Checks the production code of all crates.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut codes = Unique::new("error-code", "error code");
    let mut operations = Unique::new("operation-id", "operation id");
    for file in &tree.files {
        let Some(facts) = file.production() else { continue };
        for code in facts.error_codes.iter().filter(|code| is_dotted(&code.text)) {
            findings.extend(codes.add(file, code.line, &code.text));
        }
        for operation in &facts.operations {
            if let Some(id) = operation.id.as_deref().filter(|id| is_dotted(id)) {
                findings.extend(operations.add(file, operation.line, id));
            } else {
                let what = "give the endpoint its name: operation_id = \"<domain>.<file_name>\"";
                findings.push(Finding::new(&file.path, operation.line, "operation-id", what));
            }
        }
    }
    findings
}

/// The names seen so far, each with its place.
struct Unique<'a> {
    rule: &'static str,
    noun: &'static str,
    seen: HashMap<&'a str, String>,
}

impl<'a> Unique<'a> {
    fn new(rule: &'static str, noun: &'static str) -> Self {
        Self { rule, noun, seen: HashMap::new() }
    }

    fn add(&mut self, file: &TextFile, line: usize, name: &'a str) -> Option<Finding> {
        let first = self.seen.entry(name).or_default();
        if first.is_empty() {
            *first = format!("{}:{line}", file.path);
            return None;
        }
        let what = format!("the {} `{name}` is taken at {first}: choose another", self.noun);
        Some(Finding::new(&file.path, line, self.rule, what))
    }
}

/// `<domain>.<snake_case>`, both parts of lower-case letters, digits and underscores.
fn is_dotted(name: &str) -> bool {
    let is_snake = |part: &str| {
        part.starts_with(|letter: char| letter.is_ascii_lowercase())
            && part
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
    };
    name.split_once('.').is_some_and(|(domain, rest)| is_snake(domain) && is_snake(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    fn errors(codes: [&str; 2]) -> Vec<(usize, &'static str)> {
        let [one, two] =
            codes.map(|code| format!("//! E.\nfn code() -> &'static str {{\n    \"{code}\"\n}}\n"));
        found(&check(&Tree::of(&[("apps/api/src/a.rs", one.as_str()), ("apps/api/src/b.rs", two.as_str())])))
    }

    #[test]
    fn an_error_code_is_given_once() {
        assert_eq!(errors(["finance.closed", "finance.unbalanced"]), []);
        assert_eq!(errors(["finance.closed", "finance.closed"]), [(3, "error-code")]);
        assert_eq!(errors(["no code", "no code"]), []);
    }

    #[test]
    fn an_operation_has_a_name_of_its_own() {
        let endpoint = |id: &str| format!("//! E.\n#[utoipa::path(post, {id})]\nfn handle() {{}}\n");
        let check_two = |one: &str, two: &str| {
            let (one, two) = (endpoint(one), endpoint(two));
            found(&check(&Tree::of(&[
                ("apps/api/src/a.rs", one.as_str()),
                ("apps/api/src/b.rs", two.as_str()),
            ])))
        };
        assert_eq!(check_two("operation_id = \"finance.post\"", "operation_id = \"finance.void\""), []);
        assert_eq!(
            check_two("operation_id = \"finance.post\"", "operation_id = \"finance.post\""),
            [(2, "operation-id")]
        );
        assert_eq!(check_two("operation_id = \"finance.post\"", "tag = \"finance\""), [(2, "operation-id")]);
        assert_eq!(
            check_two("operation_id = \"finance.post\"", "operation_id = \"Post\""),
            [(2, "operation-id")]
        );
    }
}
