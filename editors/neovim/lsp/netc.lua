-- What Neovim 0.11 and later starts after `vim.lsp.enable('netc')`.
return require('netc').config()
