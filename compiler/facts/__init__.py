"""What there is to know about a net: counts, cost, summary, inner values."""
