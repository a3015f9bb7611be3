[
  (body)
  (items)
  (changes)
  (use_names)
  (record_expression)
  (record_type)
  (list_expression)
  (call_expression)
  (paren_expression)
] @indent.begin

["}" "]" ")"] @indent.branch @indent.end

(text_expression) @indent.ignore
(ERROR) @indent.auto
