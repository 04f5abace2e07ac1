"""Ordercast: when to buy, and how much."""
