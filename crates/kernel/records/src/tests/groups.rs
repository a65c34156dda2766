//! Groups of records, counted and summed in memory.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_entity::FieldType;
use athyper_kernel_record_model::{Entity, Record};
use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};
use chrono_tz::Tz;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::order::{Ranked, ranked};

/// What is asked for: the texts of `groupBy` and `measures`.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) keys: Vec<String>,
    pub(crate) measures: Vec<String>,
}

/// A name, its type, and where its number is in the value.
fn named<'e>(entity: &'e Entity, name: &str) -> (&'e FieldType, Option<String>) {
    let (key, member) = name.split_once('.').map_or((name, None), |(key, member)| (key, Some(member)));
    let kind = match &entity.def.field(key).unwrap().kind {
        FieldType::Computed(computed) => &computed.result,
        kind => kind,
    };
    (kind, member.map(str::to_owned))
}

fn value<'r>(record: &'r Record, name: &str) -> Option<&'r Value> {
    let (key, member) = name.split_once('.').map_or((name, None), |(key, member)| (key, Some(member)));
    let value = record.values.get(key)?;
    member.map_or(Some(value), |member| value.get(member))
}

/// A random question about the fields of an entity.
pub(crate) fn question(dice: &mut Dice, entity: &Entity) -> Question {
    let fields = &entity.def.fields;
    let keys = (0..dice.below(3)).filter_map(|_| {
        let field = dice.of(fields);
        let key = field.key.to_string();
        let (kind, _) = named(entity, &key);
        match kind {
            FieldType::Date(_) => {
                Some(format!("{key}:{}", dice.of(&["year", "quarter", "month", "week", "day"])))
            }
            FieldType::DateTime(_) => {
                Some(format!("{key}:{}", dice.of(&["year", "quarter", "month", "week", "day", "hour"])))
            }
            FieldType::Money(_) => Some(format!("{key}.{}", dice.of(&["currency", "amount"]))),
            FieldType::Duration(_) | FieldType::Quantity(_) => None,
            kind if kind.is_scalar() => Some(key),
            _ => None,
        }
    });
    let mut keys: Vec<String> = keys.collect();
    keys.dedup();
    let mut measures = vec!["count".to_owned()];
    for _ in 0..dice.below(5) {
        let field = dice.of(fields);
        let key = field.key.to_string();
        let (kind, _) = named(entity, &key);
        let (name, functions): (String, &[&str]) = match kind {
            FieldType::Integer(_) | FieldType::Decimal(_) => (key, &["sum", "avg", "min", "max", "distinct"]),
            FieldType::Money(_) => (format!("{key}.amount"), &["sum", "avg", "min", "max", "distinct"]),
            FieldType::Quantity(_) => (format!("{key}.value"), &["sum", "avg", "min", "max", "distinct"]),
            FieldType::Boolean(_) => (key, &["distinct"]),
            FieldType::Duration(_) => continue,
            kind if kind.is_scalar() => (key, &["min", "max", "distinct"]),
            _ => continue,
        };
        let measure = format!("{}:{name}", dice.of(functions));
        if !measures.contains(&measure) {
            measures.push(measure);
        }
    }
    Question { keys, measures }
}

/// The groups as they are answered, in the order of what they agree in; where there is no value, last.
pub(crate) fn answer(entity: &Entity, zone: Tz, records: &[&Record], question: &Question) -> Vec<Value> {
    let mut groups: BTreeMap<Vec<Part>, Vec<&Record>> = BTreeMap::new();
    if question.keys.is_empty() {
        groups.insert(Vec::new(), Vec::new());
    }
    for record in records {
        let place = question.keys.iter().map(|key| part(entity, zone, record, key)).collect();
        groups.entry(place).or_default().push(record);
    }
    let group = |(place, records): (Vec<Part>, Vec<&Record>)| {
        let keys = question.keys.iter().zip(place).map(|(key, (_, value))| (key.clone(), written(value)));
        let mut members: Map<String, Value> = keys.collect();
        for name in &question.measures {
            members.insert(name.clone(), measure(entity, &records, name));
        }
        Value::Object(members)
    };
    groups.into_iter().map(group).collect()
}

/// Whether there is no value, and the value.
type Part = (bool, Option<Ranked>);

