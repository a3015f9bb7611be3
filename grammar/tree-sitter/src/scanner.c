// What a regular expression cannot tell: whether a newline ends something, which comma separates names and which ends a
// statement, and where a text ends. It keeps no state: what the parser expects and what follows decide everything, so a
// bracket that is still missing does not change how the lines after it are read.

#include "tree_sitter/parser.h"

#include <string.h>

// In the order of `externals` in grammar.js.
enum Token {
    LINE_END,
    ELEMENT_END,
    INLINE,
    NO_BREAK,
    NO_FIELD,
    FOR_AHEAD,
    THEN_AHEAD,
    ELSE_AHEAD,
    IF_AHEAD,
    NAME_AHEAD,
    LIST_COMMA,
    MESSAGE_COMMA,
    BOUND_COMMA,
    PATH,
    TOUCHING_PATH,
    RELATIVE_PATH,
    DIVIDE,
    TEXT_START,
    UNCLOSED_TEXT,
    BLOCK_START,
    NEVER,
    RECOVERY,
};

// The words that begin a statement, an item of a component or a change of an overlay: src/syntax/parser/keyword.rs.
static const char *const BEGINNINGS[] = {
    "use",       "export",   "param",   "let",      "cluster",  "machines",  "deploy",   "relate", "target",
    "overlay",   "check",    "warn",    "allow",    "interface", "component", "authority", "keypair", "secret",
    "for",       "option",   "provides", "requires", "peers",   "listen",    "cert",     "kubeconfig", "holds",
    "unit",      "file",     "dir",     "needs",    "artifact", "manifest", "image",     "address",  "set",    "add",
    "drop",      "range",    "firewall",  "immutable", "moved",
};

// The words that are no name where a value is expected.
static const char *const RESERVED[] = {"true", "false", "none", "if", "then", "else", "for", "in"};

// The longest of those has ten letters; any longer word is none of them.
enum { WORD = 16 };

// As deep as the compiler reads expressions.
enum { DEPTH = 64 };

static bool is_name(int32_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool starts_name(int32_t c) { return is_name(c) && !(c >= '0' && c <= '9'); }

// Whether a slash before this begins a path: `a / b` is a division.
static bool starts_path(int32_t c) { return is_name(c) || c == '.'; }

static bool is_blank(int32_t c) { return c == ' ' || c == '\t' || c == '\r'; }

static void advance(TSLexer *lexer) { lexer->advance(lexer, false); }

static bool accept(TSLexer *lexer, enum Token token) {
    lexer->result_symbol = token;
    return true;
}

static void to_end_of_line(TSLexer *lexer) {
    while (lexer->lookahead != '\n' && !lexer->eof(lexer)) advance(lexer);
}

// ---- what follows

enum Gap { TOUCHING, SPACE, NEWLINE };

// What stands between here and the next token that is no comment. A slash that begins no comment is passed, and told.
struct Next {
    enum Gap gap;
    bool slash;
};

static struct Next next_token(TSLexer *lexer) {
    struct Next next = {TOUCHING, false};
    for (;;) {
        if (lexer->lookahead == '\n') {
            next.gap = NEWLINE;
            advance(lexer);
        } else if (is_blank(lexer->lookahead)) {
            if (next.gap == TOUCHING) next.gap = SPACE;
            advance(lexer);
        } else if (lexer->lookahead == '/') {
            advance(lexer);
            if (lexer->lookahead != '/') {
                next.slash = true;
                return next;
            }
            to_end_of_line(lexer);
        } else {
            return next;
        }
    }
}

// Reads the kebab-case name that is next; what is too long for `word` is cut.
static void read_word(TSLexer *lexer, char word[WORD]) {
    size_t length = 0;
    if (starts_name(lexer->lookahead)) {
        for (;;) {
            int32_t c = lexer->lookahead;
            if (c == '-') {
                advance(lexer);
                if (!is_name(lexer->lookahead)) break;
            } else if (is_name(c)) {
                advance(lexer);
            } else {
                break;
            }
            if (length < WORD - 1) word[length++] = (char)c;
        }
    }
    word[length] = '\0';
}

static bool is(const char *word, const char *text) { return strcmp(word, text) == 0; }

static bool is_one_of(const char *word, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (is(word, words[i])) return true;
    }
    return false;
}

// Whether a word followed by this is the name of a field.
static bool names_field(TSLexer *lexer, bool colon) {
    next_token(lexer);
    if (lexer->lookahead == '?') return true;
    if (lexer->lookahead == ':') return colon;
    if (lexer->lookahead != '=') return false;
    advance(lexer);
    return lexer->lookahead != '=';
}

// ---- words that go on with an expression

