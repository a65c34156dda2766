//! What the database itself refuses, whatever a program sends.

use athyper_test_kit::TestApp;
use sqlx::AssertSqlSafe;

use crate::support::{app_with_accounts, draft, fee, post};

/// Runs a statement as the superuser, who is bound by nothing but the triggers, and gives the constraint that refused it.
async fn refused_by(app: &TestApp, statement: &str) -> String {
    let mut superuser = app.db.superuser().await;
    let ended = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut superuser).await;
    let error = ended.expect_err(statement);
    let constraint = error.as_database_error().and_then(|error| error.constraint().map(str::to_owned));
    constraint.unwrap_or_else(|| panic!("{statement}: {error}"))
}

#[tokio::test]
async fn a_posted_journal_and_its_lines_never_change() {
    let (app, accountant) = app_with_accounts().await;
    let id = post(&accountant, &fee("2025-01-10", "4.00")).await.expect(200).text("/id");
    for statement in [
        format!("update finance.journal set narration = 'x' where id = '{id}'"),
        format!("update finance.journal set date = '2025-01-11' where id = '{id}'"),
        format!(
            "update finance.journal set state = 'draft', number = null, sequence = null, fiscal_year = null, posted_at = null, posted_by = null where id = '{id}'"
        ),
        format!(
            "update finance.journal set state = 'reversed', reversed_by_id = id, payee = 'x' where id = '{id}'"
        ),
        format!("delete from finance.journal where id = '{id}'"),
        format!("delete from finance.journal_line where journal_id = '{id}'"),
        format!(
            "update finance.journal_line set debit = debit * 2, credit = credit * 2 where journal_id = '{id}'"
        ),
        // What they are worth neither, nor by the way of a draft.
        format!("update finance.journal_line set rate = 2 where journal_id = '{id}'"),
        format!(
            "update finance.journal_line set posted_on = null, base_debit = null, base_credit = null where journal_id = '{id}'"
        ),
        // Even a pair of lines that balances.
        format!(
            "insert into finance.journal_line (tenant_id, journal_id, entity_id, line_no, account_id, debit, credit, currency) \
             select tenant_id, journal_id, entity_id, line_no + 2, account_id, debit, credit, currency from finance.journal_line where journal_id = '{id}'"
        ),
    ] {
        assert_eq!(refused_by(&app, &statement).await, "journal_immutable", "{statement}");
    }
}

/// A posting says what the lines of its draft are worth; what they say is replaced as a whole.
#[tokio::test]
async fn lines_of_a_draft_are_valued_and_change_in_nothing_else() {
    let (app, accountant) = app_with_accounts().await;
    let posted = post(&accountant, &fee("2025-01-10", "4.00")).await.expect(200).text("/id");
    let id = draft(&accountant, &fee("2025-01-10", "4.00")).await;
    for column in [
        "debit = debit + 1, credit = credit + 1",
        "memo = 'x'",
        "line_no = line_no + 10",
        "due_on = '2025-02-01'",
    ] {
        let statement = format!("update finance.journal_line set {column} where journal_id = '{id}'");
        assert_eq!(refused_by(&app, &statement).await, "journal_immutable", "{statement}");
    }
    let moved = format!(
        "update finance.journal_line set journal_id = '{id}', line_no = 7 where journal_id = '{posted}' and line_no = 1"
    );
    assert_eq!(refused_by(&app, &moved).await, "journal_immutable");
    // The application has no right to more than that.
    let mut superuser = app.db.superuser().await;
    let columns: Vec<String> = sqlx::query_scalar(
        "select column_name::text from information_schema.column_privileges where table_schema = 'finance' \
         and table_name = 'journal_line' and privilege_type = 'UPDATE' and grantee = 'athyper_app' order by 1",
    )
    .fetch_all(&mut superuser)
    .await
    .unwrap();
    assert_eq!(columns, ["base_credit", "base_debit", "party_id", "posted_on", "rate"]);
}

#[tokio::test]
async fn a_reversed_journal_stays_reversed() {
    let (app, accountant) = app_with_accounts().await;
    let id = post(&accountant, &fee("2025-01-10", "4.00")).await.expect(200).text("/id");
    let nothing = serde_json::json!({});
    accountant.post(&format!("/v1/finance/journals/{id}/reverse"), &nothing).await.expect(201);
    let statement =
        format!("update finance.journal set state = 'posted', reversed_by_id = null where id = '{id}'");
    assert_eq!(refused_by(&app, &statement).await, "journal_immutable");
}

