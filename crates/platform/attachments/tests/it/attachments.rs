//! Files: uploaded, held by one record, let go of, and removed when nobody holds them.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobPayload, NewJob, enqueue};
use athyper_test_kit::{Answer, Client, TestApp};
use bytes::Bytes;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{admin, app, change, delete, entity, faults, field, make, put, run};

/// The job as its schedule enqueues it.
#[derive(Serialize, Deserialize)]
struct RemoveAttachments {}

impl JobPayload for RemoveAttachments {
    const NAME: &'static str = "attachments.remove_attachments";
}

const FILES: &str = "/v1/records/attachments";

/// A machine with a photo, a manual of any type, and reports in lines.
async fn machines(app: &TestApp, tenant: &str) {
    let report = json!([field("on", json!("date")), field("file", json!("attachment"))]);
    let photo = json!({"attachment": {"mediaTypes": ["image/*"], "maxBytes": 20}});
    let fields = json!([
        field("name", json!("text")),
        field("photo", photo),
        field("manual", json!("attachment")),
        field("reports", json!({"child": {"fields": report}}))
    ]);
    put(app, tenant, entity("machine", fields)).await.unwrap();
}

async fn send(client: &Client, name: &str, media_type: &str, content: &'static [u8]) -> Answer {
    let path = format!("{FILES}?name={name}");
    client.send(Method::POST, &path, Some(media_type), Bytes::from_static(content)).await
}

/// Uploads a file and gives its id.
async fn upload(client: &Client, media_type: &str) -> String {
    send(client, "a.bin", media_type, b"content").await.expect(201).text("/id")
}

/// Who holds a file.
async fn holder(client: &Client, id: &str) -> Value {
    client.get(&format!("{FILES}/{id}")).await.expect(200).json()["heldBy"].clone()
}

/// The objects that are stored.
async fn objects(app: &TestApp, tenant: &str) -> usize {
    app.uploads.list(app.db.tenant_id(tenant), "attachments/", None).await.unwrap().objects.len()
}

#[tokio::test]
async fn a_file_comes_back_as_it_was_sent() {
    let app = app().await;
    let client = admin(&app);
    let answer = send(&client, "Gr%C3%B6%C3%9Fe%20%22x%22.png", "image/png; a=b", b"\x00\xFFpicture")
        .await
        .expect(201);
    let path = answer.header("location");
    let known = client.get(&path).await.expect(200).json();
    assert_eq!(known, answer.json());
    assert_eq!(
        (&known["name"], &known["mediaType"], &known["size"]),
        (&json!("Größe \"x\".png"), &json!("image/png"), &json!(9))
    );
    // Of sha256sum.
    assert_eq!(known["sha256"], "078b3eb55f2169f5f02937d34c8e4187459bec521f548c32ad9bba8ece2c203f");

    let file = client.get(&format!("{path}/content")).await.expect(200);
    assert_eq!(&file.body[..], b"\x00\xFFpicture");
    assert_eq!(file.header("content-type"), "image/png");
    assert_eq!(file.header("content-length"), "9");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%22x%22.png"
    );

    for name in ["", "a%2Fb", "a%5Cb", "a%0Ab", &"x".repeat(256)] {
        let refused = send(&client, name, "image/png", b"x").await.expect(400);
        assert_eq!(faults(&refused), [("?name".to_owned(), "invalid".to_owned())], "{name}");
    }
    client.send(Method::POST, FILES, Some("image/png"), Bytes::from_static(b"x")).await.expect(400);
    assert_eq!(send(&client, "a", "image/png", b"").await.expect(400).code(), "request.empty_file");
}

#[tokio::test]
async fn the_same_upload_is_made_once() {
    let app = app().await;
    let client = admin(&app).with("idempotency-key", "once");
    let first = send(&client, "a", "text/plain", b"one").await.expect(201);
    let again = send(&client, "a", "text/plain", b"one").await.expect(201);
    assert_eq!(first.json(), again.json());
    send(&client, "b", "text/plain", b"one").await.expect(422);
    // What was stored for the two that were not needed is gone again.
    assert_eq!(objects(&app, "demo").await, 1);
}

#[tokio::test]
async fn a_record_holds_only_files_that_its_field_takes() {
    let app = app().await;
    machines(&app, "demo").await;
    let client = admin(&app);
    let photo = upload(&client, "image/png").await;
    let id = make(&client, "machine", json!({"photo": photo})).await;
    assert_eq!(holder(&client, &photo).await, json!({"entity": "machine", "id": id}));

    let text = upload(&client, "text/plain").await;
    let large = send(&client, "a", "image/png", b"more than twenty bytes").await.expect(201).text("/id");
    let unknown = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071";
    for (values, pointer, code) in [
        (json!({"photo": text}), "/photo", "wrong_media_type"),
        (json!({"photo": large}), "/photo", "too_large"),
        (json!({"photo": photo}), "/photo", "held"),
        (json!({"manual": unknown}), "/manual", "unknown_attachment"),
        (
            json!({"reports": [{"on": "2026-01-01"}, {"file": unknown}]}),
            "/reports/1/file",
            "unknown_attachment",
        ),
    ] {
        let refused = client.post("/v1/records/machine", &values).await.expect(422);
        assert_eq!(faults(&refused), [(pointer.to_owned(), code.to_owned())]);
    }
    // The same record may name it in another place as well.
    let path = format!("/v1/records/machine/{id}");
    change(&client, &path, json!({"manual": photo, "reports": [{"file": text}]})).await.expect(200);
    assert_eq!(holder(&client, &text).await["id"], id.as_str());

    let page = client.get("/v1/records/machine?expand=photo,manual&fields=photo").await.expect(200).json();
    let item = &page["items"][0];
    assert_eq!((&item["photo"], &item["expanded"]["photo"]["name"]), (&json!(photo), &json!("a.bin")));
    assert_eq!(
        (&item["expanded"]["photo"]["size"], &item["expanded"]["photo"]["mediaType"]),
        (&json!(7), &json!("image/png"))
    );
    client.get("/v1/records/machine?expand=name").await.expect(400);
}

