//! Reminders: each item once at a level, one mail for a party and level.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{NewJob, enqueue};
use athyper_test_kit::TestApp;
use serde_json::{Value, json};

use crate::support::{app, pay, payment, post, record, sale, with};

/// Runs the job of the reminders and gives the mails that wait to be sent: to, subject, text.
async fn remind(app: &TestApp) -> Vec<(String, String, String)> {
    app.db.clock.advance(chrono::TimeDelta::seconds(1));
    let context = app.db.context("demo");
    let mut tx = app.db.database.tenant_tx(&context).await.unwrap();
    let job = NewJob::of_type("invoicing.send_reminders", "default", 5, json!({}));
    enqueue(&mut tx, job).await.unwrap();
    tx.commit(AuditEvent::info("test.enqueue")).await.unwrap();
    app.run_job().await.unwrap();
    let mut admin = app.db.superuser().await;
    let mails: Vec<Value> =
        sqlx::query_scalar("delete from jobs.job where type = 'platform.send_mail' returning payload")
            .fetch_all(&mut admin)
            .await
            .unwrap();
    let text = |mail: &Value, pointer: &str| mail.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let mut found: Vec<_> =
        mails.iter().map(|mail| (text(mail, "/to/0"), text(mail, "/subject"), text(mail, "/text"))).collect();
    found.sort();
    found
}

#[tokio::test]
async fn each_item_is_reminded_of_once_at_each_level() {
    let (app, _) = app().await;
    let admin = app.user("demo", "admin");
    for (level, days) in [(1, 5), (2, 30)] {
        let words = json!({"level": level, "daysOverdue": days, "subject": format!("Level {level}"), "body": "{party}:\n{items}"});
        record(&admin, "dunning_level", &words).await;
    }
    let zoe = record(&admin, "party", &json!({"name": "Zoe", "email": "zoe@example.com"})).await;
    let quiet =
        record(&admin, "party", &json!({"name": "Quiet", "email": "q@example.com", "reminded": false})).await;
    let today = app.db.database.clock().now().date_naive();
    let ago = |days: i64| (today - chrono::TimeDelta::days(days)).to_string();
    let of = |party: &str, days: i64, price: &str| {
        with(
            &sale(&ago(days), price),
            &json!({"party": {"id": party}, "lines": [{"quantity": "1", "unitPrice": price}]}),
        )
    };
    assert!(remind(&app).await.is_empty());
    let mut ids = Vec::new();
    for document in [of(&zoe, 5, "10"), of(&zoe, 6, "20"), of(&zoe, 4, "40"), of(&quiet, 6, "80")] {
        ids.push(post(&admin, &document).await.expect(200).text("/id"));
    }
    let mails = remind(&app).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!((mails[0].0.as_str(), mails[0].1.as_str()), ("zoe@example.com", "Level 1"));
    assert!(
        mails[0].2.starts_with("Zoe:\n") && mails[0].2.contains("20.00 EUR") && !mails[0].2.contains("40.00")
    );
    assert!(remind(&app).await.is_empty(), "it was said already");
    let part = with(&payment(&today.to_string(), "10", &[(&ids[0], "10")]), &json!({"party": {"id": zoe}}));
    pay(&admin, &part).await.expect(200);
    let mut superuser = app.db.superuser().await;
    let level = "update invoicing.dunning_level set days_overdue = 5 where level = 2";
    sqlx::raw_sql(level).execute(&mut superuser).await.unwrap();
    let mails = remind(&app).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(
        mails[0].1 == "Level 2" && mails[0].2.contains("20.00 EUR") && !mails[0].2.contains("10.00"),
        "{mails:?}"
    );
    assert!(remind(&app).await.is_empty());
}
