//! Terms: worked examples of others, and what holds of all.
//!
//! Odoo: `addons/account/tests/test_account_payment_term.py` of <https://github.com/odoo/odoo> (branch 17.0). NetSuite: record
//! `term`, field `dayofmonthnetdue` (a day that the month lacks is its last). SAP: "Cash Discount Percentage Rates and Cash
//! Discount Terms" (the 15th of the following month, the 25th in two months). Discount: the term "2/10, net 30" of textbooks,
//! such as OpenStax, Principles of Accounting 1, section 6.3.

use athyper_kernel_types::{CalendarConfig, Currency};
use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn money(text: &str, currency: &str) -> Money {
    Money::parse_amount(text, Currency::parse(currency).unwrap()).unwrap()
}

fn rule(share: Share, days: u32, anchor: Anchor) -> InstalmentRule {
    InstalmentRule { share, due: DueRule { days, anchor, days_after: 0 } }
}

fn terms(instalments: Vec<InstalmentRule>) -> Terms {
    Terms { instalments, discount: None, on_working_days: false }
}

fn due(days: u32, anchor: Anchor, days_after: u32, date: &str) -> String {
    DueRule { days, anchor, days_after }.day(day(date)).unwrap().to_string()
}

#[test]
fn due_days_of_others() {
    let on_the = |months, day| Anchor::DayOfMonth { months, day };
    let end = |months| Anchor::EndOfMonth { months };
    for (days, anchor, days_after, date, expected) in [
        // Odoo, test_payment_term_days_end_of_month_on_the: 30 days, then the 10th (31st) of the next month.
        (30, on_the(1, 10), 0, "2023-12-12", "2024-02-10"),
        (30, on_the(1, 31), 0, "2023-12-12", "2024-02-29"),
        // SAP.
        (0, on_the(1, 15), 0, "2025-01-31", "2025-02-15"),
        (0, on_the(2, 25), 0, "2025-12-31", "2026-02-25"),
        // NetSuite: no such day.
        (0, on_the(1, 31), 0, "2025-01-30", "2025-02-28"),
        (0, on_the(0, 30), 0, "2024-02-01", "2024-02-29"),
        // Net, end of month, days after it (Odoo: days_after_end_of_month), and the end of the next month.
        (30, Anchor::None, 0, "2025-01-31", "2025-03-02"),
        (0, end(0), 0, "2025-01-31", "2025-01-31"),
        (0, end(0), 10, "2025-02-03", "2025-03-10"),
        (0, end(1), 0, "2024-01-31", "2024-02-29"),
        (45, end(0), 0, "2025-01-20", "2025-03-31"),
    ] {
        assert_eq!(
            due(days, anchor, days_after, date),
            expected,
            "{days} {anchor:?} {days_after} from {date}"
        );
    }
}

/// Odoo, `pay_terms_b`: 30 percent in advance, the rest at the end of the following month.
#[test]
fn an_advance_and_the_rest() {
    let found = terms(vec![
        rule(Share::Percent(30.into()), 0, Anchor::None),
        rule(Share::Percent(70.into()), 0, Anchor::EndOfMonth { months: 1 }),
    ])
    .instalments(day("2017-01-01"), money("1410.00", "USD"), None)
    .unwrap();
    let expected = [("2017-01-01", "423.00"), ("2017-02-28", "987.00")]
        .map(|(due, amount)| Instalment { due_on: day(due), amount: money(amount, "USD") });
    assert_eq!(found, expected);
}

#[test]
fn parts_are_shared_out_by_the_largest_remainder() {
    let third = Share::Percent("33.333333".parse().unwrap());
    let last = Share::Percent("33.333334".parse().unwrap());
    let thirds = terms(vec![
        rule(third, 0, Anchor::None),
        rule(third, 30, Anchor::None),
        rule(last, 60, Anchor::None),
    ]);
    let found = thirds.instalments(day("2025-03-01"), money("100.00", "EUR"), None).unwrap();
    let amounts: Vec<String> = found.iter().map(|part| part.amount.amount().to_string()).collect();
    assert_eq!(amounts, ["33.33", "33.33", "33.34"]);
    let fixed = terms(vec![
        rule(Share::Fixed(500.into()), 0, Anchor::None),
        rule(Share::Percent(50.into()), 30, Anchor::None),
        rule(Share::Rest, 60, Anchor::None),
    ]);
    for (total, expected) in [
        ("2000.01", vec!["500.00", "1000.01", "500.00"]),
        ("600.00", vec!["500.00", "100.00"]),
        ("400.00", vec!["400.00"]),
    ] {
        let found = fixed.instalments(day("2025-03-01"), money(total, "EUR"), None).unwrap();
        let amounts: Vec<String> = found.iter().map(|part| part.amount.amount().to_string()).collect();
        assert_eq!(amounts, expected, "{total}");
    }
}

