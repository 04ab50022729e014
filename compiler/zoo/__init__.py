"""The networks of the literature that netc comes with: what there is, what they count, and how one is begun with."""
