//! Passwords become hashes: argon2id (RFC 9106), away from the threads that serve requests, and only so many at once.
//!
//! A tenant holds at most half of the places, so that a flood of passwords at one leaves the others room. Whoever asks for a
//! password that nobody has pays the same work.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use athyper_kernel_config::Argon2Config;
use athyper_kernel_types::TenantId;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use crate::error::Error;
use crate::model::secret::random_bytes;

/// Passwords of one tenant that wait for their turn; more are sent away.
const MOST_WAITING: usize = 64;

/// Length of a salt, in bytes (RFC 9106, section 3.1).
const SALT_LEN: usize = 16;

/// What to do when all places of the tenant are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Wait for one. Not while a connection to the database is held: the pool is everybody's.
    Wait,
    /// Give up.
    Now,
}

/// What verifying a password found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verified {
    /// It is another.
    Wrong,
    /// It is the one.
    Right,
    /// It is the one, and was hashed with less work than is asked now.
    RightAndWeak,
}

/// Hashes passwords. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Hasher(Arc<Inner>);

struct Inner {
    settings: Argon2Config,
    /// Verified in place of a hash that there is not.
    decoy: String,
    all: Arc<Semaphore>,
    of_tenant: usize,
    tenants: Mutex<HashMap<TenantId, Arc<Semaphore>>>,
}

impl Hasher {
    /// A hasher of so many passwords at once.
    ///
    /// # Errors
    /// When nothing can be hashed with these settings.
    pub(crate) fn new(settings: Argon2Config, at_once: usize) -> Result<Self, Error> {
        Made(settings).params()?;
        // Of a password that nobody has, and nobody can find: its digest is the digest of nothing.
        let (salt, digest) = (random_bytes::<SALT_LEN>()?.to_vec(), random_bytes::<DIGEST_LEN>()?.to_vec());
        let decoy = Phc { settings: Made(settings), salt, digest }.to_string();
        let at_once = at_once.max(1);
        Ok(Self(Arc::new(Inner {
            settings,
            decoy,
            all: Arc::new(Semaphore::new(at_once)),
            of_tenant: at_once.div_ceil(2),
            tenants: Mutex::default(),
        })))
    }

    /// The PHC string of a password.
    pub(crate) async fn hash(
        &self,
        tenant: TenantId,
        password: &SecretString,
        turn: Turn,
    ) -> Result<String, Error> {
        let (inner, password) = (Arc::clone(&self.0), password.clone());
        self.work(tenant, turn, move || hash(inner.settings, password.expose_secret().as_bytes())).await
    }

    /// Compares a password with a hash; without one the same work is done, and nothing is right.
    pub(crate) async fn verify(
        &self,
        tenant: TenantId,
        password: &SecretString,
        stored: Option<&str>,
        turn: Turn,
    ) -> Result<Verified, Error> {
        let (inner, password) = (Arc::clone(&self.0), password.clone());
        let (stored, exists) = (stored.unwrap_or(&self.0.decoy).to_owned(), stored.is_some());
        self.work(tenant, turn, move || {
            let stored =
                Phc::parse(&stored).ok_or_else(|| Error::Hash("a stored hash is none".to_owned()))?;
            let found = stored.settings.digest(password.expose_secret().as_bytes(), &stored.salt)?;
            let is_right = verify_slices_are_equal(&found, &stored.digest).is_ok();
            Ok(match (is_right && exists, is_weaker(stored.settings.0, inner.settings)) {
                (false, _) => Verified::Wrong,
                (true, false) => Verified::Right,
                (true, true) => Verified::RightAndWeak,
            })
        })
        .await
    }

