//! The typed syntax tree.
//!
//! Made from the lossless tree by `lower`, owned and free of trivia; every node knows its span. Where the text has an
//! error, the nodes that could not be read are absent (`Option`) or `Expr::Error`; later phases say nothing about those.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::located::Located;
use crate::source::Span;

/// A name, shared.
pub type Name = Arc<str>;

/// A name at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    pub name: Name,
    pub span: Span,
}

/// One file.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// `//!` lines, without their markers, joined by newlines.
    pub docs: Option<Name>,
    pub statements: Vec<Arc<Located>>,
}

impl File {
    /// The statements of some kinds with their numbers, each where it is; of the others no place is computed.
    pub fn of_kind(&self, wanted: impl Fn(&StatementKind) -> bool) -> impl Iterator<Item = (usize, &Statement)> {
        let numbered = self.statements.iter().enumerate();
        numbered.filter(move |(_, one)| one.is(&wanted)).map(|(number, one)| (number, &***one))
    }
}

/// A statement with its `///` documentation.
#[derive(Clone, Debug)]
pub struct Statement {
    pub docs: Option<Name>,
    pub span: Span,
    pub kind: StatementKind,
}

#[derive(Clone, Debug)]
pub enum StatementKind {
    Use(Use),
    Param(Param),
    Let(Let),
    Cluster(Cluster),
    Machines(Machines),
    Deploy(Deploy),
    Relate(Relate),
    Moved(Moved),
    Target(Target),
    Overlay(Overlay),
    Check(Check),
    Allow(Allow),
    Interface(Interface),
    Component(Component),
    Authority(Definition),
    Keypair(Definition),
    Secret(Definition),
}

/// `use std/kubernetes { a, b as c }`, `export use ./etcd`.
#[derive(Clone, Debug)]
pub struct Use {
    pub export: bool,
    /// As written: `std/kubernetes`, `./network`, `../lib/x`.
    pub path: Ident,
    /// `None` brings every public name.
    pub names: Option<Vec<UseName>>,
}

#[derive(Clone, Debug)]
pub struct UseName {
    pub name: Ident,
    pub alias: Option<Ident>,
}

/// `param workers: int = 3`, `param cni: component provides cni = flannel`.
#[derive(Clone, Debug)]
pub struct Param {
    pub name: Ident,
    pub ty: Type,
    pub default: Option<Expr>,
}

/// `let name: type = value`, at the top of a file or in a component.
#[derive(Clone, Debug)]
pub struct Let {
    pub name: Ident,
    pub ty: Option<Type>,
    pub value: Expr,
}

#[derive(Clone, Debug)]
pub struct Cluster {
    pub name: Ident,
    pub body: Body,
}

/// `machines cp[3] { ... }`.
#[derive(Clone, Debug)]
pub struct Machines {
    pub name: Ident,
    pub count: Option<Expr>,
    pub body: Body,
}

/// `deploy etcd, $cni as x on cp, wrk where cores >= 4 { ... }`.
#[derive(Clone, Debug)]
pub struct Deploy {
    pub components: Vec<DeployName>,
    pub alias: Option<Ident>,
    /// Empty: the application belongs to the cluster and not to a machine.
    pub on: Vec<Selector>,
    pub condition: Option<Expr>,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub struct DeployName {
    /// Written with `$`: a `param` that holds a component.
    pub param: bool,
    pub name: Ident,
}

#[derive(Clone, Debug)]
pub struct Selector {
    pub span: Span,
    pub kind: SelectorKind,
}

#[derive(Clone, Debug)]
pub enum SelectorKind {
    All,
    Group(Ident),
    Index(Ident, Expr),
    /// Half-open; an absent bound is the start or the end.
    Range(Ident, Option<Expr>, Option<Expr>),
}

/// `relate a.x -> b.y { scope = "machine" }`.
#[derive(Clone, Debug)]
pub struct Relate {
    pub from: EndpointRef,
    pub to: EndpointRef,
    pub body: Body,
}

/// `moved old -> new`: a machine group or an application that had another name.
#[derive(Clone, Debug)]
pub struct Moved {
    pub from: Ident,
    pub to: Ident,
}

#[derive(Clone, Debug)]
pub struct EndpointRef {
    /// `None` is `*`: all applications that have the endpoint.
    pub app: Option<Ident>,
    pub endpoint: Ident,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Target {
    pub name: Ident,
    pub body: Body,
}

/// `overlay lab { set wrk.count = 1, drop prometheus, add deploy ... }`.
#[derive(Clone, Debug)]
pub struct Overlay {
    pub name: Ident,
    pub changes: Vec<Change>,
}

impl Overlay {
    /// The name of the overlay of what a command line sets; no file can have it.
    pub const COMMAND_LINE: &'static str = "--set";

