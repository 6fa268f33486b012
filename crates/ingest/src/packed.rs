//! Compressed streams, unpacked while they are read, within a bound on how much comes out of how little.
//!
//! Memory is bounded whatever comes out, so what a bomb would cost is time: a file of a megabyte may hold a terabyte of
//! zeros. Nobody's log is packed so well, so reading ends there, and the reason says so.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder};

use crate::limits::{
    COMPRESSED_BLOCK_BYTES, UNPACKED_BYTES_FREE, UNPACKED_RATIO_MAX, ZSTD_WINDOW_LOG_MAX,
};

/// How a stream is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    /// Deflate without a header, as in zip archives.
    Deflate,
    Zstd,
}

impl Packing {
    /// What a stream is that begins so; deflate alone has no mark.
    pub(crate) fn of(head: &[u8]) -> Option<Packing> {
        match head {
            [0x1F, 0x8B, ..] => Some(Packing::Gzip),
            // A frame, or a skippable frame in front of one.
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => {
                Some(Packing::Zstd)
            }
            _ => None,
        }
    }
}

/// The content of a compressed stream. `outer` is what the stream lies in, if that is compressed, too.
pub(crate) fn unpacked(
    input: impl Read + Send + 'static,
    packing: Packing,
    outer: Option<&Arc<Tally>>,
) -> io::Result<(Box<dyn Read + Send>, Arc<Tally>)> {
    let input = Counted { input: buffered(input), taken: 0 };
    let tally = outer.map_or_else(Arc::default, Arc::clone);
    let bound = Bound { given: 0, is_outermost: outer.is_none(), tally: Arc::clone(&tally) };
    let content: Box<dyn Read + Send> = match packing {
        Packing::Gzip => Box::new(Capped {
            decoder: MultiGzDecoder::new(input),
            taken: |decoder| decoder.get_ref().taken,
            bound,
        }),
        Packing::Deflate => Box::new(Capped {
            decoder: DeflateDecoder::new(input),
            taken: |decoder| decoder.get_ref().taken,
            bound,
        }),
        Packing::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(input)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Box::new(Capped { decoder, taken: |decoder| decoder.get_ref().taken, bound })
        }
    };
    Ok((content, tally))
}

/// Compressed bytes, read in pieces that are worth a system call.
pub(crate) fn buffered<R: Read>(input: R) -> BufReader<R> {
    BufReader::with_capacity(COMPRESSED_BLOCK_BYTES, input)
}

/// How much was taken of an outermost stream, and how much the compressed streams inside of it gave: each of them may
/// keep to the bound, and all together not.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    taken: AtomicU64,
    given_inside: AtomicU64,
}

/// Counts what a decoder takes, to the byte: it may have more in its buffer.
struct Counted<R> {
    input: BufReader<R>,
    taken: u64,
}

impl<R: Read> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.taken += count as u64;
        self.input.consume(count);
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.taken += count as u64;
        Ok(count)
    }
}

/// A decoder that ends with an error, again and again, once it is past the bound.
struct Capped<D> {
    decoder: D,
    /// How much the decoder has taken so far.
    taken: fn(&D) -> u64,
    bound: Bound,
}

impl<D: Read> Read for Capped<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.bound.check((self.taken)(&self.decoder))?;
        let count = self.decoder.read(buffer)?;
        self.bound.add(count, (self.taken)(&self.decoder));
        Ok(count)
    }
}

/// What is held against the bound.
struct Bound {
    given: u64,
    is_outermost: bool,
    tally: Arc<Tally>,
}

impl Bound {
    fn add(&mut self, given: usize, taken: u64) {
        self.given += given as u64;
        if self.is_outermost {
            self.tally.taken.store(taken, Ordering::Relaxed);
        } else {
            self.tally.given_inside.fetch_add(given as u64, Ordering::Relaxed);
        }
    }

    fn check(&self, taken: u64) -> io::Result<()> {
        check(self.given, taken)?;
        if self.is_outermost {
            return Ok(());
        }
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        check(load(&self.tally.given_inside), load(&self.tally.taken))
    }
}

fn check(given: u64, taken: u64) -> io::Result<()> {
    if given <= UNPACKED_BYTES_FREE || given <= taken.saturating_mul(UNPACKED_RATIO_MAX) {
        return Ok(());
    }
    let why = format!(
        "{taken} packed bytes gave {given}, more than {UNPACKED_RATIO_MAX} each; to read the rest, unpack it first"
    );
    Err(io::Error::new(io::ErrorKind::InvalidData, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_holds_past_what_is_free() {
        let taken = UNPACKED_BYTES_FREE / UNPACKED_RATIO_MAX + 1;
        assert!(check(UNPACKED_BYTES_FREE, 0).is_ok());
        assert!(check(UNPACKED_BYTES_FREE + 1, 0).is_err());
        assert!(check(taken * UNPACKED_RATIO_MAX, taken).is_ok());
        assert!(check(taken * UNPACKED_RATIO_MAX + 1, taken).is_err());
        assert!(check(u64::MAX, u64::MAX / 2).is_ok());
    }

    #[test]
    fn streams_inside_of_a_stream_are_bound_together() {
        let tally = Arc::new(Tally::default());
        let inside = || Bound { given: 0, is_outermost: false, tally: Arc::clone(&tally) };
        let half = (UNPACKED_BYTES_FREE / 2) as usize + 1;
        let (mut first, mut second) = (inside(), inside());
        first.add(half, half as u64);
        assert!(first.check(half as u64).is_ok());
        second.add(half, half as u64);
        assert!(second.check(half as u64).is_err(), "nothing was taken of the outermost");
        tally.taken.store(half as u64, Ordering::Relaxed);
        assert!(second.check(half as u64).is_ok());
    }
}
