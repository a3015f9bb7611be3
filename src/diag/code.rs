//! The codes of all diagnostics.
//!
//! A code is a kebab-case word, is explained by `kmodel explain CODE` (a page in `docs/errors/`), and has a fixture that
//! raises it. A code for what may be intended can be allowed with a reason; the others cannot.

use super::Severity;

/// What raises a code, in the order in which a model goes through them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Phase {
    Syntax,
    Loading,
    Names,
    Types,
    Flags,
    Shape,
    Relations,
    Proofs,
    Rendering,
    Machines,
}

impl Phase {
    /// The heading of its codes in `docs/errors/README.md`.
    pub const fn title(self) -> &'static str {
        match self {
            Phase::Syntax => "Syntax",
            Phase::Loading => "Loading",
            Phase::Names => "Names",
            Phase::Types => "Types",
            Phase::Flags => "Flags and versions",
            Phase::Shape => "Shape: machines, applications, values",
            Phase::Relations => "Relations",
            Phase::Proofs => "Proofs",
            Phase::Rendering => "Rendering",
            Phase::Machines => "Machines that exist",
        }
    }
}

macro_rules! codes {
    ($($variant:ident $name:literal $phase:ident $severity:ident $allow:literal,)*) => {
        /// The code of a diagnostic.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code { $($variant,)* }

        impl Code {
            /// All codes, in the order of the phases that raise them.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// As written in `allow` and shown to people.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// What raises it.
            pub const fn phase(self) -> Phase {
                match self { $(Code::$variant => Phase::$phase,)* }
            }

            /// How bad it is.
            pub const fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }

            /// Whether `allow` may silence it.
            pub const fn allowable(self) -> bool {
                match self { $(Code::$variant => $allow,)* }
            }

            /// The page that explains it, in Markdown.
            pub const fn page(self) -> &'static str {
                match self { $(Code::$variant => include_str!(concat!("../../docs/errors/", $name, ".md")),)* }
            }
        }
    };
}