    /// Whether it is what a command line sets.
    pub fn is_of_command_line(&self) -> bool {
        &*self.name.name == Self::COMMAND_LINE
    }
}

#[derive(Clone, Debug)]
pub struct Change {
    pub span: Span,
    pub kind: ChangeKind,
}

#[derive(Clone, Debug)]
pub enum ChangeKind {
    Set {
        path: Vec<Ident>,
        value: Expr,
    },
    /// A statement other than `use`, `param`, `overlay`.
    Add(Box<Statement>),
    /// An application, machine group or target by its name, or a relation (`drop a.x -> b.y`).
    Drop(Vec<Ident>),
    DropRelation(Relate),
}

/// `check c, "message" { ... }` or `warn c, "message" { ... }`, in a file or in a component.
#[derive(Clone, Debug)]
pub struct Check {
    /// `check` is an error when false, `warn` a warning.
    pub fatal: bool,
    pub condition: Expr,
    pub message: Option<Expr>,
    /// `code`, `help`, `allow`.
    pub body: Body,
}

/// `allow code "reason"`.
#[derive(Clone, Debug)]
pub struct Allow {
    pub code: Ident,
    pub reason: Option<Expr>,
}

/// A named body: `authority`, `keypair`, `secret`.
#[derive(Clone, Debug)]
pub struct Definition {
    pub name: Ident,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub struct Interface {
    pub name: Ident,
    /// `version`, `scheme`, `cacheable`.
    pub body: Body,
    /// `field name: type = default`.
    pub fields: Vec<InterfaceField>,
}

#[derive(Clone, Debug)]
pub struct InterfaceField {
    pub docs: Option<Name>,
    pub name: Ident,
    pub ty: Type,
    pub default: Option<Expr>,
}

#[derive(Clone, Debug)]
pub struct Component {
    pub name: Ident,
    pub items: Vec<Item>,
}

/// One item of a component with its `///` documentation.
#[derive(Clone, Debug)]
pub struct Item {
    pub docs: Option<Name>,
    pub span: Span,
    pub kind: ItemKind,
}

#[derive(Clone, Debug)]
pub enum ItemKind {
    /// `for kubernetes >= 1.31, < 1.37`.
    For(ForVersion),
    Option(OptionItem),
    Let(Let),
    Endpoint(Endpoint),
    Cert(Definition),
    Kubeconfig(PathItem),
    /// `holds kubernetes-ca`.
    Holds(Ident),
    Unit(PathItem),
    File(PathItem),
    Dir(PathItem),
    Needs(Needs),
    Artifact(Definition),
    Manifest(Definition),
    Image(Definition),
    Listen(Definition),
    Address(Definition),
    /// Addresses that the component uses beside those of the cluster, or what it asks of one of the cluster's ranges.
    Range(Definition),
    /// What must not change once a cluster runs, as the component sees it.
    Immutable(Definition),
    /// The packet filter of the machine, derived from the relations.
    Firewall(PathItem),
    Check(Check),
}

#[derive(Clone, Debug)]
pub struct ForVersion {
    /// What is bounded: `kubernetes`.
    pub subject: Ident,
    pub bounds: Vec<(BinaryOp, Expr)>,
}

#[derive(Clone, Debug)]
pub struct OptionItem {
    pub name: Ident,
    pub ty: Type,
    pub default: Option<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointKind {
    Provides,
    Requires,
    Peers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    One,
    /// `name?`
    Optional,
    /// `name*`
    Many,
}

#[derive(Clone, Debug)]
pub struct Endpoint {
    pub kind: EndpointKind,
    pub name: Ident,
    pub cardinality: Cardinality,
    pub interface: Ident,
    pub body: Body,
}

/// An item named by a path or a text: `file /etc/x { }`, `unit etcd.service { }`, `kubeconfig "admin.conf" { }`.
#[derive(Clone, Debug)]
pub struct PathItem {
    /// A path or string expression; a unit's name is a string without interpolation.
    pub path: Expr,
    pub each: Option<Each>,
    pub body: Body,
}

/// `for x in list` after a file's path.
#[derive(Clone, Debug)]
pub struct Each {
    pub key: Option<Ident>,
    pub name: Ident,
    pub list: Expr,
}

#[derive(Clone, Debug)]
pub struct Needs {
    pub kind: NeedsKind,
    pub condition: Option<Expr>,
}

#[derive(Clone, Debug)]
pub enum NeedsKind {
    Module(Ident),
    /// The dotted key as written: `net.ipv4.ip_forward`.
    Sysctl(Ident, Expr),
    Package(Expr),
    Device(Expr),
    Mount(Expr),
    Command(Expr),
    /// Processors that it keeps busy; parts count.
    Cores(Expr),
    Memory(Expr),
    Disk(Expr),
}

/// Fields between braces, in source order. An absent body is empty with a span at the end of the statement's head.
#[derive(Clone, Debug, Default)]
pub struct Body {
    pub fields: Vec<Field>,
    pub span: Span,
}

/// `key = value`, `key? = value`, `"key" = value`.
#[derive(Clone, Debug)]
pub struct Field {
    pub docs: Option<Name>,
    pub key: Key,
    /// Written with `?`: left out when the value is `none`.
    pub optional: bool,
    pub value: Expr,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum Key {
    Name(Ident),
    Text(Text),
}

/// A string: pieces of text and interpolated expressions, escapes undone and indentation removed.
#[derive(Clone, Debug)]
pub struct Text {
    pub parts: Vec<TextPart>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum TextPart {
    Text(Name),
    Expr(Expr),
}

#[derive(Clone, Debug)]
pub struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

impl Expr {
    /// The first part that has to be computed: anything but literals, words, and lists and records of them.
    pub fn computed(&self) -> Option<&Expr> {
        let in_text = |text: &'_ Text| text.parts.iter().any(|part| matches!(part, TextPart::Expr(_)));
        match &self.kind {
            ExprKind::Error | ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Cert(_) => None,
            ExprKind::Text(text) => in_text(text).then_some(self),
            ExprKind::List(list) => list.iter().find_map(Expr::computed),
            ExprKind::Record { fields, .. } => fields.iter().find_map(|field| match &field.key {
                Key::Text(text) if in_text(text) => Some(self),
                _ => field.value.computed(),
            }),
            ExprKind::Paren(value) | ExprKind::Unary { value, .. } => value.computed(),
            ExprKind::Field { .. }
            | ExprKind::Index { .. }
            | ExprKind::Call { .. }
            | ExprKind::ListFor { .. }
            | ExprKind::MapFor { .. }
            | ExprKind::If { .. }
            | ExprKind::Binary { .. } => Some(self),
        }
    }
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    /// The text had an error here that has been reported.
    Error,
    Literal(Literal),
    Text(Text),
    /// `$name` is a `Name` too.
    Name(Ident),
    /// `cert serving`: a reference to a certificate of the component.
    Cert(Ident),
    /// `value.field`, or `value?.field`.
    Field {
        value: Box<Expr>,
        field: Ident,
        optional: bool,
    },
    Index {
        value: Box<Expr>,
        index: Box<Expr>,
    },
    Call {
        function: Ident,
        arguments: Vec<Expr>,
    },
    List(Vec<Expr>),
    /// `{ ... }`, or with the name of a flag table before it.
    Record {
        table: Option<Ident>,
        fields: Vec<Field>,
    },
    /// `[value for name in list if condition]`.
    ListFor {
        value: Box<Expr>,
        each: Box<Each>,
        condition: Option<Box<Expr>>,
    },
    /// `{ "${key}" = value for key, name in list if condition }`.
    MapFor {
        key: Box<Key>,
        value: Box<Expr>,
        each: Box<Each>,
        condition: Option<Box<Expr>>,
    },
    If {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Option<Box<Expr>>,
    },
    Unary {
        op: UnaryOp,
        value: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Paren(Box<Expr>),
}

/// A literal, parsed once.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    None,
    Bool(bool),
    Int(i64),
    /// `1.34` as written: a float, or a version where one is expected.
    Decimal(Name),
    /// Bytes.
    Size(u64),
    /// Milliseconds.
    Duration(u64),
    Percent(u32),
    Port(Port),
    Ip(IpAddr),
    Cidr(IpNet),
    Version(Version),
    Mode(u32),
    Path(Name),
}

/// `6443/tcp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    pub number: u16,
    pub protocol: Protocol,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    Tcp,
    Udp,
}

impl Protocol {
    pub const ALL: [Protocol; 2] = [Protocol::Tcp, Protocol::Udp];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        }
    }

