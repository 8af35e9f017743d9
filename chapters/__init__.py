"""The chapters of the book, one module each; `kerasnlp_tutorial.registry` lists them."""
