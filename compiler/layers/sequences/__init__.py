"""Sequences: attention, places in a sequence, recurrent layers."""
