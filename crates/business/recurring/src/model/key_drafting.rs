//! What an allocation key is written with, and what of it cannot be taken.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_error::FieldError;
use athyper_kernel_ledger::AccountCode;
use athyper_kernel_types::Text;
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;

use super::allocation::{Key, Measure, Sender, Target, WeightError};

/// How many targets a key has: with the line of the sender they are lines of one journal.
const TARGETS: std::ops::RangeInclusive<usize> = 1..=199;
/// The last place among keys.
const MOST_SEQUENCE: u16 = 99;
/// Most decimals of a fixed weight.
const WEIGHT_DECIMALS: u32 = 6;
/// The largest fixed weight.
const MOST_WEIGHT: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// A target as it is written. It names another account than the sender, or another value of one of its dimensions.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::NewTarget)]
pub(crate) struct NewTarget {
    /// Code of the account; that of the sender where it is left out.
    #[schema(value_type = Option<String>, max_length = 255)]
    account: Option<AccountCode>,
    /// What of the dimensions of the sender is another: value by key of the dimension.
    #[serde(default)]
    #[schema(example = json!({"costCentre": "SALES"}))]
    dimensions: BTreeMap<String, String>,
    /// Its weight, from 0 to 1,000,000,000 with at most six decimals, where weights are fixed.
    #[schema(value_type = Option<String>, max_length = 31, example = "62.5")]
    weight: Option<Text<1, 31>>,
    /// A note on its line.
    #[schema(value_type = Option<String>, max_length = 255)]
    memo: Option<Text<1, 255>>,
}

/// An allocation key as it is written.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::NewKey)]
pub(crate) struct NewKey {
    /// Its place among the keys of the legal entity that fall due on one day, 1 to 99; 1 where it is left out. Those of a lower one
    /// come first, and it waits for them: so what they bring to its sender goes on.
    #[schema(minimum = 1, maximum = 99)]
    sequence: Option<u16>,
    /// Whether the job makes it on its day. Where it is left out or false, it waits for a run by somebody, who has posted by then what
    /// belongs to the period.
    #[serde(default)]
    is_automatic: bool,
    /// What is spread.
    sender: Sender,
    /// What the weights are, where they are not fixed.
    measure: Option<Measure>,
    /// Where it goes, 1 to 199. Each has a weight where there is no measure, and names a value of a dimension where there is one.
    targets: Vec<NewTarget>,
}

/// Reads an allocation key.
///
/// # Errors
/// Errors with pointers below `at`, the pointer of the key.
pub(crate) fn read_key(input: &NewKey, at: &str) -> Result<Key, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut refuse = |field: &str, code: &str, message: &str| {
        errors.push(FieldError::new(format!("{at}/{field}"), code, message.to_owned()));
    };
    let sequence = input.sequence.unwrap_or(1);
    if !(1..=MOST_SEQUENCE).contains(&sequence) {
        refuse("sequence", "out_of_range", "name a place from 1 to 99");
    }
    if let Err(error) = input.sender.account.parse::<AccountCode>() {
        refuse("sender/account", "invalid_account", &error.to_string());
    }
    if let Some(Err(error)) = input.measure.as_ref().map(|it| it.accounts.code().parse::<AccountCode>()) {
        refuse("measure/accounts", "invalid_account", &error.to_string());
    }
    if !TARGETS.contains(&input.targets.len()) {
        refuse("targets", "target_count", "name 1 to 199 targets");
    }
    let mut key = Key {
        sequence,
        is_automatic: input.is_automatic,
        sender: input.sender.clone(),
        measure: input.measure.clone(),
        targets: Vec::with_capacity(input.targets.len()),
    };
    let mut seen = BTreeSet::new();
    for (place, written) in input.targets.iter().enumerate() {
        let account = written.account.as_ref().map_or(&*input.sender.account, AccountCode::as_str);
        let target = Target {
            account: account.to_owned(),
            dimensions: written.dimensions.clone(),
            weight: None,
            memo: written.memo.as_ref().map(|memo| memo.as_str().to_owned()),
        };
        match weight(written, input.measure.is_some()) {
            Ok(weight) => key.targets.push(Target { weight, ..target.clone() }),
            Err((field, code, message)) => refuse(&format!("targets/{place}{field}"), code, message),
        }
        if key.is_sender(&target) {
            let message = "it would still stand on the sender: name another account, or another value of a dimension that \
                the sender names";
            refuse(&format!("targets/{place}"), "is_sender", message);
        }
        if !seen.insert((account.to_owned(), key.dimensions(&target))) {
            refuse(
                &format!("targets/{place}"),
                "repeated",
                "another target is the same: add up their weights",
            );
        }
    }
    if errors.is_empty() && key.measure.is_none() && key.fixed().iter().all(Decimal::is_zero) {
        let error = FieldError::new(format!("{at}/targets"), "no_weight", WeightError::None.to_string());
        return Err(vec![error]);
    }
    if errors.is_empty() { Ok(key) } else { Err(errors) }
}

