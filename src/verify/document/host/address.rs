//! Names of machines: /etc/hosts.
//!
//! Source: hosts(5); RFC 6761, section 6.3 (`localhost` is the machine itself).

use std::net::IpAddr;

use super::{DocumentProblem, lines, wrong};
use crate::diag::Code;

/// What is wrong with a hosts file.
pub(super) fn check(_path: &str, text: &str) -> Vec<DocumentProblem> {
    let of = |(number, line): (usize, &str)| {
        let mut words = line.split('#').next()?.split_whitespace();
        let first = words.next()?;
        // What a template of cloud-init or a script fills in is not read.
        if first.contains(['{', '$']) {
            return None;
        }
        let help = "write the address first, and the names behind it";
        if first.split('%').next()?.parse::<IpAddr>().is_err() {
            return Some(wrong(
                Code::InvalidConfig,
                number,
                format!("`{first}` is not an address, so the line is skipped"),
                help,
            ));
        }
        words.next().is_none().then(|| wrong(Code::InvalidConfig, number, format!("`{first}` has no name"), help))
    };
    lines(text).filter_map(of).collect()
}

/// The names in a hosts file, each with its line and address.
pub(in crate::verify) fn names(text: &str) -> Vec<(usize, IpAddr, String)> {
    let of = |(number, line): (usize, &str)| -> Option<Vec<(usize, IpAddr, String)>> {
        let mut words = line.split('#').next()?.split_whitespace();
        let address: IpAddr = words.next()?.parse().ok()?;
        Some(words.map(|name| (number, address, name.to_owned())).collect())
    };
    lines(text).filter_map(of).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_before_its_names() {
        let good = "127.0.0.1 localhost # a\n::1 ip6-localhost\nfe80::1%lo0 x\n${IP} x\n# a\n";
        assert_eq!(check("", good), []);
        assert_eq!(names(good).len(), 2);
        for bad in ["cp-0 10.0.0.1", "10.0.0.1", "10.0.0.1/24 cp-0"] {
            assert_eq!(check("", bad).len(), 1, "{bad}");
        }
    }
}
