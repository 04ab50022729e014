"""Write the files of `editors/` that are made of the language's words."""

from __future__ import annotations

from netc.compiler.language_service.grammars.files import EDITORS, files

if __name__ == "__main__":
    for name, made in files().items():
        (EDITORS / name).parent.mkdir(parents=True, exist_ok=True)
        (EDITORS / name).write_text(made, encoding="utf-8", newline="\n")
