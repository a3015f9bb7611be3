-- The language server in a headless Neovim. Run by `tests/real/clients.rs`:
--   nvim --headless --clean -l ... or, for older versions, +"luafile nvim.lua"
-- The program is in $KMODEL, a folder for files in $KMODEL_FOLDER. Ends with 0 if everything is as it should be.

local failed = {}
local function check(name, ok, more)
  print((ok and 'ok ' or 'FAILED ') .. name .. (ok and '' or ': ' .. vim.inspect(more)) .. '\n')
  if not ok then table.insert(failed, name) end
end

local function wait(what, predicate)
  if not vim.wait(20000, predicate, 20) then check(what, false, 'waited for too long') end
end

local function main()
  local folder = vim.env.KMODEL_FOLDER
  local path = folder .. '/main.km'
  vim.fn.writefile({ 'let a = 1', 'let b = a + nothing', 'machines cp[1]{cores=1}' }, path)
  vim.cmd('edit ' .. path)
  local buffer = vim.api.nvim_get_current_buf()
  local client = vim.lsp.start_client({ name = 'kmodel', cmd = { vim.env.KMODEL, 'lsp' }, root_dir = folder })
  vim.lsp.buf_attach_client(buffer, client)
  local server = vim.lsp.get_client_by_id(client)
  wait('the server starts', function() return server.initialized end)

  wait('diagnostics', function() return #vim.diagnostic.get(buffer) == 1 end)
  check('a problem is shown at its place', vim.diagnostic.get(buffer)[1].lnum == 1, vim.diagnostic.get(buffer))

  local function ask(method, line, column)
    local params = {
      textDocument = vim.lsp.util.make_text_document_params(buffer),
      position = { line = line, character = column },
      context = method == 'textDocument/references' and { includeDeclaration = true } or nil,
      options = { tabSize = 2, insertSpaces = true },
    }
    local answers = vim.lsp.buf_request_sync(buffer, method, params, 20000) or {}
    return (answers[client] or {}).result
  end

  local hover = ask('textDocument/hover', 1, 8)
  check('hover', hover and hover.contents.value:find('let a: int') ~= nil, hover)
  local goal = ask('textDocument/definition', 1, 8)
  check('definition', goal and (goal[1].targetSelectionRange or goal[1].range).start.line == 0, goal)
  local uses = ask('textDocument/references', 0, 4)
  check('references', uses and #uses == 2, uses)

  -- What is typed reaches the server as it is.
  vim.api.nvim_buf_set_lines(buffer, 1, 2, false, { 'let b = a' })
  wait('the problem goes away', function() return #vim.diagnostic.get(buffer) == 0 end)
  vim.api.nvim_buf_set_lines(buffer, 1, 2, false, { 'let b = a', 'mach' })
  wait('a problem comes', function() return #vim.diagnostic.get(buffer) > 0 end)
  local items = ask('textDocument/completion', 2, 4)
  local found = false
  for _, item in ipairs(items and items.items or {}) do found = found or item.label == 'machines' end
  check('completion', found, items and #items.items)

  vim.api.nvim_buf_set_lines(buffer, 1, 3, false, { 'let b=a' })
  local edits = ask('textDocument/formatting', 0, 0)
  vim.lsp.util.apply_text_edits(edits or {}, buffer, server.offset_encoding)
  local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
  check('formatting', lines[2] == 'let b = a' and lines[3] == 'machines cp[1] { cores = 1 }', lines)

  local edit = vim.lsp.buf_request_sync(buffer, 'textDocument/rename', {
    textDocument = vim.lsp.util.make_text_document_params(buffer),
    position = { line = 0, character = 4 },
    newName = 'first',
  }, 20000)[client].result
  vim.lsp.util.apply_workspace_edit(edit, server.offset_encoding)
  lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
  check('rename', lines[1] == 'let first = 1' and lines[2] == 'let b = first', lines)

  server.stop()
  wait('the server ends', function() return server.is_stopped() end)
end

local ok, why = pcall(main)
if not ok then check('the script', false, why) end
vim.cmd(#failed == 0 and 'qall!' or 'cquit 1')
