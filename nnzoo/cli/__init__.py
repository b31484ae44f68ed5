"""The command line: thin commands that import the rest of nnzoo only when they run."""
