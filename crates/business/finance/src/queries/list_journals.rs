//! Lists journals, newest first.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use serde::Deserialize;

use crate::error::Error;
use crate::model::account::AccountCode;
use crate::model::day::Day;
use crate::model::journal::{Journal, JournalId, JournalState};
use crate::store::journals::{self, Filter};

/// Which journals.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListJournals {
    /// Only in this state.
    #[param(inline)]
    state: Option<JournalState>,
    /// Only from this day on.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Only up to this day.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
    /// Only with a line on the account of this code.
    #[param(value_type = Option<String>)]
    account: Option<AccountCode>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List journals
///
/// By date, newest first, without their lines.
#[utoipa::path(
    get,
    path = "/v1/finance/journals",
    operation_id = "finance.list_journals",
    tag = "finance",
    params(ListJournals, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of journals",
            body = Page<Journal>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "number": "JE-2024-000042",
                "date": "2024-01-04", "narration": "Monthly bank fee", "state": "posted",
                "postedAt": "2024-01-05T09:00:00Z", "postedBy": "ada", "createdAt": "2024-01-04T09:00:00Z",
                "createdBy": "ada", "version": 2}], "nextCursor": null})
        ),
        ReadProblems
    )
)]
pub(crate) async fn list_journals(Report(mut read): Report<ListJournals>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, query: &ListJournals) -> Result<Page<Journal>, Error> {
    let filter = Filter {
        state: query.state,
        from: query.from.map(Day::date),
        to: query.to.map(Day::date),
        account: query.account.as_ref().map(ToString::to_string),
    };
    let sort = format!("journals date desc, id desc, {filter:?}");
    let after: Option<(Day, JournalId)> = query.page.keys(&sort)?;
    let after = after.map(|(day, id)| (day.date(), id));
    let rows = journals::list(tx, &filter, after, query.page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, &query.page, &sort, |journal| (journal.date, journal.id))?)
}
