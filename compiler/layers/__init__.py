"""The layers of the language, a folder for each family of them; beside the folders stands what several families share.

Adding a file to a folder is all it takes to add a layer: `base.layer.all()` finds them.
"""
