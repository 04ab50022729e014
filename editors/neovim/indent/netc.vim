" Indentation of netc's texts: two spaces for each bracket that is open.
if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=NetcIndent(v:lnum) indentkeys=0{,0},0),0],!^F,o,O
let b:undo_indent = 'setlocal indentexpr< indentkeys<'

if exists('*NetcIndent')
  finish
endif

function! s:code(text) abort
  return substitute(substitute(a:text, '"\%(\\.\|[^"\\]\)*"', '', 'g'), '#.*$', '', '')
endfunction

function! NetcIndent(line) abort
  let before = prevnonblank(a:line - 1)
  if before == 0
    return 0
  endif
  let depth = indent(before)
  let text = s:code(getline(before))
  let leading = matchstr(text, '^\s*[])}]*')
  let opened = count(text, '{') + count(text, '[') + count(text, '(')
  let closed = count(text, '}') + count(text, ']') + count(text, ')') - len(substitute(leading, '\s', '', 'g'))
  if opened > closed
    let depth += shiftwidth()
  elseif closed > opened
    let depth -= shiftwidth()
  endif
  if getline(a:line) =~# '^\s*[])}]'
    let depth -= shiftwidth()
  endif
  return max([depth, 0])
endfunction