// Gives `then`, `else`, `for`, `if` and the name of a certificate where the parser can go on with them. On a new line some
// are the name of a field.
static bool clause(TSLexer *lexer, const bool *valid, const char *word, bool new_line) {
    if (valid[THEN_AHEAD] && is(word, "then")) {
        return !(new_line && names_field(lexer, false)) && accept(lexer, THEN_AHEAD);
    }
    if (valid[ELSE_AHEAD] && is(word, "else")) {
        return !(new_line && names_field(lexer, false)) && accept(lexer, ELSE_AHEAD);
    }
    if (valid[FOR_AHEAD] && is(word, "for")) return !names_field(lexer, true) && accept(lexer, FOR_AHEAD);
    if (valid[NAME_AHEAD] && !new_line && word[0] != '\0' && !is_one_of(word, RESERVED, sizeof RESERVED / sizeof *RESERVED)) {
        return accept(lexer, NAME_AHEAD);
    }
    if (valid[IF_AHEAD] && is(word, "if")) return (!new_line || valid[ELEMENT_END]) && accept(lexer, IF_AHEAD);
    return false;
}

// ---- newlines

// Whether an operator stands here that may begin a line anywhere: `??`, `||` or `&&`.
static bool joins_lines(TSLexer *lexer) {
    int32_t first = lexer->lookahead;
    if (first != '?' && first != '|' && first != '&') return false;
    advance(lexer);
    return lexer->lookahead == first;
}

// Whether what stands here goes on with the element of a list before it: any operator.
static bool joins_elements(TSLexer *lexer, struct Next next) {
    if (next.slash) return !starts_path(lexer->lookahead);
    if (lexer->eof(lexer)) return true;
    if (lexer->lookahead != '!') return strchr(".?|&+-*%<>=,])", (char)lexer->lookahead) != NULL && lexer->lookahead < 128;
    advance(lexer);
    return lexer->lookahead == '=';
}

// After a newline, where something may end: whether it does, or goes on with what stands here.
static bool newline(TSLexer *lexer, const bool *valid) {
    bool comment = lexer->lookahead == '/';
    struct Next next = next_token(lexer);
    comment = comment && !(next.slash && next.gap == TOUCHING);
    char word[WORD] = "";
    if (!next.slash) read_word(lexer, word);
    if (word[0] != '\0') {
        if (clause(lexer, valid, word, true)) return true;
        if (valid[LINE_END]) return accept(lexer, LINE_END);
        return valid[ELEMENT_END] && !is(word, "in") && !is(word, "then") && !is(word, "else") && accept(lexer, ELEMENT_END);
    }
    if (valid[LINE_END]) return (next.slash || !joins_lines(lexer)) && accept(lexer, LINE_END);
    if (valid[ELEMENT_END] && !joins_elements(lexer, next)) return accept(lexer, ELEMENT_END);
    if (!next.slash || comment || !valid[DIVIDE] || starts_path(lexer->lookahead)) return false;
    lexer->mark_end(lexer);
    return accept(lexer, DIVIDE);
}

// ---- commas

static bool begins(const char *word) { return is_one_of(word, BEGINNINGS, sizeof BEGINNINGS / sizeof *BEGINNINGS); }

// Whether the name that is next is one more of a list, and does not begin a statement: what follows it tells.
static bool goes_on(TSLexer *lexer) {
    char word[WORD];
    if (lexer->lookahead == '*' || lexer->lookahead == '$') return true;
    read_word(lexer, word);
    if (!begins(word)) return word[0] != '\0';
    struct Next next = next_token(lexer);
    if (next.gap == NEWLINE || lexer->eof(lexer)) return true;
    if (!next.slash && lexer->lookahead < 128 && strchr(",{[}", (char)lexer->lookahead)) return true;
    read_word(lexer, word);
    return is(word, "as") || is(word, "on") || is(word, "where");
}

static bool is_comparison(TSLexer *lexer) {
    int32_t first = lexer->lookahead;
    if (first == '<' || first == '>') return true;
    if (first != '=' && first != '!') return false;
    advance(lexer);
    return lexer->lookahead == '=';
}

static bool comma(TSLexer *lexer, const bool *valid) {
    advance(lexer);
    lexer->mark_end(lexer);
    if (next_token(lexer).slash) return false;
    if (valid[MESSAGE_COMMA] && lexer->lookahead == '"') return accept(lexer, MESSAGE_COMMA);
    if (valid[BOUND_COMMA] && is_comparison(lexer)) return accept(lexer, BOUND_COMMA);
    return valid[LIST_COMMA] && goes_on(lexer) && accept(lexer, LIST_COMMA);
}

// ---- paths

