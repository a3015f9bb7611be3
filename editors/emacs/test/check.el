;;; check.el --- What a user of kmodel-mode does, without a display  -*- lexical-binding: t; -*-

;; `tests/real/editors.rs' runs it: emacs -Q -batch -l check.el.  In the environment: KMODEL, the program; FOLDER, an empty
;; folder for files; FILES, .km files in kmodel's own form, one a line.

(require 'ert)
(require 'imenu)

(defvar eglot-server-programs)
(defconst check-folder (file-name-as-directory (getenv "FOLDER")))
(defconst check-mode (expand-file-name "../kmodel-mode.el" (file-name-directory load-file-name)))

(setq byte-compile-error-on-warn t
      byte-compile-dest-file-function (lambda (_) (concat check-folder "kmodel-mode.elc")))
(unless (byte-compile-file check-mode)
  (kill-emacs 1))
(load (concat check-folder "kmodel-mode.elc"))
(setq kmodel-program (getenv "KMODEL"))

(defconst check-model "use std/kubernetes

cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }

machines cp[1] { cores = 2, memory = 4GiB }

deploy etcd on cp { snapshot-every = 6h } // often
deploy kube-apiserver, kube-controller-manager, kube-scheduler on cp
allow single-member \"a lab\"
")

(defmacro check-with (text &rest body)
  "Run BODY in a buffer of `kmodel-mode' with TEXT."
  (declare (indent 1))
  `(with-temp-buffer
     (insert ,text)
     (kmodel-mode)
     (font-lock-ensure)
     (goto-char (point-min))
     ,@body))

(defun check-face (text)
  "The face of the first TEXT after point."
  (search-forward text)
  (get-text-property (match-beginning 0) 'face))

(ert-deftest check-files-have-the-mode ()
  (let ((file (concat check-folder "mode.km")))
    (with-temp-file file (insert check-model))
    (with-current-buffer (find-file-noselect file)
      (should (eq major-mode 'kmodel-mode))
      (should (equal comment-start "// ")))))

(ert-deftest check-colours ()
  (check-with check-model
    (should (eq (check-face "use") 'font-lock-keyword-face))
    (should (eq (check-face "cluster") 'font-lock-keyword-face))
    (should (eq (check-face "lab") 'font-lock-variable-name-face))
    (should (eq (check-face "kubernetes") 'font-lock-variable-name-face))
    (should (eq (check-face "1.34.8") 'font-lock-constant-face))
    (should (eq (check-face "deploy") 'font-lock-keyword-face))
    (should (eq (check-face "on cp") 'font-lock-keyword-face))
    (should (memq (check-face "often") '(font-lock-comment-face font-lock-comment-delimiter-face)))
    (should (eq (check-face "a lab") 'font-lock-string-face)))
  (check-with "component a {\n  option b: int = 1\n  deploy = f(x)\n}\n"
    (should (eq (check-face "a {") 'font-lock-type-face))
    (should (eq (check-face "int") 'font-lock-type-face))
    (should (eq (check-face "deploy") 'font-lock-variable-name-face))
    (should (eq (check-face "f(") 'font-lock-function-name-face))))

(ert-deftest check-texts-of-many-lines ()
  (check-with "let a = \"\"\"\n  one \"two\" // three\n\"\"\"\ndeploy b\n"
    (should (eq (check-face "two") 'font-lock-string-face))
    (should (eq (check-face "three") 'font-lock-string-face))
    (should (eq (check-face "deploy") 'font-lock-keyword-face))))

(ert-deftest check-texts-in-texts ()
  (check-with "let a = \"b ${join(c, \", \")} d\"\ndeploy e on f\n"
    (should (eq (check-face "d\"") 'font-lock-string-face))
    (should (eq (check-face "deploy") 'font-lock-keyword-face))))

(ert-deftest check-indentation-is-that-of-the-formatter ()
  (let ((files (split-string (getenv "FILES") "\n" t)))
    (should (> (length files) 10))
    (dolist (file files)
      (check-with (with-temp-buffer (insert-file-contents file) (buffer-string))
        (let ((before (buffer-string)))
          (while (not (eobp))
            (let ((column (kmodel--column)))
              (when (and column (not (looking-at-p "$")))
                (should (equal (list file (line-number-at-pos) column)
                               (list file (line-number-at-pos) (current-indentation))))))
            (forward-line 1))
          (indent-region (point-min) (point-max))
          (should (equal before (buffer-string))))))))

(ert-deftest check-a-line-is-indented-where-it-is-written ()
  (check-with "machines cp {\ncores = 2\n}\n"
    (indent-region (point-min) (point-max))
    (should (equal (buffer-string) "machines cp {\n  cores = 2\n}\n"))))

(ert-deftest check-outline ()
  (check-with check-model
    (let ((index (imenu--make-index-alist t)))
      (should (assoc "cp" (cdr (assoc "Machines" index))))
      (should (assoc "etcd" (cdr (assoc "Deploy" index)))))))

(ert-deftest check-comments ()
  (check-with "let a = 1\n"
    (comment-region (point-min) (point-max))
    (should (equal (buffer-string) "// let a = 1\n"))
    (uncomment-region (point-min) (point-max))
    (should (equal (buffer-string) "let a = 1\n"))))

(ert-deftest check-the-plan ()
  (let ((file (concat check-folder "plan.km")))
    (with-temp-file file (insert check-model))
    (with-current-buffer (find-file-noselect file)
      (kmodel-plan)
      (kmodel-graph))
    (with-current-buffer "*kmodel plan*"
      (should (string-match-p "cp-0" (buffer-string)))
      (should-not (string-match-p "\e" (buffer-string)))
      (should buffer-read-only))
    (with-current-buffer "*kmodel graph*"
      (should (string-match-p "digraph" (buffer-string))))))

(ert-deftest check-what-is-missing-is-said ()
  (let ((kmodel-program "no-such-program"))
    (with-current-buffer (find-file-noselect (concat check-folder "plan.km"))
      (should (string-match-p "no-such-program" (cadr (should-error (kmodel-plan) :type 'user-error))))))
  (with-temp-buffer
    (kmodel-mode)
    (should-error (kmodel-plan) :type 'user-error)))

(ert-deftest check-eglot-starts-the-server ()
  ;; Emacs 28 has no Eglot; then only what is registered with it is looked at.
  (unless (require 'eglot nil t)
    (with-temp-file (concat check-folder "eglot.el")
      (insert "(defvar eglot-server-programs nil)\n(provide 'eglot)\n"))
    (load (concat check-folder "eglot.el")))
  (let ((contact (cdr (seq-find (lambda (entry) (and (listp (car entry)) (memq 'kmodel-mode (car entry)))) eglot-server-programs))))
    (should (equal (funcall contact) (list kmodel-program "lsp")))))

(ert-deftest check-tree-sitter ()
  (if (and (fboundp 'treesit-available-p) (funcall 'treesit-available-p))
      (let ((treesit-extra-load-path (list check-folder)))
        (kmodel-install-grammar)
        (check-with check-model
          (kmodel-ts-mode)
          (font-lock-ensure)
          (should (eq (check-face "deploy") 'font-lock-keyword-face))))
    (should-error (with-temp-buffer (kmodel-ts-mode)) :type 'user-error)))

(ert-run-tests-batch-and-exit)
;;; check.el ends here
