(component_statement body: (items "{" (_)* @class.inside "}")) @class.around
(interface_statement body: (body "{" (_)* @class.inside "}")) @class.around

(unit_item body: (body "{" (_)* @function.inside "}")) @function.around
(file_item body: (body "{" (_)* @function.inside "}")) @function.around
(endpoint_item body: (body "{" (_)* @function.inside "}")) @function.around
(cert_item body: (body "{" (_)* @function.inside "}")) @function.around

(comment)+ @comment.around
