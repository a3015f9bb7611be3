[
  (source_file)
  (component_statement)
  (list_expression)
  (record_expression)
  (file_item)
] @local.scope

(param_statement name: (identifier) @local.definition.variable.parameter)
(option_item name: (identifier) @local.definition.variable.parameter)
(each name: (identifier) @local.definition.variable.parameter)
(let_statement name: (identifier) @local.definition.variable)
(machines_statement name: (identifier) @local.definition.variable)
(authority_statement name: (identifier) @local.definition.constant)
(keypair_statement name: (identifier) @local.definition.constant)
(secret_statement name: (identifier) @local.definition.constant)
(cert_item name: (identifier) @local.definition.constant)

(name_expression (identifier) @local.reference)
(selector group: (identifier) @local.reference)
(cert_expression name: (identifier) @local.reference)
