"""How one network became another: `netc diff`.

`align.py` pairs the layers of two networks, `difference.py` says what became of each, `terms.py` sums it up,
`report.py` prints, on `rows.py`; `fitting.py` says which weights of one still fit the other.
"""
