"""Files of data sets: found or downloaded, checked, and parsed without trust."""
