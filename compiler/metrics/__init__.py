"""Metrics, one a file. Adding a file here is all it takes to add a metric; `base.metric.all()` finds them."""
