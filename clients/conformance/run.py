#!/usr/bin/env python3
"""Holds a client to the cases: run.py [options] ADAPTER-COMMAND…"""

from feed_conformance.report import main

if __name__ == "__main__":
    raise SystemExit(main())
