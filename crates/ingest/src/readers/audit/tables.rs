//! The kernel's numbers and their names: architectures, system calls, errors, address families, record types.
//!
//! System calls and errors are lists under `tables/`, a number and a name a line, as the kernel's UAPI headers have them.

use std::sync::LazyLock;

/// An architecture whose system calls are known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arch {
    /// The value of `arch=`: the ELF machine with bits for 64 bits and little-endian.
    token: u32,
    /// The name that audit tools use.
    pub(super) name: &'static str,
    calls: Option<Calls>,
}

/// A list of system calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Calls {
    X86_64,
    I386,
    Aarch64,
    Arm,
    Riscv64,
    Ppc64,
    S390x,
}

/// Numbers to names, by number; a gap is an empty name.
type Names = LazyLock<Vec<&'static str>>;

static X86_64: Names = LazyLock::new(|| names(include_str!("tables/x86_64.txt")));
static I386: Names = LazyLock::new(|| names(include_str!("tables/i386.txt")));
static AARCH64: Names = LazyLock::new(|| names(include_str!("tables/aarch64.txt")));
static ARM: Names = LazyLock::new(|| names(include_str!("tables/arm.txt")));
static RISCV64: Names = LazyLock::new(|| names(include_str!("tables/riscv64.txt")));
static PPC64: Names = LazyLock::new(|| names(include_str!("tables/ppc64.txt")));
static S390X: Names = LazyLock::new(|| names(include_str!("tables/s390x.txt")));
static ERRORS: Names = LazyLock::new(|| names(include_str!("tables/errno.txt")));

#[rustfmt::skip]
static ARCHS: &[Arch] = &[
    Arch { token: 0xC000_003E, name: "x86_64",      calls: Some(Calls::X86_64) },
    Arch { token: 0x4000_0003, name: "i386",        calls: Some(Calls::I386) },
    Arch { token: 0xC000_00B7, name: "aarch64",     calls: Some(Calls::Aarch64) },
    Arch { token: 0x4000_0028, name: "arm",         calls: Some(Calls::Arm) },
    Arch { token: 0x0000_0028, name: "armeb",       calls: Some(Calls::Arm) },
    Arch { token: 0xC000_00F3, name: "riscv64",     calls: Some(Calls::Riscv64) },
    Arch { token: 0xC000_0015, name: "ppc64le",     calls: Some(Calls::Ppc64) },
    Arch { token: 0x8000_0015, name: "ppc64",       calls: Some(Calls::Ppc64) },
    Arch { token: 0x8000_0016, name: "s390x",       calls: Some(Calls::S390x) },
    Arch { token: 0xC000_0102, name: "loongarch64", calls: None },
    Arch { token: 0x0000_0016, name: "s390",        calls: None },
    Arch { token: 0x0000_0014, name: "ppc",         calls: None },
    Arch { token: 0x8000_0008, name: "mips64",      calls: None },
    Arch { token: 0xC000_0008, name: "mipsel64",    calls: None },
];

/// The bit that marks calls of the x32 ABI, which are otherwise those of x86-64.
const X32_BIT: usize = 0x4000_0000;

/// The architecture of a value of `arch=`.
pub(super) fn arch(token: u32) -> Option<Arch> {
    ARCHS.iter().copied().find(|arch| arch.token == token)
}

impl Arch {
    /// The name of a system call.
    pub(super) fn call(self, number: usize) -> Option<&'static str> {
        let (names, number) = match self.calls? {
            Calls::X86_64 => (&X86_64, number & !X32_BIT),
            Calls::I386 => (&I386, number),
            Calls::Aarch64 => (&AARCH64, number),
            Calls::Arm => (&ARM, number),
            Calls::Riscv64 => (&RISCV64, number),
            Calls::Ppc64 => (&PPC64, number),
            Calls::S390x => (&S390X, number),
        };
        name(names, number)
    }
}

/// The name of an error number: `EINPROGRESS`.
pub(super) fn error(number: usize) -> Option<&'static str> {
    name(&ERRORS, number)
}