#[tokio::test]
async fn a_file_is_let_go_of_when_its_record_is() {
    let app = app().await;
    machines(&app, "demo").await;
    let client = admin(&app);
    let (first, second) = (upload(&client, "image/png").await, upload(&client, "image/png").await);
    let id = make(&client, "machine", json!({"photo": first})).await;
    let path = format!("/v1/records/machine/{id}");
    change(&client, &path, json!({"photo": second})).await.expect(200);
    assert_eq!(holder(&client, &first).await, Value::Null);
    // Another one can have it now, so the first version cannot be gone back to.
    let other = make(&client, "machine", json!({"photo": first})).await;
    let refused = run(&client, &path, "revert", json!({"version": 1})).await.expect(422);
    assert_eq!(faults(&refused), [("/photo".to_owned(), "held".to_owned())]);

    // A deleted record can be restored with all that it had.
    delete(&client, &path).await.expect(204);
    assert_eq!(holder(&client, &second).await["id"], id.as_str());
    run(&client, &path, "restore", json!({})).await.expect(200);
    delete(&client, &path).await.expect(204);
    client.post_empty(&format!("{path}/purge")).await.expect(204);
    assert_eq!(holder(&client, &second).await, Value::Null);
    assert_eq!(holder(&client, &first).await["id"], other.as_str());
}

#[tokio::test]
async fn two_records_never_hold_one_file() {
    let app = app().await;
    machines(&app, "demo").await;
    let client = admin(&app);
    let photo = upload(&client, "image/png").await;
    let values = json!({"photo": photo});
    let both = futures::future::join_all((0..4).map(|_| client.post("/v1/records/machine", &values))).await;
    let mut statuses: Vec<u16> = both.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422, 422, 422]);
}

#[tokio::test]
async fn files_that_nobody_holds_are_removed_after_a_day() {
    let app = app().await;
    machines(&app, "demo").await;
    let client = admin(&app);
    let held = upload(&client, "image/png").await;
    let id = make(&client, "machine", json!({"photo": held})).await;
    let (old, new, doomed) = (
        upload(&client, "image/png").await,
        upload(&client, "image/png").await,
        upload(&client, "image/png").await,
    );
    let mut db = app.db.superuser().await;
    for (file, doom) in [(&old, false), (&doomed, true)] {
        sqlx::query(
            "update attachments.attachment set free_since = free_since - interval '25 hours', \
             doomed_at = case when $2 then now() end where id = $1",
        )
        .bind(Uuid::parse_str(file).unwrap())
        .bind(doom)
        .execute(&mut db)
        .await
        .unwrap();
    }
    // A run that was killed has removed this content already, and nobody can hold the file any more.
    app.uploads.delete(app.db.tenant_id("demo"), &[format!("attachments/{doomed}")]).await.unwrap();
    let refused = client.post("/v1/records/machine", &json!({"manual": doomed})).await.expect(422);
    assert_eq!(faults(&refused)[0].1, "unknown_attachment");
    client.get(&format!("{FILES}/{doomed}")).await.expect(404);

    let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
    enqueue(&mut tx, NewJob::new(&RemoveAttachments {}).unwrap()).await.unwrap();
    tx.commit(AuditEvent::info("test.enqueue")).await.unwrap();
    app.run_job().await.unwrap();

    client.get(&format!("{FILES}/{old}")).await.expect(404);
    client.get(&format!("{FILES}/{new}/content")).await.expect(200);
    client.get(&format!("{FILES}/{held}/content")).await.expect(200);
    assert_eq!(objects(&app, "demo").await, 2);
    let rows: i64 =
        sqlx::query_scalar("select count(*) from attachments.attachment").fetch_one(&mut db).await.unwrap();
    assert_eq!(rows, 2);
    assert_eq!(holder(&client, &held).await["id"], id.as_str());
}

#[tokio::test]
async fn files_are_a_tenants_own() {
    let app = app().await;
    machines(&app, "demo").await;
    machines(&app, "globex").await;
    let (client, other) = (admin(&app), app.user("globex", "admin"));
    let photo = upload(&client, "image/png").await;
    other.get(&format!("{FILES}/{photo}")).await.expect(404);
    other.get(&format!("{FILES}/{photo}/content")).await.expect(404);
    let refused = other.post("/v1/records/machine", &json!({"photo": photo})).await.expect(422);
    assert_eq!(faults(&refused)[0].1, "unknown_attachment");
    app.user("demo", "stranger").get(&format!("{FILES}/{photo}/content")).await.expect(403);
    send(&app.user("demo", "viewer"), "a", "image/png", b"x").await.expect(403);
    app.anonymous().get(&format!("{FILES}/{photo}/content")).await.expect(401);
    client.get(&format!("{FILES}/none")).await.expect(404);
}
