//! Sources, threads and the loop. The only library that opens files, starts threads, or waits.
//!
//! [`inputs`] finds what paths name; [`run`] hands the chunks of all inputs to workers and their results back in the
//! order of the inputs, whatever the number of threads; [`events`] is the same for callers that want events.

mod each;
pub mod events;
pub mod import;
mod input;
pub mod limits;
mod parallel;
mod parquet;
mod session;
mod sort;
pub mod tables;
mod watch;
mod windows;

pub use each::each;
pub use input::{
    Input, InputError, Progress, SITE_FILE, bytes, files, inputs, replace, text, write,
};
pub use parallel::{Item, Opened, Work, run};
pub use parquet::{TYPE_KEY, write_parquet};
pub use session::{Answer, Failed, Session, SessionOptions};
pub use sort::{Disorder, Sorter, Window};
pub use watch::Watch;
pub use windows::{Buffer, Part, Planned};