    /// Does the work when it is the tenant's turn, on a thread that may block.
    async fn work<T: Send + 'static>(
        &self,
        tenant: TenantId,
        turn: Turn,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let queue = self.queue_of(tenant)?;
        let failed = |error: &dyn fmt::Display| Error::Hash(error.to_string());
        let (own, place) = if turn == Turn::Now {
            let own = queue.try_acquire_owned().map_err(|_| Error::Busy)?;
            (own, Arc::clone(&self.0.all).try_acquire_owned().map_err(|_| Error::Busy)?)
        } else {
            let own = queue.acquire_owned().await.map_err(|error| failed(&error))?;
            (own, Arc::clone(&self.0.all).acquire_owned().await.map_err(|error| failed(&error))?)
        };
        let done = tokio::task::spawn_blocking(move || {
            let worked = work();
            drop((place, own));
            worked
        });
        done.await.map_err(|error| failed(&error))?
    }

    /// The tenant's own places. It is let go of when nobody waits there.
    fn queue_of(&self, tenant: TenantId) -> Result<Arc<Semaphore>, Error> {
        let mut tenants = self.0.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever waits or works holds the queue as well.
        tenants.retain(|_, queue| Arc::strong_count(queue) > 1);
        let new = || Arc::new(Semaphore::new(self.0.of_tenant));
        let queue = Arc::clone(tenants.entry(tenant).or_insert_with(new));
        if Arc::strong_count(&queue) > MOST_WAITING {
            return Err(Error::Busy);
        }
        Ok(queue)
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

/// Length of a digest, in bytes (RFC 9106, section 4, recommends 256 bits).
const DIGEST_LEN: usize = 32;

/// Parameters that a digest was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Made(Argon2Config);

impl Made {
    fn params(self) -> Result<Params, Error> {
        let params = Params::new(self.0.memory_kib, self.0.passes, self.0.lanes, Some(DIGEST_LEN));
        params.map_err(|error| Error::Hash(error.to_string()))
    }

    fn digest(self, password: &[u8], salt: &[u8]) -> Result<Vec<u8>, Error> {
        let mut digest = vec![0; DIGEST_LEN];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params()?);
        let done = argon2.hash_password_into(password, salt, &mut digest);
        done.map_err(|error| Error::Hash(error.to_string()))?;
        Ok(digest)
    }
}

/// A hash as it is stored: the PHC string format, `$argon2id$v=19$m=…,t=…,p=…$salt$digest`.
#[derive(Debug, PartialEq, Eq)]
struct Phc {
    settings: Made,
    salt: Vec<u8>,
    digest: Vec<u8>,
}

impl Phc {
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("$argon2id$v=19$")?;
        let mut parts = rest.split('$');
        let (params, salt, digest) = (parts.next()?, parts.next()?, parts.next()?);
        let mut numbers = params.split(',');
        let mut number = |name: &str| numbers.next()?.strip_prefix(name)?.parse().ok();
        let settings =
            Argon2Config { memory_kib: number("m=")?, passes: number("t=")?, lanes: number("p=")? };
        let decode = |part: &str| STANDARD_NO_PAD.decode(part).ok();
        let phc = Self { settings: Made(settings), salt: decode(salt)?, digest: decode(digest)? };
        (parts.next().is_none() && phc.digest.len() == DIGEST_LEN).then_some(phc)
    }
}

impl fmt::Display for Phc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Made(settings) = self.settings;
        let (salt, digest) = (STANDARD_NO_PAD.encode(&self.salt), STANDARD_NO_PAD.encode(&self.digest));
        let Argon2Config { memory_kib, passes, lanes } = settings;
        write!(f, "$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${digest}")
    }
}

fn hash(settings: Argon2Config, password: &[u8]) -> Result<String, Error> {
    let salt = random_bytes::<SALT_LEN>()?.to_vec();
    let digest = Made(settings).digest(password, &salt)?;
    Ok(Phc { settings: Made(settings), salt, digest }.to_string())
}

