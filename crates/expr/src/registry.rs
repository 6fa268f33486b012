//! The one way in which a folder of like things is listed: a word per file.

/// Declares each module and lists its constant, in the order written.
macro_rules! registry {
    ($(#[$doc:meta])* $vis:vis static $all:ident: [$ty:ty; $item:ident] = [$($name:ident),* $(,)?];) => {
        $(mod $name;)*
        $(#[$doc])*
        $vis static $all: &[&$ty] = &[$(&$name::$item),*];
    };
}

pub(crate) use registry;
