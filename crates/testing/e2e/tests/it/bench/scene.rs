//! The platform that is measured: an api of its own, a hundred tenants with records and accounts, and somebody in each of them.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use athyper_e2e::{Client, Launch, Platform, Program, Running};
use serde_json::{Value, json};

use crate::servers::psql;

/// Journals have four lines, one for each of these accounts.
pub(super) const ACCOUNTS: [(&str, &str); 4] =
    [("1000", "asset"), ("2000", "liability"), ("4000", "income"), ("5000", "expense")];
/// Different sizes of records.
pub(super) const SIZES: usize = 100;

/// How much there is of everything.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) tenants: usize,
    /// Records of each tenant.
    pub(super) records: usize,
}

/// A tenant, by what its requests and statements name.
pub(super) struct Tenant {
    pub(super) id: String,
    /// The entity whose records are read and made.
    pub(super) entity: String,
    /// The token of its administrator.
    pub(super) admin: String,
    /// The token of its accountant.
    pub(super) accountant: String,
    /// The legal entity that journals are of.
    pub(super) legal_entity: String,
    /// The ids of its accounts.
    pub(super) accounts: Vec<String>,
}

/// What is measured.
pub(super) struct Scene {
    pub(super) platform: Platform,
    pub(super) api: Running,
    pub(super) tenants: Arc<Vec<Tenant>>,
    pub(super) size: Size,
}

/// The api as it serves where workers are processes of their own. Nobody may be turned away for coming too often.
pub(super) fn api(platform: &Platform) -> Launch {
    platform.launch(Program::Api).set("jobQueue.runInApi=false").set("http.rateLimits.enabled=false")
}

impl Scene {
    /// Starts the api and fills its database.
    pub(super) async fn set(size: Size) -> Self {
        let platform = Platform::new();
        let api = platform.serve(api(&platform)).await;
        let operator = operator(&platform).await;
        let mut tenants = Vec::with_capacity(size.tenants);
        for number in 0..size.tenants {
            tenants.push(tenant(&platform, &operator, number).await);
        }
        let scene = Self { platform, api, tenants: Arc::new(tenants), size };
        scene.fill(0);
        scene
    }

    /// Makes tenants that nobody asks for anything, until there are so many.
    pub(super) async fn add_tenants(&self, tenants: usize) {
        let operator = operator(&self.platform).await;
        for number in self.size.tenants..tenants {
            made(&operator, &format!("beside-{number:05}")).await;
        }
        self.sql("vacuum analyze;");
    }

    /// Makes records until each tenant has so many.
    pub(super) fn add_records(&mut self, records: usize) {
        let first = std::mem::replace(&mut self.size.records, records);
        self.fill(first);
    }

    /// The id of a record by its number.
    pub(super) fn record(number: usize) -> String {
        format!("01890000-0000-7000-8000-{number:012x}")
    }

    /// Makes the records from this number on as the service would, but for their revisions.
    fn fill(&self, first: usize) {
        let records = self.size.records;
        let id = "('01890000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid";
        let mut script = "set session_replication_role = replica;\n".to_owned();
        for Tenant { id: tenant, entity, .. } in &*self.tenants {
            writeln!(
                script,
                "insert into records.record (tenant_id, entity_id, id, version, data, created_at, created_by, updated_at, updated_by) \
                 select e.tenant_id, e.id, {id}, 1, jsonb_build_object(e.slots->>'size', n % {SIZES}, e.slots->>'label', 'l' || n, \
                 e.slots->>'note', 'note ' || n), now(), 'b', now(), 'b' from records.entity e, generate_series({first}, {records} - 1) n \
                 where e.tenant_id = '{tenant}' and e.id = '{entity}';\n\
                 insert into records.field_value (tenant_id, entity_id, slot, record_id, value) \
                 select e.tenant_id, e.id, (e.slots->>'label')::integer, {id}, 'l' || n from records.entity e, \
                 generate_series({first}, {records} - 1) n where e.tenant_id = '{tenant}' and e.id = '{entity}';"
            )
            .unwrap();
        }
        script.push_str("set session_replication_role = origin;\nvacuum analyze;\ncheckpoint;\n");
        self.sql(&script);
    }

