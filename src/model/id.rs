//! Numbers of things within one model: small, ordered as in the source, and cheap to keep in tables.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);

        impl $name {
            /// The place in its table.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A machine.
    MachineId,
    /// A component that is used.
    ComponentId,
    /// An application: a component as it is deployed.
    AppId,
    /// A unit: an application on one machine, or the one unit of an application that belongs to the cluster.
    UnitId,
}

/// An endpoint of an application: its place among the component's endpoints.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EndpointId {
    pub app: AppId,
    pub endpoint: u32,
}
