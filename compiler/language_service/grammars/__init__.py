"""What editors read of the language, made of its table of words: `python -m netc.compiler.language_service.grammars`.

A kind of file a module; each has `text()`. They lie in `editors/`, and a test holds them current.
"""
