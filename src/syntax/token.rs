//! The kinds of tokens and nodes of the syntax tree.
//!
//! Words are contextual: the lexer knows only `Ident`; the parser turns a word into a `Keyword` where it acts as one.

macro_rules! kinds {
    ($($kind:ident $text:literal,)*) => {
        /// What a token or a node is.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u16)]
        pub enum SyntaxKind { $($kind,)* }

        impl SyntaxKind {
            /// All kinds, in the order of their numbers.
            pub const ALL: &'static [SyntaxKind] = &[$(SyntaxKind::$kind,)*];

            /// What it is called in a message; punctuation is its own text.
            pub const fn describe(self) -> &'static str {
                match self { $(SyntaxKind::$kind => $text,)* }
            }
        }
    };
}

kinds! {
    // trivia
    Whitespace "space",
    Newline "a newline",
    Comment "a comment",
    Doc "a documentation comment",
    FileDoc "a documentation comment",
    HashComment "a comment",
    // words and literals
    Ident "a name",
    Keyword "a keyword",
    ParamName "a parameter",
    Int "a number",
    Decimal "a number",
    Version "a version",
    Ip "an address",
    Cidr "an address range",
    Port "a port",
    Mode "a file mode",
    Size "a size",
    Duration "a duration",
    Percent "a percentage",
    Path "a path",
    RelativePath "a relative path",
    BadLiteral "a literal",
    SingleQuoted "text in single quotes",
    // texts
    StringStart "text",
    StringText "text",
    InterpolationStart "`${`",
    InterpolationEnd "`}`",
    StringEnd "`\"`",
    // punctuation
    LeftBrace "`{`",
    RightBrace "`}`",
    LeftBracket "`[`",
    RightBracket "`]`",
    LeftParen "`(`",
    RightParen "`)`",
    Comma "`,`",
    Semicolon "`;`",
    Equals "`=`",
    EqualEqual "`==`",
    NotEqual "`!=`",
    Less "`<`",
    LessEqual "`<=`",
    Greater "`>`",
    GreaterEqual "`>=`",
    Plus "`+`",
    Minus "`-`",
    Star "`*`",
    Slash "`/`",
    Remainder "`%`",
    Bang "`!`",
    AndAnd "`&&`",
    OrOr "`||`",
    Ampersand "`&`",
    QuestionQuestion "`??`",
    Question "`?`",
    QuestionDot "`?.`",
    Dot "`.`",
    DotDot "`..`",
    Arrow "`->`",
    Colon "`:`",
    Pipe "`|`",
    Unknown "a character",
    // what the parser sees where there is no token
    LineEnd "the end of the line",
    End "the end of the file",
    // statements
    File "a file",
    UseStatement "a statement",
    UseNames "names",
    UseName "a name",
    ParamStatement "a statement",
    LetStatement "a statement",
    ClusterStatement "a statement",
    MachinesStatement "a statement",
    Count "a count",
    DeployStatement "a statement",
    DeployName "a component",
    Alias "an alias",
    On "a placement",
    Selector "a selector",
    Where "a condition",
    RelateStatement "a statement",
    MovedStatement "a statement",
    EndpointRef "an endpoint",
    TargetStatement "a statement",
    OverlayStatement "a statement",
    Changes "changes",
    SetChange "a change",
    AddChange "a change",
    DropChange "a change",
    DropRelation "a change",
    DottedName "a name",
    CheckStatement "a statement",
    AllowStatement "a statement",
    AuthorityStatement "a statement",
    KeypairStatement "a statement",
    SecretStatement "a statement",
    InterfaceStatement "a statement",
    InterfaceField "a field",
    ComponentStatement "a statement",
    // items
    Items "items",
    ForItem "an item",
    Bound "a bound",
    OptionItem "an item",
    EndpointItem "an item",
    CertItem "an item",
    KubeconfigItem "an item",
    HoldsItem "an item",
    UnitItem "an item",
    FileItem "an item",
    DirItem "an item",
    NeedsItem "an item",
    Condition "a condition",
    ArtifactItem "an item",
    ManifestItem "an item",
    ImageItem "an item",
    ListenItem "an item",
    AddressItem "an item",
    RangeItem "an item",
    ImmutableItem "an item",
    FirewallItem "an item",
    // bodies
    Body "a body",
    Field "a field",
    Each "a loop",
    // expressions
    LiteralExpr "a value",
    TextExpr "a value",
    Interpolation "a value",
    NameExpr "a value",
    CertExpr "a value",
    FieldExpr "a value",
    IndexExpr "a value",
    CallExpr "a value",
    ListExpr "a value",
    RecordExpr "a value",
    IfExpr "a value",
    UnaryExpr "a value",
    BinaryExpr "a value",
    ParenExpr "a value",
    // types
    NameType "a type",
    GenericType "a type",
    OptionalType "a type",
    UnionType "a type",
    TextType "a type",
    RecordType "a type",
    TypeField "a field",
    ComponentType "a type",
    // text that could not be read
    Error "text",
}

impl SyntaxKind {
    /// Tokens between which the parser does not look.
    pub const fn is_trivia(self) -> bool {
        (self as u16) <= SyntaxKind::HashComment as u16
    }

    /// Comments of every sort.
    pub const fn is_comment(self) -> bool {
        self.is_trivia() && (self as u16) >= SyntaxKind::Comment as u16
    }

    /// Tokens that are a value by themselves, well-formed or not.
    pub const fn is_literal(self) -> bool {
        (self as u16) >= SyntaxKind::Int as u16 && (self as u16) <= SyntaxKind::SingleQuoted as u16
    }

    /// Nodes that are an expression.
    pub const fn is_expression(self) -> bool {
        (self as u16) >= SyntaxKind::LiteralExpr as u16
            && (self as u16) <= SyntaxKind::ParenExpr as u16
            && self as u16 != SyntaxKind::Interpolation as u16
    }

    /// Nodes that are a type.
    pub const fn is_type(self) -> bool {
        (self as u16) >= SyntaxKind::NameType as u16
            && (self as u16) <= SyntaxKind::ComponentType as u16
            && self as u16 != SyntaxKind::TypeField as u16
    }

    /// `{`, `[` or `(`.
    pub const fn opens(self) -> bool {
        matches!(self, SyntaxKind::LeftBrace | SyntaxKind::LeftBracket | SyntaxKind::LeftParen)
    }

    /// `}`, `]` or `)`.
    pub const fn closes(self) -> bool {
        matches!(self, SyntaxKind::RightBrace | SyntaxKind::RightBracket | SyntaxKind::RightParen)
    }
}