// The rest of a path after its first slash. It stops before `//`, which is a comment, and takes no `:` at its end.
static void rest_of_path(TSLexer *lexer) {
    lexer->mark_end(lexer);
    for (;;) {
        int32_t c = lexer->lookahead;
        if (c == '/') {
            advance(lexer);
            if (lexer->lookahead == '/') return;
        } else if (is_name(c) || c == '.' || c == '@' || c == '+' || c == '-' || c == ':') {
            advance(lexer);
        } else {
            return;
        }
        if (c != ':') lexer->mark_end(lexer);
    }
}

static bool slash(TSLexer *lexer, const bool *valid, bool touching) {
    advance(lexer);
    if (lexer->lookahead == '/') return false;
    if (!starts_path(lexer->lookahead)) {
        lexer->mark_end(lexer);
        return valid[DIVIDE] && accept(lexer, DIVIDE);
    }
    enum Token token = valid[TOUCHING_PATH] && !valid[RECOVERY] ? TOUCHING_PATH : PATH;
    if (!valid[token] || (token == TOUCHING_PATH && !touching)) return false;
    rest_of_path(lexer);
    return accept(lexer, token);
}

static bool relative_path(TSLexer *lexer) {
    advance(lexer);
    if (lexer->lookahead == '.') advance(lexer);
    if (lexer->lookahead != '/') return false;
    advance(lexer);
    if (lexer->lookahead == '/') return false;
    rest_of_path(lexer);
    return accept(lexer, RELATIVE_PATH);
}

// ---- texts

// What the reader is inside of: a text in one or three quotes, or an interpolation.
enum Inside { ONE, THREE, CODE };

struct Modes {
    enum Inside inside[DEPTH];
    unsigned braces[DEPTH];
    unsigned depth;
};

static bool enter(struct Modes *modes, enum Inside inside) {
    if (modes->depth == DEPTH) return false;
    modes->inside[modes->depth] = inside;
    modes->braces[modes->depth++] = 0;
    return true;
}

// The quotes that are next, at most three of them.
static unsigned quotes(TSLexer *lexer) {
    unsigned count = 0;
    while (count < 3 && lexer->lookahead == '"') {
        advance(lexer);
        count++;
    }
    return count;
}

// Enters what these quotes open. Two are a text that is empty.
static bool open_text(struct Modes *modes, unsigned count) {
    return count == 2 || enter(modes, count == 3 ? THREE : ONE);
}

// One step inside of a text. False where it is left open.
static bool step_text(TSLexer *lexer, struct Modes *modes) {
    bool three = modes->inside[modes->depth - 1] == THREE;
    switch (lexer->lookahead) {
        case '\n':
            if (three) advance(lexer);
            return three;
        case '\\':
            advance(lexer);
            if (lexer->lookahead == '"' || lexer->lookahead == '$' || lexer->lookahead == '\\') advance(lexer);
            return true;
        case '"':
            if (three) {
                if (quotes(lexer) == 3) modes->depth--;
            } else {
                advance(lexer);
                modes->depth--;
            }
            return true;
        case '$':
            advance(lexer);
            if (lexer->lookahead != '{') return true;
            advance(lexer);
            return enter(modes, CODE);
        default:
            advance(lexer);
            return true;
    }
}

// One step inside of an interpolation. One in a text of one quote ends with its line.
static bool step_code(TSLexer *lexer, struct Modes *modes) {
    bool one_line = modes->inside[modes->depth - 2] == ONE;
    switch (lexer->lookahead) {
        case '\n':
            if (!one_line) advance(lexer);
            return !one_line;
        case '"':
            return open_text(modes, quotes(lexer));
        case '{':
            modes->braces[modes->depth - 1]++;
            break;
        case '}':
            if (modes->braces[modes->depth - 1]-- == 0) modes->depth--;
            break;
        case '#':
            to_end_of_line(lexer);
            return true;
        case '/':
            advance(lexer);
            if (lexer->lookahead == '/') to_end_of_line(lexer);
            return true;
        default:
            break;
    }
    advance(lexer);
    return true;
}

// Whether the text whose first quote has been read ends, and with its line.
static bool text_ends(TSLexer *lexer) {
    struct Modes modes = {.depth = 0};
    enter(&modes, ONE);
    while (modes.depth > 0) {
        if (lexer->eof(lexer)) return false;
        bool code = modes.inside[modes.depth - 1] == CODE;
        if (!(code ? step_code(lexer, &modes) : step_text(lexer, &modes))) return false;
    }
    return true;
}

