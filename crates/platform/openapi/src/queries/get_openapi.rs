//! Describes the tenant's whole interface: the platform's operations, and those of every entity in force.

use std::sync::Arc;

use athyper_kernel_db::Database;
use athyper_kernel_entity::EntityDef;
use athyper_kernel_error::{FieldError, Problem};
use athyper_kernel_http::{Caller, ProblemResponse, Read, ReadProblems, Reply, etag};
use athyper_kernel_records::{Entities, EntityId, Error, InForce, check_read};
use athyper_kernel_tenant_context::TenantContext;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures::{Stream, stream};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::Deps;
use crate::model::{Frame, paths_of, schemas_of};

/// Entities that are read and described at once.
const BATCH: usize = 20;
/// Most entities that a request names.
const MAX_NAMES: usize = 100;

/// Of which entities.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetOpenapi {
    /// Keys of entities, separated by commas; all in force when left out.
    entity: Option<String>,
}

/// Read the OpenAPI document of the tenant
///
/// OpenAPI 3.1: the platform's operations, and for every entity in force the operations on its records with its own schemas,
/// titled in the tenant's language. It is sent as it is written, and its `ETag` changes with every entity that is published.
/// Without any credentials the answer is the platform's part alone.
#[utoipa::path(
    get,
    path = "/v1/openapi.json",
    operation_id = "platform.get_openapi",
    tag = "platform",
    security((), ("bearer" = [])),
    params(GetOpenapi),
    responses((status = 200, description = "The document", body = Object), ReadProblems)
)]
pub(crate) async fn get_openapi(
    State(deps): State<Deps>,
    mut read: Read<GetOpenapi>,
) -> Result<Response, ProblemResponse> {
    let keys = read.query.entity.as_deref().map(names).transpose()?;
    let mut entities = deps.entities.in_force(&mut read.tx, keys.as_deref()).await?;
    // What the caller may not read is not described.
    entities.retain(|entity| may_read(&deps.entities, read.caller(), entity));
    if let Some(unknown) = keys.iter().flatten().find(|key| entities.iter().all(|entity| entity.key != **key))
    {
        let shown: String = unknown.chars().take(100).collect();
        return Err(wrong("unknown_entity", format!("there is no entity {shown:?}")).into());
    }
    let context = read.tx.context().clone();
    let language = context.default_text("locale").unwrap_or("en").to_owned();
    let frame = deps.frame().await.map_err(Problem::internal)?;
    let version = version(&frame, &language, &entities);
    if read.has(version) {
        return Ok(Reply::not_modified().version(version).into_response());
    }

    let Deps { entities: known, database, .. } = deps;
    let written = Written { frame, database, known, context, language, entities };
    let mut response = Response::new(Body::from_stream(pieces(Arc::new(written))));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Ok(tag) = HeaderValue::try_from(etag(version)) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Whether a caller may read the records of an entity.
fn may_read(entities: &Entities, caller: &Caller, entity: &InForce) -> bool {
    let of_domain = entities.system().by_id(EntityId::from_uuid(entity.id));
    of_domain.is_none_or(|entity| check_read(caller, entity).is_ok())
}

fn wrong(code: &str, message: String) -> Error {
    Error::Query(FieldError::new("?entity", code, message))
}

/// The keys that a request names, each once.
fn names(text: &str) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() > MAX_NAMES {
        return Err(wrong("too_many", format!("name at most {MAX_NAMES} entities")));
    }
    Ok(names)
}

/// What tells one state of the document from another, as the number of a version.
fn version(frame: &Frame, language: &str, entities: &[InForce]) -> i64 {
    let mut digest = Sha256::new_with_prefix(frame.digest);
    digest.update(language);
    for entity in entities {
        digest.update(entity.id.as_bytes());
        digest.update(entity.version.to_be_bytes());
    }
    let digest = digest.finalize();
    let first = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    i64::try_from(first >> 1).unwrap_or_default()
}

/// What a document is written from.
struct Written {
    frame: Arc<Frame>,
    database: Database,
    known: Entities,
    context: TenantContext,
    language: String,
    entities: Vec<InForce>,
}

/// What breaks a document off: the connection ends without its end.
type WriteError = Box<dyn std::error::Error + Send + Sync>;

/// What comes next.
#[derive(Clone, Copy)]
enum Place {
    Head,
    Paths(usize),
    Schemas(usize),
    End,
}

/// The document, piece by piece. No transaction is open while a piece is on its way.
fn pieces(written: Arc<Written>) -> impl Stream<Item = Result<Bytes, WriteError>> {
    stream::try_unfold(Place::Head, move |place| {
        let written = Arc::clone(&written);
        async move {
            let frame = &written.frame;
            Ok(Some(match place {
                Place::Head => (frame.head.clone(), Place::Paths(0)),
                Place::Paths(from) => {
                    match written.batch(from, |def| paths_of(frame, def, &written.language)).await? {
                        Some(piece) => (piece, Place::Paths(from + BATCH)),
                        None => (frame.middle.clone(), Place::Schemas(0)),
                    }
                }
                Place::Schemas(from) => {
                    match written.batch(from, |def| schemas_of(def, &written.language)).await? {
                        Some(piece) => (piece, Place::Schemas(from + BATCH)),
                        None => (frame.tail.clone(), Place::End),
                    }
                }
                Place::End => return Ok(None),
            }))
        }
    })
}

impl Written {
    /// What some of the entities add; none behind the last.
    async fn batch(
        &self,
        from: usize,
        write: impl Fn(&EntityDef) -> String,
    ) -> Result<Option<Bytes>, WriteError> {
        let batch: Vec<InForce> = self.entities.iter().skip(from).take(BATCH).cloned().collect();
        if batch.is_empty() {
            return Ok(None);
        }
        let mut tx = self.database.read_tx(&self.context).await?;
        let defs = self.known.definitions(&mut tx, batch).await?;
        drop(tx);
        Ok(Some(defs.iter().map(write).collect::<String>().into()))
    }
}
