//! Which records are taken for one and the same thing: the rules of a definition, and what two records agree in.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization as _;

use crate::{FieldKey, FieldType, Label, text_forms};

/// Longest beginning of a text that is compared, in characters.
const MAX_PREFIX: u8 = 50;

/// A rule by which two records are taken for duplicates of each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DuplicateRule {
    /// Its word, by which lists and answers name it.
    pub key: FieldKey,
    /// What people read.
    pub label: Label,
    /// The fields in which both agree; a record that has no value in one of them is a duplicate of none.
    pub fields: Vec<MatchField>,
    /// Only records that agree in these fields as they are stored are compared; no value counts as a value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<FieldKey>,
    /// What happens when a record is written that is a duplicate of another one.
    #[serde(default)]
    pub on_write: OnDuplicate,
}

/// A field of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatchField {
    /// The field.
    pub field: FieldKey,
    /// How its values are compared.
    #[serde(default)]
    pub method: MatchMethod,
}

/// What happens when a record is written that is a duplicate of another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDuplicate {
    /// It is written, and the answer names the others.
    #[default]
    Report,
    /// It is refused, unless whoever writes it may say that it is none.
    Refuse,
    /// It is written. Lists of duplicates show it.
    None,
}

/// How the values of a field are compared. Written `exact`, `normalised`, `email`, `phone`, `words`, or `prefix:4`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum MatchMethod {
    /// As they are stored.
    Exact,
    /// Without case, accents, punctuation and spaces.
    #[default]
    Normalised,
    /// As mail addresses: without case, and without what follows a `+` before the `@` (RFC 5233).
    Email,
    /// As telephone numbers: digits alone, after `+` where the number begins with it or with `00`.
    Phone,
    /// As `normalised`, word by word, in any order, each word once.
    Words,
    /// As `normalised`, so many first characters.
    Prefix(u8),
}

impl TryFrom<String> for MatchMethod {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let prefix = || text.strip_prefix("prefix:")?.parse::<u8>().ok();
        Ok(match text.as_str() {
            "exact" => Self::Exact,
            "normalised" => Self::Normalised,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "words" => Self::Words,
            _ => match prefix().filter(|length| (1..=MAX_PREFIX).contains(length)) {
                Some(length) => Self::Prefix(length),
                None => {
                    return Err(format!(
                        "a method is exact, normalised, email, phone, words, or prefix:1 to prefix:{MAX_PREFIX}"
                    ));
                }
            },
        })
    }
}

impl From<MatchMethod> for String {
    fn from(method: MatchMethod) -> Self {
        match method {
            MatchMethod::Exact => "exact".to_owned(),
            MatchMethod::Normalised => "normalised".to_owned(),
            MatchMethod::Email => "email".to_owned(),
            MatchMethod::Phone => "phone".to_owned(),
            MatchMethod::Words => "words".to_owned(),
            MatchMethod::Prefix(length) => format!("prefix:{length}"),
        }
    }
}

impl MatchMethod {
    /// Whether values of this type can be compared so.
    pub(crate) fn fits(self, kind: &FieldType) -> bool {
        let kind = match kind {
            FieldType::Computed(computed) => &computed.result,
            kind => kind,
        };
        match self {
            Self::Exact => kind.is_scalar(),
            Self::Normalised | Self::Words | Self::Prefix(_) => kind.is_text(),
            Self::Email => matches!(kind, FieldType::Text(_) | FieldType::Email(_)),
            Self::Phone => matches!(kind, FieldType::Text(_) | FieldType::Phone(_)),
        }
    }

    /// What two values agree in; none for a value that agrees with nothing.
    fn form(self, value: &Value) -> Option<Value> {
        if self == Self::Exact {
            return Some(value.clone());
        }
        let text = value.as_str()?;
        let form = match self {
            Self::Email => email(text)?,
            Self::Phone => phone(text),
            Self::Words => words(text).into_iter().collect::<Vec<_>>().join(" "),
            Self::Prefix(length) => folded(text, usize::from(length)),
            Self::Normalised | Self::Exact => folded(text, usize::MAX),
        };
        (!form.is_empty()).then_some(Value::String(form))
    }
}

impl DuplicateRule {
    /// What a record of these values (by key) agrees in with its duplicates; none where it can have none.
    pub fn agreement(&self, values: &Map<String, Value>) -> Option<Value> {
        let value = |key: &FieldKey| values.get(key.as_str()).filter(|value| !value.is_null());
        let own: Option<Vec<Value>> =
            self.fields.iter().map(|part| part.method.form(value(&part.field)?)).collect();
        let within: Vec<Value> =
            self.within.iter().map(|key| value(key).cloned().unwrap_or(Value::Null)).collect();
        Some(serde_json::json!([own?, within]))
    }
}

/// The letters and digits of a text without case and accents, as far as `most` of them.
fn folded(text: &str, most: usize) -> String {
    letters(text).filter(|c| c.is_alphanumeric()).take(most).collect()
}

