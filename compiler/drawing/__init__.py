"""A net as a drawing: boxes of layers in frames, as its text nests, with loops folded; and the files that show it."""
