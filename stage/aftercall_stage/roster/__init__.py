"""Ninety days of a programme in a minute or two: do people who ask get a human in time, and at what price for the peers?"""
