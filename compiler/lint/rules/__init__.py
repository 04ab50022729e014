"""Lint rules, one a file. Adding a file here adds a rule; `base.all_rules()` finds them."""
