//! Periods: declaring, closing, reopening, and the months that make themselves.

use serde_json::{Value, json};

use crate::support::{
    add_period, after_a_posting_under_way, app, app_with_accounts, draft, events, fee, field, fields, post,
};

async fn spans(client: &athyper_test_kit::Client) -> Vec<(String, String)> {
    let page = client.get("/v1/finance/periods").await.expect(200).json();
    let text = |period: &Value, name: &str| period[name].as_str().unwrap().to_owned();
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|period| (text(period, "startsOn"), text(period, "endsOn")))
        .collect()
}

#[tokio::test]
async fn periods_do_not_overlap() {
    let app = app().await;
    let accountant = app.user("demo", "accountant");
    let id = add_period(&accountant, "Q1", "2025-01-01", "2025-03-31").await;
    let read = accountant.get(&format!("/v1/finance/periods/{id}")).await.expect(200);
    assert_eq!(
        read.json(),
        json!({"id": id, "entity": "main", "name": "Q1", "startsOn": "2025-01-01", "endsOn": "2025-03-31", "state": "open", "version": 1})
    );
    for (starts_on, ends_on) in [
        ("2025-03-31", "2025-04-30"),
        ("2024-12-01", "2025-01-01"),
        ("2025-02-01", "2025-02-02"),
        ("2024-01-01", "2026-01-01"),
    ] {
        let period = json!({"name": "x", "startsOn": starts_on, "endsOn": ends_on});
        let answer = accountant.post("/v1/finance/periods", &period).await.expect(409);
        assert_eq!(answer.code(), "finance.period_overlaps");
    }
    let backwards = json!({"name": "x", "startsOn": "2025-05-02", "endsOn": "2025-05-01"});
    let answer = accountant.post("/v1/finance/periods", &backwards).await.expect(422);
    assert_eq!(fields(&answer), [field("/endsOn", "before_start")]);
    let nameless = json!({"name": " ", "startsOn": "2025-05-01", "endsOn": "2025-05-31"});
    accountant.post("/v1/finance/periods", &nameless).await.expect(422);
    add_period(&accountant, "April", "2025-04-01", "2025-04-30").await;
    // Another tenant has a calendar of its own.
    add_period(&app.user("globex", "admin"), "Year", "2025-01-01", "2025-12-31").await;
}

