"""What an editor asks of a text: findings while it is typed, answers at a place. Pure functions, one question a file.

`workspace.py` is the door: texts that are open, and what was found out about them. Answers are in lines and columns
from 1, as everywhere in the compiler; `netc/server` speaks the protocol.
"""
