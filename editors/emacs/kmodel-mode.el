;;; kmodel-mode.el --- Editing .km files of kmodel  -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: languages
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; `kmodel-mode' colours and indents .km files in Emacs 28 and later.  `kmodel-ts-mode' does so with tree-sitter, in
;; Emacs 29 and later, once its grammar is there: M-x kmodel-install-grammar.  Both ask `kmodel lsp' through Eglot, or
;; lsp-mode: M-x eglot.  C-c C-p shows the plan of a model, C-c C-g the graph of its relations, as text.

;;; Code:

(require 'rx)

(defgroup kmodel nil
  "Editing .km files."
  :group 'languages)

(defcustom kmodel-program "kmodel"
  "The program: a name that is looked up on the variable `exec-path', or a path."
  :type 'string)

(defcustom kmodel-indent-offset 2
  "How many columns a level is indented."
  :type 'integer
  :safe #'integerp)

;;;; Syntax

(defvar kmodel-base-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?/ ". 12" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?\" "\"" table)
    (modify-syntax-entry ?\\ "\\" table)
    (modify-syntax-entry ?- "_" table)
    (modify-syntax-entry ?_ "_" table)
    (modify-syntax-entry ?$ "'" table)
    (dolist (operator '(?+ ?* ?% ?& ?| ?< ?> ?= ?! ?? ?:))
      (modify-syntax-entry operator "." table))
    table)
  "Which characters are words, comments and texts.")

(defun kmodel--syntax-propertize (start end)
  "Mark what the syntax table cannot tell between START and END.
Those are texts in three quotes, which may hold newlines and quotes, and
quotes in what a text interpolates."
  (goto-char start)
  (funcall
   (syntax-propertize-rules
    ("\"\"\"" (0 (ignore (kmodel--three-quotes (match-beginning 0) (match-end 0)))))
    ("\"" (0 (ignore (kmodel--inner-quotes (match-beginning 0))))))
   start end))

