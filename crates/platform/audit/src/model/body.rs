//! The body of an event: what its hash is made of, in the canonical form of RFC 8785.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Largest integer that the numbers of RFC 8785, which are IEEE 754 doubles, tell from its neighbours.
const MOST_EXACT: u64 = (1 << 53) - 1;

/// A row of the trail, whole.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct TrailEvent {
    pub(crate) id: Uuid,
    pub(crate) recorded_at: DateTime<Utc>,
    #[sqlx(rename = "type")]
    pub(crate) kind: String,
    pub(crate) level: String,
    pub(crate) class: String,
    pub(crate) actor_kind: String,
    pub(crate) actor_id: String,
    pub(crate) realm_key: Option<String>,
    pub(crate) org_key: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) trace_id: Option<String>,
    pub(crate) session_id: Option<String>,
    pub(crate) subject_type: Option<String>,
    pub(crate) subject_id: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) meta: Value,
    /// Digests of the personal values, by field.
    pub(crate) personal: Option<Value>,
    pub(crate) seq: Option<i64>,
    pub(crate) prev_hash: Option<Vec<u8>>,
    pub(crate) hash: Option<Vec<u8>>,
}

/// What is hashed of an event. A field that is not set is left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    id: Uuid,
    recorded_at: String,
    #[serde(rename = "type")]
    kind: &'a str,
    level: &'a str,
    class: &'a str,
    actor_kind: &'a str,
    actor_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    realm_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    meta: Cow<'a, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    personal: Option<&'a Value>,
}

impl TrailEvent {
    /// The canonical body. Where the event stands in the chain is no part of it.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which no row of the database can bring about.
    pub(crate) fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json_canonicalizer::to_vec(&Body {
            id: self.id,
            recorded_at: time_text(self.recorded_at),
            kind: &self.kind,
            level: &self.level,
            class: &self.class,
            actor_kind: &self.actor_kind,
            actor_id: &self.actor_id,
            realm_key: self.realm_key.as_deref(),
            org_key: self.org_key.as_deref(),
            request_id: self.request_id.as_deref(),
            trace_id: self.trace_id.as_deref(),
            session_id: self.session_id.as_deref(),
            subject_type: self.subject_type.as_deref(),
            subject_id: self.subject_id.as_deref(),
            message: self.message.as_deref(),
            meta: exact(&self.meta),
            personal: self.personal.as_ref(),
        })
    }
}

/// A time as bodies and statements write it: RFC 3339 in UTC, with the microseconds that the database keeps.
pub(crate) fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The value in a form that RFC 8785 writes without a loss: integers beyond 2^53 − 1 become `{"$integer": "…"}`, or two of
/// them could have one hash. So that nothing else looks like that, a name that begins with `$` gets a second one.
fn exact(value: &Value) -> Cow<'_, Value> {
    if needs_care(value) { Cow::Owned(spelled_out(value)) } else { Cow::Borrowed(value) }
}

fn needs_care(value: &Value) -> bool {
    match value {
        Value::Number(number) => big_integer(number).is_some(),
        Value::Array(items) => items.iter().any(needs_care),
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| name.starts_with('$') || needs_care(value))
        }
        _ => false,
    }
}

fn spelled_out(value: &Value) -> Value {
    match value {
        Value::Number(number) => match big_integer(number) {
            Some(text) => json!({ "$integer": text }),
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(spelled_out).collect(),
        Value::Object(fields) => {
            let named = |name: &str| if name.starts_with('$') { format!("${name}") } else { name.to_owned() };
            let fields = fields.iter().map(|(name, value)| (named(name), spelled_out(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn big_integer(number: &serde_json::Number) -> Option<String> {
    let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs))?;
    (magnitude > MOST_EXACT).then(|| number.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(text: &str) -> String {
        let value: Value = serde_json::from_str(text).unwrap();
        String::from_utf8(serde_json_canonicalizer::to_vec(&value).unwrap()).unwrap()
    }

    /// The examples of RFC 8785, sections 3.2.2 and 3.2.3.
    #[test]
    fn the_vectors_of_rfc_8785_hold() {
        let whole = r#"{
          "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
          "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
          "literals": [null, true, false]
        }"#;
        assert_eq!(
            canonical(whole),
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
             \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"
        );
        let sorted = r#"{
          "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
          "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"
        }"#;
        let order: Vec<&str> = vec![
            "Carriage Return",
            "One",
            "Control",
            "Latin Small Letter O With Diaeresis",
            "Euro Sign",
            "Emoji: Grinning Face",
            "Hebrew Letter Dalet With Dagesh",
        ];
        let text = canonical(sorted);
        let places: Vec<usize> = order.iter().map(|name| text.find(name).unwrap()).collect();
        assert!(places.is_sorted(), "{text}");
    }

    /// The numbers of RFC 8785, appendix B: the bits of a double and how it is written.
    #[test]
    fn the_numbers_of_appendix_b_hold() {
        for (bits, text) in [
            (0x0000_0000_0000_0000_u64, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] {
            let written = serde_json_canonicalizer::to_vec(&f64::from_bits(bits)).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), text, "{bits:x}");
        }
    }

    #[test]
    fn integers_that_doubles_confuse_are_told_apart() {
        let canonical = |value: Value| serde_json_canonicalizer::to_vec(&exact(&value)).unwrap();
        assert_ne!(canonical(json!(9_007_199_254_740_992_u64)), canonical(json!(9_007_199_254_740_993_u64)));
        assert_ne!(canonical(json!([u64::MAX])), canonical(json!([u64::MAX - 1])));
        assert_ne!(canonical(json!({ "a": i64::MIN })), canonical(json!({ "a": i64::MIN + 1 })));
        let text = json!({ "$integer": "9007199254740993" });
        assert_ne!(canonical(json!(9_007_199_254_740_993_u64)), canonical(text));
        assert_eq!(canonical(json!({ "a": 1 })), b"{\"a\":1}");
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            "[$a-c]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[$a-c]{0,3}|\\$integer", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Two values have one form only if they are one value.
        #[test]
        fn the_form_says_all_of_the_value(left in values(), right in values()) {
            let form = |value: &Value| serde_json_canonicalizer::to_vec(&exact(value)).unwrap();
            prop_assert_eq!(left == right, form(&left) == form(&right));
        }
    }
}