/// What `socketcall`, the one system call for sockets of older 32-bit kernels, does: `net.h` numbers them.
pub(super) fn socket_call(number: usize) -> Option<&'static str> {
    const CALLS: [&str; 21] = [
        "",
        "socket",
        "bind",
        "connect",
        "listen",
        "accept",
        "getsockname",
        "getpeername",
        "socketpair",
        "send",
        "recv",
        "sendto",
        "recvfrom",
        "shutdown",
        "setsockopt",
        "getsockopt",
        "sendmsg",
        "recvmsg",
        "accept4",
        "recvmmsg",
        "sendmmsg",
    ];
    CALLS.get(number).copied().filter(|name| !name.is_empty())
}

/// The name of an address family.
pub(super) fn family(number: u16) -> Option<&'static str> {
    Some(match number {
        1 => "unix",
        2 => "ipv4",
        10 => "ipv6",
        16 => "netlink",
        17 => "packet",
        29 => "can",
        31 => "bluetooth",
        38 => "alg",
        40 => "vsock",
        _ => return None,
    })
}

/// The name of a record type that the kernel's own log writes as a number: `type=1400 audit(..)`.
pub(super) fn record_type(number: &str) -> Option<&'static str> {
    Some(match number {
        "1006" => "LOGIN",
        "1300" => "SYSCALL",
        "1302" => "PATH",
        "1303" => "IPC",
        "1304" => "SOCKETCALL",
        "1305" => "CONFIG_CHANGE",
        "1306" => "SOCKADDR",
        "1307" => "CWD",
        "1309" => "EXECVE",
        "1320" => "EOE",
        "1321" => "BPRM_FCAPS",
        "1325" => "NETFILTER_CFG",
        "1326" => "SECCOMP",
        "1327" => "PROCTITLE",
        "1330" => "KERN_MODULE",
        "1334" => "BPF",
        "1400" => "AVC",
        "1403" => "MAC_POLICY_LOAD",
        "1404" => "MAC_STATUS",
        "1405" => "MAC_CONFIG_CHANGE",
        "1700" => "ANOM_PROMISCUOUS",
        "1701" => "ANOM_ABEND",
        _ => return None,
    })
}

fn name(names: &[&'static str], number: usize) -> Option<&'static str> {
    names.get(number).copied().filter(|name| !name.is_empty())
}

fn names(list: &'static str) -> Vec<&'static str> {
    let mut names = Vec::new();
    for (number, name) in list.lines().filter_map(|line| line.split_once(' ')) {
        let number: usize = number.parse().expect("the lists in this repository have numbers");
        if names.len() <= number {
            names.resize(number + 1, "");
        }
        names[number] = name;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_go_by_architecture() {
        let call = |token, number| arch(token).and_then(|arch| arch.call(number));
        assert_eq!(call(0xC000_003E, 42), Some("connect"));
        assert_eq!(call(0xC000_003E, 42 + X32_BIT), Some("connect"));
        assert_eq!(call(0x4000_0003, 362), Some("connect"));
        assert_eq!(call(0x4000_0003, 102), Some("socketcall"));
        assert_eq!(call(0xC000_00B7, 203), Some("connect"));
        assert_eq!(call(0xC000_00B7, 221), Some("execve"));
        assert_eq!(call(0x4000_0028, 283), Some("connect"));
        assert_eq!(call(0x8000_0016, 362), Some("connect"));
        assert_eq!(call(0xC000_003E, usize::MAX), None);
        assert_eq!(call(0, 42), None);
    }

    #[test]
    fn every_list_is_read() {
        for arch in ARCHS.iter().filter(|arch| arch.calls.is_some()) {
            let known = (0..1000).filter_map(|number| arch.call(number)).collect::<Vec<_>>();
            for wanted in ["connect", "execve", "openat", "unlinkat", "clone", "ptrace"] {
                assert!(known.contains(&wanted), "{} knows {wanted}", arch.name);
            }
        }
        assert_eq!(error(115), Some("EINPROGRESS"));
        assert_eq!(socket_call(3), Some("connect"));
        assert_eq!(socket_call(0), None);
    }
}
