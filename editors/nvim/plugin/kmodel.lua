-- Commands. The language server is started by `require('kmodel').setup()`, or by `vim.lsp.enable('kmodel')`.
if vim.g.loaded_kmodel then
  return
end
vim.g.loaded_kmodel = true

vim.api.nvim_create_user_command('KmodelPlan', function(command)
  require('kmodel').show('plan', command.fargs)
end, { nargs = '*', desc = 'Show the plan of this model; arguments as of `kmodel plan`' })

vim.api.nvim_create_user_command('KmodelGraph', function(command)
  require('kmodel').show('graph', command.fargs)
end, { nargs = '*', desc = 'Show the relations of this model; arguments as of `kmodel graph`' })

vim.api.nvim_create_user_command('KmodelBuildParser', function()
  require('kmodel').build_parser()
end, { desc = 'Compile the tree-sitter parser with cc' })
