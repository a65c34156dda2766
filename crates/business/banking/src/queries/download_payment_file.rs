//! Gives out the file of a payment run.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_error::Problem;
use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply, etag};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use crate::Deps;
use crate::entities::PAYMENT_RUN;
use crate::error::Error;
use crate::model::bank_account::BankAccount;
use crate::model::payment_run::{Payment, PaymentRun, PaymentRunState};
use crate::store::{accounts, runs};
use athyper_kernel_bank_files::payments::{Account, Order, OrderFile, Remittance, write};

/// The version of the content of every file.
const CONTENT_VERSION: i64 = 1;

/// Download a payment file
///
/// `pain.001` in the version of the account, the same for each download. The run must have been exported.
#[utoipa::path(
    get,
    path = "/v1/banking/payment-runs/{id}/file",
    operation_id = "banking.download_payment_file",
    tag = "banking",
    params(("id" = String, Path, description = "Id of the run", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The file",
            body = String,
            content_type = "application/xml",
            example = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\">…</Document>"
        ),
        (status = 409, description = "The run was not exported", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        RecordProblems
    )
)]
pub(crate) async fn download_payment_file(
    State(deps): State<Deps>,
    PathId(id): PathId<PaymentRun>,
    mut read: Read,
) -> Result<Response, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (PAYMENT_RUN, id.uuid()), Error::RunNotFound).await?;
    let run = runs::find(&mut read.tx, id).await?.ok_or(Error::RunNotFound)?;
    let account = accounts::find(&mut read.tx, run.account).await?.ok_or(Error::AccountNotFound)?;
    let file = write(&orders(&run, &account)?, account.payment_format).map_err(Problem::internal)?;
    // What was exported once is the same for ever.
    if read.has(CONTENT_VERSION) {
        return Ok(Reply::not_modified().version(CONTENT_VERSION).into_response());
    }
    // The read has ended: it would keep one connection while this takes another.
    drop(read);

    let event = AuditEvent::access("banking.download_payment_file")
        .about("banking.payment_run", run.id)
        .with("number", run.number.clone())
        .with("bytes", file.len());
    deps.database.tenant_tx(caller.context()).await?.commit(caller.trace(event)).await?;

    let mut response = Response::new(Body::from(file));
    let name = format!("attachment; filename=\"{}.xml\"", run.number);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    let attachment = HeaderValue::try_from(name).unwrap_or(HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_DISPOSITION, attachment);
    let tag = HeaderValue::try_from(etag(CONTENT_VERSION)).unwrap_or(HeaderValue::from_static(""));
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// What the file says.
fn orders(run: &PaymentRun, account: &BankAccount) -> Result<OrderFile, Error> {
    let is_out = matches!(run.state, PaymentRunState::Exported | PaymentRunState::Executed);
    let (true, Some(created_at)) = (is_out, run.exported_at) else {
        return Err(Error::RunState(run.state));
    };
    let iban = account.iban.as_deref().and_then(|iban| iban.parse().ok()).ok_or(Error::IbanRequired)?;
    let bic = account.bic.as_deref().and_then(|bic| bic.parse().ok());
    let order = |payment: &Payment| Order {
        end_to_end: payment.end_to_end.clone(),
        execution_on: run.execution_on,
        amount: payment.amount,
        currency: run.currency,
        name: payment.name.clone(),
        iban: payment.iban.clone(),
        bic: payment.bic.clone(),
        remittance: match (&payment.creditor_reference, &payment.remittance) {
            (Some(reference), _) => Some(Remittance::Reference(reference.clone())),
            (None, text) => text.clone().map(Remittance::Text),
        },
    };
    Ok(OrderFile {
        id: run.number.clone(),
        created_at,
        debtor: Account { name: account.holder.clone(), iban, bic },
        orders: run.payments.iter().map(order).collect(),
    })
}
