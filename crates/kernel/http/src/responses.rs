//! The problems that operations answer with, declared once for the OpenAPI document.

use std::collections::BTreeMap;

use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema as _};

use crate::ProblemBody;

/// Status and meaning of the problems that any operation may answer with.
const ANY: &[(u16, &str)] = &[
    (400, "The request cannot be read"),
    (401, "No valid token"),
    (403, "None of the caller's roles allows it"),
    (503, "The database does not answer"),
];

/// Those of an operation on a record, or with others that it names.
const RECORD: &[(u16, &str)] = &[(404, "What the request names is not in this tenant")];

/// Those of a state change.
const CHANGE: &[(u16, &str)] = &[
    (409, "The present state does not allow it, or a request with the same Idempotency-Key is being served"),
    (413, "The body is too large"),
    (415, "The body has another media type"),
    (422, "The request breaks a rule; the errors name the fields"),
];

/// Those of a report that is worked out by parameters.
const REPORT: &[(u16, &str)] = &[(422, "The parameters break a rule; the errors name them")];

/// Those of a change that may name, or must name, the version it is made on.
const VERSION: &[(u16, &str)] =
    &[(412, "The record has another version than If-Match says"), (428, "If-Match is required")];

/// The problems of a read that names no record, neither in its path nor in its query.
#[derive(Clone, Copy, Debug)]
pub struct ReadProblems;

/// The problems of a read of one record, or of what a named record has.
#[derive(Clone, Copy, Debug)]
pub struct RecordProblems;

/// The problems of a report: a read whose parameters say what is worked out.
#[derive(Clone, Copy, Debug)]
pub struct ReportProblems;

/// The problems of a change that makes a record, which may name others.
#[derive(Clone, Copy, Debug)]
pub struct CreateProblems;

/// The problems of a change of one record.
#[derive(Clone, Copy, Debug)]
pub struct ChangeProblems;

impl IntoResponses for ReadProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[ANY])
    }
}

impl IntoResponses for RecordProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[ANY, RECORD])
    }
}

impl IntoResponses for ReportProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[ANY, RECORD, REPORT])
    }
}

impl IntoResponses for CreateProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[ANY, RECORD, CHANGE])
    }
}

impl IntoResponses for ChangeProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[ANY, RECORD, CHANGE, VERSION])
    }
}

fn problems(lists: &[&[(u16, &str)]]) -> BTreeMap<String, RefOr<Response>> {
    let response = |description: &str| {
        let schema = Ref::from_schema_name(ProblemBody::name());
        let content = ContentBuilder::new().schema(Some(schema)).build();
        ResponseBuilder::new().description(description).content("application/problem+json", content).build()
    };
    lists
        .iter()
        .flat_map(|list| list.iter())
        .map(|(status, description)| (status.to_string(), response(description).into()))
        .collect()
}
