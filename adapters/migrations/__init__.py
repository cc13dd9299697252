"""The schema of the log, step by step; projections create their own versioned tables."""
