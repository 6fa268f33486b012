//! Lists the rule packs of the repository in a table that `src/pack.rs` includes.
//!
//! Of each pack, every file of text is put into the binary. The list is sorted, so that the same tree gives the same
//! binary.

#![expect(clippy::disallowed_methods, reason = "a build reads the files that it embeds")]

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
    writeln!(code, "    files: &[")?;
    let mut files = Vec::new();
    walk(folder, &mut files);
    for file in files {
        let path = file.strip_prefix(folder).expect("the walk stays inside of the folder");
        // The same on every system, so that a name in a rule's tests means the same file.
        let path = text(path).replace('\\', "/");
        writeln!(code, "        ({path:?}, include_str!({:?})),", text(&file))?;
    }
    writeln!(code, "    ],\n}};\n")
}

/// The files of text below a folder, sorted by path. What is no UTF-8, such as a capture of packets, is of use in the
/// repository only and stays there.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in entries(folder) {
        if path.is_dir() {
            walk(&path, files);
        } else if fs::read(&path).is_ok_and(|bytes| String::from_utf8(bytes).is_ok()) {
            files.push(path);
        }
    }
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
