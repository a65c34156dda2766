//! The names that templates ask for, in each spelling.

use anyhow::{Result, bail};

/// Words that are no subject of a business, or stand for everything, or that SQL keeps for itself.
const REFUSED: [&str; 11] =
    ["common", "core", "shared", "utils", "service", "misc", "check", "group", "order", "table", "user"];
/// Nouns whose type would be called like one that the templates use.
const TAKEN: [&str; 13] = [
    "command", "deps", "done", "error", "id", "json", "name", "page", "read", "reply", "report", "row",
    "text",
];

/// Values of the placeholders.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(Vec<(String, String)>);

/// A noun in snake case, such as `work_order`.
#[derive(Clone, Debug)]
pub(super) struct Noun(String);

impl Names {
    /// `{{name}}`: one word, since it is folder, schema, path and first part of operation ids at once.
    pub(super) fn of_domain(name: &str) -> Result<Self> {
        if !is_word(name) || REFUSED.contains(&name) {
            bail!("`{name}` is no name of a domain: take one noun of the business language, in lower case");
        }
        let mut names = Self::default();
        names.add("name", name);
        Ok(names)
    }

    /// A noun under `key`: `{{record}}` and `{{records}}` in snake case, `{{RECORD}}` and `{{RECORDS}}` as constants, `{{Record}}` as
    /// a type, `{{record_words}}` and `{{records_words}}` in words, `{{record_title}}` and `{{records_title}}` in words with a capital,
    /// `{{records_path}}` as a part of a path.
    pub(super) fn with_noun(mut self, key: &str, noun: &Noun) -> Self {
        let plural = noun.plural();
        self.add(key, &noun.0);
        self.add(&format!("{key}s"), &plural);
        self.add(&type_name(key), &type_name(&noun.0));
        for (key, noun) in [(key.to_owned(), &noun.0), (format!("{key}s"), &plural)] {
            let words = noun.replace('_', " ");
            self.add(&key.to_uppercase(), &noun.to_uppercase());
            self.add(&format!("{key}_words"), &words);
            self.add(&format!("{key}_title"), &capitalised(&words));
        }
        self.add(&format!("{key}s_path"), &plural.replace('_', "-"));
        self
    }

    /// `{{command}}`, its verb as `{{verb}}`, and what stands behind the verb as the noun `record`.
    pub(super) fn with_command(mut self, command: &str) -> Result<Self> {
        let Some((verb, noun)) = command.split_once('_').filter(|_| is_snake_case(command)) else {
            bail!(
                "`{command}` is no name of a command: take a verb and a noun in snake case, such as void_invoice"
            );
        };
        self.add("command", command);
        self.add("Command", &type_name(command));
        self.add("verb", verb);
        Ok(self.with_noun("record", &Noun::parse(noun)?))
    }

    /// Replaces all placeholders; one that has no value is an error.
    pub(super) fn fill_in(&self, template: &str) -> Result<String> {
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, opened)) = rest.split_once("{{") {
            text.push_str(before);
            // In `{{{name}}}` the outer braces belong to the text.
            let inner = opened.trim_start_matches('{');
            text.extend(std::iter::repeat_n('{', opened.len() - inner.len()));
            let Some((key, behind)) = inner.split_once("}}") else {
                bail!("a placeholder is opened and not closed");
            };
            let Some((_, value)) = self.0.iter().rev().find(|(known, _)| known == key) else {
                bail!("the placeholder `{key}` has no value");
            };
            text.push_str(value);
            rest = behind;
        }
        text.push_str(rest);
        Ok(text)
    }

    fn add(&mut self, key: &str, value: &str) {
        self.0.push((key.to_owned(), value.to_owned()));
    }
}

impl Noun {
    /// Checks the spelling.
    pub(super) fn parse(noun: &str) -> Result<Self> {
        if !is_snake_case(noun) {
            bail!("`{noun}` is no noun in snake case, such as work_order");
        }
        if TAKEN.contains(&noun) || syn::parse_str::<syn::Ident>(noun).is_err() {
            bail!("`{noun}` means something else in the program: take a noun that says more");
        }
        Ok(Self(noun.to_owned()))
    }

    /// The regular English plural.
    fn plural(&self) -> String {
        let noun = &self.0;
        if let Some(stem) = noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u'])) {
            return format!("{stem}ies");
        }
        let hisses = ["s", "x", "z", "ch", "sh"].iter().any(|end| noun.ends_with(end));
        if hisses { format!("{noun}es") } else { format!("{noun}s") }
    }
}

/// Words of lower-case letters and digits, joined by underscores.
fn is_snake_case(text: &str) -> bool {
    text.split('_').all(is_word)
}

fn is_word(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
}

/// `work_order` as `WorkOrder`.
fn type_name(snake: &str) -> String {
    let mut name = String::new();
    for word in snake.split('_') {
        name.push_str(&capitalised(word));
    }
    name
}

/// With its first letter as a capital.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let mut name: String = letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter().collect();
    name.push_str(letters.as_str());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_has_a_placeholder() {
        let names = Names::of_domain("rentals").unwrap().with_command("close_work_order").unwrap();
        let template = "{{name}} {{command}} {{verb}} {{record}} {{records}} {{Record}} {{records_path}}";
        let text = "rentals close_work_order close work_order work_orders WorkOrder work-orders";
        assert_eq!(names.fill_in(template).unwrap(), text);
        let template =
            "{{RECORD}} {{RECORDS}} {{record_words}} {{records_words}} {{record_title}} {{records_title}}";
        let text = "WORK_ORDER WORK_ORDERS work order work orders Work order Work orders";
        assert_eq!(names.fill_in(template).unwrap(), text);
        assert_eq!(names.fill_in("use x::{{{Record}}};").unwrap(), "use x::{WorkOrder};");
    }

    #[test]
    fn an_unknown_or_open_placeholder_is_an_error() {
        let names = Names::of_domain("finance").unwrap();
        assert!(names.fill_in("{{nothing}}").is_err());
        assert!(names.fill_in("{{name").is_err());
    }

    #[test]
    fn names_that_say_nothing_or_are_misspelt_are_refused() {
        for name in ["common", "Finance", "rental_fleet", "rental-fleet", "", "2fa"] {
            assert!(Names::of_domain(name).is_err(), "{name}");
        }
        let names = Names::of_domain("finance").unwrap();
        for command in ["void", "void-invoice", "Void_invoice", "void_"] {
            assert!(names.clone().with_command(command).is_err(), "{command}");
        }
        for noun in ["type", "error", "row", "work-order"] {
            assert!(Noun::parse(noun).is_err(), "{noun}");
        }
    }

    #[test]
    fn plurals_are_regular() {
        let plural = |noun: &str| Noun::parse(noun).unwrap().plural();
        assert_eq!(
            ["entry", "day", "batch", "work_order"].map(plural),
            ["entries", "days", "batches", "work_orders"]
        );
    }
}
