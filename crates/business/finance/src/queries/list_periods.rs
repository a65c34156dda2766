//! Lists periods by their first day.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};

use crate::error::Error;
use crate::model::day::Day;
use crate::model::period::Period;
use crate::store::periods;

/// Order of the list.
const SORT: &str = "periods starts_on";

/// List periods
///
/// Those that were declared and those that were made when they were first posted to, earliest first.
#[utoipa::path(
    get,
    path = "/v1/finance/periods",
    operation_id = "finance.list_periods",
    tag = "finance",
    params(PageRequest),
    responses(
        (
            status = 200,
            description = "A page of periods",
            body = Page<Period>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "2024-01",
                "startsOn": "2024-01-01", "endsOn": "2024-01-31", "state": "open", "version": 1}], "nextCursor": null})
        ),
        ReadProblems
    )
)]
pub(crate) async fn list_periods(Report(mut read): Report<PageRequest>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, page: &PageRequest) -> Result<Page<Period>, Error> {
    let after: Option<Day> = page.keys(SORT)?;
    let rows = periods::list(tx, after.map(Day::date), page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, page, SORT, |period| period.starts_on)?)
}
