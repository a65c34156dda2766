//! What the database itself refuses, whatever a program does.

use serde_json::json;

use super::{id, stage};

#[tokio::test]
async fn the_database_keeps_what_must_never_break() {
    let stage = stage().await;
    stage.active(json!([{"key": "ads", "accounts": {"code": "Expenses:Ads"}, "amount": "100.00"}])).await;
    stage.reserve("Expenses:Ads", "60.00").await.expect(201);
    let mut admin = stage.app.db.superuser().await;
    for (statement, rule) in [
        ("update budgeting.commitment set reserved = reserved + 1", "commitment_conserved"),
        ("update budgeting.commitment set reserved = -1, released = amount + 1", "commitment_parts"),
        ("update budgeting.line set label = 'x'", "budget_immutable"),
        ("delete from budgeting.line_amount", "budget_immutable"),
        (
            "insert into budgeting.line_amount select tenant_id, id, date '2025-07-02', 1 from budgeting.line",
            "budget_immutable",
        ),
        ("update budgeting.budget set approved_by = created_by", "budget_second_person"),
    ] {
        let refused = sqlx::query(statement).execute(&mut admin).await.unwrap_err();
        let found = refused.as_database_error().and_then(|error| error.constraint()).map(str::to_owned);
        assert_eq!(found.as_deref(), Some(rule), "{statement}: {refused}");
    }
    let one_sided = format!(
        "with made as (insert into budgeting.transfer (tenant_id, id, kind, budget_id, into_id, reason, total, currency, version, \
         created_at, created_by) select tenant_id, '{0}', 'transfer', id, id, 'x', 1, 'EUR', 1, now(), 'x' from budgeting.budget \
         returning tenant_id) insert into budgeting.transfer_line (tenant_id, transfer_id, line_no, line_id, key, month, amount) \
         select tenant_id, '{0}', 1, id, key, date '2025-01-01', 5 from budgeting.line",
        id()
    );
    let refused = sqlx::query(sqlx::AssertSqlSafe(one_sided)).execute(&mut admin).await.unwrap_err();
    let found = refused.as_database_error().and_then(|error| error.constraint()).map(str::to_owned);
    assert_eq!(found.as_deref(), Some("transfer_sums_to_zero"), "{refused}");
    // The role of the program may not rewrite what is written down.
    for table in ["movement", "transfer", "transfer_line", "overrun", "fund_grant"] {
        let may: bool = sqlx::query_scalar(
            "select has_table_privilege('athyper_app', 'budgeting.' || $1, 'update, delete')",
        )
        .bind(table)
        .fetch_one(&mut admin)
        .await
        .unwrap();
        assert!(!may, "{table}");
    }
}

#[tokio::test]
async fn tenants_see_nothing_of_each_other() {
    let stage = stage().await;
    let budget =
        stage.active(json!([{"key": "ads", "accounts": {"code": "Expenses:Ads"}, "amount": "100.00"}])).await;
    let commitment = stage.reserve("Expenses:Ads", "60.00").await.expect(201).text("/id");
    let other = stage.app.user("globex", "accountant");
    other.get(&format!("{}/{budget}", super::BUDGETS)).await.expect(404);
    other.get(&format!("{}/{commitment}", super::COMMITMENTS)).await.expect(404);
    let step = json!({"id": id()});
    other.post(&format!("{}/{commitment}/release", super::COMMITMENTS), &step).await.expect(404);
}
