//! The codes a process of the platform exits with.

/// Why a process ended, as its supervisor sees it.
///
/// Numbers from 64 to 78 are those of BSD `sysexits.h`; 130 is what shells report for a process ended by SIGINT
/// (128 + 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// 0: everything was stopped in time.
    Clean = 0,
    /// 1: an error nobody foresaw.
    Unexpected = 1,
    /// 69 (`EX_UNAVAILABLE`): a service the process needs, such as the database, is not available.
    ServiceUnavailable = 69,
    /// 70 (`EX_SOFTWARE`): shutdown was not clean: a hook failed or timed out, or tasks were left.
    ShutdownNotClean = 70,
    /// 77 (`EX_NOPERM`): the process lacks a permission.
    NoPermission = 77,
    /// 78 (`EX_CONFIG`): the configuration is invalid.
    ConfigInvalid = 78,
    /// 130: a second signal cut the shutdown short.
    Forced = 130,
}

impl ExitCode {
    /// The number handed to the operating system.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.code())
    }
}
