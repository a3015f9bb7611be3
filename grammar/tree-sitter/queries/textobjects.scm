(component_statement body: (items) @class.inner) @class.outer
(interface_statement body: (body) @class.inner) @class.outer
(overlay_statement body: (changes) @class.inner) @class.outer

[
  (use_statement)
  (param_statement)
  (let_statement)
  (cluster_statement)
  (machines_statement)
  (deploy_statement)
  (relate_statement)
  (moved_statement)
  (target_statement)
  (check_statement)
  (allow_statement)
  (authority_statement)
  (keypair_statement)
  (secret_statement)
] @statement.outer

; Items of a component are to it what functions are to a class.
(items [
  (option_item)
  (endpoint_item)
  (cert_item)
  (kubeconfig_item)
  (unit_item)
  (file_item)
  (dir_item)
  (needs_item)
  (artifact_item)
  (manifest_item)
  (image_item)
  (listen_item)
  (address_item)
  (range_item)
  (immutable_item)
  (firewall_item)
] @function.outer)
(unit_item body: (body) @function.inner)
(file_item body: (body) @function.inner)
(endpoint_item body: (body) @function.inner)
(cert_item body: (body) @function.inner)
(artifact_item body: (body) @function.inner)
(manifest_item body: (body) @function.inner)

(body) @block.outer
(record_expression) @block.outer

(field value: (_) @assignment.rhs @assignment.inner) @assignment.outer
(field key: (_) @assignment.lhs)
(each) @loop.outer
(if_expression) @conditional.outer
(condition) @conditional.outer

(call_expression (expression) @parameter.inner)
(list_expression (expression) @parameter.inner)
(call_expression) @call.outer

[(comment) (doc_comment) (file_doc_comment)] @comment.outer
