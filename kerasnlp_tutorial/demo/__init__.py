"""A web page and a JSON API for the models of the chapters.

`chapter_demos` is the table of chapters: a chapter with a row there has a page. Gradio
is imported only by functions that build the page (`pages`, `layout`) and serve it
(`server`).
"""
