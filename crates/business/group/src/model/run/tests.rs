//! Consolidations from books and standards, and what holds of every consolidation.

use std::collections::BTreeMap;

use athyper_kernel_ledger::AccountType;
use athyper_kernel_types::Currency;
use serde_json::{Value, json};

use super::*;
use crate::model::report::{ColumnTotal, rows, totals};
use crate::model::translation::{Balance, Rates, TRANSLATION};

mod properties;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Accounts of the group that are named as those of the members, so that each start of a code is mapped to itself.
fn definition(members: Value, currency: &str, accounts: &[(&str, AccountType)]) -> Definition {
    let special = [
        ("Translation", "equity"),
        ("Retained", "equity"),
        ("Goodwill", "asset"),
        ("Others", "equity"),
        ("Result of others", "expense"),
        ("Balances", "asset"),
        ("Results", "expense"),
        ("Bargain", "income"),
    ];
    let named = accounts.iter().map(|(code, kind)| (*code, kind.as_str()));
    let all: Vec<Value> =
        named.chain(special).map(|(code, kind)| json!({"code": code, "name": code, "type": kind})).collect();
    let mapping: Vec<Value> = accounts.iter().map(|(code, _)| json!({"account": code, "to": code})).collect();
    serde_json::from_value(json!({"parent": "P", "currency": currency, "members": members, "accounts": all, "mapping": mapping,
        "special": {"translation": "Translation", "retainedEarnings": "Retained", "goodwill": "Goodwill", "bargainPurchase": "Bargain",
            "nonControlling": "Others", "nonControllingResult": "Result of others", "balanceDifference": "Balances",
            "resultDifference": "Results"}}))
    .unwrap()
}

fn books(
    entity: &str,
    currency: &str,
    rates: (&str, &str),
    balances: &[(&str, AccountType, Decimal)],
) -> MemberBooks {
    MemberBooks {
        entity: entity.to_owned(),
        currency: Currency::parse(currency).unwrap(),
        from: "2024-01-01".parse().unwrap(),
        rates: Rates {
            closing: decimal(rates.0),
            closing_is_stated: true,
            average: Some(decimal(rates.1)),
            average_is_stated: true,
        },
        balances: balances
            .iter()
            .map(|(account, kind, amount)| Balance {
                account: (*account).to_owned(),
                name: (*account).to_owned(),
                kind: *kind,
                amount: *amount,
            })
            .collect(),
    }
}

fn inputs(definition: Definition, books: Vec<MemberBooks>, adjustments: Value) -> Inputs {
    Inputs {
        definition,
        from: "2024-01-01".parse().unwrap(),
        date: "2024-12-31".parse().unwrap(),
        books,
        pairs: Vec::new(),
        adjustments: serde_json::from_value(adjustments).unwrap(),
    }
}

/// What the group has on each account, and the totals by column.
fn shown(inputs: &Inputs) -> (BTreeMap<String, Decimal>, BTreeMap<String, ColumnTotal>) {
    let outcome = calculate(inputs).unwrap();
    let rows = rows(&inputs.definition, &outcome.lines);
    let totals = totals(inputs, &rows);
    for total in &totals {
        assert!(total.difference.is_zero(), "{total:?}");
    }
    (
        rows.into_iter().map(|row| (row.account, row.group.normalize())).collect(),
        totals.into_iter().map(|total| (total.column.clone(), total)).collect(),
    )
}

/// IFRS 3, Illustrative Examples, IE45 to IE49: 80 per cent for 150, identifiable net assets 250 less 50. With the shares of others at
/// their fair value of 42 the gain is 8, with them at their part of 40 it is 10.
#[test]
fn ifrs_3_a_bargain_purchase() {
    use AccountType::{Asset, Equity, Liability};
    for (others, stated, gain) in [("42", Some("42"), "-8"), ("40", None, "-10")] {
        let mut acquisition = json!({"investment": "Shares", "consideration": "150", "equity": [{"account": "Capital", "amount": "-200"}]});
        if let Some(stated) = stated {
            acquisition["nonControlling"] = json!(stated);
        }
        let members = json!([{"entity": "P", "sharePercent": "100", "since": "2020-01-01"},
            {"entity": "TC", "sharePercent": "80", "since": "2024-12-31", "acquisition": acquisition}]);
        let accounts = [("Shares", Asset), ("Assets", Asset), ("Debts", Liability), ("Capital", Equity)];
        let (a, b) = (decimal("150"), decimal("200"));
        let all = vec![
            books("P", "USD", ("1", "1"), &[("Shares", Asset, a), ("Capital", Equity, -a)]),
            books(
                "TC",
                "USD",
                ("1", "1"),
                &[
                    ("Assets", Asset, decimal("250")),
                    ("Debts", Liability, decimal("-50")),
                    ("Capital", Equity, -b),
                ],
            ),
        ];
        let (group, _) = shown(&inputs(definition(members, "USD", &accounts), all, json!([])));
        assert_eq!(
            (group["Others"], group["Bargain"], group["Shares"]),
            (-decimal(others), decimal(gain), Decimal::ZERO)
        );
        assert!(!group.contains_key("Goodwill"));
    }
}

