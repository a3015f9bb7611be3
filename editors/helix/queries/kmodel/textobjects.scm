(component_statement body: (items) @class.inside) @class.around
(interface_statement body: (body) @class.inside) @class.around
(overlay_statement body: (changes) @class.inside) @class.around

(endpoint_item body: (body) @function.inside) @function.around
(cert_item body: (body) @function.inside) @function.around
(unit_item body: (body) @function.inside) @function.around
(file_item body: (body) @function.inside) @function.around
(artifact_item body: (body) @function.inside)
(manifest_item body: (body) @function.inside) @function.around
(option_item) @function.around

(field value: (_) @entry.inside) @entry.around
(list_expression (expression) @entry.around)
(call_expression (expression) @parameter.inside)

(comment) @comment.inside
(comment)+ @comment.around
(doc_comment)+ @comment.around
(file_doc_comment)+ @comment.around
