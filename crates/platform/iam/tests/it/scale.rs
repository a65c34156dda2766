//! Many principals.

use crate::support::{admin, app};

const MANY: usize = 10_000;

/// Enters many principals at once, in both tenants, behind the back of the commands.
const FILL: &str = "insert into iam.principal (tenant_id, id, kind, status, authority, user_name, external_id, version, \
     created_at, created_by, updated_at) \
     select t.id, gen_random_uuid(), 'user', 'active', 'scim', 'user' || n, 'x' || n, 1, now(), 'test', now() \
     from platform.tenant t, generate_series(1, 10000) n where t.tenant_key in ('demo', 'globex')";

#[tokio::test]
async fn ten_thousand_principals_are_listed_by_an_index() {
    let app = app().await;
    let mut superuser = app.db.superuser().await;
    sqlx::raw_sql(FILL).execute(&mut superuser).await.unwrap();
    sqlx::raw_sql("analyze iam.principal").execute(&mut superuser).await.unwrap();
    let admin = admin(&app);
    let mut seen = std::collections::HashSet::new();
    let mut path = "/v1/iam/principals?limit=200".to_owned();
    loop {
        let page = admin.get(&path).await.expect(200).json();
        for item in page["items"].as_array().unwrap() {
            assert!(seen.insert(item["id"].as_str().unwrap().to_owned()), "twice");
        }
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/v1/iam/principals?limit=200&cursor={cursor}");
    }
    assert_eq!(seen.len(), MANY);
    let found = admin.get("/v1/iam/principals?externalId=x77").await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    // The plan of the list, as the store asks for a page in the middle.
    let plan: Vec<String> = sqlx::query_scalar(
        "explain select id from iam.principal p where tenant_id = (select id from platform.tenant where tenant_key = \
         'demo') and status <> 'deprovisioned' and (lower(user_name), id) > ('user5', gen_random_uuid()) \
         order by lower(user_name), id limit 51",
    )
    .fetch_all(&mut superuser)
    .await
    .unwrap();
    let plan = plan.join("\n");
    assert!(plan.contains("principal_by_user_name") && !plan.contains("Seq Scan on principal"), "{plan}");
    assert!(!plan.contains("Sort"), "{plan}");
}
