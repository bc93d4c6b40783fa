//! Status codes and the one error type.
//!
//! A status is part of the ABI: numbers are fixed for ever and new ones are appended.
//! -1 to -99 are argument and state errors (objects are unchanged), -100 to -199 resources and
//! transports (only destroy is safe), -254 a callback's own failure, -255 a caught panic.

use std::fmt;

/// What went wrong, as the number a C host receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i32)]
pub enum Status {
    Ok = 0,
    NullPointer = -1,
    Handle = -2,
    Argument = -3,
    Axis = -4,
    Shape = -5,
    DType = -6,
    Space = -7,
    Context = -8,
    State = -9,
    Overlap = -10,
    Option = -11,
    Unsupported = -12,
    Layout = -13,
    Format = -14,
    Collective = -15,
    Compilation = -16,
    Memory = -100,
    Mpi = -101,
    MpiMismatch = -102,
    Io = -103,
    Communication = -104,
    Cuda = -105,
    Nccl = -106,
    Callback = -254,
    Internal = -255,
}

impl Status {
    /// Every status, in the order of its number.
    pub const ALL: [Status; 26] = [
        Status::Ok,
        Status::NullPointer,
        Status::Handle,
        Status::Argument,
        Status::Axis,
        Status::Shape,
        Status::DType,
        Status::Space,
        Status::Context,
        Status::State,
        Status::Overlap,
        Status::Option,
        Status::Unsupported,
        Status::Layout,
        Status::Format,
        Status::Collective,
        Status::Compilation,
        Status::Memory,
        Status::Mpi,
        Status::MpiMismatch,
        Status::Io,
        Status::Communication,
        Status::Cuda,
        Status::Nccl,
        Status::Callback,
        Status::Internal,
    ];

    /// The status with this number, or `Internal` for a number that no version knows.
    pub fn from_code(code: i32) -> Status {
        Status::ALL.into_iter().find(|s| s.code() == code).unwrap_or(Status::Internal)
    }

    /// The number that crosses the C border.
    pub fn code(self) -> i32 {
        self as i32
    }

    /// One sentence for a reader who has only the number.
    pub const fn text(self) -> &'static str {
        match self {
            Status::Ok => "success",
            Status::NullPointer => "a required pointer is NULL",
            Status::Handle => "not a live handle of the expected kind",
            Status::Argument => "an argument is outside its range",
            Status::Axis => "an axis is outside the dimensions of its space",
            Status::Shape => "a shape is negative, too large or inconsistent",
            Status::DType => "the data types do not fit together",
            Status::Space => "the spaces are not congruent",
            Status::Context => "the objects belong to different contexts",
            Status::State => "the object is not in a state that allows the call",
            Status::Overlap => "input and output share memory",
            Status::Option => "an option is unknown or has a wrong value",
            Status::Unsupported => "not supported by this build or on this machine",
            Status::Layout => "the layout does not fit the shape or the ranks",
            Status::Format => "a file is truncated, malformed or of another type",
            Status::Collective => "the ranks passed different arguments to a collective call",
            Status::Compilation => "the source of a kernel does not compile",
            Status::Memory => "memory could not be allocated",
            Status::Mpi => "an MPI call failed",
            Status::MpiMismatch => "host and library were built for different MPI implementations",
            Status::Io => "a file could not be opened, read or written",
            Status::Communication => "a function of the host's communicator table failed",
            Status::Cuda => "a CUDA call, or work on a device, failed",
            Status::Nccl => "an NCCL call failed",
            Status::Callback => "a callback asked to stop",
            Status::Internal => "a defect of the library: a panic was caught",
        }
    }
}

/// A status with the text that names argument, value and rank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub status: Status,
    pub message: String,
}

/// What every fallible function of the library returns.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(status: Status, message: impl Into<String>) -> Error {
        Error { status, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)
    }
}

impl std::error::Error for Error {}

/// `Err(Error)` of the named status with a formatted message: `fail!(Shape, "axis {axis} has ...")`.
#[macro_export]
macro_rules! fail {
    ($status:ident, $($text:tt)+) => {
        return Err($crate::error::Error::new($crate::error::Status::$status, format!($($text)+)))
    };
}
