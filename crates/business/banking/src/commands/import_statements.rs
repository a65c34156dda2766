//! Takes a file of statements and starts the job that enters them.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{
    ChangeProblems, Command, PathId, ProblemResponse, Reply, UploadedFile, UrlQuery, accepted,
};
use athyper_kernel_jobs::{NewJob, Operation, keep_upload, start_operation};
use axum::extract::State;
use serde::Deserialize;

use crate::Deps;
use crate::entities::ACCOUNT;
use crate::error::Error;
use crate::held::hold_account;
use crate::jobs::import_statements::ImportStatements;
use crate::model::bank_account::{BankAccount, BankAccountId};
use athyper_kernel_bank_files::Format;

/// How the file is read.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// The format; found out where it is left out.
    #[param(inline)]
    format: Option<Format>,
}

/// Import statements
///
/// A file in CSV (by the mapping of the account), OFX, MT940 or camt.053. Every statement must add up. A line that is there already,
/// from this file or another, is not entered again; what is missing between this statement and the one before is reported. The work
/// is done by a job: follow the operation that is answered.
#[utoipa::path(
    post,
    path = "/v1/banking/accounts/{id}/import-statements",
    operation_id = "banking.import_statements",
    tag = "banking",
    params(("id" = String, Path, description = "Id of the account", format = Uuid), ImportQuery),
    request_body(
        content = String,
        content_type = "text/plain",
        example = ":20:STARTUMSE\r\n:25:37040044/0532013000\r\n:28C:1\r\n:60F:C240101EUR100,\r\n:61:2401020102C19,NTRFNONREF\r\n\
            :86:166?20RE 7?32Ada\r\n:62F:C240102EUR119,\r\n-\r\n"
    ),
    responses((status = 202, description = "The operation to follow", body = Operation), ChangeProblems)
)]
pub(crate) async fn import_statements(
    State(deps): State<Deps>,
    PathId(id): PathId<BankAccount>,
    UrlQuery(query): UrlQuery<ImportQuery>,
    mut cmd: Command<UploadedFile>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (ACCOUNT, id.uuid()), Error::AccountNotFound).await?;
    let done = execute(&mut cmd.tx, id, &query, &cmd.body).await?;
    let reply = accepted(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    id: BankAccountId,
    query: &ImportQuery,
    file: &UploadedFile,
) -> Result<Done<Operation>, Error> {
    let account = hold_account(tx, id).await?;

    keep_upload(tx, &file.upload).await?;
    let sha256 = hex_of(&file.upload.sha256);
    let payload = ImportStatements {
        upload: file.upload.id,
        sha256: sha256.clone(),
        account: account.id,
        format: query.format,
    };
    let job = NewJob::new(&payload)?.serial_key(format!("banking.import.{id}"));
    let operation = start_operation(tx, "banking.import_statements", job).await?;

    let event = AuditEvent::info("banking.import_statements")
        .about("platform.operation", operation.id)
        .with("account", id.to_string())
        .with("bytes", file.upload.size)
        .with("sha256", sha256);
    Ok(Done::new(operation, event))
}

fn hex_of(digest: &[u8; 32]) -> String {
    hex::encode(digest)
}
