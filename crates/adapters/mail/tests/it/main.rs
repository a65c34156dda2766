//! Mail sent to a server that speaks SMTP on a loopback port, and into a folder.

#[cfg(test)]
mod faults;
#[cfg(test)]
mod folder;
#[cfg(test)]
mod mime;
#[cfg(test)]
mod receiver;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod support;
