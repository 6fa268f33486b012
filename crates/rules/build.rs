//! Lists the rule packs of the repository in a table that `src/pack.rs` includes.
//!
//! The list is sorted, so that the same tree gives the same binary.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let packs = manifest.join("../../packs");
    println!("cargo:rerun-if-changed={}", packs.display());
    let mut code = String::new();
    let mut all = Vec::new();
    for folder in entries(&packs).into_iter().filter(|path| path.join("pack.toml").is_file()) {
        let name = file_name(&folder);
        let constant = name.to_uppercase().replace('-', "_");
        pack(&mut code, &name, &constant, &folder).expect("a string takes all text");
        all.push(format!("&{constant}"));
    }
    writeln!(code, "/// Every pack.\npub static ALL: &[&Pack] = &[{}];", all.join(", "))
        .expect("a string takes all text");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("packs.rs"), code).expect("the output directory is writable");
}

fn pack(code: &mut String, name: &str, constant: &str, folder: &Path) -> std::fmt::Result {
    writeln!(code, "/// The pack `{name}`.\npub static {constant}: Pack = Pack {{")?;
    writeln!(code, "    name: {name:?},")?;
    writeln!(code, "    manifest: include_str!({:?}),", text(&folder.join("pack.toml")))?;
    writeln!(code, "    rules: &[")?;
    let rules = entries(&folder.join("rules"));
    for rule in rules.iter().filter(|path| path.extension().is_some_and(|end| end == "toml")) {
        let path = format!("packs/{name}/rules/{}", file_name(rule));
        writeln!(code, "        ({path:?}, include_str!({:?})),", text(rule))?;
    }
    writeln!(code, "    ],\n}};\n")
}

/// The entries of a folder in order.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let listing = fs::read_dir(folder).expect("packs have the folders that the guide names");
    let mut paths: Vec<PathBuf> =
        listing.map(|entry| entry.expect("the folder can be listed").path()).collect();
    paths.sort();
    paths
}

/// A path as a Rust literal can hold it.
fn text(path: &Path) -> &str {
    path.to_str().expect("the repository lies under a path of UTF-8")
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().expect("an entry of a folder has a name");
    name.to_str().expect("pack files have ASCII names").to_owned()
}
