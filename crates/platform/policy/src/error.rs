//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, ProblemKind};
use athyper_kernel_types::PageError;

use crate::model::network::MAX_NETWORKS;
use crate::model::policy::MAX_POLICIES;
use crate::model::shadow::MAX_SHADOWS;
use crate::model::test_case::MAX_TESTS;

/// What can be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    /// A policy.
    Policy,
    /// A version of a policy.
    Version,
    /// A test of a policy.
    Test,
    /// A principal, as far as it is active.
    Principal,
    /// An entity.
    Entity,
    /// A record of an entity.
    Record,
    /// A policy to begin with.
    Pack,
    /// A network.
    Network,
}

impl Thing {
    fn noun(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Version => "version of this policy",
            Self::Test => "test of this policy",
            Self::Principal => "active principal",
            Self::Entity => "entity",
            Self::Record => "record of this entity",
            Self::Pack => "pack",
            Self::Network => "network",
        }
    }
}

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such record in this tenant.
    #[error("there is no such {}", .0.noun())]
    NotFound(Thing),
    /// The request names something that is not there.
    #[error("there is no such {}", what.noun())]
    UnknownReference {
        /// JSON pointer to it, or `?name`.
        pointer: &'static str,
        /// What it should be.
        what: Thing,
    },
    /// Another policy has this key already.
    #[error("another policy has this key already")]
    KeyTaken,
    /// The key is none.
    #[error("a key has 1 to 63 of a-z, 0-9, - and _ and begins with a letter")]
    WrongKey,
    /// There are enough policies.
    #[error("a tenant has at most {MAX_POLICIES} policies")]
    TooManyPolicies,
    /// There are enough tests.
    #[error("a policy has at most {MAX_TESTS} tests")]
    TooManyTests,
    /// A question that cannot be asked.
    #[error("the question has faults")]
    WrongQuestion(Vec<FieldError>),
    /// Values of a pack's parameters that are none.
    #[error("what is to be filled in has faults")]
    WrongParameters(Vec<FieldError>),
    /// The policy has faults, each with its place in the document.
    #[error("the policy has faults: mend them first")]
    Faulty(Vec<FieldError>),
    /// There is nothing to show that the policy says what it should.
    #[error("the policy has no test: add one that shows what it allows or denies")]
    NoTest,
    /// Tests do not pass.
    #[error("{} of the policy's tests fail: {}", .0.len(), .0.join("; "))]
    TestsFail(Vec<String>),
    /// There is no draft.
    #[error("the policy has no draft")]
    NoDraft,
    /// The draft is under review.
    #[error("the draft is under review: reject it first")]
    InReview,
    /// The draft is not under review.
    #[error("the draft is not under review: submit it first")]
    NotInReview,
    /// Nobody agrees to what they have written.
    #[error("somebody else than its authors has to publish this")]
    OwnWork,
    /// The policy is not in force.
    #[error("the policy is not in force")]
    NotInForce,
    /// The version is in force already.
    #[error("this version is in force")]
    SameVersion,
    /// Whoever puts it in force could not take it back.
    #[error("with this in force you may not do {operation} any more: leave a way to take it back")]
    NoWayBack {
        /// What they may not.
        operation: &'static str,
    },
    /// The draft is asked beside what is in force already.
    #[error("the policy is in the shadow already: stop that first")]
    InShadow,
    /// Nothing of the policy is asked beside what is in force.
    #[error("the policy is not in the shadow")]
    NotInShadow,
    /// There are enough drafts that are asked beside what is in force.
    #[error("a tenant has at most {MAX_SHADOWS} policies in the shadow: stop one first")]
    TooManyShadows,
    /// Another network has this key already.
    #[error("another network has this key already")]
    NetworkTaken,
    /// Ranges that are none.
    #[error("the network has faults")]
    WrongNetwork(Vec<FieldError>),
    /// There are enough networks.
    #[error("a tenant has at most {MAX_NETWORKS} networks")]
    TooManyNetworks,
    /// Rules in force name the network.
    #[error("rules in force name this network: {}", .0.join(", "))]
    NetworkInUse(Vec<String>),
    /// A page that cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The database.
    #[error(transparent)]
    Database(DbError),
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        match error.constraint() {
            Some("policy_key") => Self::KeyTaken,
            Some("network_key") => Self::NetworkTaken,
            _ => Self::Database(error),
        }
    }
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "policy.not_found",
            Self::UnknownReference { .. } => "policy.unknown_reference",
            Self::KeyTaken | Self::NetworkTaken => "policy.taken",
            Self::WrongKey => "policy.wrong_key",
            Self::TooManyPolicies | Self::TooManyTests | Self::TooManyShadows | Self::TooManyNetworks => {
                "policy.too_many"
            }
            Self::WrongQuestion(_) => "policy.wrong_question",
            Self::WrongParameters(_) => "policy.wrong_parameters",
            Self::Faulty(_) => "policy.faulty",
            Self::NoTest => "policy.no_test",
            Self::TestsFail(_) => "policy.tests_fail",
            Self::NoDraft => "policy.no_draft",
            Self::InReview => "policy.in_review",
            Self::NotInReview => "policy.not_in_review",
            Self::OwnWork => "policy.own_work",
            Self::NotInForce => "policy.not_in_force",
            Self::SameVersion => "policy.same_version",
            Self::NoWayBack { .. } => "policy.no_way_back",
            Self::WrongNetwork(_) => "policy.wrong_network",
            Self::NetworkInUse(_) => "policy.network_in_use",
            Self::InShadow => "policy.in_shadow",
            Self::NotInShadow => "policy.not_in_shadow",
            Self::Page(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::NotFound(_) => ProblemKind::NotFound,
            Self::KeyTaken
            | Self::TooManyPolicies
            | Self::TooManyTests
            | Self::NoTest
            | Self::TestsFail(_)
            | Self::NoDraft
            | Self::InReview
            | Self::NotInReview
            | Self::NotInForce
            | Self::SameVersion
            | Self::NetworkTaken
            | Self::TooManyNetworks
            | Self::NetworkInUse(_)
            | Self::InShadow
            | Self::NotInShadow
            | Self::TooManyShadows
            | Self::NoWayBack { .. } => ProblemKind::Conflict,
            Self::OwnWork => ProblemKind::Forbidden,
            // What the query names wrongly is no question.
            Self::UnknownReference { pointer, .. } if pointer.starts_with('?') => ProblemKind::Malformed,
            Self::WrongQuestion(fields) if fields.iter().any(|field| field.pointer.starts_with('?')) => {
                ProblemKind::Malformed
            }
            Self::UnknownReference { .. }
            | Self::WrongKey
            | Self::WrongQuestion(_)
            | Self::WrongParameters(_)
            | Self::WrongNetwork(_)
            | Self::Faulty(_) => ProblemKind::Invalid,
            Self::Page(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let one = |pointer: &str, code: &str| vec![FieldError::new(pointer, code, self.to_string())];
        match self {
            Self::UnknownReference { pointer, .. } => one(pointer, "unknown"),
            Self::KeyTaken | Self::NetworkTaken => one("/key", "taken"),
            Self::WrongKey => one("/key", "invalid"),
            Self::WrongQuestion(fields)
            | Self::WrongParameters(fields)
            | Self::WrongNetwork(fields)
            | Self::Faulty(fields) => fields.clone(),
            Self::Page(error) => error.fields(),
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}
