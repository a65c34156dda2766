//! Netting: in the books of both or of neither, each item once, and nothing that the two do not have alike.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::intercompany_histories::Dice;
use super::{RELATIONS, Stage, fields, pair, stage};
use crate::support::{add_account, add_rule, post};

const NETTINGS: &str = "/v1/group/nettings";
/// `over` in the books of `main`, and `main` in those of `over`.
const OVER: &str = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072";
const MAIN: &str = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073";

/// Two legal entities that have each other as parties on control accounts.
async fn parties() -> Stage {
    let stage = stage().await;
    add_account(&stage.accountant, "Receivable", "asset", "receivable").await;
    add_account(&stage.accountant, "Payable", "liability", "payable").await;
    add_account(&stage.accountant, "Exchange", "expense", "other").await;
    add_rule(&stage.accountant, "exchange_realised", "Exchange").await;
    let old = stage.accountant.get(RELATIONS).await.expect(200).text("/items/0/id");
    let end = json!({"lastDay": "2025-01-31"});
    stage.accountant.post(&format!("{RELATIONS}/{old}/end"), &end).await.expect(200);
    let mut relation = super::relation();
    relation["validFrom"] = json!("2025-02-01");
    relation["a"]["party"] = json!(MAIN);
    relation["b"]["party"] = json!(OVER);
    stage.accountant.post(RELATIONS, &relation).await.expect(201);
    stage
}

impl Stage {
    /// Enters a document in the books of one of the two: what the other owes it, below zero for what it owes.
    async fn document(&self, entity: &str, reference: &str, amount: (Decimal, &str)) {
        self.document_at(entity, reference, amount, json!({})).await;
    }

    /// The same at stated rates, by currency.
    async fn document_at(
        &self,
        entity: &str,
        reference: &str,
        (amount, currency): (Decimal, &str),
        rates: Value,
    ) {
        let (account, sides) = if amount.is_sign_positive() {
            ("Receivable", ["debit", "credit"])
        } else {
            ("Payable", ["credit", "debit"])
        };
        let party = if entity == "main" { OVER } else { MAIN };
        let text = amount.abs().to_string();
        let journal = json!({"entity": entity, "date": "2025-02-10", "reference": reference, "rates": rates, "lines": [
            {"account": account, sides[0]: text, "currency": currency, "party": party, "dueOn": "2025-04-10"},
            {"account": "Sales", sides[1]: text, "currency": currency}]});
        post(&self.accountant, &journal).await;
    }

    /// Enters it in the books of both, by what `over` owes `main`.
    async fn both(&self, reference: &str, amount: &str, currency: &str) {
        let amount: Decimal = amount.parse().unwrap();
        self.document("main", reference, (amount, currency)).await;
        self.document("over", reference, (-amount, currency)).await;
    }

    /// What is open in the books of one of the two by reference, debit positive, without what is settled.
    async fn open(&self, entity: &str) -> BTreeMap<String, Decimal> {
        let mut superuser = self.app.db.superuser().await;
        let items: Vec<(Option<String>, Decimal)> = sqlx::query_as(
            "select item.reference, sum(item.open) from finance.open_item item \
             join finance.legal_entity entity on entity.tenant_id = item.tenant_id and entity.id = item.entity_id \
             where entity.code = $1 and item.open <> 0 group by item.reference",
        )
        .bind(entity)
        .fetch_all(&mut superuser)
        .await
        .unwrap();
        items.into_iter().map(|(reference, open)| (reference.unwrap_or_default(), open.normalize())).collect()
    }

    async fn proposal(&self) -> Value {
        let path = "/v1/group/reports/netting?entity=over&partner=main&currency=USD&on=2025-03-31";
        self.accountant.get(path).await.expect(200).json()["proposals"][0].clone()
    }
}

fn netting() -> Value {
    json!({"entity": "over", "partner": "main", "currency": "USD", "date": "2025-03-31"})
}

