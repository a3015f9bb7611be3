-- How .km files are edited: two spaces a level, `//` comments, names with hyphens.
if vim.b.did_ftplugin then
  return
end
vim.b.did_ftplugin = 1

vim.bo.commentstring = '// %s'
vim.bo.comments = ':///,://!,://'
vim.bo.expandtab = true
vim.bo.shiftwidth = 2
vim.bo.softtabstop = 2
vim.bo.iskeyword = '@,48-57,_,-'
vim.bo.suffixesadd = '.km'
vim.bo.formatoptions = vim.bo.formatoptions:gsub('t', '') .. 'croql'
vim.b.undo_ftplugin = 'setlocal commentstring< comments< expandtab< shiftwidth< softtabstop< iskeyword< suffixesadd< formatoptions<'

require('kmodel').highlight(vim.api.nvim_get_current_buf())
