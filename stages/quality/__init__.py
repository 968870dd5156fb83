"""The rules of the papers: what each measures on a text (`checking`), and which texts they refuse (`bounds`)."""
