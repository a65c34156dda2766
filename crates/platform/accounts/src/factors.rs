//! Proving a second factor: at sign-in, at its first use, and in a session.

use athyper_kernel_db::TenantTx;
use athyper_kernel_types::PrincipalId;
use athyper_kernel_vault::Subject;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::model::account::Account;
use crate::model::factor::{Factor, FactorId, FactorKind};
use crate::model::policy::{FactorType, Profile};
use crate::model::secret::{canonical_code, recovery_codes, text_digest};
use crate::model::totp;
use crate::model::webauthn::{self, Assertion, Expected, Known};
use crate::store::{self, factors};

/// What secrets of codes are sealed for.
pub(crate) const TOTP_PURPOSE: &str = "accounts.totp";

/// A second factor, as somebody shows it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[schema(as = accounts::Answer)]
pub(crate) enum Answer {
    /// A code of an authenticator program.
    Totp {
        /// Six digits.
        #[schema(example = "287082", write_only)]
        code: String,
    },
    /// A code from paper.
    RecoveryCode {
        /// Sixteen letters and digits.
        #[schema(example = "3f8k-0a2m-9xqz-7v1c", write_only)]
        code: String,
    },
    /// The answer of an authenticator.
    Webauthn {
        /// What `navigator.credentials.get` gave.
        credential: AssertedCredential,
    },
}

/// What `navigator.credentials.get` gave, each part in base64url.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::AssertedCredential)]
pub(crate) struct AssertedCredential {
    /// Id of the credential.
    id: String,
    /// What the authenticator says.
    authenticator_data: String,
    /// What the browser says.
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    /// The signature.
    #[schema(write_only)]
    signature: String,
    /// The handle of the account, where the authenticator gives it.
    #[serde(default)]
    user_handle: Option<String>,
}

/// What was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = accounts::ProvedBy)]
pub(crate) enum ProvedBy {
    /// A code of an authenticator program.
    Totp,
    /// A code from paper.
    RecoveryCode,
    /// A key.
    Webauthn,
}

impl ProvedBy {
    /// The stored word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
            Self::Webauthn => "webauthn",
        }
    }
}

/// The factors of an account that prove something under this policy.
pub(crate) fn usable<'f>(factors: &'f [Factor], policy: &Profile) -> Vec<&'f Factor> {
    let is_usable =
        |factor: &&Factor| factor.is_confirmed && policy.allowed_mfa_types.contains(&factor.kind.kind());
    factors.iter().filter(is_usable).collect()
}

/// Tries an answer with these factors, and notes what was used so that nothing counts twice. None when it proves nothing.
pub(crate) async fn prove(
    tx: &mut TenantTx,
    deps: &Deps,
    account: &Account,
    candidates: &[&Factor],
    challenge: Option<&str>,
    answer: &Answer,
) -> Result<Option<ProvedBy>, Error> {
    match answer {
        Answer::Totp { code } => {
            for factor in candidates {
                if prove_totp(tx, deps, factor, code).await? {
                    return Ok(Some(ProvedBy::Totp));
                }
            }
            Ok(None)
        }
        Answer::RecoveryCode { code } => {
            let digest = text_digest(&canonical_code(code));
            let is_taken = store::recovery_codes::take(tx, account.principal, &digest).await?;
            Ok(is_taken.then_some(ProvedBy::RecoveryCode))
        }
        Answer::Webauthn { credential } => {
            let Some(challenge) = challenge else { return Ok(None) };
            let is_right = prove_webauthn(tx, deps, account, candidates, challenge, credential).await?;
            Ok(is_right.then_some(ProvedBy::Webauthn))
        }
    }
}

async fn prove_totp(tx: &mut TenantTx, deps: &Deps, factor: &Factor, code: &str) -> Result<bool, Error> {
    let FactorKind::Totp { secret, last_step } = &factor.kind else { return Ok(false) };
    let record = factor.id.to_string();
    let key = deps.vault.open(tx, TOTP_PURPOSE, &record, secret).await?;
    let Some(step) = totp::matching_step(key.expose_secret(), code, tx.now(), *last_step) else {
        return Ok(false);
    };
    factors::used(tx, factor.id, Some(step), None).await?;
    // A secret that a former data key sealed comes over to the present one as it is used.
    if let Some(resealed) = deps.vault.reseal(tx, TOTP_PURPOSE, &record, secret).await? {
        factors::reseal(tx, factor.id, &resealed).await?;
    }
    Ok(true)
}

