//! A record.

use std::borrow::Cow;

use athyper_kernel_entity::EntityDef;
use chrono::{DateTime, Datelike as _, SecondsFormat, Timelike as _, Utc};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value, json};

use crate::entity::RecordId;
use crate::shown::Shown;

/// A record of an entity, its values by the keys of the fields; a field without a value is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// Counts its changes, from 1.
    pub version: i64,
    /// Its state, where the entity has states.
    pub state: Option<String>,
    /// Its values.
    pub values: Map<String, Value>,
    /// When it was made (UTC).
    pub created_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: String,
    /// When it was changed last (UTC).
    pub updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: String,
    /// When and by whom it was deleted; none while it is not.
    pub deleted: Option<(DateTime<Utc>, String)>,
}

impl Record {
    /// The record as clients get it: what is shown of it, all fields, null where there is no value, or only `fields`. Id and
    /// version are always there. What is hidden is left out.
    pub fn as_shown<'r>(
        &'r self,
        def: &'r EntityDef,
        shown: &'r Shown,
        fields: Option<&'r [String]>,
    ) -> AsShown<'r> {
        AsShown { record: self, def, shown, fields, beside: Vec::new() }
    }

    /// The same as a value, for whoever goes on with it.
    pub fn to_json(&self, def: &EntityDef, shown: &Shown, fields: Option<&[String]>) -> Value {
        let mut json = Map::new();
        self.as_shown(def, shown, fields).each(&mut |key, value| {
            json.insert(key.to_owned(), value.into_owned());
        });
        Value::Object(json)
    }
}

/// A record as somebody is shown it, to be written as JSON at once.
#[derive(Clone, Debug)]
pub struct AsShown<'r> {
    record: &'r Record,
    def: &'r EntityDef,
    shown: &'r Shown,
    fields: Option<&'r [String]>,
    beside: Vec<(&'static str, Value)>,
}

impl AsShown<'_> {
    /// The same with another member.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.beside.push((name, value));
        self
    }

    fn each<'v>(&'v self, member: &mut impl FnMut(&'v str, Cow<'v, Value>)) {
        let Self { record, def, shown, fields, beside } = self;
        let is_wanted = |key: &str| fields.is_none_or(|fields| fields.iter().any(|field| field == key));
        member("id", Cow::Owned(json!(record.id)));
        member("version", Cow::Owned(json!(record.version)));
        let moment = |at: DateTime<Utc>| Value::String(moment(at));
        let text = |text: &String| Value::String(text.clone());
        let own = [
            ("state", def.states.is_some().then(|| json!(record.state))),
            ("createdAt", Some(moment(record.created_at))),
            ("createdBy", Some(text(&record.created_by))),
            ("updatedAt", Some(moment(record.updated_at))),
            ("updatedBy", Some(text(&record.updated_by))),
            ("deletedAt", record.deleted.as_ref().map(|(at, _)| moment(*at))),
            ("deletedBy", record.deleted.as_ref().map(|(_, by)| text(by))),
        ];
        let own = own.into_iter().filter_map(|(key, value)| Some((key, Cow::Owned(value?))));
        let of_field = |key| record.values.get(key).map_or(Cow::Owned(Value::Null), Cow::Borrowed);
        let of_fields = def.fields.iter().filter(|field| !field.hidden);
        let of_fields = of_fields.map(|field| (field.key.as_str(), of_field(field.key.as_str())));
        for (key, value) in own.chain(of_fields) {
            if is_wanted(key)
                && let Some(value) = shown.value(key, value)
            {
                member(key, value);
            }
        }
        for (name, value) in beside {
            member(name, Cow::Borrowed(value));
        }
    }
}

impl Serialize for AsShown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut written = Ok(());
        self.each(&mut |key, value| {
            if written.is_ok() {
                written = map.serialize_entry(key, &*value);
            }
        });
        written?;
        map.end()
    }
}

