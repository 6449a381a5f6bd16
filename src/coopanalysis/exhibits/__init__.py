"""What the notebooks show: one module per notebook, one function per figure or table.

Each function takes the panel and the notebook's parameters, asks `describe` or `associations`
for the numbers, and composes the words from them. No number is typed.
"""
