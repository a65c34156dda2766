//! Tokens as the edge sees them: forged, stolen, stale and good ones, with issuers that answer, change and fail.

mod algorithms;
mod claims;
mod discovery;
#[cfg(test)]
mod forgery;
#[cfg(test)]
mod local_issuer;
mod outage;
#[cfg(test)]
mod support;
