//! Renders a line as one JSON object.

use std::borrow::Cow;

use chrono::SecondsFormat;
use serde::Serializer as _;
use serde::ser::SerializeMap as _;

use crate::line::{Line, Process};

/// Names that belong to the line itself. A field of an event with such a name is written as `field_<name>`.
const RESERVED: [&str; 8] = ["ts", "level", "msg", "service", "mode", "env", "target", "service_version"];

/// Room for a usual line, in bytes.
const USUAL: usize = 640;

/// The object, without a line end. Members stand in a fixed order: the line's own, the context, the event's
/// own fields, and the version of the service last.
pub(crate) fn render(process: &Process, line: &Line<'_>) -> Vec<u8> {
    let mut text = Vec::with_capacity(USUAL);
    // Texts, numbers and truth values written to memory: none of it can fail.
    let _ = write(&mut text, process, line);
    text
}

fn write(text: &mut Vec<u8>, process: &Process, line: &Line<'_>) -> serde_json::Result<()> {
    let mut json = serde_json::Serializer::new(text);
    let mut object = json.serialize_map(None)?;
    object.serialize_entry("ts", &line.time.to_rfc3339_opts(SecondsFormat::Micros, true))?;
    object.serialize_entry("level", line.level.as_str())?;
    object.serialize_entry("msg", line.message)?;
    object.serialize_entry("service", &process.service)?;
    object.serialize_entry("mode", &process.mode)?;
    object.serialize_entry("env", &process.env)?;
    object.serialize_entry("target", line.target)?;
    for (name, value) in &line.context {
        object.serialize_entry(name, value)?;
    }
    for (name, value) in line.fields.iter() {
        let is_reserved = RESERVED.contains(&name);
        let name = if is_reserved { Cow::Owned(format!("field_{name}")) } else { Cow::Borrowed(name) };
        object.serialize_entry(&name, value)?;
    }
    object.serialize_entry("service_version", &process.service_version)?;
    object.end()
}
