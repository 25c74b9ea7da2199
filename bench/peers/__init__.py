"""Servers that the benchmark compares with, as their own documents show them."""
