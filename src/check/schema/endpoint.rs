//! The bodies of endpoints, by their kind.

use std::sync::LazyLock;

use super::item::FROM;
use super::{FieldRow, Lazy, Schema, field};
use crate::syntax::ast::EndpointKind;

const LISTEN: FieldRow = field("listen", "port", "The port it listens on; without it nothing is listened on.");
const ADDRESS: FieldRow = field("address", "ip", "The address it can be dialled at; default `machine.address`.");
const BIND: FieldRow = field("bind", "ip", "The address it binds; default all.");
const PROTOCOL: FieldRow = field("protocol", "int", "The IP protocol, when it is neither TCP nor UDP: 112 is VRRP.");
const IDENTITY: FieldRow = field("identity", "@cert", "The certificate it shows.");
const TRUSTS: FieldRow = field("trusts", "@authority", "Who must have signed the other side's certificate.");
const SOFT: FieldRow = field("soft", "bool", "The provider need not be up first.");

static PROVIDES: Lazy = LazyLock::new(|| {
    Schema::new(
        "provides",
        const {
            &[
                LISTEN,
                ADDRESS,
                BIND,
                IDENTITY,
                TRUSTS,
                field("forwards", "@endpoint", "Bytes go on to the providers of this `requires` endpoint."),
                field("caches", "bool", "It is a caching proxy."),
                field(
                    "mode",
                    "\"tcp\" | \"http\"",
                    "How it forwards: bytes, or requests that it reads; default \"tcp\".",
                ),
                field("names", "list<string>", "More names by which it may be dialled."),
                PROTOCOL,
                FROM,
            ]
        },
    )
});

static REQUIRES: Lazy = LazyLock::new(|| {
    Schema::new(
        "requires",
        const {
            &[
                IDENTITY,
                TRUSTS,
                field("dials", "string", "The name that is dialled: \"address\", \"machine-name\", or a name."),
                field("scope", "\"cluster\" | \"machine\"", "With \"machine\" only the provider on the same machine."),
                SOFT,
            ]
        },
    )
});

static PEERS: Lazy =
    LazyLock::new(|| Schema::new("peers", const { &[LISTEN, ADDRESS, BIND, IDENTITY, TRUSTS, SOFT, PROTOCOL, FROM] }));

/// The schema of an endpoint of that kind.
pub fn of(kind: EndpointKind) -> &'static Schema {
    match kind {
        EndpointKind::Provides => &PROVIDES,
        EndpointKind::Requires => &REQUIRES,
        EndpointKind::Peers => &PEERS,
    }
}
