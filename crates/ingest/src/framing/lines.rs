//! One record a line. The lines of a block are not looked at one by one: only where the last one ends matters here.

use super::{Block, End, Found, Framed, is_object};

/// Records are lines.
#[derive(Default)]
pub(crate) struct Lines {
    /// Inside a line past the bound, up to its newline.
    skipping: bool,
}

impl Lines {
    pub(super) fn frame(&mut self, block: Block<'_>, found: &mut Found<'_>) -> Framed {
        let bytes = block.bytes;
        if self.skipping {
            let newline = memchr::memchr(b'\n', bytes);
            self.skipping = newline.is_none();
            return Framed::Drop(newline.map_or(bytes.len(), |at| at + 1));
        }
        // Only the first line can be past the bound: every other one lies within what one read brought.
        if block.record_bytes_max < bytes.len() {
            let newline = memchr::memchr(b'\n', &bytes[block.fresh..]).map(|at| block.fresh + at);
            if block.record_bytes_max < newline.unwrap_or(bytes.len()) {
                found.defects.push(block.too_long(block.origin));
                self.skipping = newline.is_none();
                return Framed::Drop(newline.map_or(bytes.len(), |at| at + 1));
            }
        }
        let complete = memchr::memrchr(b'\n', &bytes[block.fresh..])
            .map_or(0, |newline| block.fresh + newline + 1);
        let length = match block.end {
            End::NotYet => complete,
            End::Whole => bytes.len(),
            End::Cut if is_object(&bytes[complete..]) => bytes.len(),
            End::Cut => complete,
        };
        if length == 0 { Framed::Drop(0) } else { Framed::Give(length) }
    }
}
