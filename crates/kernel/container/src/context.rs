//! The context of one request or job, and the scopes that carry it.

use std::net::IpAddr;
use std::sync::Arc;

use serde::Serialize;

use crate::error::ContainerError;
use crate::scope::{Scope, ScopeValues};
use crate::token::Token;
use crate::tokens;

/// The request or job a scope serves. Every builder declares it; request and job scopes seed it.
pub const REQUEST_CONTEXT: Token<RequestContext> = Token::new(tokens::CONTEXT_REQUEST);

/// What started a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestSource {
    /// An HTTP request.
    Http,
    /// A job taken from the queue.
    Job,
    /// A schedule that came due.
    Scheduler,
    /// A worker's own upkeep.
    Worker,
}

/// The sources a job may have: every [`RequestSource`] but HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobSource {
    /// A job taken from the queue.
    Job,
    /// A schedule that came due.
    Scheduler,
    /// A worker's own upkeep.
    Worker,
}

impl From<JobSource> for RequestSource {
    fn from(source: JobSource) -> Self {
        match source {
            JobSource::Job => Self::Job,
            JobSource::Scheduler => Self::Scheduler,
            JobSource::Worker => Self::Worker,
        }
    }
}

/// What is known of a request or job before its caller is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestContext {
    /// The id that ties logs, audit and responses together.
    pub request_id: String,
    /// What started the work.
    pub source: RequestSource,
    /// The HTTP method, in upper case; none for a job.
    pub method: Option<String>,
    /// The path of the HTTP request without its query; none for a job.
    pub path: Option<String>,
    /// The address of the client, if known; none for a job.
    pub client_ip: Option<IpAddr>,
    /// The `User-Agent` header, if sent; none for a job.
    pub user_agent: Option<String>,
    /// The job; none for an HTTP request.
    pub job: Option<JobContextInfo>,
}

impl RequestContext {
    /// The context of an HTTP request of an unknown client.
    pub fn http(request_id: impl Into<String>, method: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            request_id: request_id.into(),
            source: RequestSource::Http,
            method: Some(method.into()),
            path: Some(path.into()),
            client_ip: None,
            user_agent: None,
            job: None,
        }
    }

    /// The context of a job. Without a request id of its own it gets `job-` and the job's id.
    pub fn job(job: JobContextInfo) -> Self {
        Self {
            request_id: job.request_id.clone().unwrap_or_else(|| format!("job-{}", job.job_id)),
            source: job.source.into(),
            method: None,
            path: None,
            client_ip: None,
            user_agent: None,
            job: Some(job),
        }
    }
}

/// What is known of a job before its payload is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobContextInfo {
    /// The job's id.
    pub job_id: String,
    /// The kind of job, which chose its handler.
    pub job_type: String,
    /// What started it.
    pub source: JobSource,
    /// The id of the request that submitted it, if one did.
    pub request_id: Option<String>,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// The key of the realm it runs for, if any.
    pub realm_key: Option<String>,
    /// The key of the tenant it runs for, if any.
    pub tenant_key: Option<String>,
    /// The key of the organisation it runs for, if any.
    pub org_key: Option<String>,
}

/// Makes the scope of an HTTP request below `root`.
///
/// # Errors
/// `root` is disposed.
pub fn create_http_scope(root: &Scope, request: RequestContext) -> Result<Scope, ContainerError> {
    root.create_scope(ScopeValues::new().with(&REQUEST_CONTEXT, Arc::new(request)))
}

/// Makes the scope of a job below `root`.
///
/// # Errors
/// `root` is disposed.
pub fn create_job_scope(root: &Scope, job: JobContextInfo) -> Result<Scope, ContainerError> {
    create_http_scope(root, RequestContext::job(job))
}
