"""A net as source code of another framework: modules for its blocks, loops where the text has them.

`parts.py` takes the net apart as its text does, `classes.py` finds which parts are one class with arguments;
`text.py` writes them; `pytorch/` and `keras/` have the words: layers, operators, the file.
"""