/// The words of a text without case and accents, in their order, each once. Apostrophes and points stand within words.
fn words(text: &str) -> BTreeSet<String> {
    let plain: String = letters(text).filter(|c| !"'’.".contains(*c)).collect();
    plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The characters of a text in their compatibility forms, without accents (those of the block Combining Diacritical Marks:
/// the signs of other scripts make other words) and without case. Both ways of case are gone, so that `ß` is `ss`.
fn letters(text: &str) -> impl Iterator<Item = char> {
    let plain = text.nfkd().filter(|c| !('\u{300}'..='\u{36f}').contains(c));
    plain.flat_map(char::to_uppercase).flat_map(char::to_lowercase).flat_map(|c| {
        // Letters with a stroke and ligatures, which Unicode does not take apart.
        let apart: &'static str = match c {
            'ø' => "o",
            'ł' => "l",
            'đ' | 'ð' => "d",
            'ħ' => "h",
            'æ' => "ae",
            'œ' => "oe",
            'þ' => "th",
            'ı' => "i",
            _ => "",
        };
        apart.is_empty().then_some(c).into_iter().chain(apart.chars())
    })
}

fn email(text: &str) -> Option<String> {
    let address = text_forms::email(text.trim())?.to_lowercase();
    let (local, domain) = address.rsplit_once('@')?;
    let own = local.split_once('+').map_or(local, |(own, _)| own);
    let own = if own.is_empty() { local } else { own };
    Some(format!("{own}@{domain}"))
}

fn phone(text: &str) -> String {
    let text = text.trim();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix("00") {
        _ if digits.is_empty() => digits,
        _ if text.starts_with('+') => format!("+{digits}"),
        Some(rest) => format!("+{rest}"),
        None => digits,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn method(text: &str) -> MatchMethod {
        serde_json::from_value(json!(text)).unwrap()
    }

    #[test]
    fn values_that_mean_the_same_agree() {
        for (how, one, other, agree) in [
            ("exact", json!("Ann"), json!("ann"), false),
            ("exact", json!(3), json!(3), true),
            ("normalised", json!("Müller & Söhne, GmbH"), json!("MULLER SOHNE GMBH"), true),
            ("normalised", json!("Straße"), json!("STRASSE"), true),
            ("normalised", json!("Øster Łódź"), json!("oster-lodz"), true),
            ("normalised", json!("ﬁlm Ⅳ"), json!("FILM IV"), true),
            ("normalised", json!("कि"), json!("का"), false),
            ("normalised", json!("İstanbul"), json!("istanbul"), true),
            ("normalised", json!("ab"), json!("a c"), false),
            ("email", json!("Ann.Lee+news@Example.com"), json!("ann.lee@example.COM"), true),
            ("email", json!("+news@example.com"), json!("+other@example.com"), false),
            ("phone", json!("+4930901820"), json!("0049 (30) 90 18-20"), true),
            ("phone", json!("030 901820"), json!("+4930901820"), false),
            ("words", json!("Lee, Ann  O'Hara"), json!("OHara ann LEE ann"), true),
            ("words", json!("ab c"), json!("a bc"), false),
            ("prefix:3", json!("Meyer"), json!("mey-sen"), true),
            ("prefix:4", json!("Meyer"), json!("meysen"), false),
            ("prefix:9", json!("Meyer"), json!("MEYER"), true),
        ] {
            let how = method(how);
            let (one, other) = (how.form(&one), how.form(&other));
            assert_eq!(one.is_some() && one == other, agree, "{how:?} {one:?} {other:?}");
        }
    }

    #[test]
    fn what_says_nothing_agrees_with_nothing() {
        for (how, value) in [
            ("normalised", json!(" -- ")),
            ("words", json!("…")),
            ("prefix:2", json!("!")),
            ("phone", json!("ask")),
            ("email", json!("ask")),
            ("normalised", json!(3)),
        ] {
            assert_eq!(method(how).form(&value), None, "{how} {value}");
        }
    }

    #[test]
    fn a_rule_needs_a_value_of_each_field_and_none_of_its_scope() {
        let rule: DuplicateRule = serde_json::from_value(json!({
            "key": "person", "label": "Person", "within": ["site"],
            "fields": [{"field": "name", "method": "words"}, {"field": "born", "method": "exact"}]
        }))
        .unwrap();
        assert_eq!(rule.on_write, OnDuplicate::Report);
        let agreement = |values: Value| rule.agreement(values.as_object().unwrap());
        let full = agreement(json!({"name": "Lee Ann", "born": "2000-01-01"}));
        assert_eq!(full, agreement(json!({"name": "ann LEE", "born": "2000-01-01", "site": null})));
        assert!(full.is_some());
        assert_ne!(full, agreement(json!({"name": "Lee Ann", "born": "2000-01-01", "site": "a"})));
        assert_eq!(agreement(json!({"name": "Lee Ann", "born": null})), None);
        assert_eq!(agreement(json!({"born": "2000-01-01"})), None);
    }

    #[test]
    fn methods_are_written_as_they_are_read() {
        for text in ["exact", "normalised", "email", "phone", "words", "prefix:1", "prefix:50"] {
            assert_eq!(serde_json::to_value(method(text)).unwrap(), json!(text));
        }
        for wrong in ["prefix:0", "prefix:51", "prefix:", "soundex", ""] {
            assert!(serde_json::from_value::<MatchMethod>(json!(wrong)).is_err(), "{wrong}");
        }
    }
}
