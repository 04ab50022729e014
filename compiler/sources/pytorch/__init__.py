"""PyTorch: `modules.py` has the modules of layers, `functions.py` what operators are, `file.py` the whole file."""
