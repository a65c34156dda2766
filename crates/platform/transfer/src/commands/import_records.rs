//! Takes a file of records and starts the job that writes them.

use std::collections::BTreeMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_entity::{EntityKey, Values};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{
    AskedBy, Caller, Command, CreateProblems, ProblemBody, ProblemResponse, RecordsFile, Reply, UrlQuery,
    accepted,
};
use athyper_kernel_jobs::{NewJob, Operation, keep_upload, start_operation};
use athyper_kernel_records::{Entity, Guard, check_write};
use axum::extract::State;
use serde::Deserialize;

use crate::Deps;
use crate::error::Error;
use crate::jobs::import_records::ImportRecords as Job;
use crate::model::columns::{Columns, check_options, header_of};
use crate::model::csv_reader::CsvReader;
use crate::model::import::{Import, Tally};
use crate::model::options::{Empty, Format, Mode, Options};
use crate::model::row::Place;
use crate::store::imports;

/// Whose records a file has, and how it is taken.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportRecords {
    /// Key of the entity.
    entity: String,
    /// Form of the file; its `Content-Type` has to agree.
    #[param(inline)]
    format: Format,
    /// What is done with a row.
    #[serde(default)]
    #[param(inline, required = false)]
    mode: Mode,
    /// For `update` and `upsert`: how a row names its record, `id` or a field whose values come once.
    by: Option<String>,
    /// Whether everything is checked and nothing written.
    #[serde(default)]
    dry_run: bool,
    /// Whether nothing is kept as soon as one row fails; for at most 10,000 rows.
    #[serde(default)]
    atomic: bool,
    /// What an empty cell means for a record that is there.
    #[serde(default)]
    #[param(inline, required = false)]
    empty: Empty,
    /// What columns stand for, where that is not the field of their name: a JSON object of the column's name to the key of a
    /// field, to `reference.field` for a reference by a field of the other record, or to null for nothing.
    mapping: Option<String>,
    /// Values that every row has beside its own: a JSON object by the key of the field.
    constants: Option<String>,
}

