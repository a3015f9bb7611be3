([(comment) (doc_comment) (file_doc_comment)] @injection.content
  (#set! injection.language "comment"))

; What a command line is.
(needs_item "command" value: (text_expression (text_content) @injection.content)
  (#set! injection.language "bash"))

((unit_item body: (body (field
    key: (identifier) @_key
    value: (list_expression (text_expression (text_content) @injection.content)))))
  (#any-of? @_key "pre" "post")
  (#set! injection.language "bash"))

; The text of a file is in the language that its name says.
((file_item path: (path) @_path body: (body (field key: (identifier) @_key
    value: (text_expression (text_content) @injection.content))))
  (#eq? @_key "text")
  (#match? @_path "\\.sh$")
  (#set! injection.language "bash")
  (#set! injection.combined))

((file_item path: (path) @_path body: (body (field key: (identifier) @_key
    value: (text_expression (text_content) @injection.content))))
  (#eq? @_key "text")
  (#match? @_path "\\.ya?ml$")
  (#set! injection.language "yaml")
  (#set! injection.combined))

((file_item path: (path) @_path body: (body (field key: (identifier) @_key
    value: (text_expression (text_content) @injection.content))))
  (#eq? @_key "text")
  (#match? @_path "\\.toml$")
  (#set! injection.language "toml")
  (#set! injection.combined))

((file_item path: (path) @_path body: (body (field key: (identifier) @_key
    value: (text_expression (text_content) @injection.content))))
  (#eq? @_key "text")
  (#match? @_path "\\.json$")
  (#set! injection.language "json")
  (#set! injection.combined))

((file_item path: (path) @_path body: (body (field key: (identifier) @_key
    value: (text_expression (text_content) @injection.content))))
  (#eq? @_key "text")
  (#match? @_path "\\.(service|socket|timer|mount|network|conf|ini)$")
  (#set! injection.language "ini")
  (#set! injection.combined))
