//! Budgets: `draft` → `approved` by a second person → `active` → `closed`.

use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fund::FundId;
use super::line::Line;
use super::plan::Plan;

/// Id of a budget.
pub(crate) type BudgetId = Id<Budget>;

/// Where a budget stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = budgeting::BudgetState)]
pub(crate) enum BudgetState {
    /// It is written.
    Draft,
    /// A second person has seen it.
    Approved,
    /// It is in force.
    Active,
    /// It is over, or a revision took its place.
    Closed,
}

impl BudgetState {
    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Active => "active",
            Self::Closed => "closed",
        }
    }

    /// The state with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Draft, Self::Approved, Self::Active, Self::Closed]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

/// Over which time what is used is held against what there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = budgeting::ControlWindow)]
pub(crate) enum Window {
    /// The fiscal year.
    #[default]
    Year,
    /// Each month by itself.
    Month,
}

impl Window {
    /// The word stored for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Month => "month",
        }
    }

    /// The window with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Year, Self::Month].into_iter().find(|window| window.as_str() == word)
    }
}

/// A budget of a legal entity and a fiscal year, in one of its revisions.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::Budget)]
pub(crate) struct Budget {
    /// Id.
    pub(crate) id: BudgetId,
    /// Code of the legal entity.
    #[schema(example = "main")]
    pub(crate) entity: String,
    /// First day of the fiscal year.
    pub(crate) first_day: NaiveDate,
    /// Last day of the fiscal year.
    pub(crate) last_day: NaiveDate,
    /// Number of the revision, from 1.
    pub(crate) revision: i32,
    /// What it is called.
    pub(crate) name: String,
    /// Currency of the amounts: that of the books.
    pub(crate) currency: Currency,
    /// Over which time controls look.
    pub(crate) control_window: Window,
    /// The fund that pays for it: while it is active, what it plans to spend counts there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) fund: Option<FundId>,
    /// Where it stands.
    pub(crate) state: BudgetState,
    /// The budget that this revises.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) base: Option<BudgetId>,
    /// Its version when the revision was begun.
    #[serde(skip)]
    pub(crate) base_version: Option<i64>,
    /// Who wrote its lines last.
    pub(crate) written_by: String,
    /// When it was approved (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) approved_at: Option<DateTime<Utc>>,
    /// Who approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) approved_by: Option<String>,
    /// When it was entered (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who entered it.
    pub(crate) created_by: String,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
    /// Its lines.
    pub(crate) lines: Vec<BudgetLine>,
}

/// A line with what it was approved with.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = budgeting::BudgetLine)]
pub(crate) struct BudgetLine {
    /// The line.
    #[serde(flatten)]
    pub(crate) line: Line,
    /// Its amounts by month of the fiscal year, twelve of them, before any transfer.
    #[schema(value_type = Vec<String>)]
    pub(crate) months: Vec<Decimal>,
    /// What they sum up to.
    #[schema(value_type = String, example = "12000.00")]
    pub(crate) amount: Decimal,
}

impl Budget {
    /// The budget as it is asked whether something may be spent.
    pub(crate) fn plan(&self) -> Plan {
        Plan {
            budget: self.id,
            first_day: self.first_day,
            last_day: self.last_day,
            window: self.control_window,
            currency: self.currency,
            lines: self.lines.iter().map(|line| line.line.clone()).collect(),
        }
    }

    /// What all lines sum up to.
    pub(crate) fn total(&self) -> Decimal {
        self.lines.iter().map(|line| line.amount).sum()
    }
}