/// "2/10, net 30".
#[test]
fn a_discount_for_paying_early() {
    let mut early = Terms::immediate();
    early.discount = Some(DiscountRule { percent: 2.into(), days: 10, of_net: false });
    let (net, gross) = (money("1000.00", "EUR"), money("1190.00", "EUR"));
    let found = early.discount(day("2025-07-01"), net, gross).unwrap().unwrap();
    assert_eq!(found, Discount { until: day("2025-07-11"), amount: money("23.80", "EUR") });
    early.discount = Some(DiscountRule { percent: 2.into(), days: 10, of_net: true });
    assert_eq!(early.discount(day("2025-07-01"), net, gross).unwrap().unwrap().amount, money("20.00", "EUR"));
}

#[test]
fn what_is_due_on_a_holiday_is_due_on_the_next_working_day() {
    let config: CalendarConfig = serde_json::from_value(serde_json::json!({
        "zone": "Europe/Berlin",
        "week": {"monday": [{"from": "09:00", "to": "17:00"}], "tuesday": [{"from": "09:00", "to": "17:00"}]},
        "holidays": ["2025-03-31"]
    }))
    .unwrap();
    let calendar = BusinessCalendar::try_from(config).unwrap();
    let mut monthly = terms(vec![rule(Share::Rest, 0, Anchor::EndOfMonth { months: 0 })]);
    let total = money("1.00", "EUR");
    let due = |terms: &Terms| terms.instalments(day("2025-03-03"), total, Some(&calendar)).unwrap()[0].due_on;
    assert_eq!(due(&monthly), day("2025-03-31"));
    monthly.on_working_days = true;
    assert_eq!(due(&monthly), day("2025-04-01"));
}

#[test]
fn terms_that_contradict_themselves_are_refused() {
    let percent = |percent: i64| Share::Percent(percent.into());
    let plain = |share| rule(share, 0, Anchor::None);
    for shares in [
        vec![],
        vec![percent(60), percent(30)],
        vec![Share::Rest, percent(50)],
        vec![percent(100), Share::Rest],
        vec![Share::Fixed(10.into())],
        vec![percent(-10), Share::Rest],
    ] {
        let terms = terms(shares.clone().into_iter().map(plain).collect());
        assert!(terms.fault().is_some(), "{shares:?}");
    }
    let no_day = rule(Share::Rest, 0, Anchor::DayOfMonth { months: 1, day: 32 });
    assert!(terms(vec![no_day]).fault().is_some());
}

fn any_rules() -> impl Strategy<Value = Vec<InstalmentRule>> {
    let share = prop_oneof![
        (1_i64..3_000).prop_map(|percent| Share::Percent(Decimal::new(percent, 2))),
        (1_i64..500_000).prop_map(|amount| Share::Fixed(Decimal::new(amount, 2))),
    ];
    let anchor = prop_oneof![
        Just(Anchor::None),
        (0_u32..4).prop_map(|months| Anchor::EndOfMonth { months }),
        (0_u32..4, 1_u32..=31).prop_map(|(months, day)| Anchor::DayOfMonth { months, day }),
    ];
    prop::collection::vec((share, 0_u32..90, anchor), 0..3).prop_map(|rules| {
        let rest = (Share::Rest, 30, Anchor::None);
        rules.into_iter().chain([rest]).map(|(share, days, anchor)| rule(share, days, anchor)).collect()
    })
}

proptest! {
    #[test]
    fn instalments_sum_up_and_none_is_below_zero(rules in any_rules(), units in 1_i64..1_000_000_000, offset in 0_u64..40_000) {
        let total = Money::new(Decimal::new(units, 2), Currency::parse("EUR").unwrap()).unwrap();
        let date = day("1950-01-01") + Days::new(offset);
        let found = terms(rules).instalments(date, total, None).unwrap();
        let sum: Decimal = found.iter().map(|part| part.amount.amount()).sum();
        prop_assert_eq!(sum, total.amount());
        prop_assert!(found.iter().all(|part| part.amount.amount() > Decimal::ZERO));
    }

    #[test]
    fn a_month_is_never_overshot(months in 0_u32..30, wanted in 1_u32..=31, offset in 0_u64..40_000) {
        let date = day("1950-01-01") + Days::new(offset);
        let due = DueRule { days: 0, anchor: Anchor::DayOfMonth { months, day: wanted }, days_after: 0 }.day(date).unwrap();
        let elapsed = (due.year() * 12 + due.month0().cast_signed()) - (date.year() * 12 + date.month0().cast_signed());
        prop_assert_eq!(elapsed, months.cast_signed());
        prop_assert!(due.day() == wanted || (due.day() < wanted && due.succ_opt().unwrap().day() == 1));
    }
}
