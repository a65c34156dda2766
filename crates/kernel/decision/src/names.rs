//! Names that expressions may use.

/// Longest name, in bytes.
const MAX_NAME: usize = 63;

/// Words that mean something else in an expression.
const RESERVED: [&str; 20] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "now",
    "null",
    "return",
    "today",
    "true",
    "zone",
];

/// What is wrong with the name of something, such as the key of an input; nothing where it may be used.
pub fn key_fault(name: &str) -> Option<&'static str> {
    fault(name)
}

/// What is wrong with a name; nothing where it may be used.
pub(crate) fn fault(name: &str) -> Option<&'static str> {
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.len() <= MAX_NAME;
    if !is_plain {
        return Some("a name begins with a letter and has letters, digits and _ alone, at most 63 of them");
    }
    let is_reserved = RESERVED.contains(&name) || matches!(name, "package" | "var" | "void" | "while");
    is_reserved.then_some("this word means something else in expressions: choose another name")
}

/// The name that comes nearest to a text of another tool: `Applicant Age` becomes `applicantAge`. One that is a name stays.
pub(crate) fn from_text(text: &str) -> String {
    if fault(text).is_none() {
        return text.to_owned();
    }
    let mut name = String::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        let first = letters
            .next()
            .map(|c| if name.is_empty() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() });
        name.extend(first);
        name.extend(letters);
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert(0, 'x');
    }
    name.truncate(MAX_NAME - 3);
    if fault(&name).is_some() { name + "_" } else { name }
}
