//! Whether a field of a definition makes sense.

use std::collections::BTreeSet;

use athyper_kernel_error::FieldError;

use crate::{EntityKey, FieldDef, FieldType};

/// Most characters of a line of text.
const MAX_LINE: u32 = 1_000;
/// Most characters of a long text.
const MAX_TEXT: u32 = 100_000;
/// Most digits after the point.
const MAX_SCALE: u32 = 12;
/// Most options of a field.
const MAX_OPTIONS: usize = 1_000;
/// Most lines of a record.
const MAX_LINES: u32 = 1_000;
/// Most fields of a line.
const MAX_LINE_FIELDS: usize = 100;
/// Most bytes of a file.
const MAX_FILE: u64 = 100 << 20;

/// What is wrong, found so far.
pub(crate) struct Faults(pub(crate) Vec<FieldError>);

impl Faults {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn add(&mut self, pointer: impl Into<String>, code: &str, message: impl Into<String>) {
        self.0.push(FieldError::new(pointer, code, message));
    }

    fn bound(&mut self, pointer: String, value: u64, least: u64, most: u64) {
        if !(least..=most).contains(&value) {
            self.add(pointer, "out_of_range", format!("a number from {least} to {most} is expected"));
        }
    }
}

/// Looks at a field; `is_there` tells whether there is an entity of a key.
pub(crate) fn check_field(
    field: &FieldDef,
    pointer: &str,
    faults: &mut Faults,
    is_there: &dyn Fn(&EntityKey) -> bool,
) {
    if field.label.is_empty() {
        faults.add(format!("{pointer}/label"), "required", "people need a text here");
    }
    check_type(&field.kind, &format!("{pointer}/type"), faults, is_there);
    let word = field.kind.word();
    let needs_scalar = [("indexed", field.indexed), ("unique", !field.unique.is_no())];
    for (name, _) in needs_scalar.iter().filter(|(_, is_set)| *is_set && !field.kind.is_scalar()) {
        let message = format!("a field of type {word} cannot be {name}");
        faults.add(format!("{pointer}/{name}"), "wrong_type", message);
    }
    if field.hidden && field.required && field.default.is_none() {
        let message = "a field that must have a value cannot be hidden: nobody could give it one";
        faults.add(format!("{pointer}/hidden"), "required", message);
    }
    if field.searchable && !field.kind.is_text() {
        let message = format!("the search looks into texts only, and this is of type {word}");
        faults.add(format!("{pointer}/searchable"), "wrong_type", message);
    }
    if matches!(field.kind, FieldType::Computed(_)) {
        let is_set = [
            ("required", field.required),
            ("requiredWhen", field.required_when.is_some()),
            ("default", field.default.is_some()),
            ("readOnlyWhen", field.read_only_when.is_some()),
        ];
        for (name, _) in is_set.iter().filter(|(_, is_set)| *is_set) {
            let message = "a computed field takes no value, so this cannot be said of it";
            faults.add(format!("{pointer}/{name}"), "computed", message);
        }
    }
}

/// Whether the fields within which a value comes once are there and fit.
pub(crate) fn check_scope(field: &FieldDef, pointer: &str, fields: &[FieldDef], faults: &mut Faults) {
    let scope = field.unique.scope().unwrap_or_default();
    for (at, key) in scope.iter().enumerate() {
        let other = fields.iter().find(|other| other.key == *key);
        let is_fit = other.is_some_and(|other| other.kind.is_scalar() && other.key != field.key);
        if !is_fit {
            let message = "values come once within another field, whose type has single values";
            faults.add(format!("{pointer}/unique/within/{at}"), "wrong_field", message);
        }
    }
}

