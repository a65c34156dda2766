//! A read: query parameters decoded, a transaction that cannot write.

use athyper_kernel_db::{LazyReadTx, ReadTx};
use athyper_kernel_error::{FieldError, Problem, ProblemKind};
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::version::if_none_match_has;
use crate::{Caller, ProblemResponse, Reply};

/// What the handler of a read takes; `Q` is the form of the query string and refuses parameters it does not know. With a
/// [`LazyReadTx`] it has no transaction yet.
#[derive(Debug)]
pub struct Read<Q = NoQuery, T = ReadTx> {
    /// The tenant's transaction.
    pub tx: T,
    /// The query parameters.
    pub query: Q,
    caller: Caller,
    if_none_match: Option<String>,
}

/// What the handler of a list or a report takes: a [`Read`] that may be served by a replica, and so may miss what was
/// committed a moment ago.
#[derive(Debug)]
pub struct Report<Q = NoQuery, T = ReadTx>(pub Read<Q, T>);

/// No query parameters.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoQuery {}

impl<Q, T> Read<Q, T> {
    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Whether the caller has this version already (RFC 9110, section 13.1.2).
    pub fn has(&self, version: i64) -> bool {
        self.if_none_match.as_deref().is_some_and(|sent| if_none_match_has(sent, version))
    }

    fn answer<B: Serialize>(&self, version: i64, body: &B) -> Result<Reply, ProblemResponse> {
        let reply = if self.has(version) { Reply::not_modified() } else { Reply::ok(body)? };
        Ok(reply.version(version))
    }
}

impl<Q> Read<Q> {
    /// Answers with a record and its version, or with 304 when the caller has this version. All has been read.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn reply<B: Serialize>(&mut self, version: i64, body: &B) -> Result<Reply, ProblemResponse> {
        self.tx.done();
        self.answer(version, body)
    }
}

impl<Q> Read<Q, LazyReadTx> {
    /// As [`reply`](Read::<Q>::reply).
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn reply<B: Serialize>(&mut self, version: i64, body: &B) -> Result<Reply, ProblemResponse> {
        self.tx.done();
        self.answer(version, body)
    }
}

impl<S: Send + Sync, Q: DeserializeOwned + Send> FromRequestParts<S> for Read<Q> {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ProblemResponse> {
        let asked = Asked::of(parts)?;
        let tx = asked.caller.edge().database.read_tx(asked.caller.context()).await?;
        Ok(asked.with(tx))
    }
}

impl<S: Send + Sync, Q: DeserializeOwned + Send> FromRequestParts<S> for Read<Q, LazyReadTx> {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ProblemResponse> {
        let asked = Asked::of(parts)?;
        let tx = asked.caller.edge().database.lazy_read_tx(asked.caller.context());
        Ok(asked.with(tx))
    }
}

impl<S: Send + Sync, Q: DeserializeOwned + Send> FromRequestParts<S> for Report<Q, LazyReadTx> {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ProblemResponse> {
        let asked = Asked::of(parts)?;
        let tx = asked.caller.edge().database.lazy_report_tx(asked.caller.context()).await?;
        Ok(Self(asked.with(tx)))
    }
}

impl<S: Send + Sync, Q: DeserializeOwned + Send> FromRequestParts<S> for Report<Q> {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ProblemResponse> {
        let asked = Asked::of(parts)?;
        let tx = asked.caller.edge().database.report_tx(asked.caller.context()).await?;
        Ok(Self(asked.with(tx)))
    }
}

/// The query parameters of a request that has a body as well.
#[derive(Clone, Copy, Debug)]
pub struct UrlQuery<Q>(pub Q);

impl<S: Send + Sync, Q: DeserializeOwned> FromRequestParts<S> for UrlQuery<Q> {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ProblemResponse> {
        Ok(Self(parse_query(parts.uri.query().unwrap_or_default())?))
    }
}

/// What a request asks, before a transaction is open.
struct Asked<Q> {
    query: Q,
    caller: Caller,
    if_none_match: Option<String>,
}

impl<Q: DeserializeOwned> Asked<Q> {
    fn of(parts: &Parts) -> Result<Self, ProblemResponse> {
        let caller = Caller::of(parts)?;
        let query = parse_query(parts.uri.query().unwrap_or_default())?;
        let if_none_match = parts
            .headers
            .get(header::IF_NONE_MATCH)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        Ok(Self { query, caller, if_none_match })
    }

    fn with<T>(self, tx: T) -> Read<Q, T> {
        Read { tx, query: self.query, caller: self.caller, if_none_match: self.if_none_match }
    }
}

/// Reads a query string. A NUL is refused in any parameter: no text of the database can hold one.
pub(crate) fn parse_query<Q: DeserializeOwned>(query: &str) -> Result<Q, Problem> {
    if let Some((name, _)) = url_pairs(query).find(|(_, value)| value.contains('\0')) {
        let field = FieldError::new(format!("?{name}"), "invalid", "a text without NUL is expected");
        return Err(Problem::new(
            ProblemKind::Malformed,
            "request.invalid_query",
            "a query parameter is wrong",
        )
        .with_fields(vec![field]));
    }
    let pairs = serde_urlencoded::Deserializer::new(url_pairs(query));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        // Inside a flattened part of the form serde forgets the name.
        let path = error.path().to_string();
        let name = if path == "." { wrong_parameter::<Q>(query).unwrap_or_default() } else { path };
        let message = error.into_inner().to_string();
        Problem::new(ProblemKind::Malformed, "request.invalid_query", "a query parameter is wrong")
            .with_fields(vec![FieldError::new(format!("?{name}"), "invalid", message)])
    })
}

/// The parameter without which the others are fine.
fn wrong_parameter<Q: DeserializeOwned>(query: &str) -> Option<String> {
    let pairs: Vec<_> = url_pairs(query).collect();
    pairs.iter().enumerate().find_map(|(at, (name, _))| {
        let others = pairs.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, pair)| pair);
        let mut rest = url::form_urlencoded::Serializer::new(String::new());
        rest.extend_pairs(others);
        serde_urlencoded::from_str::<Q>(&rest.finish()).is_ok().then(|| name.to_string())
    })
}

fn url_pairs(query: &str) -> url::form_urlencoded::Parse<'_> {
    url::form_urlencoded::parse(query.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Filter {
        limit: Option<u32>,
        as_of: Option<String>,
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        let filter: Filter = parse_query("limit=3&asOf=2024-01-31").unwrap();
        assert_eq!((filter.limit, filter.as_of.as_deref()), (Some(3), Some("2024-01-31")));
        let problem = parse_query::<Filter>("limit=x").unwrap_err();
        assert_eq!(problem.fields[0].pointer, "?limit");
        let problem = parse_query::<Filter>("size=3").unwrap_err();
        assert!(problem.fields[0].message.contains("size"), "{problem:?}");
        let problem = parse_query::<Filter>("limit=3&asOf=a%00b").unwrap_err();
        assert_eq!(problem.fields[0].pointer, "?asOf");
    }
}
