"""Text to syntax tree: the grammar of `.net` files, its parser, and the findings every later phase reports."""
