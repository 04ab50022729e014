"""A real editor with a real server: Neovim without a screen, with the files of `editors/neovim`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from editor_program import PROGRAM, place_of

from netc.compiler.language_service.grammars.files import EDITORS

NVIM = shutil.which("nvim")
pytestmark = pytest.mark.skipif(NVIM is None, reason="Neovim is not installed")
PATIENCE = 120
LUA = """
local given = vim.fn.json_decode(io.open('given.json'):read('*a'))
local found = {}
require('netc').setup({ command = given.command })
vim.cmd('edit a.net')
found.filetype = vim.bo.filetype
found.syntax = vim.fn.synIDattr(vim.fn.synID(given.conv[1], given.conv[2], 1), 'name')
found.argument = vim.fn.synIDattr(vim.fn.synID(given.pad[1], given.pad[2], 1), 'name')

local function wait(what, condition)
  if not vim.wait(given.patience * 1000, condition, 20) then
    found.missing = what
    io.open('found.json', 'w'):write(vim.fn.json_encode(found))
    vim.cmd('cquit')
  end
end

local function ask(method, more)
  local params = vim.tbl_extend('force', { textDocument = vim.lsp.util.make_text_document_params() }, more or {})
  local answers = vim.lsp.buf_request_sync(0, method, params, given.patience * 1000)
  local _, first = next(answers or {})
  return first and first.result
end

local function at(place)
  return { position = { line = place[1] - 1, character = place[2] - 1 } }
end

local function codes()
  return vim.tbl_map(function(each) return each.code end, vim.diagnostic.get(0))
end

wait('client', function()
  local _, client = next(vim.lsp.buf_get_clients(0))
  return client and client.initialized
end)
found.hover = ask('textDocument/hover', at(given.conv)).contents.value
found.completion = {}
for _, item in ipairs(ask('textDocument/completion', at(given.pad)).items) do
  table.insert(found.completion, item.label)
end

-- as somebody types it
local line, column = given.dense[1] - 1, given.dense[2] - 1
vim.api.nvim_buf_set_text(0, line, column, line, column + 5, { 'dens' })
wait('finding', function() return vim.tbl_contains(codes(), 'E202') end)
found.finding = vim.tbl_filter(function(each) return each.code == 'E202' end, vim.diagnostic.get(0))[1]
vim.api.nvim_buf_set_text(0, line, column, line, column + 4, { 'dense' })
wait('repair', function() return not vim.tbl_contains(codes(), 'E202') end)

vim.api.nvim_win_set_cursor(0, { given.stem[1], given.stem[2] - 1 })
vim.lsp.buf.rename('root')
wait('rename', function()
  return vim.tbl_contains(vim.api.nvim_buf_get_lines(0, 0, -1, false), '  root = unit(base)')
end)
if vim.lsp.buf.formatting_sync then
  vim.lsp.buf.formatting_sync(nil, given.patience * 1000)
else
  vim.lsp.buf.format({ timeout_ms = given.patience * 1000 })
end
found.text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\\n') .. '\\n'

-- indentation
vim.cmd('enew')
vim.cmd('set filetype=netc')
vim.api.nvim_buf_set_lines(0, 0, -1, false, given.flat)
vim.cmd('silent normal! gg=G')
found.indented = vim.api.nvim_buf_get_lines(0, 0, -1, false)

io.open('found.json', 'w'):write(vim.fn.json_encode(found))
vim.cmd('qall!')
"""
INDENTED = [
    "# a net", "net A(", "  classes = 10", ") {", "  input x: 8", "  add {", "    identity",
    '    dense(8)  # not {, "("', "  }", "  y = [", "    1", "  ]", "}",
]  # fmt: skip


def neovim(folder: Path, script: str) -> None:
    """Run Lua in Neovim, with our files and nobody's settings."""
    assert NVIM is not None
    (folder / "script.lua").write_text(script)
    home = {f"XDG_{kind}_HOME": str(folder / kind) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    command = [
        NVIM,
        "--headless",
        "--clean",
        "--cmd",
        f"set runtimepath^={EDITORS / 'neovim'}",
        "-c",
        "luafile script.lua",
    ]
    env = {**os.environ, **home, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=2 * PATIENCE, check=False
    )
    said = (folder / "found.json").read_text() if (folder / "found.json").exists() else ""
    assert ran.returncode == 0, f"{said}\n{ran.stdout}\n{ran.stderr}"


def test_an_editing_session(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(PROGRAM)
    places = {
        "conv": place_of(PROGRAM, "conv(filters, 3x3"), "pad": place_of(PROGRAM, "conv(filters, 3x3, str", "str"),
        "dense": place_of(PROGRAM, "y = dense(4)", "dense"), "stem": place_of(PROGRAM, "stem = unit"),
    }  # fmt: skip
    given = {
        **places,
        "command": [sys.executable, "-m", "netc", "server"],
        "patience": PATIENCE,
        "flat": [line.lstrip() for line in INDENTED],
    }
    (tmp_path / "given.json").write_text(json.dumps(given))
    neovim(tmp_path, LUA)
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["filetype"] == "netc"
    assert (found["syntax"], found["argument"]) == ("netcLayer", "netcArgument")
    assert "**stem.conv1**" in found["hover"]
    assert "stride=" in found["completion"]
    assert "dens" in found["finding"]["message"]
    line, column = places["dense"]
    assert (found["finding"]["lnum"], found["finding"]["col"]) == (line - 1, column - 1)
    assert "\n  root  = unit(base)\n" in found["text"]
    assert "\nbase   = 16\n" in found["text"]
    assert 'freeze = ["root"]' in found["text"]
    assert found["indented"] == INDENTED


def test_from_0_11_on_neovim_starts_the_server_itself(tmp_path: Path) -> None:
    """Its interface is given here, for versions that lack it: what it is told."""
    neovim(
        tmp_path,
        """
        local told = {}
        vim.lsp.config = function(name, config) told.name, told.config = name, config end
        vim.lsp.enable = function(name) told.enabled = name end
        require('netc').setup({ settings = { lint = { enable = false } } })
        told.file = loadfile(vim.api.nvim_get_runtime_file('lsp/netc.lua', false)[1])()
        io.open('found.json', 'w'):write(vim.fn.json_encode(told))
        vim.cmd('qall!')
        """,
    )
    told = json.loads((tmp_path / "found.json").read_text())
    assert told["name"] == told["enabled"] == "netc"
    assert told["config"] == told["file"]
    assert told["config"]["cmd"] == ["netc", "server"]
    assert told["config"]["filetypes"] == ["netc"]
    assert told["config"]["settings"] == {"netc": {"lint": {"enable": False}}}
