//! Takes a file that a record can hold then.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, FileBody, ProblemResponse, Reply, UrlQuery};
use serde::Deserialize;

use crate::body::AttachmentBody;
use crate::error::Error;
use crate::store::attachments::{self, Attachment};

/// Longest name of a file, in characters.
const LONGEST_NAME: usize = 255;

/// What the file is called.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadAttachment {
    /// The file's name, of 1 to 255 characters, without folders.
    #[param(example = "lathe.jpg")]
    name: String,
}

/// Upload a file
///
/// The body is the file as it is, `Content-Type` its media type. Its id is then the value of a field of type `attachment`; a
/// file that no record holds is removed after a day.
#[utoipa::path(
    post,
    path = "/v1/records/attachments",
    operation_id = "attachments.upload_attachment",
    tag = "attachments",
    params(UploadAttachment),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file"),
    responses((status = 201, description = "The file", body = AttachmentBody), CreateProblems)
)]
pub(crate) async fn upload_attachment(
    UrlQuery(query): UrlQuery<UploadAttachment>,
    mut cmd: Command<FileBody>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body, &query.name).await?;
    let location = format!("/v1/records/attachments/{}", done.output.id);
    let reply = Reply::created(location, &AttachmentBody::of(&done.output, None))?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    file: &FileBody,
    name: &str,
) -> Result<Done<Attachment>, Error> {
    let name = name.trim();
    let is_name = (1..=LONGEST_NAME).contains(&name.chars().count())
        && !name.chars().any(|letter| letter.is_control() || matches!(letter, '/' | '\\'));
    if !is_name {
        let message = format!("a file's name has 1 to {LONGEST_NAME} characters and names no folder");
        let field = FieldError::new("?name", "invalid", message);
        return Err(athyper_kernel_records::Error::Query(field).into());
    }

    let attachment = Attachment {
        id: file.id,
        name: name.to_owned(),
        media_type: file.media_type.clone(),
        size_bytes: i64::try_from(file.size).unwrap_or(i64::MAX),
        sha256: file.sha256.to_vec(),
        uploaded_at: tx.now(),
        uploaded_by: tx.context().actor().id.clone(),
        slot: None,
        entity_id: None,
        record_id: None,
    };
    attachments::insert(tx, &attachment).await?;
    let event = AuditEvent::info("attachments.upload_attachment")
        .about("attachments.attachment", attachment.id)
        .with("mediaType", attachment.media_type.as_str())
        .with("size", attachment.size_bytes);
    Ok(Done::new(attachment, event))
}