/// A value as an answer has it.
fn written(value: Option<Ranked>) -> Value {
    match value {
        None => Value::Null,
        Some(Ranked::Truth(truth)) => json!(truth),
        Some(Ranked::Whole(whole)) => json!(whole),
        Some(Ranked::Number(number)) => json!(number.normalize().to_string()),
        Some(Ranked::Text(text)) => json!(text.into_iter().collect::<String>()),
        Some(other) => json!(format!("{other:?}")),
    }
}

/// What a record has of a key.
fn part(entity: &Entity, zone: Tz, record: &Record, key: &str) -> Part {
    let (name, bucket) = key.split_once(':').map_or((key, None), |(name, bucket)| (name, Some(bucket)));
    let Some(value) = value(record, name) else { return (true, None) };
    let text = |text: &str| Some(Ranked::Text(text.chars().collect()));
    let ranked = match (named(entity, name).0, bucket, value) {
        (FieldType::Date(_), Some(bucket), Value::String(day)) => {
            text(&start(day.parse().unwrap(), 0, bucket))
        }
        (_, Some(bucket), Value::String(moment)) => {
            let there = moment.parse::<DateTime<Utc>>().unwrap().with_timezone(&zone);
            text(&start(there.date_naive(), there.hour(), bucket))
        }
        (FieldType::Decimal(_), _, Value::String(number)) => Some(Ranked::Number(number.parse().unwrap())),
        (_, _, Value::String(number)) if name.ends_with(".amount") => {
            Some(Ranked::Number(number.parse().unwrap()))
        }
        (_, _, Value::String(other)) => text(other),
        (_, _, Value::Bool(truth)) => Some(Ranked::Truth(*truth)),
        (_, _, whole) => Some(Ranked::Whole(whole.as_i64().unwrap())),
    };
    (false, ranked)
}

/// The first day of a part of the calendar, and the hour.
fn start(day: NaiveDate, hour: u32, bucket: &str) -> String {
    let first = match bucket {
        "year" => day.with_day(1).unwrap().with_month(1).unwrap(),
        "quarter" => day.with_day(1).unwrap().with_month((day.month() - 1) / 3 * 3 + 1).unwrap(),
        "month" => day.with_day(1).unwrap(),
        "week" => day - chrono::Days::new(day.weekday().num_days_from_monday().into()),
        _ => day,
    };
    if bucket == "hour" { format!("{first}T{hour:02}:00") } else { first.to_string() }
}

fn measure(entity: &Entity, records: &[&Record], text: &str) -> Value {
    let Some((function, name)) = text.split_once(':') else { return json!(records.len()) };
    let (kind, _) = named(entity, name);
    let values: Vec<&Value> = records.iter().filter_map(|record| value(record, name)).collect();
    if function == "distinct" {
        return json!(values.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len());
    }
    let is_whole = matches!(kind, FieldType::Integer(_));
    let number = |value: &Value| -> Decimal {
        value.as_str().map_or_else(|| value.as_i64().unwrap().into(), |text| text.parse().unwrap())
    };
    let figure = |number: Decimal, is_whole: bool| match i64::try_from(number) {
        Ok(whole) if is_whole => json!(whole),
        _ => json!(number.normalize().to_string()),
    };
    if values.is_empty() {
        return Value::Null;
    }
    let sum = || values.iter().map(|value| number(value)).sum::<Decimal>();
    match function {
        "sum" => figure(sum(), is_whole),
        "avg" => {
            let average = sum() / Decimal::from(values.len());
            figure(average.round_dp_with_strategy(12, RoundingStrategy::MidpointAwayFromZero), false)
        }
        _ => {
            let of = |value: &Value| -> (Ranked, Value) {
                let rank = match kind {
                    FieldType::Money(_) | FieldType::Quantity(_) => Ranked::Number(number(value)),
                    // Aggregates look at whole texts.
                    _ if value.as_str().is_some_and(|text| text.chars().count() > 255) => {
                        Ranked::Text(value.as_str().unwrap().chars().collect())
                    }
                    kind => ranked(kind, Some(value)).unwrap(),
                };
                (rank, value.clone())
            };
            let all = values.iter().map(|value| of(value));
            let found = if function == "min" {
                all.min_by(|l, r| l.0.cmp(&r.0))
            } else {
                all.max_by(|l, r| l.0.cmp(&r.0))
            };
            match found.unwrap() {
                (Ranked::Number(number), _) => figure(number, is_whole),
                (_, value) => value,
            }
        }
    }
}
