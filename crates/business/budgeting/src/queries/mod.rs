//! Reads, one file each.

pub(crate) mod compare_budgets;
pub(crate) mod get_availability;
pub(crate) mod get_budget;
pub(crate) mod get_budget_report;
pub(crate) mod get_commitment;
pub(crate) mod get_fund;
pub(crate) mod list_budgets;
pub(crate) mod list_commitments;
pub(crate) mod list_funds;
pub(crate) mod list_overruns;
pub(crate) mod list_transfers;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

/// In which form a report is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = budgeting::ReportFormat)]
pub(crate) enum Format {
    /// JSON.
    #[default]
    Json,
    /// Comma-separated values with a header line (RFC 4180).
    Csv,
}

/// A field of a CSV file (RFC 4180, section 2). What a spreadsheet would take for a formula is led by an apostrophe.
fn csv_field(text: &str) -> String {
    let is_number = text.parse::<rust_decimal::Decimal>().is_ok();
    let text = match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') if !is_number => format!("'{text}"),
        _ => text.to_owned(),
    };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// A CSV file of these rows, the first of which are the names of the columns.
fn csv_file(name: &'static str, rows: &[Vec<String>]) -> Response {
    let mut file = String::new();
    for row in rows {
        let fields: Vec<String> = row.iter().map(|field| csv_field(field)).collect();
        file.push_str(&fields.join(","));
        file.push_str("\r\n");
    }
    let mut response = Response::new(Body::from(file));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::csv_field;

    #[test]
    fn a_field_is_quoted_where_it_must_be_and_is_no_formula() {
        for (text, written) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("-12.50", "-12.50"),
            ("=1+1", "'=1+1"),
            ("-x", "'-x"),
        ] {
            assert_eq!(csv_field(text), written);
        }
    }
}
