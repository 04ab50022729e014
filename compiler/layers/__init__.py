"""The layers of the language. Adding a file here is all it takes to add a layer; `base.layer.all()` finds them."""
