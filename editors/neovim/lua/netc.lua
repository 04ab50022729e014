-- Starts `netc server` for texts of netc, in Neovim 0.7 and later: require('netc').setup()
local M = {}

local ROOTS = { 'netc.toml', 'pyproject.toml', '.git' }

local options = {
  command = nil, -- the command as a list; else that of the project's virtual environment, else of the path
  settings = {}, -- { inlayHints = { shapes = true, counts = true }, codeLens = { enable = true }, lint = { enable = true } }
  on_attach = nil, -- called with the client and the buffer, as elsewhere
  capabilities = nil, -- those of a completion plugin
}

--- The nearest folder above a file that a project begins in, or the file's own.
local function root(file)
  local folder = vim.fn.fnamemodify(file, ':p:h')
  local at = folder
  while true do
    for _, name in ipairs(ROOTS) do
      if vim.loop.fs_stat(at .. '/' .. name) then
        return at
      end
    end
    local above = vim.fn.fnamemodify(at, ':h')
    if above == at then
      return folder
    end
    at = above
  end
end

--- The command that starts the server of a folder.
local function command(folder)
  if options.command then
    return options.command
  end
  for _, environment in ipairs({ '.venv', 'venv' }) do
    local found = folder .. '/' .. environment .. '/bin/netc'
    if vim.fn.executable(found) == 1 then
      return { found, 'server' }
    end
  end
  return { 'netc', 'server' }
end

--- The configuration, without a folder, as `vim.lsp.config` takes it.
function M.config()
  return {
    cmd = command(vim.fn.getcwd()),
    filetypes = { 'netc' },
    root_markers = ROOTS,
    settings = { netc = options.settings },
    on_attach = options.on_attach,
    capabilities = options.capabilities,
  }
end

local running = {} -- folder -> client

--- Attach a buffer to the server of its folder, and start that where there is none. For Neovim before 0.11.
function M.attach(buffer)
  local folder = root(vim.api.nvim_buf_get_name(buffer))
  local client = running[folder] and vim.lsp.get_client_by_id(running[folder])
  if not client or client.is_stopped() then
    local words = command(folder)
    if vim.fn.executable(words[1]) ~= 1 then
      vim.notify_once("netc: '" .. words[1] .. "' was not found. It is what netc installs; the server also needs pygls: pip install pygls", vim.log.levels.WARN)
      return
    end
    running[folder] = vim.lsp.start_client({
      name = 'netc',
      cmd = words,
      root_dir = folder,
      workspace_folders = { { uri = vim.uri_from_fname(folder), name = vim.fn.fnamemodify(folder, ':t') } },
      settings = { netc = options.settings },
      on_attach = options.on_attach,
      capabilities = options.capabilities or vim.lsp.protocol.make_client_capabilities(),
    })
  end
  if running[folder] then
    vim.lsp.buf_attach_client(buffer, running[folder])
  end
end

--- Start the server for every text of netc from now on. Options: command, settings, on_attach, capabilities.
function M.setup(given)
  options = vim.tbl_extend('force', options, given or {})
  if vim.lsp.config then
    vim.lsp.config('netc', M.config())
    vim.lsp.enable('netc')
    return
  end
  local group = vim.api.nvim_create_augroup('netc', { clear = true })
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = 'netc',
    callback = function(event)
      M.attach(event.buf)
    end,
  })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].filetype == 'netc' then
      M.attach(buffer)
    end
  end
end

return M
