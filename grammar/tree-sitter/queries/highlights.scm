; Names of captures are those of Neovim; editors/helix/queries has Helix's, editors/zed has Zed's.

; ---- comments

(comment) @comment @spell
[(doc_comment) (file_doc_comment)] @comment.documentation @spell

; ---- words

["use" "export"] @keyword.import

[
  "param" "let" "cluster" "machines" "deploy" "relate" "moved" "target" "overlay" "check" "warn" "allow"
  "option" "field" "provides" "requires" "peers" "listen" "kubeconfig" "holds" "unit" "file" "dir"
  "needs" "module" "sysctl" "package" "device" "mount" "command" "cores" "memory" "disk" "artifact" "manifest" "image" "address"
  "range" "immutable" "firewall"
  "set" "add" "drop" "as" "on" "where"
] @keyword

["interface" "component" "authority" "keypair" "secret"] @keyword.type

(cert_item "cert" @keyword)
(cert_expression "cert" @keyword)
(for_item "for" @keyword)
(each ["for" "in"] @keyword.repeat)
(binary_expression operator: "in" @keyword.operator)
(if_expression ["if" "then" "else"] @keyword.conditional)
(condition "if" @keyword.conditional)

; ---- names that are given

(cluster_statement name: (identifier) @module)
(target_statement name: (identifier) @module)
(overlay_statement name: (identifier) @module)
(machines_statement name: (identifier) @variable)
(interface_statement name: (identifier) @type.definition)
(component_statement name: (identifier) @type.definition)
(authority_statement name: (identifier) @constant)
(keypair_statement name: (identifier) @constant)
(secret_statement name: (identifier) @constant)
(cert_item name: (identifier) @constant)
(param_statement name: (identifier) @variable.parameter)
(option_item name: (identifier) @variable.parameter)
(let_statement name: (identifier) @variable)
(endpoint_item name: (identifier) @property)
(listen_item name: (identifier) @property)
(artifact_item name: (identifier) @property)
(image_item name: (identifier) @property)
(address_item name: (identifier) @variable)
(immutable_item name: (identifier) @variable)
(manifest_item name: (identifier) @variable)
(each name: (identifier) @variable.parameter)
(interface_field name: (identifier) @property)
(type_field name: (identifier) @property)

; ---- names that are used

(use_statement path: (dotted_name) @string.special.path)
(use_name name: (identifier) @type)
(alias name: (identifier) @variable)
(deploy_name (identifier) @type)
(param_name) @variable.parameter
(selector group: (identifier) @variable)
(moved_statement (identifier) @variable)
(endpoint_ref app: (identifier) @variable)
(endpoint_ref endpoint: (identifier) @property)
(dotted_name (identifier) @variable . (identifier)+ @property)
(set_change name: (dotted_name . (identifier) @variable))
(drop_change name: (dotted_name . (identifier) @variable))
(needs_item name: (identifier) @string.special)
(needs_item name: (dotted_name) @string.special)
(unit_item name: (dotted_name) @string.special)
(allow_statement code: (identifier) @label)
(holds_item name: (identifier) @constant)
(for_item subject: (identifier) @variable.builtin)
(endpoint_item interface: (identifier) @type)
(component_type interface: (identifier) @type)

; ---- fields and expressions

(field key: (identifier) @property)
(field key: (text_expression) @property)
(field_expression name: (identifier) @variable.member)
(name_expression (identifier) @variable)
((name_expression (identifier) @variable.builtin)
  (#any-of? @variable.builtin "cluster" "option" "machine" "machines" "unit" "app" "target"))
(cert_expression name: (identifier) @constant)
(call_expression function: (identifier) @function.builtin)
(record_expression table: (identifier) @type)

; ---- types

(name_type (identifier) @type)
((name_type (identifier) @type.builtin)
  (#any-of? @type.builtin
    "bool" "int" "float" "string" "size" "duration" "percent" "port" "ip" "cidr" "version" "mode" "path" "any"))
(generic_type name: (identifier) @type.builtin)
(component_type "component" @type.builtin)
(component_type "provides" @keyword)

; ---- values

(text_expression) @string
(text_content) @string
(unclosed_text) @string
(escape_sequence) @string.escape
(interpolation ["${" "}"] @punctuation.special)
(boolean) @boolean
(none) @constant.builtin
(integer) @number
[(decimal) (version)] @number.float
[(size) (duration) (percent) (port) (mode)] @number
[(ip) (cidr)] @string.special
[(path) (relative_path)] @string.special.path

; ---- the rest

[
  "=" "==" "!=" "<" "<=" ">" ">=" "+" "-" "*" "/" "%" "!" "&&" "||" "&" "??" ".." "->" "|"
] @operator
["?" "?."] @punctuation.special
(selector "*" @character.special)
(endpoint_ref app: "*" @character.special)
(endpoint_item cardinality: _ @punctuation.special)
["{" "}" "[" "]" "(" ")"] @punctuation.bracket
(generic_type ["<" ">"] @punctuation.bracket)
["," "." ":"] @punctuation.delimiter