#[tokio::test]
async fn overlapping_periods_are_refused_even_when_sent_at_once() {
    let app = app().await;
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let accountant = app.user("demo", "accountant");
        let period = json!({"name": "x", "startsOn": "2025-01-01", "endsOn": "2025-01-31"});
        all.spawn(async move { accountant.post("/v1/finance/periods", &period).await.status });
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn a_date_without_a_period_gets_its_month_or_what_is_left_of_it() {
    let (_app, accountant) = app_with_accounts().await;
    post(&accountant, &fee("2025-02-10", "1.00")).await.expect(200);
    post(&accountant, &fee("2025-02-11", "1.00")).await.expect(200);
    assert_eq!(spans(&accountant).await, [("2025-02-01".to_owned(), "2025-02-28".to_owned())]);
    add_period(&accountant, "Start of March", "2025-03-01", "2025-03-09").await;
    add_period(&accountant, "End of March", "2025-03-20", "2025-04-10").await;
    let posted = post(&accountant, &fee("2025-03-15", "1.00")).await.expect(200);
    assert_eq!(posted.text("/state"), "posted");
    post(&accountant, &fee("2025-04-30", "1.00")).await.expect(200);
    let expected = [
        ("2025-02-01", "2025-02-28"),
        ("2025-03-01", "2025-03-09"),
        ("2025-03-10", "2025-03-19"),
        ("2025-03-20", "2025-04-10"),
        ("2025-04-11", "2025-04-30"),
    ];
    assert_eq!(spans(&accountant).await, expected.map(|(start, end)| (start.to_owned(), end.to_owned())));
    let page = accountant.get("/v1/finance/periods?limit=3").await.json();
    assert_eq!(page["items"][2]["name"], "2025-03-10 to 2025-03-19");
    let next = format!("/v1/finance/periods?limit=3&cursor={}", page["nextCursor"].as_str().unwrap());
    let next = accountant.get(&next).await.json();
    assert_eq!((next["items"].as_array().unwrap().len(), &next["nextCursor"]), (2, &Value::Null));
}

#[tokio::test]
async fn a_closed_period_takes_no_posting_until_it_is_reopened() {
    let (app, accountant) = app_with_accounts().await;
    let admin = app.user("demo", "admin");
    let id = add_period(&accountant, "January", "2025-01-01", "2025-01-31").await;
    let journal = draft(&accountant, &fee("2025-01-10", "4.00")).await;
    let path = format!("/v1/finance/periods/{id}");
    admin.with("if-match", "\"7\"").post_empty(&format!("{path}/close")).await.expect(412);
    let closed = admin.with("if-match", "\"1\"").post_empty(&format!("{path}/close")).await.expect(200);
    assert_eq!((closed.text("/state"), closed.header("etag")), ("closed".to_owned(), "\"2\"".to_owned()));
    for client in [&accountant, &admin] {
        let answer = client.post_empty(&format!("/v1/finance/journals/{journal}/post")).await.expect(409);
        assert_eq!(answer.code(), "finance.period_closed");
        assert_eq!(fields(&answer), [field("/date", "period_closed")]);
    }
    admin.post_empty(&format!("{path}/close")).await.expect(409);
    admin.post_empty(&format!("{path}/soft-close")).await.expect(409);
    admin.post(&format!("{path}/reopen"), &json!({})).await.expect(422);
    let reopened =
        admin.post(&format!("{path}/reopen"), &json!({"reason": "late invoice"})).await.expect(200);
    assert_eq!(reopened.text("/state"), "open");
    admin.post(&format!("{path}/reopen"), &json!({"reason": "again"})).await.expect(409);
    accountant.post_empty(&format!("/v1/finance/journals/{journal}/post")).await.expect(200);
    let written = events(&app, "finance.reopen_period").await;
    assert_eq!(written[0].2["reason"], "late invoice");
    assert_eq!(written[0].2["changes"], json!({"state": {"before": "closed", "after": "open"}}));
    assert_eq!(events(&app, "finance.close_period").await.len(), 1);
}

#[tokio::test]
async fn a_soft_closed_period_takes_postings_of_admins_alone() {
    let (app, accountant) = app_with_accounts().await;
    let admin = app.user("demo", "admin");
    let id = add_period(&accountant, "January", "2025-01-01", "2025-01-31").await;
    let soft = admin.post_empty(&format!("/v1/finance/periods/{id}/soft-close")).await.expect(200);
    assert_eq!(soft.text("/state"), "soft_closed");
    let answer = post(&accountant, &fee("2025-01-10", "4.00")).await.expect(403);
    assert_eq!(answer.code(), "finance.period_soft_closed");
    post(&admin, &fee("2025-01-10", "4.00")).await.expect(200);
    admin.post_empty(&format!("/v1/finance/periods/{id}/close")).await.expect(200);
    post(&admin, &fee("2025-01-10", "4.00")).await.expect(409);
}

/// Whoever posts holds the period; closing it waits for them.
#[tokio::test]
async fn closing_waits_for_a_posting_under_way() {
    let (app, accountant) = app_with_accounts().await;
    post(&accountant, &fee("2025-01-09", "1.00")).await.expect(200);
    let period = accountant.get("/v1/finance/periods").await.text("/items/0/id");
    let admin = app.user("demo", "admin");
    let close = async move { admin.post_empty(&format!("/v1/finance/periods/{period}/close")).await };
    let closed = after_a_posting_under_way(&app, &fee("2025-01-10", "4.00"), close).await;
    assert_eq!(closed.expect(200).text("/state"), "closed");
}

#[tokio::test]
async fn an_import_under_way_keeps_its_periods_open() {
    let (app, accountant) = app_with_accounts().await;
    let admin = app.user("demo", "admin");
    let january = add_period(&accountant, "January", "2025-01-01", "2025-01-31").await;
    let february = add_period(&accountant, "February", "2025-02-01", "2025-02-28").await;
    // An import that stopped after its first sign of life.
    let mut superuser = app.db.superuser().await;
    sqlx::query(
        "insert into finance.day_guard (tenant_id, holder_id, first_date, last_date, guarded_until) \
         values ($1, gen_random_uuid(), '2025-01-10', '2025-01-20', $2)",
    )
    .bind(app.db.context("demo").tenant_id().uuid())
    .bind(app.db.database.clock().now() + chrono::TimeDelta::minutes(5))
    .execute(&mut superuser)
    .await
    .unwrap();
    for command in ["soft-close", "close"] {
        let answer = admin.post_empty(&format!("/v1/finance/periods/{january}/{command}")).await.expect(409);
        assert_eq!(answer.code(), "finance.import_running");
    }
    admin.post_empty(&format!("/v1/finance/periods/{february}/close")).await.expect(200);
    app.db.clock.advance(chrono::TimeDelta::minutes(6));
    admin.post_empty(&format!("/v1/finance/periods/{january}/close")).await.expect(200);
}
