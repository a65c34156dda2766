//! Values and rules of this domain, without any I/O.

pub(crate) mod agreement;
pub(crate) mod elimination;
pub(crate) mod entry;
pub(crate) mod group;
pub(crate) mod group_faults;
pub(crate) mod netting;
pub(crate) mod numbers;
pub(crate) mod relation;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod translation;
