//! Entities with more records than one transaction looks at: published by a job, while records are written.

use serde_json::{Value, json};

use crate::support::{Thing, app, change, changes, definition, field, found, many, record, run_operation};

const COUNT: i64 = 650;

fn plain() -> Value {
    definition("thing", &json!([field("code", &json!("text"), &json!({}))]))
}

fn richer() -> Value {
    definition(
        "thing",
        &json!([
            field("code", &json!("integer"), &json!({"unique": true, "indexed": true})),
            field(
                "double",
                &json!({"computed": {"expression": "code * 2", "result": "integer"}}),
                &json!({"indexed": true})
            ),
        ]),
    )
}

#[tokio::test]
async fn a_job_brings_many_records_to_a_definition_and_puts_it_in_force() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let thing = Thing::publish_new(&admin, &plain()).await;
    many(&app, &thing, COUNT, 1).await;
    let accepted = thing.become_now(&richer(), &json!({})).await.expect(202);
    // Until the job has run, what was in force is.
    assert_eq!(
        admin.get("/v1/records/entities/thing").await.text("/definition/fields/0/type/text/maxLength"),
        "255"
    );
    assert_eq!(thing.publish(&json!({})).await.expect(409).code(), "metadata.publication_under_way");
    let ended = run_operation(&app, &admin, accepted).await;
    assert_eq!((&ended["state"], &ended["result"]["version"]), (&json!("succeeded"), &json!(2)), "{ended:#}");
    assert_eq!(ended["result"]["records"], COUNT);
    let page = admin.get("/v1/records/thing?sort=-double&limit=2").await.expect(200).json();
    assert_eq!((&page["items"][0]["double"], &page["items"][0]["code"]), (&json!(2 * COUNT), &json!(COUNT)));
    assert_eq!(
        admin.post("/v1/records/thing", &json!({"code": 7})).await.expect(409).code(),
        "records.value_taken"
    );
    let read = thing.read().await;
    assert_eq!((&read["publishedVersion"], &read["state"]), (&json!(2), &json!("published")));
    assert_eq!(thing.publish(&json!({})).await.expect(409).code(), "metadata.nothing_to_publish");
}

#[tokio::test]
async fn what_is_written_while_the_job_runs_is_not_lost() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let thing = Thing::publish_new(&admin, &plain()).await;
    many(&app, &thing, COUNT, 1).await;
    let accepted = thing.become_now(&richer(), &json!({})).await.expect(202);
    let page = admin.get("/v1/records/thing?limit=3").await.expect(200).json();
    let ids: Vec<String> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect();

    let mut writers = tokio::task::JoinSet::new();
    let (changed, gone) = (ids[0].clone(), ids[1].clone());
    let writer = app.user("demo", "admin");
    writers.spawn(async move {
        let mut made = Vec::new();
        for number in 0..40 {
            // Text until the definition is in force, a number from then on: whichever it is, it is the same value.
            let value = 10_000 + number;
            let text = writer.post("/v1/records/thing", &json!({"code": value.to_string()})).await;
            let answer = if text.status == 201 {
                text
            } else {
                writer.post("/v1/records/thing", &json!({"code": value})).await.expect(201)
            };
            made.push((answer.text("/id"), value));
            if number == 3 {
                let path = format!("/v1/records/thing/{changed}");
                let text = writer.with("if-match", "*").patch(&path, &json!({"code": "20000"})).await;
                if text.status != 200 {
                    writer.with("if-match", "*").patch(&path, &json!({"code": 20000})).await.expect(200);
                }
            }
            if number == 5 {
                writer.with("if-match", "*").delete(&format!("/v1/records/thing/{gone}")).await.expect(204);
            }
        }
        made
    });
    let ended = run_operation(&app, &admin, accepted).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    for (id, value) in writers.join_all().await.pop().unwrap() {
        let read = admin.get(&format!("/v1/records/thing/{id}")).await.expect(200).json();
        assert_eq!((&read["code"], &read["double"]), (&json!(value), &json!(value * 2)), "{id}");
        assert_eq!(found(&admin, &format!("thing?filter=code%20%3D%3D%20{value}")).await, [id]);
        admin.post("/v1/records/thing", &json!({"code": value})).await.expect(409);
    }
    assert_eq!(found(&admin, "thing?filter=double%20%3D%3D%2040000").await, [ids[0].clone()]);
    // A record that was deleted meanwhile holds no value.
    let mut database = app.db.superuser().await;
    let left: i64 = sqlx::query_scalar(
        "select (select count(*) from records.unique_value where record_id = $1::uuid) \
         + (select count(*) from records.field_value where record_id = $1::uuid) \
         + (select count(*) from records.touched)",
    )
    .bind(&ids[1])
    .fetch_one(&mut database)
    .await
    .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_job_that_was_interrupted_goes_on_where_it_stopped() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let thing = Thing::publish_new(&admin, &plain()).await;
    many(&app, &thing, COUNT, 1).await;
    let accepted = thing.become_now(&richer(), &json!({})).await.expect(202);
    let run = app.claim_job().await.unwrap();
    let kind = app.jobs.iter().find(|kind| kind.name == run.name()).unwrap();
    // Dropped as soon as some records are done.
    let mut watcher = app.db.superuser().await;
    let mut done = 0;
    tokio::select! {
        ended = (kind.handler)(run) => ended.unwrap(),
        () = async {
            while done == 0 {
                let sql = "select coalesce(max(done), 0) from metadata.publication";
                done = sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut watcher).await.unwrap();
            }
        } => {}
    }
    assert!(done > 0 && done < COUNT, "{done}");
    let ended = run_operation(&app, &admin, accepted).await;
    assert_eq!(
        (&ended["state"], &ended["result"]["records"]),
        (&json!("succeeded"), &json!(COUNT)),
        "{ended:#}"
    );
    assert_eq!(found(&admin, "thing?filter=double%20%3D%3D%20200").await.len(), 1);
}

