"""How weights are adapted by few numbers, one way a file. Adding a file adds one; `base.adapter.all()` finds them."""
