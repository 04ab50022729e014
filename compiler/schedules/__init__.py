"""Learning-rate schedules, one a file. Adding a file here is all it takes to add a schedule; `base.schedule.all()` finds them."""
