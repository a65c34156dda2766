//! Texts for people, in the languages that somebody wrote them in.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The language of a text whose language nobody said (BCP 47, section 4.1).
const UNDETERMINED: &str = "und";
/// Longest text, in characters.
const MAX_LEN: usize = 500;

/// A text for people by language tag (BCP 47). In JSON it is a text, or an object of texts by tag: `{"en": "Machine", "de": "Maschine"}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label(BTreeMap<String, String>);

impl Label {
    /// A text of no stated language.
    pub fn plain(text: &str) -> Self {
        Self(BTreeMap::from([(UNDETERMINED.to_owned(), text.to_owned())]))
    }

    /// The text for somebody who reads `language`: in it, else in its primary language, else of no stated language, else in
    /// English, else any.
    pub fn text(&self, language: &str) -> &str {
        let primary = language.split('-').next().unwrap_or_default();
        [language, primary, UNDETERMINED, "en"]
            .iter()
            .find_map(|tag| self.0.get(*tag))
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }

    /// Whether there is no text in any language.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.get(UNDETERMINED) {
            Some(text) if self.0.len() == 1 => serializer.serialize_str(text),
            _ => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a label is a text, or an object of texts by language tag")]
        enum Form {
            Plain(String),
            ByLanguage(BTreeMap<String, String>),
        }
        let label = match Form::deserialize(deserializer)? {
            Form::Plain(text) => Self::plain(&text),
            Form::ByLanguage(texts) => Self(texts),
        };
        for (tag, text) in &label.0 {
            let is_tag = (2..=35).contains(&tag.len())
                && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if !is_tag {
                return Err(de::Error::custom(format_args!(
                    "{tag:?} is no language tag such as en or de-AT"
                )));
            }
            let length = text.chars().count();
            if length == 0 || length > MAX_LEN || text.chars().any(char::is_control) {
                return Err(de::Error::custom(format_args!(
                    "a label has 1 to {MAX_LEN} characters and no control characters"
                )));
            }
        }
        Ok(label)
    }
}
