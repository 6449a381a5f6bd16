"""From notebooks to pages: plan, execute, render, index."""
