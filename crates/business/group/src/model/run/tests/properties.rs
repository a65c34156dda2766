//! What holds of every consolidation.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Two members that owe and earn from each other, with whatever amounts, rates and shares.
fn any_group() -> impl Strategy<Value = Inputs> {
    let amounts = prop::collection::vec(-1_000_000_000_i64..1_000_000_000, 12);
    let rates = (1_u64..5_000_000, 1_u64..5_000_000, 1_u64..5_000_000);
    (amounts, rates, 1_u32..=10_000, any::<bool>(), any::<bool>()).prop_map(|(amounts, rates, share, is_full, is_foreign)| {
        use AccountType::{Asset, Equity, Expense, Income, Liability};
        let kinds = [("Cash", Asset), ("Shares", Asset), ("From", Asset), ("To", Liability), ("Sales", Income), ("Costs", Expense), ("Capital", Equity)];
        let rate = |rate: u64| Decimal::new(i64::try_from(rate).unwrap(), 6).to_string();
        let cents = |amount: i64| Decimal::new(amount, 2);
        let mut acquisition = json!({"investment": "Shares", "consideration": cents(amounts[1].abs()).to_string(),
            "equity": [{"account": "Capital", "amount": cents(amounts[10]).to_string()}], "rate": rate(rates.2)});
        if is_full {
            acquisition["nonControlling"] = json!(cents(amounts[11].abs()).to_string());
        }
        let members = json!([{"entity": "P", "sharePercent": "100", "since": "2020-01-01"},
            {"entity": "S", "sharePercent": Decimal::new(i64::from(share), 2).to_string(), "since": "2024-01-01", "acquisition": acquisition,
                "historical": [{"account": "Capital", "rate": rate(rates.2)}]}]);
        let balances = |of: &[i64]| {
            let mut balances: Vec<(&str, AccountType, Decimal)> =
                kinds.iter().zip(of).map(|((code, kind), amount)| (*code, *kind, cents(*amount))).collect();
            let sum: Decimal = balances.iter().map(|(.., amount)| *amount).sum();
            balances.push(("Capital", Equity, -sum));
            balances
        };
        let currency = if is_foreign { "EUR" } else { "USD" };
        let (closing, average) = (rate(rates.0), rate(rates.1));
        let all = vec![
            books("P", "USD", ("1", "1"), &balances(&amounts[..6])),
            books("S", currency, (&closing, &average), &balances(&amounts[4..10])),
        ];
        let set = |code: &str| BTreeSet::from([code.to_owned()]);
        let pair = Pair { a: "P".into(), b: "S".into(), a_due: set("From"), b_due: set("To"), a_result: set("Sales"), b_result: set("Costs") };
        Inputs { pairs: vec![pair], ..inputs(definition(members, "USD", &kinds), all, json!([])) }
    })
}

proptest! {
    #[test]
    fn every_column_and_entry_is_zero_and_translation_is_exact(inputs in any_group()) {
        let outcome = calculate(&inputs).unwrap();
        let rows = rows(&inputs.definition, &outcome.lines);
        for total in totals(&inputs, &rows) {
            prop_assert!(total.difference.is_zero(), "{:?}", total);
            prop_assert_eq!(total.assets, total.liabilities + total.equity + total.result_of_owners);
        }
        let said = serde_json::to_string(&(&rows, totals(&inputs, &rows))).unwrap();
        prop_assert!(!said.contains("\"-0.00\""), "{}", said);
        let mut entries: BTreeMap<(&str, Option<i32>), Decimal> = BTreeMap::new();
        for line in &outcome.lines {
            prop_assert_eq!(line.amount, line.amount.round_dp(2));
            *entries.entry((line.part.as_str(), line.entry)).or_default() += line.amount;
            if let (Some(local), Some(rate)) = (line.local, line.rate) {
                prop_assert!((line.amount - local * rate).abs() <= Decimal::new(5, 3));
            }
        }
        prop_assert!(entries.values().all(Decimal::is_zero), "{:?}", entries);
        // What the two have on the accounts for each other is gone.
        for (account, takes) in [("From", "P"), ("To", "S"), ("Sales", "P"), ("Costs", "S")] {
            let left = rows.iter().find(|row| row.account == account).map_or(Decimal::ZERO, |row| {
                row.members.get(takes).copied().unwrap_or_default() + row.eliminations
            });
            prop_assert!(left.is_zero(), "{} {}", account, left);
        }
        // From the same, the same comes out, also after it was kept.
        let kept: Inputs = serde_json::from_value(serde_json::to_value(&inputs).unwrap()).unwrap();
        prop_assert_eq!(&kept, &inputs);
        prop_assert_eq!(digest(&kept, &calculate(&kept).unwrap()).unwrap(), digest(&inputs, &outcome).unwrap());
    }
}
