//! Random histories of documents, notes, payments and allocations: whatever happens, the open items are those of the ledger and
//! make up the control accounts, numbers have no gaps, and documents stand as their items do.

use athyper_test_kit::Client;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::{app, check_books, invoice, payment, with};

/// What somebody does.
#[derive(Clone, Debug)]
enum Step {
    /// A document: kind, currency, terms, prices.
    Document(bool, usize, bool, Vec<(i64, i64)>),
    /// A note over a part (percent) of an earlier document.
    Note(usize, i64, bool),
    /// A payment of an earlier document: percent of its total, and how much more than that.
    Payment(usize, i64, i64),
    /// Two items settle each other.
    Allocation(usize, usize),
    /// An allocation is undone.
    Undo(usize),
    /// A payment bounces.
    Bounce(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let lines = prop::collection::vec((1_i64..40, 1_i64..100_000), 1..4);
    prop_oneof![
        4 => (any::<bool>(), 0_usize..3, any::<bool>(), lines).prop_map(|(is_sale, currency, halves, lines)| Step::Document(is_sale, currency, halves, lines)),
        2 => (0_usize..100, 1_i64..130, any::<bool>()).prop_map(|(at, percent, offsets)| Step::Note(at, percent, offsets)),
        4 => (0_usize..100, 1_i64..120, 0_i64..50).prop_map(|(at, percent, more)| Step::Payment(at, percent, more)),
        5 => (0_usize..100, 0_usize..100).prop_map(|(one, other)| Step::Allocation(one, other)),
        3 => (0_usize..100).prop_map(Step::Undo),
        1 => (0_usize..100).prop_map(Step::Bounce),
    ]
}

/// What has come to be.
#[derive(Default)]
struct World {
    documents: Vec<String>,
    payments: Vec<String>,
    allocations: Vec<String>,
    undone: usize,
}

const CURRENCIES: [&str; 3] = ["EUR", "USD", "JPY"];

async fn take(client: &Client, world: &mut World, step: &Step) -> u16 {
    let pick = |all: &[String], at: usize| (!all.is_empty()).then(|| all[at % all.len()].clone());
    match step {
        Step::Document(is_sale, currency, halves, lines) => {
            let code = if *is_sale { "S20" } else { "P20" };
            let lines: Vec<Value> = lines
                .iter()
                .map(|(quantity, price)| json!({"quantity": quantity.to_string(), "unitPrice": price.to_string(), "taxCodes": [code]}))
                .collect();
            let mut document = json!({"kind": if *is_sale { "sale" } else { "purchase" }, "date": "2025-03-01",
                "currency": CURRENCIES[*currency], "party": {"id": crate::support::ADA, "name": "Ada"}, "lines": lines});
            if *halves {
                document["terms"] = json!("HALVES");
            }
            write(client, world, &document).await
        }
        Step::Note(at, percent, offsets) => {
            let Some(id) = pick(&world.documents, *at) else { return 0 };
            let corrected = invoice(client, &id).await;
            let kind = if corrected["kind"] == "sale" { "credit_note" } else { "debit_note" };
            let units = corrected["gross"].as_str().unwrap().parse::<f64>().unwrap()
                * f64::from(i32::try_from(*percent).unwrap());
            let price = format!("{:.0}", (units / 100.0).max(1.0));
            let note = json!({"kind": kind, "corrects": id, "offsets": offsets, "date": "2025-04-02", "currency": corrected["currency"],
                "party": {"id": crate::support::ADA, "name": "Ada"}, "lines": [{"quantity": "1", "unitPrice": price}]});
            write(client, world, &note).await
        }
        Step::Payment(at, percent, more) => {
            let Some(id) = pick(&world.documents, *at) else { return 0 };
            let paid = invoice(client, &id).await;
            let gross = paid["gross"].as_str().unwrap().parse::<f64>().unwrap();
            let amount = (gross * f64::from(i32::try_from(*percent).unwrap()) / 100.0).floor().max(1.0);
            let total = amount + f64::from(i32::try_from(*more).unwrap());
            let owed_to_us = paid["kind"] == "sale" || paid["kind"] == "debit_note";
            let side = if paid["kind"] == "sale" || paid["kind"] == "credit_note" {
                "receivable"
            } else {
                "payable"
            };
            let money = payment("2025-05-02", &format!("{total:.0}"), &[(&id, &format!("{amount:.0}"))]);
            let direction = if owed_to_us { "in" } else { "out" };
            let money =
                with(&money, &json!({"direction": direction, "side": side, "currency": paid["currency"]}));
            let written = client.post("/v1/invoicing/payments", &money).await.expect(201).text("/id");
            let answer = client.post_empty(&format!("/v1/invoicing/payments/{written}/post")).await;
            if answer.status == 200 {
                world.payments.push(written);
            }
            answer.status
        }
        Step::Allocation(one, other) => allocate(client, world, (*one, *other)).await,
        Step::Undo(at) => {
            let Some(id) = pick(&world.allocations, *at) else { return 0 };
            let body = json!({"date": "2025-06-20", "reason": "Another was meant"});
            let status = client.post(&format!("/v1/invoicing/allocations/{id}/undo"), &body).await.status;
            world.undone += usize::from(status == 200);
            status
        }
        Step::Bounce(at) => {
            let Some(id) = pick(&world.payments, *at) else { return 0 };
            let body = json!({"date": "2025-07-02", "reason": "x"});
            client.post(&format!("/v1/invoicing/payments/{id}/bounce"), &body).await.status
        }
    }
}

/// Settles some open item on the debit side with some on the credit side.
async fn allocate(client: &Client, world: &mut World, (one, other): (usize, usize)) -> u16 {
    let page =
        client.get("/v1/invoicing/reports/open-items?limit=200&asOf=2025-12-31").await.expect(200).json();
    let items = page["items"].as_array().unwrap();
    let sided = |is_debit: bool| -> Vec<&Value> {
        items.iter().filter(|item| item["open"].as_str().unwrap().starts_with('-') != is_debit).collect()
    };
    let (debits, credits) = (sided(true), sided(false));
    if debits.is_empty() || credits.is_empty() {
        return 0;
    }
    let body = json!({"debit": debits[one % debits.len()]["id"], "credit": credits[other % credits.len()]["id"], "date": "2025-06-02"});
    let answer = client.post("/v1/invoicing/allocations", &body).await;
    if answer.status == 200 {
        world.allocations.push(answer.text("/id"));
    }
    answer.status
}

async fn write(client: &Client, world: &mut World, document: &Value) -> u16 {
    let answer = client.post("/v1/invoicing/invoices", document).await;
    if answer.status != 201 {
        return answer.status;
    }
    let written = answer.text("/id");
    let answer = client.post_empty(&format!("/v1/invoicing/invoices/{written}/post")).await;
    if answer.status == 200 {
        world.documents.push(written);
    }
    answer.status
}

#[tokio::test]
async fn whatever_happens_items_are_those_of_the_ledger_and_make_up_the_control_accounts() {
    let mut runner = TestRunner::deterministic();
    let steps = prop::collection::vec(step(), 140).new_tree(&mut runner).unwrap().current();
    let (app, accountant) = app().await;
    let mut world = World::default();
    let mut refused = 0;
    for (number, step) in steps.iter().enumerate() {
        let status = take(&accountant, &mut world, step).await;
        assert!([0, 200, 409, 422].contains(&status), "{step:?}: {status}");
        refused += usize::from(status > 200);
        if number % 10 == 9 {
            check_books(&app).await;
        }
    }
    assert!(world.undone > 0, "nothing was undone");
    assert!(world.documents.len() > 20 && world.payments.len() > 5 && refused > 5, "nothing much happened");
    let mut admin = app.db.superuser().await;
    let gaps: Vec<(String, i64, i64)> = sqlx::query_as(
        "select kind, count(*), max(right(number, 6)::bigint) from invoicing.invoice where number is not null \
         group by kind having count(*) <> max(right(number, 6)::bigint)",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    assert!(gaps.is_empty(), "{gaps:?}");
}
