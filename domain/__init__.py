"""What is true and allowed: facts, rules, sums and dates. Standard library only, no clock, no I/O."""
