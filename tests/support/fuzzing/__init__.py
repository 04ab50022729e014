"""Fuzzing: texts, networks and files of every kind that netc reads, made at random from a number, and what they do.

    PYTHONPATH=tests/support python -m fuzzing --minutes 10 [--kinds texts,models] [--seed N] [--jobs 2]
    PYTHONPATH=tests/support python -m fuzzing --replay KIND SEED

A case is a kind and a number: the same bytes wherever it is made. It fails by an exception that is no finding of
netc's, by ending the process, by more than 5 s of the processor or by 500 MB of memory. `kinds.py` lists the kinds, of
which each family is a file; `judge.py` says what a failure is, `worker.py` runs numbers in a process of its own.
"""
