//! A consolidation: what goes into it, how it is worked out, and what it says.

use athyper_kernel_error::FieldError;
use athyper_kernel_types::Id;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::agreement::Agreement;
use super::elimination::{Elimination, Pair, eliminations};
use super::group::{Definition, GroupId, Method, Stated};
use super::translation::{MemberBooks, translate};

/// Marker of the ids of consolidations.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RunMark {}

/// Id of a consolidation.
pub(crate) type RunId = Id<RunMark>;

/// How far a consolidation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = group::RunState)]
pub(crate) enum RunState {
    /// It may be thrown away.
    Draft,
    /// It stays as it is.
    Final,
}

impl RunState {
    /// The word for it, also in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Final => "final",
        }
    }
}

/// Which part of a consolidation a line is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = group::Part)]
pub(crate) enum Part {
    /// The translated books of a member.
    Member,
    /// What was stated by hand.
    Adjustment,
    /// What is eliminated.
    Elimination,
}

impl Part {
    /// The word for it, also in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Adjustment => "adjustment",
            Self::Elimination => "elimination",
        }
    }

    /// The part with this word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Member, Self::Adjustment, Self::Elimination].into_iter().find(|part| part.as_str() == word)
    }
}

/// A line of a consolidation: what an account of a member, or an entry, adds to an account of the group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::RunLine)]
pub(crate) struct Line {
    /// The part.
    pub(crate) part: Part,
    /// Code of the member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entity: Option<String>,
    /// Which entry of its part it belongs to, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entry: Option<i32>,
    /// What the entry is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    /// Code of the member's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// Its name, or that of the group's account.
    pub(crate) name: String,
    /// In the member's currency, debit positive.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "1000.00")]
    pub(crate) local: Option<Decimal>,
    /// The rate that it was translated at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "0.9246")]
    pub(crate) rate: Option<Decimal>,
    /// Which rate that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<Method>,
    /// Code of the group's account.
    pub(crate) group_account: String,
    /// In presentation currency, debit positive.
    #[schema(value_type = String, example = "924.60")]
    pub(crate) amount: Decimal,
}

/// An entry that is stated by hand; it balances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::Adjustment)]
pub(crate) struct Adjustment {
    /// What it is for.
    #[schema(max_length = 255, example = "Unrealised profit in stock")]
    pub(crate) text: String,
    /// Its lines.
    pub(crate) lines: Vec<Stated>,
}

/// All that a consolidation is worked out from: from the same, the same comes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Inputs {
    /// The group as it was.
    pub(crate) definition: Definition,
    /// First day.
    pub(crate) from: NaiveDate,
    /// Last day.
    pub(crate) date: NaiveDate,
    /// The books of the members, in the order of the group.
    pub(crate) books: Vec<MemberBooks>,
    /// Relations between them.
    pub(crate) pairs: Vec<Pair>,
    /// What was stated by hand.
    pub(crate) adjustments: Vec<Adjustment>,
}

/// Something that does not fit, which is shown and not hidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::RunDifference)]
pub(crate) struct Difference {
    /// What it is of: `balances`, `result`, `investment`, `equity` or `acquisition`.
    pub(crate) of: String,
    /// Code of the member.
    pub(crate) entity: String,
    /// Code of the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) partner: Option<String>,
    /// In presentation currency, debit positive.
    #[serde(deserialize_with = "super::numbers::plain")]
    #[schema(value_type = String, example = "50.00")]
    pub(crate) amount: Decimal,
    /// What it means, for people.
    pub(crate) text: String,
}

/// What came out of a consolidation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The lines.
    pub(crate) lines: Vec<Line>,
    /// What does not fit.
    pub(crate) differences: Vec<Difference>,
}

