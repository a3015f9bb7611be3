-- What a user does, without a terminal. `tests/real/editors.rs` runs it: nvim --headless -u NONE -c 'luafile check.lua'.
-- In the environment: KMODEL, the program; FOLDER, an empty folder for files.
local plugin = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h:h')
local folder = os.getenv('FOLDER')
local program = os.getenv('KMODEL')
vim.opt.runtimepath:prepend(plugin)
vim.cmd('filetype plugin on')
vim.cmd('runtime! plugin/kmodel.lua')
vim.cmd('runtime! ftdetect/kmodel.vim')

local MODEL = [[
use std/kubernetes

cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }

machines cp[1] { cores = 2, memory = 4GiB }

deploy etcd on cp { snapshot-every = 6h }
deploy kube-apiserver, kube-controller-manager, kube-scheduler on cp
allow single-member "a lab"
]]

local function edit(name, text)
  local path = folder .. '/' .. name
  vim.fn.writefile(vim.split(text, '\n'), path)
  vim.cmd('edit ' .. vim.fn.fnameescape(path))
  return vim.api.nvim_get_current_buf()
end

local function equal(found, wanted, what)
  assert(vim.deep_equal(found, wanted), ('%s: %s instead of %s'):format(what, vim.inspect(found), vim.inspect(wanted)))
end

local function wait(what, holds)
  assert(vim.wait(20000, holds, 20), what .. ' does not come')
end

local function request(buffer, method, line, character, more)
  local params = vim.tbl_extend('force', {
    textDocument = { uri = vim.uri_from_bufnr(buffer) },
    position = { line = line, character = character },
  }, more or {})
  local answers = vim.lsp.buf_request_sync(buffer, method, params, 20000)
  for _, answer in pairs(answers or {}) do
    assert(not answer.error and not answer.err, vim.inspect(answer))
    return answer.result
  end
  error(method .. ' is not answered')
end

local function attached(buffer)
  local clients = vim.lsp.get_clients and vim.lsp.get_clients({ bufnr = buffer }) or vim.lsp.buf_get_clients(buffer)
  return next(clients) ~= nil
end

local notices = {}
vim.notify = function(text)
  table.insert(notices, text)
end

local checks = {}

function checks.files_have_a_type_and_its_settings()
  edit('plain.km', MODEL)
  equal(vim.bo.filetype, 'kmodel', 'the file type')
  equal(vim.bo.shiftwidth, 2, 'the indentation')
  equal(vim.bo.commentstring, '// %s', 'comments')
  vim.fn.cursor(vim.fn.search('snapshot-every'), vim.fn.match(vim.fn.getline('.'), 'snapshot') + 1)
  equal(vim.fn.expand('<cword>'), 'snapshot-every', 'a name with a hyphen')
end