codes! {
    UnexpectedText "unexpected-text" Syntax Error false,
    UnclosedDelimiter "unclosed-delimiter" Syntax Error false,
    UnterminatedString "unterminated-string" Syntax Error false,
    InvalidLiteral "invalid-literal" Syntax Error false,
    InvalidEscape "invalid-escape" Syntax Error false,
    TooDeep "too-deep" Syntax Error false,
    FileNotFound "file-not-found" Loading Error false,
    FileRefused "file-refused" Loading Error false,
    ImportCycle "import-cycle" Loading Error false,
    UnknownName "unknown-name" Names Error false,
    DuplicateName "duplicate-name" Names Error false,
    UnknownField "unknown-field" Names Error false,
    DuplicateField "duplicate-field" Names Error false,
    MissingField "missing-field" Names Error false,
    UnknownOption "unknown-option" Names Error false,
    MissingOption "missing-option" Names Error false,
    UnknownEndpoint "unknown-endpoint" Names Error false,
    UnknownFunction "unknown-function" Names Error false,
    WrongArguments "wrong-arguments" Names Error false,
    UnknownCode "unknown-code" Names Error false,
    TypeMismatch "type-mismatch" Types Error false,
    UnknownType "unknown-type" Types Error false,
    MaybeNone "maybe-none" Types Error false,
    WrongKind "wrong-kind" Types Error false,
    InvalidName "invalid-name" Types Error false,
    UnknownFlag "unknown-flag" Flags Error false,
    SettingOwned "setting-owned" Flags Error false,
    FlagNotYet "flag-not-yet" Flags Error false,
    FlagRemoved "flag-removed" Flags Error false,
    FlagDeprecated "flag-deprecated" Flags Warning true,
    UnknownValue "unknown-value" Flags Error false,
    ValueNotYet "value-not-yet" Flags Error false,
    ValueRemoved "value-removed" Flags Error false,
    ValueDeprecated "value-deprecated" Flags Warning true,
    UnknownGate "unknown-gate" Flags Error false,
    GateNotYet "gate-not-yet" Flags Error false,
    GateRemoved "gate-removed" Flags Error false,
    GateLocked "gate-locked" Flags Error false,
    GateSettled "gate-settled" Flags Warning true,
    UnknownConfigField "unknown-config-field" Flags Error false,
    ConfigFieldNotYet "config-field-not-yet" Flags Error false,
    ConfigFieldRemoved "config-field-removed" Flags Error false,
    ConfigFieldDeprecated "config-field-deprecated" Flags Warning true,
    ApiRemoved "api-removed" Flags Error false,
    VersionUnknown "version-unknown" Flags Warning true,
    VersionUnsupported "version-unsupported" Flags Error false,
    NoCluster "no-cluster" Shape Error false,
    BadCount "bad-count" Shape Error false,
    NoSuchMachine "no-such-machine" Shape Error false,
    MachineRange "machine-range" Shape Error false,
    InvalidMove "invalid-move" Shape Error false,
    EmptyPlacement "empty-placement" Shape Warning true,
    PlacedTwice "placed-twice" Shape Error false,
    NotPlaced "not-placed" Shape Error false,
    UnknownOverlay "unknown-overlay" Shape Error false,
    UnknownParam "unknown-param" Shape Error false,
    MissingParam "missing-param" Shape Error false,
    ValueCycle "value-cycle" Shape Error false,
    EvaluationFailed "evaluation-failed" Shape Error false,
    InvalidText "invalid-text" Shape Error false,
    PatchMisses "patch-misses" Shape Error false,
    SecretExposed "secret-exposed" Shape Error false,
    InterfaceMismatch "interface-mismatch" Relations Error false,
    NoProvider "no-provider" Relations Error false,
    AmbiguousProvider "ambiguous-provider" Relations Error false,
    ProvidedTwice "provided-twice" Relations Error false,
    AlreadyRelated "already-related" Relations Error false,
    StartCycle "start-cycle" Relations Error false,
    NameNotInCertificate "name-not-in-certificate" Proofs Error false,
    AuthorityNotTrusted "authority-not-trusted" Proofs Error false,
    WrongUsage "wrong-usage" Proofs Error false,
    PlaintextMismatch "plaintext-mismatch" Proofs Error false,
    PlaintextConnection "plaintext-connection" Proofs Error true,
    CertificateWithoutNames "certificate-without-names" Proofs Error false,
    CertificateDiffers "certificate-differs" Proofs Error false,
    DifferentKeys "different-keys" Proofs Error false,
    NoRotation "no-rotation" Proofs Warning true,
    OverlappingRanges "overlapping-ranges" Proofs Error false,
    WellKnownRange "well-known-range" Proofs Warning true,
    RangeTooSmall "range-too-small" Proofs Error false,
    RangeTooLarge "range-too-large" Proofs Error false,
    RangeFamilies "range-families" Proofs Error false,
    RangeOrder "range-order" Proofs Warning true,
    AddressOutsideRange "address-outside-range" Proofs Error false,
    UnusedRange "unused-range" Proofs Warning true,
    AddressReserved "address-reserved" Proofs Error false,
    AddressTaken "address-taken" Proofs Error false,
    ZoneSubnet "zone-subnet" Proofs Error true,
    InvalidLink "invalid-link" Proofs Error false,
    MtuDiffers "mtu-differs" Proofs Warning true,
    MtuTooLarge "mtu-too-large" Proofs Error true,
    InvalidDisk "invalid-disk" Proofs Error false,
    HiddenByMount "hidden-by-mount" Proofs Error true,
    Hairpin "hairpin" Proofs Error true,
    PortTaken "port-taken" Proofs Error false,
    PortGivenOut "port-given-out" Proofs Warning true,
    RelationClosed "relation-closed" Proofs Error false,
    FilterUnread "filter-unread" Proofs Warning true,
    NotRead "not-read" Proofs Warning true,
    OpensNothing "opens-nothing" Proofs Error true,
    OpenTooWide "open-too-wide" Proofs Warning true,
    EvenQuorum "even-quorum" Proofs Error true,
    TooManyAtOnce "too-many-at-once" Proofs Error true,
    SingleMember "single-member" Proofs Warning true,
    SingleZone "single-zone" Proofs Warning true,
    SinglePoint "single-point" Proofs Warning true,
    IncompleteCluster "incomplete-cluster" Proofs Warning true,
    UnboundIdentity "unbound-identity" Proofs Warning true,
    LabelMisspelt "label-misspelt" Proofs Warning true,
    ObjectMissing "object-missing" Proofs Warning true,
    TaintNotTolerated "taint-not-tolerated" Proofs Error true,
    MachineTooSmall "machine-too-small" Proofs Error true,
    CachingProxy "caching-proxy" Proofs Error false,
    TlsTerminated "tls-terminated" Proofs Error false,
    ClonedIdentity "cloned-identity" Proofs Error false,
    LastingCommand "lasting-command" Proofs Warning true,
    ProxyInside "proxy-inside" Proofs Error true,
    ProgramMissing "program-missing" Proofs Error true,
    MemberMissing "member-missing" Proofs Error true,
    PathMisspelt "path-misspelt" Proofs Warning true,
    FileMissing "file-missing" Proofs Error true,
    FileIgnored "file-ignored" Proofs Warning true,
    FileUnreadable "file-unreadable" Proofs Error true,
    UserMissing "user-missing" Proofs Error true,
    SharedAuthority "shared-authority" Proofs Error true,
    SettingsDiffer "settings-differ" Proofs Error true,
    UnsafeSetting "unsafe-setting" Proofs Error true,
    UnwiseSetting "unwise-setting" Proofs Warning true,
    RefusedSetting "refused-setting" Proofs Error false,
    VersionSkew "version-skew" Proofs Error false,
    VersionUntested "version-untested" Proofs Warning true,
    MinorSkipped "minor-skipped" Proofs Error false,
    VersionDowngrade "version-downgrade" Proofs Error true,
    ImmutableChanged "immutable-changed" Proofs Error false,
    MigrationPending "migration-pending" Proofs Warning true,
    MadeByAnother "made-by-another" Proofs Warning true,
    KeyStoreDiffers "key-store-differs" Proofs Error false,
    CheckFailed "check-failed" Proofs Error false,
    WarnFailed "warn-failed" Proofs Warning true,
    UnusedAllow "unused-allow" Proofs Warning false,
    UnknownRelease "unknown-release" Rendering Error false,
    PinDiffers "pin-differs" Rendering Error false,
    InvalidHashes "invalid-hashes" Rendering Error false,
    FileTwice "file-twice" Rendering Error false,
    TemplateFailed "template-failed" Rendering Error false,
    UnknownKey "unknown-key" Rendering Error false,
    InvalidConfig "invalid-config" Rendering Error false,
    InvalidKubeconfig "invalid-kubeconfig" Rendering Error false,
    InvalidUnit "invalid-unit" Rendering Error false,
    CommandReplaced "command-replaced" Rendering Error true,
    UnknownTarget "unknown-target" Rendering Error false,
    TargetLacks "target-lacks" Rendering Error true,
    TargetLimit "target-limit" Rendering Error false,
    UserDataTooLong "user-data-too-long" Rendering Error false,
    UserDataCompressed "user-data-compressed" Rendering Error false,
    UserDataTwice "user-data-twice" Rendering Error false,
    SecretInUserData "secret-in-user-data" Rendering Error false,
    OwnedKey "owned-key" Rendering Error false,
    HostDiffers "host-differs" Machines Error true,
    HostLacks "host-lacks" Machines Error true,
    HostInUse "host-in-use" Machines Error true,
    HostPath "host-path" Machines Error true,
    HostSmall "host-small" Machines Warning true,
    HostUnwise "host-unwise" Machines Warning true,
    FactsOutdated "facts-outdated" Machines Warning true,
}

impl Code {
    /// The code with this name.
    pub fn named(name: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// The first sentence of its page.
    pub fn summary(self) -> String {
        let body = self.page().lines().skip_while(|line| line.starts_with('#') || line.trim().is_empty());
        let paragraph = body.take_while(|line| !line.trim().is_empty()).collect::<Vec<_>>().join(" ");
        paragraph.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned()
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