/// Works a consolidation out.
///
/// # Errors
/// All that is missing or cannot be taken.
pub(crate) fn calculate(inputs: &Inputs) -> Result<Outcome, Vec<FieldError>> {
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    for books in &inputs.books {
        let Some(member) = inputs.definition.members.iter().find(|it| it.entity == books.entity) else {
            continue;
        };
        match translate(&inputs.definition, member, books) {
            Ok(translated) => lines.extend(translated),
            Err(missing) => faults.extend(missing),
        }
    }
    let adjusted = adjustments(inputs).map_err(|wrong| faults.extend(wrong)).unwrap_or_default();
    if !faults.is_empty() {
        return Err(faults);
    }
    let Elimination { lines: eliminated, differences } = eliminations(inputs, &lines)?;
    lines.extend(adjusted);
    lines.extend(eliminated);
    Ok(Outcome { lines, differences })
}

fn adjustments(inputs: &Inputs) -> Result<Vec<Line>, Vec<FieldError>> {
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    let currency = inputs.definition.currency;
    for ((number, index), adjustment) in (1..).zip(0..).zip(&inputs.adjustments) {
        let sum: Decimal = adjustment.lines.iter().map(|line| line.amount).sum();
        if !sum.is_zero() || adjustment.lines.len() < 2 {
            let index: usize = index;
            let message = format!("its lines have to balance: they sum up to {sum} {currency}");
            faults.push(FieldError::new(format!("/adjustments/{index}/lines"), "unbalanced", message));
        }
        for (place, stated) in adjustment.lines.iter().enumerate() {
            let account = inputs.definition.account(&stated.account);
            let is_amount = athyper_kernel_types::Money::new(stated.amount, currency).is_ok();
            if account.is_none() || !is_amount || stated.amount.is_zero() {
                let message =
                    format!("take an account of the group and an amount in {currency} that is not zero");
                faults.push(FieldError::new(
                    format!("/adjustments/{index}/lines/{place}"),
                    "invalid_line",
                    message,
                ));
            }
            lines.push(Line {
                name: account.map(|account| account.name.clone()).unwrap_or_default(),
                ..entry_line(Part::Adjustment, number, &adjustment.text, &stated.account, stated.amount)
            });
        }
    }
    if faults.is_empty() { Ok(lines) } else { Err(faults) }
}

/// A line of an entry, without the name of its account.
pub(crate) fn entry_line(part: Part, number: i32, text: &str, account: &str, amount: Decimal) -> Line {
    Line {
        part,
        entity: None,
        entry: Some(number),
        text: Some(text.to_owned()),
        account: None,
        name: String::new(),
        local: None,
        rate: None,
        method: None,
        group_account: account.to_owned(),
        amount,
    }
}

/// The SHA-256 of what went in and what came out, in hexadecimal.
///
/// # Errors
/// When what went in cannot be written as JSON.
pub(crate) fn digest(inputs: &Inputs, outcome: &Outcome) -> Result<String, serde_json::Error> {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(inputs)?);
    hash.update(serde_json::to_vec(&outcome.differences)?);
    for line in &outcome.lines {
        let number = |amount: Option<Decimal>| amount.map(|amount| amount.normalize().to_string());
        let text = (
            line.part,
            (&line.entity, line.entry, &line.text),
            (&line.account, &line.name, number(line.local), number(line.rate), line.method),
            (&line.group_account, number(Some(line.amount))),
        );
        hash.update(serde_json::to_vec(&text)?);
    }
    Ok(hash.finalize().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}

/// A consolidation as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// Id.
    pub(crate) id: RunId,
    /// Id of the group.
    pub(crate) group: GroupId,
    /// Its code.
    pub(crate) group_code: String,
    /// How far it is.
    pub(crate) state: RunState,
    /// What went in.
    pub(crate) inputs: Inputs,
    /// What came out.
    pub(crate) outcome: Outcome,
    /// What pairs of members say that they owe each other.
    pub(crate) agreements: Vec<Agreement>,
    /// The digest of when it was made.
    pub(crate) digest: String,
    /// When it was made final (UTC).
    pub(crate) final_at: Option<DateTime<Utc>>,
    /// By whom.
    pub(crate) final_by: Option<String>,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// By whom.
    pub(crate) created_by: String,
    /// Version.
    pub(crate) version: i64,
}

#[cfg(test)]
mod tests;
