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
] @indent

["}" "]" ")"] @outdent