#[tokio::test]
async fn a_value_that_comes_twice_meanwhile_ends_the_job_and_leaves_what_was_in_force() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let fields = |unique: bool, searchable: bool| {
        json!([field("code", &json!("text"), &json!({"unique": unique, "searchable": searchable}))])
    };
    let thing = Thing::publish_new(&admin, &definition("thing", &fields(false, true))).await;
    many(&app, &thing, COUNT, 1).await;
    let other = record(&admin, "thing", &json!({"code": "wheel"})).await;
    let accepted = thing.become_now(&definition("thing", &fields(true, false)), &json!({})).await.expect(202);
    // The plan was made without this one.
    record(&admin, "thing", &json!({"code": "77"})).await;
    let ended = run_operation(&app, &admin, accepted).await;
    assert_eq!(ended["state"], "failed", "{ended:#}");
    assert_eq!(ended["errors"][0]["code"], "taken");
    // What was in force is, with all that it needs, and can be published again.
    record(&admin, "thing", &json!({"code": "77"})).await;
    assert_eq!(found(&admin, "thing?search=whee").await, [other]);
    assert_eq!(thing.plan().await["isBlocked"], true);
    let mut database = app.db.superuser().await;
    let busy: bool = sqlx::query_scalar("select bool_or(preparing) from records.entity")
        .fetch_one(&mut database)
        .await
        .unwrap();
    assert!(!busy);
}

#[tokio::test]
async fn what_only_the_definition_before_needed_is_taken_away() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let fields = |is_found: bool| {
        json!([field("code", &json!("text"), &json!({"unique": is_found, "searchable": is_found}))])
    };
    let thing = Thing::publish_new(&admin, &definition("thing", &fields(false))).await;
    many(&app, &thing, COUNT, 1).await;
    let sums = "select (select count(*) from records.word), (select count(*) from records.unique_value), \
                (select count(*) from records.field_value)";
    let mut database = app.db.superuser().await;
    for (is_found, expected) in [(true, (COUNT, COUNT, COUNT)), (false, (0, 0, 0))] {
        let accepted =
            thing.become_now(&definition("thing", &fields(is_found)), &json!({})).await.expect(202);
        let ended = run_operation(&app, &admin, accepted).await;
        assert_eq!(ended["state"], "succeeded", "{ended:#}");
        let left: (i64, i64, i64) = sqlx::query_as(sums).fetch_one(&mut database).await.unwrap();
        assert_eq!(left, expected);
    }
}

#[tokio::test]
async fn a_job_counts_for_the_plan_of_many_records_and_publishing_goes_by_it() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let thing = Thing::publish_new(&admin, &plain()).await;
    // Two of the same, and some that are no numbers.
    many(&app, &thing, 10_100, 1).await;
    for code in ["7", "seven", "eight"] {
        record(&admin, "thing", &json!({"code": code})).await;
    }
    let unique = json!({"unique": true});
    let kind = json!("integer");
    thing.draft(&definition("thing", &json!([field("code", &kind, &unique)])), &json!({})).await.expect(200);
    // Nobody counts ten thousand records while somebody waits.
    assert_eq!(thing.publish(&json!({})).await.expect(409).code(), "metadata.plan_needed");
    let plan = format!("{}/plan", thing.path());
    let accepted = admin.post_empty(&plan).await.expect(202);
    assert_eq!(admin.post_empty(&plan).await.expect(202).json()["id"], accepted.json()["id"]);
    let ended = run_operation(&app, &admin, accepted).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    let expected = [
        change("type_changed", "destructive", 2),
        change("index_added", "needs_backfill", 10_103),
        change("unique_added", "destructive", 2),
    ];
    assert_eq!(changes(&ended["result"]), expected);
    assert_eq!(ended["result"]["changes"][2]["samples"].as_array().unwrap().len(), 2);
    let refused = thing.publish(&json!({"confirm": ended["result"]["confirm"]})).await.expect(409);
    assert_eq!(refused.code(), "metadata.blocked_by_records");

    // Another draft asks for another plan.
    thing
        .draft(&definition("thing", &json!([field("code", &kind, &json!({}))])), &json!({}))
        .await
        .expect(200);
    assert_eq!(thing.publish(&json!({})).await.expect(409).code(), "metadata.plan_needed");
    let accepted = admin.post_empty(&plan).await.expect(202);
    let ended = run_operation(&app, &admin, accepted).await;
    assert_eq!(changes(&ended["result"]), [change("type_changed", "destructive", 2)]);
    assert_eq!(thing.publish(&json!({})).await.expect(409).code(), "metadata.confirmation_required");
    thing.publish(&json!({"confirm": ended["result"]["confirm"]})).await.expect(202);
}

#[tokio::test]
async fn a_plan_of_a_draft_that_has_changed_ends_without_one() {
    let app = app().await;
    let admin = app.user("demo", "admin");
    let thing = Thing::publish_new(&admin, &plain()).await;
    many(&app, &thing, 10_001, 1).await;
    let without = definition("thing", &json!([field("other", &json!("text"), &json!({}))]));
    thing.draft(&without, &json!({})).await.expect(200);
    let accepted = admin.post_empty(&format!("{}/plan", thing.path())).await.expect(202);
    thing.draft(&plain(), &json!({})).await.expect(200);
    let ended = run_operation(&app, &admin, accepted).await;
    assert_eq!(ended["state"], "failed", "{ended:#}");
}
