"""The disk: regular files opened without a wait, and files written whole or not at all.

Nothing here knows what a file holds: whoever calls gives the class of the errors.
"""
