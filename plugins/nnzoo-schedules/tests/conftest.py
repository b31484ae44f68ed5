"""What the tests share."""

import hypothesis

hypothesis.settings.register_profile("nnzoo", deadline=None)  # a busy machine is not a bug
hypothesis.settings.load_profile("nnzoo")
