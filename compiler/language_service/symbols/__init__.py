"""Names of a file: where each is given and where it is read, by the language's rules of sight.

Names are found in the tree, so a name in a statement that could not be parsed is not among them. A dotted path is
followed into blocks, nets and braces of this file; patterns in strings (`"stem"`, `"stage1..stage3"`) are paths too.
"""

from netc.compiler.language_service.symbols.in_sight import is_name, keywords, resolve, symbol_at
from netc.compiler.language_service.symbols.symbol import Symbol

__all__ = ["Symbol", "is_name", "keywords", "resolve", "symbol_at"]
