//! A person is erased from the trail of everything that was done about them, by whichever of their names, and the chain
//! still verifies.

use athyper_test_kit::Answer;
use serde_json::{Value, json};

use crate::support::{Stage, admin, any, bind, person, tenant};

/// What says who she is.
const TELLING: [&str; 6] =
    ["ada.byron", "Byron", "ada@example.com", "+41 44 668 18 00", "ada@issuer.example", "Countess"];

fn body(answer: Answer) -> String {
    String::from_utf8(answer.body.to_vec()).unwrap()
}

/// All that the trail shows to an auditor of the tenant: the search, the record's timeline and the export.
async fn shown(stage: &Stage, id: &str) -> String {
    let admin = admin(&stage.app);
    let mut all = String::new();
    let mut path = "/v1/audit/events?limit=200".to_owned();
    loop {
        let page = admin.get(&path).await.expect(200).json();
        all += &page["items"].to_string();
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/v1/audit/events?limit=200&cursor={cursor}");
    }
    all += &body(admin.get(&format!("/v1/audit/records/iam.principal/{id}/timeline")).await.expect(200));
    for format in ["csv", "jsonl", "ocsf"] {
        all += &body(admin.get(&format!("/v1/audit/export?format={format}")).await.expect(200));
    }
    all
}

async fn enter_ada(stage: &Stage) -> String {
    let admin = any(&admin(&stage.app));
    let profile = json!({
        "givenName": "Ada", "familyName": "Byron", "emails": [{ "value": "ada@example.com", "primary": true }],
        "phones": [{ "value": "+41 44 668 18 00" }]
    });
    let body = json!({ "userName": "ada.byron", "profile": profile });
    let id = admin.post("/v1/iam/principals", &body).await.expect(201).text("/id");
    let path = format!("/v1/iam/principals/{id}");
    let link = json!({ "subject": "ada@issuer.example" });
    admin.post(&format!("{path}/links"), &link).await.expect(201);
    let body =
        json!({ "userName": "ada.byron", "profile": { "title": "Countess", "familyName": "Lovelace" } });
    admin.put(&path, &body).await.expect(200);
    bind(&admin, &id, "viewer", tenant()).await.expect(201);
    admin.post_empty(&format!("{path}/suspend")).await.expect(200);
    admin.post_empty(&format!("{path}/activate")).await.expect(200);
    id
}

#[tokio::test]
async fn nothing_of_a_person_is_left_to_read_and_the_chain_verifies() {
    for by_subject in [false, true] {
        let stage = Stage::new().await;
        let id = enter_ada(&stage).await;
        person(&stage.app, "bob").await;
        stage.seal().await;
        let before = shown(&stage, &id).await;
        for text in TELLING {
            assert!(before.contains(text), "{text} is told before the erasure");
        }
        let name = if by_subject { "ada@issuer.example" } else { id.as_str() };
        // By the subject: whoever knows it knows it, so that it stands in the erasure itself.
        let request = json!({ "subject": name, "reason": "Request of the person" });
        let erasure = admin(&stage.app).post("/v1/audit/erasures", &request).await.expect(201).json();
        assert_eq!(erasure["erasedValues"], json!(6), "{erasure}");
        stage.seal().await;
        let after = shown(&stage, &id).await;
        let left: Vec<_> = TELLING.into_iter().filter(|text| *text != name && after.contains(text)).collect();
        assert_eq!(left, [""; 0]);
        assert!(after.contains("bob"), "others stay");
        let report: Value = admin(&stage.app).post("/v1/audit/verify", &json!({})).await.expect(200).json();
        assert_eq!(report["intact"], json!(true), "{report}");
    }
}
