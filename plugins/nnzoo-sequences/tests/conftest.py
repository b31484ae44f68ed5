"""What several tests share."""

collect_ignore = ["make_golden.py"]  # it imports PyTorch, which the tests do without