/// Whether a hash took less work than is asked for.
fn is_weaker(stored: Argon2Config, asked: Argon2Config) -> bool {
    stored.memory_kib < asked.memory_kib || stored.passes < asked.passes || stored.lanes < asked.lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Less work than any process does.
    const FAST: Argon2Config = Argon2Config { memory_kib: 256, passes: 2, lanes: 1 };

    fn tenant(number: u128) -> TenantId {
        TenantId::from_uuid(uuid::Uuid::from_u128(number))
    }

    /// From the tests of the reference implementation (P-H-C/phc-winner-argon2, src/test.c).
    #[test]
    fn the_known_answer() {
        let text = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        let known = Phc::parse(text).unwrap();
        assert_eq!(known.settings, Made(FAST));
        assert_eq!(known.salt, b"somesalt");
        assert_eq!(Made(FAST).digest(b"password", &known.salt).unwrap(), known.digest);
        assert_eq!(known.to_string(), text);
        for broken in [
            "",
            "$argon2i$v=19$m=256,t=2,p=1$c29t$nf65",
            "$argon2id$v=19$m=256,t=2$c29t$nf65",
            &format!("{text}$x"),
        ] {
            assert_eq!(Phc::parse(broken), None, "{broken}");
        }
    }

    #[tokio::test]
    async fn a_known_hash_is_verified() {
        let text = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        let hasher = Hasher::new(Argon2Config::default(), 2).unwrap();
        for (password, expected) in [("password", Verified::RightAndWeak), ("Password", Verified::Wrong)] {
            let found = hasher.verify(tenant(1), &SecretString::from(password), Some(text), Turn::Wait).await;
            assert_eq!(found.unwrap(), expected, "{password}");
        }
    }

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let hasher = Hasher::new(FAST, 2).unwrap();
        let password = SecretString::from("correct horse");
        let stored = hasher.hash(tenant(1), &password, Turn::Wait).await.unwrap();
        assert_ne!(
            stored,
            hasher.hash(tenant(1), &password, Turn::Wait).await.unwrap(),
            "each has a salt of its own"
        );
        let verify = async |password: &str, stored: Option<&str>| {
            hasher.verify(tenant(1), &SecretString::from(password), stored, Turn::Wait).await.unwrap()
        };
        assert_eq!(verify("correct horse", Some(&stored)).await, Verified::Right);
        assert_eq!(verify("correct horsE", Some(&stored)).await, Verified::Wrong);
        assert_eq!(verify("a password that nobody has", None).await, Verified::Wrong);
    }

    /// What a process cannot hash with is found at its start, and not by whoever signs in.
    #[test]
    fn settings_that_cannot_be_are_refused_at_once() {
        assert!(Hasher::new(Argon2Config { memory_kib: 1, ..FAST }, 1).is_err());
        assert!(Hasher::new(FAST, 1).is_ok_and(|hasher| Phc::parse(&hasher.0.decoy).is_some()));
    }

    #[tokio::test]
    async fn less_work_than_is_asked_is_told() {
        let stored = Hasher::new(FAST, 1)
            .unwrap()
            .hash(tenant(1), &SecretString::from("x"), Turn::Wait)
            .await
            .unwrap();
        let more = Hasher::new(Argon2Config { passes: 3, ..FAST }, 1).unwrap();
        let found =
            more.verify(tenant(1), &SecretString::from("x"), Some(&stored), Turn::Wait).await.unwrap();
        assert_eq!(found, Verified::RightAndWeak);
    }

    /// A tenant whose place is taken waits, and another one is served meanwhile.
    #[tokio::test]
    async fn a_tenant_does_not_hold_up_another() {
        let hasher = Hasher::new(FAST, 2).unwrap();
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let (begun, begins) = tokio::sync::oneshot::channel();
        let busy = {
            let hasher = hasher.clone();
            let work = move || {
                begun.send(()).ok();
                held.recv().ok();
                Ok(())
            };
            async move { hasher.work(tenant(1), Turn::Wait, work).await.unwrap() }
        };
        let others = async {
            begins.await.unwrap();
            let flood: Vec<_> =
                (0..200).map(|_| Box::pin(hasher.work(tenant(1), Turn::Wait, || Ok(())))).collect();
            let mut flood = flood;
            let mut refused = 0;
            for waiting in &mut flood {
                let polled =
                    std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx))).await;
                refused += usize::from(matches!(polled, std::task::Poll::Ready(Err(Error::Busy))));
            }
            assert!(refused > 100, "{refused} were sent away");
            let now = hasher.work(tenant(1), Turn::Now, || Ok(())).await;
            assert!(matches!(now, Err(Error::Busy)));
            hasher.hash(tenant(2), &SecretString::from("x"), Turn::Wait).await.unwrap();
            drop(flood);
            hold.send(()).unwrap();
        };
        tokio::join!(busy, others);
    }
}
