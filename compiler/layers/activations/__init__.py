"""Activations: functions of each element alone, gates, and softmax."""
