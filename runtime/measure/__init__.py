"""Where time goes: of a step, of a run, and what the machine could do at best."""