async fn prove_webauthn(
    tx: &mut TenantTx,
    deps: &Deps,
    account: &Account,
    candidates: &[&Factor],
    challenge: &str,
    credential: &AssertedCredential,
) -> Result<bool, Error> {
    let Ok(id) = URL_SAFE_NO_PAD.decode(credential.id.trim_end_matches('=')) else { return Ok(false) };
    for factor in candidates {
        let FactorKind::Webauthn { credential_id, public_key, sign_count } = &factor.kind else { continue };
        if *credential_id != id {
            continue;
        }
        let known = Known { public_key, sign_count: *sign_count, user_handle: &account.user_handle };
        let expected = Expected { challenge, user_verification: false };
        let assertion = Assertion {
            authenticator_data: &credential.authenticator_data,
            client_data: &credential.client_data,
            signature: &credential.signature,
            user_handle: credential.user_handle.as_deref(),
        };
        return match webauthn::assert(&deps.party, &expected, &known, &assertion) {
            Ok(count) => {
                factors::used(tx, factor.id, None, Some(count)).await?;
                Ok(true)
            }
            Err(error) => {
                tracing::warn!(%error, factor = %factor.id, "the answer of an authenticator was refused");
                Ok(false)
            }
        };
    }
    Ok(false)
}

/// A new factor of codes with its secret, not confirmed yet. The secret is sealed with the person's own key.
pub(crate) async fn new_totp(
    tx: &mut TenantTx,
    deps: &Deps,
    principal: PrincipalId,
    label: &str,
) -> Result<(Factor, Vec<u8>), Error> {
    let secret = crate::model::secret::random_bytes::<{ totp::SECRET_LEN }>()?;
    let id = FactorId::new(tx.clock());
    let subject = Subject::person(principal);
    let sealed = deps.vault.seal_for(tx, &subject, TOTP_PURPOSE, &id.to_string(), &*secret).await?;
    let factor = Factor {
        id,
        label: label.to_owned(),
        is_confirmed: false,
        kind: FactorKind::Totp { secret: sealed, last_step: None },
        created_at: tx.now(),
        last_used_at: None,
    };
    factors::insert(tx, principal, &factor).await?;
    Ok((factor, secret.to_vec()))
}

/// Removes the codes that were begun and never confirmed.
pub(crate) async fn drop_unconfirmed(
    tx: &mut TenantTx,
    principal: PrincipalId,
    factors: &[Factor],
) -> Result<(), Error> {
    let begun: Vec<FactorId> =
        factors.iter().filter(|factor| !factor.is_confirmed).map(|factor| factor.id).collect();
    factors::remove(tx, principal, &begun).await?;
    Ok(())
}

/// New recovery codes in place of all former ones.
pub(crate) async fn renew_codes(tx: &mut TenantTx, principal: PrincipalId) -> Result<Vec<String>, Error> {
    let codes = recovery_codes()?;
    let digests: Vec<Vec<u8>> = codes.iter().map(|code| text_digest(&canonical_code(code))).collect();
    store::recovery_codes::replace(tx, principal, &digests).await?;
    Ok(codes)
}

/// The first recovery codes of an account that has none left; nothing otherwise.
pub(crate) async fn first_codes(
    tx: &mut TenantTx,
    principal: PrincipalId,
) -> Result<Option<Vec<String>>, Error> {
    if store::recovery_codes::left(tx, principal).await? > 0 {
        return Ok(None);
    }
    renew_codes(tx, principal).await.map(Some)
}

/// The ids of the keys among these factors, in base64url, for a browser to look for.
pub(crate) fn credential_ids(factors: &[&Factor]) -> Vec<String> {
    let id = |factor: &&Factor| match &factor.kind {
        FactorKind::Webauthn { credential_id, .. } => Some(URL_SAFE_NO_PAD.encode(credential_id)),
        FactorKind::Totp { .. } => None,
    };
    factors.iter().filter_map(id).collect()
}

/// Whether a kind is allowed, and how many factors there are.
pub(crate) fn check_room(policy: &Profile, factors: &[Factor], kind: FactorType) -> Result<(), Error> {
    use crate::model::factor::MOST_FACTORS;
    if !policy.allowed_mfa_types.contains(&kind) {
        return Err(Error::FactorNotAllowed);
    }
    let confirmed = factors.iter().filter(|factor| factor.is_confirmed).count();
    if confirmed >= MOST_FACTORS { Err(Error::TooManyFactors { max: MOST_FACTORS }) } else { Ok(()) }
}
