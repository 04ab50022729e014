"""Numbers: functions of each element, arithmetic of two values, comparisons, reductions."""
