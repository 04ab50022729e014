"""Learning-rate schedules, one a file. Adding a file here adds a schedule; `base.schedule.all()` finds them."""
