//! Commitments over HTTP: steps, ids, expiry.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{NewJob, enqueue};
use serde_json::json;

use super::{COMMITMENTS, id, stage};

fn ads(amount: &str, control: &str) -> serde_json::Value {
    json!([{"key": "ads", "accounts": {"code": "Expenses:Ads"}, "amount": amount, "control": control}])
}

/// The worked example of an encumbrance: an appropriation of 1,000, an order of 300 and vouchers of 450 leave 250. The identity
/// (appropriations less encumbrances less expenditures) is that of governmental budgetary accounting: GASB Codification,
/// section 1700, and the US Treasury's "anti-deficiency" rule that 251 would break.
#[tokio::test]
async fn what_is_left_is_the_budget_less_commitments_less_actuals() {
    let stage = stage().await;
    let budget = stage.active(ads("1000.00", "stop")).await;
    let order = stage.reserve("Expenses:Ads", "300.00").await.expect(201).text("/id");
    stage.step(&order, "commit", &json!({"id": id()})).await.expect(200);
    stage.spend("Expenses:Ads", "450.00").await.expect(200);
    assert_eq!(stage.year(&budget, "ads").await, ["1000.00", "450.00", "0.00", "300.00", "0.00", "250.00"]);
    let path = "/v1/budgeting/availability?date=2025-03-15&account=Expenses:Ads&amount=";
    let left = stage.accountant.get(&format!("{path}250.00")).await.expect(200).json();
    assert_eq!(left, json!({"currency": "EUR", "available": "250.00", "isRefused": false}));
    assert_eq!(stage.accountant.get(&format!("{path}250.01")).await.expect(200).json()["isRefused"], true);
    assert_eq!(stage.reserve("Expenses:Ads", "250.01").await.expect(409).code(), "budgeting.exceeded");
    stage.reserve("Expenses:Ads", "250.00").await.expect(201);
    assert_eq!(stage.reserve("Expenses:Ads", "0.01").await.expect(409).code(), "budgeting.exceeded");

    let report = format!("/v1/budgeting/reports/budget?budget={budget}");
    let ledger = stage.accountant.get(&report).await.expect(200).text("/lines/0/ledgers/0");
    let lines = stage.accountant.get(&ledger).await.expect(200).json();
    assert_eq!(lines["items"][0]["debit"], "450.00", "the report leads to the postings");
    let file = stage.accountant.get(&format!("{report}&format=csv")).await.expect(200);
    let text = String::from_utf8_lossy(&file.body).into_owned();
    assert!(text.contains("ads,ads,,2025-03,83.34,450.00,250.00,300.00,0.00,-916.66\r\n"), "{text}");
    assert!(text.ends_with("ads,ads,,,1000.00,450.00,250.00,300.00,0.00,0.00\r\n"), "{text}");
}

#[tokio::test]
async fn the_same_id_is_the_same_step_and_never_another() {
    let stage = stage().await;
    stage.active(ads("1000.00", "stop")).await;
    let asked = json!({"id": id(), "date": "2025-03-15", "account": "Expenses:Ads", "amount": "600.00"});
    let first = stage.accountant.post(COMMITMENTS, &asked).await.expect(201).json();
    let again = stage.accountant.post(COMMITMENTS, &asked).await.expect(201).json();
    assert_eq!(first, again);
    let mut other = asked.clone();
    other["amount"] = json!("600.01");
    assert_eq!(stage.accountant.post(COMMITMENTS, &other).await.expect(409).code(), "budgeting.id_taken");

    let commitment = first["id"].as_str().unwrap();
    let step = json!({"id": id(), "amount": "200.00"});
    for _ in 0..3 {
        let found = stage.step(commitment, "commit", &step).await.expect(200).json();
        assert_eq!(
            (found["reserved"].as_str(), found["committed"].as_str()),
            (Some("400.00"), Some("200.00"))
        );
    }
    let taken = stage.step(commitment, "release", &step).await.expect(409);
    assert_eq!(taken.code(), "budgeting.id_taken");
    // The id of a commitment is that of its first movement.
    let taken =
        stage.step(commitment, "commit", &json!({"id": commitment, "amount": "1.00"})).await.expect(409);
    assert_eq!(taken.code(), "budgeting.id_taken");
    stage.check_movements().await;
}

