//! What the tenant's configuration says of its books where a request says nothing.

use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::{Clock, Currency};
use chrono::NaiveDate;
use chrono_tz::Tz;

/// The tenant's currency, if it has one.
#[must_use]
pub fn currency(context: &TenantContext) -> Option<Currency> {
    context.default_text("currency").and_then(|code| Currency::parse(code).ok())
}

/// The day that it is where the tenant keeps its books; in UTC for a tenant without a zone.
#[must_use]
pub fn today(context: &TenantContext, clock: &Clock) -> NaiveDate {
    let zone = context.default_text("timezone").and_then(|zone| zone.parse::<Tz>().ok()).unwrap_or(Tz::UTC);
    clock.now().with_timezone(&zone).date_naive()
}
