"""How weights follow others, one way a file. Adding a file here adds one; `base.follower.all()` finds them."""