static bool text(TSLexer *lexer, const bool *valid) {
    if (!valid[TEXT_START]) return false;
    advance(lexer);
    lexer->mark_end(lexer);
    if (lexer->lookahead == '"') {
        advance(lexer);
        if (lexer->lookahead != '"') return accept(lexer, TEXT_START);
        advance(lexer);
        lexer->mark_end(lexer);
        return accept(lexer, BLOCK_START);
    }
    if (text_ends(lexer)) return accept(lexer, TEXT_START);
    lexer->mark_end(lexer);
    return accept(lexer, UNCLOSED_TEXT);
}

// ---- the scanner

static bool end_of_line(TSLexer *lexer) {
    advance(lexer);
    lexer->mark_end(lexer);
    return accept(lexer, LINE_END);
}

// Gives the end of the line where a value is missing, since what follows on the next line is a field.
static bool field_follows(TSLexer *lexer) {
    char word[WORD];
    read_word(lexer, word);
    return names_field(lexer, false) && accept(lexer, LINE_END);
}

// Where the parser looks for a way to go on, every token is valid. Those that depend on what came before are not given.
static bool recover(TSLexer *lexer, const bool *valid) {
    switch (lexer->lookahead) {
        case '\n':
            return end_of_line(lexer);
        case '/':
            return slash(lexer, valid, false);
        case '"':
            return text(lexer, valid);
        default:
            return false;
    }
}

static bool token(TSLexer *lexer, const bool *valid, enum Gap gap) {
    switch (lexer->lookahead) {
        case '/':
            return slash(lexer, valid, gap == TOUCHING);
        case '.':
            return valid[RELATIVE_PATH] && relative_path(lexer);
        case '"':
            return text(lexer, valid);
        case ',':
            return (valid[LIST_COMMA] || valid[MESSAGE_COMMA] || valid[BOUND_COMMA]) && comma(lexer, valid);
        default: {
            if (!starts_name(lexer->lookahead)) return false;
            char word[WORD];
            lexer->mark_end(lexer);
            read_word(lexer, word);
            return clause(lexer, valid, word, gap == NEWLINE);
        }
    }
}

// Gives nothing, if what follows is on this line. A comment is read first, as what it is, and so is the rest of `a.b`.
static bool on_this_line(TSLexer *lexer, bool touching) {
    if (lexer->eof(lexer)) return false;
    lexer->mark_end(lexer);
    if (touching && lexer->lookahead == '.') {
        advance(lexer);
        return (lexer->lookahead == '/' || lexer->lookahead == '.') && accept(lexer, INLINE);
    }
    if (lexer->lookahead == '/') {
        advance(lexer);
        if (lexer->lookahead == '/') return false;
    }
    return accept(lexer, INLINE);
}

// Whether a newline may end something here, or a word may go on with it on the next line.
static bool may_end(const bool *valid) {
    return valid[LINE_END] || valid[ELEMENT_END] || valid[FOR_AHEAD] || valid[THEN_AHEAD] || valid[ELSE_AHEAD] ||
           valid[IF_AHEAD];
}

// Passes spaces, and newlines where they are to be passed. A token of no width stands before the first newline.
static enum Gap pass(TSLexer *lexer, bool newlines) {
    enum Gap gap = TOUCHING;
    while (is_blank(lexer->lookahead) || (newlines && lexer->lookahead == '\n')) {
        if (lexer->lookahead == '\n' && gap != NEWLINE) {
            lexer->mark_end(lexer);
            gap = NEWLINE;
        } else if (gap == TOUCHING) {
            gap = SPACE;
        }
        lexer->advance(lexer, true);
    }
    return gap;
}

bool tree_sitter_kmodel_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
    (void)payload;
    // Where the line may not end, its end is given all the same: what is missing before it is then all that is wrong.
    bool unbroken = valid[INLINE] || valid[NO_BREAK] || valid[NEVER];
    enum Gap gap = pass(lexer, !valid[RECOVERY] && !unbroken);
    if (valid[RECOVERY]) return recover(lexer, valid);
    if (unbroken && lexer->lookahead == '\n') return end_of_line(lexer);
    if (gap == NEWLINE && valid[NO_FIELD] && starts_name(lexer->lookahead)) return field_follows(lexer);
    if (valid[INLINE]) return on_this_line(lexer, gap == TOUCHING);
    if (gap == NEWLINE && may_end(valid)) return newline(lexer, valid);
    return token(lexer, valid, gap);
}

void *tree_sitter_kmodel_external_scanner_create(void) { return NULL; }

void tree_sitter_kmodel_external_scanner_destroy(void *payload) { (void)payload; }

unsigned tree_sitter_kmodel_external_scanner_serialize(void *payload, char *buffer) {
    (void)payload;
    (void)buffer;
    return 0;
}

void tree_sitter_kmodel_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
    (void)payload;
    (void)buffer;
    (void)length;
}
