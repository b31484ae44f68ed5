"""Files of data sets: find or download them, check them, and parse them without trust."""
