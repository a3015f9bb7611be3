(cluster_statement "cluster" @context name: (identifier) @name) @item
(machines_statement "machines" @context name: (identifier) @name) @item
(deploy_statement "deploy" @context (deploy_name) @name) @item
(relate_statement "relate" @context from: (endpoint_ref) @name "->" @context to: (endpoint_ref) @name) @item
(param_statement "param" @context name: (identifier) @name) @item
(let_statement "let" @context name: (identifier) @name) @item
(target_statement "target" @context name: (identifier) @name) @item
(overlay_statement "overlay" @context name: (identifier) @name) @item
(interface_statement "interface" @context name: (identifier) @name) @item
(component_statement "component" @context name: (identifier) @name) @item
(authority_statement "authority" @context name: (identifier) @name) @item
(keypair_statement "keypair" @context name: (identifier) @name) @item
(secret_statement "secret" @context name: (identifier) @name) @item
(option_item "option" @context name: (identifier) @name) @item
(endpoint_item kind: _ @context name: (identifier) @name) @item
(cert_item "cert" @context name: (identifier) @name) @item
(unit_item "unit" @context name: (_) @name) @item
(file_item "file" @context path: (_) @name) @item
(dir_item "dir" @context path: (_) @name) @item
