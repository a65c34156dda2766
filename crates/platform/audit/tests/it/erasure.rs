//! Erasure: a person's values are gone, and the chain still verifies.

use athyper_kernel_audit::{AuditEvent, CLIENT_ADDRESS};
use athyper_kernel_tenant_context::Actor;
use serde_json::{Value, json};

use crate::support::{Trail, signing_each};

#[tokio::test]
async fn a_persons_values_go_and_the_chain_still_verifies() {
    let trail = Trail::new().await;
    for (actor, mail) in [("ann", "ann@example.com"), ("bob", "bob@example.com")] {
        let event = AuditEvent::info("test.signed_in")
            .by(Actor::user(actor))
            .from_address("203.0.113.7")
            .with_personal("email", mail);
        trail.write(event).await;
    }
    let about_ann = AuditEvent::info("test.invited")
        .by(Actor::user("bob"))
        .with_personal_of("ann", "invitedEmail", "ann@example.com")
        .with_personal("email", "bob@example.com");
    trail.write(about_ann).await;
    trail.seal(signing_each(2)).await;
    let before = trail.verify().await;
    assert!(before.intact, "{before:#?}");

    let admin = trail.app.user("demo", "admin");
    let seen = admin.get("/v1/audit/events?type=test.signed_in&actor=ann").await.expect(200).json();
    assert_eq!(
        seen["items"][0]["personal"],
        json!({"clientAddress": "203.0.113.7", "email": "ann@example.com"})
    );
    let request = json!({"subject": "ann", "reason": "Request of the person"});
    let erasure = admin.post("/v1/audit/erasures", &request).await.expect(201).json();
    assert_eq!((&erasure["erasedValues"], &erasure["subject"]), (&json!(3), &json!("ann")));

    let seen = admin.get("/v1/audit/events?type=test.signed_in&actor=ann").await.expect(200).json();
    assert_eq!(seen["items"][0]["personal"], json!({"clientAddress": null, "email": null}));
    let seen = admin.get("/v1/audit/events?type=test.invited").await.expect(200).json();
    assert_eq!(seen["items"][0]["personal"], json!({"invitedEmail": null, "email": "bob@example.com"}));
    // Nowhere in the database is there anything left of her but the subject.
    let mut superuser = trail.app.db.superuser().await;
    let left: i64 = sqlx::query_scalar(
        "select (select count(*) from audit.event e where to_jsonb(e)::text like '%ann@example%') + \
         (select count(*) from audit.personal_value p where to_jsonb(p)::text like '%ann@example%')",
    )
    .fetch_one(&mut superuser)
    .await
    .unwrap();
    assert_eq!(left, 0);

    trail.seal(signing_each(2)).await;
    let after = trail.verify().await;
    assert!(after.intact && after.events > before.events, "{after:#?}");
    assert!(trail.verify_from_store().await.intact);
    trail.app.db.clock.advance(chrono::TimeDelta::seconds(1));
    let again = admin.post("/v1/audit/erasures", &request).await.expect(201).json();
    assert_eq!(again["erasedValues"], json!(0));
    let listed = admin.get("/v1/audit/erasures").await.expect(200).json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
    // The erasure is an event itself.
    let events = admin.get("/v1/audit/events?type=audit.erase_person").await.expect(200).json();
    assert_eq!(events["items"][1]["meta"]["erasedValues"], json!(3));
}

#[tokio::test]
async fn an_event_holds_a_digest_and_no_personal_value() {
    let trail = Trail::new().await;
    trail.write(AuditEvent::info("test.happened").from_address("203.0.113.7")).await;
    trail.write(AuditEvent::info("test.happened").from_address("203.0.113.7")).await;
    let mut superuser = trail.app.db.superuser().await;
    let rows: Vec<Value> =
        sqlx::query_scalar("select to_jsonb(e) from audit.event e where type = 'test.happened'")
            .fetch_all(&mut superuser)
            .await
            .unwrap();
    assert!(rows.iter().all(|row| !row.to_string().contains("203.0.113.7")));
    let digests: Vec<&Value> = rows.iter().map(|row| &row["personal"][CLIENT_ADDRESS]).collect();
    assert_eq!(digests[0].as_str().map(str::len), Some(64));
    assert_ne!(digests[0], digests[1], "each value has a salt of its own");
}
