//! Lists checkpoints.

use athyper_kernel_http::{ProblemResponse, Read, Reply};
use athyper_kernel_types::{Page, PageRequest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::checkpoints::{self, Summary};
use athyper_kernel_http::ReadProblems;

/// A signed statement of how far the chain has come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = audit::Checkpoint)]
pub(crate) struct CheckpointView {
    /// How many events the chain has.
    size: i64,
    /// Hash of the last one, in hexadecimal.
    head_hash: String,
    /// When it was signed (UTC).
    recorded_at: DateTime<Utc>,
    /// Id of the key.
    key_id: String,
    /// Ed25519 signature, in base64.
    signature: String,
    /// When it was put into object storage (UTC); absent while that does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    stored_at: Option<DateTime<Utc>>,
}

impl From<Summary> for CheckpointView {
    fn from(row: Summary) -> Self {
        Self {
            size: row.size,
            head_hash: hex::encode(row.head_hash),
            recorded_at: row.recorded_at,
            key_id: row.key_id,
            signature: STANDARD.encode(row.signature),
            stored_at: row.stored_at,
        }
    }
}

/// List checkpoints
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/v1/audit/checkpoints",
    operation_id = "audit.list_checkpoints",
    tag = "audit",
    params(PageRequest),
    responses(
        (status = 200, description = "A page of checkpoints", body = Page<CheckpointView>, example = json!({"items": [{
            "size": 1000, "headHash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "recordedAt": "2025-01-15T09:00:00Z", "keyId": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            "signature": "kqAJqfDUyrhyDoILX2QlQKKye1QWUD+Ps3YiI+vbadoIWsHkPhWZbkWPNhPQ8R2MOHsurrQwKu6wDSkWErsMAA=="
        }], "nextCursor": null})),
        ReadProblems
    )
)]
pub(crate) async fn list_checkpoints(mut read: Read<PageRequest>) -> Result<Reply, ProblemResponse> {
    const SORT: &str = "audit checkpoints size desc";
    let before: Option<i64> = read.query.keys(SORT)?;
    let rows = checkpoints::list(&mut read.tx, before, read.query.fetch_limit()).await?;
    let page = Page::from_rows(rows, &read.query, SORT, |row| row.size)?;
    Ok(Reply::ok(&page.map(CheckpointView::from))?)
}
