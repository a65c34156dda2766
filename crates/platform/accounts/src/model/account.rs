//! An account, and how it is locked.

use athyper_kernel_types::PrincipalId;
use chrono::{DateTime, TimeDelta, Utc};

use crate::model::policy::Profile;

/// How often a lock is doubled at most: 2^10 times the first one, which is ten days for a quarter of an hour.
const MOST_DOUBLINGS: u32 = 10;

/// A local account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// Whose it is.
    pub(crate) principal: PrincipalId,
    /// PHC string; none until an invitation was taken.
    pub(crate) password_hash: Option<String>,
    /// When the password was set (UTC).
    pub(crate) password_changed_at: Option<DateTime<Utc>>,
    /// Failed sign-ins since the last success or lock.
    pub(crate) failures: u32,
    /// Locks since the last success.
    pub(crate) locks: u32,
    /// Until when it is locked (UTC).
    pub(crate) locked_until: Option<DateTime<Utc>>,
    /// Whether this person needs a second factor, whatever the policy says.
    pub(crate) mfa_required: bool,
    /// By which authenticators know it.
    pub(crate) user_handle: Vec<u8>,
    /// Version, for `If-Match`.
    pub(crate) version: i64,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
}

impl Account {
    /// The account of nobody, for work that is done whether there is one or not.
    pub(crate) fn nobody() -> Self {
        Self {
            principal: PrincipalId::nil(),
            password_hash: None,
            password_changed_at: None,
            failures: 0,
            locks: 0,
            locked_until: None,
            mfa_required: false,
            user_handle: Vec::new(),
            version: 0,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    /// Whether it is locked at this instant.
    pub(crate) fn is_locked(&self, now: DateTime<Utc>) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// The account after another failed sign-in.
    pub(crate) fn failed(&self, policy: &Profile, now: DateTime<Utc>) -> Self {
        let mut after = self.clone();
        after.failures = self.failures.saturating_add(1);
        if after.failures >= policy.max_login_failures {
            let doubled = 1_i32 << self.locks.min(MOST_DOUBLINGS);
            let minutes = i64::from(policy.lockout_duration_minutes) * i64::from(doubled);
            after.failures = 0;
            after.locks = self.locks.saturating_add(1);
            after.locked_until = Some(now + TimeDelta::minutes(minutes));
        }
        after
    }

    /// The account after a success, or after somebody unlocked it.
    pub(crate) fn cleared(&self) -> Self {
        Self { failures: 0, locks: 0, locked_until: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Locks an account by failing as often as it takes, and gives for how many minutes.
    fn lock(account: Account, now: DateTime<Utc>) -> (Account, i64) {
        let policy = Profile::default();
        let mut after = account;
        for left in (0..policy.max_login_failures).rev() {
            assert!(!after.is_locked(now));
            after = after.failed(&policy, now);
            assert_eq!(after.is_locked(now), left == 0);
        }
        let minutes = (after.locked_until.unwrap() - now).num_minutes();
        (after, minutes)
    }

    #[test]
    fn each_lock_lasts_twice_as_long_until_a_success() {
        let mut now = DateTime::UNIX_EPOCH;
        let mut locked = Account::nobody();
        let mut lasted = Vec::new();
        for _ in 0..13 {
            let (after, minutes) = lock(locked, now);
            lasted.push(minutes);
            now = after.locked_until.unwrap();
            assert!(!after.is_locked(now), "the lock ends by itself");
            locked = after;
        }
        assert_eq!(lasted[..4], [15, 30, 60, 120]);
        assert_eq!(lasted[11], lasted[12], "there is a longest");
        assert_eq!(lock(locked.cleared(), now).1, 15);
    }
}