/// "80% cost model (full goodwill)" and "(partial goodwill)", worksheets for consolidated financial statements of Parent Corp. and Son
/// Corp., December 31, 2024 (scribd.com/document/864707004 and /858292186): acquired a year before for 310,000, when the equity was 200,000
/// and 100,000. Result 229,000, of others 13,800, of owners 215,200; earnings 563,900. Full: goodwill 12,500 less 3,125, others 84,475,
/// and 2,258,375 in all. Partial: 10,000 less 2,500, and 2,256,500 in all.
#[test]
fn a_worksheet_of_a_parent_and_a_son() {
    for (is_full, goodwill, all) in [(true, "9375", "2258375"), (false, "7500", "2256500")] {
        let inputs = parent_and_son(is_full);
        let (group, totals) = shown(&inputs);
        let total = &totals["group"];
        assert_eq!(
            (total.result, total.result_of_non_controlling, total.result_of_owners),
            (decimal("229000.00"), decimal("13800.00"), decimal("215200.00"))
        );
        assert_eq!(-group["Retained"] + total.result_of_owners, decimal("563900"));
        assert_eq!(group["Goodwill"], decimal(goodwill));
        let others =
            if is_full { decimal("84475") } else { decimal("84475") - decimal("2500") + decimal("625") };
        assert_eq!(-group["Others"], others);
        let written_off = -(group["Depreciation of equipment"] + group["Depreciation of buildings"]);
        assert_eq!(written_off, decimal("610000"));
        assert_eq!(total.assets, decimal(all), "with what is written off among debts");
        for (account, amount) in [
            ("Inventory", "270000"),
            ("Land", "221000"),
            ("Buildings", "870000"),
            ("Shares", "0"),
            ("Dividends", "0"),
            ("Discount", "2000"),
            ("Interest", "1000"),
            ("Depreciation", "75000"),
        ] {
            assert_eq!(group[account], decimal(amount), "{account}");
        }
        assert_eq!(calculate(&inputs).unwrap().differences, []);
    }
}

