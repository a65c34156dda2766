//! Sessions sign people in at the issuers that the identity adapter is a client of: those of realms, and those of tenants.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_adapter_auth::{AuthorizationRequest, CodeGrant, IssuerClient, OidcClient, OidcError, Tokens};
use athyper_security::{Code, IssuedTokens, IssuerError, IssuerRef, Issuers, SignInRequest, SignOutNotice};
use secrecy::SecretString;
use url::Url;

use crate::bridges::security_uses_federation::ProviderDoor;

/// The issuers of all realms, and the providers of their tenants where there are any.
#[derive(Clone, Debug)]
pub struct OidcIssuers {
    realms: OidcClient,
    providers: Option<ProviderDoor>,
}

/// The client of one issuer.
enum Found<'f> {
    Realm(&'f IssuerClient),
    Provider(Arc<IssuerClient>),
}

impl std::ops::Deref for Found<'_> {
    type Target = IssuerClient;

    fn deref(&self) -> &IssuerClient {
        match self {
            Self::Realm(client) => client,
            Self::Provider(client) => client,
        }
    }
}

impl OidcIssuers {
    /// Of realms alone.
    pub fn of_realms(realms: OidcClient) -> Self {
        Self { realms, providers: None }
    }

    /// Of realms and of tenants.
    pub fn new(realms: OidcClient, providers: ProviderDoor) -> Self {
        Self { realms, providers: Some(providers) }
    }

    async fn client(&self, issuer: &IssuerRef) -> Result<Found<'_>, IssuerError> {
        match (issuer.provider, &self.providers) {
            (None, _) => Ok(Found::Realm(self.realms.of_realm(&issuer.realm_key).map_err(error)?)),
            (Some(provider), Some(door)) => Ok(Found::Provider(door.client(provider).await?)),
            (Some(_), None) => Err(IssuerError::Unusable("tenants have no providers here".to_owned())),
        }
    }
}

#[async_trait]
impl Issuers for OidcIssuers {
    async fn sign_in_url(&self, issuer: &IssuerRef, request: &SignInRequest<'_>) -> Result<Url, IssuerError> {
        let request = AuthorizationRequest {
            redirect_uri: request.redirect_uri,
            state: request.state,
            nonce: request.nonce,
            code_challenge: request.code_challenge,
            is_fresh: request.is_fresh,
        };
        self.client(issuer).await?.authorization_url(&request).await.map_err(error)
    }

    async fn check_answer(&self, issuer: &IssuerRef, named: Option<&str>) -> Result<(), IssuerError> {
        self.client(issuer).await?.check_response_issuer(named).await.map_err(error)
    }

    async fn exchange(&self, issuer: &IssuerRef, code: &Code<'_>) -> Result<IssuedTokens, IssuerError> {
        let grant = CodeGrant {
            code: code.code,
            redirect_uri: code.redirect_uri,
            code_verifier: code.code_verifier,
            nonce: code.nonce,
        };
        self.client(issuer).await?.exchange(&grant).await.map(issued).map_err(error)
    }

    async fn refresh(
        &self,
        issuer: &IssuerRef,
        refresh_token: &SecretString,
        subject: &str,
    ) -> Result<IssuedTokens, IssuerError> {
        self.client(issuer).await?.refresh(refresh_token, subject).await.map(issued).map_err(error)
    }

    async fn revoke(&self, issuer: &IssuerRef, refresh_token: &SecretString) -> Result<bool, IssuerError> {
        self.client(issuer).await?.revoke(refresh_token).await.map_err(error)
    }

    async fn sign_out_url(
        &self,
        issuer: &IssuerRef,
        hint: Option<&str>,
        return_to: Option<&str>,
    ) -> Result<Option<Url>, IssuerError> {
        self.client(issuer).await?.end_session_url(hint, return_to).await.map_err(error)
    }

    async fn sign_out_notice(
        &self,
        provider: Option<&IssuerRef>,
        token: &str,
    ) -> Result<SignOutNotice, IssuerError> {
        let token = match provider {
            Some(issuer) => self.client(issuer).await?.verify_logout_token(token).await,
            None => self.realms.verify_logout_token(token).await,
        };
        let token = token.map_err(error)?;
        Ok(SignOutNotice {
            issuer: provider.cloned().unwrap_or_else(|| IssuerRef::of_realm(&token.realm_key)),
            issuer_session: token.issuer_session,
            subject: token.subject,
            id: token.id,
            expires_at: token.expires_at,
        })
    }
}

fn issued(tokens: Tokens) -> IssuedTokens {
    IssuedTokens {
        identity: tokens.identity,
        refresh_token: tokens.refresh_token,
        access_expires_at: tokens.access_expires_at,
        issuer_session: tokens.issuer_session,
        authenticated_at: tokens.authenticated_at,
    }
}

fn error(error: OidcError) -> IssuerError {
    match error {
        OidcError::Away { .. } => IssuerError::Away,
        OidcError::Refused { error } if error == "invalid_grant" => IssuerError::GrantEnded,
        OidcError::NoIssuer | OidcError::NotOffered(_) | OidcError::Refused { .. } => {
            IssuerError::Unusable(error.to_string())
        }
        OidcError::Answer(_) | OidcError::Token(_) => IssuerError::Invalid(error.to_string()),
        OidcError::IssuerMismatch => IssuerError::OtherIssuer,
    }
}