/// Buckley, "Multinational Finance" (1986), as told at angelfire.com/ca/finrisk/Netting.html under "Bilateral Netting": one owes 6 million
/// dollars and is owed 4 million, so that 2 million are left.
#[tokio::test]
async fn of_six_and_four_millions_two_are_left_in_the_books_of_both() {
    let stage = parties().await;
    stage.both("M-1", "6000000.00", "USD").await;
    stage.both("O-1", "-4000000.00", "USD").await;
    stage.both("M-2", "50.00", "USD").await;
    stage.document("main", "M-3", (Decimal::from(70), "USD")).await;
    let before = [stage.open("main").await, stage.open("over").await];

    let proposal = stage.proposal().await;
    // `main` comes first in the order of codes, whoever is named first.
    assert_eq!(
        (proposal["receivable"].as_str(), proposal["rest"].as_str()),
        (Some("6000050.00"), Some("2000050.00"))
    );
    assert_eq!(proposal["leftOut"][0]["why"], "not_with_partner");
    let disputed =
        proposal["pairs"].as_array().unwrap().iter().find(|pair| pair["reference"] == "M-2").unwrap();
    let mut asked = netting();
    asked["rest"] = json!("2000000.00");
    let refused = stage.accountant.post(NETTINGS, &asked).await.expect(409);
    assert_eq!(
        (refused.code(), fields(&refused)),
        ("group.netting_changed".into(), vec![pair("/rest", "changed")])
    );
    asked["leaveOut"] = json!([{"item": disputed["partnerItem"], "reason": "The goods were broken"}]);
    asked["reference"] = json!("NET-7");
    let made = stage.accountant.post(NETTINGS, &asked).await.expect(201);
    assert_eq!(
        [made.text("/receivable"), made.text("/payable"), made.text("/rest")],
        ["6000000.00", "4000000.00", "2000000.00"]
    );
    assert_eq!(made.json()["leftOut"].as_array().unwrap().len(), 3);

    let open = |pairs: &[(&str, i64)]| -> BTreeMap<String, Decimal> {
        pairs.iter().map(|(reference, amount)| ((*reference).to_owned(), Decimal::from(*amount))).collect()
    };
    assert_eq!(stage.open("main").await, open(&[("M-2", 50), ("M-3", 70), ("NET-7", 2_000_000)]));
    assert_eq!(stage.open("over").await, open(&[("M-2", -50), ("NET-7", -2_000_000)]));
    assert_eq!(stage.accountant.post(NETTINGS, &netting()).await.expect(409).code(), "group.nothing_to_net");
    let path = made.header("location");
    assert_eq!(
        stage.accountant.get(&path).await.expect(200).text("/partner/restItem"),
        made.text("/partner/restItem")
    );

    // Neither journal is reversed alone; undone, all is open as it was.
    for side in ["entity", "partner"] {
        let journal = format!("/v1/finance/journals/{}/reverse", made.text(&format!("/{side}/journal")));
        stage.accountant.post(&journal, &json!({})).await.expect(409);
    }
    let undo = json!({"reason": "Not due yet", "date": "2025-04-01"});
    let undone = stage.accountant.post(&format!("{path}/undo"), &undo).await.expect(200);
    assert_eq!((undone.text("/state"), undone.text("/undoneOn")), ("undone".into(), "2025-04-01".into()));
    assert_eq!([stage.open("main").await, stage.open("over").await], before);
    // What was netted is said alike by whoever answers.
    assert_eq!(made.json()["pairs"][0]["dueOn"], "2025-04-10");
    let shown = stage.accountant.get(&path).await.expect(200);
    for answer in [&undone, &shown] {
        assert_eq!(
            (&answer.json()["pairs"], &answer.json()["leftOut"]),
            (&made.json()["pairs"], &made.json()["leftOut"])
        );
    }
    assert_eq!(
        stage.accountant.post(&format!("{path}/undo"), &undo).await.expect(409).code(),
        "group.netting_undone"
    );
}

#[tokio::test]
async fn a_rest_is_netted_again_and_what_is_settled_of_it_keeps_it_from_being_undone() {
    let stage = parties().await;
    for (reference, amount) in [("M-1", "100.00"), ("O-1", "-40.00")] {
        stage.both(reference, amount, "USD").await;
    }
    let first = stage.accountant.post(NETTINGS, &netting()).await.expect(201);
    stage.both("O-2", "-60.00", "USD").await;
    let second = stage.accountant.post(NETTINGS, &netting()).await.expect(201);
    assert_eq!((second.text("/rest"), &second.json()["entity"]["restItem"]), ("0.00".into(), &Value::Null));
    assert!(stage.open("main").await.is_empty() && stage.open("over").await.is_empty());
    let undo = async |made: &athyper_test_kit::Answer| {
        stage.accountant.post(&format!("{}/undo", made.header("location")), &json!({"reason": "Wrong"})).await
    };
    undo(&first).await.expect(409);
    undo(&second).await.expect(200);
    undo(&first).await.expect(200);
    assert_eq!(stage.open("main").await.len(), 3);
}

