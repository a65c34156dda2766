//! Events as CSV (RFC 4180).

use crate::model::body::time_text;
use crate::model::event::Event;

/// The columns, in their order.
const COLUMNS: [&str; 19] = [
    "id",
    "recordedAt",
    "type",
    "class",
    "level",
    "actorKind",
    "actorId",
    "realmKey",
    "orgKey",
    "requestId",
    "traceId",
    "sessionId",
    "subjectType",
    "subjectId",
    "message",
    "meta",
    "personal",
    "seq",
    "hash",
];

/// The header line.
pub(crate) fn header() -> Vec<u8> {
    format!("{}\r\n", COLUMNS.join(",")).into_bytes()
}

/// The lines of these events.
///
/// # Errors
/// When a value cannot be written as JSON.
pub(crate) fn lines(events: &[Event]) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for event in events {
        let text = |value: &Option<String>| guarded(value.as_deref().unwrap_or_default());
        writer.write_record([
            event.id.to_string(),
            time_text(event.recorded_at),
            guarded(&event.kind),
            event.class.as_str().to_owned(),
            event.level.as_str().to_owned(),
            event.actor_kind.clone(),
            guarded(&event.actor_id),
            text(&event.realm_key),
            text(&event.org_key),
            text(&event.request_id),
            text(&event.trace_id),
            text(&event.session_id),
            text(&event.subject_type),
            text(&event.subject_id),
            text(&event.message),
            event.meta.to_string(),
            serde_json::to_string(&event.personal)?,
            event.seq.map(|seq| seq.to_string()).unwrap_or_default(),
            event.hash.clone().unwrap_or_default(),
        ])?;
    }
    Ok(writer.into_inner().map_err(|error| error.to_string())?)
}

/// A text that no spreadsheet takes for a formula, because somebody else may have written it.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_only_a_text() {
        assert_eq!(guarded("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(guarded("user@example"), "user@example");
    }
}
