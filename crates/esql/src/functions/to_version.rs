//! `TO_VERSION`: a text as a version.

use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, TEXT, Types};

pub(crate) const FUNCTION: Function = Function {
    name: "TO_VERSION",
    aliases: &["TO_VER"],
    doc: "The text as a version, which is compared by its numbers. Text that is no version comes after all versions.",
    params: &[param("field", TEXT.or(Types::of(&[DataType::Version])))],
    returns: Returns::Always(DataType::Version),
    lists: Lists::Each,
    examples: &[
        Example { query: r#"ROW v = TO_VERSION("1.2.3-SNAPSHOT")"#, result: "1.2.3-SNAPSHOT" },
        Example { query: r#"ROW b = TO_VERSION("1.9") < TO_VERSION("1.10")"#, result: "true" },
    ],
    // Versions are kept as they are written.
    compile: |_| single(|args, _| Ok(Some(args[0]))),
};