    /// The one with a name.
    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }
}

/// `1.34.2`; a bound may leave out the patch, which then is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    Not,
    Minus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    Default,
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Add,
    Subtract,
    Merge,
    Multiply,
    Divide,
    Remainder,
}

/// A type as written.
#[derive(Clone, Debug)]
pub struct Type {
    pub span: Span,
    pub kind: TypeKind,
}

#[derive(Clone, Debug)]
pub enum TypeKind {
    Error,
    /// `int`, `string`, `cidr` ...
    Name(Ident),
    /// `list<T>`, `map<T>`, `secret<T>`.
    Generic(Ident, Box<Type>),
    /// `T?`
    Optional(Box<Type>),
    /// `"tcp" | "udp"`, and unions of types such as `cidr | list<cidr>`.
    Union(Vec<Type>),
    /// A string that stands for itself in a union.
    Text(Name),
    /// `{ name: type, other?: type }`.
    Record(Vec<(Ident, bool, Type)>),
    /// `component`, `component provides cni`.
    Component(Option<Ident>),
}

impl Key {
    /// Where the key stands.
    pub fn span(&self) -> Span {
        match self {
            Key::Name(ident) => ident.span,
            Key::Text(text) => text.span,
        }
    }

    /// The key's text, when it has no interpolation.
    pub fn plain(&self) -> Option<Name> {
        match self {
            Key::Name(ident) => Some(ident.name.clone()),
            Key::Text(text) => text.plain(),
        }
    }
}

impl Text {
    /// The text, when it has no interpolation.
    pub fn plain(&self) -> Option<Name> {
        match self.parts.as_slice() {
            [] => Some("".into()),
            [TextPart::Text(text)] => Some(text.clone()),
            _ => None,
        }
    }
}

impl Body {
    /// Of a `file`: whether `config` of a `deploy` is merged into its content.
    pub fn takes_config(&self) -> bool {
        self.field("config").is_some_and(|field| matches!(field.value.kind, ExprKind::Literal(Literal::Bool(true))))
    }

    /// The field with this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| matches!(&f.key, Key::Name(i) if &*i.name == name))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.protocol)
    }
}