#[tokio::test]
async fn steps_are_partial_and_never_beyond_what_there_is() {
    let stage = stage().await;
    let budget = stage.active(ads("1000.00", "stop")).await;
    let order = stage.reserve("Expenses:Ads", "500.00").await.expect(201).text("/id");
    let step = |amount: &str| json!({"id": id(), "amount": amount});
    assert_eq!(stage.step(&order, "consume", &step("1.00")).await.expect(409).code(), "budgeting.not_there");
    stage.step(&order, "commit", &step("400.00")).await.expect(200);
    assert_eq!(stage.step(&order, "commit", &step("100.01")).await.expect(409).code(), "budgeting.not_there");
    stage.step(&order, "consume", &step("150.00")).await.expect(200);
    stage.step(&order, "consume", &step("100.00")).await.expect(200);
    // What was consumed with nothing posted goes on counting: it is spent, whatever the ledger shows.
    assert_eq!(stage.year(&budget, "ads").await, ["1000.00", "0.00", "100.00", "150.00", "250.00", "500.00"]);
    for wrong in ["0.00", "-1.00", "0.001", "x"] {
        assert_eq!(
            stage.step(&order, "commit", &step(wrong)).await.expect(422).code(),
            "budgeting.invalid_amount"
        );
    }
    let done = stage.step(&order, "release", &json!({"id": id()})).await.expect(200).json();
    assert_eq!((done["released"].as_str(), done["state"].as_str()), (Some("250.00"), Some("settled")));
    assert_eq!(stage.year(&budget, "ads").await[5], "750.00");
    let read = stage.accountant.get(&format!("{COMMITMENTS}/{order}")).await.expect(200).json();
    let kinds: Vec<&str> = read["movements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|movement| movement["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["reserve", "commit", "consume", "consume", "release"]);
    stage.check_movements().await;
}

#[tokio::test]
async fn an_expired_reservation_is_let_go_by_the_job_and_by_nobody_else() {
    let stage = stage().await;
    let budget = stage.active(ads("1000.00", "stop")).await;
    let now = stage.app.db.database.clock().now();
    let expires = now + chrono::TimeDelta::hours(1);
    let asked = |amount: &str, at| json!({"id": id(), "date": "2025-03-15", "account": "Expenses:Ads", "amount": amount, "expiresAt": at});
    let past = stage.accountant.post(COMMITMENTS, &asked("1.00", now)).await.expect(422);
    assert_eq!(past.code(), "budgeting.expiry_past");
    let short = stage.accountant.post(COMMITMENTS, &asked("300.00", expires)).await.expect(201).text("/id");
    let later = expires + chrono::TimeDelta::hours(5);
    stage.accountant.post(COMMITMENTS, &asked("200.00", later)).await.expect(201);
    stage.step(&short, "commit", &json!({"id": id(), "amount": "100.00"})).await.expect(200);

    stage.app.db.clock.advance(chrono::TimeDelta::hours(2));
    let late = stage.step(&short, "commit", &json!({"id": id(), "amount": "1.00"})).await.expect(409);
    assert_eq!(late.code(), "budgeting.reservation_expired");
    assert_eq!(stage.year(&budget, "ads").await[5], "500.00", "it holds until the job");
    expire(&stage).await;
    assert_eq!(stage.year(&budget, "ads").await, ["1000.00", "0.00", "200.00", "100.00", "0.00", "700.00"]);
    expire(&stage).await;
    assert_eq!(stage.year(&budget, "ads").await[5], "700.00", "nothing expires twice");
    stage.check_movements().await;
}

/// Runs the job as its schedule does.
async fn expire(stage: &super::Stage) {
    let context = stage.app.db.context("demo");
    let mut tx = stage.app.db.database.tenant_tx(&context).await.unwrap();
    let job = NewJob::of_type("budgeting.expire_reservations", "default", 5, json!({}));
    enqueue(&mut tx, job).await.unwrap();
    tx.commit(AuditEvent::info("test.enqueue")).await.unwrap();
    stage.app.run_job().await.unwrap();
}
