//! The layout that a statement has where a tenant has made none.

use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::built_in::{NAME, lines};
use crate::model::layout::StatementKind;
use crate::model::layout_lines::LayoutLine;

/// Of which statement.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetBuiltInLayout {
    /// The statement.
    #[param(inline)]
    statement: StatementKind,
}

/// A layout as a record of `statements.layout` has it, without a code.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = statements::BuiltInLayout)]
pub(crate) struct BuiltInLayout {
    /// Its name.
    #[schema(example = "Built in")]
    name: &'static str,
    /// Of which statement.
    statement: StatementKind,
    /// Its lines.
    rows: Vec<LayoutLine>,
}

/// Get a built-in layout
///
/// The rows of a statement where no layout is named or marked as default: a start for a layout of one's own, which is a record of
/// `statements.layout`.
#[utoipa::path(
    get,
    path = "/v1/statements/built-in-layout",
    operation_id = "statements.get_built_in_layout",
    tag = "statements",
    params(GetBuiltInLayout),
    responses(
        (
            status = 200,
            description = "The layout",
            body = BuiltInLayout,
            example = json!({"name": "Built in", "statement": "income_statement", "rows": [
                {"key": "income", "label": "Income", "kind": "accounts", "level": 1, "side": "credit", "type": "income"},
                {"key": "expenses", "label": "Expenses", "kind": "accounts", "level": 1, "type": "expense"},
                {"key": "result", "label": "Result", "kind": "sum", "level": 0, "side": "credit", "of": "income expenses"}]})
        ),
        ReadProblems
    )
)]
pub(crate) async fn get_built_in_layout(
    Report(read): Report<GetBuiltInLayout>,
) -> Result<Reply, ProblemResponse> {
    let statement = read.query.statement;
    Ok(Reply::ok(&BuiltInLayout { name: NAME, statement, rows: lines(statement) })?)
}
