"""Peers written in Python, each run as a program of its own."""
