//! Random definitions with a field of every type, and random values for them.

use athyper_kernel_entity::{EntityDef, FieldDef, FieldType};
use serde_json::{Map, Value, json};

use super::dice::Dice;

/// Texts that break what compares, cuts, quotes or folds them carelessly.
pub(crate) const TEXTS: [&str; 12] =
    ["a", "A", "ab", "abc", "B", "é", "z", "ａ", "𝒂", "x%_\\'", "12", "true"];
pub(crate) const INTEGERS: [i64; 9] = [0, 1, -1, 2, 3, 7, -40, 9_007_199_254_740_991, -9_007_199_254_740_991];
pub(crate) const DECIMALS: [&str; 9] =
    ["0", "1", "1.5", "-1.5", "0.1", "100", "3.333333", "7922816251426433.0335", "-0.0001"];
pub(crate) const DAYS: [&str; 7] =
    ["2025-03-30", "2025-03-29", "2024-12-31", "2024-02-29", "2026-01-01", "0001-01-01", "9999-12-31"];
/// Around the changes of clocks in New York and Berlin, and the ends of days, months and years.
pub(crate) const MOMENTS: [&str; 8] = [
    "2025-03-30T00:30:00.250000Z",
    "2025-03-09T06:59:59.999999Z",
    "2025-11-02T05:30:00.000000Z",
    "2025-11-02T06:30:00.000000Z",
    "2025-01-01T00:00:00.000000Z",
    "2024-12-31T23:30:00.000000Z",
    "2024-02-29T12:00:00.000000Z",
    "2026-07-01T03:59:59.000000Z",
];
pub(crate) const LENGTHS: [&str; 6] = ["PT0S", "PT1H", "-PT1H30M", "P1D", "PT36H", "P400D"];
pub(crate) const TIMES: [&str; 4] = ["00:00:00", "08:30:00", "08:30:15", "23:59:59"];
pub(crate) const OPTIONS: [&str; 3] = ["a", "b", "long_one"];
const IDS: [&str; 3] = [
    "01890a5d-ac96-774b-bcce-b302099a8057",
    "01890a5d-ac96-774b-bcce-b302099a8058",
    "ffffffff-ffff-4fff-8fff-ffffffffffff",
];

/// The words of all types but `computed`.
const WORDS: [&str; 27] = [
    "text",
    "longText",
    "richText",
    "integer",
    "decimal",
    "money",
    "quantity",
    "boolean",
    "date",
    "time",
    "dateTime",
    "duration",
    "enum",
    "multiEnum",
    "reference",
    "references",
    "child",
    "attachment",
    "json",
    "uuid",
    "email",
    "phone",
    "url",
    "country",
    "currency",
    "colour",
    "geoPoint",
];

/// What computed fields make of others, and what comes out.
const COMPUTED: [(&str, &str); 8] = [
    ("integer0 % 5 + 1", "integer"),
    ("round(decimal0 / 3, 6)", "decimal"),
    ("text0 + '!'", "text"),
    ("boolean0 ? 'yes' : 'no'", "text"),
    ("integer0 > 1 || boolean0", "boolean"),
    ("date0 + duration('48h')", "date"),
    ("money0.amount * 2", "decimal"),
    ("dateTime0 - dateTime1", "duration"),
];

fn kind(word: &str, entity: &str) -> Value {
    let options: Vec<Value> = OPTIONS.iter().map(|key| json!({"key": key, "label": key})).collect();
    match word {
        "text" => json!({"text": {"maxLength": 1000}}),
        "quantity" => json!({"quantity": {"units": ["kg", "t"]}}),
        "enum" | "multiEnum" => json!({word: {"options": options}}),
        "reference" | "references" => json!({word: {"entity": entity, "onDelete": "set_null"}}),
        "child" => {
            let fields = ["date", "decimal", "text", "integer", "boolean"]
                .map(|word| json!({"key": word, "label": word, "type": word}));
            json!({"child": {"fields": fields}})
        }
        _ => json!(word),
    }
}

/// A definition of this key: one or two fields of each type, and some computed ones.
pub(crate) fn definition(dice: &mut Dice, key: &str) -> EntityDef {
    let mut fields = Vec::new();
    for word in WORDS {
        let count = if word == "dateTime" || dice.one_in(3) { 2 } else { 1 };
        for at in 0..count {
            fields.push(field(dice, format!("{word}{at}"), kind(word, key)));
        }
    }
    for at in 0..4 {
        let (expression, result) = *dice.of(&COMPUTED);
        let kind = json!({"computed": {"expression": expression, "result": result}});
        fields.push(field(dice, format!("computed{at}"), kind));
    }
    // Slots follow the order of the fields.
    for at in (1..fields.len()).rev() {
        fields.swap(at, dice.below(at + 1));
    }
    let def = json!({"key": key, "label": key, "plural": key, "fields": fields});
    let mut def: EntityDef = serde_json::from_value(def).unwrap();
    if !dice.one_in(3) {
        let states = json!({
            "initial": "open", "states": [{"key": "open", "label": "Open"}, {"key": "done", "label": "Done"}],
            "transitions": [{"key": "end", "label": "End", "from": ["open"], "to": "done"}]
        });
        def.states = Some(serde_json::from_value(states).unwrap());
    }
    assert_eq!(def.check(&|_| false), []);
    def
}

