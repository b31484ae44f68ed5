"""The contenders: each module's ``prepare(task, threads)`` returns a function that trains for one epoch."""
