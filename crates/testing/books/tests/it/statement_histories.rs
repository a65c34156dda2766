//! Random histories: on every day all statements agree with the ledger, and with what a plain sum of the journals says.

use std::collections::BTreeMap;

use athyper_test_kit::Client;
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::statements::accounts;
use crate::support::{add_account, add_rule, books, post, record_rate};

/// A source of chance that gives the same history for the same seed (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

const ACCOUNTS: [(&str, &str, &str); 10] = [
    ("1000", "asset", "bank"),
    ("1010", "asset", "cash"),
    ("1500", "asset", "other"),
    ("1600", "asset", "tax"),
    ("2500", "liability", "other"),
    ("2600", "liability", "bank"),
    ("3000", "equity", "other"),
    ("3100", "equity", "other"),
    ("4000", "income", "other"),
    ("6000", "expense", "other"),
];

const FIRST: &str = "2024-10-15";
const LENGTH: u64 = 150;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

/// What a history posted: day, account, cost centre, base amount. What closes years and revalues is the ledger's own affair.
type Posted = Vec<(NaiveDate, String, Option<&'static str>, Decimal)>;

async fn history(accountant: &Client, admin: &Client, dice: &mut Dice) -> Posted {
    for (code, kind, usage) in ACCOUNTS {
        add_account(accountant, code, kind, usage).await;
    }
    add_rule(accountant, "retained_earnings", "3100").await;
    add_rule(accountant, "exchange_unrealised", "6000").await;
    let dimension = json!({"key": "costCentre", "name": "Cost centre", "balancing": false});
    let id = admin.post("/v1/records/finance.dimension", &dimension).await.expect(201).text("/id");
    for code in ["A", "B"] {
        let value = json!({"dimension": id, "code": code, "name": code});
        admin.post("/v1/records/finance.dimension_value", &value).await.expect(201);
    }
    for (date, rate) in [("2024-10-01", "0.9"), ("2024-12-31", "0.8"), ("2025-02-01", "1.1")] {
        record_rate(admin, "USD", date, rate).await;
    }
    let codes = ACCOUNTS.map(|(code, ..)| code);
    let mut posted = Posted::new();
    for _ in 0..45 {
        let date = day(FIRST) + Days::new(dice.below(LENGTH));
        let is_dollars = dice.below(4) == 0;
        let (currency, rate) = if is_dollars { ("USD", Decimal::new(95, 2)) } else { ("EUR", Decimal::ONE) };
        let mut lines = Vec::new();
        // Amounts are in whole hundreds, so that nothing is left over by rounding.
        let mut left = 0_i64;
        for last in [false, false, true] {
            let amount = if last { -left } else { i64::try_from(dice.below(90)).unwrap() * 100 - 4_450 };
            if amount == 0 {
                continue;
            }
            left += amount;
            let (account, centre) =
                (dice.pick(&codes), [None, Some("A"), Some("B")][usize::try_from(dice.below(3)).unwrap()]);
            let side = if amount < 0 { "credit" } else { "debit" };
            let mut line =
                json!({"account": account, side: format!("{}.00", amount.abs()), "currency": currency});
            if let Some(centre) = centre {
                line["dimensions"] = json!({"costCentre": centre});
            }
            lines.push(line);
            posted.push((date, account.to_owned(), centre, Decimal::from(amount) * rate));
        }
        let rates = if is_dollars { json!({"USD": "0.95"}) } else { json!({}) };
        post(accountant, &json!({"date": date.to_string(), "rates": rates, "lines": lines})).await;
    }
    posted
}

/// The sums of what was posted from one day to another by account, those that are zero left out.
fn sums(
    posted: &Posted,
    from: Option<NaiveDate>,
    to: NaiveDate,
    is_about: impl Fn(Option<&str>) -> bool,
) -> BTreeMap<String, Decimal> {
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for (date, account, of, amount) in posted {
        if from.is_none_or(|from| *date >= from) && *date <= to && is_about(*of) {
            *sums.entry(account.clone()).or_default() += *amount;
        }
    }
    sums.retain(|_, amount| !amount.is_zero());
    sums
}

fn of_types(sums: BTreeMap<String, Decimal>, of_result: bool) -> BTreeMap<String, Decimal> {
    sums.into_iter()
        .filter(|(code, _)| (code.starts_with('4') || code.starts_with('6')) == of_result)
        .collect()
}

async fn get(client: &Client, path: &str) -> Value {
    client.get(path).await.expect(200).json()
}

fn figures(statement: &Value) -> BTreeMap<String, Decimal> {
    // An account that has a figure in another column alone has none in this.
    let all = accounts(statement).into_iter().map(|(code, (amount, _))| (code, amount));
    all.filter(|(_, amount)| !amount.is_zero()).collect()
}

fn row(statement: &Value, key: &str) -> Decimal {
    decimal(
        &statement["rows"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap()["amounts"][0],
    )
}

/// The statements of one day, and of the days up to it from another.
async fn check(accountant: &Client, posted: &Posted, from: NaiveDate, to: NaiveDate) {
    let sheet = get(
        accountant,
        &format!("/v1/statements/balance-sheet?asOf={to}&compare=previousPeriod:2,previousYear"),
    )
    .await;
    assert_eq!(sheet["reconciles"], true, "{to}: {sheet:#}");
    let all = sums(posted, None, to, |_| true);
    assert_eq!(figures(&sheet), of_types(all.clone(), false), "{to}");
    let result: Decimal = of_types(all, true).values().sum();
    assert_eq!(row(&sheet, "result") + row(&sheet, "earlier_result"), -result, "{to}");

    let span = format!("from={from}&to={to}&compare=previousPeriod:2,previousYear");
    let moved = sums(posted, Some(from), to, |_| true);
    let income = get(accountant, &format!("/v1/statements/income-statement?{span}")).await;
    assert_eq!(
        (&income["reconciles"], figures(&income)),
        (&json!(true), of_types(moved.clone(), true)),
        "{from} {to}"
    );
    let flows = get(accountant, &format!("/v1/statements/cash-flow?{span}")).await;
    assert_eq!(flows["reconciles"], true, "{from} {to}: {flows:#}");
    let cash: Decimal =
        ["1000", "1010", "2600"].iter().map(|code| moved.get(*code).copied().unwrap_or_default()).sum();
    assert_eq!(row(&flows, "change"), cash, "{from} {to}");
}

/// The columns of an income statement beside each other, and each alone.
async fn check_columns(accountant: &Client, from: NaiveDate, to: NaiveDate) {
    let span = format!("from={from}&to={to}&compare=previousPeriod:2,previousYear");
    let income = get(accountant, &format!("/v1/statements/income-statement?{span}")).await;
    for (at, column) in income["columns"].as_array().unwrap().iter().enumerate().skip(1) {
        let alone =
            format!("from={}&to={}", column["from"].as_str().unwrap(), column["to"].as_str().unwrap());
        let alone = get(accountant, &format!("/v1/statements/income-statement?{alone}")).await;
        let beside = income["rows"].as_array().unwrap().iter().find(|row| row["key"] == "result").unwrap();
        assert_eq!(decimal(&beside["amounts"][at]), row(&alone, "result"), "{column}");
    }
}

/// The parts of a dimension, each and all together.
async fn check_parts(accountant: &Client, posted: &Posted, from: NaiveDate, to: NaiveDate) {
    let mut total: BTreeMap<String, Decimal> = BTreeMap::new();
    for (filter, centre) in [("A", Some("A")), ("B", Some("B")), ("", None)] {
        let path =
            format!("/v1/statements/income-statement?from={from}&to={to}&dimension=costCentre:{filter}");
        let found = figures(&get(accountant, &path).await);
        assert_eq!(
            found,
            of_types(sums(posted, Some(from), to, |of| of == centre), true),
            "{from} {to} {filter}"
        );
        for (code, amount) in found {
            *total.entry(code).or_default() += amount;
        }
    }
    total.retain(|_, amount| !amount.is_zero());
    assert_eq!(total, of_types(sums(posted, Some(from), to, |_| true), true), "{from} {to}");
}

#[tokio::test]
async fn statements_agree_with_the_ledger_on_every_day() {
    for (seed, step) in [(7, 1), (2_026, 4)] {
        let mut dice = Dice(seed);
        let (_app, accountant, admin) = books().await;
        let posted = history(&accountant, &admin, &mut dice).await;
        for offset in (0..LENGTH + 5).step_by(step) {
            let to = day(FIRST) + Days::new(offset);
            let from = to - Days::new(dice.below(offset + 20));
            check(&accountant, &posted, from, to).await;
            if offset % 7 == 0 {
                check_parts(&accountant, &posted, from, to).await;
                check_columns(&accountant, from, to).await;
            }
        }
        // Rates change what is in dollars, and the year is closed: all statements still agree with the ledger.
        for date in ["2024-12-31", "2025-02-10"] {
            admin.post("/v1/closing/revaluations", &json!({"date": date})).await.expect(201);
        }
        admin.post("/v1/closing/fiscal-years", &json!({"lastDay": "2024-12-31"})).await.expect(201);
        for _ in 0..25 {
            let to = day(FIRST) + Days::new(dice.below(LENGTH));
            let from = to - Days::new(dice.below(100));
            for path in [
                format!("balance-sheet?asOf={to}&compare=previousPeriod:3,2024-12-31,2025-01-01,2025-02-10"),
                format!("income-statement?from={from}&to={to}&compare=previousPeriod,2024-12-01..2024-12-31"),
                format!(
                    "cash-flow?from={from}&to={to}&compare=previousPeriod,2024-12-01..2024-12-31,2025-02-10..2025-02-11"
                ),
                format!("trial-balance?from={from}&to={to}"),
            ] {
                let found = get(&accountant, &format!("/v1/statements/{path}")).await;
                assert_eq!(found["reconciles"], true, "{path}: {found:#}");
            }
        }
    }
}
