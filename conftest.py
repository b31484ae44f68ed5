"""What pytest leaves out of its collection."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("sklearn") else ["nnzoo/sklearn"]  # the examples there need scikit-learn
