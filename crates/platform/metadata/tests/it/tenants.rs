//! Two tenants with an entity of one key: neither sees anything of the other's.

use serde_json::{Value, json};

use crate::support::{Thing, app, definition, field, read, record};

#[tokio::test]
async fn two_tenants_publish_one_key_at_once_and_see_their_own() {
    let app = app().await;
    let mut tenants = tokio::task::JoinSet::new();
    for tenant in ["demo", "globex"] {
        let admin = app.user(tenant, "admin");
        tenants.spawn(async move {
            let with = |round: usize| {
                let kind = if tenant == "demo" { "text" } else { "integer" };
                let own = field(&format!("{tenant}{round}"), &json!(kind), &json!({"indexed": true}));
                definition("thing", &json!([field("shared", &json!(kind), &json!({"unique": true})), own]))
            };
            let value = |round: usize| {
                let own = if tenant == "demo" { json!(format!("v{round}")) } else { json!(round) };
                json!({"shared": own, format!("{tenant}{round}"): own})
            };
            let thing = Thing::publish_new(&admin, &with(0)).await;
            let mut made = Vec::new();
            for round in 1..12 {
                thing.become_now(&with(round), &json!({})).await.expect(200);
                let seen = admin.get("/v1/records/entities/thing").await.expect(200).json();
                assert_eq!(seen["definition"]["fields"][1]["key"], format!("{tenant}{round}"));
                made.push(record(&admin, "thing", &value(round)).await);
                let schema = admin.get("/v1/records/entities/thing/schema").await.expect(200).json();
                let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
                assert_eq!(
                    names,
                    ["shared".to_owned(), format!("{tenant}{round}")].iter().collect::<Vec<_>>()
                );
                let page =
                    admin.get(&format!("/v1/records/thing?sort={tenant}{round}&limit=200")).await.expect(200);
                let page: Value = page.json();
                assert_eq!(page["items"].as_array().unwrap().len(), made.len(), "{tenant} {round}");
            }
            (tenant, thing.id, made)
        });
    }
    let ended = tenants.join_all().await;
    for (tenant, id, made) in &ended {
        let stranger = app.user(if *tenant == "demo" { "globex" } else { "demo" }, "admin");
        stranger.get(&format!("/v1/metadata/entities/{id}")).await.expect(404);
        stranger.get(&format!("/v1/metadata/entities/{id}/versions/1")).await.expect(404);
        for record in made {
            stranger.get(&format!("/v1/records/thing/{record}")).await.expect(404);
            read(&app.user(tenant, "admin"), "thing", record).await;
        }
    }
}
