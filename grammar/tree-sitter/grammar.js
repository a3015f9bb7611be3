/**
 * The grammar of kmodel for editors.
 *
 * `grammar/kmodel.ebnf` is the reference, and the compiler's parser decides; tests/real/tree_sitter holds this grammar to both.
 * Its nodes are those of the compiler's tree (`src/syntax/token.rs`), with the same names and places.
 *
 * Newlines are extras. Where one ends something, `src/scanner.c` gives a token for it; where one may not stand, the scanner
 * refuses `_inline`. What follows a newline decides whether it ends anything, and the scanner looks ahead for that.
 * One thing the grammar takes and the compiler does not: outside of brackets, a newline after an operator with one operand,
 * after the dot before a field, in the condition of an `if`, and after `for` and `in`. Rules for those would double the parser.
 */
/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

/** How tightly each operator binds. */
const OPERATORS = [
  [1, ['??']],
  [2, ['||']],
  [3, ['&&']],
  [4, ['==', '!=']],
  [5, ['<', '<=', '>', '>=', 'in']],
  [6, ['+', '-', '&']],
  [7, ['*', '%']],
];
const UNARY = 8;
const POSTFIX = 9;

// ---- literals, as precisely as the compiler reads them

const INTEGER = /0|[1-9][0-9_]*/;
const DURATION = choice(
  /[0-9]+d([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?/,
  /[0-9]+h([0-9]+m)?([0-9]+s)?([0-9]+ms)?/,
  /[0-9]+m([0-9]+s)?([0-9]+ms)?/,
  /[0-9]+s([0-9]+ms)?/,
  /[0-9]+ms/,
);
const PORT_NUMBER = /[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]/;
const OCTET = '([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])';
const DOTTED = `${OCTET}(\\.${OCTET}){3}`;
const IPV4 = new RegExp(DOTTED);
const IPV6 = choice(...ipv6());

/** Eight groups, of which one run may be left out; the last two may be written as IPv4. */
function ipv6() {
  const group = '[0-9a-fA-F]{1,4}';
  const last = `(${group}:${group}|${DOTTED})`;
  const forms = [`(${group}:){6}${last}`];
  for (let before = 0; before <= 7; before++) {
    const head = before === 0 ? '' : `${group}(:${group}){${before - 1}}`;
    const groups = 7 - before;
    const tails = [''];
    if (groups >= 1) tails.push(`${group}(:${group}){0,${groups - 1}}`);
    if (groups >= 2) tails.push(`(${group}:){0,${groups - 2}}${DOTTED}`);
    for (const tail of tails) forms.push(`${head}::${tail}`);
  }
  return forms.map((form) => new RegExp(form));
}

const COMPARISONS = ['<', '<=', '>', '>=', '==', '!='];

/** A part on the same line as the one before it. */
const inline = ($, ...parts) => seq($._inline, ...parts);

/** A part before which the line does not end, where other parts may also follow. */
const unbroken = ($, part) => choice(part, seq($._no_break, $._never));

/** Elements, each ended by a comma or a newline; the last one need not be. */
const lines = ($, element) => seq(element, repeat(seq($._end, element)), optional($._end));

/** Elements between braces. */
const braces = ($, element) => seq('{', optional(lines($, element)), '}');

/** `word name { fields }`. */
const definition = ($, word) => seq(word, inline($, field('name', $.identifier)), optional(field('body', $.body)));

const binary = ($, operand) =>
  choice(
    ...OPERATORS.flatMap(([power, words]) => words.map((word) => operation(power, operand, word))),
    operation(7, operand, alias($._divide, '/')),
  );

const operation = (power, operand, word) =>
  prec.left(power, seq(field('left', operand), field('operator', word), field('right', operand)));

const unary = (operand) => prec(UNARY, seq(field('operator', choice('!', '-')), operand));

const member = ($, operand) =>
  prec(POSTFIX, seq(field('value', operand), choice('.', '?.'), field('name', $.identifier)));

const index = ($, operand) =>
  prec(POSTFIX, seq(field('value', operand), token.immediate('['), field('index', $.expression), ']'));

const choose = ($, operand) =>
  prec.right(
    seq(
      'if',
      field('condition', operand),
      $._then_ahead,
      'then',
      field('then', operand),
      optional(seq($._else_ahead, 'else', field('else', operand))),
    ),
  );

const each = ($, operand) =>
  seq(
    'for',
    field('name', $.identifier),
    optional(seq(',', field('name', $.identifier))),
    'in',
    field('list', operand),
  );

module.exports = grammar({
  name: 'kmodel',

  word: ($) => $.identifier,

  // In the order of `enum Token` in src/scanner.c.
  externals: ($) => [
    $._line_end, // a newline that ends a field, an item or a statement
    $._element_end, // a newline that ends an element of a list
    $._inline, // nothing, if what follows is on the same line
    $._no_break, // never given: tells the scanner that a newline here is wrong
    $._no_field, // never given: tells the scanner that a field on the next line is no value
    $._for_ahead, // nothing, before the `for` of a loop
    $._then_ahead,
    $._else_ahead,
    $._if_ahead, // nothing, before the `if` that ends a loop or a need
    $._name_ahead, // nothing, before a name on this line that is no word of an expression
    $._list_comma, // a comma between names, where one could also end the statement
    $._message_comma, // the comma before the message of a check
    $._bound_comma, // the comma before another bound
    $.path,
    $._touching_path, // a path right after a name
    $.relative_path,
    $._divide,
    $._text_start, // a quote, if its text ends on its line
    $.unclosed_text, // the rest of the line, if it does not
    $._block_start, // three quotes
    $._never, // never given: what is before it is known and wrong
    $._recovery, // never used: tells the scanner that the parser looks for a way to go on
  ],

  extras: ($) => [/[ \t\r\n]/, $.comment, $.doc_comment, $.file_doc_comment],

  supertypes: ($) => [$.statement, $.item, $.change, $.expression, $.type],

  rules: {
    source_file: ($) => optional(lines($, $.statement)),

    _end: ($) => choice(',', $._line_end),

    statement: ($) =>
      choice(
        $.use_statement,
        $.param_statement,
        $.overlay_statement,
        $._added,
      ),

    // What an overlay may add.
    _added: ($) =>
      choice(
        $.let_statement,
        $.cluster_statement,
        $.machines_statement,
        $.deploy_statement,
        $.relate_statement,
        $.moved_statement,
        $.target_statement,
        $.check_statement,
        $.allow_statement,
        $.interface_statement,
        $.component_statement,
        $.authority_statement,
        $.keypair_statement,
        $.secret_statement,
      ),

    // ---- names from other files

    use_statement: ($) =>
      seq(
        optional(seq('export', $._inline)),
        'use',
        inline($, field('path', alias($._import, $.dotted_name))),
        optional(field('names', $.use_names)),
      ),
    _import: ($) => choice(seq($.identifier, optional($._touching_path)), $.relative_path),
    use_names: ($) => braces($, $.use_name),
    use_name: ($) => seq(field('name', $.identifier), optional($.alias)),
    alias: ($) => seq('as', inline($, field('name', $.identifier))),

    // ---- values with names

    param_statement: ($) => seq('param', inline($, field('name', $.identifier)), inline($, $._annotation), optional($._value)),
    let_statement: ($) =>
      seq('let', inline($, field('name', $.identifier)), inline($, optional($._annotation)), unbroken($, $._value)),
    _annotation: ($) => seq(':', field('type', $.type)),
    _value: ($) => seq('=', choice(field('value', $.expression), seq($._no_field, $._never))),

    // ---- the cluster, its machines and targets

    cluster_statement: ($) => definition($, 'cluster'),
    target_statement: ($) => definition($, 'target'),
    authority_statement: ($) => definition($, 'authority'),
    keypair_statement: ($) => definition($, 'keypair'),
    secret_statement: ($) => definition($, 'secret'),
    machines_statement: ($) =>
      seq('machines', inline($, field('name', $.identifier)), optional($.count), optional(field('body', $.body))),
    count: ($) => seq('[', $.expression, ']'),

    // ---- what runs where

    deploy_statement: ($) =>
      seq(
        'deploy',
        inline($, $.deploy_name),
        repeat(seq(alias($._list_comma, ','), $.deploy_name)),
        optional($.alias),
        optional($.on),
        optional($.where),
        optional(field('body', $.body)),
      ),
    deploy_name: ($) => choice($.identifier, $.param_name),
    on: ($) => seq('on', inline($, $.selector), repeat(seq(alias($._list_comma, ','), $.selector))),
    selector: ($) => choice('*', seq(field('group', $.identifier), optional(seq('[', $._range, ']')))),
    _range: ($) =>
      choice($.expression, seq(optional(field('start', $.expression)), '..', optional(field('end', $.expression)))),
    where: ($) => seq('where', inline($, $._guard)),

    relate_statement: ($) =>
      seq(
        'relate',
        inline($, field('from', $.endpoint_ref)),
        inline($, '->'),
        field('to', $.endpoint_ref),
        optional(field('body', $.body)),
      ),
    moved_statement: ($) => seq('moved', inline($, field('from', $.identifier)), inline($, '->'), field('to', $.identifier)),
    endpoint_ref: ($) =>
      seq(
        field('app', choice($.identifier, '*')),
        unbroken($, seq('.', unbroken($, field('endpoint', $.identifier)))),
      ),

    // ---- overlays

    overlay_statement: ($) =>
      seq('overlay', inline($, field('name', $.identifier)), inline($, field('body', $.changes))),
    changes: ($) => braces($, $.change),
    change: ($) => choice($.set_change, $.add_change, $.drop_change, $.drop_relation),
    set_change: ($) => seq('set', inline($, field('name', $.dotted_name)), inline($, $._value)),
    add_change: ($) => seq('add', inline($, $._added)),
    drop_change: ($) => seq('drop', inline($, field('name', $.dotted_name))),
    drop_relation: ($) =>
      seq(
        'drop',
        inline($, field('from', alias($._dropped_ref, $.endpoint_ref))),
        unbroken($, '->'),
        field('to', alias($._dropped_ref, $.endpoint_ref)),
      ),
    _dropped_ref: ($) =>
      seq(field('app', choice($.identifier, '*')), token.immediate('.'), unbroken($, field('endpoint', $.identifier))),
    dotted_name: ($) => seq($.identifier, repeat(seq(token.immediate('.'), $.identifier))),

    // ---- conditions and what is allowed

    check_statement: ($) =>
      seq(
        choice('check', 'warn'),
        inline($, field('condition', $.expression)),
        optional(
          seq(alias($._message_comma, ','), field('message', $.text_expression), optional(field('body', $.body))),
        ),
      ),
    allow_statement: ($) =>
      seq('allow', inline($, field('code', $.identifier)), inline($, field('reason', $.text_expression))),

    // ---- interfaces

    interface_statement: ($) =>
      seq('interface', inline($, field('name', $.identifier)), optional(field('body', alias($._interface_body, $.body)))),
    _interface_body: ($) => braces($, choice($.interface_field, $.field, alias($._field_named_field, $.field))),
    interface_field: ($) =>
      seq('field', inline($, field('name', $.identifier)), inline($, $._annotation), optional($._value)),
    _field_named_field: ($) =>
      seq(field('key', alias('field', $.identifier)), inline($, optional('?')), $._value),

    // ---- components

    component_statement: ($) =>
      seq('component', inline($, field('name', $.identifier)), inline($, field('body', $.items))),
    items: ($) => braces($, $.item),
    item: ($) =>
      choice(
        $.for_item,
        $.option_item,
        $.let_statement,
        $.endpoint_item,
        $.cert_item,
        $.kubeconfig_item,
        $.holds_item,
        $.unit_item,
        $.file_item,
        $.dir_item,
        $.needs_item,
        $.artifact_item,
        $.manifest_item,
        $.image_item,
        $.listen_item,
        $.address_item,
        $.range_item,
        $.immutable_item,
        $.firewall_item,
        $.check_statement,
      ),
    for_item: ($) =>
      seq(
        'for',
        inline($, field('subject', $.identifier)),
        inline($, $.bound),
        repeat(seq(alias($._bound_comma, ','), $.bound)),
      ),
    bound: ($) => seq(field('operator', choice(...COMPARISONS)), inline($, $.expression)),
    option_item: ($) =>
      seq('option', inline($, field('name', $.identifier)), inline($, $._annotation), optional($._value)),
    endpoint_item: ($) =>
      seq(
        field('kind', choice('provides', 'requires', 'peers')),
        inline($, field('name', $.identifier)),
        inline($, optional(field('cardinality', choice('?', '*')))),
        ':',
        field('interface', $.identifier),
        optional(field('body', $.body)),
      ),
    cert_item: ($) => definition($, 'cert'),
    artifact_item: ($) => definition($, 'artifact'),
    manifest_item: ($) => definition($, 'manifest'),
    image_item: ($) => definition($, 'image'),
    listen_item: ($) => definition($, 'listen'),
    address_item: ($) => definition($, 'address'),
    range_item: ($) => definition($, 'range'),
    immutable_item: ($) => definition($, 'immutable'),
    firewall_item: ($) => seq('firewall', $._at_path),
    holds_item: ($) => seq('holds', inline($, field('name', $.identifier))),
    unit_item: ($) =>
      seq('unit', inline($, field('name', choice($.dotted_name, $.text_expression))), optional(field('body', $.body))),
    kubeconfig_item: ($) => seq('kubeconfig', $._at_path),
    file_item: ($) => seq('file', $._at_path),
    dir_item: ($) => seq('dir', $._at_path),
    _at_path: ($) =>
      seq(
        inline($, field('path', $._guard)),
        optional(seq($._for_ahead, alias($._guard_each, $.each))),
        optional(field('body', $.body)),
      ),
    needs_item: ($) => seq('needs', inline($, $._need), optional(seq($._if_ahead, $.condition))),
    _need: ($) =>
      choice(
        seq('module', inline($, field('name', $.identifier))),
        seq('sysctl', inline($, field('name', $.dotted_name)), inline($, $._value)),
        seq(choice('package', 'device', 'mount', 'command', 'cores', 'memory', 'disk'), inline($, field('value', $.expression))),
      ),
    condition: ($) => seq('if', $.expression),

    // ---- bodies

    body: ($) => braces($, $.field),
    field: ($) =>
      seq(
        field('key', choice($.identifier, $.text_expression)),
        inline($, optional(field('optional', '?'))),
        unbroken($, $._value),
      ),

    // ---- expressions

    expression: ($) =>
      choice(
        $._simple,
        $.record_expression,
        $.if_expression,
        $.unary_expression,
        $.binary_expression,
        $.field_expression,
        $.index_expression,
      ),
    if_expression: ($) => choose($, $.expression),
    unary_expression: ($) => unary(field('operand', $.expression)),
    binary_expression: ($) => binary($, $.expression),
    field_expression: ($) => member($, $.expression),
    index_expression: ($) => index($, $.expression),

    // Before a body: no record and no set of flags outside of brackets.
    _guard: ($) =>
      choice(
        $._simple,
        alias($._guard_if, $.if_expression),
        alias($._guard_unary, $.unary_expression),
        alias($._guard_binary, $.binary_expression),
        alias($._guard_field, $.field_expression),
        alias($._guard_index, $.index_expression),
      ),
    _guard_if: ($) => choose($, $._guard),
    _guard_unary: ($) => unary(unbroken($, field('operand', $._guard))),
    _guard_binary: ($) => binary($, $._guard),
    _guard_field: ($) => member($, $._guard),
    _guard_index: ($) => index($, $._guard),
    _guard_each: ($) => each($, $._guard),

    _simple: ($) =>
      choice(
        $._literal,
        $.text_expression,
        $.name_expression,
        $.cert_expression,
        $.call_expression,
        $.list_expression,
        $.paren_expression,
      ),
    name_expression: ($) => choice($._name, $.param_name, seq(choice('then', 'else', 'for', 'in'), $._never)),
    _name: ($) => choice($.identifier, alias('cert', $.identifier)),
    cert_expression: ($) => seq('cert', $._name_ahead, field('name', $.identifier)),
    call_expression: ($) =>
      seq(
        field('function', $._name),
        token.immediate('('),
        optional(seq($.expression, repeat(seq(',', $.expression)), optional(','))),
        ')',
      ),
    list_expression: ($) =>
      seq('[', optional(choice($._elements, seq($.expression, $._filtered, optional($._between)))), ']'),
    _elements: ($) => seq($.expression, repeat(seq($._between, $.expression)), optional($._between)),
    _between: ($) => choice(',', $._element_end),
    record_expression: ($) =>
      seq(
        optional(field('table', $._name)),
        '{',
        optional(choice(lines($, $.field), seq($.field, $._filtered, optional($._end)))),
        '}',
      ),
    _filtered: ($) => seq($._for_ahead, $.each, optional(seq($._if_ahead, $.condition))),
    each: ($) => each($, $.expression),
    paren_expression: ($) => seq('(', $.expression, ')'),

    // ---- texts

    text_expression: ($) =>
      choice(
        seq(
          alias($._text_start, '"'),
          repeat(choice($.text_content, $.escape_sequence, $.interpolation)),
          token.immediate('"'),
        ),
        seq(
          alias($._block_start, '"""'),
          repeat(choice(alias($._block_content, $.text_content), $.escape_sequence, $.interpolation)),
          token.immediate(prec(2, '"""')),
        ),
        seq($.unclosed_text, $._never),
      ),
    text_content: () => token.immediate(prec(1, /[^"\\$\n]+|\$/)),
    _block_content: () => token.immediate(prec(1, /([^"\\$]|""?[^"\\$])+|\$|"/)),
    escape_sequence: () => token.immediate(/\\([ntr\\"$]|u\{(0{0,3}[0-9a-fA-F]{1,3}|0{0,2}([0-9a-cA-CefEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2})|0?[1-9a-fA-F][0-9a-fA-F]{4}|10[0-9a-fA-F]{4})\})/),
    interpolation: ($) => seq(token.immediate(prec(2, '${')), $.expression, '}'),

    // ---- types

    type: ($) => choice($._part_of_union, $.union_type),
    union_type: ($) => prec.left(seq($._part_of_union, repeat1(seq('|', $._part_of_union)))),
    _part_of_union: ($) => choice($._simple_type, $.optional_type),
    optional_type: ($) => seq($._simple_type, '?'),
    _simple_type: ($) => choice($.name_type, $.generic_type, $.text_type, $.record_type, $.component_type),
    name_type: ($) => $.identifier,
    generic_type: ($) =>
      seq(
        field('name', $.identifier),
        '<',
        inline($, field('argument', $.type)),
        unbroken($, choice('>', seq('>=', $._never))),
      ),
    text_type: ($) => $.text_expression,
    record_type: ($) => braces($, $.type_field),
    type_field: ($) =>
      seq(field('name', $.identifier), inline($, optional(field('optional', '?'))), unbroken($, $._annotation)),
    component_type: ($) => seq('component', optional(seq('provides', inline($, field('interface', $.identifier))))),

    // ---- literals

    _literal: ($) =>
      choice(
        $.boolean,
        $.none,
        $.integer,
        $.decimal,
        $.version,
        $.size,
        $.duration,
        $.percent,
        $.port,
        $.mode,
        $.ip,
        $.cidr,
        $.path,
        $.bad_literal,
      ),
    boolean: () => choice('true', 'false'),
    none: () => 'none',
    integer: () => token(INTEGER),
    decimal: () => token(/[0-9]+\.[0-9]+/),
    version: () => token(/[0-9]+\.[0-9]+\.[0-9]+/),
    size: () => token(seq(/[0-9][0-9_]*(\.[0-9]+)?/, choice('KiB', 'MiB', 'GiB', 'TiB', 'KB', 'MB', 'GB', 'TB'))),
    duration: () => token(DURATION),
    percent: () => token(seq(INTEGER, '%')),
    port: () => token(seq(PORT_NUMBER, '/', choice('tcp', 'udp'))),
    mode: () => token(/0[0-7]{1,4}/),
    ip: () => token(choice(IPV4, IPV6)),
    cidr: () => token(choice(seq(IPV4, '/', /[0-9]|[12][0-9]|3[0-2]/), seq(IPV6, '/', /[0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]/))),
    // What begins like a number and is none.
    bad_literal: ($) => seq($._bad_word, $._never),
    _bad_word: () => /[0-9][a-zA-Z0-9_]*(\.[0-9][a-zA-Z0-9_]*)*(\/[a-zA-Z0-9_]+)?/,

    // ---- names and comments

    identifier: () => /[a-zA-Z_][a-zA-Z0-9_]*(-[a-zA-Z0-9_]+)*/,
    param_name: () => /\$[a-zA-Z_][a-zA-Z0-9_]*(-[a-zA-Z0-9_]+)*/,
    comment: () => token(choice(/\/\/([^\/!\r\n]([^\r\n]|\r[^\r\n])*)?/, /\/\/\/\/([^\r\n]|\r[^\r\n])*/)),
    doc_comment: () => /\/\/\/([^\/\r\n]([^\r\n]|\r[^\r\n])*)?/,
    file_doc_comment: () => /\/\/!([^\r\n]|\r[^\r\n])*/,
  },
});
