// Wired when the parts exist.