/// Both books as in the worksheet, debits in thousands, with what is written off on the side of debts.
fn parent_and_son(is_full: bool) -> Inputs {
    use AccountType::{Asset, Equity, Expense, Income, Liability};
    let accounts = [
        ("Cash", Asset, 221, 85),
        ("Receivables", Asset, 150, 80),
        ("Inventory", Asset, 180, 90),
        ("Land", Asset, 175, 40),
        ("Equipment", Asset, 200, 150),
        ("Buildings", Asset, 600, 450),
        ("Discount", Asset, 0, 0),
        ("Shares", Asset, 310, 0),
        ("Depreciation of equipment", Liability, -125, -85),
        ("Depreciation of buildings", Liability, -375, -255),
        ("Payables", Liability, -100, -100),
        ("Bonds", Liability, -200, -100),
        ("Capital", Equity, -500, -200),
        ("Earned", Equity, -344, -80),
        ("Sales", Income, -450, -300),
        ("Dividends", Income, -32, 0),
        ("Cost of sales", Expense, 180, 160),
        ("Depreciation", Expense, 50, 20),
        ("Interest", Expense, 0, 0),
        ("Other", Expense, 60, 45),
    ];
    let mut acquisition = json!({"investment": "Shares", "consideration": "310000",
        "equity": [{"account": "Capital", "amount": "-200000"}, {"account": "Retained", "amount": "-100000"}],
        "fairValue": [{"account": "Inventory", "amount": "5000"}, {"account": "Land", "amount": "6000"},
            {"account": "Buildings", "amount": "-180000"}, {"account": "Depreciation of equipment", "amount": "80000"},
            {"account": "Depreciation of buildings", "amount": "160000"}, {"account": "Discount", "amount": "4000"}]});
    let mut written_off = vec![
        ("Retained", "11300"),
        ("Others", "2825"),
        ("Depreciation", "5000"),
        ("Interest", "1000"),
        ("Inventory", "-5000"),
        ("Depreciation of equipment", "-20000"),
        ("Depreciation of buildings", "10000"),
        ("Discount", "-2000"),
        ("Goodwill", "-3125"),
    ];
    if is_full {
        acquisition["nonControlling"] = json!("77500");
    } else {
        // Others have no part of goodwill, and none of what it lost.
        written_off[1].1 = "2200";
        written_off[8].1 = "-2500";
    }
    let line = |(account, amount): (&str, &str)| json!({"account": account, "amount": amount});
    let adjustments = json!([
        {"text": "What assets were worth more, used up", "lines": written_off.into_iter().map(line).collect::<Vec<_>>()},
        {"text": "Part of others in that", "lines": [line(("Others", "1200")), line(("Result of others", "-1200"))]},
        {"text": "Dividends", "lines": [line(("Dividends", "32000")), line(("Retained", "-32000"))]}]);
    let members = json!([{"entity": "P", "sharePercent": "100", "since": "2020-01-01"},
        {"entity": "Son", "sharePercent": "80", "since": "2023-01-01", "acquisition": acquisition}]);
    let kinds: Vec<(&str, AccountType)> = accounts.iter().map(|(code, kind, ..)| (*code, *kind)).collect();
    let mut definition = definition(members, "PHP", &kinds);
    for mapping in definition.mapping.iter_mut().filter(|mapping| mapping.to == "Earned") {
        "Retained".clone_into(&mut mapping.to);
    }
    let of = |son: bool| -> Vec<(&str, AccountType, Decimal)> {
        let amount = |parent: i64, own: i64| Decimal::from(1_000 * if son { own } else { parent });
        accounts.iter().map(|(code, kind, parent, own)| (*code, *kind, amount(*parent, *own))).collect()
    };
    let all = vec![books("P", "PHP", ("1", "1"), &of(false)), books("Son", "PHP", ("1", "1"), &of(true))];
    inputs(definition, all, adjustments)
}

/// CIMA F1, Study Text 2018, answer to example 18.2 (page 447 of the edition at flipbuilder.com/bmcx/mhuh): 80 per cent, in euros, with 3, 2.5
/// and 2 euros for a dollar at the start, on average and at the end. Net assets of 20,400 at the start earn 2,800. At the end they are
/// 11,600 dollars: 6,800 and 1,120, and a difference of 3,680. Others have a fifth of the result; with their part of the impairment of
/// goodwill, 160 dollars by the book.
#[test]
fn cima_a_foreign_subsidiary() {
    use AccountType::{Asset, Equity, Income};
    let members = json!([{"entity": "P", "sharePercent": "100", "since": "2020-01-01"},
        {"entity": "S", "sharePercent": "80", "since": "2022-12-31", "historical": [{"account": "Capital", "rate": "0.333333333333"}],
            "acquisition": {"investment": "Shares", "consideration": "5440", "equity": [{"account": "Capital", "amount": "-6800"}]}}]);
    let accounts = [("Net assets", Asset), ("Shares", Asset), ("Capital", Equity), ("Result", Income)];
    let all = vec![
        books(
            "P",
            "USD",
            ("1", "1"),
            &[("Shares", Asset, decimal("5440")), ("Capital", Equity, decimal("-5440"))],
        ),
        books(
            "S",
            "EUR",
            ("0.5", "0.4"),
            &[
                ("Net assets", Asset, decimal("23200")),
                ("Capital", Equity, decimal("-20400")),
                ("Result", Income, decimal("-2800")),
            ],
        ),
    ];
    // The impairment of 800 euros at the average rate, and the part of others in it.
    let adjustments = json!([{"text": "Impairment", "lines": [{"account": "Result", "amount": "320"}, {"account": "Net assets", "amount": "-320"},
        {"account": "Others", "amount": "64"}, {"account": "Result of others", "amount": "-64"}]}]);
    let inputs = inputs(definition(members, "USD", &accounts), all, adjustments);
    let lines = calculate(&inputs).unwrap().lines;
    let of = |account: &str| {
        lines
            .iter()
            .find(|line| line.entity.as_deref() == Some("S") && line.account.as_deref() == Some(account))
            .unwrap()
    };
    let amounts = ["Net assets", "Capital", "Result", TRANSLATION].map(|account| of(account).amount);
    assert_eq!(amounts, ["11600.00", "-6800.00", "-1120.00", "-3680.00"].map(decimal));
    let (group, totals) = shown(&inputs);
    assert_eq!(totals["group"].result_of_non_controlling, decimal("160"));
    // Others: a fifth of 6,800, of 1,120 and of 3,680, less 64.
    assert_eq!(
        (group["Others"], group["Translation"], group["Shares"]),
        (decimal("-2256"), decimal("-2944"), Decimal::ZERO)
    );
}

