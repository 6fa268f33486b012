//! Addresses of destinations as few values: the addresses themselves, or the networks that they share.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use super::Asked;
use super::key::Refused;
use super::varying::Varies;
use crate::limits::{TUNED_ADDRESSES_MAX, TUNED_NETWORKS_MAX};

const FIELD: &str = "destination.ip";

/// An entry for some addresses.
pub(super) fn entry(
    addresses: impl Iterator<Item = Ipv6Addr>,
) -> Result<(Asked, Option<Varies>), Refused> {
    let all: BTreeSet<Ipv6Addr> = addresses.collect();
    let shown: Vec<String> = all.iter().map(|address| address.to_canonical().to_string()).collect();
    if all.len() <= TUNED_ADDRESSES_MAX {
        return Ok((Asked { field: FIELD, values: shown, is_pattern: false }, None));
    }
    let networks: BTreeSet<String> = all.iter().map(|address| network(*address)).collect();
    if TUNED_NETWORKS_MAX < networks.len() {
        return Err(Refused::Scattered(all.len()));
    }
    let values = networks.into_iter().collect();
    Ok((
        Asked { field: FIELD, values, is_pattern: false },
        Some(Varies::new(FIELD, "address", shown)),
    ))
}

/// The network that sites are most often given: 24 bits, or 48 of an address of IPv6.
fn network(address: Ipv6Addr) -> String {
    match address.to_ipv4_mapped() {
        Some(four) => {
            let [a, b, c, _] = four.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        None => {
            let [a, b, c, ..] = address.segments();
            format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}
