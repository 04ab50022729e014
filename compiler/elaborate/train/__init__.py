"""Train sections: losses, metrics and settings, from syntax tree to plan; `section.py` is the door."""
