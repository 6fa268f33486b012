//! Lists the mappings in a table that `src/normalise/mapping.rs` includes: the folder is the registry.
//!
//! The list is sorted, so that the same tree gives the same binary.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let folder = manifest.join("mappings");
    println!("cargo:rerun-if-changed={}", folder.display());
    let listing = fs::read_dir(&folder).expect("the folder of mappings is there");
    let mut paths: Vec<PathBuf> =
        listing.map(|entry| entry.expect("the folder can be listed").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    paths.sort();
    let mut code = String::from(
        "/// Every mapping: its name and its text.\npub static ALL: &[(&str, &str)] = &[\n",
    );
    for path in paths {
        let name =
            path.file_stem().and_then(|name| name.to_str()).expect("mappings have ASCII names");
        let file = path.to_str().expect("the repository lies under a path of UTF-8");
        writeln!(code, "    ({name:?}, include_str!({file:?})),").expect("a string takes all text");
    }
    code.push_str("];\n");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("mappings.rs"), code).expect("the output directory is writable");
}
