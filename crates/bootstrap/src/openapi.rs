//! The OpenAPI document of all modules, with what holds for every operation written once.

use athyper_kernel_http::operation_routes;
use athyper_kernel_jobs::schedule::SchedulableJobs;
use athyper_kernel_jobs_http::{job_routes, schedule_routes};
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, HeaderBuilder, Info, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr,
    Required, Response, ResponseBuilder, Type,
};

use crate::modules::modules;
use crate::openapi_shared::share;

/// Name of the security scheme.
const BEARER: &str = "bearer";

/// The form of a key of a tenant or an organisation; a blank one counts as none.
const KEY: &str = "^([A-Za-z0-9][A-Za-z0-9_-]{0,62})?$";

/// Media type and schema of a problem.
type Form = (&'static str, &'static str);

/// That of the platform (RFC 9457).
const FORM: Form = ("application/problem+json", "ProblemBody");

/// That of SCIM (RFC 7644, section 3.12).
const SCIM_FORM: Form = ("application/scim+json", "ScimErrorBody");

/// Problems that every operation can answer with.
const COMMON_PROBLEMS: [(&str, &str); 6] = [
    ("401", "No token, or one that cannot be verified"),
    ("403", "None of the caller's roles allows this, or header and token disagree about the tenant"),
    ("429", "Too many requests: RateLimit says what is left, Retry-After how long to wait"),
    ("500", "A defect on our side"),
    ("503", "A needed part does not answer now; try again after Retry-After seconds"),
    ("504", "The request took too long"),
];

/// Problems that every state change can answer with.
const COMMAND_PROBLEMS: [(&str, &str); 6] = [
    ("400", "The request cannot be read"),
    ("409", "The present state does not allow this, or a request with this Idempotency-Key is being served"),
    ("412", "The record has another version than If-Match names"),
    ("413", "The body is too large"),
    ("415", "The media type is not taken"),
    ("422", "The request breaks a rule; errors names the fields"),
];

/// The document of all operations.
pub fn document() -> OpenApi {
    let mut document = routes();
    complete(&mut document);
    document
}

/// The same as it is sent.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn text() -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&document())
}

/// All operations, as their handlers describe them.
fn routes() -> OpenApi {
    let mut info = Info::new("Athyper", env!("CARGO_PKG_VERSION"));
    info.description = Some("The HTTP interface of the Athyper platform.".to_owned());
    let mut document = OpenApiBuilder::new().info(info).build();
    document.merge(operation_routes().into_openapi());
    document.merge(job_routes().into_openapi());
    document.merge(schedule_routes(SchedulableJobs::default()).into_openapi());
    for module in modules() {
        document.merge((module.openapi)());
    }
    document
}

/// Adds to each operation what no handler repeats: security, context headers, common problems.
pub(crate) fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_with(Components::new);
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme(BEARER, SecurityScheme::Http(scheme));
    for (path, item) in &mut document.paths.paths {
        let form = if path.starts_with("/scim/") { SCIM_FORM } else { FORM };
        for operation in [&mut item.get].into_iter().flatten() {
            describe(operation, false, form);
        }
        let commands = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in commands.into_iter().flatten() {
            describe(operation, true, form);
        }
    }
    share(document);
}

/// Whether an operation is one of guests, who have no token.
fn is_open(operation: &Operation) -> bool {
    let is_nothing = |needed: &SecurityRequirement| *needed == SecurityRequirement::default();
    operation.security.as_ref().is_some_and(|needed| needed.iter().all(is_nothing))
}

fn describe(operation: &mut Operation, is_command: bool, form: Form) {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let same = "The same key with the same request gets the first answer";
    if is_open(operation) {
        // A guest names realm and tenant by hand. Nobody may guess the key, since it is nobody's.
        let key = text().min_length(Some(22)).max_length(Some(255));
        add_headers(operation, vec![("Idempotency-Key", key, same)]);
        add_problems(operation, &[("404", "There is no such realm or tenant")], form);
        add_problems(operation, &COMMAND_PROBLEMS, form);
        return;
    }
    // One that says that it answers strangers as well keeps to it.
    operation
        .security
        .get_or_insert_with(|| vec![SecurityRequirement::new::<_, [&str; 0], &str>(BEARER, [])]);
    let key = || text().pattern(Some(KEY));
    let given_back = "Id for the log, given back in the answer; one that is too long or odd is replaced";
    let mut headers = vec![
        ("x-tenant", key(), "Tenant to work in, among those that the token may enter"),
        ("x-org", key(), "Organisation within the tenant"),
        ("x-request-id", text(), given_back),
    ];
    if is_command {
        headers.push(("Idempotency-Key", text().min_length(Some(1)).max_length(Some(255)), same));
    }
    add_headers(operation, headers);
    let commands: &[_] =
        if is_command { &COMMAND_PROBLEMS } else { &[("400", "The request cannot be read")] };
    add_problems(operation, commands, form);
}

/// Says which headers an operation takes: name, form and meaning.
fn add_headers(operation: &mut Operation, headers: Vec<(&str, ObjectBuilder, &str)>) {
    let parameters = operation.parameters.get_or_insert_default();
    for (name, schema, text) in headers {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(text))
            .schema(Some(schema));
        parameters.push(RefOr::T(parameter.build()));
    }
}

/// Adds these problems, and those of every operation, where the operation does not describe them itself.
fn add_problems(operation: &mut Operation, problems: &[(&str, &str)], form: Form) {
    for (status, text) in COMMON_PROBLEMS.iter().chain(problems) {
        // A broken rule is a bad request in SCIM.
        if form == SCIM_FORM && *status == "422" {
            continue;
        }
        let responses = &mut operation.responses.responses;
        responses.entry((*status).to_owned()).or_insert_with(|| problem(status, text, form));
    }
}

fn problem(status: &str, text: &str, (media_type, schema): Form) -> RefOr<Response> {
    let schema = Ref::from_schema_name(schema);
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let mut response = ResponseBuilder::new().description(text).content(media_type, content);
    if matches!(status, "429" | "503") {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
        let after = HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds to wait")).build();
        response = response.header("Retry-After", after);
    }
    response.build().into()
}

#[cfg(test)]
mod tests {
    use athyper_kernel_http::OperationIndex;

    use super::*;

    /// The document of a domain has all that its operations refer to.
    #[test]
    fn domain_by_domain_the_edge_learns_what_the_whole_document_says() {
        let mut learnt = OperationIndex::from_openapi(&operation_routes().into_openapi());
        learnt.add(&job_routes().into_openapi());
        learnt.add(&schedule_routes(SchedulableJobs::default()).into_openapi());
        for module in modules() {
            learnt.add(&(module.openapi)());
        }
        assert_eq!(learnt, OperationIndex::from_openapi(&routes()));
        assert!(learnt.has("finance.post_journal"));
    }
}
