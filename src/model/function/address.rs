//! Functions over addresses and ranges.

use std::net::IpAddr;

use ipnet::IpNet;

use super::super::address::{nth, size_of as range_size};
use super::Value;

fn range(value: &Value) -> Result<IpNet, String> {
    match value {
        Value::Cidr(range) => Ok(*range),
        other => Err(format!("takes a cidr, not `{}`", other.type_name())),
    }
}

fn count(value: &Value) -> Result<u128, String> {
    match value {
        Value::Int(n) => u128::try_from(*n).map_err(|_| format!("takes a non-negative number, not {n}")),
        other => Err(format!("takes an int, not `{}`", other.type_name())),
    }
}

pub(super) fn host(arguments: &[Value]) -> Result<Value, String> {
    let (range, n) = (range(&arguments[0])?, count(&arguments[1])?);
    nth(range, n)
        .map(Value::Ip)
        .ok_or_else(|| format!("cannot find address {n} in {range}, which has {}", range_size(range)))
}

pub(super) fn network(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::Ip(range(&arguments[0])?.network()))
}

pub(super) fn prefix(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::Int(range(&arguments[0])?.prefix_len().into()))
}

pub(super) fn size_of(arguments: &[Value]) -> Result<Value, String> {
    let size = range_size(range(&arguments[0])?).min(1 << 62);
    Ok(Value::Int(i64::try_from(size).expect("2^62 fits")))
}

pub(super) fn subnet(arguments: &[Value]) -> Result<Value, String> {
    let (range, bits, n) = (range(&arguments[0])?, count(&arguments[1])?, count(&arguments[2])?);
    let prefix = u128::from(range.prefix_len()) + bits;
    if prefix > u128::from(range.max_prefix_len()) {
        return Err(format!("cannot divide {range} by {bits} bits"));
    }
    let prefix = u8::try_from(prefix).expect("a prefix fits");
    let step = 1u128.checked_shl(u32::from(range.max_prefix_len() - prefix)).unwrap_or(0);
    let start = n.checked_mul(step).and_then(|offset| nth(range, offset));
    start
        .and_then(|address| IpNet::new(address, prefix).ok())
        .map(Value::Cidr)
        .ok_or_else(|| format!("cannot find part {n} of {range} divided by {bits} bits"))
}

pub(super) fn is_ipv6(arguments: &[Value]) -> Result<Value, String> {
    match &arguments[0] {
        Value::Ip(ip) => Ok(Value::Bool(ip.is_ipv6())),
        Value::Cidr(range) => Ok(Value::Bool(matches!(range, IpNet::V6(_)))),
        other => Err(format!("takes an address or a range, not `{}`", other.type_name())),
    }
}

pub(super) fn ip(arguments: &[Value]) -> Result<Value, String> {
    match &arguments[0] {
        Value::Ip(ip) => Ok(Value::Ip(*ip)),
        Value::Text(text) => {
            text.parse::<IpAddr>().map(Value::Ip).map_err(|_| format!("cannot read `{text}` as an address"))
        }
        other => Err(format!("takes a string, not `{}`", other.type_name())),
    }
}
