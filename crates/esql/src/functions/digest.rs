//! Digests of text as hexadecimal digits.

use std::fmt::Write;

use md5::Md5;
use sha2::digest::Digest;
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};

use crate::warnings::Failure;

/// An algorithm by which Elasticsearch makes digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// RFC 1321
    Md5,
    /// FIPS 180-4, as all that follow
    Sha1,
    /// 224 of 256 bits
    Sha224,
    /// 256 bits
    Sha256,
    /// 384 of 512 bits
    Sha384,
    /// 512 bits
    Sha512,
    /// 224 of 512 bits
    Sha512Of224,
    /// 256 of 512 bits
    Sha512Of256,
}

impl Algorithm {
    /// The algorithm of a name that Java knows, in any case.
    pub(super) fn by_name(name: &str) -> Result<Algorithm, Failure> {
        Ok(match name.to_ascii_uppercase().as_str() {
            "MD5" => Algorithm::Md5,
            "SHA" | "SHA1" | "SHA-1" => Algorithm::Sha1,
            "SHA224" | "SHA-224" => Algorithm::Sha224,
            "SHA256" | "SHA-256" => Algorithm::Sha256,
            "SHA384" | "SHA-384" => Algorithm::Sha384,
            "SHA512" | "SHA-512" => Algorithm::Sha512,
            "SHA512/224" | "SHA-512/224" => Algorithm::Sha512Of224,
            "SHA512/256" | "SHA-512/256" => Algorithm::Sha512Of256,
            _ => {
                let class = "java.security.NoSuchAlgorithmException";
                let message = format!("{name} MessageDigest not available");
                return Err(Failure { class, message });
            }
        })
    }
}

/// The digest of a text.
pub(super) fn digest(algorithm: Algorithm, text: &str) -> String {
    match algorithm {
        Algorithm::Md5 => hexadecimal(&Md5::digest(text)),
        Algorithm::Sha1 => hexadecimal(&sha1_smol::Sha1::from(text).digest().bytes()),
        Algorithm::Sha224 => hexadecimal(&Sha224::digest(text)),
        Algorithm::Sha256 => hexadecimal(&Sha256::digest(text)),
        Algorithm::Sha384 => hexadecimal(&Sha384::digest(text)),
        Algorithm::Sha512 => hexadecimal(&Sha512::digest(text)),
        Algorithm::Sha512Of224 => hexadecimal(&Sha512_224::digest(text)),
        Algorithm::Sha512Of256 => hexadecimal(&Sha512_256::digest(text)),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(out, "{byte:02x}").expect("writing to a `String` does not fail");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digests of `abc`, from RFC 1321 and FIPS 180-4's examples.
    #[test]
    fn digests_are_those_of_the_standards() {
        for (names, begin, digits) in [
            (vec!["MD5", "md5"], "900150983cd24fb0d6963f7d28e17f72", 32),
            (vec!["SHA", "sha1", "SHA-1"], "a9993e364706816aba3e25717850c26c9cd0d89d", 40),
            (vec!["SHA224", "SHA-224"], "23097d223405d8228642a477bda255b3", 56),
            (vec!["SHA-256", "sha256"], "ba7816bf8f01cfea414140de5dae2223", 64),
            (vec!["SHA-384"], "cb00753f45a35e8bb5a03d699ac65007", 96),
            (vec!["SHA-512"], "ddaf35a193617abacc417349ae204131", 128),
            (vec!["SHA-512/224"], "4634270f707b6a54daae7530460842e2", 56),
            (vec!["SHA-512/256"], "53048e2681941ef99b2e29b76b4c7dab", 64),
        ] {
            for name in names {
                let made = digest(Algorithm::by_name(name).unwrap(), "abc");
                assert!(made.starts_with(begin) && made.len() == digits, "{name}: {made}");
            }
        }
    }
}
