//! Begins a policy from a pack: a draft with its tests.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathName, ProblemResponse, Reply};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::create_policy::{self, CreatePolicy};
use crate::commands::{event, who};
use crate::error::{Error, Thing};
use crate::model::decision::word;
use crate::model::pack::Pack;
use crate::model::policy::StoredPolicy;
use crate::model::test_case::{StoredTest, TestId};
use crate::store::tests;

/// What is filled in.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = policy::InstallPack)]
pub(crate) struct InstallPack {
    /// Key of the policy; that of the pack when it is left out.
    #[serde(default)]
    #[schema(pattern = "^[a-z][a-z0-9_-]{0,62}$")]
    key: Option<String>,
    /// Values of parameters by name; what is left out has its default.
    #[serde(default)]
    #[schema(value_type = Object)]
    parameters: Map<String, Value>,
}

/// What was made of a pack.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = policy::InstalledPack)]
pub(crate) struct InstalledPack {
    /// The policy.
    policy: StoredPolicy,
    /// How many tests it has.
    tests: usize,
    /// What was left out of it, with the reason: operations and kinds that no module here has.
    left_out: Vec<String>,
}

/// Install a pack
///
/// Makes a policy of it: a draft with its tests, which is worked on, tested and reviewed like any other. Nothing is in force by it. What
/// is about operations that no module here has is left out, and named.
#[utoipa::path(
    post,
    path = "/v1/policy/packs/{key}/install",
    operation_id = "policy.install_pack",
    tag = "policy",
    params(("key" = String, Path, description = "Key of the pack")),
    request_body(content = InstallPack, example = json!({"key": "hours", "parameters": {"zone": "Europe/Paris", "from": 8}})),
    responses((status = 201, description = "The policy", body = InstalledPack), ChangeProblems)
)]
pub(crate) async fn install_pack(
    State(deps): State<Deps>,
    PathName(key): PathName,
    mut cmd: Command<Json<InstallPack>>,
) -> Result<Reply, ProblemResponse> {
    let pack = Pack::find(&key).ok_or(Error::NotFound(Thing::Pack))?;
    let author = who(cmd.caller());
    let done = execute(&mut cmd.tx, &deps, &author, &pack, &cmd.body.0).await?;
    let policy = &done.output.policy;
    let location = format!("/v1/policy/policies/{}", policy.id);
    let reply = Reply::created(location, &done.output)?.version(policy.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    author: &str,
    pack: &Pack,
    input: &InstallPack,
) -> Result<Done<InstalledPack>, Error> {
    let key = input.key.clone().unwrap_or_else(|| pack.key.clone());
    let is_known = |operation: &str| match (operation.strip_prefix("kind:"), operation.strip_suffix(".*")) {
        (Some(kind), _) => deps.catalogue.all().any(|permission| word(&permission.kind) == kind),
        (_, Some(module)) => deps.catalogue.all().any(|permission| permission.module() == module),
        _ => operation == "*" || deps.catalogue.find(operation).is_some(),
    };
    let filled = pack.fill(&key, &input.parameters, &is_known).map_err(Error::WrongParameters)?;
    let begun = CreatePolicy {
        key,
        title: pack.title.clone(),
        description: pack.description.clone(),
        document: filled.document,
    };
    let policy = create_policy::execute(tx, author, &begun).await?.output;
    let (now, actor) = (tx.now(), tx.context().actor().id.clone());
    for (name, test) in &filled.tests {
        let test = StoredTest {
            id: TestId::new(tx.clock()),
            name: name.clone(),
            test: test.clone(),
            created_at: now,
            created_by: actor.clone(),
        };
        tests::insert(tx, policy.id, &test).await?;
    }
    let event = event("policy.install_pack", &policy)
        .with("pack", pack.key.as_str())
        .with("tests", filled.tests.len())
        .with("leftOut", json!(filled.left_out.len()));
    let installed = InstalledPack { policy, tests: filled.tests.len(), left_out: filled.left_out };
    Ok(Done::new(installed, event))
}
