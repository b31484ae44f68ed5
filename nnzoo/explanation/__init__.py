"""One step of gradient descent on one sample, with every number, for ``nnzoo explain``."""
