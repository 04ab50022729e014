"""Products with matrices: dense layers, their like for two inputs, tables of vectors."""