fn check_type(kind: &FieldType, pointer: &str, faults: &mut Faults, is_there: &dyn Fn(&EntityKey) -> bool) {
    let word = kind.word();
    let at = |name: &str| format!("{pointer}/{word}/{name}");
    match kind {
        FieldType::Text(bounds) => {
            faults.bound(at("maxLength"), bounds.max_length.into(), 1, MAX_LINE.into());
        }
        FieldType::LongText(bounds) | FieldType::RichText(bounds) => {
            faults.bound(at("maxLength"), bounds.max_length.into(), 1, MAX_TEXT.into());
        }
        FieldType::Integer(bounds) => check_order(bounds.min, bounds.max, &at("max"), faults),
        FieldType::Decimal(bounds) => {
            faults.bound(at("scale"), bounds.scale.into(), 0, MAX_SCALE.into());
            check_order(bounds.min, bounds.max, &at("max"), faults);
        }
        FieldType::Money(bounds) => check_order(bounds.min, bounds.max, &at("max"), faults),
        FieldType::Quantity(bounds) => {
            faults.bound(at("scale"), bounds.scale.into(), 0, MAX_SCALE.into());
            check_words(bounds.units.iter().map(String::as_str), &at("units"), faults, |unit| {
                (1..=20).contains(&unit.chars().count()) && !unit.chars().any(char::is_whitespace)
            });
        }
        FieldType::Enum(options) | FieldType::MultiEnum(options) => {
            check_words(
                options.options.iter().map(|option| option.key.as_str()),
                &at("options"),
                faults,
                |key| {
                    let is_plain =
                        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
                    (1..=63).contains(&key.len()) && key.bytes().all(is_plain)
                },
            );
        }
        FieldType::Reference(reference) | FieldType::References(reference)
            if !is_there(&reference.entity) =>
        {
            let message = format!("there is no entity {}", reference.entity);
            faults.add(at("entity"), "unknown_entity", message);
        }
        FieldType::Child(child) => {
            faults.bound(at("maxLines"), child.max_lines.into(), 1, MAX_LINES.into());
            faults.bound(at("fields"), child.fields.len() as u64, 1, MAX_LINE_FIELDS as u64);
            check_lines(&child.fields, &at("fields"), faults, is_there);
        }
        FieldType::Attachment(bounds) => faults.bound(at("maxBytes"), bounds.max_bytes, 1, MAX_FILE),
        FieldType::Computed(computed) => {
            if matches!(*computed.result, FieldType::Computed(_) | FieldType::Child(_) | FieldType::Json(_)) {
                faults.add(
                    at("result"),
                    "wrong_type",
                    "an expression gives a single value or a list of them",
                );
            } else {
                check_type(&computed.result, &at("result"), faults, is_there);
            }
        }
        _ => {}
    }
}

fn check_order<T: PartialOrd>(min: Option<T>, max: Option<T>, pointer: &str, faults: &mut Faults) {
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        faults.add(pointer, "out_of_range", "the greatest value is below the least");
    }
}

/// Whether a list of words has some, not too many, and each once.
fn check_words<'w>(
    words: impl ExactSizeIterator<Item = &'w str>,
    pointer: &str,
    faults: &mut Faults,
    is_word: impl Fn(&str) -> bool,
) {
    faults.bound(pointer.to_owned(), words.len() as u64, 1, MAX_OPTIONS as u64);
    let mut seen = BTreeSet::new();
    for (at, word) in words.enumerate() {
        if !is_word(word) {
            faults.add(format!("{pointer}/{at}"), "invalid", format!("{word:?} cannot stand here"));
        } else if !seen.insert(word) {
            faults.add(format!("{pointer}/{at}"), "repeated", format!("{word} is named twice"));
        }
    }
}

/// Lines have fields of their own, and no lines below them.
fn check_lines(
    fields: &[FieldDef],
    pointer: &str,
    faults: &mut Faults,
    is_there: &dyn Fn(&EntityKey) -> bool,
) {
    let mut seen = BTreeSet::new();
    for (at, field) in fields.iter().enumerate() {
        let at = format!("{pointer}/{at}");
        if !seen.insert(&field.key) {
            faults.add(format!("{at}/key"), "repeated", "another field has this key");
        }
        if matches!(field.kind, FieldType::Child(_) | FieldType::Computed(_)) {
            let message = format!("a line has no field of type {}", field.kind.word());
            faults.add(format!("{at}/type"), "wrong_type", message);
            continue;
        }
        let is_set = [
            ("indexed", field.indexed),
            ("unique", !field.unique.is_no()),
            ("searchable", field.searchable),
            ("default", field.default.is_some()),
            ("rules", !field.rules.is_empty()),
            ("readOnlyWhen", field.read_only_when.is_some()),
            ("requiredWhen", field.required_when.is_some()),
        ];
        for (name, _) in is_set.iter().filter(|(_, is_set)| *is_set) {
            let message = "this can be said of a record's fields, and not of a line's";
            faults.add(format!("{at}/{name}"), "line", message);
        }
        check_field(field, &at, faults, is_there);
    }
}