/// A moment as all of the platform's JSON writes it: RFC 3339 in UTC, with as many groups of three decimals as it needs.
pub fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Adds a [`moment`] to what is written. A list writes two for each record.
pub(crate) fn write_moment(at: DateTime<Utc>, json: &mut Vec<u8>) {
    let (date, time) = (at.date_naive(), at.time());
    let (Ok(year @ 0..=9_999), nanos @ 0..1_000_000_000) = (u32::try_from(date.year()), time.nanosecond())
    else {
        // A year with a sign, or a leap second.
        return json.extend_from_slice(moment(at).as_bytes());
    };
    let digit = |number: u32| b'0' + u8::try_from(number % 10).unwrap_or_default();
    let two = |number: u32| [digit(number / 10), digit(number)];
    let ([y1, y2], [y3, y4], [m1, m2], [d1, d2]) =
        (two(year / 100), two(year), two(date.month()), two(date.day()));
    let ([h1, h2], [i1, i2], [s1, s2]) = (two(time.hour()), two(time.minute()), two(time.second()));
    let day = [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2];
    let clock = [b'T', h1, h2, b':', i1, i2, b':', s1, s2];
    let [[f1, f2], [f3, f4], [f5, f6]] = [nanos / 10_000_000, nanos / 100_000, nanos / 1_000].map(two);
    json.extend_from_slice(&day);
    json.extend_from_slice(&clock);
    let fraction = [b'.', f1, f2, f3, f4, f5, f6];
    match nanos {
        0 => {}
        _ if nanos % 1_000_000 == 0 => json.extend_from_slice(&[b'.', f1, f2, f3]),
        _ if nanos % 1_000 == 0 => json.extend_from_slice(&fraction),
        _ => {
            let [[_, n1], [n2, n3]] = [nanos / 100, nanos].map(two);
            json.extend_from_slice(&fraction);
            json.extend_from_slice(&[n1, n2, n3]);
        }
    }
    json.push(b'Z');
}

/// Adds a text to what is written, as JSON.
pub(crate) fn write_text(text: &str, json: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    // Nearly all texts have nothing to escape (RFC 8259, section 7), and to look at all of their bytes at once is quick.
    let is_escaped = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    if text.bytes().fold(false, |found, byte| found | is_escaped(byte)) {
        return serde_json::to_writer(json, text);
    }
    json.push(b'"');
    json.extend_from_slice(text.as_bytes());
    json.push(b'"');
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, TimeDelta};

    use super::*;

    #[test]
    fn a_moment_is_written_in_one_way() {
        let mut at = NaiveDate::from_ymd_opt(-1, 12, 31).unwrap().and_hms_opt(23, 59, 59).unwrap().and_utc();
        let step = TimeDelta::days(977) + TimeDelta::seconds(40_009);
        for nth in 0_i64.. {
            let fraction = [0, 20_000_000, 123_000, 123_456_789][usize::try_from(nth % 4).unwrap()];
            let here = at + TimeDelta::nanoseconds(fraction);
            let mut text = Vec::new();
            write_moment(here, &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), moment(here));
            at += step;
            if at.year() > 10_001 {
                break;
            }
        }
        // A leap second is the second before, and more than a second of nanoseconds.
        let leap = NaiveDate::from_ymd_opt(2016, 12, 31).unwrap().and_hms_nano_opt(23, 59, 59, 1_500_000_000);
        let leap = leap.unwrap().and_utc();
        let mut text = Vec::new();
        write_moment(leap, &mut text);
        assert_eq!(String::from_utf8(text).unwrap(), moment(leap));
    }

    #[test]
    fn a_text_is_written_as_json() {
        for text in ["", "ada", "a\"b", "a\\b", "line\nline", "\u{1f}", "\u{7f}é\u{10ffff}"] {
            let mut json = Vec::new();
            write_text(text, &mut json).unwrap();
            assert_eq!(String::from_utf8(json).unwrap(), json!(text).to_string());
        }
    }
}
