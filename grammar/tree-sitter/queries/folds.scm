[
  (body)
  (items)
  (changes)
  (use_names)
  (record_expression)
  (record_type)
  (list_expression)
  (text_expression)
] @fold

(file_doc_comment)+ @fold
(comment)+ @fold
(doc_comment)+ @fold
