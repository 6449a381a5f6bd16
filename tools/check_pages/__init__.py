"""The goals that pages and notebooks are held to, and the module that checks each.

========= ================================================================ ==================
goal      what holds                                                       checked in
========= ================================================================ ==================
1         axe-core finds no barrier, at any width and in any colours       `axe`
2, 3      nothing is asked of the network; sizes stay small                `reports.goals`,
                                                                           `browser_checks`
4 to 6    figures have alt texts and their data, tables are labelled       `reports.goals`
7         no number in a sentence is typed                                 `typed_numbers`
8         a status has one colour everywhere                               `status_colours`
9, 10     no sideways scroll, readable figures; the keyboard suffices      `browser_checks`
11        one title, no heading skipped, links that lead somewhere         `reports.goals`
12        whole on paper                                                   `print_layout`
13 to 16  the estimate, its limits, provenance and citation are there      `reports.goals`
17        the same inputs give the same page; no leftovers of the machine  `reproducible`,
                                                                           `reports.goals`
18        codes of places stay text, unknown ones are errors               `place_codes`
19        the index filters, and is read without scripts                   `index_page`
20, 21    notebooks run in JupyterLab, with alt texts there                `jupyterlab`
========= ================================================================ ==================

Those of `coopanalysis.reports.goals` need the HTML alone; the renderer holds each page to them.
"""
