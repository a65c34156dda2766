//! Random histories of entries between legal entities: each balances in both books, and what fails leaves nothing.

use rust_decimal::Decimal;
use serde_json::json;

use super::{ENTRIES, id, stage};

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

    pub(crate) fn amount(&mut self) -> Decimal {
        Decimal::new(i64::try_from(1 + self.below(9_999_999)).unwrap(), 2)
    }
}

#[tokio::test]
async fn each_entry_balances_in_both_books_and_what_fails_leaves_nothing() {
    let stage = stage().await;
    let mut dice = Dice(2_026);
    let (mut kept, mut made) = (0, Vec::new());
    for _ in 0..60 {
        let sides = if dice.below(2) == 0 { ["main", "over"] } else { ["over", "main"] };
        let currency = ["EUR", "USD", "CHF", "JPY"][usize::try_from(dice.below(4)).unwrap()];
        let amount = |dice: &mut Dice| {
            if currency == "JPY" { dice.amount().trunc() + Decimal::ONE } else { dice.amount() }
        };
        let side = ["debit", "credit"][usize::try_from(dice.below(2)).unwrap()];
        let lines: Vec<Decimal> = (0..=dice.below(3)).map(|_| amount(&mut dice)).collect();
        let line = |amount: &Decimal| json!({"account": "Rent", side: amount.to_string()});
        let mut asked = json!({"id": id(), "date": "2025-03-31", "currency": currency,
            "from": {"entity": sides[0], "lines": lines.iter().map(line).collect::<Vec<_>>()}, "to": {"entity": sides[1]}});
        for (name, entity) in [("from", sides[0]), ("to", sides[1])] {
            let base = if entity == "main" { "EUR" } else { "USD" };
            // A rate is recorded of the other's currency alone; some entries of others have none.
            if !["EUR", "USD"].contains(&currency) && dice.below(5) > 0
                || currency != base && dice.below(2) == 0
            {
                asked[name]["rate"] =
                    json!(Decimal::new(i64::try_from(1 + dice.below(30_000)).unwrap(), 4).to_string());
            }
        }
        if dice.below(6) == 0 {
            let account = ["Nowhere", "Rent"][usize::try_from(dice.below(2)).unwrap()];
            asked["to"]["lines"] = json!([{"account": account, side: "1"}]);
        }
        let answer = stage.accountant.post(ENTRIES, &asked).await;
        match answer.status {
            201 => {
                kept += 2;
                made.push(answer.header("location"));
            }
            status => assert_eq!(status, 422, "{answer:?}"),
        }
        if dice.below(5) == 0 && !made.is_empty() {
            let place = usize::try_from(dice.below(u64::try_from(made.len()).unwrap())).unwrap();
            let path = format!("{}/reverse", made.swap_remove(place));
            stage
                .accountant
                .post(&path, &json!({"reason": "By chance", "date": "2025-04-01"}))
                .await
                .expect(200);
            kept += 2;
        }
        assert_eq!(stage.journals().await, kept);
        assert!(stage.agreement().await.iter().all(|pair| pair[3].trim_matches(['0', '.']).is_empty()));
    }
    assert!(kept > 60 && made.len() < 60, "{kept} journals, {} entries", made.len());
    // In each journal, debits equal credits in its currency and in the base currency of its books.
    let mut admin = stage.app.db.superuser().await;
    let unbalanced: i64 = sqlx::query_scalar(
        "select count(*) from (select 1 from finance.journal_line group by tenant_id, journal_id, currency \
         having sum(debit) <> sum(credit) union all select 1 from finance.journal_line group by tenant_id, journal_id \
         having sum(base_debit) <> sum(base_credit)) unbalanced",
    )
    .fetch_one(&mut admin)
    .await
    .unwrap();
    assert_eq!(unbalanced, 0);
}