/// Import records
///
/// The first row of a CSV file or a sheet names the columns by the keys of fields, in any order; in JSON Lines each line is an
/// object. A row that cannot be taken is named in the import's errors, and the others are written. The work is done by a job,
/// in batches, and goes on where it stopped if it is interrupted: follow the operation that is answered, or the import. Whoever
/// calls needs the right to make or change single records as well.
#[utoipa::path(
    post,
    path = "/v1/transfer/imports",
    operation_id = "transfer.import_records",
    tag = "transfer",
    params(ImportRecords),
    request_body(content(
        (String = "text/csv", example = "name,axes\nLathe,3\n"),
        (String = "application/x-ndjson", example = "{\"name\":\"Lathe\",\"axes\":3}\n"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    )),
    responses(
        (status = 202, description = "The operation to follow; its id is that of the import", body = Operation),
        (
            status = 404,
            description = "No such entity in this tenant",
            body = ProblemBody,
            content_type = "application/problem+json"
        ),
        CreateProblems
    )
)]
pub(crate) async fn import_records(
    State(deps): State<Deps>,
    UrlQuery(query): UrlQuery<ImportRecords>,
    mut cmd: Command<RecordsFile>,
) -> Result<Reply, ProblemResponse> {
    let (entity, format, options) = query.read()?;
    let entity = deps.records.entities().find(&mut cmd.tx, &entity).await?;
    let entity = entity.ok_or(athyper_kernel_records::Error::EntityNotFound)?;
    check_write(cmd.caller(), &entity)?;
    check_rights(cmd.caller(), &entity, &options)?;
    let asked_by = cmd.caller().asked_by();
    let done = execute(&mut cmd.tx, &entity, asked_by, (format, options), &cmd.body).await?;
    let reply = accepted(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    entity: &Entity,
    asked_by: AskedBy,
    (format, options): (Format, Options),
    file: &RecordsFile,
) -> Result<Done<Operation>, Error> {
    if file.form != format.form() {
        let (sent, said) = (file.form.media_type(), format.as_str());
        return Err(Error::WrongForm { sent, said });
    }
    check_options(entity, &options).map_err(Error::Query)?;
    if format == Format::Csv {
        check_header(entity, &options, &file.start)?;
    }

    keep_upload(tx, &file.upload).await?;
    let job = NewJob::new(&Job { upload: file.upload.id, asked_by })?
        .serial_key(format!("transfer.import {}", entity.id));
    let operation = start_operation(tx, "transfer.import_records", job).await?;
    let import = Import {
        id: operation.id,
        upload: file.upload.id,
        entity: entity.def.key.clone(),
        format,
        options,
        header: None,
        bytes: i64::try_from(file.upload.size).unwrap_or(i64::MAX),
        place: Place::default(),
        tally: Tally::default(),
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        ended: None,
    };
    imports::insert(tx, &import).await?;

    let event = AuditEvent::info("transfer.import_records")
        .about("transfer.import", operation.id)
        .with("entity", entity.def.key.as_str())
        .with("format", format.as_str())
        .with("dryRun", import.options.dry_run)
        .with("bytes", file.upload.size)
        .with("sha256", hex::encode(file.upload.sha256));
    Ok(Done::new(operation, event))
}

impl ImportRecords {
    fn read(self) -> Result<(EntityKey, Format, Options), Error> {
        // What is no key cannot be the key of anything.
        let entity =
            EntityKey::parse(&self.entity).map_err(|_| athyper_kernel_records::Error::EntityNotFound)?;
        let options = Options {
            mode: self.mode,
            by: self.by,
            dry_run: self.dry_run,
            atomic: self.atomic,
            empty: self.empty,
            mapping: match &self.mapping {
                Some(text) => json::<BTreeMap<String, Option<String>>>("mapping", text)?,
                None => BTreeMap::new(),
            },
            constants: match &self.constants {
                Some(text) => json::<Values>("constants", text)?.0,
                None => serde_json::Map::new(),
            },
        };
        Ok((entity, self.format, options))
    }
}

fn json<T: serde::de::DeserializeOwned>(parameter: &str, text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| {
        Error::Query(vec![FieldError::new(format!("?{parameter}"), "invalid_json", error.to_string())])
    })
}

/// Whoever imports may make and change single records too: a file is no way around that.
/// The key by which rows name their records is none that is hidden from them.
fn check_rights(caller: &Caller, entity: &Entity, options: &Options) -> Result<(), Error> {
    let mut guard = Guard::of(caller);
    if options.mode != Mode::Update {
        guard = guard.doing("records.create_record");
    }
    if options.mode != Mode::Create {
        guard = guard.doing("records.update_record");
    }
    guard.admit(entity)?;
    check_key(&guard, entity, options)
}

/// Whether rows may name their records by the key that they do.
pub(crate) fn check_key(guard: &Guard, entity: &Entity, options: &Options) -> Result<(), Error> {
    match options.by.as_deref() {
        Some(by) if options.mode != Mode::Create => Ok(guard.list(entity)?.open().check("by", [by])?),
        _ => Ok(()),
    }
}

/// Whether the columns can be used, as far as the start of the file tells: who sent a wrong file is told at once.
fn check_header(entity: &Entity, options: &Options, start: &[u8]) -> Result<(), Error> {
    let mut rows = Vec::new();
    CsvReader::at(Place::default()).take(start, &mut rows);
    let Some(first) = rows.first() else { return Ok(()) };
    let header = header_of(first).map_err(|fault| Error::Header(vec![fault.into()]))?;
    Columns::of(entity, options, &header, first.number)
        .map(drop)
        .map_err(|faults| Error::Header(faults.into_iter().map(FieldError::from).collect()))
}
