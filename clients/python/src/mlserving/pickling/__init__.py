"""The instructions of pickles, done without executing anything."""
