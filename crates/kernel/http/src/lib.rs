//! HTTP as every domain speaks it.
//!
//! A state change is a handler that takes a [`Command`]: the body is read, limited and decoded, the tenant's transaction
//! is open, the `Idempotency-Key` is honoured. It calls the command's `execute` and ends with [`Command::finish`], which
//! keeps the answer, the audit event and the change in one commit. A read takes a [`Read`]. Every error is a `Problem`,
//! and [`ProblemResponse`] is the only place that makes a response of one.
//!
//! The edge stands in front of all of them: [`trace_requests`] gives each request its id, span and origin, [`admit`]
//! authenticates, resolves the tenant, counts against the tenant's [limits](RateLimits) and asks the one [`Judge`]
//! about the operation id that the OpenAPI document gives to the route. A route that has none is refused.

mod access;
mod admit;
mod agreement;
mod approvals;
mod body;
mod browser;
mod caller;
mod command;
mod csv_file;
mod events;
mod file_body;
mod grants;
mod guest;
mod guest_key;
mod idempotency;
mod identify;
mod judge;
mod obligations;
mod operations;
mod operator;
mod origin;
mod path;
mod personas;
mod problem;
mod proposal;
mod rate;
mod rate_local;
mod read;
mod records_file;
mod reply;
mod request_info;
mod responses;
mod rights;
mod scim;
mod secrets;
mod session_ender;
mod uploaded_file;
mod version;

pub use access::{Access, Catalogue, OperationIndex, Permission, READ_RECORD, RoleTable, canonical_role};
pub use admit::{Authenticator, Edge, Identity, admit};
pub use approvals::{Agreed, Approvals, Given, Proposal};
pub use body::{Body, EdgeLimits, Intake, Json, NoBody};
pub use browser::{BrowserRequest, BrowserSession, BrowserSessions, SessionRefused};
pub use caller::Caller;
pub use command::Command;
pub use csv_file::CsvFile;
pub use events::EventStreams;
pub use file_body::{FILE_PREFIX, FileBody, file_key};
pub use grants::{
    Authorizer, Grant, GrantedRights, Limits, Source, TokenAuthorizer, token_grants, wide_roles,
};
pub use guest::{Begun, Guest, GuestCommand};
pub use judge::{AskedBy, Decided, Judge, NoPolicies, Policies};
pub use operations::{OPERATION_PERMISSIONS, accepted, operation_routes};
pub use operator::OperatorAccess;
pub use origin::{Origin, TrustedProxies};
pub use path::{PathId, PathIds, PathName};
pub use personas::{MATRIX, OperationKind, Persona, Reach};
pub use problem::{ProblemBody, ProblemResponse};
pub use rate::{RateCounter, RateCounts, RateKey, RateLimits};
pub use rate_local::LocalRateCounter;
pub use read::{NoQuery, Read, Report, UrlQuery};
pub use records_file::{MAX_WORKBOOK_BYTES, RecordsFile, RecordsForm};
pub use reply::Reply;
pub use request_info::{Arrivals, RequestInfo, trace_requests, traced};
pub use responses::{ChangeProblems, CreateProblems, ReadProblems, RecordProblems, ReportProblems};
pub use rights::{Decision, Question, Resource, Rights};
pub use scim::{ScimErrorBody, ScimJson};
pub use session_ender::{NoSessions, SessionEnder};
pub use uploaded_file::UploadedFile;
pub use version::etag;