#[tokio::test]
async fn nothing_becomes_posted_that_does_not_balance() {
    let (app, accountant) = app_with_accounts().await;
    let id = draft(&accountant, &fee("2025-01-10", "4.00")).await;
    let post = format!(
        "update finance.journal set state = 'posted', number = 'X', sequence = 1, fiscal_year = date, posted_at = now(), posted_by = 'x' \
         where id = '{id}'"
    );
    for spoil in [
        format!("delete from finance.journal_line where journal_id = '{id}' and debit > 0"),
        format!("delete from finance.journal_line where journal_id = '{id}'"),
        format!(
            "insert into finance.journal_line (tenant_id, journal_id, entity_id, line_no, account_id, debit, credit, currency) \
             select tenant_id, journal_id, entity_id, 3, account_id, debit, credit, 'EUR' from finance.journal_line where journal_id = '{id}' and line_no = 1"
        ),
    ] {
        assert_eq!(
            refused_by(&app, &format!("begin; {spoil}; {post}; commit")).await,
            "journal_balances",
            "{spoil}"
        );
    }
    let born = "insert into finance.journal (tenant_id, id, entity_id, date, state, number, sequence, fiscal_year, posted_at, posted_by, \
         version, created_at, created_by) select tenant_id, gen_random_uuid(), entity_id, date, 'posted', 'X', 1, date, now(), 'x', 1, now(), 'x' \
         from finance.journal";
    assert_eq!(refused_by(&app, born).await, "journal_born_as_draft");
    // What a line is worth is part of what is posted.
    assert_eq!(refused_by(&app, &post).await, "journal_balances");
    let worth = |debit: &str| {
        format!(
            "begin; create temp table kept on commit drop as select * from finance.journal_line where journal_id = '{id}'; \
             delete from finance.journal_line where journal_id = '{id}'; \
             update kept set posted_on = '2025-01-10', rate = 1, base_debit = case when debit > 0 then {debit} else 0 end, \
             base_credit = credit; insert into finance.journal_line select * from kept; {post}; commit"
        )
    };
    assert_eq!(refused_by(&app, &worth("debit + 1")).await, "journal_balances");
    let mut superuser = app.db.superuser().await;
    let posted = sqlx::raw_sql(AssertSqlSafe(worth("debit"))).execute(&mut superuser).await;
    posted.expect("a balanced draft can be posted");
}

#[tokio::test]
async fn a_journal_is_reversed_by_one_journal_alone() {
    let (app, accountant) = app_with_accounts().await;
    let id = post(&accountant, &fee("2025-01-10", "4.00")).await.expect(200).text("/id");
    let nothing = serde_json::json!({});
    accountant.post(&format!("/v1/finance/journals/{id}/reverse"), &nothing).await.expect(201);
    let second = format!(
        "insert into finance.journal (tenant_id, id, entity_id, date, state, reverses_id, version, created_at, created_by) \
         select tenant_id, gen_random_uuid(), entity_id, date, 'draft', id, 1, now(), 'x' from finance.journal where id = '{id}'"
    );
    assert_eq!(refused_by(&app, &second).await, "journal_reversed_once");
}

#[tokio::test]
async fn the_application_sees_no_row_without_a_tenant() {
    let (app, accountant) = app_with_accounts().await;
    post(&accountant, &fee("2025-01-10", "4.00")).await.expect(200);
    let mut superuser = app.db.superuser().await;
    let tables: Vec<(String, bool, bool)> = sqlx::query_as(
        "select relname::text, relrowsecurity, relforcerowsecurity from pg_class \
         where relnamespace = 'finance'::regnamespace and relkind = 'r' and relname <> 'schema_migration' order by relname",
    )
    .fetch_all(&mut superuser)
    .await
    .unwrap();
    let names: Vec<&str> = tables.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "account",
            "account_rule",
            "allocation",
            "balance",
            "book",
            "day_guard",
            "dimension",
            "dimension_balance",
            "dimension_value",
            "exchange_rate",
            "import",
            "journal",
            "journal_line",
            "legal_entity",
            "open_item",
            "period",
            "settlement"
        ]
    );
    assert!(tables.iter().all(|(_, is_on, is_forced)| *is_on && *is_forced), "{tables:?}");
    let mut owner = app.db.owner().await;
    let seen: i64 =
        sqlx::query_scalar("select count(*) from finance.journal").fetch_one(&mut owner).await.unwrap();
    assert_eq!(seen, 0);
}

/// A guard that looks through all journals of a tenant makes every posting dearer than the one before.
#[tokio::test]
async fn the_guard_of_lines_looks_at_their_journal_alone() {
    const FETCHED: &str = "select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint \
        from pg_stat_xact_user_tables where schemaname = 'finance' and relname = 'journal'";
    let (app, accountant) = app_with_accounts().await;
    let id = draft(&accountant, &fee("2025-01-10", "4.00")).await;
    let copied = format!(
        "insert into finance.journal (tenant_id, id, entity_id, date, state, version, created_at, created_by) \
         select tenant_id, gen_random_uuid(), entity_id, date, 'draft', 1, now(), 'x' from finance.journal, generate_series(1, $1) \
         where id = '{id}' returning id"
    );
    let lines = format!(
        "insert into finance.journal_line (tenant_id, journal_id, entity_id, line_no, account_id, debit, credit, currency) \
         select tenant_id, $1, entity_id, line_no, account_id, debit, credit, currency from finance.journal_line where journal_id = '{id}'"
    );
    let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
    let mut fetched = Vec::new();
    // The first finds out how there are few journals, the second does the same where there are many.
    for count in [1_i64, 500] {
        let copy = sqlx::query_scalar::<_, uuid::Uuid>(AssertSqlSafe(copied.clone())).bind(count);
        let copies = copy.fetch_all(tx.conn()).await.unwrap();
        let before: i64 = sqlx::query_scalar(FETCHED).fetch_one(tx.conn()).await.unwrap();
        sqlx::query(AssertSqlSafe(lines.clone())).bind(copies[0]).execute(tx.conn()).await.unwrap();
        let after: i64 = sqlx::query_scalar(FETCHED).fetch_one(tx.conn()).await.unwrap();
        fetched.push(after - before);
    }
    assert!(fetched.iter().all(|rows| *rows <= 10), "{fetched:?} rows of journals were looked at");
}