#[tokio::test]
async fn who_is_no_party_of_the_other_is_not_netted_with() {
    let stage = stage().await;
    let refused = stage.accountant.post(NETTINGS, &netting()).await.expect(422);
    assert_eq!(fields(&refused), [pair("/partner", "no_party")]);
    let refused =
        stage.accountant.get("/v1/group/reports/netting?entity=main&partner=nobody").await.expect(422);
    assert_eq!(fields(&refused), [pair("?partner", "no_relation")]);
    let stage = parties().await;
    stage.both("M-1", "1.00", "USD").await;
    let mut asked = netting();
    asked["leaveOut"] = json!([{"item": OVER, "reason": "Unknown"}]);
    let refused = stage.accountant.post(NETTINGS, &asked).await.expect(422);
    assert_eq!(fields(&refused), [pair("/leaveOut/0/item", "unknown_item")]);
    // A period that is closed for one of the two leaves nothing in the books of either.
    stage.both("O-1", "-1.00", "USD").await;
    let journals = stage.journals().await;
    stage.admin.post_empty(&stage.march("over").await).await.expect(200);
    let refused = stage.accountant.post(NETTINGS, &netting()).await;
    assert!((400..500).contains(&refused.status), "{refused:?}");
    assert_eq!((stage.journals().await, stage.open("main").await.len()), (journals, 2));
}

/// The documents stated their rates; the day of the netting has none in the books of `over`.
#[tokio::test]
async fn a_rate_that_nobody_recorded_is_named() {
    let stage = parties().await;
    crate::support::record_rate(&stage.admin, "GBP", "2025-01-01", "1.2").await;
    for (entity, reference, amount) in
        [("main", "M-1", 100), ("over", "M-1", -100), ("main", "O-1", -40), ("over", "O-1", 40)]
    {
        stage.document_at(entity, reference, (Decimal::from(amount), "GBP"), json!({"GBP": "1.25"})).await;
    }
    let mut asked = netting();
    asked["currency"] = json!("GBP");
    for (one, other, pointer) in [("over", "main", "/entity"), ("main", "over", "/partner")] {
        asked["entity"] = json!(one);
        asked["partner"] = json!(other);
        let refused = stage.accountant.post(NETTINGS, &asked).await.expect(422);
        assert_eq!(fields(&refused), [pair(pointer, "rate_missing")]);
        let message = refused.text("/errors/0/message");
        assert!(message.starts_with("there is no rate of GBP in USD"), "{message}");
    }
    assert_eq!((stage.open("main").await.len(), stage.open("over").await.len()), (2, 2));
}

#[tokio::test]
async fn of_many_who_net_at_once_each_item_is_netted_once_and_both_agree() {
    let stage = parties().await;
    let mut dice = Dice(7_2025);
    let mut documents = Vec::new();
    for number in 0..14 {
        let amount = if dice.below(2) == 0 { dice.amount() } else { -dice.amount() };
        stage.both(&format!("D-{number}"), &amount.to_string(), "USD").await;
        documents.push(amount);
    }
    let left: Decimal = documents.iter().sum();
    let mut runners = JoinSet::new();
    for _ in 0..4 {
        let client = stage.app.user("demo", "accountant");
        runners.spawn(async move { client.post(NETTINGS, &netting()).await.status });
    }
    let mut made = 0;
    while let Some(status) = runners.join_next().await {
        let status = status.unwrap();
        assert!([201, 409, 503].contains(&status), "{status}");
        made += i32::from(status == 201);
    }
    assert_eq!(made, 1);
    let (main, over) = (stage.open("main").await, stage.open("over").await);
    assert_eq!(main.values().sum::<Decimal>(), left);
    let mirrored: BTreeMap<String, Decimal> =
        over.into_iter().map(|(reference, open)| (reference, -open)).collect();
    assert_eq!(main, mirrored);
    assert_eq!(main.len(), usize::from(!left.is_zero()));
}
