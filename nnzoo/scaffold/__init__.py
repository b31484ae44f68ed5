"""`nnzoo new`: the first version of a plugin, made from templates."""