(defun kmodel--inner-quotes (start)
  "Make the quotes inside of the text that begins at START no quotes."
  (unless (save-excursion (nth 8 (syntax-ppss start)))
    (save-excursion
      (goto-char (1+ start))
      (let ((end (kmodel--skip-text)))
        (when end
          (goto-char (1+ start))
          (while (search-forward "\"" end t)
            (when (< (point) end)
              (put-text-property (1- (point)) (point) 'syntax-table (string-to-syntax ".")))))))))

(defun kmodel--skip-text ()
  "Go after the quote that ends the text around point; nil if none does."
  (let (end)
    (while (not (or end (eolp)))
      (skip-chars-forward "^\"\\\\$\n")
      (cond
       ((eq (char-after) ?\") (forward-char) (setq end (point)))
       ((eq (char-after) ?\\) (forward-char (min 2 (- (line-end-position) (point)))))
       ((looking-at-p "\\${") (forward-char 2) (kmodel--skip-interpolation))
       ((not (eolp)) (forward-char))))
    end))

(defun kmodel--skip-interpolation ()
  "Go after the brace that ends the interpolation around point."
  (let ((depth 1))
    (while (and (> depth 0) (not (eolp)))
      (skip-chars-forward "^\"{}\n")
      (unless (eolp)
        (forward-char)
        (pcase (char-before)
          (?{ (setq depth (1+ depth)))
          (?} (setq depth (1- depth)))
          (?\" (kmodel--skip-text)))))))

(defun kmodel--three-quotes (start end)
  "Make the three quotes from START to END one fence."
  (let ((state (save-excursion (syntax-ppss start))))
    (unless (nth 4 state)
      (cond
       ;; They open a text: the first of them is the fence.
       ((null (nth 3 state)) (put-text-property start (1+ start) 'syntax-table (string-to-syntax "|")))
       ;; They close one: the last of them is.
       ((eq (nth 3 state) t) (put-text-property (1- end) end 'syntax-table (string-to-syntax "|"))))
      (put-text-property start end 'syntax-multiline t))))

;;;; Colours

(defconst kmodel--name (rx (any "A-Za-z_") (* (any "A-Za-z0-9_")) (* "-" (+ (any "A-Za-z0-9_"))))
  "A name, with hyphens.")

(defconst kmodel--beginnings
  '("use" "export" "param" "let" "cluster" "machines" "deploy" "relate" "moved" "target" "overlay" "check" "warn" "allow"
    "interface" "component" "authority" "keypair" "secret" "for" "option" "provides" "requires" "peers" "listen" "cert"
    "kubeconfig" "holds" "unit" "file" "dir" "needs" "artifact" "image" "address" "range" "immutable" "firewall" "set" "add" "drop" "field")
  "The words that begin a statement, an item or a change.")

(defconst kmodel--types
  '("bool" "int" "float" "string" "size" "duration" "percent" "port" "ip" "cidr" "version" "mode" "path" "any" "list" "map"
    "secret")
  "The types of the language.")

(defvar kmodel-font-lock-keywords
  (let ((begin (rx (or bol "{" "," "add" "export") (* (any " \t")))))
    `(;; A statement that gives a name.
      (,(concat begin "\\(" (regexp-opt '("interface" "component" "authority" "keypair" "secret")) "\\)[ \t]+\\(" kmodel--name "\\)")
       (1 font-lock-keyword-face) (2 font-lock-type-face))
      (,(concat begin "\\("
                (regexp-opt '("cluster" "machines" "target" "overlay" "param" "let" "option" "listen" "cert" "artifact" "image"
                              "address" "provides" "requires" "peers" "field"))
                "\\)[ \t]+\\(" kmodel--name "\\)")
       (1 font-lock-keyword-face) (2 font-lock-variable-name-face))
      ;; Any other word that begins something: what follows is no `=' of a field.
      (,(concat begin "\\(" (regexp-opt kmodel--beginnings) "\\)[ \t]+[^ \t\n=?:,}]") (1 font-lock-keyword-face))
      (,(rx symbol-start (or "as" "on" "where" "module" "sysctl" "package" "device" "mount" "command") (+ (any " \t"))
            (not (any " \t\n=?:")))
       . (0 (kmodel--word-face)))
      (,(rx symbol-start (or "if" "then" "else" "for" "in") symbol-end) . font-lock-keyword-face)
      (,(rx symbol-start (or "true" "false" "none") symbol-end) . font-lock-constant-face)
      ;; Fields, calls, parameters, types, what is used of another.
      (,(concat "\\(?:^\\|[{,]\\)[ \t]*\\(" kmodel--name "\\)[ \t]*\\??[ \t]*=[^=]") (1 font-lock-variable-name-face))
      (,(concat "\\(" kmodel--name "\\)(") (1 font-lock-function-name-face))
      (,(concat "\\$" kmodel--name) . font-lock-variable-name-face)
      (,(concat ":[ \t]*\\(" (regexp-opt kmodel--types) "\\)\\_>") (1 font-lock-type-face))
      (,(rx symbol-start (or "cluster" "option" "machine" "machines" "unit" "app" "target") ".") . (0 (kmodel--builtin-face)))
      ;; Values with units.
      (,(rx symbol-start digit (* (any "0-9a-zA-Z_.:/%"))) . font-lock-constant-face)
      ;; What a text interpolates.
      ("\\${[^}\n]*}" 0 font-lock-preprocessor-face t)))
  "What `kmodel-mode' colours.")

(defun kmodel--word-face ()
  "Colour only the word at the start of the match."
  (put-text-property (match-beginning 0) (+ (match-beginning 0) (length (car (split-string (match-string 0)))))
                     'face 'font-lock-keyword-face)
  nil)

(defun kmodel--builtin-face ()
  "Colour the match without its dot."
  (put-text-property (match-beginning 0) (1- (match-end 0)) 'face 'font-lock-builtin-face)
  nil)

;;;; Indentation

(defun kmodel-indent-line ()
  "Indent a line by the brackets around it."
  (interactive)
  (let ((column (kmodel--column)))
    (when column
      (if (<= (current-column) (current-indentation))
          (indent-line-to column)
        (save-excursion (indent-line-to column))))))

(defun kmodel--column ()
  "The column that this line begins at.
It is nil inside of a text, which indentation would change."
  (save-excursion
    (beginning-of-line)
    (let ((state (syntax-ppss)))
      (unless (nth 3 state)
        (skip-chars-forward " \t")
        (let ((closes (looking-at-p "[]})]")) (opens (nth 1 state)))
          (cond
           ((null opens) (if (kmodel--goes-on-p) kmodel-indent-offset 0))
           (closes (kmodel--column-of opens))
           (t (+ (kmodel--column-of opens) kmodel-indent-offset (if (kmodel--goes-on-p) kmodel-indent-offset 0)))))))))

(defun kmodel--column-of (bracket)
  "The indentation of the line that BRACKET is on."
  (save-excursion
    (goto-char bracket)
    (current-indentation)))

(defun kmodel--goes-on-p ()
  "Whether this line goes on with the expression of the line before."
  (or (looking-at-p (rx (or "then" "else") symbol-end))
      (looking-at-p (rx (or "??" "&&" "||")))
      (save-excursion
        (forward-comment (- (point)))
        (and (not (bobp))
             (looking-back (rx (or "=" "->" "+" "&" "|" "??")) (line-beginning-position))
             (not (nth 4 (syntax-ppss)))))))

;;;; Outline

(defvar kmodel-imenu-generic-expression
  (mapcar (lambda (word)
            (list (capitalize word) (concat "^[ \t]*" word "[ \t]+\\(" kmodel--name "\\)") 1))
          '("component" "interface" "machines" "cluster" "overlay" "deploy" "param" "option" "unit" "cert"))
  "The statements that `imenu' lists.")

;;;; The program

(defun kmodel--show (command)
  "Show what kmodel's COMMAND prints of the model in this buffer."
  (unless buffer-file-name
    (user-error "This is no .km file on disk"))
  (unless (executable-find kmodel-program)
    (user-error "There is no program `%s': set `kmodel-program'" kmodel-program))
  (when (buffer-modified-p)
    (save-buffer))
  (let ((file buffer-file-name) (buffer (get-buffer-create (format "*kmodel %s*" command))))
    (with-current-buffer buffer
      (let ((inhibit-read-only t))
        (erase-buffer)
        (call-process kmodel-program nil t nil command "--color" "never" file)
        (goto-char (point-min)))
      (special-mode)
      (setq truncate-lines t))
    (display-buffer buffer)))

(defun kmodel-plan ()
  "Show the plan of the model in this buffer."
  (interactive)
  (kmodel--show "plan"))

(defun kmodel-graph ()
  "Show the relations of the model in this buffer, as Graphviz reads them."
  (interactive)
  (kmodel--show "graph"))

(defvar kmodel-base-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-p") #'kmodel-plan)
    (define-key map (kbd "C-c C-g") #'kmodel-graph)
    map)
  "Keys of both modes.")

;;;; The modes

(define-derived-mode kmodel-base-mode prog-mode "kmodel"
  "What both modes for .km files share."
  :syntax-table kmodel-base-mode-syntax-table
  (setq-local comment-start "// ")
  (setq-local comment-start-skip "//[/!]?[ \t]*")
  (setq-local indent-tabs-mode nil)
  (setq-local indent-line-function #'kmodel-indent-line)
  (setq-local electric-indent-chars (append "{}[]()" electric-indent-chars))
  (setq-local syntax-propertize-function #'kmodel--syntax-propertize)
  (add-hook 'syntax-propertize-extend-region-functions #'syntax-propertize-multiline nil t)
  (setq-local imenu-generic-expression kmodel-imenu-generic-expression))

;;;###autoload
(define-derived-mode kmodel-mode kmodel-base-mode "kmodel"
  "A mode for .km files.

\\{kmodel-mode-map}"
  (setq-local font-lock-defaults '(kmodel-font-lock-keywords)))

;;;; Tree-sitter

(declare-function treesit-ready-p "treesit")
(declare-function treesit-parser-create "treesit.c")
(declare-function treesit-font-lock-rules "treesit")
(declare-function treesit-major-mode-setup "treesit")
(declare-function treesit-node-text "treesit")
(declare-function treesit-node-child-by-field-name "treesit.c")
(declare-function treesit-install-language-grammar "treesit")
(defvar treesit-font-lock-settings)
(defvar treesit-font-lock-feature-list)
(defvar treesit-simple-indent-rules)
(defvar treesit-simple-imenu-settings)
(defvar treesit-defun-type-regexp)
(defvar treesit-language-source-alist)

(defvar kmodel-repository nil
  "The path or address of kmodel's repository, which has the grammar.")

(defun kmodel-install-grammar ()
  "Compile the tree-sitter grammar of `kmodel-repository'.
Without one it is that of the repository that this file is in."
  (interactive)
  (unless (require 'treesit nil t)
    (user-error "This Emacs has no tree-sitter; it comes with Emacs 29"))
  (let* ((here (file-name-directory (or (locate-library "kmodel-mode") buffer-file-name default-directory)))
         (repository (or kmodel-repository (expand-file-name "../.." here)))
         (treesit-language-source-alist `((kmodel ,repository nil "grammar/tree-sitter/src"))))
    (treesit-install-language-grammar 'kmodel)))

(defconst kmodel--ts-queries
  '((comment ([(comment) (doc_comment) (file_doc_comment)] @font-lock-comment-face))
    (string ((text_expression) @font-lock-string-face
             (path) @font-lock-string-face
             (relative_path) @font-lock-string-face))
    (keyword (["use" "export" "param" "let" "cluster" "machines" "deploy" "relate" "moved" "target" "overlay" "check" "warn" "allow"
               "interface" "component" "authority" "keypair" "secret" "option" "provides" "requires" "peers" "listen"
               "kubeconfig" "holds" "unit" "file" "dir" "needs" "module" "sysctl" "package" "device" "mount" "command"
               "artifact" "image" "address" "range" "immutable" "firewall" "set" "add" "drop" "as" "on" "where" "if" "then" "else" "for" "in"]
              @font-lock-keyword-face
              (cert_item "cert" @font-lock-keyword-face)
              (cert_expression "cert" @font-lock-keyword-face)))
    (definition ((component_statement name: (identifier) @font-lock-type-face)
                 (interface_statement name: (identifier) @font-lock-type-face)
                 (machines_statement name: (identifier) @font-lock-variable-name-face)
                 (cluster_statement name: (identifier) @font-lock-variable-name-face)
                 (overlay_statement name: (identifier) @font-lock-variable-name-face)
                 (param_statement name: (identifier) @font-lock-variable-name-face)
                 (let_statement name: (identifier) @font-lock-variable-name-face)
                 (option_item name: (identifier) @font-lock-variable-name-face)
                 (endpoint_item name: (identifier) @font-lock-variable-name-face)
                 (cert_item name: (identifier) @font-lock-variable-name-face)))
    (type ((name_type (identifier) @font-lock-type-face)
           (generic_type name: (identifier) @font-lock-type-face)
           (endpoint_item interface: (identifier) @font-lock-type-face)
           (deploy_name (identifier) @font-lock-type-face)))
    (property ((field key: (identifier) @font-lock-variable-name-face)))
    (function ((call_expression function: (identifier) @font-lock-function-name-face)))
    (constant ([(boolean) (none) (integer) (decimal) (version) (size) (duration) (percent) (port) (mode) (ip) (cidr)]
               @font-lock-constant-face))
    (interpolation ((interpolation ["${" "}"] @font-lock-preprocessor-face))))
  "What `kmodel-ts-mode' colours: features and their queries.")

(defun kmodel--ts-name (node)
  "The name of NODE, for `imenu'."
  (treesit-node-text (treesit-node-child-by-field-name node "name") t))

;;;###autoload
(define-derived-mode kmodel-ts-mode kmodel-base-mode "kmodel"
  "A mode for .km files that reads them with tree-sitter.

\\{kmodel-mode-map}"
  (unless (and (require 'treesit nil t) (treesit-ready-p 'kmodel))
    (user-error "There is no tree-sitter grammar for kmodel: M-x kmodel-install-grammar, or use kmodel-mode"))
  (treesit-parser-create 'kmodel)
  (setq-local treesit-font-lock-settings
              (apply #'treesit-font-lock-rules
                     (mapcan (lambda (query)
                               (list :language 'kmodel :feature (car query) :override (eq (car query) 'interpolation)
                                     (cadr query)))
                             kmodel--ts-queries)))
  (setq-local treesit-font-lock-feature-list
              '((comment definition) (keyword string type) (constant property function) (interpolation)))
  (setq-local treesit-simple-indent-rules
              '((kmodel
                 ((node-is "[]})]") parent-bol 0)
                 ((parent-is "text_expression") no-indent 0)
                 ((parent-is "source_file") column-0 0)
                 ((parent-is "body\\|items\\|changes\\|use_names\\|record\\|list\\|call\\|paren") parent-bol kmodel-indent-offset)
                 (no-node parent-bol 0)
                 (catch-all parent-bol kmodel-indent-offset))))
  (setq-local treesit-defun-type-regexp "_statement\\'")
  (setq-local treesit-simple-imenu-settings
              (mapcar (lambda (word) (list (capitalize word) (format "\\`%s_statement\\'" word) nil #'kmodel--ts-name))
                      '("component" "interface" "machines" "cluster" "overlay" "param")))
  (treesit-major-mode-setup))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.km\\'" . kmodel-mode))

;;;; Language servers

(defun kmodel--server (&rest _)
  "The command line of the language server."
  (list kmodel-program "lsp"))

(defvar eglot-server-programs)
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs '((kmodel-mode kmodel-ts-mode) . kmodel--server)))

(defvar lsp-language-id-configuration)
(declare-function lsp-register-client "lsp-mode")
(declare-function make-lsp-client "lsp-mode")
(declare-function lsp-stdio-connection "lsp-mode")
(declare-function lsp-activate-on "lsp-mode")
(with-eval-after-load 'lsp-mode
  (add-to-list 'lsp-language-id-configuration '(kmodel-mode . "kmodel"))
  (add-to-list 'lsp-language-id-configuration '(kmodel-ts-mode . "kmodel"))
  (lsp-register-client
   (make-lsp-client :new-connection (lsp-stdio-connection #'kmodel--server)
                    :activation-fn (lsp-activate-on "kmodel")
                    :server-id 'kmodel)))

(provide 'kmodel-mode)

;;; kmodel-mode.el ends here
