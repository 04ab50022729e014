"""Measurements: netc against its peers in one process, in interleaved rounds, as ratios of medians."""
