//! Blocks of addresses, IPv4 and IPv6 in one 128-bit space.
//!
//! An IPv4 address `a.b.c.d` is `::ffff:a.b.c.d`, so an IPv4 block `/n` is `/(96+n)`: `::/0` has every address,
//! `0.0.0.0/0` every IPv4 address only.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// One block: all addresses that share a prefix.
///
/// ```
/// use brokerwatch_expr::pattern::cidr::Cidr;
/// let block = Cidr::parse("10.6.48.157/8")?;
/// assert!(block.contains("::ffff:10.0.0.1".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr {
    first: u128,
    last: u128,
}

/// Several blocks, as sorted ranges that do not touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CidrSet {
    blocks: Vec<Cidr>,
}

/// A block that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CidrError {
    /// The block as written.
    pub block: String,
    /// What is wrong with it.
    pub why: String,
}

impl Cidr {
    /// Reads `ADDRESS/BITS`, or `ADDRESS` for that one address. Bits after the prefix are disregarded.
    pub fn parse(block: &str) -> Result<Cidr, CidrError> {
        parse(block).map_err(|why| CidrError { block: block.to_owned(), why })
    }

    /// The first and the last address.
    pub fn ends(self) -> (Ipv6Addr, Ipv6Addr) {
        (Ipv6Addr::from_bits(self.first), Ipv6Addr::from_bits(self.last))
    }

    /// Whether the address is in the block.
    pub fn contains(self, address: Ipv6Addr) -> bool {
        let bits = address.to_bits();
        self.first <= bits && bits <= self.last
    }
}

impl CidrSet {
    /// Reads all blocks; the first one that cannot be read is the error.
    pub fn parse<'a>(blocks: impl Iterator<Item = &'a str>) -> Result<CidrSet, CidrError> {
        let mut blocks: Vec<Cidr> = blocks.map(Cidr::parse).collect::<Result<_, _>>()?;
        blocks.sort_unstable();
        let mut merged: Vec<Cidr> = Vec::with_capacity(blocks.len());
        for block in blocks {
            match merged.last_mut() {
                Some(before) if block.first <= before.last.saturating_add(1) => {
                    before.last = before.last.max(block.last);
                }
                _ => merged.push(block),
            }
        }
        Ok(CidrSet { blocks: merged })
    }

    /// Whether the address is in any of the blocks.
    pub fn contains(&self, address: Ipv6Addr) -> bool {
        let after = self.blocks.partition_point(|block| block.first <= address.to_bits());
        after > 0 && self.blocks[after - 1].contains(address)
    }
}

fn parse(block: &str) -> Result<Cidr, String> {
    let (address, bits) = match block.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (block, None),
    };
    let (address, fixed, bits_max) = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => (address.to_ipv6_mapped().to_bits(), 96, 32),
        Ok(IpAddr::V6(address)) => (address.to_bits(), 0, 128),
        Err(_) => return Err(format!("`{address}` is not an IPv4 or IPv6 address")),
    };
    let bits = match bits {
        Some(bits) => prefix_bits(bits, bits_max)?,
        None => bits_max,
    };
    let hosts = u128::MAX.checked_shr(fixed + bits).unwrap_or(0);
    Ok(Cidr { first: address & !hosts, last: address | hosts })
}

fn prefix_bits(text: &str, bits_max: u32) -> Result<u32, String> {
    // `u32::from_str` would take a sign.
    let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok());
    match number.flatten() {
        Some(bits) if bits <= bits_max => Ok(bits),
        _ => Err(format!("the prefix length `{text}` is not a number from 0 to {bits_max}")),
    }
}

impl fmt::Display for CidrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no address block: {}", self.block, self.why)
    }
}

impl Error for CidrError {}

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::parse_ip;
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(blocks: &[&str], inside: &[&str], outside: &[&str]) {
        let set = CidrSet::parse(blocks.iter().copied()).unwrap();
        for address in inside {
            assert!(set.contains(parse_ip(address).unwrap()), "{address} in {blocks:?}");
        }
        for address in outside {
            assert!(!set.contains(parse_ip(address).unwrap()), "{address} not in {blocks:?}");
        }
    }

    #[test]
    fn both_families_share_one_space() {
        check(
            &["10.0.0.0/8"],
            &["10.1.2.3", "10.0.0.0", "10.255.255.255", "::ffff:10.9.9.9"],
            &["9.255.255.255", "11.0.0.0", "::10.1.2.3", "::1"],
        );
        check(&["::ffff:10.0.0.0/104"], &["10.1.2.3"], &["11.0.0.0"]);
        check(&["::/0"], &["0.0.0.0", "255.255.255.255", "::", "ffff::"], &[]);
        check(
            &["0.0.0.0/0"],
            &["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"],
            &["::", "::1", "fe80::1"],
        );
    }

    #[test]
    fn host_bits_are_disregarded() {
        check(&["10.6.48.157/8"], &["10.0.0.0", "10.200.0.1"], &["11.6.48.157"]);
        check(&["FE80::1234/10"], &["fe80::", "febf::1"], &["fec0::"]);
    }

    #[test]
    fn a_block_without_length_is_one_address() {
        check(&["::1"], &["::1"], &["::", "::2", "0.0.0.1"]);
        check(&["10.0.0.1"], &["10.0.0.1"], &["10.0.0.2", "10.0.0.0"]);
        check(&["10.0.0.1/32", "::5/128"], &["10.0.0.1", "::5"], &["10.0.0.2", "::4", "::6"]);
    }

    #[test]
    fn the_ends_of_the_space_are_reachable() {
        check(
            &["ffff::/16", "::/128"],
            &["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::"],
            &["::1", "fffe::"],
        );
    }

    #[test]
    fn no_block_takes_nothing() {
        check(&[], &[], &["::", "10.0.0.1"]);
    }

    #[test]
    fn touching_blocks_become_one() {
        let set =
            CidrSet::parse(["10.0.0.128/25", "10.0.0.0/25", "10.0.0.7", "10.0.2.0/24"].into_iter());
        assert_eq!(set.unwrap().blocks.len(), 2);
    }

    #[test]
    fn malformed_blocks_are_named() {
        for block in [
            "",
            "/",
            "/8",
            "10.0.0",
            "10.0.0.0/",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0.0/8/8",
            "10.0.0.0/ 8",
            " 10.0.0.0/8",
            "10.0.0.0/99999999999",
            "010.0.0.0/8",
            "fe80::%eth0/10",
            "host/8",
        ] {
            let error = CidrSet::parse(["::1", block].into_iter()).unwrap_err();
            assert_eq!(error.block, block);
            assert!(error.to_string().contains(&error.why));
        }
    }

    proptest! {
        #[test]
        fn the_set_agrees_with_its_blocks(
            blocks in prop::collection::vec((any::<u16>(), 100_u32..=128), 0..12),
            address in any::<u16>(),
        ) {
            let texts: Vec<String> = blocks
                .iter()
                .map(|(address, bits)| format!("{}/{bits}", Ipv6Addr::from_bits(u128::from(*address))))
                .collect();
            let set = CidrSet::parse(texts.iter().map(String::as_str)).unwrap();
            let expected = blocks.iter().any(|(block, bits)| {
                let shift = 128 - bits;
                u32::from(*block) >> shift == u32::from(address) >> shift
            });
            prop_assert_eq!(set.contains(Ipv6Addr::from_bits(u128::from(address))), expected);
        }
    }
}
