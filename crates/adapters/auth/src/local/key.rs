//! The signing key of a realm: P-256, made once and kept in a file that only its owner can read.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde::{Deserialize, Serialize};

use super::error::{Doing as _, LocalIssuerError};
use super::files;

/// A key that signs, and its public half.
#[derive(Debug)]
pub(super) struct SigningKey {
    pub(super) private: EncodingKey,
    /// The public half as JWK, with the key's id: its thumbprint (RFC 7638).
    pub(super) public: Jwk,
    pub(super) id: String,
}

/// What the file holds.
#[derive(Serialize, Deserialize)]
struct KeyFile {
    kid: String,
    /// PKCS#8 in base64.
    pkcs8: String,
}

impl SigningKey {
    /// The key of a realm, made if there is none. Processes that start at the same time end up with one key: each writes
    /// a file of its own, and the operating system links only the first of them to the name that all read.
    pub(super) fn open(data_dir: &Path, realm_key: &str) -> Result<Self, LocalIssuerError> {
        let path = files::make_folder(data_dir)?.join(format!("{realm_key}.json"));
        if !path.exists() {
            let beside = files::write_beside(&path, &new_key_file()?)?;
            let linked = fs::hard_link(&beside, &path);
            fs::remove_file(&beside).doing("remove", &beside)?;
            match linked {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                linked => linked.doing("create", &path)?,
            }
        }
        let content = fs::read(&path).doing("read", &path)?;
        Self::from_file(&content).ok_or(LocalIssuerError::BrokenKey(path))
    }

    fn from_file(content: &[u8]) -> Option<Self> {
        let file: KeyFile = serde_json::from_slice(content).ok()?;
        let key = Self::from_pkcs8(&STANDARD.decode(&file.pkcs8).ok()?)?;
        (key.id == file.kid).then_some(key)
    }

    fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        let private = EncodingKey::from_ec_der(pkcs8);
        let mut public = Jwk::from_encoding_key(&private, Algorithm::ES256).ok()?;
        let id = public.thumbprint(ThumbprintHash::SHA256).ok()?;
        public.common.key_id = Some(id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Some(Self { private, public, id })
    }
}

fn new_key_file() -> Result<Vec<u8>, LocalIssuerError> {
    let failed = || LocalIssuerError::Crypto("making a key");
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .map_err(|_| failed())?;
    let key = SigningKey::from_pkcs8(pkcs8.as_ref()).ok_or_else(failed)?;
    let file = KeyFile { kid: key.id, pkcs8: STANDARD.encode(pkcs8.as_ref()) };
    serde_json::to_vec_pretty(&file).map_err(|_| failed())
}

/// 128 random bits in base64url.
pub(super) fn random_text() -> Result<String, LocalIssuerError> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| LocalIssuerError::Crypto("drawing a random number"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
