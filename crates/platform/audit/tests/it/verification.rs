//! Verification over HTTP and by its job, and the keys that others verify with.

use std::sync::Arc;

use athyper_audit::{AuditKeys, PublicKey, SigningKey, Wrong, verify_trail};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{Trail, run, signing_each};

#[tokio::test]
async fn a_short_trail_is_verified_at_once() {
    let trail = Trail::new().await;
    trail.write_many(20).await;
    trail.seal(signing_each(10)).await;
    let auditor = trail.app.user("demo", "auditor");
    let report = auditor.post("/v1/audit/verify", &json!({})).await.expect(200).json();
    assert_eq!((&report["intact"], &report["events"]), (&json!(true), &json!(20)));
    let mut attacker = trail.attacker().await;
    run(
        &mut attacker,
        &format!("update audit.event set message = 'x' where seq = 7 and tenant_id = '{}'", trail.tenant()),
    )
    .await;
    let report = auditor.post("/v1/audit/verify", &json!({})).await.expect(200).json();
    assert_eq!(report["intact"], json!(false));
    let ids = trail.ids().await;
    assert_eq!(report["finding"]["wrong"], json!("edited"));
    assert_eq!((&report["finding"]["seq"], &report["finding"]["eventId"]), (&json!(7), &json!(ids[6])));
    let told = auditor.get("/v1/audit/events?type=audit.verify_trail&level=error").await.json();
    assert_eq!(told["items"][0]["meta"]["finding"]["seq"], json!(7));
    // The other tenant's trail is its own.
    let other =
        trail.app.user("globex", "auditor").post("/v1/audit/verify", &json!({})).await.expect(200).json();
    assert_eq!(other["intact"], json!(true));
}

#[tokio::test]
async fn a_job_verifies_with_the_checkpoints_of_the_store() {
    let trail = Trail::new().await;
    trail.write_many(20).await;
    trail.seal(signing_each(3)).await;
    let admin = trail.app.user("demo", "admin");
    let verify = || async {
        let answer = admin.post("/v1/audit/verify", &json!({"fromCheckpoints": true})).await.expect(202);
        trail.app.run_job().await.unwrap();
        admin.get(&answer.header("location")).await.expect(200).json()
    };
    let operation = verify().await;
    assert_eq!(operation["state"], json!("succeeded"));
    assert_eq!(
        (&operation["result"]["intact"], &operation["result"]["checkpoints"]),
        (&json!(true), &json!(7))
    );
    let mut attacker = trail.attacker().await;
    run(
        &mut attacker,
        &format!(
            "delete from audit.event where tenant_id = '{0}'; delete from audit.checkpoint where tenant_id = '{0}'; \
             delete from audit.chain where tenant_id = '{0}'",
            trail.tenant()
        ),
    )
    .await;
    let operation = verify().await;
    assert_eq!(operation["result"]["finding"]["wrong"], json!("cutTail"));
}

/// Everything that somebody else needs to believe a checkpoint is in what we hand out.
#[tokio::test]
async fn others_can_verify_a_checkpoint() {
    let trail = Trail::new().await;
    trail.write_many(5).await;
    trail.seal(signing_each(10)).await;
    let auditor = trail.app.user("demo", "auditor");
    let keys = auditor.get("/v1/audit/signing-keys").await.expect(200).json();
    let key = &keys["keys"][0];
    assert_eq!((&key["crv"], &key["current"]), (&json!("Ed25519"), &json!(true)));
    assert!(key["firstUsedAt"].is_string());
    let public = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
    let (name, object) = trail.objects.with(|objects| {
        let tenant = trail.context().tenant_id();
        let (key, object) = objects.iter().find(|((owner, _), _)| *owner == tenant).unwrap();
        (key.1.clone(), serde_json::from_slice::<Value>(object).unwrap())
    });
    assert_eq!(name, "audit/checkpoints/00000000000000000005.json");
    assert_eq!(object["keyId"], key["kid"]);
    let links = STANDARD.decode(object["links"].as_str().unwrap()).unwrap();
    let digest: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(&links).into();
    let statement = json!({
        "format": "athyper-audit-checkpoint-v1", "tenant": object["tenant"], "size": 5, "fromSize": 0,
        "headHash": object["headHash"], "linksDigest": hex::encode(digest),
        "recordedAt": "2025-01-15T09:00:00.000000Z", "keyId": object["keyId"],
    });
    let signature = STANDARD.decode(object["signature"].as_str().unwrap()).unwrap();
    let statement = serde_json_canonicalizer::to_vec(&statement).unwrap();
    UnparsedPublicKey::new(&ED25519, &public).verify(&statement, &signature).unwrap();
    let listed = auditor.get("/v1/audit/checkpoints").await.expect(200).json();
    assert_eq!(listed["items"][0]["signature"], object["signature"]);
    assert!(listed["items"][0]["storedAt"].is_string());
}

#[tokio::test]
async fn a_retired_key_is_believed_and_an_unknown_one_is_not() {
    let trail = Trail::new().await;
    trail.write_many(5).await;
    trail.seal(signing_each(10)).await;
    let new_key = || SigningKey::from_base64(&SigningKey::generate().unwrap()).unwrap();
    let retired = PublicKey::from_base64(&STANDARD.encode(trail.keys.current().bytes())).unwrap();
    let rotated = Arc::new(AuditKeys::new(new_key(), vec![retired]));
    let database = &trail.app.db.database;
    let sealer = athyper_audit::Sealer::new(
        database.clone(),
        Arc::clone(&rotated),
        Arc::new(trail.objects.clone()),
        signing_each(10),
    );
    trail.write_many(5).await;
    while trail.verify().await.unsealed > 0 {
        sealer.turn().await.unwrap();
    }
    let report = verify_trail(database, &trail.context(), rotated, None).await.unwrap();
    assert!(report.intact, "{report:#?}");
    assert!(report.checkpoints >= 2);
    let forgetful = Arc::new(AuditKeys::new(new_key(), Vec::new()));
    let finding = verify_trail(database, &trail.context(), forgetful, None).await.unwrap().finding.unwrap();
    assert_eq!((finding.wrong, finding.seq), (Wrong::BadSignature, 1));
}
