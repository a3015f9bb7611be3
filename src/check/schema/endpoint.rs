//! The bodies of endpoints, by their kind.

use std::sync::LazyLock;

use super::item::FROM;
use super::{FieldRow, Lazy, Schema, field};
use crate::syntax::ast::EndpointKind;

const LISTEN: FieldRow = field("listen", "port", "The port it listens on; without it there is no listener.");
const ADDRESS: FieldRow = field("address", "ip", "The address that clients dial; default `machine.address`.");
const BIND: FieldRow = field("bind", "ip", "The address it binds; default all.");
const PROTOCOL: FieldRow = field("protocol", "int", "The IP protocol, when it is neither TCP nor UDP: 112 is VRRP.");
const IDENTITY: FieldRow = field("identity", "@cert", "The certificate it presents.");
const TRUSTS: FieldRow =
    field("trusts", "@authority", "The authority that must have issued the certificate of the other side.");
const SOFT: FieldRow = field("soft", "bool", "Whether the provider may start later; default false.");

static PROVIDES: Lazy = LazyLock::new(|| {
    Schema::new(
        "provides",
        const {
            &[
                LISTEN,
                ADDRESS,
                BIND,
                field(
                    "binds",
                    "bool",
                    "Whether it listens itself; false for an address that moves to a machine whose own server answers there.",
                ),
                IDENTITY,
                TRUSTS,
                field("forwards", "@endpoint", "The `requires` endpoint to whose providers it forwards."),
                field("caches", "bool", "Whether it is a caching proxy."),
                field("mode", "\"tcp\" | \"http\"", "How it forwards: TCP streams or HTTP requests; default \"tcp\"."),
                field("names", "list<string>", "Additional names that clients may dial."),
                field(
                    "scope",
                    "\"cluster\" | \"machine\"",
                    "With \"machine\", it answers only clients on its own machine.",
                ),
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
                field("dials", "string", "The name to dial: \"address\", \"machine-name\", or a name."),
                field("scope", "\"cluster\" | \"machine\"", "With \"machine\", only the provider on the same machine."),
                field(
                    "when",
                    "bool",
                    "Whether a provider is sought, from `cluster`, `option` and `target`; default true.",
                ),
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