function checks.tree_sitter_colours_and_folds()
  assert(require('kmodel').build_parser(), table.concat(notices, '\n'))
  local buffer = edit('colours.km', MODEL)
  local parser = vim.treesitter.get_parser(buffer, 'kmodel')
  local root = parser:parse()[1]:root()
  equal(root:type(), 'source_file', 'the root')
  assert(not root:has_error(), 'the tree has no error')
  local get = vim.treesitter.query.get or vim.treesitter.query.get_query or vim.treesitter.get_query
  for _, name in ipairs({ 'highlights', 'folds', 'indents', 'injections', 'locals', 'textobjects' }) do
    local query = get('kmodel', name)
    assert(query and #query.captures > 0, name .. ' are read')
  end
  local keywords = {}
  local query = get('kmodel', 'highlights')
  local text = vim.treesitter.get_node_text or vim.treesitter.query.get_node_text
  for id, node in query:iter_captures(root, buffer, 0, -1) do
    if query.captures[id] == 'keyword' then
      keywords[text(node, buffer)] = true
    end
  end
  assert(keywords.deploy and keywords.on and keywords.machines, vim.inspect(keywords))
  assert(require('kmodel').highlight(buffer), 'colours are turned on')
end

function checks.problems_come_and_go()
  local buffer = edit('broken.km', (MODEL:gsub('snapshot%-every', 'snapshot-evry')))
  wait('a problem', function()
    return #vim.diagnostic.get(buffer) > 0
  end)
  local problem = vim.diagnostic.get(buffer)[1]
  assert(problem.message:find('snapshot%-evry'), problem.message)
  equal(problem.lnum, 6, 'its line')
  vim.api.nvim_buf_set_lines(buffer, 6, 7, false, { 'deploy etcd on cp { snapshot-every = 6h }' })
  wait('the end of the problem', function()
    return #vim.diagnostic.get(buffer) == 0
  end)
end

function checks.names_are_explained_and_followed()
  local buffer = edit('hover.km', MODEL)
  wait('the server', function()
    return attached(buffer)
  end)
  local hover = request(buffer, 'textDocument/hover', 6, 22)
  assert(vim.inspect(hover.contents):find('duration'), vim.inspect(hover))
  local definition = request(buffer, 'textDocument/definition', 6, 8)
  local uri = (definition[1] or definition).uri or (definition[1] or definition).targetUri
  assert(uri:find('etcd%.km'), vim.inspect(definition))
  local items = request(buffer, 'textDocument/completion', 6, 19)
  local labels = vim.tbl_map(function(item)
    return item.label
  end, items.items or items)
  assert(vim.tbl_contains(labels, 'snapshot-every'), vim.inspect(labels))
end

function checks.a_file_is_formatted()
  local buffer = edit('form.km', 'cluster  lab{kubernetes=1.34.8}\n')
  wait('the server', function()
    return attached(buffer)
  end)
  if vim.lsp.buf.format then
    vim.lsp.buf.format({ bufnr = buffer, timeout_ms = 20000 })
  else
    vim.lsp.buf.formatting_sync(nil, 20000)
  end
  equal(vim.api.nvim_buf_get_lines(buffer, 0, 1, false), { 'cluster lab { kubernetes = 1.34.8 }' }, 'the form')
end

function checks.a_lens_shows_what_it_says()
  local buffer = edit('lens.km', MODEL)
  wait('the server', function()
    return attached(buffer)
  end)
  local command = { command = 'kmodel.units', arguments = { vim.uri_from_bufnr(buffer), 'cp' } }
  wait('the units', function()
    vim.lsp.commands['kmodel.units'](command, { bufnr = buffer })
    return vim.wait(2000, function()
      local shown = vim.fn.bufnr('kmodel-units://')
      return shown ~= -1 and table.concat(vim.api.nvim_buf_get_lines(shown, 0, -1, false), '\n'):find('etcd') ~= nil
    end, 20)
  end)
end

function checks.a_plan_stands_beside_the_model()
  local buffer = edit('plan.km', MODEL)
  vim.cmd('KmodelPlan')
  equal(vim.api.nvim_get_current_buf(), buffer, 'the window that is edited')
  local shown = vim.fn.bufnr('kmodel-plan://')
  local plan = table.concat(vim.api.nvim_buf_get_lines(shown, 0, -1, false), '\n')
  assert(plan:find('cp%-0') and not plan:find('\27'), plan)
  vim.cmd('KmodelGraph --format mermaid')
  local graph = table.concat(vim.api.nvim_buf_get_lines(vim.fn.bufnr('kmodel-graph://'), 0, -1, false), '\n')
  assert(graph:find('kube%-apiserver'), graph)
  vim.cmd('only')
end

function checks.what_is_missing_is_said()
  vim.cmd('enew')
  assert(require('kmodel').show('plan', {}) == nil and notices[#notices]:find('no .km file'), vim.inspect(notices))
  edit('missing.km', MODEL)
  require('kmodel').options.path = 'no-such-program'
  assert(require('kmodel').show('plan', {}) == nil and notices[#notices]:find('no%-such%-program'), vim.inspect(notices))
end

-- In this order: the parser is built before the server is asked, and the program is taken away at the end.
local order = {
  'files_have_a_type_and_its_settings', 'tree_sitter_colours_and_folds', 'problems_come_and_go',
  'names_are_explained_and_followed', 'a_file_is_formatted', 'a_lens_shows_what_it_says',
  'a_plan_stands_beside_the_model', 'what_is_missing_is_said',
}
assert(#order == #vim.tbl_keys(checks), 'every check is run')

require('kmodel').setup({ path = program })
local failed = 0
for _, name in ipairs(order) do
  local ok, why = xpcall(checks[name], debug.traceback)
  io.stdout:write(('%s %s\n'):format(ok and 'ok' or 'FAILED', name:gsub('_', ' ')))
  if not ok then
    failed = failed + 1
    io.stdout:write(why .. '\n')
  end
end
io.stdout:write(('%d of %d checks hold\n'):format(#order - failed, #order))
vim.cmd(failed == 0 and 'qall!' or 'cquit 1')