fn field(dice: &mut Dice, key: String, kind: Value) -> Value {
    let of: FieldType = serde_json::from_value(kind.clone()).unwrap();
    let mut field = json!({"key": key, "label": key, "type": kind});
    if of.is_scalar() && !dice.one_in(3) {
        field["indexed"] = json!(true);
    }
    if of.is_scalar() && dice.one_in(20) {
        field["unique"] = json!(true);
    }
    if of.is_text() && dice.one_in(2) {
        field["searchable"] = json!(true);
    }
    field
}

/// Values for a record of these fields; `others` are records that it can name.
pub(crate) fn values(dice: &mut Dice, fields: &[FieldDef], others: &[String]) -> Map<String, Value> {
    let mut values = Map::new();
    for field in fields {
        let is_set = matches!(field.kind, FieldType::Computed(_) | FieldType::Attachment(_));
        if !is_set && !dice.one_in(4) {
            values.insert(field.key.to_string(), value(dice, &field.kind, others));
        }
    }
    values
}

fn several(dice: &mut Dice, words: &[&str]) -> Vec<String> {
    words.iter().filter(|_| dice.one_in(2)).map(|word| (*word).to_owned()).collect()
}

/// A value of a type in the form in which it is stored; null where there is nothing to name.
fn value(dice: &mut Dice, kind: &FieldType, others: &[String]) -> Value {
    match kind {
        FieldType::Text(bounds) if bounds.max_length > 255 && dice.one_in(8) => {
            // Alike as far as an index keeps them.
            json!(format!("{}{}", "m".repeat(255), dice.of(&TEXTS)))
        }
        FieldType::Text(_) | FieldType::LongText(_) | FieldType::RichText(_) => json!(dice.of(&TEXTS)),
        FieldType::Integer(_) => json!(dice.of(&INTEGERS)),
        FieldType::Decimal(_) => json!(dice.of(&DECIMALS)),
        FieldType::Money(_) => {
            let (amount, currency) = *dice.of(&[
                ("1.50", "EUR"),
                ("-1.50", "EUR"),
                ("1.50", "USD"),
                ("100", "JPY"),
                ("0.10", "USD"),
            ]);
            json!({"amount": amount, "currency": currency})
        }
        FieldType::Quantity(_) => json!({"value": dice.of(&DECIMALS), "unit": dice.of(&["kg", "t"])}),
        FieldType::Boolean(_) => json!(dice.one_in(2)),
        FieldType::Date(_) => json!(dice.of(&DAYS)),
        FieldType::Time(_) => json!(dice.of(&TIMES)),
        FieldType::DateTime(_) => json!(dice.of(&MOMENTS)),
        FieldType::Duration(_) => json!(dice.of(&LENGTHS)),
        FieldType::Enum(_) => json!(dice.of(&OPTIONS)),
        FieldType::MultiEnum(_) => json!(several(dice, &OPTIONS)),
        FieldType::Reference(_) if others.is_empty() => Value::Null,
        FieldType::Reference(_) => json!(dice.of(others)),
        FieldType::References(_) => {
            let named: Vec<&String> = others.iter().take(5).filter(|_| dice.one_in(2)).collect();
            json!(named)
        }
        FieldType::Child(child) => {
            let lines = (0..dice.below(4)).map(|_| values(dice, &child.fields, &[]));
            json!(lines.collect::<Vec<_>>())
        }
        FieldType::Attachment(_) | FieldType::Computed(_) => Value::Null,
        FieldType::Json(_) => any(dice, 3),
        FieldType::Uuid(_) => json!(dice.of(&IDS)),
        FieldType::Email(_) => json!(dice.of(&["ann@example.com", "Ann@example.com", "bo@example.org"])),
        FieldType::Phone(_) => json!(dice.of(&["+4930901820", "+12025550100"])),
        FieldType::Url(_) => json!(dice.of(&["https://example.com/", "https://example.com/a?b=%20"])),
        FieldType::Country(_) => json!(dice.of(&["DE", "CH", "US"])),
        FieldType::Currency(_) => json!(dice.of(&["EUR", "CHF", "JPY"])),
        FieldType::Colour(_) => json!(dice.of(&["#aabbcc", "#000000"])),
        FieldType::GeoPoint(_) => {
            json!({"latitude": dice.of(&["52.52", "-90", "0"]), "longitude": dice.of(&["13.405", "180"])})
        }
    }
}

/// Any JSON.
fn any(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(if depth == 0 { 5 } else { 8 }) {
        0 => Value::Null,
        1 => json!(dice.one_in(2)),
        2 => json!(dice.of(&INTEGERS)),
        3 => json!(dice.of(&[0.5, 1.0, -2.25])),
        4 => json!(dice.of(&TEXTS)),
        5 => (0..dice.below(4)).map(|_| any(dice, 0)).collect(),
        _ => {
            let keys = ["a", "b", "constructor"].into_iter().filter(|_| dice.one_in(2)).collect::<Vec<_>>();
            keys.into_iter().map(|key| (key.to_owned(), any(dice, depth - 1))).collect()
        }
    }
}
