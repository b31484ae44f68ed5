"""One step of gradient descent on one sample, as real numbers: what ``nnzoo explain`` shows."""
