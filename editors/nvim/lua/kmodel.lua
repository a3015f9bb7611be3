--- kmodel in Neovim 0.7 and later: the language server, colours by tree-sitter, and previews.
local M = {}

--- What `setup` was given.
M.options = {
  --- The program; a name is looked up on the PATH.
  path = 'kmodel',
  --- Called with the client and the buffer when the server attaches.
  on_attach = nil,
  --- Sent to the server as what the client can do, merged into Neovim's own.
  capabilities = nil,
}

--- The folder of this plugin.
local plugin = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h:h')

local function warn(text)
  vim.notify('kmodel: ' .. text, vim.log.levels.WARN)
end

-- ---- the language server

local function root(file)
  local found = vim.fn.findfile('kmodel.lock', vim.fn.fnamemodify(file, ':h') .. ';')
  if found == '' then
    found = vim.fn.finddir('.git', vim.fn.fnamemodify(file, ':h') .. ';')
  end
  if found ~= '' then
    return vim.fn.fnamemodify(found, ':p'):gsub('/$', ''):match('^(.*)/[^/]*$')
  end
  return vim.fn.fnamemodify(file, ':p:h')
end

local function capabilities()
  local own = vim.lsp.protocol.make_client_capabilities()
  return vim.tbl_deep_extend('force', own, M.options.capabilities or {})
end

-- The clients of Neovim 0.7, by root: it has no function that starts one for each.
local clients = {}

local function start_old(buffer, config)
  local id = clients[config.root_dir]
  if id == nil or vim.lsp.get_client_by_id(id) == nil then
    config.on_exit = function()
      clients[config.root_dir] = nil
    end
    id = vim.lsp.start_client(config)
    clients[config.root_dir] = id
  end
  if id then
    vim.lsp.buf_attach_client(buffer, id)
  end
end

--- Starts the server for a buffer, or attaches the one that runs for its folder.
function M.start(buffer)
  if vim.fn.executable(M.options.path) ~= 1 then
    warn(('there is no program `%s`; set `path` in require("kmodel").setup'):format(M.options.path))
    return
  end
  local config = {
    name = 'kmodel',
    cmd = { M.options.path, 'lsp' },
    root_dir = root(vim.api.nvim_buf_get_name(buffer)),
    on_attach = M.options.on_attach,
    capabilities = capabilities(),
  }
  if vim.lsp.start then
    vim.lsp.start(config, { bufnr = buffer })
  else
    start_old(buffer, config)
  end
end

--- Starts the server for every .km file. Options: `path`, `on_attach`, `capabilities`.
function M.setup(options)
  M.options = vim.tbl_extend('force', M.options, options or {})
  if vim.lsp.config and vim.lsp.enable then
    vim.lsp.config('kmodel', {
      cmd = { M.options.path, 'lsp' },
      on_attach = M.options.on_attach,
      capabilities = capabilities(),
    })
    vim.lsp.enable('kmodel')
    return
  end
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('kmodel', { clear = true }),
    pattern = 'kmodel',
    callback = function(event)
      M.start(event.buf)
    end,
  })
end

-- ---- colours

--- Turns on the colours of tree-sitter in a buffer, if there is a parser.
function M.highlight(buffer)
  if #vim.api.nvim_get_runtime_file('parser/kmodel.so', false) == 0 then
    return false
  end
  if vim.treesitter.start then
    return (pcall(vim.treesitter.start, buffer, 'kmodel'))
  end
  local ok, parser = pcall(vim.treesitter.get_parser, buffer, 'kmodel')
  return ok and (pcall(require('vim.treesitter.highlighter').new, parser))
end

--- Compiles the parser of the repository that this plugin is in. Returns the path of what was made, or nil.
function M.build_parser()
  local grammar = vim.fn.fnamemodify(plugin, ':h:h') .. '/grammar/tree-sitter/src'
  local folder = vim.fn.stdpath('data') .. '/site/parser'
  local out = folder .. '/kmodel.so'
  vim.fn.mkdir(folder, 'p')
  local said = vim.fn.system({
    'cc', '-shared', '-fPIC', '-O2', '-I', grammar, grammar .. '/parser.c', grammar .. '/scanner.c', '-o', out,
  })
  if vim.v.shell_error ~= 0 then
    warn('the parser does not compile: ' .. said)
    return nil
  end
  -- Set again, since Neovim remembers which of these folders there are.
  local site = vim.fn.fnamemodify(folder, ':h')
  vim.opt.runtimepath:remove(site)
  vim.opt.runtimepath:append(site)
  return out
end

-- ---- previews

local function fill(buffer, lines)
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
end

-- Shows lines in a window beside this one. A buffer of that name is used again.
local function beside(name, lines)
  local buffer = vim.fn.bufnr('^' .. vim.fn.escape(name, '\\[]*?') .. '$')
  if buffer == -1 then
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buffer, name)
  end
  fill(buffer, lines)
  if vim.fn.bufwinid(buffer) == -1 then
    vim.cmd('rightbelow vsplit')
    vim.api.nvim_win_set_buf(0, buffer)
    vim.wo.wrap = false
    vim.cmd('wincmd p')
  end
  return buffer
end

--- Shows what `kmodel COMMAND` prints of the model in this buffer, in a window beside it.
function M.show(command, arguments)
  local file = vim.api.nvim_buf_get_name(0)
  if vim.bo.filetype ~= 'kmodel' or file == '' then
    warn('this is no .km file on disk')
    return nil
  end
  if vim.fn.executable(M.options.path) ~= 1 then
    warn(('there is no program `%s`'):format(M.options.path))
    return nil
  end
  if vim.bo.modified then
    vim.cmd('silent write')
  end
  local said = vim.fn.systemlist(vim.list_extend({ M.options.path, command, '--color', 'never', file }, arguments or {}))
  return beside(('kmodel-%s://%s'):format(command, file), said)
end

-- What a lens of the server says is text.
for _, name in ipairs({ 'kmodel.plan', 'kmodel.render', 'kmodel.units' }) do
  vim.lsp.commands[name] = function(command, context)
    local request = { command = command.command, arguments = command.arguments }
    vim.lsp.buf_request(context.bufnr, 'workspace/executeCommand', request, function(failure, said)
      if failure then
        warn(failure.message)
      elseif type(said) == 'string' then
        beside(('%s://%s'):format(name:gsub('%.', '-'), table.concat(command.arguments, ' ')), vim.split(said, '\n'))
      end
    end)
  end
end

return M
