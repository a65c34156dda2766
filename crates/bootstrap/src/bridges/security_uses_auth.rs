//! Sessions sign people in at the issuers that the identity adapter is a client of.

use async_trait::async_trait;
use athyper_adapter_auth::{AuthorizationRequest, CodeGrant, OidcClient, OidcError, Tokens};
use athyper_security::{Code, IssuedTokens, IssuerError, Issuers, SignInRequest, SignOutNotice};
use secrecy::SecretString;
use url::Url;

/// The issuers of all realms.
#[derive(Clone, Debug)]
pub struct OidcIssuers(pub OidcClient);

#[async_trait]
impl Issuers for OidcIssuers {
    async fn sign_in_url(&self, realm_key: &str, request: &SignInRequest<'_>) -> Result<Url, IssuerError> {
        let request = AuthorizationRequest {
            redirect_uri: request.redirect_uri,
            state: request.state,
            nonce: request.nonce,
            code_challenge: request.code_challenge,
            is_fresh: request.is_fresh,
        };
        self.0.authorization_url(realm_key, &request).await.map_err(error)
    }

    async fn check_answer(&self, realm_key: &str, issuer: Option<&str>) -> Result<(), IssuerError> {
        self.0.check_response_issuer(realm_key, issuer).await.map_err(error)
    }

    async fn exchange(&self, realm_key: &str, code: &Code<'_>) -> Result<IssuedTokens, IssuerError> {
        let grant = CodeGrant {
            code: code.code,
            redirect_uri: code.redirect_uri,
            code_verifier: code.code_verifier,
            nonce: code.nonce,
        };
        self.0.exchange(realm_key, &grant).await.map(issued).map_err(error)
    }

    async fn refresh(
        &self,
        realm_key: &str,
        refresh_token: &SecretString,
        subject: &str,
    ) -> Result<IssuedTokens, IssuerError> {
        self.0.refresh(realm_key, refresh_token, subject).await.map(issued).map_err(error)
    }

    async fn revoke(&self, realm_key: &str, refresh_token: &SecretString) -> Result<bool, IssuerError> {
        self.0.revoke(realm_key, refresh_token).await.map_err(error)
    }

    async fn sign_out_url(
        &self,
        realm_key: &str,
        hint: Option<&str>,
        return_to: Option<&str>,
    ) -> Result<Option<Url>, IssuerError> {
        self.0.end_session_url(realm_key, hint, return_to).await.map_err(error)
    }

    async fn sign_out_notice(&self, token: &str) -> Result<SignOutNotice, IssuerError> {
        let token = self.0.verify_logout_token(token).await.map_err(error)?;
        Ok(SignOutNotice {
            realm_key: token.realm_key,
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