    /// Runs statements as the superuser and gives what they answer.
    pub(super) fn sql(&self, script: &str) -> String {
        let url = self.platform.database_url("admin");
        let mut psql = Command::new(programs())
            .args([&url, "-qAt", "-v", "ON_ERROR_STOP=1"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut psql.stdin.take().unwrap(), script.as_bytes()).unwrap();
        let output = psql.wait_with_output().unwrap();
        assert!(output.status.success(), "psql: {}", output.status);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Ends all processes.
    pub(super) async fn end(self) {
        let Self { platform, api, .. } = self;
        api.terminate().await.expect_code(0);
        platform.until_all_is_gone().await;
    }
}

fn programs() -> PathBuf {
    psql().expect("PostgreSQL's programs, which stand below /usr/lib/postgresql")
}

/// An operator who may make tenants.
async fn operator(platform: &Platform) -> Client {
    let token = token(platform, &["--realm", "platform", "--tenant", "operators", "--user", "admin"]).await;
    let operator = platform.anonymous().with_token(&token);
    let body = json!({"reason": "a measurement", "minutes": 60});
    operator.post("/v1/control/elevations", &body).await.expect(201);
    operator
}

async fn token(platform: &Platform, args: &[&str]) -> String {
    let command = platform.launch(Program::Api).args(&["token"]).args(args);
    command.run().await.expect_code(0).stdout.trim().to_owned()
}

/// Enters a tenant, and gives its id.
async fn made(operator: &Client, key: &str) -> String {
    let body = json!({"realmKey": "athyper", "tenantKey": key, "name": key});
    operator.post("/v1/control/tenants", &body).await.expect(201).text("/id")
}

/// Makes a tenant with an entity, a legal entity and accounts.
async fn tenant(platform: &Platform, operator: &Client, number: usize) -> Tenant {
    let key = format!("bench-{number:03}");
    let id = made(operator, &key).await;
    let of = |user| [String::from("--any-tenant"), "--tenant".into(), key.clone(), "--user".into(), user];
    let (admin, accountant) = (of("admin".to_owned()), of("accountant".to_owned()));
    let admin = token(platform, &admin.each_ref().map(String::as_str)).await;
    let accountant = token(platform, &accountant.each_ref().map(String::as_str)).await;
    let (design, books) =
        (platform.anonymous().with_token(&admin), platform.anonymous().with_token(&accountant));

    let definition = json!({"key": "item", "label": "Item", "plural": "Items", "fields": [
        {"key": "size", "label": "Size", "type": "integer"},
        {"key": "label", "label": "Label", "type": "text", "indexed": true},
        {"key": "note", "label": "Note", "type": "text"}
    ]});
    let draft = design.post("/v1/metadata/entities", &json!({"definition": definition})).await.expect(201);
    design.post(&format!("{}/publish", draft.header("location")), &json!({})).await.expect(200);
    let entity = draft.header("location").rsplit('/').next().unwrap().to_owned();

    let body = json!({"code": "B", "name": "Bench", "baseCurrency": "USD"});
    let legal_entity = design.post("/v1/finance/legal-entities", &body).await.expect(201).text("/id");
    let mut accounts = Vec::new();
    for (code, kind) in ACCOUNTS {
        let body = json!({"code": code, "type": kind});
        accounts.push(books.post("/v1/finance/accounts", &body).await.expect(201).text("/id"));
    }
    Tenant { id, entity, admin, accountant, legal_entity, accounts }
}

/// A journal of four lines.
pub(super) fn journal() -> Value {
    let line = |at: usize, side: &str, amount: &str| json!({"account": ACCOUNTS[at].0, side: amount});
    json!({"date": "2025-01-15", "narration": "Bench", "lines": [
        line(0, "debit", "90.00"), line(3, "debit", "30.00"), line(1, "credit", "20.00"), line(2, "credit", "100.00")
    ]})
}
