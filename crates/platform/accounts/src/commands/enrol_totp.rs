//! Begins a factor of codes.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Caller, ChangeProblems, Command, Json, ProblemResponse, Reply};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::Text;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;
use crate::factors::{check_room, drop_unconfirmed, new_totp};
use crate::model::factor::FactorId;
use crate::model::policy::FactorType;
use crate::model::totp;
use crate::store::factors;
use crate::{Deps, fresh, me, policy};

/// What it is called.
pub(crate) type Label = Text<1, 100>;

/// A factor to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = accounts::EnrolTotp)]
pub(crate) struct EnrolTotp {
    /// What its owner calls it.
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "Phone")]
    label: Label,
}

/// The secret of a factor that was begun. It is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::EnrolledTotp)]
pub(crate) struct Enrolled {
    /// Id of the factor.
    pub(crate) id: FactorId,
    /// The secret in base32, to be typed.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<String>,
    /// The same for an authenticator program, to be shown as a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uri: Option<String>,
}

impl Enrolled {
    pub(crate) fn new(id: FactorId, issuer: &str, login: &str, secret: &[u8]) -> Self {
        Self { id, secret: Some(totp::base32(secret)), uri: Some(totp::uri(issuer, login, secret)) }
    }

    /// What is kept for a repetition: the secret is stored nowhere in clear.
    fn without_secret(&self) -> Self {
        Self { id: self.id, secret: None, uri: None }
    }
}

/// How the tenant is called in an authenticator program.
pub(crate) fn issuer(context: &TenantContext) -> String {
    context.default_text("displayName").unwrap_or(context.tenant_key()).to_owned()
}

/// Begin codes of an authenticator program
///
/// The factor counts when its first code was shown. Whoever has a factor already shows it first.
#[utoipa::path(
    post,
    path = "/v1/accounts/me/factors/totp",
    operation_id = "accounts.enrol_totp",
    tag = "accounts",
    request_body(content = EnrolTotp, example = json!({"label": "Phone"})),
    responses(
        (status = 201, description = "The secret, shown this once", body = Enrolled,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "secret": "MZXW6YTBOI",
                "uri": "otpauth://totp/demo:zoe?secret=MZXW6YTBOI&issuer=demo&algorithm=SHA1&digits=6&period=30"})),
        ChangeProblems
    )
)]
pub(crate) async fn enrol_totp(
    State(deps): State<Deps>,
    mut cmd: Command<Json<EnrolTotp>>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let done = execute(&mut cmd.tx, &deps, &caller, cmd.body.0.label.as_str()).await?;
    let location = format!("/v1/accounts/me/factors/{}", done.output.id);
    let kept = Reply::created(location.clone(), &done.output.without_secret())?;
    let reply = Reply::created(location, &done.output)?;
    cmd.finish_once(done.event, reply, &kept).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    caller: &Caller,
    label: &str,
) -> Result<Done<Enrolled>, Error> {
    let (person, account) = me::lock(tx, deps, caller).await?;
    let policy = policy::effective(tx, deps, caller.context().realm_key()).await?;
    let known = factors::of(tx, account.principal).await?;
    check_room(&policy, &known, FactorType::Totp)?;
    if known.iter().any(|factor| factor.is_confirmed) {
        let now = tx.now();
        fresh::require(tx, deps, caller, now).await?;
    }
    drop_unconfirmed(tx, account.principal, &known).await?;
    let (factor, secret) = new_totp(tx, deps, account.principal, label).await?;
    let enrolled = Enrolled::new(factor.id, &issuer(caller.context()), &person.login, &secret);
    let event = AuditEvent::info("accounts.enrol_totp").about("accounts.factor", factor.id);
    Ok(Done::new(enrolled, event))
}
