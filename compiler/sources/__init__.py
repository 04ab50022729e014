"""A net as source code of another framework: modules for its blocks, loops where the text has them.

`parts.py` takes the net apart as its text does, `classes.py` finds which parts are one class with arguments;
`pytorch/` has the words of PyTorch: modules of layers, functions of operators, the file.
"""