/// The fixed weight of a target, or none where it is measured; what is wrong with it: the end of a pointer, a code, and why.
fn weight(
    target: &NewTarget,
    is_measured: bool,
) -> Result<Option<Decimal>, (&'static str, &'static str, &'static str)> {
    match (&target.weight, is_measured) {
        (Some(_), true) => Err(("/weight", "not_fixed", "leave it out: the weights are measured")),
        (None, true) if target.dimensions.is_empty() => {
            Err(("/dimensions", "required", "name a value of a dimension: what names it is its weight"))
        }
        (None, true) => Ok(None),
        (None, false) => Err(("/weight", "required", "name its weight, or a measure of all weights")),
        (Some(text), false) => read_weight(text.as_str()).map(Some).ok_or((
            "/weight",
            "invalid_weight",
            "write a number from 0 to 1000000000 with at most six decimals",
        )),
    }
}

fn read_weight(text: &str) -> Option<Decimal> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let weight = Decimal::from_str_exact(text).ok().filter(|_| is_plain)?.normalize();
    (weight.scale() <= WEIGHT_DECIMALS && weight <= MOST_WEIGHT).then_some(weight)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Pointer and code of what is refused.
    fn refused(change: impl FnOnce(&mut Value)) -> Vec<(String, String)> {
        let mut key = json!({"sender": {"account": "6100", "dimensions": {"centre": "OVERHEAD"}, "span": "period"}, "targets": [
            {"dimensions": {"centre": "SALES"}, "weight": "2"}, {"dimensions": {"centre": "PLANT"}, "weight": "0.5"}]});
        change(&mut key);
        let errors = read_key(&serde_json::from_value(key).unwrap(), "/allocation").err().unwrap_or_default();
        errors.into_iter().map(|error| (error.pointer, error.code)).collect()
    }

    fn one(pointer: &str, code: &str) -> Vec<(String, String)> {
        vec![(pointer.to_owned(), code.to_owned())]
    }

    #[test]
    fn what_cannot_be_spread_is_refused_with_its_field() {
        assert_eq!(refused(|_| ()), []);
        let zero = refused(|key| {
            for place in 0..2 {
                key["targets"][place]["weight"] = json!("0.00");
            }
        });
        assert_eq!(zero, one("/allocation/targets", "no_weight"));
        for weight in ["-1", "1e3", "1_0", "0.0000001", "1000000001", "+1"] {
            let found = refused(|key| key["targets"][1]["weight"] = json!(weight));
            assert_eq!(found, one("/allocation/targets/1/weight", "invalid_weight"), "{weight}");
        }
        let missing = refused(|key| key["targets"][1] = json!({"account": "6200"}));
        assert_eq!(missing, one("/allocation/targets/1/weight", "required"));
        let measured = refused(|key| {
            key["measure"] = json!({"accounts": {"code": "9100"}, "span": "all"});
            key["targets"] = json!([{"account": "6200"}, {"dimensions": {"centre": "PLANT"}, "weight": "1"}]);
        });
        assert_eq!(
            measured,
            [
                ("/allocation/targets/0/dimensions".to_owned(), "required".to_owned()),
                ("/allocation/targets/1/weight".to_owned(), "not_fixed".to_owned()),
            ]
        );
        let same = refused(|key| key["targets"][1]["dimensions"] = json!({"centre": "SALES"}));
        assert_eq!(same, one("/allocation/targets/1", "repeated"));
        let sender = refused(|key| key["targets"][0]["dimensions"] = json!({"site": "NORTH"}));
        assert_eq!(sender, one("/allocation/targets/0", "is_sender"));
        assert_eq!(refused(|key| key["targets"] = json!([])), one("/allocation/targets", "target_count"));
        assert_eq!(refused(|key| key["sequence"] = json!(0)), one("/allocation/sequence", "out_of_range"));
        let blank = refused(|key| key["sender"]["account"] = json!(""));
        assert_eq!(blank, one("/allocation/sender/account", "invalid_account"));
    }
}
