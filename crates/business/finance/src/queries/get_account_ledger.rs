//! The ledger of an account: its lines in the order of their days, with the balance after each.

use athyper_kernel_db::{DbError, ReadTx};
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_ledger_books::account_lines::{self, AccountLine, Place, Wanted};
use athyper_kernel_ledger_books::{Books, balances};
use athyper_kernel_types::{Currency, Page, PageRequest};
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::account::AccountCode;
use crate::model::days::Days;
use crate::store::accounts;
use crate::{ledger_reads, whose_books};
use athyper_kernel_ledger::tenant_defaults;
use athyper_kernel_ledger::{Day, DimensionFilter};

/// Which ledger.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LedgerFilter {
    /// Code of the account.
    #[param(value_type = String, example = "1200 Receivables")]
    account: AccountCode,
    /// Code of the legal entity; the tenant's only one, or `main`, where it is left out.
    #[param(max_length = 32)]
    entity: Option<String>,
    /// First day; the first of all where it is left out.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Last day; today, where the tenant keeps its books, if it is left out.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
    /// Only lines in this currency, in its amounts; where it is left out lines in all, in base currency.
    currency: Option<Currency>,
    /// Only lines about these values of a dimension: `key:value`, `key:value,value`, or `key:` for lines that name none.
    #[param(value_type = Option<String>, example = "costCentre:CC-100")]
    dimension: Option<DimensionFilter>,
    /// Whether lines that close a fiscal year are shown, as they are where it is left out.
    #[param(value_type = Option<bool>)]
    closing: Option<Closing>,
}

/// Whether lines that close a fiscal year are shown. Beside a page, parameters are texts until they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Closing {
    #[serde(rename = "true")]
    Shown,
    #[serde(rename = "false")]
    Hidden,
}

/// Which page of which ledger.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetAccountLedger {
    #[serde(flatten)]
    filter: LedgerFilter,
    #[serde(flatten)]
    page: PageRequest,
}

/// A line of an account's ledger. Amounts have the decimals of the currency asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = finance::LedgerLine)]
pub(crate) struct LedgerLine {
    /// The day.
    date: NaiveDate,
    /// Id of the journal: where the line comes from.
    journal: Uuid,
    /// Its number.
    #[schema(example = "JE-2025-000042")]
    number: String,
    /// The line's position in it.
    line_no: i32,
    /// Reference of the journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// What the journal is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    narration: Option<String>,
    /// Debit.
    #[schema(example = "12.34")]
    debit: String,
    /// Credit.
    #[schema(example = "0.00")]
    credit: String,
    /// The balance after the line: debits minus credits of all lines up to it.
    #[schema(example = "112.34")]
    balance: String,
}

/// Get the ledger of an account
///
/// Its lines by day, oldest first, each with the balance after it; the first balance counts all that was posted before `from`.
#[utoipa::path(
    get,
    path = "/v1/finance/reports/account-ledger",
    operation_id = "finance.get_account_ledger",
    tag = "finance",
    params(LedgerFilter, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of lines",
            body = Page<LedgerLine>,
            example = json!({"items": [{"date": "2025-03-01", "journal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
                "number": "JE-2025-000042", "lineNo": 1, "debit": "12.34", "credit": "0.00", "balance": "112.34"}],
                "nextCursor": null})
        ),
        (status = 404, description = "No such account or legal entity", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        (status = 422, description = "Several legal entities, and none named", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        ReadProblems
    )
)]
pub(crate) async fn get_account_ledger(
    State(deps): State<Deps>,
    Report(mut read): Report<GetAccountLedger>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &deps, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    deps: &Deps,
    query: &GetAccountLedger,
) -> Result<Page<LedgerLine>, Error> {
    let filter = &query.filter;
    let entity = whose_books::find(tx, filter.entity.as_deref()).await?;
    let found = accounts::with_codes(tx, &[filter.account.as_str()]).await?;
    let account = found.first().ok_or(Error::AccountNotFound)?;
    let to = filter.to.map_or_else(|| tenant_defaults::today(tx.context(), &deps.clock), Day::date);
    let from = filter.from.map(Day::date);
    if let Some(dimension) = &filter.dimension {
        ledger_reads::check_dimension(tx, dimension).await?;
    }
    let wanted = Wanted {
        entity: entity.id,
        account: account.id,
        currency: filter.currency,
        from,
        to,
        dimension: filter.dimension.clone(),
        with_closing: filter.closing != Some(Closing::Hidden),
    };

    let sort = format!("account ledger {wanted:?}");
    let after: Option<(Place, Decimal)> = query.page.keys(&sort)?;
    let opening = match &after {
        Some((_, balance)) => *balance,
        None => opening(tx, &wanted, from).await?,
    };
    let after = after.map(|(place, _)| place);
    let rows = account_lines::page(tx, &wanted, after, query.page.fetch_limit()).await?;
    let mut balance = opening;
    let rows: Vec<(AccountLine, Decimal)> = rows
        .into_iter()
        .map(|line| {
            balance += line.debit - line.credit;
            (line, balance)
        })
        .collect();
    let page = Page::from_rows(rows, &query.page, &sort, |(line, balance)| (line.place, *balance))?;
    let currency = filter.currency.unwrap_or(entity.base_currency);
    let items = page.items.into_iter().map(|(line, balance)| shown(line, balance, currency));
    Ok(Page { items: items.collect::<Result<_, DbError>>()?, next_cursor: page.next_cursor })
}

/// The balance before the first day.
async fn opening(tx: &mut ReadTx, wanted: &Wanted, from: Option<NaiveDate>) -> Result<Decimal, DbError> {
    let Some(before) = from.and_then(|from| from.pred_opt()) else { return Ok(Decimal::ZERO) };
    let days = Days::until(before);
    let books = Books { entity: wanted.entity, days: &days, filter: wanted.dimension.as_ref() };
    balances::of_account(tx, books, wanted.account, wanted.currency).await
}

fn shown(line: AccountLine, balance: Decimal, currency: Currency) -> Result<LedgerLine, DbError> {
    Ok(LedgerLine {
        date: line.place.date,
        journal: line.place.journal,
        number: line.number,
        line_no: line.place.line_no,
        reference: line.reference,
        narration: line.narration,
        debit: super::amount_text(line.debit, currency)?,
        credit: super::amount_text(line.credit, currency)?,
        balance: super::amount_text(balance, currency)?,
    })
}
