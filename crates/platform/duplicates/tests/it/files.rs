//! Files go with the values that name them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_records::ports::{Attachments, Holder, NamedFile};
use athyper_kernel_records::{ATTACHMENTS, MODULE as RECORDS, Slot};
use athyper_test_kit::{TestApp, TestOptions};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{World, entity, field, put};

/// Remembers which record holds which file: each file is held by one.
#[derive(Clone, Default)]
struct Holders(Arc<Mutex<BTreeMap<Uuid, (Holder, Slot)>>>);

#[async_trait::async_trait]
impl Attachments for Holders {
    async fn hold(
        &self,
        _: &mut TenantTx,
        holder: Holder,
        slots: &[Slot],
        named: &[NamedFile<'_>],
    ) -> Result<Vec<FieldError>, DbError> {
        let mut holders = self.0.lock().unwrap();
        let is_others =
            |file: &&NamedFile<'_>| holders.get(&file.id).is_some_and(|(other, _)| *other != holder);
        let faults: Vec<FieldError> = named
            .iter()
            .filter(is_others)
            .map(|file| FieldError::new(&file.pointer, "held", "held"))
            .collect();
        if faults.is_empty() {
            holders.retain(|_, (other, slot)| *other != holder || !slots.contains(slot));
            holders.extend(named.iter().map(|file| (file.id, (holder, file.slot))));
        }
        Ok(faults)
    }

    async fn release(&self, _: &mut TenantTx, holder: Holder) -> Result<(), DbError> {
        self.0.lock().unwrap().retain(|_, (other, _)| *other != holder);
        Ok(())
    }

    async fn show(
        &self,
        _: &mut dyn TenantConnection,
        _: &[Uuid],
    ) -> Result<BTreeMap<String, Value>, DbError> {
        Ok(BTreeMap::new())
    }
}

#[tokio::test]
async fn files_go_with_the_values_that_name_them() {
    let holders = Holders::default();
    let keeper: Arc<dyn Attachments> = Arc::new(holders.clone());
    let options = TestOptions {
        parts: Box::new(move |builder| {
            builder.value(&ATTACHMENTS, keeper);
        }),
        ..TestOptions::default()
    };
    let app = TestApp::with(&[RECORDS, athyper_duplicates::MODULE], options).await;
    let lines =
        json!({"child": {"fields": [field("scan", json!("attachment")), field("text", json!("text"))]}});
    let fields = json!([
        field("photo", json!("attachment")),
        field("paper", json!("attachment")),
        field("lines", lines)
    ]);
    put(&app, "demo", entity("person", fields)).await;
    let world = World::of(app);
    let files: Vec<String> = (1..=5).map(|at| Uuid::from_u128(at).to_string()).collect();
    let a = world.make("person", json!({"photo": files[0], "lines": [{"scan": files[3]}]})).await;
    let b = world
        .make(
            "person",
            json!({"photo": files[1], "paper": files[2], "lines": [{"scan": files[4], "text": "x"}]}),
        )
        .await;
    world.merge("person", &[&a, &b], json!({"lines": "all"})).await.expect(200);
    let record = world.read("person", &a).await;
    assert_eq!((&record["photo"], &record["paper"]), (&json!(files[0]), &json!(files[2])));
    assert_eq!(record["lines"], json!([{"scan": files[3]}, {"scan": files[4], "text": "x"}]));
    let held = holders.0.lock().unwrap();
    let holder = |at: usize| held[&Uuid::parse_str(&files[at]).unwrap()].0.record.to_string();
    assert_eq!([0, 1, 2, 3, 4].map(holder), [&a, &b, &a, &a, &a].map(Clone::clone));
}
