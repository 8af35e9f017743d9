"""A web page and a JSON interface around the chapters' `predict`.

What a text becomes on the page, and in the JSON of the book's web service, is plain
Python (`views`, `book_api`, `decoding`, `limits`); Gradio is imported by the functions
that lay out the page (`pages`, `layout`) and serve it (`server`).
"""
