"""From rows and events to JSON: money and points as text with two decimals, whatever holds them."""
