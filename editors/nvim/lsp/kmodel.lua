-- For Neovim 0.11 and later: `vim.lsp.enable('kmodel')` starts this.
return {
  cmd = { 'kmodel', 'lsp' },
  filetypes = { 'kmodel' },
  root_markers = { 'kmodel.lock', '.git' },
}
