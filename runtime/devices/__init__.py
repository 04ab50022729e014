"""Which devices really work here, and what each is given."""
