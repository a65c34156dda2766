//! Renders a line as one JSON object.

use chrono::SecondsFormat;
use serde_json::{Map, Value};

use crate::line::{Line, Process};

/// Names that belong to the line itself. A field of an event with such a name is written as `field_<name>`.
const RESERVED: [&str; 8] = ["ts", "level", "msg", "service", "mode", "env", "target", "service_version"];

/// The object, without a line end. Members stand in a fixed order: the line's own, the context, the event's
/// own fields, and the version of the service last.
pub(crate) fn render(process: &Process, line: Line<'_>) -> String {
    let mut object = Map::new();
    object.insert("ts".to_owned(), line.time.to_rfc3339_opts(SecondsFormat::Micros, true).into());
    object.insert("level".to_owned(), line.level.as_str().into());
    object.insert("msg".to_owned(), line.message.into());
    object.insert("service".to_owned(), process.service.as_str().into());
    object.insert("mode".to_owned(), process.mode.as_str().into());
    object.insert("env".to_owned(), process.env.as_str().into());
    object.insert("target".to_owned(), line.target.into());
    object.extend(line.context.into_iter().map(|(name, value)| (name.to_owned(), value)));
    for (name, value) in line.fields {
        let name = if RESERVED.contains(&name.as_str()) { format!("field_{name}") } else { name };
        object.insert(name, value);
    }
    object.insert("service_version".to_owned(), process.service_version.as_str().into());
    Value::Object(object).to_string()
}
