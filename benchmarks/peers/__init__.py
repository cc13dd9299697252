"""The common workload through other systems and through ours: one file for each, and what runs and compares them."""
