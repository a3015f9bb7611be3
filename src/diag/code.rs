//! The codes of all diagnostics.
//!
//! A code is a kebab-case word, is explained by `kmodel explain CODE` (a page in `docs/errors/`), and has a fixture that
//! raises it. A code for what may be intended can be allowed with a reason; the others cannot.

use super::Severity;

macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident $allow:literal,)*) => {
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
    // syntax
    UnexpectedText "unexpected-text" Error false,
    UnclosedDelimiter "unclosed-delimiter" Error false,
    UnterminatedString "unterminated-string" Error false,
    InvalidLiteral "invalid-literal" Error false,
    InvalidEscape "invalid-escape" Error false,
    TooDeep "too-deep" Error false,
    // loading
    FileNotFound "file-not-found" Error false,
    FileRefused "file-refused" Error false,
    ImportCycle "import-cycle" Error false,
    // names
    UnknownName "unknown-name" Error false,
    DuplicateName "duplicate-name" Error false,
    UnknownField "unknown-field" Error false,
    DuplicateField "duplicate-field" Error false,
    MissingField "missing-field" Error false,
    UnknownOption "unknown-option" Error false,
    MissingOption "missing-option" Error false,
    UnknownEndpoint "unknown-endpoint" Error false,
    UnknownFunction "unknown-function" Error false,
    WrongArguments "wrong-arguments" Error false,
    UnknownCode "unknown-code" Error false,
    // types
    TypeMismatch "type-mismatch" Error false,
    UnknownType "unknown-type" Error false,
    MaybeNone "maybe-none" Error false,
    WrongKind "wrong-kind" Error false,
    InvalidName "invalid-name" Error false,
    // flags
    UnknownFlag "unknown-flag" Error false,
    FlagNotYet "flag-not-yet" Error false,
    FlagRemoved "flag-removed" Error false,
    FlagDeprecated "flag-deprecated" Warning true,
    UnknownValue "unknown-value" Error false,
    ValueNotYet "value-not-yet" Error false,
    ValueRemoved "value-removed" Error false,
    ValueDeprecated "value-deprecated" Warning true,
    UnknownGate "unknown-gate" Error false,
    GateNotYet "gate-not-yet" Error false,
    GateRemoved "gate-removed" Error false,
    GateLocked "gate-locked" Error false,
    GateSettled "gate-settled" Warning true,
    UnknownConfigField "unknown-config-field" Error false,
    ConfigFieldNotYet "config-field-not-yet" Error false,
    ConfigFieldRemoved "config-field-removed" Error false,
    ConfigFieldDeprecated "config-field-deprecated" Warning true,
    ApiRemoved "api-removed" Error false,
    VersionUnknown "version-unknown" Warning true,
    VersionUnsupported "version-unsupported" Error false,
    // shape
    NoCluster "no-cluster" Error false,
    BadCount "bad-count" Error false,
    NoSuchMachine "no-such-machine" Error false,
    EmptyPlacement "empty-placement" Warning true,
    PlacedTwice "placed-twice" Error false,
    NotPlaced "not-placed" Error false,
    UnknownOverlay "unknown-overlay" Error false,
    UnknownParam "unknown-param" Error false,
    MissingParam "missing-param" Error false,
    ValueCycle "value-cycle" Error false,
    EvaluationFailed "evaluation-failed" Error false,
    SecretExposed "secret-exposed" Error false,
    // wiring
    InterfaceMismatch "interface-mismatch" Error false,
    NoProvider "no-provider" Error false,
    AmbiguousProvider "ambiguous-provider" Error false,
    AlreadyRelated "already-related" Error false,
    StartCycle "start-cycle" Error false,
    // proofs
    NameNotInCertificate "name-not-in-certificate" Error false,
    AuthorityNotTrusted "authority-not-trusted" Error false,
    WrongUsage "wrong-usage" Error false,
    PlaintextMismatch "plaintext-mismatch" Error false,
    PlaintextConnection "plaintext-connection" Error true,
    CertificateWithoutNames "certificate-without-names" Error false,
    DifferentKeys "different-keys" Error false,
    NoRotation "no-rotation" Warning true,
    OverlappingRanges "overlapping-ranges" Error false,
    WellKnownRange "well-known-range" Warning true,
    RangeTooSmall "range-too-small" Error false,
    RangeTooLarge "range-too-large" Error false,
    RangeFamilies "range-families" Error false,
    RangeOrder "range-order" Warning true,
    AddressOutsideRange "address-outside-range" Error false,
    AddressTaken "address-taken" Error false,
    PortTaken "port-taken" Error false,
    PortGivenOut "port-given-out" Warning true,
    RelationClosed "relation-closed" Error false,
    FilterUnread "filter-unread" Warning true,
    OpensNothing "opens-nothing" Error true,
    OpenTooWide "open-too-wide" Warning true,
    EvenQuorum "even-quorum" Error true,
    SingleMember "single-member" Warning true,
    SingleZone "single-zone" Warning true,
    SinglePoint "single-point" Warning true,
    MachineTooSmall "machine-too-small" Error true,
    CachingProxy "caching-proxy" Error false,
    TlsTerminated "tls-terminated" Error false,
    ClonedIdentity "cloned-identity" Error false,
    LastingCommand "lasting-command" Warning true,
    ProxyInside "proxy-inside" Error true,
    SharedAuthority "shared-authority" Error true,
    SettingsDiffer "settings-differ" Error true,
    UnsafeSetting "unsafe-setting" Error true,
    UnwiseSetting "unwise-setting" Warning true,
    RefusedSetting "refused-setting" Error false,
    VersionSkew "version-skew" Error false,
    VersionUntested "version-untested" Warning true,
    MinorSkipped "minor-skipped" Error false,
    VersionDowngrade "version-downgrade" Error true,
    MadeByAnother "made-by-another" Warning true,
    KeyStoreDiffers "key-store-differs" Error false,
    CheckFailed "check-failed" Error false,
    WarnFailed "warn-failed" Warning true,
    UnusedAllow "unused-allow" Warning false,
    // render
    UnknownRelease "unknown-release" Error false,
    InvalidHashes "invalid-hashes" Error false,
    FileTwice "file-twice" Error false,
    TemplateFailed "template-failed" Error false,
    UnknownKey "unknown-key" Error false,
    InvalidConfig "invalid-config" Error false,
    InvalidKubeconfig "invalid-kubeconfig" Error false,
    InvalidUnit "invalid-unit" Error false,
    UnknownTarget "unknown-target" Error false,
    TargetLacks "target-lacks" Error true,
    TargetLimit "target-limit" Error false,
    UserDataTooLong "user-data-too-long" Error false,
    UserDataCompressed "user-data-compressed" Error false,
    UserDataTwice "user-data-twice" Error false,
    SecretInUserData "secret-in-user-data" Error false,
    OwnedKey "owned-key" Error false,
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