/// Goodwill of a foreign member is its asset (IAS 21, paragraph 47): 100 at a rate of 0.5 is 120 at 0.6.
#[test]
fn goodwill_is_brought_to_the_closing_rate() {
    use AccountType::{Asset, Equity};
    for (stated, translation, others) in [(None, "-20.00", "-40.00"), (Some("65"), "-16.00", "-69.00")] {
        let mut acquisition = json!({"investment": "Shares", "consideration": "260", "rate": "0.5", "equity": [{"account": "Capital", "amount": "-200"}]});
        if let Some(stated) = stated {
            acquisition["nonControlling"] = json!(stated);
            acquisition["consideration"] = json!("235");
        }
        let members = json!([{"entity": "P", "sharePercent": "100", "since": "2020-01-01"},
            {"entity": "S", "sharePercent": "80", "since": "2024-01-01", "acquisition": acquisition,
                "historical": [{"account": "Capital", "rate": "0.5"}, {"account": "Cash", "rate": "0.5"}]}]);
        let mut group =
            definition(members, "USD", &[("Cash", Asset), ("Shares", Asset), ("Capital", Equity)]);
        // Without differences of its own net assets, what is left is that of goodwill.
        group.methods.asset = Method::Historical;
        let shares = decimal(if stated.is_some() { "235" } else { "260" });
        let all = vec![
            books("P", "USD", ("1", "1"), &[("Shares", Asset, shares), ("Capital", Equity, -shares)]),
            books(
                "S",
                "EUR",
                ("0.6", "0.6"),
                &[("Cash", Asset, decimal("400")), ("Capital", Equity, decimal("-400"))],
            ),
        ];
        let (group, _) = shown(&inputs(group, all, json!([])));
        assert_eq!(group["Goodwill"], decimal("120"), "{group:?}");
        assert_eq!((group["Translation"], group["Others"]), (decimal(translation), decimal(others)));
    }
}

#[test]
fn what_is_missing_is_named() {
    use AccountType::{Asset, Equity};
    let members = json!([{"entity": "P", "sharePercent": "100", "since": "2020-01-01"}]);
    let one = Decimal::ONE;
    let balances = [("Cash", Asset, one), ("Capital", Equity, -one)];
    let adjustments = json!([{"text": "Wrong", "lines": [{"account": "Nowhere", "amount": "1"}, {"account": "Cash", "amount": "-2"}]}]);
    let found = |accounts: &[(&str, AccountType)], currency: &str, adjustments: Value| {
        let inputs = inputs(
            definition(members.clone(), "USD", accounts),
            vec![books("P", currency, ("2", "2"), &balances)],
            adjustments,
        );
        let faults = calculate(&inputs).unwrap_err();
        faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect::<Vec<_>>()
    };
    let pair = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    assert_eq!(found(&[("Capital", Equity)], "USD", json!([])), [pair("/group", "not_mapped")]);
    assert_eq!(
        found(&[("Cash", Asset), ("Capital", Equity)], "EUR", json!([])),
        [pair("/group", "historical_missing")]
    );
    let expected =
        [pair("/adjustments/0/lines", "unbalanced"), pair("/adjustments/0/lines/0", "invalid_line")];
    assert_eq!(found(&[("Cash", Asset), ("Capital", Equity)], "USD", adjustments), expected);
}
